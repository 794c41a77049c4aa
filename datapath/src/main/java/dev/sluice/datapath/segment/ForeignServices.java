package dev.sluice.datapath.segment;

import dev.sluice.datapath.liveness.LivenessView;
import dev.sluice.datapath.rules.PortSides;
import dev.sluice.datapath.snapshot.PortEntry;
import dev.sluice.datapath.snapshot.Snapshot;
import dev.sluice.datapath.stage.Cursor;
import dev.sluice.datapath.track.ConnectionTable;
import dev.sluice.wire.IpProtocols;

/**
 * Takes note of flows that another switch of the segment has serviced in both directions, so that their answers are left to it: both directions visit the same
 * nodes, though rules may hold at both ends (C1, V15; packet-life.md, segments). One user: the worker.
 *
 * <p>Such a flow has a record like those for which no rule says anything: it counts at the port where its answers come in. Hot path: no allocation, one look-up.
 */
public final class ForeignServices {
    private final ConnectionTable table;
    private final LivenessView liveness;
    private Snapshot snapshot = Snapshot.empty();

    ForeignServices(ConnectionTable table, LivenessView liveness) {
        this.table = table;
        this.liveness = liveness;
    }

    void apply(Snapshot next) {
        snapshot = next;
    }

    /** The packet in hand was serviced elsewhere and goes to a port here, where rules may hold for what comes from it. */
    public void note(Cursor c, PortEntry port) {
        int group = port.group(PortSides.FROM_PORT);
        if (!port.classifies(PortSides.FROM_PORT) || group == 0 || c.quotes) {
            return;
        }
        int slot = table.find(c.keyHash, c.fields, c.zone, c.feature(), c.nowNs);
        if (slot < 0) {
            slot = table.insert(c.keyHash, c.fields, c.zone, c.feature(), c.nowNs);
            if (slot < 0) {
                return;
            }
            table.setRuleId(slot, -group);
        } else if (table.ruleId(slot) != -group || table.pathId(slot) != 0) {
            // A flow that is serviced here.
            return;
        }
        table.setConfigGeneration(slot, snapshot.generation());
        table.setFailureGeneration(slot, liveness.generation());
        int direction = table.isReverse(slot, c.fields) ? 1 : 0;
        table.count(slot, direction, c.lengthBytes(), c.nowNs);
        if (c.fields.protocol == IpProtocols.TCP && !c.isLaterFragment()) {
            table.onTcp(slot, direction, c.batch.tcpFlags[c.slot]);
        }
    }
}
