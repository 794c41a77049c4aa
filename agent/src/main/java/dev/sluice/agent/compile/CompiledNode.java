package dev.sluice.agent.compile;

import dev.sluice.agent.report.InstanceEntry;
import dev.sluice.datapath.snapshot.Snapshot;
import dev.sluice.model.Node;
import dev.sluice.model.ServiceChain;
import java.util.List;

/**
 * A configuration ready to run.
 *
 * @param snapshot the tables of the data path
 * @param bindings the devices of its ports
 * @param instances the service instances of this node, and those of other nodes that it can use
 * @param probes how they are probed
 * @param peers how it and the other nodes watch each other
 * @param settings settings of the node
 * @param attachments what the snapshot's attachments were made from
 * @param paths what the snapshot's paths were made from, those of the configuration first
 * @param chains the chains as they are written
 * @param content tells what users wrote from anything else that they might; empty if nobody said
 */
public record CompiledNode(
        Snapshot snapshot,
        List<PortBinding> bindings,
        List<InstanceEntry> instances,
        List<ProbePlan> probes,
        PeersPlan peers,
        Node.Spec settings,
        List<AttachmentDraft> attachments,
        List<PathDraft> paths,
        List<ServiceChain> chains,
        String content) {
    /** Copies the lists. */
    public CompiledNode {
        bindings = List.copyOf(bindings);
        instances = List.copyOf(instances);
        probes = List.copyOf(probes);
        attachments = List.copyOf(attachments);
        paths = List.copyOf(paths);
        chains = List.copyOf(chains);
    }

    /** The same as what users wrote with this content. */
    public CompiledNode of(String newContent) {
        return new CompiledNode(
                snapshot, bindings, instances, probes, peers, settings, attachments, paths, chains, newContent);
    }
}
