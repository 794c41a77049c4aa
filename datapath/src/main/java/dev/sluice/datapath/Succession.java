package dev.sluice.datapath;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Records of earlier configurations (X9): which of them still count, which are decided anew, and how one takes the place of another while packets are under way (packet-life.md,
 * flows of earlier configurations), and when that has to wait (changing paths). One user: the worker.
 *
 * <p>Hot path: no allocation; a record of the present generation costs one compare.
 */
final class Succession {
    /** Most superseded records of one key: so many changes may lie between a packet's way into a node and its way out. */
    static final int SUPERSEDED_MAX = 4;

    /** Flag of a record that no packet has been sent under yet: those that are inside nodes might be taken for packets of its path. */
    static final int WAITS = ConnectionTable.FIRST_CALLER_FLAG;

    /** How long a packet may be inside the nodes of its path. */
    static final int UNDER_WAY_MS = 1000;

    /** Most paths of earlier configurations that are remembered, to compare later ones with. */
    private static final int GONE_MAX = 4096;

    private static final int NONE = -1;

    private final ConnectionTable table;
    private final DatapathCounters counters;
    private Snapshot snapshot = Snapshot.empty();

    /** Paths that the snapshot no longer has, oldest first, and by id. */
    private List<Path> gone = List.of();

    private IntTable<Path> goneById = IntTable.of(gone, Path::id);

    /** Whether the packet in hand ended the connection before its own, not long ago: then how that went. */
    private boolean hasEnded;

    private boolean endedInWaiting;
    private boolean endedReverse;
    private int endedPath;

    // What the new record takes over from the one it replaces, kept by release().
    private int egressForward;
    private int egressReverse;
    private int l2Forward;
    private int l2Reverse;

    Succession(ConnectionTable table, DatapathCounters counters) {
        this.table = table;
        this.counters = counters;
    }

    void apply(Snapshot next) {
        List<Path> all = new ArrayList<>(gone);
        all.addAll(snapshot.paths());
        all.removeIf(path -> next.path(path.id()) != null);
        gone = List.copyOf(all.subList(Math.max(0, all.size() - GONE_MAX), all.size()));
        goneById = IntTable.of(gone, Path::id);
        snapshot = next;
    }

    /** Knows which paths there were before, as the other one does. */
    void lookInto(Succession other) {
        gone = other.gone;
        goneById = other.goneById;
    }

    /** Whether anything counts at a port side although no group is there. */
    boolean concerns(int port, int side) {
        return snapshot.retained().concerns(port, side);
    }

    /** The retired rule of a flow that is kept; what can't be kept, because its path is gone, has none. */
    @Nullable
    Rule retainedRule(int slot, int ruleId) {
        int pathId = table.pathId(slot);
        return isKept(slot) && (pathId == 0 || snapshot.path(pathId) != null)
                ? snapshot.retained().rule(ruleId)
                : null;
    }

    /** Whether the default decision of a group that this port side has no longer is kept here. */
    boolean keepsDefault(int slot, int group, int port, int side) {
        return isKept(slot) && snapshot.retained().hasGroupAt(group, port, side);
    }

    /** Whether the group of a default decision is gone, and the decision not kept anywhere. */
    boolean isGroupGone(int slot, int group) {
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
    boolean isDecidedAnew(int slot) {
        int generation = table.configGeneration(slot);
        if (generation == snapshot.generation()) {
            return false;
        }
        Retained retained = snapshot.retained();
        if (retained.migrates(generation)) {
            return (table.flags(slot) & ConnectionTable.TRANSLATED) == 0;
        }
        return retained.keeps(generation) ? isDropping(slot) : table.pathId(slot) == 0;
    }

    private boolean isDropping(int slot) {
        Rule rule = table.ruleId(slot) > 0 ? snapshot.rule(table.ruleId(slot)) : null;
        return rule != null && rule.action() == Rule.Action.DROP;
    }

    /** Whether a change that migrates flows has come since a record was looked at last. */
    boolean isMigrated(int slot) {
        return snapshot.retained().migrates(table.configGeneration(slot));
    }

    // Whether a new path has to wait.

    /** A packet comes to a port side. */
    void forget() {
        hasEnded = false;
    }

    /** The packet opens a connection in place of this one, which is removed. */
    void ends(Cursor c, int slot) {
        hasEnded = isUnderWay(slot, c.nowNs);
        endedInWaiting = isWaiting(slot) && hasSent(slot);
        endedReverse = table.isReverse(slot, c.fields);
        endedPath = isWaiting(slot) ? 0 : table.pathId(slot);
    }

    /** Whether the flow's packets have to wait before they take their record's path. */
    boolean waits(int slot, long nowNs) {
        if (!isWaiting(slot)) {
            return false;
        }
        if (isUnderWay(slot, nowNs)) {
            return true;
        }
        table.setFlags(slot, table.flags(slot) & ~WAITS);
        return false;
    }

    private boolean isWaiting(int slot) {
        return (table.flags(slot) & WAITS) != 0;
    }

    /** Whether packets that a record was counted for may be inside nodes yet. */
    private boolean isUnderWay(int slot, long nowNs) {
        return table.idleMs(slot, nowNs) < UNDER_WAY_MS;
    }

    private boolean hasSent(int slot) {
        return table.packets(slot, 0) != 0 || table.packets(slot, 1) != 0;
    }

    /**
     * Whether packets of the flow in hand may be inside nodes that a new path shares, so that they would miss something if they went on by it.
     *
     * @param own the record that gets the path, or gives way to the one that does; -1 none
     * @param targetId the target that gives the new path
     * @param reverse whether the packet in hand is a reverse one on the new path
     */
    boolean mustWait(Cursor c, int own, int targetId, Path next, boolean reverse) {
        if (hasEnded && (endedInWaiting || obstructs(endedPath, targetId, next, endedReverse != reverse))) {
            return true;
        }
        for (int slot = table.find(c.keyHash, c.fields, c.zone, c.feature(), c.nowNs);
                slot != NONE;
                slot = table.next(slot, c.nowNs)) {
            if ((slot == own || table.isSuperseded(slot)) && isUnderWay(slot, c.nowNs)) {
                boolean turned = table.isReverse(slot, c.fields) != reverse;
                if (isWaiting(slot) ? hasSent(slot) : obstructs(table.pathId(slot), targetId, next, turned)) {
                    return true;
                }
            }
        }
        return false;
    }

    private boolean obstructs(int pathId, int targetId, Path next, boolean turned) {
        if (pathId == 0 || (pathId == next.id() && !turned)) {
            return false;
        }
        Path now = snapshot.path(pathId);
        Path path = now != null ? now : goneById.get(pathId);
        if (path == null || turned) {
            return path == null || !Passage.mayFollow(path, next, turned);
        }
        return !Passage.mayFollow(path, next, false)
                && !(isOffered(targetId, pathId) && Passage.keepsPlaces(path, next));
    }

    private boolean isOffered(int targetId, int pathId) {
        List<Path> paths = snapshot.target(targetId).paths();
        for (int i = 0; i < paths.size(); i++) {
            if (paths.get(i).id() == pathId) {
                return true;
            }
        }
        return false;
    }

    /** A record whose path is not as it was gets another one. */
    void redirect(Cursor c, int slot, Path next) {
        if (mustWait(c, slot, table.targetId(slot), next, table.isReverse(slot, c.fields))) {
            table.setFlags(slot, table.flags(slot) | WAITS);
        }
        table.setPathId(slot, next.id());
    }

    // Replacing a record.

    /**
     * Takes the replaced record out of the way. If packets may be under way on its path, which the new one does not take, it stays for their way back; the
     * new one takes over what those on the same nodes need.
     *
     * @param turned whether the new one has the other side as its forward side
     * @return whether a record had to go that packets under way may still need: the new one has to wait for them
     */
    boolean release(Cursor c, int old, @Nullable Path next, boolean turned) {
        egressForward = table.egressPort(old, 0);
        egressReverse = table.egressPort(old, 1);
        l2Forward = table.l2(old, 0);
        l2Reverse = table.l2(old, 1);
        counters.recordsReplaced++;
        Path path = snapshot.path(table.pathId(old));
        boolean translated = (table.flags(old) & ConnectionTable.TRANSLATED) != 0 || table.linked(old) >= 0;
        boolean same = path != null && next != null && path.id() == next.id() && !turned;
        if (path == null || same || translated || isWaiting(old)) {
            table.remove(old);
            return false;
        }
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
        boolean missed = count > SUPERSEDED_MAX && isUnderWay(oldest, c.nowNs) && !hasTwin(c, oldest);
        if (count > SUPERSEDED_MAX) {
            table.remove(oldest);
        }
        return missed;
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
    void takeOver(int slot) {
        table.setEgressPort(slot, 0, egressForward);
        table.setEgressPort(slot, 1, egressReverse);
        table.setL2(slot, 0, l2Forward);
        table.setL2(slot, 1, l2Reverse);
    }
}
