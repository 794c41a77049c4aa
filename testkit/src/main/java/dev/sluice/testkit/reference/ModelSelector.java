package dev.sluice.testkit.reference;

import dev.sluice.datapath.Path;
import dev.sluice.datapath.Target;
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

    ModelSelector(ReferenceModel model) {
        this.model = model;
    }

    void apply(World world) {
        for (Target target : world.targets()) {
            List<Integer> ids = target.paths().stream().map(Path::id).toList();
            if (!ids.equals(pathsOf.put(target.id(), ids))) {
                Map<Integer, Long> fresh = new HashMap<>();
                ids.forEach(id -> fresh.put(id, 0L));
                values.put(target.id(), fresh);
            }
        }
    }

    boolean isFit(Path path) {
        return path.hops().stream()
                .allMatch(hop -> hop.copy() || model.isFit(hop.attachment().instance()));
    }

    boolean hasFit(int targetId) {
        return model.world.targets().get(targetId).paths().stream().anyMatch(this::isFit);
    }

    @Nullable
    Path select(int targetId) {
        List<Path> takingPart =
                new ArrayList<>(model.world.targets().get(targetId).paths());
        if (takingPart.isEmpty()) {
            return null;
        }
        if (hasFit(targetId)) {
            takingPart.removeIf(path -> !isFit(path));
        }
        Map<Integer, Long> current = values.getOrDefault(targetId, new HashMap<>());
        Path winner = takingPart.getFirst();
        long sum = 0;
        for (Path path : takingPart) {
            current.merge(path.id(), (long) path.weight(), Long::sum);
            sum += path.weight();
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
}
