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
    private static final Duration LATE = Duration.ofSeconds(60);
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
            Map<String, Mark> marks = once(options, flows, seconds);
            List<String> parts = List.copyOf(marks.keySet());
            for (int i = 0; i + 1 < parts.size(); i++) {
                Mark begin = marks.get(parts.get(i));
                Mark end = marks.get(parts.get(i + 1));
                mpps.computeIfAbsent(parts.get(i), _ -> new ArrayList<>()).add(begin.mppsUntil(end));
                toJava.computeIfAbsent(parts.get(i), _ -> new ArrayList<>()).add(begin.toJavaPerSecondUntil(end));
                report.line(String.format(
                        Locale.ROOT,
                        "round %d/%d  %-6s %8.3f Mpps, %,10.0f packets per second to the data path, %,d flows told something",
                        round,
                        options.rounds(),
                        parts.get(i),
                        mpps.get(parts.get(i)).getLast(),
                        toJava.get(parts.get(i)).getLast(),
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
        toJava.forEach((part, values) -> report.fact("packets per second to the data path, " + part, new Series(values).toString()));
        double worst = 0;
        for (String part : List.of(Stampede.TOLD, Stampede.DEAD)) {
            Series kept = new Series(mpps.getOrDefault(part, List.of())).dividedBy(quiet);
            report.fact("of the quiet throughput, " + part, kept.toString());
            worst = Math.max(worst, 1 - kept.median());
        }
        report.fact(
                "X1, at most 5 % of the throughput lost",
                String.format(Locale.ROOT, "%.1f %%: %s", 100 * worst, worst <= LOST_GOAL ? "met" : "not met"));
    }

    private static Map<String, Mark> once(Options options, int flows, int seconds) {
        Path file = Path.of(System.getProperty("java.io.tmpdir"), "sluice-stampede-" + ProcessHandle.current().pid());
        try (Bed bed = Bed.withTwoNodes(options.node())) {
            LabProcess device = SluiceDevice.startStampede(bed, flows, seconds, file);
            Map<String, Mark> marks = new LinkedHashMap<>();
            // The load is long enough for what the device does between its parts.
            bed.load(flows, options.warmupSeconds(), 3 * seconds + 2, () -> {
                create(file);
                for (String part : List.of(Stampede.QUIET, Stampede.TOLD, Stampede.DEAD, Stampede.END)) {
                    marks.put(part, mark(bed, device, part, seconds));
                }
            });
            if (marks.get(Stampede.QUIET).arrived() == marks.get(Stampede.TOLD).arrived()) {
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
