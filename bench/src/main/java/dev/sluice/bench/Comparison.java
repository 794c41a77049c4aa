package dev.sluice.bench;

import dev.sluice.lab.LabException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Function;
import java.util.function.Supplier;

/** Runs several devices in turn, round after round, and compares the figures of the same round. Used by the benchmark's thread. */
final class Comparison {
    private final Report report;
    private final String unit;
    private final Supplier<Bed> beds;
    private final Function<Bed, Figure> measure;
    private final Map<String, Series> results = new LinkedHashMap<>();
    private final Map<String, Series> costs = new LinkedHashMap<>();

    /**
     * A comparison without results.
     *
     * @param unit of the figures
     * @param beds makes a fresh bed
     * @param measure loads the device in a bed; the figure
     */
    Comparison(Report report, String unit, Supplier<Bed> beds, Function<Bed, Figure> measure) {
        this.report = report;
        this.unit = unit;
        this.beds = beds;
        this.measure = measure;
    }

    /** Runs them all; a device that cannot be started in the first round is left out, with its reason. */
    void run(List<Device> devices, int rounds) {
        List<Device> able = new ArrayList<>(devices);
        Map<String, List<Figure>> figures = new LinkedHashMap<>();
        Map<String, String> absent = new LinkedHashMap<>();
        for (int round = 1; round <= rounds; round++) {
            for (Device device : List.copyOf(able)) {
                try {
                    Figure figure = once(device);
                    figures.computeIfAbsent(device.name(), name -> new ArrayList<>())
                            .add(figure);
                    report.line(describe("round " + round + "/" + rounds, device, figure));
                } catch (LabException e) {
                    if (round > 1) {
                        throw e;
                    }
                    able.remove(device);
                    absent.put(device.name(), e.getMessage());
                    report.line("left out: " + device.name() + ": " + e.getMessage());
                }
            }
        }
        print(able, figures);
        report.put("unit", unit);
        report.add("figures", figures);
        report.add("leftOut", absent);
    }

    private String describe(String when, Device device, Figure figure) {
        String cost = figure.processorNs() == 0
                ? ""
                : String.format(Locale.ROOT, "   (%.0f ns of processor time per frame)", figure.processorNs());
        return String.format(Locale.ROOT, "%s  %-16s %8.3f %s%s", when, device.name(), figure.value(), unit, cost);
    }

    private Figure once(Device device) {
        try (Bed bed = beds.get()) {
            device.start().accept(bed);
            return measure.apply(bed);
        }
    }

    private void print(List<Device> devices, Map<String, List<Figure>> figures) {
        report.line(String.format(Locale.ROOT, "%n%-52s %8s %8s %8s", unit, "median", "min", "max"));
        for (Device device : devices) {
            List<Figure> all = figures.getOrDefault(device.name(), List.of());
            Series series = new Series(all.stream().map(Figure::value).toList());
            results.put(device.name(), series);
            costs.put(
                    device.name(),
                    new Series(all.stream().map(Figure::processorNs).toList()));
            report.line(String.format(Locale.ROOT, "%-16s %-35s %s", device.name(), device.what(), series));
        }
    }

    /** Prints a ratio of two devices, pair by pair, beside a goal; 0 for none. */
    void ratio(String key, String above, String below, double goal) {
        Series over = results.get(above);
        Series under = results.get(below);
        if (over == null || under == null) {
            return;
        }
        Series ratio = over.dividedBy(under);
        String verdict = goal == 0
                ? ""
                : String.format(Locale.ROOT, "   goal >= %.1f: %s", goal, ratio.median() >= goal ? "met" : "not met");
        String pair = (key + " " + above + " / " + below).strip();
        report.line(String.format(Locale.ROOT, "%-52s %s%s", pair, ratio, verdict));
        Map<String, Object> json = new LinkedHashMap<>(json(ratio));
        json.put("goal", goal);
        report.put("ratio " + pair, json);
        Series overCost = costs.getOrDefault(above, ratio);
        Series underCost = costs.getOrDefault(below, ratio);
        if (overCost.min() > 0 && underCost.min() > 0) {
            Series cost = underCost.dividedBy(overCost);
            report.line(String.format(Locale.ROOT, "%-52s %s", "  the same by processor time per frame", cost));
            report.put("ratio by processor time " + pair, json(cost));
        }
    }

    private static Map<String, Object> json(Series series) {
        Map<String, Object> json = new LinkedHashMap<>();
        json.put("median", series.median());
        json.put("min", series.min());
        json.put("max", series.max());
        return json;
    }
}
