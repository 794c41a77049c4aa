package dev.sluice.agent.report;

import java.util.List;

/**
 * Answer to the request {@code history}.
 *
 * @param directory where revisions are kept
 * @param problem why they are not written there; empty: they are
 * @param running the revision in force
 * @param good the revision that the node goes back to if the one in force is not confirmed, or after a restart with broken files
 * @param revisions all that are kept, oldest first
 */
public record HistoryReport(String directory, String problem, int running, int good, List<RevisionReport> revisions) {
    /**
     * A revision.
     *
     * @param number its number
     * @param time when it came into force, ISO 8601
     * @param source where it was read from
     * @param outcome applied, pending, confirmed or reverted
     * @param generation generation of the snapshot when it came into force first
     * @param fileCount files that it holds
     * @param sha256 of what it holds
     */
    public record RevisionReport(
            int number, String time, String source, String outcome, int generation, int fileCount, String sha256) {}
}
