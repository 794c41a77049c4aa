package dev.sluice.datapath.paths;

import dev.sluice.datapath.liveness.LivenessView;
import dev.sluice.datapath.packet.DatapathCounters;
import dev.sluice.datapath.rules.Rule;
import dev.sluice.datapath.snapshot.Path;
import dev.sluice.datapath.snapshot.ReturningNode;
import dev.sluice.datapath.snapshot.Snapshot;
import dev.sluice.datapath.snapshot.Target;
import dev.sluice.datapath.track.ConnectionTable;
import dev.sluice.datapath.track.FlowPrograms;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Moves flows in progress to the paths that they would be given now, a few at a time: when a node that asks for it serves again or begins to, or when an operator says so (V6, X12; ADR 31). One user:
 * the worker; what {@link #rounds} answers is for any thread.
 *
 * <p>It does nothing to packets. It tells flows to take another path as service nodes do, in the flow programming table, so that what packets see are instructions, which the rest of the data path
 * knows (packet-life.md, flow programming; changing paths). Not on the hot path: {@link #tick} looks at a part of the table of connections while there is something to move, and at two
 * integers while there is not.
 */
public final class Rebalance {
    /** How long a node that is back has to stay before flows move to it. */
    static final long SETTLE_NS = 1_000_000_000L;

    /** How long a flow that was told to move has time for a packet; one that had none for as long is not told. */
    static final long PENDING_NS = 2_000_000_000L;

    private static final int SILENT_MS = (int) (PENDING_NS / 1_000_000);
    private static final int PENDING_MAX = 256;
    private static final int SLOTS_PER_TICK = 512;
    private static final long NS_PER_S = 1_000_000_000L;
    private static final int NOBODY = -1;

    /** Most that a late tick gives credit for. */
    private static final long ELAPSED_MAX_NS = 100_000_000L;

    private final ConnectionTable table;
    private final Selector selector;
    private final LivenessView liveness;
    private final FlowPrograms programs;
    private final DatapathCounters counters;
    private final PathShares shares;
    private Snapshot snapshot = Snapshot.empty();

    /** Flows per second by instance, 0: flows stay where they are. */
    private int[] rates = new int[0];

    /** By target and path of it, whether new flows could get it when it was last looked at. */
    private boolean[][] fit = new boolean[0][];

    private int lookedAt;

    /** The latest round of each target that had one. */
    private volatile List<RebalanceRound> rounds = List.of();

    /** The round in hand. */
    private @Nullable RebalanceRound round;

    private int slot;
    private long movedBeforeSweep;
    private long creditNs;
    private long lastNs;

    // Flows that were told to move and have not yet.
    private final long[] references = new long[PENDING_MAX];
    private final int[] from = new int[PENDING_MAX];
    private final int[] to = new int[PENDING_MAX];
    private final long[] untilNs = new long[PENDING_MAX];
    private int pending;

    public Rebalance(
            ConnectionTable table,
            Selector selector,
            LivenessView liveness,
            FlowPrograms programs,
            DatapathCounters counters) {
        this.table = table;
        this.selector = selector;
        this.liveness = liveness;
        this.programs = programs;
        this.counters = counters;
        shares = new PathShares(selector, table.pathFlows);
        lookedAt = liveness.generation();
    }

    /** The latest round of each target that had one, oldest first; any thread. */
    public List<RebalanceRound> rounds() {
        return rounds;
    }

    // When there is something to move.

    /** Takes over the targets of a snapshot; paths that its nodes ask for are new there unless the target had none before. */
    public void apply(Snapshot next) {
        endGone(next);
        rates = new int[0];
        for (ReturningNode node : next.returning()) {
            if (node.instance() >= rates.length) {
                rates = Arrays.copyOf(rates, node.instance() + 1);
            }
            rates[node.instance()] = node.flowsPerSecond();
        }
        boolean[][] before = fit;
        fit = new boolean[next.targetCount()][];
        for (int t = 0; t < fit.length; t++) {
            List<Path> paths = next.target(t).paths();
            fit[t] = new boolean[paths.size()];
            for (int i = 0; i < fit[t].length; i++) {
                fit[t][i] = isNew(next.target(t)) ? selector.isFit(paths.get(i)) : wasFit(before, t, paths.get(i));
            }
        }
        snapshot = next;
        lookedAt = liveness.generation() - 1;
        RebalanceRound now = round;
        if (now != null) {
            shares.begin(next.target(now.targetId()));
            // Who was told to move may do so yet, uncounted: nobody else is told meanwhile.
            creditNs = pending > 0 ? -PENDING_NS * now.flowsPerSecond() : creditNs;
            pending = 0;
        }
    }

    /** The number of a chain that is gone may go to another one, which nobody has asked for. */
    private void endGone(Snapshot next) {
        for (RebalanceRound running : rounds) {
            boolean stays = running.targetId() < next.targetCount()
                    && next.target(running.targetId()).name().equals(running.targetName());
            if (!stays && !running.isOver()) {
                end(running, RebalanceRound.State.STOPPED);
            }
        }
    }

    private boolean isNew(Target target) {
        return target.id() >= snapshot.targetCount()
                || !snapshot.target(target.id()).name().equals(target.name());
    }

    private boolean wasFit(boolean[][] before, int t, Path path) {
        if (before[t].length == 0) {
            return selector.isFit(path);
        }
        List<Path> paths = snapshot.target(t).paths();
        for (int i = 0; i < paths.size(); i++) {
            if (paths.get(i).id() == path.id()) {
                return before[t][i];
            }
        }
        return false;
    }

    /** Notes which paths new flows can get, and begins where there are more than before. */
    private void look(long nowNs) {
        lookedAt = liveness.generation();
        for (int t = 0; t < fit.length; t++) {
            Target target = snapshot.target(t);
            List<Path> paths = target.paths();
            for (int i = 0; i < paths.size(); i++) {
                Path path = paths.get(i);
                boolean now = selector.isFit(path);
                int rate = now && !fit[t][i] ? rate(path) : 0;
                fit[t][i] = now;
                if (rate > 0) {
                    begin(target, path.name() + " serves", rate, nowNs + SETTLE_NS);
                }
            }
        }
    }

    private int rate(Path path) {
        int rate = 0;
        List<Path.Hop> hops = path.hops();
        for (int i = 0; i < hops.size(); i++) {
            Path.Hop hop = hops.get(i);
            int instance = hop.attachment().instance();
            if (!hop.copy() && instance < rates.length) {
                rate = Math.max(rate, rates[instance]);
            }
        }
        return rate;
    }

    /**
     * Spreads the flows of targets anew because somebody asks for it; for the worker's own thread only.
     *
     * @param name of a target, or of a node: those whose paths it is on
     * @param flowsPerSecond 1..{@link ReturningNode#FLOWS_PER_SECOND_MAX}
     * @return names of the targets
     */
    public List<String> ask(String name, int flowsPerSecond, long nowNs) {
        List<String> asked = new ArrayList<>();
        for (Target target : concerned(name)) {
            begin(target, "asked for", flowsPerSecond, nowNs);
            asked.add(target.name());
        }
        return asked;
    }

    /** Ends rounds; names as in {@link #ask}. The names of the targets whose round has ended by it. */
    public List<String> stop(String name) {
        List<String> stopped = new ArrayList<>();
        for (Target target : concerned(name)) {
            for (RebalanceRound running : rounds) {
                if (running.targetId() == target.id() && !running.isOver()) {
                    end(running, RebalanceRound.State.STOPPED);
                    stopped.add(target.name());
                }
            }
        }
        return stopped;
    }

    private List<Target> concerned(String name) {
        List<Target> targets = new ArrayList<>();
        for (int t = 0; t < snapshot.targetCount(); t++) {
            Target target = snapshot.target(t);
            if (!target.isPath() && !target.paths().isEmpty() && (target.name().equals(name) || has(target, name))) {
                targets.add(target);
            }
        }
        return targets;
    }

    private static boolean has(Target target, String instance) {
        return target.paths().stream()
                .flatMap(path -> path.hops().stream())
                .map(hop -> hop.attachment().name())
                .anyMatch(node -> node.equals(instance) || node.startsWith(instance + "/"));
    }

    /** A round takes the place of one of the same target that is not over. */
    private void begin(Target target, String reason, int flowsPerSecond, long notBeforeNs) {
        List<RebalanceRound> next = new ArrayList<>();
        for (RebalanceRound before : rounds) {
            if (before.targetId() != target.id()) {
                next.add(before);
            } else if (!before.isOver()) {
                end(before, RebalanceRound.State.STOPPED);
            }
        }
        next.add(new RebalanceRound(target, reason, flowsPerSecond, notBeforeNs));
        rounds = List.copyOf(next);
    }

    private void end(RebalanceRound ended, RebalanceRound.State how) {
        ended.state = how;
        if (round == ended) {
            round = null;
            pending = 0;
        }
    }

    // Moving.

    /** Looks whether there is something to move, and moves a few. */
    public void tick(long nowNs) {
        if (lookedAt != liveness.generation()) {
            look(nowNs);
        }
        RebalanceRound now = round;
        if (now == null) {
            now = next(nowNs);
        }
        if (now != null) {
            move(now, nowNs);
        }
    }

    private @Nullable RebalanceRound next(long nowNs) {
        List<RebalanceRound> all = rounds;
        for (int i = 0; i < all.size(); i++) {
            RebalanceRound due = all.get(i);
            if (due.state == RebalanceRound.State.WAITING && nowNs - due.notBeforeNs() >= 0) {
                round = due;
                due.state = RebalanceRound.State.MOVING;
                shares.begin(snapshot.target(due.targetId()));
                slot = 0;
                movedBeforeSweep = 0;
                creditNs = 0;
                lastNs = nowNs;
                return due;
            }
        }
        return null;
    }

    private void move(RebalanceRound now, long nowNs) {
        settle(now, nowNs);
        long mostNs = Math.max(NS_PER_S, ELAPSED_MAX_NS * now.flowsPerSecond());
        long elapsedNs = Math.clamp(nowNs - lastNs, 0, ELAPSED_MAX_NS);
        creditNs = Math.min(mostNs, creditNs + elapsedNs * now.flowsPerSecond());
        lastNs = nowNs;
        shares.count();
        for (int i = 0; i < pending; i++) {
            shares.move(from[i], to[i]);
        }
        if (!shares.isUneven()) {
            if (pending == 0) {
                end(now, RebalanceRound.State.EVEN);
            }
            return;
        }
        for (int i = 0; i < SLOTS_PER_TICK && creditNs >= NS_PER_S && pending < PENDING_MAX; i++) {
            if (slot == table.capacity()) {
                sweepEnds(now);
                return;
            }
            consider(now, slot++, nowNs);
        }
    }

    /** A sweep in which no flow moved, and none is about to, was the last one. */
    private void sweepEnds(RebalanceRound now) {
        if (pending > 0) {
            return;
        }
        if (now.moved == movedBeforeSweep) {
            end(now, RebalanceRound.State.UNEVEN);
            return;
        }
        slot = 0;
        movedBeforeSweep = now.moved;
    }

    /** Forgets flows that have moved, have ended, or had no packet in time. */
    private void settle(RebalanceRound now, long nowNs) {
        int kept = 0;
        for (int i = 0; i < pending; i++) {
            int record = table.resolve(references[i]);
            boolean moved = record != NOBODY && table.isSuperseded(record);
            if (moved) {
                now.moved++;
                counters.flowsRebalanced++;
            } else if (record != NOBODY && nowNs - untilNs[i] < 0) {
                references[kept] = references[i];
                from[kept] = from[i];
                to[kept] = to[i];
                untilNs[kept++] = untilNs[i];
            }
        }
        pending = kept;
    }

    private void consider(RebalanceRound now, int record, long nowNs) {
        if (!table.isUsed(record) || table.tag(record) != ConnectionTable.SERVICE) {
            return;
        }
        int path = table.targetId(record) == now.targetId() ? shares.indexOf(table.pathId(record)) : NOBODY;
        int next = path == NOBODY ? NOBODY : shares.better(path);
        if (next == NOBODY || !isMovable(record, now.targetId(), nowNs)) {
            return;
        }
        Path target = shares.path(next);
        boolean told = programs.tell(
                record,
                FlowPrograms.REBALANCING,
                FlowPrograms.Action.PATH,
                target.id(),
                true,
                FlowPrograms.BOTH_DIRECTIONS,
                PENDING_NS,
                nowNs);
        if (told) {
            creditNs -= NS_PER_S;
            now.asked++;
            references[pending] = table.reference(record);
            from[pending] = path;
            to[pending] = next;
            untilNs[pending++] = nowNs + PENDING_NS;
            shares.move(path, next);
        }
    }

    /**
     * Whether a flow can be told to move: what decided on it stands, no node knows it by another name, it has packets, and nobody else has told anything of it.
     */
    private boolean isMovable(int record, int targetId, long nowNs) {
        int withoutMoving = ConnectionTable.SUPERSEDED | ConnectionTable.TRANSLATED | PathChanges.WAITS;
        Rule rule = table.ruleId(record) > 0 ? snapshot.rule(table.ruleId(record)) : null;
        if ((table.flags(record) & withoutMoving) != 0
                || table.linked(record) != NOBODY
                || rule == null
                || rule.targetId() != targetId) {
            return false;
        }
        Path path = snapshot.path(table.pathId(record));
        if (path == null || path.translates()) {
            return false;
        }
        table.refresh(record);
        return table.idleMs(record, nowNs) < SILENT_MS && !programs.isTold(record, nowNs);
    }
}
