package dev.sluice.lab.system;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.datapath.DropReason;
import dev.sluice.lab.LabInterface;
import dev.sluice.lab.Namespace;
import dev.sluice.lab.Waits;
import java.time.Duration;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * Two bridging nodes of one chain that are wired to each other behind Sluice's back: what is sent to the second comes back as if the first had passed it, again and again. The TTL
 * does not end it, since nobody routes; the packet caps of the nodes do, and each packet that they end is counted.
 */
@Tag("system")
class LoopTest {
    private static final int LOOPING = 200;
    private static final int CAP = 2_000;

    @Test
    void packetsThatTwoNodesSendEachOtherDieByTheirCaps() {
        try (Network network = Network.transparent();
                EchoHost echo = EchoHost.start(network.server, 7)) {
            Namespace twins = network.topology.namespace("twins");
            LabInterface[] sides = new LabInterface[4];
            String[] names = {"a-in", "a-out", "b-in", "b-out"};
            for (int i = 0; i < sides.length; i++) {
                sides[i] = network.host(twins, "t" + i, names[i]);
            }
            try (SluiceNode sluice = SluiceNode.start(network.sluice, yaml());
                    ProgramNode node = ProgramNode.start(
                            (from, frame, sender) -> sender.send(from == 0 || from == 2 ? 1 : 0, frame), sides);
                    UdpFlow flow = UdpFlow.open(network.client, "10.0.0.2", 9)) {
                for (int i = 0; i < LOOPING; i++) {
                    flow.send();
                }
                Waits.until(
                        "each looping packet is dropped by a cap",
                        Duration.ofSeconds(30),
                        () -> sluice.dropped(DropReason.NODE_CAP_EXCEEDED) >= LOOPING,
                        () -> sluice.counters().toString());
                long rounds = node.receivedCount();
                assertThat(sluice.dropped(DropReason.NODE_CAP_EXCEEDED)).isEqualTo(LOOPING);
                try (UdpFlow free = UdpFlow.open(network.client, "10.0.0.2", 7)) {
                    assertThat(free.exchange(50).lost()).isZero();
                }
                assertThat(node.receivedCount()).as("the loop is over").isEqualTo(rounds);
                assertThat(echo.datagramCount())
                        .as("nothing got past the second node")
                        .isEqualTo(50);
                System.out.println("loop between two nodes: " + LOOPING + " packets died after " + rounds
                        + " rounds in all, caps of " + CAP + " packets per second");
            }
        }
    }

    private static String yaml() {
        StringBuilder yaml = new StringBuilder(Yaml.of(Yaml.PAIR));
        for (String name : new String[] {"a", "b"}) {
            yaml.append("---\n")
                    .append(Yaml.object("Service", name, "{transport: raw}"))
                    .append("---\n")
                    .append(Yaml.object(
                            "ServiceInstance",
                            name,
                            "{service: " + name + ", packetsPerSecondMax: " + CAP + ", interfaces: {in: " + name
                                    + "-in, out: " + name + "-out}}"));
        }
        return yaml.append("---\n")
                .append(Yaml.object("ServiceChain", "both", "{profiles: [a, b]}"))
                .append("---\n")
                .append(Yaml.policy(
                        "looped",
                        "edge/left",
                        "{name: looped, match: {protocol: udp, destination: {ports: [9]}}, action: {chain: both}}"))
                .toString();
    }
}
