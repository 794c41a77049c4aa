package dev.sluice.agent.compile;

import dev.sluice.agent.compile.IdRegistry.Space;
import dev.sluice.datapath.PortEntry;
import dev.sluice.datapath.Retained;
import dev.sluice.datapath.ServicePlane;
import dev.sluice.datapath.Snapshot;
import dev.sluice.datapath.TrackerTimeouts;
import dev.sluice.datapath.rules.Rule;
import dev.sluice.model.Configuration;
import dev.sluice.model.ExistingFlows;
import dev.sluice.model.Node;
import dev.sluice.model.Service;
import dev.sluice.model.ServiceInstance;
import java.util.ArrayList;
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
    /** Most ports, and most instances, that a process can have named since it started. */
    public static final int INDICES_MAX = 4096;

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
        return compile(whole, interfaces, Optional.empty(), BindingsCheck.NONE);
    }

    /**
     * The same, if the check has nothing against the devices.
     *
     * @param existingFlows what the change means for flows in progress, if it is not to be as the Node object says
     */
    public CompileResult compile(
            Configuration whole,
            InterfaceDirectory interfaces,
            Optional<ExistingFlows> existingFlows,
            BindingsCheck check) {
        CompileLog log = new CompileLog("node " + node);
        Configuration configuration = whole.forNode(node);
        if (!fits(configuration, node, log)) {
            return failed(log);
        }
        Node.Spec settings = configuration.nodeSpec(node);
        PortPlan ports = new PortPlan(configuration, settings.io().driver(), ids, interfaces, log);
        InstancePlan instances = new InstancePlan(configuration, node, ports, ids, log);
        RouterPlan routers = new RouterPlan(configuration, ports, ids, log);
        SegmentPlan segments = new SegmentPlan(whole, ids);
        ServicePlane planeBefore =
                previous == null ? ServicePlane.NONE : previous.snapshot().plane();
        PlanePlan plane = new PlanePlan(whole, configuration, node, ids, log, planeBefore);
        PathPlan paths = new PathPlan(configuration, instances, plane, ids, log);
        RulePlan rules = new RulePlan(configuration, ports, ids, log, previous == null ? null : previous.snapshot());
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
            change = change.awaiting(paths.await(before.paths(), change, word, nowNs));
            instances.leave(paths.givenInstances());
        }
        CompiledNode compiled = assemble(
                whole,
                configuration,
                settings,
                existingFlows.orElse(settings.existingFlows()),
                ports,
                routers,
                instances,
                plane,
                segments,
                paths,
                rules,
                before);
        auditMtu(configuration, compiled, before, log);
        PlaneMtu.check(configuration, node, compiled, log);
        if (log.hasErrors()) {
            return failed(log);
        }
        ids.endCompilation();
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
            ExistingFlows existingFlows,
            PortPlan ports,
            RouterPlan routers,
            InstancePlan instances,
            PlanePlan plane,
            SegmentPlan segments,
            PathPlan paths,
            RulePlan rules,
            @Nullable CompiledNode before) {
        List<PortEntry> entries = ports.entries();
        int generation = before == null ? 1 : before.snapshot().generation() + 1;
        Retained retained = RetainedPlan.next(
                before == null ? null : before.snapshot(), existingFlows, generation, rules.rules(), entries);
        List<Rule> leading = new ArrayList<>(rules.rules());
        leading.addAll(retained.rules());
        SnapshotAssembly assembly = new SnapshotAssembly(
                configuration, ids, entries, leading, instances.attachments(), paths.all(), plane, before);
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
                configuration.chains());
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

    /** Checked before anything gets a number, because numbers are given for ever. */
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
        int named = Math.max(ids.size(Space.PORT), ids.size(Space.INSTANCE));
        if (named > INDICES_MAX) {
            log.error(
                    "so many ports or instances have come and gone that no number is left; restart the node",
                    Integer.toString(named),
                    "at most " + INDICES_MAX);
        }
        return named <= INDICES_MAX;
    }

    private static CompileResult failed(CompileLog log) {
        return new CompileResult(Optional.empty(), log.problems());
    }
}
