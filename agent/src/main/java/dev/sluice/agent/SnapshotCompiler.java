package dev.sluice.agent;

import dev.sluice.agent.IdRegistry.Space;
import dev.sluice.datapath.PortEntry;
import dev.sluice.datapath.Snapshot;
import dev.sluice.datapath.TrackerTimeouts;
import dev.sluice.model.Configuration;
import dev.sluice.model.Node;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Compiles the objects of users into the tables of the data path. One user: the control thread.
 *
 * <p>Steps, each a class: ports and routers ({@link PortPlan}, {@link RouterPlan}), service instances and how they are attached ({@link InstancePlan}),
 * the paths of chains ({@link PathPlan}), rules and groups ({@link RulePlan}); {@link SnapshotAssembly} puts them together. A configuration
 * with errors changes nothing: the next compilation continues from the last one that succeeded.
 *
 * <p>What flows may still be pinned to outlives its configuration: a path that a target no longer has stays in the snapshot (and takes no new flows) as
 * long as its nodes stand.
 */
public final class SnapshotCompiler {
    /** Most ports, and most instances, that a process can have named since it started. */
    public static final int INDICES_MAX = 4096;

    private final String node;
    private final IdRegistry ids;
    private @Nullable CompiledNode previous;

    /**
     * A compiler that has compiled nothing.
     *
     * @param node name of this node
     * @param ids lives as long as the process
     */
    public SnapshotCompiler(String node, IdRegistry ids) {
        this.node = node;
        this.ids = ids;
    }

    /** Compiles the part of a configuration that belongs to this node. */
    public CompileResult compile(Configuration whole, InterfaceDirectory interfaces) {
        CompileLog log = new CompileLog("node " + node);
        Configuration configuration = whole.forNode(node);
        if (!fits(configuration, log)) {
            return failed(log);
        }
        Node.Spec settings = configuration.nodeSpec(node);
        PortPlan ports = new PortPlan(configuration, settings.io().driver(), ids, interfaces, log);
        InstancePlan instances = new InstancePlan(configuration, ports, ids, log);
        RouterPlan routers = new RouterPlan(configuration, ports, ids, log);
        PathPlan paths = new PathPlan(configuration, instances, ids, log);
        RulePlan rules = new RulePlan(configuration, ports, ids, log, previous == null ? null : previous.snapshot());
        if (!namesLeft(log) || log.hasErrors()) {
            return failed(log);
        }
        CompiledNode before = previous;
        if (before != null) {
            instances.retain(before.attachments());
            paths.retain(before.paths());
        }
        CompiledNode compiled = assemble(configuration, settings, ports, routers, instances, paths, rules, before);
        ids.endCompilation();
        previous = compiled;
        return new CompileResult(Optional.of(compiled), log.problems());
    }

    private CompiledNode assemble(
            Configuration configuration,
            Node.Spec settings,
            PortPlan ports,
            RouterPlan routers,
            InstancePlan instances,
            PathPlan paths,
            RulePlan rules,
            @Nullable CompiledNode before) {
        List<PortEntry> entries = ports.entries();
        SnapshotAssembly assembly = new SnapshotAssembly(
                configuration, ids, entries, rules.rules(), instances.attachments(), paths.all(), before);
        Snapshot snapshot = new Snapshot(
                before == null ? 1 : before.snapshot().generation() + 1,
                entries,
                routers.entries(),
                assembly.targets(),
                rules.rules(),
                rules.groups(),
                assembly.paths(),
                assembly.attachments(),
                timeouts(settings.tracker().timeouts()),
                instances.instances().stream()
                        .flatMap(instance -> instance.cap().stream())
                        .toList());
        return new CompiledNode(
                snapshot,
                ports.bindings(),
                instances.instances(),
                instances.probes(),
                settings,
                List.copyOf(instances.attachments().values()),
                List.copyOf(paths.all().values()));
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
    private static boolean fits(Configuration configuration, CompileLog log) {
        long ports = configuration.ports().size()
                + 2L * configuration.instances().size()
                + configuration.routers().stream()
                        .mapToLong(router -> router.spec().interfaces().size())
                        .sum();
        if (ports > INDICES_MAX) {
            log.error(
                    "Ports, router interfaces and interfaces of service instances are too many for one node",
                    Long.toString(ports),
                    "at most " + INDICES_MAX);
        }
        return ports <= INDICES_MAX;
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
