package dev.sluice.lab.system;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.agent.admin.AdminClient;
import dev.sluice.agent.admin.TraceOverNodes;
import dev.sluice.agent.admin.TraceOverNodes.ForetoldOverNodes;
import dev.sluice.agent.report.JourneyReport;
import dev.sluice.agent.report.JourneyReport.Journey;
import dev.sluice.agent.report.JourneyReport.Leg;
import dev.sluice.lab.Namespace;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.FutureTask;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;

/** Packets are followed, and foretold, over three hosts and through nodes that know nothing of it (X3; issue 4 item 6). */
@Tag("system")
class TraceOverHostsTest {
    private static final int SECONDS = 10;

    private static ProgramNode node(Namespace namespace) {
        return ProgramNode.start(
                (from, frame, sender) -> sender.send(1 - from, frame),
                namespace.interfaceNamed("in"),
                namespace.interfaceNamed("out"));
    }

    private static List<String> places(Journey journey) {
        return journey.legs().stream()
                .map(leg -> leg.node() + " " + leg.received().replaceAll("(-[0-9])? <.*", ""))
                .toList();
    }

    private static Journey ofThe(JourneyReport report, String port) {
        return report.packets().stream()
                .filter(packet -> packet.legs().getFirst().received().startsWith(port))
                .findFirst()
                .orElseThrow(() -> new AssertionError(report.toString()));
    }

    @ParameterizedTest(name = "{0} over IPv{1}")
    @Cases(value = "hub, 6", more = "direct, 4")
    void aPacketIsOneStoryOverThreeHosts(String mode, int ipVersion) throws Exception {
        String objects = HostsNetwork.objects(mode, ipVersion);
        try (HostsNetwork network = new HostsNetwork();
                ProgramNode _ = node(network.fw);
                ProgramNode _ = node(network.ips);
                EchoHost _ = EchoHost.start(network.server, 7);
                SluiceNode a = network.start(0, objects);
                SluiceNode b = network.start(1, objects);
                SluiceNode c = network.start(2, objects)) {
            a.awaitTold("fw");
            a.awaitTold("ips");
            b.awaitTold("ips");
            c.awaitTold("fw");
            Map<String, AdminClient> all = new LinkedHashMap<>();
            all.put("host-a", a.admin());
            all.put("host-b", b.admin());
            all.put("host-c", c.admin());
            TraceOverNodes nodes = new TraceOverNodes(all);
            boolean hub = mode.equals("hub");
            List<String> forward = hub
                    ? List.of(
                            "host-a left",
                            "host-b underlay",
                            "host-b fw-out",
                            "host-a underlay",
                            "host-c underlay",
                            "host-c ips-out",
                            "host-a underlay")
                    : List.of(
                            "host-a left",
                            "host-b underlay",
                            "host-b fw-out",
                            "host-c underlay",
                            "host-c ips-out",
                            "host-a underlay");
            List<String> reverse = hub
                    ? List.of(
                            "host-a right",
                            "host-c underlay",
                            "host-c ips-in",
                            "host-a underlay",
                            "host-b underlay",
                            "host-b fw-in",
                            "host-a underlay")
                    : List.of(
                            "host-a right",
                            "host-c underlay",
                            "host-c ips-in",
                            "host-b underlay",
                            "host-b fw-in",
                            "host-a underlay");

            long before = a.uninspected();
            ForetoldOverNodes told = nodes.foretell(Map.of("port", "left", "packet", "udp 10.0.0.1:5000 > 10.0.0.2:7"));
            assertThat(places(told.journey())).isEqualTo(forward);
            assertThat(told.journey().end()).isEqualTo("leaves by right");
            assertThat(a.uninspected()).isEqualTo(before);
            assertThat(a.flowsOfPort(5000).flows()).isEmpty();

            FutureTask<JourneyReport> live = new FutureTask<>(
                    () -> nodes.trace(SECONDS, Map.of("packets", 2, "address", "10.0.0.2", "port", 7)));
            Thread.ofVirtual().start(live);
            try (UdpFlow flow = UdpFlow.open(network.client, "10.0.0.2", 7)) {
                // The nodes begin when all have had time to listen.
                while (!live.isDone()) {
                    flow.exchange(5);
                }
            }
            JourneyReport report = live.get();
            assertThat(report.full()).isTrue();
            assertThat(places(ofThe(report, "left"))).isEqualTo(forward);
            assertThat(places(ofThe(report, "right"))).isEqualTo(reverse);
            assertThat(report.packets()).extracting(Journey::end).containsOnly("leaves host-a");
            Leg served = ofThe(report, "left").legs().get(1);
            assertThat(served.steps()).anyMatch(step -> step.startsWith("carried here by host-a"));
            assertThat(served.steps()).anyMatch(step -> step.startsWith("steer fw in"));
        }
    }
}
