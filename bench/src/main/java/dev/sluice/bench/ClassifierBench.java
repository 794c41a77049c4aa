package dev.sluice.bench;

import dev.sluice.datapath.rules.Classifier;
import dev.sluice.datapath.rules.PacketFields;
import dev.sluice.datapath.rules.Rule;
import dev.sluice.lab.LabException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * P7: a look-up among 10,000 and 100,000 rules, beside DPDK's rte_acl with the same rules and headers, and the cost of changing one rule. Both answers, and that of a walk along the rules,
 * are compared for every header.
 */
final class ClassifierBench {
    private static final int HEADERS = 1 << 16;
    private static final int CHANGES = 2_000;
    private static final double NS_GOAL = 500;
    private static final double RATIO_GOAL = 0.25;
    private static final double CHANGE_GOAL_US = 20;
    private static final long SEED = 20_260_101;
    private static final Pattern ROUND = Pattern.compile("round \\d+ ns ([0-9.]+)");

    private ClassifierBench() {}

    static int run(Options options) {
        Report report =
                new Report("classifier", "look-ups among many rules beside DPDK's rte_acl, in memory, one core");
        report.line(String.format(
                Locale.ROOT,
                "%n%-16s %10s %10s %8s %8s %12s %12s   %s",
                "rules",
                "Sluice ns",
                "rte_acl ns",
                "ratio",
                "tables",
                "change us",
                "p99 us",
                "P7 (ratio >= 0.25, <= 500 ns, p99 <= 20 us)"));
        for (int count : new int[] {10_000, 100_000}) {
            for (FilterSet.Kind kind : FilterSet.Kind.values()) {
                compare(report, options, kind, count);
            }
        }
        report.write();
        return 0;
    }

    private static void compare(Report report, Options options, FilterSet.Kind kind, int count) {
        FilterSet set = FilterSet.of(kind, count, SEED);
        PacketFields[] headers = set.headers(HEADERS, SEED + 1);
        Classifier classifier = Classifier.of(set.rules());
        int[] answers = answers(classifier, headers);
        walk(set, headers, answers);
        String name = kind.name().toLowerCase(Locale.ROOT) + " " + count;
        Series sluice = sluice(classifier, headers, options.rounds());
        Series peer = null;
        try {
            peer = peer(set, headers, answers, options.rounds());
        } catch (LabException e) {
            report.line("left out: rte_acl: " + e.getMessage());
        }
        long[] changes = changes(classifier, set.rules());
        double median = changes[changes.length / 2] / 1e3;
        double p99 = changes[changes.length * 99 / 100] / 1e3;
        Series ratio = peer == null ? null : peer.dividedBy(sluice);
        boolean met =
                sluice.median() <= NS_GOAL && p99 <= CHANGE_GOAL_US && (ratio == null || ratio.median() >= RATIO_GOAL);
        report.line(String.format(
                Locale.ROOT,
                "%-16s %10.0f %10s %8s %8d %12.1f %12.1f   %s",
                name,
                sluice.median(),
                text("%.0f", peer),
                text("%.2f", ratio),
                classifier.tables(),
                median,
                p99,
                met ? ratio == null ? "met, without the peer" : "met" : "not met"));
        report.put(name + " ns", sluice);
        if (peer != null) {
            report.put(name + " rte_acl ns", peer);
        }
        report.put(name + " change us", List.of(median, p99));
    }

    /** Compares the answers with those of a walk along the rules, on all cores. Nothing is measured meanwhile. */
    private static void walk(FilterSet set, PacketFields[] headers, int[] answers) {
        FilterWalk walk = new FilterWalk(set.filters());
        IntStream.range(0, headers.length).parallel().forEach(i -> {
            int walked = walk.firstMatch(headers[i]);
            if (walked != answers[i]) {
                throw new IllegalStateException("header " + i + " meets rule " + walked + " by a walk, and "
                        + answers[i] + " by the classifier");
            }
        });
    }

    private static String text(String format, @Nullable Series series) {
        return series == null ? "-" : String.format(Locale.ROOT, format, series.median());
    }

    private static int[] answers(Classifier classifier, PacketFields[] headers) {
        int[] answers = new int[headers.length];
        for (int i = 0; i < headers.length; i++) {
            Rule rule = classifier.classify(headers[i]);
            answers[i] = rule == null ? 0 : rule.id();
        }
        return answers;
    }

    /** Processor time of one look-up in ns, after as many rounds of warm-up. */
    private static Series sluice(Classifier classifier, PacketFields[] headers, int rounds) {
        List<Double> all = new ArrayList<>();
        long found = 0;
        for (int round = -rounds; round < rounds; round++) {
            long start = MemoryTraffic.processorNs();
            for (PacketFields header : headers) {
                found += classifier.classify(header) == null ? 0 : 1;
            }
            if (round >= 0) {
                all.add((double) (MemoryTraffic.processorNs() - start) / headers.length);
            }
        }
        if (found == 0) {
            throw new IllegalStateException("no header met a rule");
        }
        return new Series(all);
    }

    private static Series peer(FilterSet set, PacketFields[] headers, int[] answers, int rounds) {
        String program = NativeProgram.ACL.path();
        try {
            Path folder = Files.createTempDirectory("sluice-acl");
            Path rules = folder.resolve("rules");
            Path asked = folder.resolve("headers");
            Path matches = folder.resolve("matches");
            try {
                set.write(rules);
                FilterSet.write(asked, headers);
                List<Double> ns = run(List.of(
                        program, rules.toString(), asked.toString(), matches.toString(), Integer.toString(rounds)));
                compare(Files.readAllLines(matches), answers);
                return new Series(ns);
            } finally {
                for (Path file : List.of(rules, asked, matches, folder)) {
                    Files.deleteIfExists(file);
                }
            }
        } catch (IOException e) {
            throw new LabException("its files: " + e.getMessage(), e);
        }
    }

    private static List<Double> run(List<String> command) throws IOException {
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        String said;
        try {
            said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            if (process.waitFor() != 0) {
                throw new LabException(said.strip());
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new LabException("interrupted", e);
        }
        List<Double> rounds = new ArrayList<>();
        Matcher matcher = ROUND.matcher(said);
        while (matcher.find()) {
            rounds.add(Double.parseDouble(matcher.group(1)));
        }
        return rounds;
    }

    private static void compare(List<String> matches, int[] answers) {
        for (int i = 0; i < answers.length; i++) {
            if (Integer.parseInt(matches.get(i)) != answers[i]) {
                throw new IllegalStateException("header " + i + " meets rule " + matches.get(i) + " by rte_acl, and "
                        + answers[i] + " by the classifier");
            }
        }
    }

    /** Time of taking one rule away and of putting it back, in ns, sorted. */
    private static long[] changes(Classifier classifier, List<Rule> rules) {
        Classifier current = classifier;
        for (int i = 0; i < CHANGES; i++) {
            current = change(current, rules, i);
        }
        return Stream.iterate(0, i -> i + 1)
                .limit(CHANGES)
                .mapToLong(i -> timed(classifier, rules, i))
                .sorted()
                .toArray();
    }

    private static Classifier change(Classifier classifier, List<Rule> rules, int i) {
        Rule rule = rules.get(i * 37 % rules.size());
        return classifier.without(rule.id()).with(rule);
    }

    private static long timed(Classifier classifier, List<Rule> rules, int i) {
        long start = System.nanoTime();
        Classifier changed = change(classifier, rules, i);
        long ns = System.nanoTime() - start;
        if (changed.size() != classifier.size()) {
            throw new IllegalStateException("a rule was lost");
        }
        return ns / 2;
    }
}
