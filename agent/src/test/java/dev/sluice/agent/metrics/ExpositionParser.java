package dev.sluice.agent.metrics;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Reads a scrape as strictly as the formats are written; written from them, not from the code that makes scrapes. */
final class ExpositionParser {
    private static final Pattern META = Pattern.compile("# (HELP|TYPE|UNIT) ([a-zA-Z_:][a-zA-Z0-9_:]*) (.+)");
    private static final Pattern SAMPLE = Pattern.compile(
            "([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\\{(.*)\\})? (NaN|[+-]Inf|-?\\d+(?:\\.\\d+)?(?:[eE][+-]?\\d+)?)");
    private static final Pattern LABEL =
            Pattern.compile("([a-zA-Z_][a-zA-Z0-9_]*)=\"((?:[^\"\\\\\\n]|\\\\[\\\\\"n])*)\"(,|$)");

    /** Values by name and labels, as written. */
    final Map<String, Double> samples = new LinkedHashMap<>();

    final Map<String, String> types = new LinkedHashMap<>();
    private final Set<String> helped = new HashSet<>();
    private final Set<String> finished = new HashSet<>();
    private String family = "";

    private ExpositionParser() {}

    static ExpositionParser parse(String text, boolean openMetrics) {
        ExpositionParser parser = new ExpositionParser();
        require(text.endsWith("\n"), "ends with a line end");
        List<String> lines = new ArrayList<>(text.lines().toList());
        if (openMetrics) {
            require(lines.removeLast().equals("# EOF"), "ends with # EOF");
        }
        lines.forEach(line -> parser.line(line, openMetrics));
        return parser;
    }

    private static void require(boolean holds, String what) {
        if (!holds) {
            throw new AssertionError("not so: " + what);
        }
    }

    private void line(String line, boolean openMetrics) {
        Matcher meta = META.matcher(line);
        if (meta.matches()) {
            meta(meta.group(1), meta.group(2), meta.group(3), openMetrics);
            return;
        }
        Matcher sample = SAMPLE.matcher(line);
        require(sample.matches(), "is a sample: " + line);
        String name = sample.group(1);
        String type = types.get(family);
        boolean counter = "counter".equals(type);
        require(
                name.equals(openMetrics && counter ? family + "_total" : family),
                name + " belongs to the family " + family);
        require(!counter || name.endsWith("_total"), "counters end with _total: " + name);
        String labels = sample.group(2) == null ? "" : sample.group(2);
        labels(labels);
        double value = Double.parseDouble(sample.group(3));
        require(!counter || value >= 0, "a counter is not negative: " + line);
        require(samples.put(name + "{" + labels + "}", value) == null, "comes once: " + line);
    }

    private void meta(String kind, String name, String rest, boolean openMetrics) {
        if (kind.equals("HELP")) {
            require(finished.add(name), "the family comes once: " + name);
            family = name;
            require(helped.add(name), "one HELP of " + name);
        } else {
            require(family.equals(name), kind + " follows the HELP of its family: " + name);
        }
        if (kind.equals("TYPE")) {
            require(rest.equals("counter") || rest.equals("gauge"), "a known type: " + rest);
            require(types.put(name, rest) == null, "one TYPE of " + name);
            require(openMetrics || rest.equals("gauge") || name.endsWith("_total"), "counter name in 0.0.4: " + name);
        }
        if (kind.equals("UNIT")) {
            require(openMetrics && name.endsWith("_" + rest), "the name ends with the unit: " + name);
        }
    }

    private static void labels(String labels) {
        Matcher label = LABEL.matcher(labels);
        int at = 0;
        Set<String> names = new HashSet<>();
        while (at < labels.length()) {
            require(label.find() && label.start() == at, "labels are well-formed: " + labels);
            require(names.add(label.group(1)), "each label once: " + labels);
            at = label.end();
        }
    }
}
