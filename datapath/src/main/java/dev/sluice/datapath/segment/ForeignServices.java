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
    /**
     * Flag of a record without path, which has none of the flags that paths have: another switch has the packets of its forward direction serviced, and will have the
     * answers. It speaks for these only: a packet of its forward direction that is to be classified here was serviced by nobody.
     */
    private static final int SERVICED_ELSEWHERE = ConnectionTable.FIRST_CALLER_FLAG << 4;

    /** So long a packet that was serviced elsewhere says that the next ones are, too, whatever a new configuration brings: hosts hear of it one after the other. */
    private static final int FRESH_MS = 1000;

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
        if (slot >= 0 && (table.ruleId(slot) != -group || table.pathId(slot) != 0)) {
            // A flow that is serviced here.
            return;
        }
        if (slot >= 0 && table.isReverse(slot, c.fields)) {
            table.remove(slot);
            slot = -1;
        }
        slot = slot >= 0 ? slot : table.insert(c.keyHash, c.fields, c.zone, c.feature(), c.nowNs);
        if (slot < 0) {
            return;
        }
        table.setRuleId(slot, -group);
        table.setFlags(slot, SERVICED_ELSEWHERE);
        table.setConfigGeneration(slot, snapshot.generation());
        table.setFailureGeneration(slot, liveness.generation());
        table.count(slot, 0, c.lengthBytes(), c.nowNs);
        if (c.fields.protocol == IpProtocols.TCP && !c.isLaterFragment()) {
            table.onTcp(slot, 0, c.batch.tcpFlags[c.slot]);
        }
    }

    /** Whether a record leaves a flow to another switch, which has just had a packet of it serviced. */
    public static boolean isServicedElsewhere(ConnectionTable table, int slot, long nowNs) {
        return isLeft(table, slot) && table.idleMs(slot, 0, nowNs) < FRESH_MS;
    }

    /** Whether a record leaves a flow to another switch. */
    public static boolean isLeft(ConnectionTable table, int slot) {
        return (table.flags(slot) & SERVICED_ELSEWHERE) != 0 && table.pathId(slot) == 0;
    }

    /** Whether a record leaves a flow to another switch, and the packet in hand, which comes to be classified at this side of a port, is none of those that it speaks for. */
    public static boolean isSilent(ConnectionTable table, int slot, Cursor c, int side) {
        return isLeft(table, slot) && (side == PortSides.TO_PORT || !table.isReverse(slot, c.fields));
    }
}
