package dev.sluice.agent.southbound;

import dev.sluice.agent.report.PathsReport.RoutingReport;
import dev.sluice.agent.report.PlanesReport;
import dev.sluice.agent.report.PlanesReport.MemberReport;
import dev.sluice.agent.report.RuntimesReport;
import dev.sluice.agent.report.RuntimesReport.InterfaceReport;
import dev.sluice.agent.report.RuntimesReport.PlaneReport;
import dev.sluice.agent.report.RuntimesReport.RuntimeReport;
import dev.sluice.southbound.FromAgent;
import dev.sluice.southbound.InstanceRuntime;
import dev.sluice.southbound.Plane;
import dev.sluice.southbound.PlaneMembership;
import dev.sluice.southbound.RouterRuntime;
import dev.sluice.southbound.RoutingState;
import dev.sluice.southbound.RuntimeInterface;
import dev.sluice.southbound.Runtimes;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** What a manager was told of what serves chains on this node: its service nodes and its routers (V16, V20, V31). No threads, sockets or clocks: everything that happens is a call. One user. */
final class ToldRuntimes {
    /** The command that asks a node for its service nodes. */
    static final String COMMAND = "runtimes";

    /** The command that asks it for its routers. */
    static final String PLANES = "planes";

    /** More of each are counted, not told. */
    static final int TOLD_MAX = 2_048;

    /** What was told over this stream; null: nothing. */
    private @Nullable Runtimes told;

    /** A new stream: nobody has been told anything over it. */
    void begin() {
        told = null;
    }

    /**
     * What is to be said as it is now; nothing if it was said before.
     *
     * @param routing of the other nodes
     */
    Optional<FromAgent> tell(RuntimesReport instances, PlanesReport planes, List<RoutingReport> routing) {
        Runtimes.Builder all = Runtimes.newBuilder();
        instances.instances().stream().limit(TOLD_MAX).forEach(each -> all.addInstances(instance(each)));
        List<RouterRuntime> routers = routers(planes);
        routers.stream().limit(TOLD_MAX).forEach(all::addRouters);
        all.setLeftOff(Math.max(0, instances.instances().size() - TOLD_MAX) + Math.max(0, routers.size() - TOLD_MAX));
        routing.forEach(each -> all.addRouting(RoutingState.newBuilder()
                .setNode(each.node())
                .setState(each.state())
                .setReason(each.reason())));
        Runtimes now = all.build();
        Runtimes before = told;
        if (before != null && now.equals(before)) {
            return Optional.empty();
        }
        told = now;
        return Optional.of(FromAgent.newBuilder().setRuntimes(now).build());
    }

    private static InstanceRuntime instance(RuntimeReport report) {
        InstanceRuntime.Builder instance = InstanceRuntime.newBuilder()
                .setInstance(report.instance())
                .setService(report.service())
                .setEndpoint(report.endpoint())
                .setAdminState(report.adminState())
                .setAlive(report.alive())
                .setProven(report.proven())
                .setReason(report.reason());
        for (InterfaceReport at : report.interfaces()) {
            RuntimeInterface.Builder side = RuntimeInterface.newBuilder()
                    .setSide(at.side())
                    .setName(at.name())
                    .setTrouble(at.trouble());
            if (at.mac() >= 0) {
                side.setMac(at.mac());
            }
            instance.addInterfaces(side);
        }
        for (PlaneReport plane : report.planes()) {
            instance.addPlanes(plane(plane.svni(), plane.attachment()));
        }
        return instance.build();
    }

    private static Plane plane(int svni, String attachment) {
        return Plane.newBuilder().setSvni(svni).setAttachment(attachment).build();
    }

    /** The planes of each router in one. */
    private static List<RouterRuntime> routers(PlanesReport planes) {
        Map<String, RouterRuntime.Builder> byName = new LinkedHashMap<>();
        for (MemberReport member : planes.members()) {
            byName.computeIfAbsent(
                            member.kind() + "/" + member.router(),
                            _ -> RouterRuntime.newBuilder()
                                    .setKind(member.kind())
                                    .setName(member.router())
                                    .setTenant((int) member.tenant())
                                    .setEndpoint(planes.endpoint()))
                    .addPlanes(PlaneMembership.newBuilder()
                            .setPlane(plane(member.svni(), member.attachment()))
                            .addAllChains(member.chains())
                            .addAllPorts(member.ports())
                            .addAllInterfaces(member.interfaces())
                            .addAllInstances(member.instances()));
        }
        List<RouterRuntime> routers = new ArrayList<>();
        byName.values().forEach(each -> routers.add(each.build()));
        return routers;
    }
}
