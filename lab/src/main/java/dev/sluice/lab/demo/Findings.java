package dev.sluice.lab.demo;

import java.util.ArrayList;
import java.util.List;

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

    private final List<Finding> findings = new ArrayList<>();

    void add(String what, String measured, String expected, boolean met) {
        findings.add(new Finding(what, measured, expected, met));
    }

    /** Lines so far. */
    List<Finding> list() {
        return List.copyOf(findings);
    }

    /** Whether there are lines from this one on and all of them are as expected. */
    boolean metSince(int line) {
        return findings.stream().skip(line).allMatch(Finding::met);
    }

    /** Lines that are not as expected. */
    long unmetCount() {
        return findings.stream().filter(finding -> !finding.met).count();
    }

    /** The table; the marks stand for a line that is as expected and one that is not. */
    String render(Marks marks) {
        int what =
                width("what was looked at", findings.stream().map(Finding::what).toList());
        int measured =
                width("measured", findings.stream().map(Finding::measured).toList());
        int expected =
                width("expected", findings.stream().map(Finding::expected).toList());
        String line = "%-" + what + "s  %-" + measured + "s  %-" + expected + "s  %s%n";
        StringBuilder text = new StringBuilder();
        text.append(line.formatted("what was looked at", "measured", "expected", ""));
        text.append(line.formatted("-".repeat(what), "-".repeat(measured), "-".repeat(expected), "--"));
        for (Finding finding : findings) {
            text.append(line.formatted(
                    finding.what, finding.measured, finding.expected, finding.met ? marks.good() : marks.bad()));
        }
        return text.toString();
    }

    private static int width(String head, List<String> cells) {
        return Math.max(
                head.length(), cells.stream().mapToInt(String::length).max().orElse(0));
    }
}
