package dev.sluice.datapath;

import dev.sluice.datapath.errors.IcmpErrors;
import dev.sluice.datapath.snapshot.Attachment;
import dev.sluice.datapath.snapshot.Path;
import dev.sluice.datapath.snapshot.Snapshot;
import dev.sluice.datapath.stage.Cursor;
import dev.sluice.datapath.stage.Step;
import dev.sluice.datapath.track.ConnectionTable;
import dev.sluice.wire.Ipv4;
import dev.sluice.wire.Ipv6;

/**
 * The way of a router's own errors about packets that a node has translated (X6; packet-life.md, errors): whose such a packet was only the nodes know that it was at. One user: the worker.
 *
 * <p>Hot path: no allocation.
 */
final class WayBack {
    private final ConnectionTable table;
    private final Steering steering;
    private Snapshot snapshot = Snapshot.empty();

    WayBack(ConnectionTable table, Steering steering) {
        this.table = table;
        this.steering = steering;
    }

    void apply(Snapshot next) {
        snapshot = next;
    }

    /** {@link Cursor#backFrom} of a packet that goes on with the next hop, or beyond the last one. */
    static int from(Path path, int direction, int next) {
        int step = direction == 0 ? 1 : -1;
        for (int i = next - step; i >= 0 && i < path.hops().size(); i -= step) {
            Path.Hop hop = path.hops().get(i);
            boolean translates = hop.attachment().translation() != Attachment.Translation.NONE;
            if (translates && hop.takes(direction) && !hop.copy()) {
                return next - step;
            }
        }
        return Cursor.NOWHERE;
    }

    /** The next {@link Step} of the error in hand, in its router and with its mark. */
    int send(Cursor c, IcmpErrors errors, int error) {
        int hop = errors.backFrom(error);
        if (hop == Cursor.NOWHERE) {
            return Step.FORWARD;
        }
        int slot = errors.record(error);
        int direction = 1 - errors.direction(error);
        Path path = snapshot.path(table.pathId(slot));
        boolean noWay = direction == 1 && (table.flags(slot) & ConnectionTable.ONE_DIRECTION) != 0;
        if (path == null || noWay) {
            return Step.FORWARD;
        }
        c.record = slot;
        c.direction = direction;
        c.follows = true;
        // As routing would.
        if (c.isIpv4()) {
            Ipv4.decrementTtl(c.memory, c.networkHeader());
        } else {
            Ipv6.decrementHopLimit(c.memory, c.networkHeader());
        }
        return steering.steer(c, path, snapshot.onFailure(table.ruleId(slot)), hop, false);
    }
}
