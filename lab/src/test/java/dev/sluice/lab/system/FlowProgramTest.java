package dev.sluice.lab.system;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.datapath.packet.DropReason;
import dev.sluice.lab.BridgeFirewall;
import dev.sluice.lab.Waits;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Instructions for single flows (V12), as the nodes' own nftables count the packets. */
@Tag("system")
class FlowProgramTest {
    private static final String COUNTER = "echo";
    private static final int PACKETS = 10;

    private static Network network;
    private static BridgeFirewall one;
    private static BridgeFirewall two;
    private static EchoHost echo;
    private static SluiceNode sluice;

    @BeforeAll
    static void build() {
        network = Network.transparent();
        one = network.bridge("one");
        two = network.bridge("two");
        one.filter().count(COUNTER, "udp dport 7").count("answers", "udp sport 7");
        two.filter().count(COUNTER, "udp dport 7").count("answers", "udp sport 7");
        echo = EchoHost.start(network.server, 7);
        sluice = SluiceNode.start(
                network.sluice,
                Yaml.of(
                        Yaml.PAIR,
                        Yaml.bridge("one"),
                        Yaml.bridge("two"),
                        Yaml.object("ServiceChain", "both", "{profiles: [one, two]}"),
                        Yaml.policy("all", "edge/left", "{name: all, action: {chain: both}}")));
    }

    @AfterAll
    static void remove() {
        try (Network n = network;
                SluiceNode s = sluice;
                EchoHost e = echo) {
            // Closed in the reverse order.
        }
    }

    @AfterEach
    void revoke() {
        sluice.request("flow-clear", Map.of("all", true));
    }

    private static void tell(String command, UdpFlow flow, Map<String, Object> more) {
        Map<String, Object> fields = new HashMap<>(more);
        fields.put("protocol", "udp");
        fields.put("source", "10.0.0.1:" + flow.localPort());
        fields.put("destination", "10.0.0.2:7");
        sluice.request(command, fields);
    }

    private static long count(BridgeFirewall node, String counter) {
        return node.filter().count(counter).packets();
    }

    private static void checkPasses(UdpFlow flow, int throughOne, int throughTwo) {
        long[] before = {count(one, COUNTER), count(one, "answers"), count(two, COUNTER), count(two, "answers")};
        assertThat(flow.exchange(PACKETS).lost()).isZero();
        assertThat(count(one, COUNTER) - before[0]).isEqualTo(throughOne);
        assertThat(count(one, "answers") - before[1]).isEqualTo(throughOne);
        assertThat(count(two, COUNTER) - before[2]).isEqualTo(throughTwo);
        assertThat(count(two, "answers") - before[3]).isEqualTo(throughTwo);
    }

    @Test
    void flowLeavesOutTheNodeThatItIsToldToAndKeepsTheOther() {
        try (UdpFlow flow = UdpFlow.open(network.client, "10.0.0.2", 7);
                UdpFlow other = UdpFlow.open(network.client, "10.0.0.2", 7)) {
            checkPasses(flow, PACKETS, PACKETS);
            tell("flow-path", flow, Map.of("skip", "one"));
            checkPasses(flow, 0, PACKETS);
            checkPasses(other, PACKETS, PACKETS);
            tell("flow-path", flow, Map.of("skip", "two"));
            checkPasses(flow, PACKETS, 0);
            tell("flow-clear", flow, Map.of());
            checkPasses(flow, PACKETS, PACKETS);
        }
    }

    @Test
    void acceptedFlowPassesNoNodeAndIsCounted() {
        try (UdpFlow flow = UdpFlow.open(network.client, "10.0.0.2", 7)) {
            long before = sluice.counter("acceptedByInstruction");
            // Told before the flow has begun.
            tell("flow-accept", flow, Map.of());
            checkPasses(flow, 0, 0);
            Waits.until(
                    "all that passed is counted",
                    Duration.ofSeconds(10),
                    () -> sluice.counter("acceptedByInstruction") - before == 2 * PACKETS,
                    () -> "" + (sluice.counter("acceptedByInstruction") - before));
            assertThat(sluice.flowsOfPort(flow.localPort()).flows())
                    .singleElement()
                    .satisfies(seen -> assertThat(seen.instruction()).isEqualTo("accept"));
        }
    }

    @Test
    void droppedFlowIsDroppedInBothDirectionsUntilTheInstructionExpires() {
        try (UdpFlow flow = UdpFlow.open(network.client, "10.0.0.2", 7)) {
            checkPasses(flow, PACKETS, PACKETS);
            long before = sluice.dropped(DropReason.FLOW_PROGRAMMED);
            tell("flow-drop", flow, Map.of("ttl", 2));
            UdpFlow.Account account = flow.exchange(5, 50);
            assertThat(account.answered()).isEmpty();
            assertThat(sluice.dropped(DropReason.FLOW_PROGRAMMED) - before).isEqualTo(5);
            Waits.until(
                    "the flow goes on",
                    Duration.ofSeconds(10),
                    () -> flow.exchange(1, 100).lost() == 0);
            checkPasses(flow, PACKETS, PACKETS);
        }
    }

    @Test
    void instructionForOnePacketIsCarriedOutOnOneOfEachDirection() {
        try (UdpFlow flow = UdpFlow.open(network.client, "10.0.0.2", 7)) {
            checkPasses(flow, PACKETS, PACKETS);
            tell("flow-accept", flow, Map.of("once", true));
            checkPasses(flow, PACKETS - 1, PACKETS - 1);
            checkPasses(flow, PACKETS, PACKETS);
        }
    }
}
