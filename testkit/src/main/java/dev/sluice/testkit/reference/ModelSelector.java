package dev.sluice.testkit.reference;

import dev.sluice.datapath.snapshot.Path;
import dev.sluice.datapath.snapshot.Selection;
import dev.sluice.datapath.snapshot.Target;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Which path a new flow gets (packet-life.md, classify 4). */
final class ModelSelector {
    private final ReferenceModel model;

    /** Current values by target and path, with the paths they belong to. */
    private final Map<Integer, List<Integer>> pathsOf = new HashMap<>();

    private final Map<Integer, Map<Integer, Long>> values = new HashMap<>();

    /** In which shares the turns of each target are taken. */
    private final Map<Integer, Selection> units = new HashMap<>();

    ModelSelector(ReferenceModel model) {
        this.model = model;
    }

    void apply(World world) {
        for (Target target : world.targets()) {
            List<Integer> ids = target.paths().stream().map(Path::id).toList();
            boolean byWeight = target.selection() != Selection.LEAST_LOAD && target.selection() != Selection.ANY;
            Selection unit = byWeight ? Selection.ROUND_ROBIN : target.selection();
            boolean otherUnits = units.put(target.id(), unit) != unit;
            if (!ids.equals(pathsOf.put(target.id(), ids)) || otherUnits) {
                Map<Integer, Long> fresh = new HashMap<>();
                ids.forEach(id -> fresh.put(id, 0L));
                values.put(target.id(), fresh);
            }
        }
    }

    boolean isFit(Path path) {
        return !model.failedPaths.contains(path.id())
                && path.hops().stream()
                        .allMatch(hop ->
                                hop.copy() || model.isFit(hop.attachment().instance()));
    }

    /** Flows stay on it. */
    boolean holds(Path path) {
        return !model.failedPaths.contains(path.id())
                && path.hops().stream()
                        .allMatch(hop ->
                                hop.copy() || model.holds(hop.attachment().instance()));
    }

    boolean hasHolding(int targetId) {
        return model.world.targets().get(targetId).paths().stream().anyMatch(this::holds);
    }

    /** Flows that have a path now, those apart that are translated or superseded. */
    long active(Path path) {
        return model.connections.all().stream()
                .filter(record -> record.pathId == path.id() && !record.superseded && !record.translated)
                .count();
    }

    private List<Path> takingPart(Target target, Selection selection) {
        List<Path> all = new ArrayList<>(target.paths());
        if (all.stream().anyMatch(this::isFit)) {
            all.removeIf(path -> !isFit(path));
        } else if (all.stream().anyMatch(this::holds)) {
            model.coverage.event("got a node without a verdict");
            all.removeIf(path -> !holds(path));
        }
        List<Path> best = new ArrayList<>();
        for (Path path : all) {
            boolean beaten = all.stream().anyMatch(other -> switch (selection) {
                case ROUND_ROBIN, ANY -> false;
                case LEAST_FLOWS -> active(other) * path.weight() < active(path) * other.weight();
                case NEAREST, LEAST_LOAD -> other.metric() < path.metric();
            });
            if (!beaten) {
                best.add(path);
            }
        }
        if (best.size() < all.size()) {
            model.coverage.event("chosen: " + selection);
        }
        return best;
    }

    @Nullable
    Path select(int targetId) {
        Target target = model.world.targets().get(targetId);
        List<Path> takingPart = takingPart(target, target.selection());
        if (takingPart.isEmpty()) {
            return null;
        }
        Map<Integer, Long> current = values.getOrDefault(targetId, new HashMap<>());
        Path winner = takingPart.getFirst();
        long sum = 0;
        for (Path path : takingPart) {
            long share = shareOf(target, path);
            current.merge(path.id(), share, Long::sum);
            sum += share;
        }
        for (Path path : takingPart) {
            if (current.getOrDefault(path.id(), 0L) > current.getOrDefault(winner.id(), 0L)) {
                winner = path;
            }
        }
        current.merge(winner.id(), -sum, Long::sum);
        model.outcome.count("path " + winner.id() + " flows");
        return winner;
    }

    /** Any path is as good as another whatever it weighs, if the target says so. */
    private int shareOf(Target target, Path path) {
        if (target.selection() != Selection.ANY) {
            return path.weight();
        }
        if (path.weight() > 1) {
            model.coverage.event("any path, weights aside");
        }
        return 1;
    }

    /** When the table is crowded: the flow's hash falls into the share of one path. */
    @Nullable
    Path selectByHash(int targetId, long hash) {
        Target target = model.world.targets().get(targetId);
        List<Path> takingPart =
                takingPart(target, target.selection().ranks() ? Selection.NEAREST : Selection.ROUND_ROBIN);
        if (takingPart.isEmpty()) {
            return null;
        }
        List<Path> shares = new ArrayList<>();
        takingPart.forEach(path -> {
            for (int i = 0; i < shareOf(target, path); i++) {
                shares.add(path);
            }
        });
        Path winner = shares.get(Formulas.bucket(hash, shares.size()));
        model.outcome.count("path " + winner.id() + " flows");
        if (target.paths().size() > 1) {
            model.coverage.event("chosen by hash");
        }
        return winner;
    }
}
