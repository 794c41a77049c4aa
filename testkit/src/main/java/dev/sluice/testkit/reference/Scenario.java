package dev.sluice.testkit.reference;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A configuration and what happens under it; can be run again as it is.
 *
 * @param seed what it was made from
 * @param first the configuration at the beginning
 * @param connectionsMax size of the connection table
 * @param taught neighbours known at the beginning
 * @param events what happens
 * @param front what makes the fast path in front of the data path; null: there is none
 */
record Scenario(
        long seed,
        World first,
        int connectionsMax,
        Map<ModelNeighbors.Place, Long> taught,
        List<Event> events,
        @Nullable Front front) {

    /**
     * Who makes fast paths for scenarios, and whether packets that they could repeat are damaged now and then.
     *
     * @param damagedPercent of 100 packets that come in again, so many
     */
    record Front(InFront.Maker maker, int damagedPercent) {
        InFront of(long seed) {
            return InFront.of(seed, maker);
        }
    }

    /** A scenario that ended with a difference. */
    record Difference(Scenario scenario, String text) {
        @Override
        public String toString() {
            StringBuilder out = new StringBuilder();
            out.append("seed ").append(scenario.seed).append(", table of ").append(scenario.connectionsMax);
            out.append(", begins with\n").append(Words.of(scenario.first));
            for (int i = 0; i < scenario.events.size(); i++) {
                out.append(i + 1).append(". ").append(scenario.events.get(i)).append('\n');
            }
            return out.append("then\n").append(text).toString();
        }
    }

    /** Makes a scenario while running it: what happens next depends on what happened. Null if nothing differs. */
    static @Nullable Difference explore(long seed, int eventCount, Coverage coverage) {
        return explore(seed, eventCount, coverage, null);
    }

    /** The same; with a check, what happens to each frame is foretold first. */
    static @Nullable Difference explore(
            long seed, int eventCount, Coverage coverage, @Nullable ForetellingCheck check) {
        return explore(seed, eventCount, coverage, check, null, null).difference();
    }

    /** The same, with a fast path in front of the data path; also what happened. */
    static Explored exploreBehind(InFront fastPath, Front front, long seed, int eventCount, Coverage coverage) {
        return explore(seed, eventCount, coverage, null, fastPath, front);
    }

    /**
     * What was found.
     *
     * @param difference null if nothing differs
     */
    record Explored(Scenario scenario, @Nullable Difference difference) {}

    private static Explored explore(
            long seed,
            int eventCount,
            Coverage coverage,
            @Nullable ForetellingCheck check,
            @Nullable InFront fastPath,
            @Nullable Front front) {
        Dice dice = new Dice(seed);
        WorldGenerator generator = new WorldGenerator(dice);
        World world = generator.parts.build();
        int connectionsMax = dice.any(5, 12, 40, 400);
        Traffic traffic = front == null
                ? new Traffic(dice, generator)
                : new Traffic(dice, generator, InFront.AGAIN_PERCENT, front.damagedPercent());
        List<Event> events = new ArrayList<>();
        Map<ModelNeighbors.Place, Long> taught = Map.copyOf(generator.taught);
        Scenario scenario = new Scenario(seed, world, connectionsMax, taught, events, front);
        try (Comparison comparison = new Comparison(world, connectionsMax, taught, coverage)) {
            if (check != null) {
                comparison.foretell(check);
            }
            if (fastPath != null) {
                comparison.put(fastPath);
            }
            for (int i = 0; i < eventCount; i++) {
                Event event = traffic.event(comparison.model.world, comparison.model.connections);
                events.add(event);
                String text = comparison.happens(event);
                if (text != null) {
                    return new Explored(scenario, new Difference(scenario, text));
                }
                if (comparison.isOver()) {
                    return new Explored(scenario, null);
                }
                traffic.hear(comparison.model.world, comparison.model.outcome);
            }
            String text = comparison.settle();
            return new Explored(scenario, text == null ? null : new Difference(scenario, text));
        }
    }

    /** The same events, without a fast path. */
    Scenario alone() {
        return new Scenario(seed, first, connectionsMax, taught, events, null);
    }

    /** Runs it again: the difference with nothing behind it, null if nothing differs. */
    @Nullable
    Difference replay() {
        try (Comparison comparison = new Comparison(first, connectionsMax, taught, new Coverage())) {
            if (front != null) {
                comparison.put(front.of(seed));
            }
            for (int i = 0; i < events.size() && !comparison.isOver(); i++) {
                String text = comparison.happens(events.get(i));
                if (text != null) {
                    return new Difference(with(events.subList(0, i + 1)), text);
                }
            }
            String text = comparison.isOver() ? null : comparison.settle();
            return text == null ? null : new Difference(this, text);
        }
    }

    private Scenario with(List<Event> others) {
        return new Scenario(seed, first, connectionsMax, taught, List.copyOf(others), front);
    }

    /** Leaves out events, many at a time and then one by one, as long as something still differs. */
    static Difference shrink(Difference found) {
        Difference best = found;
        for (int chunk = Math.max(1, best.scenario.events.size() / 2); chunk > 0; chunk /= 2) {
            for (int from = best.scenario.events.size() - chunk; from >= 0; from -= chunk) {
                List<Event> fewer = new ArrayList<>(best.scenario.events);
                if (from + chunk > fewer.size()) {
                    continue;
                }
                fewer.subList(from, from + chunk).clear();
                Difference again = best.scenario.with(fewer).replay();
                if (again != null) {
                    best = again;
                }
            }
        }
        return best;
    }
}
