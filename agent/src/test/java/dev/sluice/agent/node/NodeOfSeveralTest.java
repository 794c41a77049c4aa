package dev.sluice.agent.node;

import static dev.sluice.agent.Hosts.host;
import static dev.sluice.agent.Yaml.object;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.agent.NodeOptions;
import dev.sluice.agent.Yaml;
import dev.sluice.agent.report.StatusReport;
import dev.sluice.agent.report.StatusReport.ChainReport;
import dev.sluice.agent.report.StatusReport.InstanceReport;
import dev.sluice.agent.worker.WorkerSizes;
import dev.sluice.model.ServiceInstance.AdminState;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A running node whose directory holds the objects of other nodes too. */
class NodeOfSeveralTest {
    @TempDir
    private Path directory = Path.of("");

    private static String objects() {
        return Yaml.text(
                host("a", 1, "underlay"),
                host("b", 2, "underlay"),
                object("Port", "left", "{node: a, interface: left, peer: right}"),
                object("Port", "right", "{node: a, interface: right}"),
                object("Service", "firewall", "{transport: raw, health: {probe: through}}"),
                object("ServiceInstance", "fw-a", "{service: firewall, node: a, interfaces: {in: fw-i, out: fw-o}}"),
                object("ServiceInstance", "fw-b", "{service: firewall, node: b, interfaces: {in: fw-i, out: fw-o}}"),
                object("ServiceChain", "inspect", "{profiles: [firewall], strategy: local}"),
                object(
                        "ServicePolicy",
                        "web",
                        "{appliedTo: [left], rules: [{name: all, match: {}, action: {chain: inspect}}]}"));
    }

    @Test
    void instancesOfOtherNodesAreShownWithTheirNodeAndTheNodesWithTheirState() throws Exception {
        FakeHost host = new FakeHost();
        List.of("underlay", "left", "right").forEach(name -> host.link(name, true));
        Files.writeString(directory.resolve("conf.yaml"), objects());
        NodeOptions options =
                NodeOptions.of(directory).named("a").at(directory.resolve("s.sock"), directory.resolve("state"));
        try (NodeRunner node = NodeRunner.start(options, host, host, new WorkerSizes(256, 4, 1024, 42))) {
            StatusReport status = node.status();
            assertThat(status.instances()).extracting(InstanceReport::node).containsExactly("", "b");
            assertThat(status.instances().get(0).alive()).isFalse();
            assertThat(status.instances().get(1).reason()).isIn("", "node b does not answer");
            assertThat(status.peers().peers())
                    .extracting(peer -> peer.name() + " " + peer.address() + " " + peer.state())
                    .containsExactly("b 10.0.0.2 down");
            assertThat(status.instances().get(1).probe()).isNull();
            ChainReport chain = status.chains().getFirst();
            assertThat(chain.strategy()).isEqualTo("local");
            assertThat(chain.selection()).isEqualTo("round-robin");
            assertThat(chain.paths())
                    .extracting(path -> path.name() + " " + path.metric() + " " + path.backup())
                    .containsExactly("inspect[fw-a] 0 false", "inspect[fw-b] 0 true");
            node.administer("fw-b", Optional.of(AdminState.DRAIN));
            assertThat(node.status().chains().getFirst().paths())
                    .extracting(path -> path.name() + " " + path.draining())
                    .containsExactlyInAnyOrder("inspect[fw-a] false", "inspect[fw-b] true");
        }
    }
}
