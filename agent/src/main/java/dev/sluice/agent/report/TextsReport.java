package dev.sluice.agent.report;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Answer to the request {@code texts}.
 *
 * @param title what it is: {@code revision 7}, {@code the files in conf}
 * @param texts the files, in the order read
 */
public record TextsReport(String title, List<TextReport> texts) {
    /**
     * A file.
     *
     * @param name its name
     * @param text what it holds, exactly
     */
    public record TextReport(String name, String text) {}

    public static TextsReport of(String title, Map<String, String> texts) {
        return new TextsReport(
                title,
                texts.entrySet().stream()
                        .map(entry -> new TextReport(entry.getKey(), entry.getValue()))
                        .toList());
    }

    /** The texts by the names of their files. */
    public Map<String, String> byName() {
        Map<String, String> all = new LinkedHashMap<>();
        texts.forEach(file -> all.put(file.name(), file.text()));
        return all;
    }
}
