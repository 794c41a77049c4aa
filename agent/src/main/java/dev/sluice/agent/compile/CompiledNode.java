package dev.sluice.agent.compile;

import dev.sluice.agent.report.InstanceEntry;
import dev.sluice.datapath.Snapshot;
import dev.sluice.model.Node;
import java.util.List;

/**
 * A configuration ready to run.
 *
 * @param snapshot the tables of the data path
 * @param bindings the devices of its ports
 * @param instances the service instances of this node
 * @param probes how they are probed
 * @param settings settings of the node
 * @param attachments what the snapshot's attachments were made from
 * @param paths what the snapshot's paths were made from, those that take new flows first
 */
public record CompiledNode(
        Snapshot snapshot,
        List<PortBinding> bindings,
        List<InstanceEntry> instances,
        List<ProbePlan> probes,
        Node.Spec settings,
        List<AttachmentDraft> attachments,
        List<PathDraft> paths) {
    /** Copies the lists. */
    public CompiledNode {
        bindings = List.copyOf(bindings);
        instances = List.copyOf(instances);
        probes = List.copyOf(probes);
        attachments = List.copyOf(attachments);
        paths = List.copyOf(paths);
    }
}
