package dev.sluice.datapath.paths;

import dev.sluice.datapath.packet.DatapathCounters;
import dev.sluice.datapath.rules.Rule;
import dev.sluice.datapath.segment.ForeignServices;
import dev.sluice.datapath.snapshot.Path;
import dev.sluice.datapath.snapshot.Retained;
import dev.sluice.datapath.snapshot.Snapshot;
import dev.sluice.datapath.stage.Cursor;
import dev.sluice.datapath.track.ConnectionTable;
import dev.sluice.datapath.track.TcpState;
import org.jspecify.annotations.Nullable;

/**
 * Records of earlier configurations (X9): which of them still count, which are decided anew, and how one takes the place of another while packets are under way (packet-life.md,
 * flows of earlier configurations). One user: the worker.
 *
 * <p>Hot path: no allocation; a record of the present generation costs one compare.
 */
public final class Succession {
    /** Most superseded records of one key: so many changes may lie between a packet's way into a node and its way out. */
    static final int SUPERSEDED_MAX = 4;

    private static final int NONE = -1;

    private final ConnectionTable table;
    private final PathChanges changes;
    private final DatapathCounters counters;
    private Snapshot snapshot = Snapshot.empty();

    // What the new record takes over from the one it replaces, kept by release().
    private int egressForward;
    private int egressReverse;
    private int l2Forward;
    private int l2Reverse;

    public Succession(ConnectionTable table, PathChanges changes, DatapathCounters counters) {
        this.table = table;
        this.changes = changes;
        this.counters = counters;
    }

    public void apply(Snapshot next) {
        snapshot = next;
    }

    /** Whether anything counts at a port side although no group is there. */
    public boolean concerns(int port, int side) {
        return snapshot.retained().concerns(port, side);
    }

    /** The retired rule of a flow that is kept; what can't be kept, because its path is gone, has none. */
    @Nullable
    public Rule retainedRule(int slot, int ruleId) {
        int pathId = table.pathId(slot);
        return isKept(slot) && (pathId == 0 || snapshot.path(pathId) != null)
                ? snapshot.retained().rule(ruleId)
                : null;
    }

    /** Whether the default decision of a group that this port side has no longer is kept here. */
    public boolean keepsDefault(int slot, int group, int port, int side) {
        return isKept(slot) && snapshot.retained().hasGroupAt(group, port, side);
    }

    /** Whether the group of a default decision is gone, and the decision not kept anywhere. */
    public boolean isGroupGone(int slot, int group) {
        return snapshot.group(group) == null
                && !(isKept(slot) && snapshot.retained().hasGroup(group));
    }

    private boolean isKept(int slot) {
        int generation = table.configGeneration(slot);
        return generation == snapshot.generation() || snapshot.retained().keeps(generation);
    }

    /**
     * Whether a record of an earlier configuration gives way to a new decision. A change that migrates: always, but for translated flows. One that keeps: if it drops.
     * Else: if no service sees the flow, since a rule that wants it may have come.
     */
    public boolean isDecidedAnew(int slot, long nowNs) {
        int generation = table.configGeneration(slot);
        if (generation == snapshot.generation()) {
            return false;
        }
        Retained retained = snapshot.retained();
        if (retained.migrates(generation)) {
            return (table.flags(slot) & ConnectionTable.TRANSLATED) == 0;
        }
        return retained.keeps(generation)
                ? isDropping(slot)
                : table.pathId(slot) == 0 && !ForeignServices.isServicedElsewhere(table, slot, nowNs);
    }

    /** Whether a record was looked at last under an earlier configuration. One that leaves a flow to another switch is looked at when that one has had a packet serviced. */
    public boolean isOfEarlier(int slot, long nowNs) {
        return table.configGeneration(slot) != snapshot.generation()
                && !ForeignServices.isServicedElsewhere(table, slot, nowNs);
    }

    /** Whether an error about a packet of a record's flow goes where the record says. */
    public boolean takesErrors(int slot, long nowNs) {
        return (table.pathId(slot) != 0 || ForeignServices.isLeft(table, slot)) && !isDecidedAnew(slot, nowNs);
    }

    private boolean isDropping(int slot) {
        Rule rule = table.ruleId(slot) > 0 ? snapshot.rule(table.ruleId(slot)) : null;
        return rule != null && rule.action() == Rule.Action.DROP;
    }

    /** Whether a change that migrates flows has come since a record was looked at last. */
    public boolean isMigrated(int slot) {
        return snapshot.retained().migrates(table.configGeneration(slot));
    }

    /**
     * Takes the replaced record out of the way. If packets may be under way on its path, which the new one does not take, it stays for their way back, and as long as
     * they may be, to compare other paths with; the new one takes over what those on the same nodes need.
     *
     * @param turned whether the new one has the other side as its forward side
     * @return whether a record had to go that packets under way may still need: the new one has to wait for them
     */
    public boolean release(Cursor c, int old, @Nullable Path next, boolean turned) {
        egressForward = table.egressPort(old, 0);
        egressReverse = table.egressPort(old, 1);
        l2Forward = table.l2(old, 0);
        l2Reverse = table.l2(old, 1);
        counters.recordsReplaced++;
        int pathId = table.pathId(old);
        boolean same = next != null && pathId == next.id() && !turned;
        if (pathId == 0 || same || changes.hasSentNone(old)) {
            table.remove(old);
            return false;
        }
        return retire(c, old);
    }

    /**
     * Takes the record of a connection out of the way that another one begins in place of. If packets may be under way on its path, it stays for them.
     *
     * @return as from {@link #release}
     */
    public boolean end(Cursor c, int old) {
        if (table.pathId(old) == 0 || changes.hasSentNone(old) || !changes.isUnderWay(old, c.nowNs)) {
            table.remove(old);
            return false;
        }
        return retire(c, old);
    }

    private boolean retire(Cursor c, int old) {
        table.unlink(old);
        table.supersede(old);
        int oldest = NONE;
        int count = 0;
        for (int slot = table.find(c.keyHash, c.fields, c.zone, c.feature(), c.nowNs);
                slot != NONE;
                slot = table.next(slot, c.nowNs)) {
            if (table.isSuperseded(slot)) {
                oldest = slot;
                count++;
            }
        }
        boolean missed = count > SUPERSEDED_MAX && changes.isUnderWay(oldest, c.nowNs) && !hasTwin(c, oldest);
        if (count > SUPERSEDED_MAX) {
            table.remove(oldest);
        }
        return missed;
    }

    /**
     * Whether the packet opens a connection in the direction that a record takes for the answers, which no service sees or which was met in the middle and never established: then the
     * record was made by a packet in the name of the other side, and what opens the connection is what rules are about.
     */
    public boolean isOpenedOppositeWay(Cursor c, int slot) {
        return c.isOpening()
                && table.isReverse(slot, c.fields)
                && (table.pathId(slot) == 0
                        || (TcpState.isPickedUp(table.tcpState(slot))
                                && (table.flags(slot) & ConnectionTable.TRANSLATED) == 0));
    }

    /** Whether another superseded record says the same about packets that come back. */
    private boolean hasTwin(Cursor c, int one) {
        for (int slot = table.find(c.keyHash, c.fields, c.zone, c.feature(), c.nowNs);
                slot != NONE;
                slot = table.next(slot, c.nowNs)) {
            if (slot != one
                    && table.isSuperseded(slot)
                    && table.pathId(slot) == table.pathId(one)
                    && table.isReverse(slot, c.fields) == table.isReverse(one, c.fields)) {
                return true;
            }
        }
        return false;
    }

    /** Gives the new record what packets under way on nodes of both paths need. */
    public void takeOver(int slot) {
        table.setEgressPort(slot, 0, egressForward);
        table.setEgressPort(slot, 1, egressReverse);
        table.setL2(slot, 0, l2Forward);
        table.setL2(slot, 1, l2Reverse);
    }
}
