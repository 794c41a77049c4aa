package dev.sluice.datapath;

import dev.sluice.datapath.overlay.CarriedPacket;
import dev.sluice.datapath.packet.DatapathCounters;
import dev.sluice.datapath.packet.DropReason;
import dev.sluice.datapath.packet.FlowHash;
import dev.sluice.datapath.snapshot.OverlayPeer;
import dev.sluice.datapath.snapshot.Path;
import dev.sluice.datapath.stage.Cursor;
import dev.sluice.datapath.stage.Frames;
import dev.sluice.datapath.stage.Step;
import dev.sluice.datapath.track.ConnectionTable;
import dev.sluice.datapath.track.Zones;
import dev.sluice.datapath.tunnel.Decapsulation;
import dev.sluice.wire.Nsh;
import dev.sluice.wire.ServiceMetadata;
import dev.sluice.wire.SluiceContext;
import java.lang.foreign.MemorySegment;

/**
 * Takes back packets that were too large for a node of another host, or on the way from there to the next one, so that their senders are told (X6; packet-life.md, too large elsewhere).
 * One user: the worker.
 *
 * <p>Believed is only the host of the hop that the packet was on its way to, or of the one before, and only of a flow that was classified here and is on that path. Hot path: no allocation.
 */
final class TooBigInput {
    private final Frames frames;
    private final Decapsulation decapsulation;
    private final ConnectionTable table;
    private final Zones zones;
    private final Steering steering;
    private final DatapathCounters counters;

    TooBigInput(
            Frames frames,
            Decapsulation decapsulation,
            ConnectionTable table,
            Zones zones,
            Steering steering,
            DatapathCounters counters) {
        this.frames = frames;
        this.decapsulation = decapsulation;
        this.table = table;
        this.zones = zones;
        this.steering = steering;
        this.counters = counters;
    }

    /** Whether a packet comes back for its size. */
    static boolean isOne(MemorySegment m, CarriedPacket in) {
        return Nsh.isOam(m, in.nsh)
                && Nsh.nextProtocol(m, in.nsh) == Nsh.NEXT_ETHERNET
                && in.metadata.has(ServiceMetadata.SLUICE)
                && in.metadata.programTag() >>> 24 == SluiceContext.TOO_BIG;
    }

    /**
     * Takes the packet in hand.
     *
     * @param named the record that it names, if it is one of its tenant with this path; -1 if not
     */
    int receive(Cursor c, OverlayPeer peer, Path path, int named, CarriedPacket in) {
        ServiceMetadata metadata = in.metadata;
        int direction = in.direction;
        int mtuBytes = metadata.programTag() & 0xff_ffff;
        boolean serves = isOn(peer, path, direction, in.ordinal) || isOn(peer, path, direction, in.ordinal - 1);
        if (named < 0 || !serves) {
            return frames.drop(c, DropReason.TOO_BIG_REFUSED);
        }
        // A key of its own: these are no pieces of what comes here on the path.
        long way = FlowHash.mix(metadata.tenant() + metadata.programTag());
        if (!decapsulation.takeOut(c, in.inner(), in.end, direction, way)) {
            return Step.DONE;
        }
        if (!c.enterRouter(zones.router(table.router(named)))) {
            return frames.drop(c, DropReason.ZONES_FULL);
        }
        if (path.translates()) {
            // The packet is not as its sender knows it.
            counters.icmpErrorsSuppressed++;
            return frames.takeMessage(c);
        }
        boolean isOfFlow = table.isOf(named, c.fields, c.zone, c.feature())
                && (table.isReverse(named, c.fields) ? 1 : 0) == direction;
        if (!isOfFlow || mtuBytes >= c.lengthBytes() - c.batch.l3[c.slot]) {
            return frames.drop(c, DropReason.TOO_BIG_REFUSED);
        }
        c.record = named;
        c.direction = direction;
        steering.tellTooBig(c, mtuBytes);
        return frames.takeMessage(c);
    }

    private static boolean isOn(OverlayPeer peer, Path path, int direction, int ordinal) {
        int hop = path.hopAt(direction, ordinal);
        return hop >= 0
                && hop < path.hops().size()
                && path.hops().get(hop).attachment().peer() == peer.index();
    }
}
