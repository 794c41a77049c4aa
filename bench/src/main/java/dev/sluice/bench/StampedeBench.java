package dev.sluice.bench;

import dev.sluice.lab.LabException;
import dev.sluice.lab.LabProcess;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * X1: what flow instructions and the death of a node cost the flows that the kernel repeats. One load without a pause; three parts of it, compared with each other: nothing happens, a thousand flows
 * per second are told something, and the node of half of all flows is dead as well.
 */
final class StampedeBench {
    private static final double LOST_GOAL = 0.05;

    /** Flows whose first packets were lost are decided under the load. */
    private static final int WARMUP_SECONDS = 20;

    /** More than so much of the throughput in the data path while nothing happens, and the figures say nothing of what the kernel repeats. */
    private static final double UNKNOWN_MAX = 0.01;

    private static final Duration LATE = Duration.ofSeconds(60);

    /** The last one is the end. */
    private static final List<String> PARTS = List.of(Stampede.QUIET, Stampede.TOLD, Stampede.DEAD, Stampede.END);

    private static final Pattern PART = Pattern.compile("part (\\w+) frames (\\d+) told (\\d+)");

    private StampedeBench() {}

    /** The counters as a part begins. */
    private record Mark(long ns, long arrived, long toJava, long told) {
        double mppsUntil(Mark end) {
            return (end.arrived - arrived) * 1e3 / (end.ns - ns);
        }

        double toJavaPerSecondUntil(Mark end) {
            return (end.toJava - toJava) * 1e9 / (end.ns - ns);
        }
    }

    static int run(Options options) {
        int flows = options.flows(1 << 20);
        int seconds = options.seconds(10);
        Report report = new Report(
                "stampede", "1,000 instructions per second and a node that dies, beside flows that the kernel repeats");
        report.fact("flows", flows);
        report.fact("seconds of each part", seconds);
        Map<String, List<Double>> mpps = new LinkedHashMap<>();
        Map<String, List<Double>> toJava = new LinkedHashMap<>();
        for (int round = 1; round <= options.rounds(); round++) {
            List<Mark> marks = once(options, flows, seconds);
            for (int i = 0; i + 1 < marks.size(); i++) {
                Mark begin = marks.get(i);
                Mark end = marks.get(i + 1);
                String part = PARTS.get(i);
                double rate = begin.mppsUntil(end);
                double there = begin.toJavaPerSecondUntil(end);
                mpps.computeIfAbsent(part, _ -> new ArrayList<>()).add(rate);
                toJava.computeIfAbsent(part, _ -> new ArrayList<>()).add(there);
                report.line(String.format(
                        Locale.ROOT,
                        "round %d/%d  %-6s %8.3f Mpps, %,10.0f packets per second to the data path, %,d flows told something",
                        round,
                        options.rounds(),
                        part,
                        rate,
                        there,
                        end.told() - begin.told()));
            }
        }
        summary(report, mpps, toJava);
        report.write();
        return 0;
    }

    private static void summary(Report report, Map<String, List<Double>> mpps, Map<String, List<Double>> toJava) {
        report.line(String.format(Locale.ROOT, "%n%-40s %8s %8s %8s", "", "median", "min", "max"));
        Series quiet = new Series(mpps.getOrDefault(Stampede.QUIET, List.of()));
        mpps.forEach((part, values) -> report.fact("Mpps, " + part, new Series(values).toString()));
        toJava.forEach((part, values) ->
                report.fact("packets per second to the data path, " + part, new Series(values).toString()));
        double worst = 0;
        for (String part : List.of(Stampede.TOLD, Stampede.DEAD)) {
            Series kept = new Series(mpps.getOrDefault(part, List.of())).dividedBy(quiet);
            report.fact("of the quiet throughput, " + part, kept.toString());
            worst = Math.max(worst, 1 - kept.median());
        }
        double unknown = new Series(toJava.getOrDefault(Stampede.QUIET, List.of())).median() / (quiet.median() * 1e6);
        if (unknown > UNKNOWN_MAX) {
            report.fact(
                    "not established",
                    String.format(
                            Locale.ROOT,
                            "%.0f %% of the packets are the data path's while nothing happens; give it a quiet machine, or a longer --warmup",
                            100 * unknown));
        }
        report.fact(
                "X1, at most 5 % of the throughput lost",
                String.format(Locale.ROOT, "%.1f %%: %s", 100 * worst, worst <= LOST_GOAL ? "met" : "not met"));
    }

    private static List<Mark> once(Options options, int flows, int seconds) {
        Path file = Path.of(
                System.getProperty("java.io.tmpdir"),
                "sluice-stampede-" + ProcessHandle.current().pid());
        try (Bed bed = Bed.withTwoNodes(options.node())) {
            LabProcess device = SluiceDevice.startStampede(bed, flows, seconds, file);
            List<Mark> marks = new ArrayList<>();
            // The load is long enough for what the device does between its parts.
            bed.load(flows, options.warmupSeconds(WARMUP_SECONDS), 3 * seconds + 2, () -> {
                create(file);
                for (String part : PARTS) {
                    marks.add(mark(bed, device, part, seconds));
                }
            });
            if (marks.getFirst().arrived() == marks.getLast().arrived()) {
                throw new LabException("nothing came out: the device does not forward; " + device.log());
            }
            return marks;
        } finally {
            delete(file);
        }
    }

    private static Mark mark(Bed bed, LabProcess device, String part, int seconds) {
        String line = device.awaitLine(
                "part " + part, LATE.plusSeconds(seconds), each -> each.startsWith("part " + part + " "));
        long arrived = bed.arrived();
        long ns = System.nanoTime();
        Matcher matcher = PART.matcher(line);
        if (!matcher.matches()) {
            throw new LabException("the device said: " + line);
        }
        return new Mark(ns, arrived, Long.parseLong(matcher.group(2)), Long.parseLong(matcher.group(3)));
    }

    private static void create(Path file) {
        try {
            Files.createFile(file);
        } catch (IOException e) {
            throw new LabException("cannot make " + file + ": " + e.getMessage(), e);
        }
    }

    private static void delete(Path file) {
        try {
            Files.deleteIfExists(file);
        } catch (IOException e) {
            throw new LabException("cannot delete " + file + ": " + e.getMessage(), e);
        }
    }
}
