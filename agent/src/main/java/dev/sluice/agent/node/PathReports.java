package dev.sluice.agent.node;

import dev.sluice.agent.NodeException;
import dev.sluice.agent.admin.AdminCommand;
import dev.sluice.agent.admin.AdminRequest;
import dev.sluice.agent.compile.CompiledNode;
import dev.sluice.agent.compile.PathDraft;
import dev.sluice.agent.flows.CountPaths;
import dev.sluice.agent.instances.InstanceWatch;
import dev.sluice.agent.report.InstanceEntry;
import dev.sluice.agent.report.PathTrafficReport;
import dev.sluice.agent.report.PathsReport;
import dev.sluice.agent.report.PathsReport.HopReport;
import dev.sluice.agent.report.PathsReport.PathReport;
import dev.sluice.agent.worker.Worker;
import dev.sluice.datapath.liveness.Liveness;
import dev.sluice.datapath.snapshot.AttachmentCounters;
import dev.sluice.datapath.snapshot.Path;
import dev.sluice.datapath.snapshot.PlanePath;
import dev.sluice.model.ServiceChain;
import dev.sluice.model.ServiceInstance.AdminState;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Says of each path who is on it, and why new flows get it or not. Any thread. */
final class PathReports {
    /** Eight service nodes with names of 63 characters, and the chain's. */
    private static final int NAME_CHARACTERS_MAX = 1_024;

    private final Worker worker;
    private final InstanceWatch watch;
    private final Liveness liveness;
    private final LeadingRouters.Newest leading;

    PathReports(Worker worker, InstanceWatch watch, Liveness liveness, LeadingRouters.Newest leading) {
        this.leading = leading;
        this.worker = worker;
        this.watch = watch;
        this.liveness = liveness;
    }

    /** Finds something on the control thread. */
    @FunctionalInterface
    interface Missing {
        /** By id, why paths that are awaited are not given to new flows yet. */
        Map<Integer, String> find() throws NodeException;
    }

    /** What is asked of paths: all of them, or only who is on them and why they are used or not, which costs the worker nothing. */
    List<AdminCommand> commands(Supplier<CompiledNode> node, Missing missing) {
        return List.of(
                new AdminCommand("paths", List.of(), _ -> of(node.get(), missing.find(), new CountPaths().by(worker))),
                new AdminCommand(PathsReport.STATES_REQUEST, List.of(), _ -> of(node.get(), Map.of(), null)),
                new AdminCommand(
                        PathTrafficReport.REQUEST, List.of("chain", "path"), request -> traffic(node.get(), request)));
    }

    /** Why new flows get a path or not. */
    private record Verdict(String state, String reason) {}

    /**
     * All paths.
     *
     * @param missing by id, why paths that are awaited are not given to new flows yet
     * @param sums what flows carried, by id of the path; null: not known
     */
    private PathsReport of(
            CompiledNode node, Map<Integer, String> missing, @Nullable Map<Integer, CountPaths.Sum> sums) {
        Map<Integer, InstanceEntry> instances = new HashMap<>();
        node.instances().forEach(entry -> instances.put(entry.number(), entry));
        Set<String> byLoad = node.chains().stream()
                .filter(chain -> chain.spec().selection() == ServiceChain.Selection.LEAST_LOAD
                        && chain.spec().strategy() != ServiceChain.Strategy.ANY)
                .map(ServiceChain::name)
                .collect(Collectors.toSet());
        LeadingRouters routers = leading.of(node.snapshot());
        List<PathReport> reports = new ArrayList<>();
        for (PathDraft draft : node.paths()) {
            Path path = node.snapshot().path(draft.id());
            if (path != null) {
                PlanePath names = node.snapshot().plane().ofPath(draft.id());
                String loaded = byLoad.contains(draft.content().chain()) ? loaded(path, instances) : "";
                Verdict verdict = verdict(
                        draft,
                        path,
                        instances,
                        missing.getOrDefault(draft.id(), "its hosts have not all said that they serve it"),
                        loaded);
                List<String> ends = routers.namesFor(draft.content().chain(), path.name());
                reports.add(report(draft, path, names, ends, hops(draft, path, instances), verdict, sums));
            }
        }
        return new PathsReport(reports, RoutingStates.of(worker, liveness, node));
    }

    /** What one path carries. */
    private PathTrafficReport traffic(CompiledNode node, AdminRequest request) throws NodeException {
        String chain = request.text("chain", NAME_CHARACTERS_MAX).orElse("");
        String name = request.text("path", NAME_CHARACTERS_MAX).orElse("");
        for (PathDraft draft : node.paths()) {
            Path path = node.snapshot().path(draft.id());
            if (path != null
                    && path.name().equals(name)
                    && draft.content().chain().equals(chain)) {
                Map<Integer, InstanceEntry> instances = new HashMap<>();
                node.instances().forEach(entry -> instances.put(entry.number(), entry));
                Map<Integer, CountPaths.Sum> sums = new CountPaths().by(worker);
                CountPaths.Sum sum =
                        sums == null ? new CountPaths.Sum() : sums.getOrDefault(draft.id(), new CountPaths.Sum());
                return new PathTrafficReport(
                        sums == null ? -1 : sum.ownFlows,
                        List.of(sum.ownPackets[0], sum.ownPackets[1]),
                        List.of(sum.ownBytes[0], sum.ownBytes[1]),
                        path.counters().uninspected,
                        hops(draft, path, instances));
            }
        }
        throw new NodeException("there is no path " + name + " of chain " + chain + " here; see 'sluice paths'");
    }

    private static PathReport report(
            PathDraft draft,
            Path path,
            @Nullable PlanePath names,
            List<String> routers,
            List<HopReport> hops,
            Verdict verdict,
            @Nullable Map<Integer, CountPaths.Sum> sums) {
        CountPaths.Sum sum = sums == null ? null : sums.getOrDefault(draft.id(), new CountPaths.Sum());
        return new PathReport(
                draft.content().chain(),
                path.name(),
                names == null ? 0 : names.forwardSpi(),
                names == null ? 0 : names.reverseSpi(),
                names == null ? -1 : names.svni(),
                names == null ? "" : names.hub() ? "hub" : "direct",
                routers,
                hops,
                path.weight(),
                draft.metric(),
                verdict.state(),
                verdict.reason(),
                sum == null ? -1 : sum.flows,
                sum == null ? List.of() : List.of(sum.packets[0], sum.packets[1]),
                sum == null ? List.of() : List.of(sum.bytes[0], sum.bytes[1]),
                path.counters().flows,
                path.counters().uninspected);
    }

    private List<HopReport> hops(PathDraft draft, Path path, Map<Integer, InstanceEntry> instances) {
        List<HopReport> hops = new ArrayList<>();
        for (int i = 0; i < path.hops().size(); i++) {
            Path.Hop hop = path.hops().get(i);
            int number = hop.attachment().instance();
            InstanceEntry instance = instances.get(number);
            hops.add(new HopReport(
                    draft.content().hops().get(i).service(),
                    instance == null ? hop.attachment().name() : instance.name(),
                    instance == null ? "" : instance.host(),
                    hop.copy(),
                    liveness.instanceAlive(number),
                    hop.visits().name().toLowerCase(Locale.ROOT),
                    NodeReports.word(hop.onFailure()),
                    sent(hop),
                    List.of(
                            hop.attachment().counters().returned[0],
                            hop.attachment().counters().returned[1])));
        }
        return hops;
    }

    /** A hop that gets copies has them as its forward packets: they have no direction of their own. */
    private static List<Long> sent(Path.Hop hop) {
        AttachmentCounters counters = hop.attachment().counters();
        return hop.copy() ? List.of(counters.copies, 0L) : List.of(counters.sent[0], counters.sent[1]);
    }

    private Verdict verdict(
            PathDraft draft, Path path, Map<Integer, InstanceEntry> instances, String missing, String loaded) {
        String dead = dead(path, instances);
        return switch (draft.use()) {
            case AWAITED -> new Verdict("awaited", missing);
            case RESTING -> new Verdict("resting", resting(path, instances));
            case GONE -> new Verdict("retired", "no longer of the objects; there for the flows that have it");
            case KEPT ->
                dead.isEmpty()
                        ? new Verdict("kept", "no longer of the objects; until one that is awaited is served")
                        : new Verdict("dead", dead);
            case OFFERED -> {
                if (liveness.isFailed(draft.id())) {
                    yield new Verdict("failed", "told so; 'sluice paths restore' brings it back");
                }
                if (!dead.isEmpty()) {
                    yield new Verdict("dead", dead);
                }
                String unproven = path.hops().stream()
                        .filter(hop -> !liveness.isProven(hop.attachment().instance()))
                        .map(hop -> hop.attachment().name() + ": nothing heard of it yet")
                        .findFirst()
                        .orElse("");
                if (!unproven.isEmpty()) {
                    yield new Verdict("unproven", unproven);
                }
                yield draft.rank() > 0
                        ? new Verdict("backup", "gets flows when no better one is alive")
                        : new Verdict("in use", loaded);
            }
        };
    }

    /** What is dead on a path, empty if nothing. Taps are no reason: packets go on without them. */
    private String dead(Path path, Map<Integer, InstanceEntry> instances) {
        for (Path.Hop hop : path.hops()) {
            int number = hop.attachment().instance();
            if (!hop.copy() && !liveness.instanceAlive(number)) {
                InstanceEntry instance = instances.get(number);
                String why = watch.deadReason(number);
                return (instance == null ? hop.attachment().name() : instance.name()) + ": "
                        + (why.isEmpty() ? "dead" : why);
            }
        }
        return "";
    }

    /** Whose load lets it have fewer new flows, and how many; empty if nobody's does. */
    private String loaded(Path path, Map<Integer, InstanceEntry> instances) {
        int halvings = 0;
        List<String> names = new ArrayList<>();
        for (int number : path.instances()) {
            InstanceEntry instance = instances.get(number);
            int level = instance == null ? 0 : watch.load(instance.name());
            if (instance != null && level > 0) {
                names.add(instance.name());
                halvings += level;
            }
        }
        return names.isEmpty()
                ? ""
                : "1/" + (1L << halvings) + " of its share of new flows because of the load of "
                        + String.join(", ", names);
    }

    private static String resting(Path path, Map<Integer, InstanceEntry> instances) {
        for (Path.Hop hop : path.hops()) {
            InstanceEntry instance = instances.get(hop.attachment().instance());
            if (instance != null && instance.adminState() != AdminState.UP) {
                return instance.name() + " is in state " + instance.adminState().word();
            }
        }
        return "others come first, and with least-flows there are no backups";
    }
}
