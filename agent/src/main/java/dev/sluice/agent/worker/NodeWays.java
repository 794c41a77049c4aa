package dev.sluice.agent.worker;

import dev.sluice.agent.compile.ProbePlan;
import dev.sluice.datapath.Datapath;
import dev.sluice.datapath.packet.FramePool;
import dev.sluice.datapath.tunnel.OwnFrames;
import dev.sluice.wire.Ethernet;
import java.lang.foreign.MemorySegment;

/** Sends what this process has to say to service nodes along their ways. One user: the worker; allocates nothing. */
final class NodeWays {
    /** There is no frame, or no port, or no route: nothing can be sent at the moment. */
    static final long NONE = -1;

    private final Datapath datapath;
    private final OwnFrames own;

    NodeWays(Datapath datapath) {
        this.datapath = datapath;
        own = datapath.own();
    }

    /** Where a frame for a way may be written, {@link #NONE} if nothing can be sent. It has to be given to {@link #send}. */
    long take(ProbePlan.Way way) {
        if (!way.underlay() && !own.canSend(way.port())) {
            return NONE;
        }
        long start = datapath.pool().takeSmall();
        return start == FramePool.NONE ? NONE : start;
    }

    /** MAC address from which a frame leaves on a way, 0 if there is none at the moment: then it can't be sent. */
    long ownMac(ProbePlan.Way way) {
        if (way.underlay()) {
            return Math.max(0, own.macInUnderlay(way.nextHop()));
        }
        return way.sourceMac() >= 0
                ? way.sourceMac()
                : datapath.snapshot().port(way.port()).mac();
    }

    MemorySegment memory() {
        return datapath.pool().memory();
    }

    /** Sends a frame that is complete but for its MAC addresses; whether it left, or a node that does not say its MAC address is why it did not. */
    boolean send(ProbePlan.Way way, long start, int frameBytes, long nowNs) {
        if (way.underlay()) {
            return own.sendToUnderlay(way.nextHop(), start, frameBytes, nowNs);
        }
        long mac = way.destinationMac() >= 0 ? way.destinationMac() : own.neighborMac(way.port(), way.nextHop(), nowNs);
        if (mac < 0) {
            datapath.pool().give(start);
            return true;
        }
        Ethernet.setAddresses(memory(), start, mac, ownMac(way));
        own.send(way.port(), start, frameBytes);
        return true;
    }

    void flush() {
        datapath.flush();
    }
}
