package dev.sluice.agent.report;

import dev.sluice.agent.report.PathsReport.HopReport;
import java.util.List;

/**
 * Answer to the request {@link #REQUEST}: what a path carries.
 *
 * @param flows flows in the table that were classified here and have it; -1: the worker did not say in time
 * @param packets packets of these flows, forward and reverse
 * @param bytes bytes of these flows, likewise
 * @param uninspected packets that went on without at least one of its services
 * @param hops its service nodes in forward order
 */
public record PathTrafficReport(
        long flows, List<Long> packets, List<Long> bytes, long uninspected, List<HopReport> hops) {
    /** The request for one path, by {@code chain} and {@code path}. */
    public static final String REQUEST = "path-traffic";

    /** Copies the lists. */
    public PathTrafficReport {
        packets = List.copyOf(packets);
        bytes = List.copyOf(bytes);
        hops = List.copyOf(hops);
    }
}
