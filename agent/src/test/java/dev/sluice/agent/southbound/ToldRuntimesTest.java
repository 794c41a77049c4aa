package dev.sluice.agent.southbound;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.agent.report.PathsReport.RoutingReport;
import dev.sluice.agent.report.PlanesReport;
import dev.sluice.agent.report.PlanesReport.MemberReport;
import dev.sluice.agent.report.RuntimesReport;
import dev.sluice.agent.report.RuntimesReport.InterfaceReport;
import dev.sluice.agent.report.RuntimesReport.PlaneReport;
import dev.sluice.agent.report.RuntimesReport.RuntimeReport;
import dev.sluice.southbound.InstanceRuntime;
import dev.sluice.southbound.RouterRuntime;
import dev.sluice.southbound.Runtimes;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What a node tells its manager of what serves chains there. */
class ToldRuntimesTest {
    private final ToldRuntimes told = new ToldRuntimes();

    private static RuntimesReport instances(boolean alive) {
        return new RuntimesReport(List.of(instance(alive)));
    }

    private static RuntimeReport instance(boolean alive) {
        return new RuntimeReport(
                "fw-1",
                "firewall",
                List.of(
                        new InterfaceReport("in", "fw-i", 0x02_00_00_00_00_01L, ""),
                        new InterfaceReport("out", "fw-o", -1, "no carrier")),
                "",
                "drain",
                alive,
                true,
                alive ? "" : "interface fw-o has no carrier",
                List.of(new PlaneReport(5_001, "plane-1"), new PlaneReport(4_096, "")));
    }

    private static MemberReport member(String router, int svni) {
        return new MemberReport(
                "router",
                router,
                0xf000_0001L,
                svni,
                "",
                List.of("inspect"),
                List.of("t1"),
                List.of("fw-i"),
                List.of("fw-1"));
    }

    private static PlanesReport planes(MemberReport... members) {
        return new PlanesReport("10.0.0.1", "underlay", List.of(members));
    }

    private Runtimes tell(RuntimesReport instances, PlanesReport planes, RoutingReport... routing) {
        return told.tell(instances, planes, List.of(routing)).orElseThrow().getRuntimes();
    }

    @Test
    void whatServesChainsIsToldOnceAndAnewOverAnotherStream() {
        RoutingReport b = new RoutingReport("b", "alive", "");
        Runtimes all =
                tell(instances(true), planes(member("edge", 5_001), member("edge", 5_002), member("vpc", 5_001)), b);
        InstanceRuntime instance = all.getInstances(0);
        assertThat(instance.getInterfaces(0).getMac()).isEqualTo(0x02_00_00_00_00_01L);
        assertThat(instance.getInterfaces(1).hasMac()).isFalse();
        assertThat(instance.getInterfaces(1).getTrouble()).isEqualTo("no carrier");
        assertThat(instance.getAdminState()).isEqualTo("drain");
        assertThat(instance.getPlanes(0).getAttachment()).isEqualTo("plane-1");
        assertThat(all.getRoutersList()).extracting(RouterRuntime::getName).containsExactly("edge", "vpc");
        RouterRuntime edge = all.getRouters(0);
        assertThat(edge.getTenant()).isEqualTo(0xf000_0001);
        assertThat(edge.getPlanesList())
                .extracting(plane -> plane.getPlane().getSvni())
                .containsExactly(5_001, 5_002);
        assertThat(edge.getPlanes(0).getInterfacesList()).containsExactly("fw-i");
        assertThat(all.getRouting(0).getState()).isEqualTo("alive");

        PlanesReport one = planes(member("edge", 5_001));
        tell(instances(true), one, b);
        assertThat(told.tell(instances(true), one, List.of(b))).isEmpty();
        assertThat(tell(instances(false), one, b).getInstances(0).getReason()).contains("fw-o");
        assertThat(tell(instances(false), one, new RoutingReport("b", "dead", "its node does not answer"))
                        .getRouting(0)
                        .getReason())
                .isNotEmpty();
        told.begin();
        // A node with nothing says so: a manager that remembers something would keep it.
        assertThat(tell(new RuntimesReport(List.of()), planes()).getInstancesList())
                .isEmpty();
    }

    @Test
    void moreThanAreToldAreCounted() {
        RuntimesReport many = new RuntimesReport(Collections.nCopies(ToldRuntimes.TOLD_MAX + 3, instance(true)));
        Runtimes all = tell(many, planes());
        assertThat(all.getInstancesCount()).isEqualTo(ToldRuntimes.TOLD_MAX);
        assertThat(all.getLeftOff()).isEqualTo(3);
    }
}
