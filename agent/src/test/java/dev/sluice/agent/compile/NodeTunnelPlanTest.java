package dev.sluice.agent.compile;

import static dev.sluice.agent.Yaml.object;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.agent.Hosts;
import dev.sluice.agent.Yaml;
import dev.sluice.datapath.snapshot.Attachment;
import dev.sluice.datapath.snapshot.NodeTunnel;
import dev.sluice.wire.IpAddress;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What objects say of nodes that get more than frames, in the compiled configuration (C5). */
class NodeTunnelPlanTest {
    private static final String ON_ETHERNET = "interfaces: {in: {interface: sf0, mac: \"02:00:00:00:00:50\"}}";
    private static final IpAddress NODE = IpAddress.parse("10.0.0.50").orElseThrow();

    private final SnapshotCompiler compiler = new SnapshotCompiler("edge", new IdRegistry());

    private CompileResult compile(String service, String instance) {
        return compiler.compile(
                Yaml.parse(
                        Hosts.host("edge", 1),
                        Hosts.pair("edge"),
                        object("Service", "reader", "{" + service + "}"),
                        object("ServiceInstance", "reader-1", "{service: reader, node: edge, " + instance + "}"),
                        object("ServiceChain", "inspect", "{profiles: [reader]}"),
                        object(
                                "ServicePolicy",
                                "web",
                                "{appliedTo: [edge/left], rules: [{name: all, match: {}, action: {chain: inspect}}]}")),
                name -> new InterfaceFacts(name.hashCode() & 0xff, name.equals("eth0") ? 9000 : 1500));
    }

    private NodeTunnel tunnel(String service, String instance) {
        List<Attachment> all =
                compile(service, instance).node().orElseThrow().snapshot().attachments();
        return Objects.requireNonNull(all.getFirst().tunnel());
    }

    @Test
    void tunnelsForTheSidesOfANodeHaveTheirNumbers() {
        assertThat(tunnel("transport: gre", "endpoint: 10.0.0.50, greKey: 100"))
                .isEqualTo(new NodeTunnel(NodeTunnel.Format.GRE, NODE, 100));
        NodeTunnel vxlan = tunnel("transport: vxlan", "endpoint: 10.0.0.50, vni: 16777214");
        assertThat(vxlan).isEqualTo(new NodeTunnel(NodeTunnel.Format.VXLAN, NODE, 16_777_214));
        assertThat(List.of(vxlan.sideOf(16_777_213), vxlan.sideOf(16_777_214), vxlan.sideOf(16_777_215)))
                .containsExactly(-1, 0, 1);
    }

    @Test
    void metadataTypeIsThatOfTheService() {
        assertThat(tunnel("transport: nsh", "endpoint: 10.0.0.50").fixedContext())
                .as("unless it says one")
                .isFalse();
        assertThat(tunnel("transport: nsh, mdType: 2", "endpoint: 10.0.0.50").fixedContext())
                .isFalse();
        assertThat(tunnel("transport: nsh, mdType: 1", "endpoint: 10.0.0.50"))
                .isEqualTo(new NodeTunnel(NodeTunnel.Format.NSH, NODE).withFixedContext());
        assertThat(tunnel("transport: nsh-gpe, mdType: 1", "endpoint: 10.0.0.50"))
                .isEqualTo(new NodeTunnel(NodeTunnel.Format.NSH_GPE, NODE).withFixedContext());
        assertThat(tunnel("transport: nsh-ethernet, mdType: 1", ON_ETHERNET))
                .isEqualTo(NodeTunnel.onEthernet().withFixedContext());
    }

    /** Inner Ethernet header 14, and a service header of 24 or 60 bytes. */
    @ParameterizedTest
    @CsvSource({"1, 1538", "2, 1574"})
    void warningSaysHowLargeAnInterfaceHasToBeForTheMetadataType(int mdType, int needed) {
        assertThat(compile("transport: nsh-ethernet, mdType: " + mdType, ON_ETHERNET)
                        .problems())
                .filteredOn(problem -> problem.message().contains("sf0"))
                .singleElement()
                .satisfies(problem -> assertThat(problem.message()).contains("has MTU 1500 and needs " + needed));
    }
}
