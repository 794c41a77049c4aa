package dev.sluice.datapath.paths;

import dev.sluice.datapath.snapshot.Attachment;
import dev.sluice.datapath.snapshot.IntTable;
import dev.sluice.datapath.snapshot.Path;
import dev.sluice.datapath.snapshot.Snapshot;
import dev.sluice.datapath.stage.Cursor;
import dev.sluice.datapath.track.ConnectionTable;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * When a flow may take another path: at once, if packets that are inside nodes of the path before miss nothing by it, else when they are out (F7; packet-life.md, changing
 * paths). One user: the worker.
 *
 * <p>Hot path: no allocation; a packet of a record whose path stays costs one test of a bit.
 */
public final class PathChanges {
    /** Rule id of records of translated flows: they count at every port side of their router. */
    public static final int TRANSLATED_RULE = Integer.MIN_VALUE;

    /** Flag of a record that no packet has been sent under yet: those that are inside nodes might be taken for packets of its path. */
    public static final int WAITS = ConnectionTable.FIRST_CALLER_FLAG;

    /** How long a packet may be inside the nodes of its path. */
    public static final int UNDER_WAY_MS = 1000;

    /** Flag of a record, for forward packets, the next one for reverse ones: some may have had less of its path than lies before them, though in the end all of an older one. */
    private static final int PARTIAL = WAITS << 1;

    /** Flag of a record whose path was another one before: who is inside a node of that one, it no longer knows. */
    private static final int MOVED = PARTIAL << 2;

    /** Flag of a record that waits for packets of a record that had to go, so that who takes its place has to wait too. */
    public static final int FOR_ANOTHER = MOVED << 1;

    private static final int INHERITED = PARTIAL | (PARTIAL << 1) | MOVED;

    /** Most paths of earlier configurations that are remembered, to compare later ones with. */
    private static final int GONE_MAX = 4096;

    private static final int NONE = -1;

    private final ConnectionTable table;
    private Snapshot snapshot = Snapshot.empty();

    /** Paths that the snapshot no longer has, oldest first, and by id. */
    private List<Path> gone = List.of();

    private IntTable<Path> goneById = IntTable.of(gone, Path::id);

    /** When a record was redirected last. */
    private boolean hasRedirected;

    private int redirectedMs;

    public PathChanges(ConnectionTable table) {
        this.table = table;
    }

    public void apply(Snapshot next) {
        List<Path> all = new ArrayList<>(gone);
        all.addAll(snapshot.paths());
        all.removeIf(path -> next.path(path.id()) != null);
        gone = List.copyOf(all.subList(Math.max(0, all.size() - GONE_MAX), all.size()));
        goneById = IntTable.of(gone, Path::id);
        snapshot = next;
    }

    /** Knows what was before as the other one does. */
    public void lookInto(PathChanges other) {
        gone = other.gone;
        goneById = other.goneById;
        hasRedirected = other.hasRedirected;
        redirectedMs = other.redirectedMs;
    }

    /** Whether packets have to wait before they take their record's path. */
    public boolean waits(int slot, long nowNs) {
        if (!isWaiting(slot)) {
            return false;
        }
        if (isUnderWay(slot, nowNs)) {
            return true;
        }
        table.setFlags(slot, table.flags(slot) & ~(WAITS | FOR_ANOTHER));
        return false;
    }

    /** Whether a record waits, and no packet was sent under the path that it had before. */
    boolean hasSentNone(int slot) {
        return isWaiting(slot) && !hasSent(slot);
    }

    private boolean isWaiting(int slot) {
        return (table.flags(slot) & WAITS) != 0;
    }

    /** Whether packets that a record was counted for may be inside nodes yet. */
    public boolean isUnderWay(int slot, long nowNs) {
        table.refresh(slot);
        return table.idleMs(slot, nowNs) < UNDER_WAY_MS;
    }

    /** Whether a packet that comes back from a node may have been sent there by a record whose path is in the snapshot no longer. */
    public boolean mayHaveSent(int slot, Attachment node, long nowNs) {
        Path path = goneById.get(table.pathId(slot));
        return isUnderWay(slot, nowNs) && (path == null || path.returnsFrom(node));
    }

    private boolean hasSent(int slot) {
        return table.hasCounted(slot, 0, 1) || table.hasCounted(slot, 1, 1);
    }

    /** A record whose path is not as it was gets another one of its target. */
    public void redirect(Cursor c, int slot, Path next) {
        // What a fast path counted comes with what is taken back, rather than being read first.
        table.flowChanged(slot);
        int flags = flagsFor(c, slot, table.targetId(slot), next, table.isReverse(slot, c.fields));
        table.setFlags(slot, (table.flags(slot) & ~INHERITED) | flags | MOVED);
        table.setPathId(slot, next.id());
        hasRedirected = true;
        redirectedMs = ConnectionTable.tableMs(c.nowNs);
    }

    /**
     * The flags of the record that gets a path: whether it waits, because packets of the flow in hand may be inside nodes of that path too and would miss something if they went on by it; else what
     * it has to remember of them.
     *
     * @param own the record that gets the path, or gives way to the one that does; -1 none
     * @param targetId the target that gives the path
     * @param reverse whether the packet in hand is a reverse one on the path
     */
    public int flagsFor(Cursor c, int own, int targetId, Path next, boolean reverse) {
        int nowMs = ConnectionTable.tableMs(c.nowNs);
        int flags = 0;
        for (int slot = table.find(c.keyHash, c.fields, c.zone, c.feature(), c.nowNs);
                slot != NONE;
                slot = table.next(slot, c.nowNs)) {
            if ((slot == own || table.isSuperseded(slot)) && isUnderWay(slot, c.nowNs)) {
                boolean turned = table.isReverse(slot, c.fields) != reverse;
                flags |=
                        flagsAfter(table.flags(slot), hasSent(slot), table.pathId(slot), targetId, next, turned, nowMs);
            }
        }
        return (flags & WAITS) != 0 ? flags & (WAITS | FOR_ANOTHER) : flags;
    }

    /**
     * Whether a flow has left all other paths that records of its key have, for that of its record. If not, one of those may be of another rule, at another port: packets that are inside nodes of it are no
     * earlier ones of this flow then, whichever path this one takes.
     *
     * @param newest the newest record of the key
     */
    public static boolean hasLeftOthers(ConnectionTable table, int record, int newest) {
        boolean left = false;
        for (int slot = newest; slot != NONE; slot = table.older(slot)) {
            boolean gone = table.isSuperseded(slot) || isUnlinked(table, slot);
            if (slot != record && !gone && table.pathId(slot) != 0) {
                return false;
            }
            left |= slot != record && gone;
        }
        return left;
    }

    /** Whether a record is of a flow behind a node that translates, and the one in front of it has gone on to another record. */
    private static boolean isUnlinked(ConnectionTable table, int slot) {
        // A record that began as a new flow from behind the node never had one in front of it.
        return (table.flags(slot) & ConnectionTable.TRANSLATED) != 0
                && table.ruleId(slot) != TRANSLATED_RULE
                && table.linked(slot) == NONE;
    }

    /** What follows for the next path from packets that were sent under a record. */
    private int flagsAfter(int old, boolean hadSent, int pathId, int targetId, Path next, boolean turned, int nowMs) {
        if ((old & WAITS) != 0) {
            return hadSent ? WAITS : (old & FOR_ANOTHER) != 0 ? WAITS | FOR_ANOTHER : 0;
        }
        if (pathId == 0 || (pathId == next.id() && !turned)) {
            return pathId == 0 ? 0 : old & INHERITED;
        }
        Path path = known(pathId);
        if (path == null) {
            return WAITS;
        }
        boolean unknown = (old & MOVED) != 0 && hasRedirected && nowMs - redirectedMs < UNDER_WAY_MS;
        int forward = partial(path, next, turned, 0, old);
        int reverse = partial(path, next, turned, 1, old);
        if (forward != WAITS && reverse != WAITS && !unknown) {
            return (old & MOVED) | forward | reverse;
        }
        boolean sameServices = !turned
                && (isOffered(targetId, pathId) || hasServicesOf(path, next))
                && Passage.keepsPlaces(path, next);
        return sameServices ? old & INHERITED : WAITS;
    }

    /** The flag that packets of a direction of the old path cause, 0 if they cause none. */
    private static int partial(Path path, Path next, boolean turned, int direction, int old) {
        int relation = Passage.of(path, next, turned, direction);
        if ((relation & Passage.MEETS) == 0) {
            return 0;
        }
        boolean partial = (old & (PARTIAL << direction)) != 0;
        if ((relation & (partial ? Passage.GETS_ALL : Passage.MAY_FOLLOW)) == 0) {
            return WAITS;
        }
        boolean remains = partial || (relation & Passage.HAD_ALL) == 0;
        return remains ? PARTIAL << (turned ? 1 - direction : direction) : 0;
    }

    /** The path with an id, of this or an earlier configuration. */
    private @Nullable Path known(int pathId) {
        Path path = snapshot.path(pathId);
        return path != null ? path : goneById.get(pathId);
    }

    private static boolean hasServicesOf(Path one, Path other) {
        return one.services() != 0 && one.services() == other.services();
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
}
