package dev.sluice.datapath;

import dev.sluice.datapath.errors.IcmpErrors;
import dev.sluice.datapath.fragments.Fragments;
import dev.sluice.datapath.liveness.Liveness;
import dev.sluice.datapath.mirror.OffloadMirror;
import dev.sluice.datapath.offload.OffloadDevice;
import dev.sluice.datapath.packet.Batch;
import dev.sluice.datapath.packet.DatapathCounters;
import dev.sluice.datapath.packet.DropCounters;
import dev.sluice.datapath.packet.DropReason;
import dev.sluice.datapath.packet.FramePool;
import dev.sluice.datapath.packet.PacketPort;
import dev.sluice.datapath.packet.Parser;
import dev.sluice.datapath.paths.Rebalance;
import dev.sluice.datapath.rules.PortSides;
import dev.sluice.datapath.segment.MacReader;
import dev.sluice.datapath.segment.SwitchStage;
import dev.sluice.datapath.snapshot.PortEntry;
import dev.sluice.datapath.snapshot.Snapshot;
import dev.sluice.datapath.stage.Cursor;
import dev.sluice.datapath.stage.Frames;
import dev.sluice.datapath.stage.PacketTracer;
import dev.sluice.datapath.stage.Step;
import dev.sluice.datapath.track.AttributeTable;
import dev.sluice.datapath.track.ConnectionTable;
import dev.sluice.datapath.track.FlowPrograms;
import dev.sluice.datapath.tunnel.OwnFrames;
import org.jspecify.annotations.Nullable;

/**
 * The stages of a packet's life, put together (docs/reference/packet-life.md). One user: the worker thread that owns it.
 *
 * <p>Contract of the hot path: {@link #process} is called with a batch of at most 256 frames from one or more ports and takes over all of them; nothing on
 * the way allocates, locks, logs, throws or reads a clock. Batch shape: frames are taken in groups; of a group all are parsed first, then all that their look-ups will read is
 * fetched, then each packet goes its way alone.
 */
public final class Datapath implements AutoCloseable {
    private static final int SWEEP_SLOTS = 512;

    private static final int GROUP = Cursor.GROUP;

    private final FramePool pool;
    private final DatapathMemory remembered;
    private final Stages stages;

    // Those that each packet meets first.
    private final Frames frames;
    private final Parser parser;
    private final ConnectionTable table;
    private final Classification classification;
    private final Forwarding forwarding;
    private final IcmpErrors errors;
    private final Fragments fragments;
    private final SwitchStage switchStage;
    private final Entrance entrance;
    private final LookAhead lookAhead;
    private final FastPath fastPath;
    private final DatapathCounters counters;
    private final Cursor cursor;
    private Snapshot snapshot = Snapshot.empty();

    /** The first exception of the batch in hand. */
    private @Nullable RuntimeException fault;

    /**
     * A data path without configuration: it drops everything until {@link #apply}.
     *
     * @param pool the frames of this worker
     * @param live which instances and ports are alive
     * @param connectionsMax size of the connection table
     * @param seed secret and random, against crafted collisions
     */
    public Datapath(FramePool pool, Liveness live, int connectionsMax, long seed) {
        this(pool, live, DatapathMemory.of(pool, connectionsMax, seed), seed);
    }

    /** The same with connections that the next process can find, in zeroed memory. */
    public Datapath(FramePool pool, Liveness live, KeptTables kept, long seed) {
        this(pool, live, DatapathMemory.in(kept, pool, seed), seed);
    }

    /** Takes over the connections that a process before left (ADR 23), which the device may have served meanwhile; how many. Between the first configuration and {@link #offload}. */
    public int recollect(KeptTables before, @Nullable OffloadDevice device, long nowNs) {
        return remembered.recollect(before, device, stages.programs.generation(), snapshot.portCount(), nowNs);
    }

    /** A data path of the given parts, for {@code Foretelling}. */
    public Datapath(FramePool pool, Liveness live, DatapathMemory remembered, long seed) {
        this.pool = pool;
        this.remembered = remembered;
        stages = new Stages(pool, live, remembered, seed);
        frames = stages.frames;
        parser = stages.parser;
        table = stages.table;
        classification = stages.classification;
        forwarding = stages.forwarding;
        errors = stages.errors;
        fragments = stages.fragments;
        switchStage = stages.switchStage;
        entrance = stages.entrance;
        lookAhead = stages.lookAhead;
        fastPath = stages.fastPath;
        counters = stages.counters;
        cursor = stages.cursor;
    }

    /** Reserves what a configuration needs beyond those before, so that {@link #apply} need not; for control threads, before it is handed over. */
    public void prepare(Snapshot next) {
        stages.planeFlows.prepare(next);
    }

    /**
     * Swaps the configuration, between two batches.
     *
     * @param next the new snapshot
     * @param portsByIndex element i carries port i of the snapshot; null for links and for ports whose device is missing
     */
    public void apply(Snapshot next, @Nullable PacketPort[] portsByIndex) {
        snapshot = next;
        stages.apply(next, portsByIndex);
    }

    /**
     * Does with packets what the other one would do, without changing it: what it remembers is copied from it when it is asked for. Both have the same snapshot but for the
     * counters. What the other one is told afterwards is not seen.
     *
     * @param out gets what is sent
     */
    public void lookInto(Datapath other, PacketPort out) {
        stages.lookInto(other.stages, out);
        remembered.ethernetMemory().lookInto(other.remembered.ethernetMemory());
    }

    /** Hears what happens to each packet from now on; null: nobody. */
    public void trace(@Nullable PacketTracer tracer) {
        boolean begins = tracer != null && frames.tracer() == null;
        frames.trace(tracer);
        // While somebody listens nothing is recorded, so nothing has to end when the last one leaves.
        if (begins) {
            fastPath.allMoved();
        }
    }

    /**
     * Lets a device repeat the journeys of packets from now on (packet-life.md, fast path); for the worker's own thread only.
     *
     * @param device null: none any more, and nothing that the one before has is repeated
     * @param afterPackets so many packets of a direction of a flow have to have come before, from 1
     */
    public void offload(@Nullable OffloadDevice device, int afterPackets) {
        fastPath.use(device, afterPackets, snapshot);
    }

    /** Another number of such packets, if there is a device; for the worker's own thread only. */
    public void offloadAfter(int packets) {
        fastPath.afterPackets(packets);
    }

    /** What a fast path repeats, null if there is none; for the worker's own thread, but for its counters. */
    public @Nullable OffloadMirror offload() {
        return fastPath.mirror();
    }

    /**
     * Takes over all frames of a batch; {@code batch.port} are indices of the snapshot.
     *
     * @throws RuntimeException the first that a defect of this program or of a port caused; it cost the packet in hand, the others of the batch went their way
     */
    public void process(Batch batch, long nowNs) {
        fault = null;
        fastPath.refresh(nowNs);
        counters.frames += batch.count;
        for (int from = 0; from < batch.count; from += GROUP) {
            int end = Math.min(from + GROUP, batch.count);
            int next = prepare(batch, from, end);
            while (next < end) {
                next = handleFrom(batch, next, end, nowNs);
            }
        }
        if (fault != null) {
            throw fault;
        }
    }

    /** Reads the headers of a group and what they lead to; the first slot to handle: that of the group, or after a defect none is left. */
    private int prepare(Batch batch, int from, int end) {
        try {
            parser.parse(batch, from, end);
            lookAhead.fetch(batch, from, end);
            return from;
        } catch (RuntimeException e) {
            fault = fault == null ? e : fault;
            for (int i = from; i < end; i++) {
                frames.reclaim(batch, i);
            }
            return end;
        }
    }

    /** Handles the slots from the given one on, at most up to one that shows a defect; the slot to go on with. */
    private int handleFrom(Batch batch, int from, int end, long nowNs) {
        int i = from;
        try {
            for (; i < end; i++) {
                handle(batch, i, nowNs);
            }
            return i;
        } catch (RuntimeException e) {
            fault = fault == null ? e : fault;
            frames.reclaim(batch, i);
            return i + 1;
        }
    }

    private void handle(Batch batch, int i, long nowNs) {
        PacketTracer tracer = frames.tracer();
        if (tracer != null) {
            tracer.received(batch, i);
        }
        handleOne(batch, i, nowNs);
        Batch held = fragments.held();
        for (int follower = fragments.takeFollower(); follower >= 0; follower = fragments.takeFollower()) {
            handleFollower(held, follower, nowNs);
        }
    }

    /** A defect that it shows costs this frame, not the first fragment, which has gone. */
    private void handleFollower(Batch held, int i, long nowNs) {
        try {
            parser.parseOne(held, i);
            PacketTracer tracer = frames.tracer();
            if (tracer != null) {
                tracer.released(held, i);
            }
            handleOne(held, i, nowNs);
        } catch (RuntimeException e) {
            fault = fault == null ? e : fault;
            frames.reclaim(held, i);
        }
    }

    private void handleOne(Batch batch, int i, long nowNs) {
        int port = batch.port[i];
        if (port < 0 || port >= snapshot.portCount() || snapshot.port(port).role() == PortEntry.Role.LINK) {
            frames.drop(batch, i, port, DropReason.PORT_UNKNOWN);
            return;
        }
        if (batch.parsed[i] < 0) {
            frames.drop(batch, i, port, DropReason.of(-1 - batch.parsed[i]));
            return;
        }
        begin(batch, i, nowNs);
        finishPacket(nowNs);
    }

    private void begin(Batch batch, int i, long nowNs) {
        Cursor c = cursor;
        c.take(batch, i, nowNs);
        fastPath.begin(c);
        goThrough(c, entrance.enter(c, snapshot.port(c.port)));
        fastPath.end();
    }

    /** Does what the packet in hand has left to do: errors, copies that are looked at one by one, frames between a router and a segment. */
    private void finishPacket(long nowNs) {
        sendErrors(nowNs);
        while (finishCopy(nowNs) || finishCrossing(nowNs)) {
            sendErrors(nowNs);
        }
    }

    private boolean finishCopy(long nowNs) {
        int copy = switchStage.takeCopy();
        if (copy < 0) {
            return false;
        }
        cursor.nowNs = nowNs;
        goThrough(cursor, switchStage.resume(cursor, copy));
        return true;
    }

    private boolean finishCrossing(long nowNs) {
        int i = frames.takeCrossing();
        if (i < 0) {
            return false;
        }
        Batch crossing = frames.crossing();
        parser.parseOne(crossing, i);
        if (crossing.parsed[i] < 0) {
            frames.drop(crossing, i, crossing.port[i], DropReason.of(-1 - crossing.parsed[i]));
        } else {
            begin(crossing, i, nowNs);
        }
        return true;
    }

    private void goThrough(Cursor c, int first) {
        int step = first;
        while (step != Step.DONE) {
            step = switch (step) {
                case Step.FROM_PORT -> fromPort(c);
                case Step.FORWARD -> switchStage.has(c.router) ? switchStage.forward(c) : forwarding.forward(c);
                case Step.TO_PORT -> classification.classify(c, snapshot.port(c.egress), PortSides.TO_PORT, Step.LEAVE);
                default -> switchStage.hasPort(c.egress) ? switchStage.leave(c) : forwarding.leave(c);
            };
        }
    }

    /** Sends the errors that packets caused; those of routers by routing, like answers of a router: not classified on their way out. */
    private void sendErrors(long nowNs) {
        for (int i = errors.take(); i >= 0; i = errors.take()) {
            Batch b = errors.waiting();
            int egress = errors.egress(i);
            if (egress == IcmpErrors.ROUTED) {
                Cursor c = cursor;
                c.take(b, i, nowNs);
                c.mark = errors.router(i);
                if (switchStage.has(c.mark)) {
                    // In a segment it may go back to where the packet came from.
                    c.port = -1;
                }
                goThrough(
                        c,
                        c.enterRouter(c.mark)
                                ? stages.wayBack.send(c, errors, i)
                                : frames.drop(c, DropReason.ZONES_FULL));
            } else if (frames.exceeds(snapshot.port(egress), b, i, 0, 0)) {
                frames.drop(b, i, b.port[i], DropReason.MTU_EXCEEDED);
            } else {
                frames.send(b, i, egress);
            }
        }
    }

    private int fromPort(Cursor c) {
        PortEntry port = snapshot.port(c.port);
        if (c.crossings == 0 && !fragments.admit(c, port)) {
            return Step.DONE;
        }
        if (!c.enterRouter(port.router())) {
            return frames.drop(c, DropReason.ZONES_FULL);
        }
        return classification.classify(c, port, PortSides.FROM_PORT, Step.FORWARD);
    }

    /** Timers: neighbours and expiry. To be called at least every 10 ms, cheap when nothing is due. */
    public void tick(long nowNs) {
        fastPath.tick(nowNs);
        rehearse(nowNs);
        stages.neighborStage.tick(nowNs);
        fragments.tick(nowNs);
        stages.context.tick(nowNs);
        switchStage.tick(nowNs);
        finishPacket(nowNs);
        table.sweep(nowNs, SWEEP_SLOTS);
        stages.programs.sweep(nowNs);
        stages.rebalance.tick(nowNs);
        remembered.reclaim();
    }

    /** Asks itself what it would do with packets of journeys that the device has from a process before. */
    private void rehearse(long nowNs) {
        Batch made = fastPath.rehearsal();
        for (int i = 0; i < made.count; i++) {
            parser.parseOne(made, i);
            handleOne(made, i, nowNs);
            fastPath.rehearsed(i);
        }
        fastPath.endRehearsal();
    }

    /** Who gets the probes that come back; {@link ProbeReceiver#NONE}: nobody. */
    public void probes(ProbeReceiver receiver) {
        stages.healthInput.receiver(receiver);
    }

    /** Who hears what other switches say; {@link PeerReceiver#NONE}: nobody. */
    public void peers(PeerReceiver receiver) {
        stages.peerInput.receiver(receiver);
    }

    /** For frames of this process's own making; for the worker's own thread only. */
    public OwnFrames own() {
        return stages.own;
    }

    /** Flushes the ports that frames were sent to. */
    public void flush() {
        frames.flush();
    }

    /** The connections; for the worker's own thread only. */
    public ConnectionTable connections() {
        return table;
    }

    /**
     * Tells of the MAC addresses that are known in a segment; for the worker's own thread only.
     *
     * @param router index of the segment
     */
    public void readMacs(int router, long nowNs, MacReader reader) {
        switchStage.readMacs(router, nowNs, reader);
    }

    /** How many MAC addresses a segment has; readers on other threads may see a value that lags. */
    public int macCount(int router) {
        return switchStage.macCount(router);
    }

    /** Contextual attributes, null as long as none was ever set; for the worker's own thread only. */
    public @Nullable AttributeTable attributes() {
        return stages.context.table();
    }

    /** Takes over a table for contextual attributes, once; for the worker's own thread only. */
    public void useAttributes(AttributeTable first) {
        stages.context.use(first);
    }

    /** Decisions to be logged; one reader. */
    public RuleLog ruleLog() {
        return remembered.hits().log();
    }

    /** Instructions for single flows; for the worker's own thread only. */
    public FlowPrograms programs() {
        return stages.programs;
    }

    /** Spreads flows in progress anew; for the worker's own thread only, but for what it says of its rounds. */
    public Rebalance rebalance() {
        return stages.rebalance;
    }

    /**
     * The key space of the packets of a router or transparent pair; for the worker's own thread only.
     *
     * @param outerVlan VLAN id of the outer tag, 0 if there is none
     * @param innerVlan VLAN id of the inner tag, 0 if there is none
     * @return 0..65535, or below 0 if no number is left
     */
    public int zone(int router, int outerVlan, int innerVlan) {
        return stages.zones.of(router, outerVlan, innerVlan);
    }

    /** Dropped packets by port and reason. */
    public DropCounters drops() {
        return stages.drops;
    }

    /** Counters of this worker. */
    public DatapathCounters counters() {
        return counters;
    }

    /** The configuration in force. */
    public Snapshot snapshot() {
        return snapshot;
    }

    /** The router or transparent pair of a connection, by what {@link ConnectionTable#router} says of it. */
    public int routerOf(int connectionRouter) {
        return stages.zones.router(connectionRouter);
    }

    /** The frames. */
    public FramePool pool() {
        return pool;
    }

    /** Frees the connection table; the data path must not be used any more. */
    @Override
    public void close() {
        table.close();
        stages.context.close();
    }
}
