package dev.sluice.controller;

import java.util.Collections;
import java.util.Map;
import java.util.TreeMap;

/**
 * What a node counted, as of its last report.
 *
 * @param generation of the snapshot in force
 * @param connections in its table
 * @param uninspected packets that passed without one of their services
 * @param drops packets dropped since its agent started, by reason
 */
public record Figures(int generation, long connections, long uninspected, Map<String, Long> drops) {
    /** Copies and sorts the drops. */
    public Figures {
        drops = Collections.unmodifiableMap(new TreeMap<>(drops));
    }
}
