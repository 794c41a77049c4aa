package dev.sluice.agent.compile;

import dev.sluice.agent.compile.IdRegistry.Space;
import dev.sluice.agent.report.InstanceEntry;
import dev.sluice.datapath.rules.Rule;
import dev.sluice.datapath.snapshot.Attachment;
import dev.sluice.datapath.snapshot.PortEntry;
import dev.sluice.datapath.snapshot.Retained;
import dev.sluice.datapath.snapshot.ReturningNode;
import dev.sluice.datapath.snapshot.ServicePlane;
import dev.sluice.datapath.snapshot.Snapshot;
import dev.sluice.datapath.snapshot.TrackerTimeouts;
import dev.sluice.model.Configuration;
import dev.sluice.model.Kind;
import dev.sluice.model.Node;
import dev.sluice.model.Service;
import dev.sluice.model.ServiceInstance;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.IntPredicate;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Compiles the objects of users into the tables of the data path. One user: the control thread.
 *
 * <p>Steps, each a class: ports and routers ({@link PortPlan}, {@link RouterPlan}), service instances and how they are attached ({@link InstancePlan}),
 * what is shared with other nodes ({@link PlanePlan}),
 * the paths of chains ({@link PathPlan}), rules and groups ({@link RulePlan}); {@link SnapshotAssembly} puts them together. A configuration
 * with errors changes nothing: the next compilation continues from the last one that succeeded.
 *
 * <p>What flows may still be pinned to outlives its configuration: a path that a target no longer has stays in the snapshot (and takes no new flows) as
 * long as its nodes stand. After changes that keep flows, rules that are gone stay for them too ({@link RetainedPlan}).
 */
public final class SnapshotCompiler {
    /** Most ports, routers and instances that can have a number at a time. */
    public static final int INDICES_MAX = 4096;

    private static final int TARGETS_MAX = 65_536;

    private final String node;
    private final IdRegistry ids;
    private final LongSupplier clockNs;
    private @Nullable CompiledNode previous;
    private Configuration objects = Configuration.EMPTY;
    private Transition transition = Transition.NONE;
    private Transition.Word word = Transition.Word.NONE;

    /**
     * A compiler that has compiled nothing.
     *
     * @param node name of this node
     * @param ids lives as long as the process
     */
    public SnapshotCompiler(String node, IdRegistry ids) {
        this(node, ids, System::nanoTime);
    }

    /** The same with a clock of its own. */
    public SnapshotCompiler(String node, IdRegistry ids, LongSupplier clockNs) {
        this.node = node;
        this.ids = ids;
        this.clockNs = clockNs;
    }

    /**
     * Takes note of what is known of other nodes (ADR 14).
     *
     * @param told by node, what it told last of the paths that it serves
     * @param serves whether an instance, by number, is known to serve
     * @return whether the same objects would be compiled to something else now
     */
    public boolean isDue(Map<String, Long> told, IntPredicate serves) {
        word = new Transition.Word(told, serves);
        CompiledNode now = previous;
        return now != null && transition.isDue(now, word, clockNs.getAsLong());
    }

    /** By id, why paths that are awaited are not given to new flows yet. */
    public Map<Integer, String> missing() {
        CompiledNode now = previous;
        Map<Integer, String> reasons = new HashMap<>();
        if (now != null) {
            now.paths().stream()
                    .filter(path -> path.use() == PathDraft.Use.AWAITED)
                    .forEach(path -> reasons.put(path.id(), transition.missing(path, now.attachments(), word)));
        }
        return reasons;
    }

    /** Compiles the part of a configuration that belongs to this node; flows in progress are treated as its Node object says. */
    public CompileResult compile(Configuration whole, InterfaceDirectory interfaces) {
        return compile(whole, interfaces, FlowsInProgress.AS_THE_NODE_SAYS, BindingsCheck.NONE);
    }

    /**
     * The same, if the check has nothing against the devices.
     *
     * @param flows what the change means for flows in progress
     */
    public CompileResult compile(
            Configuration whole, InterfaceDirectory interfaces, FlowsInProgress flows, BindingsCheck check) {
        CompileLog log = new CompileLog("node " + node);
        Configuration configuration = whole.forNode(node);
        if (!fits(configuration, node, log)) {
            return failed(log);
        }
        Node.Spec settings = configuration.nodeSpec(node);
        ids.beginCompilation();
        PortPlan ports = new PortPlan(configuration, settings.io().driver(), ids, interfaces, log);
        InstancePlan instances = new InstancePlan(configuration, node, ports, ids, log);
        RouterPlan routers = new RouterPlan(configuration, ports, ids, log);
        SegmentPlan segments = new SegmentPlan(whole, ids);
        ServicePlane planeBefore =
                previous == null ? ServicePlane.NONE : previous.snapshot().plane();
        PlanePlan plane = new PlanePlan(whole, configuration, node, ids, log, planeBefore);
        PathPlan paths = new PathPlan(configuration, instances, plane, ids, log);
        RulePlan rules =
                new RulePlan(configuration, ports, plane, ids, log, previous == null ? null : previous.snapshot());
        check.check(ports.bindings(), log);
        if (!namesLeft(log) || log.hasErrors()) {
            return failed(log);
        }
        CompiledNode before = previous;
        long nowNs = clockNs.getAsLong();
        Transition change = transition.after(objects, configuration, plane.pathSet(), nowNs);
        if (before != null) {
            linger(change, instances, plane, before);
            instances.retain(before.attachments());
            paths.retain(before.paths());
            LedFlows led = new LedFlows(before.snapshot().rules(), rules.rules());
            change = change.awaiting(paths.await(
                    before.paths(), chain -> !led.isMore(ids.index(Space.TARGET, chain)), change, word, nowNs));
            instances.leave(paths.givenInstances());
        }
        CompiledNode compiled = assemble(
                whole,
                configuration,
                settings,
                flows,
                ports,
                routers,
                instances,
                plane,
                segments,
                paths,
                rules,
                before);
        auditMtu(configuration, compiled, before, log);
        TagReturns.warn(configuration, compiled, log);
        auditUnderlay(configuration, compiled, log);
        if (log.hasErrors()) {
            return failed(log);
        }
        ids.endCompilation(compiled.snapshot().generation(), inUse(compiled), nowNs);
        previous = compiled;
        objects = configuration;
        transition = change;
        return new CompileResult(Optional.of(compiled), log.problems());
    }

    private void linger(Transition change, InstancePlan instances, PlanePlan plane, CompiledNode before) {
        for (Transition.Gone gone : change.gone()) {
            before.instances().stream()
                    .filter(entry -> entry.name().equals(gone.instance().name())
                            && gone.instance().spec().node().orElse("").equals(entry.remote() ? entry.host() : node))
                    .filter(entry -> !entry.remote() || plane.isPeer(entry.host()))
                    .findFirst()
                    .ifPresent(entry -> instances.linger(entry, gone.instance(), before.probes()));
        }
    }

    private CompiledNode assemble(
            Configuration whole,
            Configuration configuration,
            Node.Spec settings,
            FlowsInProgress flows,
            PortPlan ports,
            RouterPlan routers,
            InstancePlan instances,
            PlanePlan plane,
            SegmentPlan segments,
            PathPlan paths,
            RulePlan rules,
            @Nullable CompiledNode before) {
        List<PortEntry> entries = ports.entries();
        int generation =
                before == null ? ids.firstGeneration() : before.snapshot().generation() + 1;
        Retained retained = RetainedPlan.next(
                before == null ? null : before.snapshot(),
                flows.said().orElse(settings.existingFlows()),
                flows.back(),
                generation,
                rules.rules(),
                entries);
        List<Rule> leading = new ArrayList<>(rules.rules());
        leading.addAll(retained.rules());
        SnapshotAssembly assembly = new SnapshotAssembly(
                configuration,
                ids,
                entries,
                leading,
                instances.attachments(),
                paths.all(),
                paths::isFree,
                plane,
                new TagReturns(whole, configuration, node, plane, ids),
                before);
        Snapshot snapshot = Snapshot.builder(generation)
                .ports(entries)
                .routers(routers.entries())
                .targets(assembly.targets())
                .rules(rules.rules())
                .groups(rules.groups())
                .paths(assembly.paths())
                .attachments(assembly.attachments())
                .timeouts(timeouts(settings.tracker().timeouts()))
                .retained(retained)
                .caps(instances.instances().stream()
                        .flatMap(instance -> instance.cap().stream())
                        .toList())
                .plane(plane.plane())
                .watched(instances.watched())
                .returning(returning(configuration, instances.instances()))
                .segments(segments.segments(entries, plane.plane()))
                .build();
        return new CompiledNode(
                snapshot,
                ports.bindings(),
                instances.instances(),
                instances.probes(),
                PeersPlans.of(
                        whole,
                        node,
                        snapshot.plane(),
                        instances.instances(),
                        plane.pathSet().map(Transition.PathSet::digest).orElse(0L)),
                settings,
                List.copyOf(instances.attachments().values()),
                List.copyOf(paths.all().values()),
                configuration.chains(),
                "");
    }

    /** Instances, of this host and of others, to which flows in progress move when they serve again. */
    private static List<ReturningNode> returning(Configuration configuration, List<InstanceEntry> instances) {
        List<ReturningNode> returning = new ArrayList<>();
        for (InstanceEntry instance : instances) {
            configuration
                    .service(instance.service())
                    .map(Service::spec)
                    .filter(spec -> spec.onReturn() == Service.OnReturn.REBALANCE)
                    .ifPresent(spec -> returning.add(new ReturningNode(instance.number(), spec.movesPerSecond())));
        }
        return returning;
    }

    /** Nodes that are new and too small are refused; at the start, and when a node in use became too small, there is nothing to keep instead. */
    private static void auditMtu(
            Configuration configuration, CompiledNode compiled, @Nullable CompiledNode before, CompileLog log) {
        List<String> inUse = before == null ? List.of() : MtuAudit.instancesInUse(before);
        for (MtuAudit.Finding finding : MtuAudit.check(compiled)) {
            ServiceInstance instance = configuration.instances().stream()
                    .filter(each -> each.name().equals(finding.instance()))
                    .findFirst()
                    .orElseThrow();
            boolean refuses = configuration
                    .service(instance.spec().service())
                    .map(service -> service.spec().mtuAudit() == Service.MtuAudit.REFUSE)
                    .orElse(true);
            if (before != null && refuses && !inUse.contains(finding.instance())) {
                log.error(
                        instance,
                        "spec.interfaces",
                        finding.sentence() + ", or write mtuAudit: warn into the Service",
                        Integer.toString(finding.mtuFound()),
                        "at least " + finding.mtuNeeded());
            } else {
                log.warning(instance, "spec.interfaces", finding.sentence(), Integer.toString(finding.mtuFound()));
            }
        }
    }

    private void auditUnderlay(Configuration configuration, CompiledNode compiled, CompileLog log) {
        configuration
                .find(Kind.NODE, node)
                .ifPresent(object -> PlaneMtu.check(compiled)
                        .forEach(finding -> log.warning(
                                object, "spec.underlay", finding.sentence(), Integer.toString(finding.mtuFound()))));
    }

    private static TrackerTimeouts timeouts(Node.Timeouts t) {
        return new TrackerTimeouts(
                t.tcpEstablishedNs(),
                t.tcpHalfOpenNs(),
                t.tcpClosingNs(),
                t.udpNs(),
                t.udpStreamNs(),
                t.icmpNs(),
                t.otherNs());
    }

    /** What a snapshot refers to though its objects may be gone: nodes that packets are in, paths and rules that flows are kept on. */
    private NumbersInUse inUse(CompiledNode node) {
        NumbersInUse inUse = new NumbersInUse();
        Snapshot snapshot = node.snapshot();
        for (Attachment attachment : snapshot.attachments()) {
            inUse.add(Space.INSTANCE, attachment.instance());
            inUse.add(Space.PORT, attachment.in().port());
            inUse.add(Space.PORT, attachment.out().port());
            Arrays.stream(attachment.routers()).forEach(router -> inUse.add(Space.ROUTER, router));
        }
        for (InstanceEntry instance : node.instances()) {
            inUse.add(Space.INSTANCE, instance.number());
            instance.ports().forEach(port -> inUse.add(Space.PORT, port));
        }
        for (Rule rule : snapshot.retained().rules()) {
            inUse.add(Space.TARGET, rule.targetId());
            rule.appliedTo().toBitSet().stream().forEach(side -> inUse.add(Space.PORT, side >> 1));
        }
        node.paths()
                .forEach(path -> inUse.add(
                        Space.TARGET,
                        ids.names(Space.TARGET).known(path.content().chain())));
        for (int i = 0; i < snapshot.portCount(); i++) {
            inUse.add(Space.ROUTER, snapshot.port(i).router());
        }
        return inUse;
    }

    /** Checked before anything gets a number. */
    private static boolean fits(Configuration configuration, String node, CompileLog log) {
        long here = configuration.instances().stream()
                .filter(instance -> instance.spec().node().orElse(node).equals(node))
                .count();
        long elsewhere = configuration.instances().size() - here;
        long ports = configuration.ports().size()
                + 2L * here
                + configuration.routers().stream()
                        .mapToLong(router -> router.spec().interfaces().size())
                        .sum();
        if (ports > INDICES_MAX) {
            log.error(
                    "Ports, router interfaces and interfaces of service instances are too many for one node",
                    Long.toString(ports),
                    "at most " + INDICES_MAX);
        }
        if (here + elsewhere > INDICES_MAX) {
            log.error(
                    "service instances of this node and of those that share theirs with it are too many",
                    Long.toString(here + elsewhere),
                    "at most " + INDICES_MAX);
        }
        return ports <= INDICES_MAX && here + elsewhere <= INDICES_MAX;
    }

    private boolean namesLeft(CompileLog log) {
        return namesLeft("ports", Space.PORT, INDICES_MAX, log)
                && namesLeft("routers, pairs of ports and switches", Space.ROUTER, INDICES_MAX, log)
                && namesLeft("service instances", Space.INSTANCE, INDICES_MAX, log)
                && namesLeft("service chains", Space.TARGET, TARGETS_MAX, log);
    }

    /** With more than that a router could not be told from a node that serves others. */
    private boolean namesLeft(String what, Space space, int most, CompileLog log) {
        int named = ids.size(space);
        if (named > most) {
            log.error(
                    "so many " + what + " have come and gone that no number is left; numbers come back when no flow"
                            + " knows them any more, " + NumberReuse.GONE_MINUTES
                            + " minutes after the change at the earliest: try again then, or restart the node",
                    Integer.toString(named),
                    "at most " + most);
        }
        return named <= most;
    }

    private static CompileResult failed(CompileLog log) {
        return new CompileResult(Optional.empty(), log.problems());
    }
}
