package dev.sluice.agent.report;

import dev.sluice.agent.analysis.Finding;
import dev.sluice.agent.analysis.Finding.Kind;
import java.util.List;

/**
 * Answer to the request {@code analyze}, and what {@code sluice analyze} finds in files.
 *
 * @param nodes the nodes that were looked at
 * @param rules rules in force on them
 * @param findings what is doubtful, the worst first
 * @param cut kinds of which there are more findings than are shown
 */
public record AnalysisReport(List<String> nodes, int rules, List<Finding> findings, List<Kind> cut) {
    /** Copies the lists. */
    public AnalysisReport {
        nodes = List.copyOf(nodes);
        findings = List.copyOf(findings);
        cut = List.copyOf(cut);
    }
}
