package dev.sluice.agent.node;

import dev.sluice.agent.compile.CompiledNode;
import dev.sluice.agent.compile.PathDraft;
import dev.sluice.agent.flows.CountFlows;
import dev.sluice.agent.instances.InstanceStates;
import dev.sluice.agent.instances.InstanceWatch;
import dev.sluice.agent.report.CountersReport;
import dev.sluice.agent.report.CountersReport.DropReport;
import dev.sluice.agent.report.FastPathReport;
import dev.sluice.agent.report.FastPathReport.ReasonReport;
import dev.sluice.agent.report.InstanceEntry;
import dev.sluice.agent.report.StatusReport.ChainReport;
import dev.sluice.agent.report.StatusReport.InstanceReport;
import dev.sluice.agent.report.StatusReport.PathReport;
import dev.sluice.agent.report.StatusReport.PortCountersReport;
import dev.sluice.agent.report.StatusReport.PortReport;
import dev.sluice.agent.report.StatusReport.SegmentReport;
import dev.sluice.agent.report.StatusReport.TotalsReport;
import dev.sluice.agent.worker.FastPathState;
import dev.sluice.agent.worker.OpenPort;
import dev.sluice.agent.worker.Worker;
import dev.sluice.datapath.Datapath;
import dev.sluice.datapath.mirror.OffloadCounters;
import dev.sluice.datapath.mirror.OffloadMirror;
import dev.sluice.datapath.offload.OffloadRefusal;
import dev.sluice.datapath.packet.DatapathCounters;
import dev.sluice.datapath.packet.DropReason;
import dev.sluice.datapath.packet.PortCounters;
import dev.sluice.datapath.rules.Rule;
import dev.sluice.datapath.snapshot.Attachment;
import dev.sluice.datapath.snapshot.AttachmentCounters;
import dev.sluice.datapath.snapshot.Path;
import dev.sluice.datapath.snapshot.Segment;
import dev.sluice.datapath.snapshot.Snapshot;
import dev.sluice.datapath.snapshot.Target;
import dev.sluice.fastpath.PuntReason;
import dev.sluice.model.ServiceChain;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Puts answers together from what other threads have published: immutable values, and counters that may lag. Any thread. */
final class NodeReports {
    private final Worker worker;
    private final InstanceWatch watch;
    private final InstanceStates states;

    NodeReports(Worker worker, InstanceWatch watch, InstanceStates states) {
        this.states = states;
        this.worker = worker;
        this.watch = watch;
    }

    List<PortReport> ports(CompiledNode node) {
        List<PortReport> reports = new ArrayList<>();
        for (OpenPort port : worker.ports()) {
            int index = port.binding().index();
            String reason = watch.downReason(index);
            reports.add(new PortReport(
                    node.snapshot().portCount() > index
                            ? node.snapshot().port(index).name()
                            : port.binding().interfaceName(),
                    port.binding().interfaceName(),
                    word(port.binding().role()),
                    port.description(),
                    reason.isEmpty(),
                    reason,
                    port.fastPath(),
                    counters(index, port.counters())));
        }
        return reports;
    }

    private PortCountersReport counters(int port, PortCounters c) {
        long dropped = 0;
        for (int i = 0; i < DropReason.COUNT; i++) {
            dropped += worker.datapath().drops().of(port, DropReason.of(i));
        }
        return new PortCountersReport(
                c.receivedFrames,
                c.receivedBytes,
                c.sentFrames,
                c.sentBytes,
                c.kernelDropped,
                c.receiveDropped,
                c.sendDropped,
                dropped);
    }

    List<InstanceReport> instances(CompiledNode node) {
        List<InstanceReport> reports = new ArrayList<>();
        @Nullable Map<Integer, Long> flows = node.instances().isEmpty() ? Map.of() : new CountFlows().by(worker);
        for (InstanceEntry instance : node.instances()) {
            long[] sum = new long[7];
            for (Attachment attachment : node.snapshot().attachments()) {
                if (attachment.instance() == instance.number()) {
                    add(sum, attachment.counters());
                }
            }
            String reason = watch.deadReason(instance.number());
            reports.add(new InstanceReport(
                    instance.name(),
                    instance.service(),
                    instance.host(),
                    reason.isEmpty(),
                    instance.adminUp(),
                    instance.lingers() ? "gone" : instance.adminState().word(),
                    states.of(instance.name()).isPresent(),
                    reason,
                    List.of(sum[0], sum[1]),
                    List.of(sum[2], sum[3]),
                    sum[4],
                    sum[5],
                    flows == null ? -1 : flows.getOrDefault(instance.number(), 0L),
                    sum[6],
                    worker.prober().report(instance.number(), System.nanoTime()),
                    worker.peers().words(instance.number())));
        }
        return reports;
    }

    private static void add(long[] sum, AttachmentCounters c) {
        for (int direction = 0; direction < 2; direction++) {
            sum[direction] += c.sent[direction];
            sum[2 + direction] += c.returned[direction];
        }
        sum[4] += c.copies;
        sum[5] += c.copiesLost;
        sum[6] += c.capped;
    }

    List<SegmentReport> segments(CompiledNode node) {
        Snapshot snapshot = node.snapshot();
        List<SegmentReport> reports = new ArrayList<>();
        for (Segment segment : snapshot.segments().all()) {
            List<String> ports = new ArrayList<>();
            for (int i = 0; i < segment.portCount(); i++) {
                ports.add(snapshot.port(segment.port(i)).name());
            }
            List<String> nodes = new ArrayList<>();
            for (int i = 0; i < segment.peerCount(); i++) {
                nodes.add(snapshot.plane().peers().get(segment.peer(i)).name());
            }
            int macs = worker.datapath().macCount(segment.router());
            reports.add(new SegmentReport(segment.name(), segment.vni(), ports, nodes, macs));
        }
        return reports;
    }

    List<ChainReport> chains(CompiledNode node) {
        Snapshot snapshot = node.snapshot();
        Map<String, ServiceChain.Spec> written = new HashMap<>();
        node.chains().forEach(chain -> written.put(chain.name(), chain.spec()));
        Map<String, ChainReport> reports = new LinkedHashMap<>();
        for (int i = 0; i < snapshot.targetCount(); i++) {
            Target target = snapshot.target(i);
            if (!target.isPath()) {
                reports.put(target.name(), chain(target, written.get(target.name())));
            }
        }
        for (PathDraft draft : node.paths()) {
            ChainReport chain = reports.get(draft.content().chain());
            Path path = snapshot.path(draft.id());
            if (chain != null && path != null) {
                chain.paths()
                        .add(new PathReport(
                                path.name(),
                                path.weight(),
                                draft.metric(),
                                draft.retired(),
                                !draft.retired() && draft.rank() > 0,
                                path.counters().active,
                                path.counters().flows,
                                path.counters().uninspected));
            }
        }
        // Of those that are gone only what flows may still be on.
        return reports.values().stream()
                .filter(chain ->
                        written.containsKey(chain.name()) || !chain.paths().isEmpty())
                .toList();
    }

    /** The selection that is written, not the one that the data path follows to keep backups behind. */
    private static ChainReport chain(Target target, ServiceChain.@Nullable Spec written) {
        return new ChainReport(
                target.name(),
                word(target.onFailure()),
                written == null ? "" : written.strategy().word(),
                written == null ? word(target.selection()) : written.selection().word(),
                new ArrayList<>());
    }

    TotalsReport totals(CompiledNode node) {
        Datapath datapath = worker.datapath();
        long dropped = 0;
        for (int i = 0; i < DropReason.COUNT; i++) {
            dropped += datapath.drops().total(DropReason.of(i));
        }
        return new TotalsReport(
                datapath.counters().frames,
                datapath.counters().uninspected,
                dropped,
                worker.connectionCount(),
                datapath.connections().capacity(),
                worker.faults());
    }

    FastPathReport fastPath() {
        FastPathState state = worker.fastPath();
        OffloadMirror mirror = worker.datapath().offload();
        String mode = state.mode().word();
        if (mirror == null) {
            return FastPathReport.none(mode, state.trouble());
        }
        OffloadCounters c = mirror.counters();
        List<ReasonReport> refused = new ArrayList<>();
        for (OffloadRefusal why : OffloadRefusal.values()) {
            refused.add(new ReasonReport(why.name(), why.sentence(), c.refused(why)));
        }
        List<ReasonReport> punted = new ArrayList<>();
        state.punts().forEach((why, count) -> {
            if (!why.isOfKernel()) {
                punted.add(new ReasonReport(why.name(), why.text(), count));
            }
        });
        return new FastPathReport(
                mode,
                state.trouble(),
                c.packets,
                c.bytes,
                state.punts().getOrDefault(PuntReason.XDP_REPEATED, 0L),
                state.punts().getOrDefault(PuntReason.XDP_LEFT, 0L),
                mirror.size(),
                mirror.capacity(),
                c.gaveWay,
                state.lockedBytes(),
                state.lost(),
                ReasonReport.most(refused),
                ReasonReport.most(punted));
    }

    CountersReport counters(CompiledNode node, long traces) {
        List<DropReport> drops = new ArrayList<>();
        for (int i = 0; i < DropReason.COUNT; i++) {
            DropReason reason = DropReason.of(i);
            long total = worker.datapath().drops().total(reason);
            if (total > 0) {
                drops.add(new DropReport(
                        reason.name(), reason.specification(), reason.sentence(), total, byPort(node, reason)));
            }
        }
        Map<String, Long> values = datapath(worker.datapath().counters());
        values.put("traces", traces);
        return new CountersReport(drops, values);
    }

    private Map<String, Long> byPort(CompiledNode node, DropReason reason) {
        Map<String, Long> ports = new LinkedHashMap<>();
        for (int i = 0; i < node.snapshot().portCount(); i++) {
            long count = worker.datapath().drops().of(i, reason);
            if (count > 0) {
                ports.merge(node.snapshot().port(i).name(), count, Long::sum);
            }
        }
        return ports;
    }

    private static Map<String, Long> datapath(DatapathCounters c) {
        Map<String, Long> values = new LinkedHashMap<>();
        values.put("frames", c.frames);
        values.put("uninspected", c.uninspected);
        values.put("recordHits", c.recordHits);
        values.put("ruleLookups", c.ruleLookups);
        values.put("reselected", c.reselected);
        values.put("configRevalidations", c.configRevalidations);
        values.put("livenessRevalidations", c.livenessRevalidations);
        values.put("recordsReplaced", c.recordsReplaced);
        values.put("untracked", c.untracked);
        values.put("acceptedByInstruction", c.acceptedByInstruction);
        values.put("skippedByInstruction", c.skippedByInstruction);
        values.put("movedByInstruction", c.movedByInstruction);
        values.put("flowsRebalanced", c.flowsRebalanced);
        values.put("instructionsOfNodes", c.instructionsOfNodes);
        values.put("instructionsRefused", c.instructionsRefused);
        values.put("messagesOfNodes", c.messagesOfNodes);
        values.put("probesReturned", c.probesReturned);
        values.put("overlaySent", c.overlaySent);
        values.put("overlayReceived", c.overlayReceived);
        values.put("bfdReceived", c.bfdReceived);
        values.put("statesReceived", c.statesReceived);
        values.put("passedAcross", c.passedAcross);
        values.put("icmpErrors", c.icmpErrors);
        values.put("icmpErrorsSuppressed", c.icmpErrorsSuppressed);
        values.put("errorsOfFlows", c.errorsOfFlows);
        values.put("packetsFragmented", c.packetsFragmented);
        values.put("fragmentsMade", c.fragmentsMade);
        values.put("overlaySent", c.overlaySent);
        values.put("overlayReceived", c.overlayReceived);
        values.put("segmentSent", c.segmentSent);
        values.put("segmentReceived", c.segmentReceived);
        values.put("segmentCopies", c.segmentCopies);
        values.put("segmentCopiesLost", c.segmentCopiesLost);
        values.put("segmentMoves", c.segmentMoves);
        values.put("segmentNotLearned", c.segmentNotLearned);
        values.put("segmentAnswered", c.segmentAnswered);
        return values;
    }

    private static String word(Enum<?> value) {
        return value.name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    static String word(Rule.FailureAction action) {
        return word((Enum<?>) action);
    }
}
