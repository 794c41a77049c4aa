package dev.sluice.agent.node;

import dev.sluice.agent.admin.AdminCommand;
import dev.sluice.agent.compile.CompiledNode;
import dev.sluice.agent.compile.PathDraft;
import dev.sluice.agent.instances.InstanceWatch;
import dev.sluice.agent.report.InstanceEntry;
import dev.sluice.agent.report.PlanesReport;
import dev.sluice.agent.report.PlanesReport.MemberReport;
import dev.sluice.agent.report.RuntimesReport;
import dev.sluice.agent.report.RuntimesReport.InterfaceReport;
import dev.sluice.agent.report.RuntimesReport.PlaneReport;
import dev.sluice.agent.report.RuntimesReport.RuntimeReport;
import dev.sluice.datapath.liveness.Liveness;
import dev.sluice.datapath.snapshot.Attachment;
import dev.sluice.datapath.snapshot.NodeTunnel;
import dev.sluice.datapath.snapshot.Path;
import dev.sluice.datapath.snapshot.ServicePlane;
import dev.sluice.datapath.snapshot.Snapshot;
import dev.sluice.model.PlaneNumbers;
import dev.sluice.model.ServiceChain;
import dev.sluice.wire.IpAddress;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Says who is on which service plane here: routers whose rules lead to chains, and the service nodes of this host. Any thread; costs the worker nothing. */
final class PlaneReports {
    private final InstanceWatch watch;
    private final Liveness liveness;
    private final LeadingRouters.Newest leading;

    PlaneReports(InstanceWatch watch, Liveness liveness, LeadingRouters.Newest leading) {
        this.leading = leading;
        this.watch = watch;
        this.liveness = liveness;
    }

    /** What is asked: which routers are on which planes, and which service nodes are here. */
    List<AdminCommand> commands(Supplier<CompiledNode> node) {
        return List.of(
                new AdminCommand("planes", List.of(), _ -> planes(node.get())),
                new AdminCommand("runtimes", List.of(), _ -> runtimes(node.get())));
    }

    /** Who may be a member: a router on a plane. */
    private record Membership(int router, PlaneReport plane) {
        static final Comparator<Membership> ORDER = Comparator.comparingInt(Membership::router)
                .thenComparingInt(each -> each.plane.svni())
                .thenComparing(each -> each.plane.attachment());
    }

    private PlanesReport planes(CompiledNode node) {
        Snapshot snapshot = node.snapshot();
        Map<String, PlaneReport> planes = planesOfChains(node);
        Map<String, Collection<InstanceEntry>> served = instancesOfChains(node);
        Map<Membership, List<LeadingRouters.Lead>> members = new TreeMap<>(Membership.ORDER);
        for (LeadingRouters.Lead lead : leading.of(snapshot).leads()) {
            PlaneReport plane = planes.get(lead.chain());
            if (plane != null) {
                members.computeIfAbsent(new Membership(lead.router(), plane), _ -> new ArrayList<>())
                        .add(lead);
            }
        }
        List<MemberReport> reports = new ArrayList<>();
        members.forEach((member, leads) -> reports.add(member(snapshot, member, leads, served)));
        ServicePlane own = snapshot.plane();
        return own.router() < 0
                ? new PlanesReport("", "", reports)
                : new PlanesReport(
                        own.endpoint().toString(), snapshot.router(own.router()).name(), reports);
    }

    private static MemberReport member(
            Snapshot snapshot,
            Membership member,
            List<LeadingRouters.Lead> leads,
            Map<String, Collection<InstanceEntry>> served) {
        List<InstanceEntry> instances = leads.stream()
                .flatMap(lead -> served.getOrDefault(lead.chain(), List.of()).stream())
                .distinct()
                .toList();
        return new MemberReport(
                kind(snapshot, member.router),
                snapshot.router(member.router).name(),
                Integer.toUnsignedLong(snapshot.plane().tenant(member.router)),
                member.plane.svni(),
                member.plane.attachment(),
                leads.stream().map(LeadingRouters.Lead::chain).toList(),
                sorted(leads.stream().flatMap(lead -> lead.ports().stream())),
                sorted(instances.stream().flatMap(instance -> instance.interfaces().stream())),
                sorted(instances.stream()
                        .map(instance -> instance.remote()
                                ? PlaneNumbers.place(instance.name(), instance.host())
                                : instance.name())));
    }

    private static List<String> sorted(Stream<String> names) {
        return List.copyOf(new TreeSet<>(names.toList()));
    }

    /** Names of objects have no slash, those of pairs have one between the ports. */
    private static String kind(Snapshot snapshot, int router) {
        if (snapshot.segments().has(router)) {
            return "switch";
        }
        return snapshot.router(router).name().indexOf('/') < 0 ? "router" : "pair";
    }

    private static Map<String, PlaneReport> planesOfChains(CompiledNode node) {
        Map<String, PlaneReport> planes = new HashMap<>();
        for (ServiceChain chain : node.chains()) {
            planes.put(
                    chain.name(),
                    new PlaneReport(
                            chain.spec().svni(), chain.spec().attachment().orElse("")));
        }
        return planes;
    }

    /** The service nodes of the paths that the objects have, by chain, each once. */
    private static Map<String, Collection<InstanceEntry>> instancesOfChains(CompiledNode node) {
        Map<Integer, InstanceEntry> instances = new HashMap<>();
        node.instances().forEach(entry -> instances.put(entry.number(), entry));
        Map<String, Map<Integer, InstanceEntry>> byChain = new HashMap<>();
        for (PathDraft draft : node.paths()) {
            Path path = node.snapshot().path(draft.id());
            if (path != null && draft.use() != PathDraft.Use.GONE) {
                Map<Integer, InstanceEntry> ofChain =
                        byChain.computeIfAbsent(draft.content().chain(), _ -> new TreeMap<>());
                for (int number : path.instances()) {
                    InstanceEntry instance = instances.get(number);
                    if (instance != null) {
                        ofChain.put(number, instance);
                    }
                }
            }
        }
        Map<String, Collection<InstanceEntry>> result = new HashMap<>();
        byChain.forEach((chain, ofChain) -> result.put(chain, ofChain.values()));
        return result;
    }

    private RuntimesReport runtimes(CompiledNode node) {
        Map<String, PlaneReport> planes = planesOfChains(node);
        Map<String, Set<PlaneReport>> ofInstances = new HashMap<>();
        Comparator<PlaneReport> order =
                Comparator.comparingInt(PlaneReport::svni).thenComparing(PlaneReport::attachment);
        instancesOfChains(node).forEach((chain, instances) -> {
            PlaneReport plane = planes.get(chain);
            if (plane != null) {
                instances.forEach(instance -> ofInstances
                        .computeIfAbsent(instance.name(), _ -> new TreeSet<>(order))
                        .add(plane));
            }
        });
        Map<Integer, Attachment> attachments = new HashMap<>();
        node.snapshot().attachments().forEach(each -> attachments.putIfAbsent(each.instance(), each));
        return new RuntimesReport(node.instances().stream()
                // One that lingers is gone from the objects.
                .filter(instance -> !instance.remote() && !instance.lingers())
                .map(instance -> runtime(
                        instance,
                        attachments.get(instance.number()),
                        List.copyOf(ofInstances.getOrDefault(instance.name(), Set.of()))))
                .toList());
    }

    private RuntimeReport runtime(InstanceEntry instance, @Nullable Attachment attachment, List<PlaneReport> planes) {
        boolean alive = liveness.instanceAlive(instance.number());
        NodeTunnel tunnel = attachment == null ? null : attachment.tunnel();
        IpAddress address = tunnel == null ? null : tunnel.address();
        return new RuntimeReport(
                instance.name(),
                instance.service(),
                interfaces(instance, attachment),
                address == null ? "" : address.toString(),
                instance.adminState().word(),
                alive,
                liveness.isProven(instance.number()),
                alive ? "" : watch.deadReason(instance.number()),
                planes);
    }

    private List<InterfaceReport> interfaces(InstanceEntry instance, @Nullable Attachment attachment) {
        List<InterfaceReport> reports = new ArrayList<>();
        int count = instance.interfaces().size();
        for (int side = 0; side < count; side++) {
            reports.add(new InterfaceReport(
                    count == 1 ? "both" : side == Attachment.IN ? "in" : "out",
                    instance.interfaces().get(side),
                    attachment == null ? -1 : attachment.side(side).mac(),
                    watch.downReason(instance.ports().get(side))));
        }
        return reports;
    }
}
