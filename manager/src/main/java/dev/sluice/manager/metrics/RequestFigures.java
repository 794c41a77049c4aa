package dev.sluice.manager.metrics;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.LongAdder;

/** Counts requests and how long they took. Any thread; each number may lag behind the others by what is being counted. */
public final class RequestFigures {
    private static final double NS_PER_S = 1e9;

    /** Upper bounds of the classes of durations, s. */
    private static final List<Double> BOUNDS_S = List.of(0.001, 0.005, 0.025, 0.1, 0.25, 1.0, 5.0);

    private final Map<String, Durations> durations = new ConcurrentHashMap<>();
    private final Map<Kind, LongAdder> answers = new ConcurrentHashMap<>();
    private final LongAdder watches = new LongAdder();

    private record Kind(String operation, int status) {}

    private static final class Durations {
        private final LongAdder[] classes = new LongAdder[BOUNDS_S.size() + 1];
        private final LongAdder sumNs = new LongAdder();

        Durations() {
            Arrays.setAll(classes, each -> new LongAdder());
        }
    }

    /**
     * Answers of one kind.
     *
     * @param operation its name in the contract; {@code none}: there is no such
     */
    public record Answers(String operation, int status, long count) {}

    /**
     * How long answers of one operation took; of a watch, until its first byte.
     *
     * @param boundsS upper bounds of the classes
     * @param counts how many took so long at most, for each bound, then for all
     * @param sumS all durations together
     */
    public record Took(String operation, List<Double> boundsS, List<Long> counts, double sumS) {
        /** Copies both. */
        public Took {
            boundsS = List.copyOf(boundsS);
            counts = List.copyOf(counts);
        }
    }

    /** A request was answered. */
    public void answered(String operation, int status, long durationNs) {
        answers.computeIfAbsent(new Kind(operation, status), each -> new LongAdder())
                .increment();
        Durations of = durations.computeIfAbsent(operation, each -> new Durations());
        int at = 0;
        while (at < BOUNDS_S.size() && durationNs > BOUNDS_S.get(at) * NS_PER_S) {
            at++;
        }
        of.classes[at].increment();
        of.sumNs.add(Math.max(0, durationNs));
    }

    /** Somebody begins to watch. */
    public void watchBegins() {
        watches.increment();
    }

    /** And ends. */
    public void watchEnds() {
        watches.decrement();
    }

    /** How many watch now. */
    public long watches() {
        return watches.sum();
    }

    /** All answers so far, by operation and status. */
    public List<Answers> answers() {
        Map<String, Answers> sorted = new TreeMap<>();
        answers.forEach((kind, count) ->
                sorted.put(kind.operation + " " + kind.status, new Answers(kind.operation, kind.status, count.sum())));
        return List.copyOf(sorted.values());
    }

    /** All durations so far, by operation. */
    public List<Took> took() {
        List<Took> all = new ArrayList<>();
        new TreeMap<>(durations).forEach((operation, of) -> {
            List<Long> counts = new ArrayList<>();
            long sum = 0;
            for (LongAdder each : of.classes) {
                sum += each.sum();
                counts.add(sum);
            }
            all.add(new Took(operation, BOUNDS_S, counts, of.sumNs.sum() / NS_PER_S));
        });
        return all;
    }
}
