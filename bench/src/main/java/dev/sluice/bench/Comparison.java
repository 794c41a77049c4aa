package dev.sluice.bench;

import dev.sluice.lab.LabException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Supplier;
import java.util.function.ToDoubleFunction;

/** Runs several devices in turn, round after round, and compares the figures of the same round. Used by the benchmark's thread. */
final class Comparison {
    private final Report report;
    private final String unit;
    private final Supplier<Bed> beds;
    private final ToDoubleFunction<Bed> measure;
    private final Map<String, Series> results = new LinkedHashMap<>();

    /**
     * A comparison without results.
     *
     * @param unit of the figures
     * @param beds makes a fresh bed
     * @param measure loads the device in a bed; the figure
     */
    Comparison(Report report, String unit, Supplier<Bed> beds, ToDoubleFunction<Bed> measure) {
        this.report = report;
        this.unit = unit;
        this.beds = beds;
        this.measure = measure;
    }

    /** Runs them all; a device that cannot be started in the first round is left out, with its reason. */
    void run(List<Device> devices, int rounds) {
        List<Device> able = new ArrayList<>(devices);
        Map<String, List<Double>> figures = new LinkedHashMap<>();
        Map<String, String> absent = new LinkedHashMap<>();
        for (int round = 1; round <= rounds; round++) {
            for (Device device : List.copyOf(able)) {
                try {
                    double figure = once(device);
                    figures.computeIfAbsent(device.name(), name -> new ArrayList<>())
                            .add(figure);
                    report.line(String.format(
                            Locale.ROOT, "round %d/%d  %-16s %8.3f %s", round, rounds, device.name(), figure, unit));
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
        report.put("figures", figures);
        report.put("leftOut", absent);
    }

    private double once(Device device) {
        try (Bed bed = beds.get()) {
            device.start().accept(bed);
            return measure.applyAsDouble(bed);
        }
    }

    private void print(List<Device> devices, Map<String, List<Double>> figures) {
        report.line(String.format(Locale.ROOT, "%n%-52s %8s %8s %8s", unit, "median", "min", "max"));
        for (Device device : devices) {
            Series series = new Series(figures.getOrDefault(device.name(), List.of()));
            results.put(device.name(), series);
            report.line(String.format(
                    Locale.ROOT,
                    "%-16s %-35s %s",
                    device.name(),
                    device.what(),
                    series));
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
                : String.format(
                        Locale.ROOT, "   goal >= %.1f: %s", goal, ratio.median() >= goal ? "met" : "not met");
        report.line(String.format(Locale.ROOT, "%-52s %s%s", key + " " + above + " / " + below, ratio, verdict));
        Map<String, Object> json = new LinkedHashMap<>();
        json.put("median", ratio.median());
        json.put("min", ratio.min());
        json.put("max", ratio.max());
        json.put("goal", goal);
        report.put("ratio " + (key + " " + above + "/" + below).strip(), json);
    }
}
