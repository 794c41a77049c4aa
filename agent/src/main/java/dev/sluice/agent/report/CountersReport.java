package dev.sluice.agent.report;

import java.util.List;
import java.util.Map;

/**
 * Answer to the request {@code counters}.
 *
 * @param drops reasons with a count above 0, in the order of the table of drop reasons
 * @param datapath what the data path counts as a whole, by name
 */
public record CountersReport(List<DropReport> drops, Map<String, Long> datapath) {
    /**
     * A drop reason.
     *
     * @param reason name, as in docs/reference/drop-reasons.md
     * @param specification RFC section, requirement or chapter
     * @param sentence what happened
     * @param count packets over all ports
     * @param ports packets by name of the port they came in on
     */
    public record DropReport(
            String reason, String specification, String sentence, long count, Map<String, Long> ports) {}
}
