package dev.sluice.bench;

import dev.sluice.lab.LabException;
import dev.sluice.lab.LabProcess;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * X1: what flow instructions and the death of a node cost the flows that the kernel repeats. One load without a pause; parts of it, compared with each other: nothing happens, a thousand flows
 * per second are told something, and the node of half of all flows is dead as well. What a part keeps is its throughput divided by that of the quiet ones beside it.
 */
final class StampedeBench {
    private static final double LOST_GOAL = 0.05;

    /** Flows whose first packets were lost are decided under the load. */
    private static final int WARMUP_SECONDS = 20;

    /** More than so much of the throughput in the data path while nothing happens, and the figures say nothing of what the kernel repeats. */
    private static final double UNKNOWN_MAX = 0.01;

    private static final int REASONS_SHOWN = 3;

    private static final Duration LATE = Duration.ofSeconds(60);

    private static final Pattern PART =
            Pattern.compile("part \\d+ \\w+ frames (\\d+) told (\\d+) cpu (\\d+) handed-over (.*)");

    private StampedeBench() {}

    /** The counters as a part begins. */
    private record Mark(long ns, long arrived, long toJava, long told, long cpuUs, Map<String, Long> handedOver) {
        double mppsUntil(Mark end) {
            return (end.arrived - arrived) * 1e3 / (end.ns - ns);
        }

        double toJavaPerSecondUntil(Mark end) {
            return (end.toJava - toJava) * 1e9 / (end.ns - ns);
        }

        /** Why the kernel handed packets over, the most frequent reasons first, with packets per second. */
        String reasonsUntil(Mark end) {
            return end.handedOver.entrySet().stream()
                    .map(each -> Map.entry(
                            each.getKey(),
                            (each.getValue() - handedOver.getOrDefault(each.getKey(), 0L))
                                    * 1_000_000_000L
                                    / (end.ns - ns)))
                    .filter(each -> each.getValue() > 0)
                    .sorted(Map.Entry.<String, Long>comparingByValue().reversed())
                    .limit(REASONS_SHOWN)
                    .map(each -> String.format(Locale.ROOT, "%s %,d", each.getKey(), each.getValue()))
                    .collect(Collectors.joining(", "));
        }

        /** Processor time of the worker, of the time that passed. */
        double busyUntil(Mark end) {
            return (end.cpuUs - cpuUs) * 1e3 / (end.ns - ns);
        }
    }

    static int run(Options options) {
        int flows = options.flows(1 << 20);
        int seconds = options.seconds(10);
        Report report = new Report(
                "stampede", "1,000 instructions per second and a node that dies, beside flows that the kernel repeats");
        report.fact("flows", flows);
        report.fact("seconds of each part", seconds);
        Parts parts = new Parts();
        for (int round = 1; round <= options.rounds(); round++) {
            List<Mark> marks = once(options, flows, seconds);
            for (int i = 0; i + 1 < marks.size(); i++) {
                Mark begin = marks.get(i);
                Mark end = marks.get(i + 1);
                report.line(String.format(
                        Locale.ROOT,
                        "round %d/%d  %-6s %8.3f Mpps, %,10.0f packets per second to the data path, its worker busy %3.0f %%, %,d flows told something; handed over per second: %s",
                        round,
                        options.rounds(),
                        Stampede.PARTS.get(i),
                        begin.mppsUntil(end),
                        begin.toJavaPerSecondUntil(end),
                        100 * begin.busyUntil(end),
                        end.told() - begin.told(),
                        begin.reasonsUntil(end)));
            }
            parts.add(marks);
        }
        summary(report, parts);
        report.write();
        return 0;
    }

    /** What was measured in the parts of all rounds, by their names. */
    private static final class Parts {
        final Map<String, List<Double>> mpps = new LinkedHashMap<>();
        final Map<String, List<Double>> toJava = new LinkedHashMap<>();
        final Map<String, List<Double>> busy = new LinkedHashMap<>();

        /** Of the throughput of the quiet parts before and after it; of the one before it, if no other follows. */
        final Map<String, List<Double>> kept = new LinkedHashMap<>();

        void add(List<Mark> marks) {
            for (int i = 0; i + 1 < marks.size(); i++) {
                String part = Stampede.PARTS.get(i);
                double rate = rate(marks, i);
                put(mpps, part, rate);
                put(toJava, part, marks.get(i).toJavaPerSecondUntil(marks.get(i + 1)));
                put(busy, part, marks.get(i).busyUntil(marks.get(i + 1)));
                if (!part.equals(Stampede.QUIET)) {
                    boolean quietBehind = Stampede.PARTS.get(i + 1).equals(Stampede.QUIET);
                    double after = quietBehind ? rate(marks, i + 1) : rate(marks, i - 1);
                    put(kept, part, 2 * rate / (rate(marks, i - 1) + after));
                }
            }
        }

        private static double rate(List<Mark> marks, int part) {
            return marks.get(part).mppsUntil(marks.get(part + 1));
        }

        private static void put(Map<String, List<Double>> of, String part, double value) {
            of.computeIfAbsent(part, _ -> new ArrayList<>()).add(value);
        }
    }

    private static void summary(Report report, Parts parts) {
        report.line(String.format(Locale.ROOT, "%n%-40s %8s %8s %8s", "", "median", "min", "max"));
        parts.mpps.forEach((part, values) -> report.fact("Mpps, " + part, new Series(values).toString()));
        parts.toJava.forEach((part, values) ->
                report.fact("packets per second to the data path, " + part, new Series(values).toString()));
        parts.busy.forEach((part, values) ->
                report.fact("of the time the worker is busy, " + part, new Series(values).toString()));
        double worst = 0;
        for (String part : List.of(Stampede.TOLD, Stampede.DEAD)) {
            Series kept = new Series(parts.kept.getOrDefault(part, List.of()));
            report.fact("of the quiet throughput, " + part, kept.toString());
            worst = Math.max(worst, 1 - kept.median());
        }
        double quiet = new Series(parts.mpps.getOrDefault(Stampede.QUIET, List.of())).median();
        double unknown = new Series(parts.toJava.getOrDefault(Stampede.QUIET, List.of())).median() / (quiet * 1e6);
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
            bed.load(flows, options.warmupSeconds(WARMUP_SECONDS), (Stampede.PARTS.size() - 1) * seconds + 2, () -> {
                create(file);
                for (int part = 0; part < Stampede.PARTS.size(); part++) {
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

    private static Mark mark(Bed bed, LabProcess device, int part, int seconds) {
        String line = device.awaitLine(
                "part " + part, LATE.plusSeconds(seconds), each -> each.startsWith("part " + part + " "));
        long arrived = bed.arrived();
        long ns = System.nanoTime();
        Matcher matcher = PART.matcher(line);
        if (!matcher.matches()) {
            throw new LabException("the device said: " + line);
        }
        return new Mark(
                ns,
                arrived,
                Long.parseLong(matcher.group(1)),
                Long.parseLong(matcher.group(2)),
                Long.parseLong(matcher.group(3)),
                reasons(matcher.group(4)));
    }

    /** Of {@code REASON=N,...}. */
    private static Map<String, Long> reasons(String text) {
        return Arrays.stream(text.split(",", -1))
                .map(each -> each.split("=", 2))
                .filter(each -> each.length == 2)
                .collect(Collectors.toMap(each -> each[0], each -> Long.parseLong(each[1])));
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
