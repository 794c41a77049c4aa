package dev.sluice.datapath.paths;

import dev.sluice.datapath.liveness.Liveness;
import dev.sluice.datapath.liveness.LivenessView;
import dev.sluice.datapath.snapshot.Path;
import dev.sluice.datapath.snapshot.Selection;
import dev.sluice.datapath.snapshot.Snapshot;
import dev.sluice.datapath.snapshot.Target;
import dev.sluice.datapath.track.PathFlows;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Chooses a path of a target for a new flow among those whose nodes are known to be alive and not in maintenance (V6, X12): all of them, those with the fewest active flows per weight, or the nearest; among these by
 * smooth weighted round robin, in which paths through loaded nodes have less weight (ADR 0041), or all the same, where the target says so. When the connection table is crowded the flow's hash chooses instead, so that a flow whose record was evicted finds its path again
 * (ADR 0008). One user: the worker.
 *
 * <p>Hot path for new flows only: no allocation; cost grows with the number of paths of the target.
 */
public final class Selector {
    /** No path: the target has none. */
    private static final int NOBODY = -1;

    /** Most halvings of a share: by each of a path's instances, of which there are at most 8. With weights up to a million and 1,024 paths sums stay a long. */
    private static final int HALVINGS_MAX = 8 * Liveness.LOAD_LEVEL_MAX;

    /** What is asked of a path. */
    private enum Least {
        THERE,
        HOLDS,
        FIT
    }

    private final LivenessView liveness;
    private final PathFlows flows;
    private Target[] targets = new Target[0];
    private long[][] current = new long[0][];

    public Selector(LivenessView liveness, PathFlows flows) {
        this.liveness = liveness;
        this.flows = flows;
    }

    /** Takes over the targets of a snapshot; the state of a target whose paths are the same goes on. */
    public void apply(Snapshot snapshot) {
        Target[] newTargets = new Target[snapshot.targetCount()];
        long[][] newCurrent = new long[newTargets.length][];
        for (int i = 0; i < newTargets.length; i++) {
            Target target = snapshot.target(i);
            newTargets[i] = target;
            boolean same = i < targets.length
                    && samePaths(targets[i].paths(), target.paths())
                    && unit(targets[i]) == unit(target);
            newCurrent[i] = same ? current[i] : new long[target.paths().size()];
        }
        targets = newTargets;
        current = newCurrent;
    }

    /** Shares by load, and those that are all alike, are in other units than weights: turns of one mean nothing in another. */
    private static Selection unit(Target target) {
        return switch (target.selection()) {
            case LEAST_LOAD, ANY -> target.selection();
            case ROUND_ROBIN, LEAST_FLOWS, NEAREST -> Selection.ROUND_ROBIN;
        };
    }

    /** Takes its turns where the other one stands, for the same snapshot. */
    public void copy(Selector other) {
        for (int i = 0; i < current.length; i++) {
            current[i] = other.current[i].clone();
        }
    }

    private static boolean samePaths(List<Path> before, List<Path> after) {
        if (before.size() != after.size()) {
            return false;
        }
        for (int i = 0; i < before.size(); i++) {
            if (before.get(i).id() != after.get(i).id()) {
                return false;
            }
        }
        return true;
    }

    /** Whether new flows may get a path: all its nodes that are not copies are alive, which is known, none of them is in maintenance, and it has not failed. */
    public boolean isFit(Path path) {
        return is(path, Least.FIT);
    }

    /** Whether flows stay on a path: as {@link #isFit}, but nodes of which nothing is known yet, which they got when there was nothing better, are no reason to leave it. */
    public boolean holds(Path path) {
        return is(path, Least.HOLDS);
    }

    /** Whether a path is at least so good. */
    private boolean is(Path path, Least least) {
        if (least == Least.THERE) {
            return true;
        }
        if (liveness.isFailed(path.id())) {
            return false;
        }
        List<Path.Hop> hops = path.hops();
        for (int i = 0; i < hops.size(); i++) {
            Path.Hop hop = hops.get(i);
            int instance = hop.attachment().instance();
            boolean good = least == Least.FIT ? liveness.instanceFit(instance) : liveness.instanceHolds(instance);
            if (!hop.copy() && !good) {
                return false;
            }
        }
        return true;
    }

    /** Whether there is such a target: a record of a process before may name another one. */
    private boolean isThere(int targetId) {
        return targetId >= 0 && targetId < targets.length;
    }

    private List<Path> pathsOf(int targetId) {
        return isThere(targetId) ? targets[targetId].paths() : List.of();
    }

    /** Whether the target has a path that holds, for flows that leave one which does not. */
    public boolean hasHolding(int targetId) {
        return has(pathsOf(targetId), Least.HOLDS);
    }

    private boolean has(List<Path> paths, Least least) {
        for (int i = 0; i < paths.size(); i++) {
            if (is(paths.get(i), least)) {
                return true;
            }
        }
        return false;
    }

    /** How good the paths are that new flows get: the best that there are. */
    private Least least(Target target) {
        List<Path> paths = target.paths();
        return has(paths, Least.FIT) ? Least.FIT : has(paths, Least.HOLDS) ? Least.HOLDS : Least.THERE;
    }

    /** How the nodes are reached that a record of a target and a path may concern; both ways if that is not known. */
    public int reached(int targetId, @Nullable Path path) {
        if (path == null || !isThere(targetId)) {
            return Path.BY_PORTS | Path.BY_TUNNELS;
        }
        int reached = path.reached();
        List<Path> paths = targets[targetId].paths();
        for (int i = 0; i < paths.size(); i++) {
            reached |= paths.get(i).reached();
        }
        return reached;
    }

    /** The path with this id if the target gives it to new flows and it is fit, else null. */
    @Nullable
    public Path offered(int targetId, int pathId) {
        List<Path> paths = pathsOf(targetId);
        for (int i = 0; i < paths.size(); i++) {
            Path path = paths.get(i);
            if (path.id() == pathId) {
                return isFit(path) ? path : null;
            }
        }
        return null;
    }

    /** The path for a new flow; null if the target has none. */
    @Nullable
    public Path select(int targetId) {
        if (!isThere(targetId)) {
            return null;
        }
        Target target = targets[targetId];
        Least least = least(target);
        int best = best(target, target.selection(), least);
        return best == NOBODY ? null : given(inTurn(target, target.selection(), best, least));
    }

    /**
     * The path for a new flow while the connection table is crowded: the same for all packets of the flow, whatever was forgotten in between, as long as no node of the target dies
     * or comes back. Null if the target has none.
     *
     * @param hash symmetric flow hash
     */
    @Nullable
    public Path selectByHash(int targetId, long hash) {
        Target target = targets[targetId];
        Least least = least(target);
        Selection selection = forgetful(target.selection());
        int best = best(target, selection, least);
        return best == NOBODY ? null : given(byHash(target, selection, best, least, hash));
    }

    /** Without what may be another at the flow's next packet: how many flows are active, how loaded nodes are. */
    private static Selection forgetful(Selection selection) {
        return switch (selection) {
            case ROUND_ROBIN, LEAST_FLOWS -> Selection.ROUND_ROBIN;
            case NEAREST, LEAST_LOAD -> Selection.NEAREST;
            case ANY -> Selection.ANY;
        };
    }

    private static Path given(Path path) {
        path.counters().flows++;
        return path;
    }

    /** A path that none of those taking part is better than; only its equals take part. */
    private int best(Target target, Selection selection, Least least) {
        List<Path> paths = target.paths();
        int best = NOBODY;
        for (int i = 0; i < paths.size(); i++) {
            if (is(paths.get(i), least) && (best == NOBODY || compare(selection, paths.get(i), paths.get(best)) < 0)) {
                best = i;
            }
        }
        return best;
    }

    /** Below 0 if the first path is better than the second for a new flow, 0 if they are as good. */
    private int compare(Selection selection, Path one, Path other) {
        return switch (selection) {
            case ROUND_ROBIN, ANY -> 0;
            case LEAST_FLOWS ->
                Long.compare(
                        (long) flows.active(one.id()) * other.weight(), (long) flows.active(other.id()) * one.weight());
            case NEAREST, LEAST_LOAD -> Integer.compare(one.metric(), other.metric());
        };
    }

    private boolean takesPart(Target target, Selection selection, int path, int best, Least least) {
        List<Path> paths = target.paths();
        return is(paths.get(path), least) && compare(selection, paths.get(path), paths.get(best)) == 0;
    }

    /** Smooth weighted round robin. */
    private Path inTurn(Target target, Selection selection, int best, Least least) {
        List<Path> paths = target.paths();
        long[] values = current[target.id()];
        long sum = 0;
        int winner = NOBODY;
        for (int i = best; i < values.length; i++) {
            if (takesPart(target, selection, i, best, least)) {
                Path path = paths.get(i);
                long share = share(selection, path);
                values[i] += share;
                sum += share;
                if (winner == NOBODY || values[i] > values[winner]) {
                    winner = i;
                }
            }
        }
        values[winner] -= sum;
        return paths.get(winner);
    }

    /** What a path gets of the new flows, against others. */
    private long share(Selection selection, Path path) {
        if (selection != Selection.LEAST_LOAD) {
            return selection.weight(path);
        }
        int[] instances = path.instances();
        int halvings = 0;
        for (int i = 0; i < instances.length; i++) {
            halvings += liveness.loadLevel(instances[i]);
        }
        return ((long) path.weight() << HALVINGS_MAX) >>> Math.min(halvings, HALVINGS_MAX);
    }

    /** Each path gets a share of the hashes by its weight, whatever the load: that may be another at the flow's next packet. */
    private Path byHash(Target target, Selection selection, int best, Least least, long hash) {
        List<Path> paths = target.paths();
        long sum = 0;
        for (int i = best; i < paths.size(); i++) {
            sum += takesPart(target, selection, i, best, least) ? selection.weight(paths.get(i)) : 0;
        }
        long left = Long.remainderUnsigned(hash >>> 32, sum);
        int chosen = best;
        for (int i = best; i < paths.size() && left >= 0; i++) {
            if (takesPart(target, selection, i, best, least)) {
                chosen = i;
                left -= selection.weight(paths.get(i));
            }
        }
        return paths.get(chosen);
    }
}
