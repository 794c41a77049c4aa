package dev.sluice.lab.demo;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;

/** What was measured beside what was expected: the table at the end, and the exit status. One thread. */
final class Findings {
    /**
     * A line of the table.
     *
     * @param what what was looked at
     * @param measured what it was
     * @param expected what it should be
     * @param met whether it is
     */
    record Finding(String what, String measured, String expected, boolean met) {}

    private record Part(String title, List<Finding> findings) {}

    private static final String WHAT = "what was looked at";
    private static final String MEASURED = "measured";
    private static final String EXPECTED = "expected";

    private final List<Part> parts = new ArrayList<>();

    /** From here on lines belong to this part of the story. */
    void begin(String title) {
        parts.add(new Part(title, new ArrayList<>()));
    }

    /** Adds a line to the part that was begun last. */
    void add(String what, String measured, String expected, boolean met) {
        parts.getLast().findings.add(new Finding(what, measured, expected, met));
    }

    /** All lines. */
    List<Finding> list() {
        return parts.stream().flatMap(part -> part.findings.stream()).toList();
    }

    /** Whether the part that was begun last has lines, all of them as expected. */
    boolean lastPartMet() {
        List<Finding> last = parts.getLast().findings;
        return !last.isEmpty() && last.stream().allMatch(Finding::met);
    }

    /** Lines that are not as expected. */
    long unmetCount() {
        return list().stream().filter(finding -> !finding.met).count();
    }

    /** The table, part by part; the marks stand for a line that is as expected and one that is not. */
    String render(Marks marks) {
        String line = "  %-" + width(WHAT, Finding::what) + "s  %-" + width(MEASURED, Finding::measured) + "s  %-"
                + width(EXPECTED, Finding::expected) + "s  %s";
        StringBuilder text = new StringBuilder();
        append(text, line.formatted(WHAT, MEASURED, EXPECTED, ""));
        for (Part part : parts) {
            append(text, part.title);
            for (Finding finding : part.findings) {
                String mark = finding.met ? marks.good() : marks.bad();
                append(text, line.formatted(finding.what, finding.measured, finding.expected, mark));
            }
        }
        return text.toString();
    }

    private static void append(StringBuilder text, String line) {
        text.append(line.stripTrailing()).append('\n');
    }

    private int width(String head, Function<Finding, String> cell) {
        return Math.max(
                head.length(),
                list().stream().map(cell).mapToInt(String::length).max().orElse(0));
    }
}
