package dev.sluice.datapath;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Chooses a path of a target for a new flow: smooth weighted round robin among the paths whose nodes are alive and not in maintenance (V6, X12). One user: the worker.
 *
 * <p>Hot path for new flows only: no allocation; cost grows with the number of paths of the target.
 */
final class Selector {
    private final LivenessView liveness;
    private Target[] targets = new Target[0];
    private long[][] current = new long[0][];

    Selector(LivenessView liveness) {
        this.liveness = liveness;
    }

    /** Takes over the targets of a snapshot; the state of a target whose paths are the same goes on. */
    void apply(Snapshot snapshot) {
        Target[] newTargets = new Target[snapshot.targetCount()];
        long[][] newCurrent = new long[newTargets.length][];
        for (int i = 0; i < newTargets.length; i++) {
            Target target = snapshot.target(i);
            newTargets[i] = target;
            boolean same = i < targets.length && samePaths(targets[i].paths(), target.paths());
            newCurrent[i] = same ? current[i] : new long[target.paths().size()];
        }
        targets = newTargets;
        current = newCurrent;
    }

    /** Takes its turns where the other one stands, for the same snapshot. */
    void copy(Selector other) {
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

    /** Whether all nodes of a path that are not copies are alive and none of them is in maintenance. */
    boolean isFit(Path path) {
        List<Path.Hop> hops = path.hops();
        for (int i = 0; i < hops.size(); i++) {
            Path.Hop hop = hops.get(i);
            if (!hop.copy() && !liveness.instanceFit(hop.attachment().instance())) {
                return false;
            }
        }
        return true;
    }

    /** Whether the target has a path that is fit. */
    boolean hasFit(int targetId) {
        List<Path> paths = targets[targetId].paths();
        for (int i = 0; i < paths.size(); i++) {
            if (isFit(paths.get(i))) {
                return true;
            }
        }
        return false;
    }

    /** The path with this id if the target gives it to new flows and it is fit, else null. */
    @Nullable
    Path offered(int targetId, int pathId) {
        List<Path> paths = targets[targetId].paths();
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
    Path select(int targetId) {
        List<Path> paths = targets[targetId].paths();
        if (paths.isEmpty()) {
            return null;
        }
        long[] values = current[targetId];
        boolean onlyFit = hasFit(targetId);
        long sum = 0;
        int best = -1;
        for (int i = 0; i < values.length; i++) {
            Path path = paths.get(i);
            if (!onlyFit || isFit(path)) {
                values[i] += path.weight();
                sum += path.weight();
                if (best < 0 || values[i] > values[best]) {
                    best = i;
                }
            }
        }
        values[best] -= sum;
        Path chosen = paths.get(best);
        chosen.counters().flows++;
        return chosen;
    }
}
