package dev.sluice.lab.system;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.datapath.packet.DropReason;
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
    private static final String CAPS = ", packetsPerSecondMax: " + CAP;

    @Test
    void packetsThatTwoNodesSendEachOtherDieByTheirCaps() {
        try (Network network = Network.transparent();
                EchoHost echo = EchoHost.start(network.server, 7)) {
            LabInterface[] sides = sides(network);
            try (SluiceNode sluice = SluiceNode.start(network.sluice, yaml(CAPS));
                    ProgramNode node = twins(sides);
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

    @Test
    void loopWithoutCapsIsToldAndHarmsNoOtherTrafficAndEndsWhenCapsAreSet() {
        try (Network network = Network.transparent();
                EchoHost _ = EchoHost.start(network.server, 7)) {
            LabInterface[] sides = sides(network);
            try (SluiceNode sluice = SluiceNode.start(network.sluice, yaml(""));
                    ProgramNode node = twins(sides);
                    UdpFlow flow = UdpFlow.open(network.client, "10.0.0.2", 9);
                    UdpFlow free = UdpFlow.open(network.client, "10.0.0.2", 7)) {
                for (int i = 0; i < 4; i++) {
                    flow.send();
                }
                Waits.until(
                        "status tells of the loop",
                        Duration.ofSeconds(20),
                        () -> notices(sluice).contains("service instance a sends"),
                        () -> sluice.status().instances().toString());
                assertThat(notices(sluice)).contains("wired into a loop").doesNotContain("instance b sends");
                assertThat(free.exchange(50).lost()).isZero();
                sluice.configure(yaml(CAPS));
                Waits.until(
                        "each looping packet is dropped by a cap",
                        Duration.ofSeconds(20),
                        () -> sluice.dropped(DropReason.NODE_CAP_EXCEEDED) == 4,
                        () -> sluice.counters().toString());
                Waits.until(
                        "status tells of no loop",
                        Duration.ofSeconds(10),
                        () -> notices(sluice).isEmpty());
                long rounds = node.receivedCount();
                assertThat(free.exchange(20).lost()).isZero();
                assertThat(node.receivedCount()).as("the loop is over").isEqualTo(rounds);
            }
        }
    }

    private static String notices(SluiceNode sluice) {
        return String.join("\n", sluice.status().configuration().notices());
    }

    private static LabInterface[] sides(Network network) {
        Namespace twins = network.topology.namespace("twins");
        LabInterface[] sides = new LabInterface[4];
        String[] names = {"a-in", "a-out", "b-in", "b-out"};
        for (int i = 0; i < sides.length; i++) {
            sides[i] = network.host(twins, "t" + i, names[i]);
        }
        return sides;
    }

    /** What either is sent comes from the first one. */
    private static ProgramNode twins(LabInterface[] sides) {
        return ProgramNode.start((from, frame, sender) -> sender.send(from == 0 || from == 2 ? 1 : 0, frame), sides);
    }

    private static String yaml(String caps) {
        StringBuilder yaml = new StringBuilder(Yaml.of(Yaml.PAIR));
        for (String name : new String[] {"a", "b"}) {
            yaml.append("---\n")
                    .append(Yaml.object("Service", name, "{transport: raw}"))
                    .append("---\n")
                    .append(Yaml.object(
                            "ServiceInstance",
                            name,
                            "{service: " + name + caps + ", interfaces: {in: " + name + "-in, out: " + name
                                    + "-out}}"));
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
