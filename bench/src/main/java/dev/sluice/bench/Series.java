package dev.sluice.bench;

import java.util.List;
import java.util.Locale;

/**
 * Figures of the same thing from several rounds. Immutable.
 *
 * @param values in the order they were measured; at least one
 */
record Series(List<Double> values) {
    Series {
        values = List.copyOf(values);
        if (values.isEmpty()) {
            throw new IllegalArgumentException("a series without figures");
        }
    }

    double median() {
        List<Double> sorted = values.stream().sorted().toList();
        int half = sorted.size() / 2;
        return sorted.size() % 2 == 1 ? sorted.get(half) : (sorted.get(half - 1) + sorted.get(half)) / 2;
    }

    double min() {
        return values.stream().mapToDouble(Double::doubleValue).min().orElseThrow();
    }

    double max() {
        return values.stream().mapToDouble(Double::doubleValue).max().orElseThrow();
    }

    /** Each figure divided by the one of the same round. */
    Series dividedBy(Series other) {
        int pairs = Math.min(values.size(), other.values.size());
        return new Series(java.util.stream.IntStream.range(0, pairs)
                .mapToObj(i -> values.get(i) / other.values.get(i))
                .toList());
    }

    @Override
    public String toString() {
        return String.format(Locale.ROOT, "%8.3f %8.3f %8.3f", median(), min(), max());
    }
}
