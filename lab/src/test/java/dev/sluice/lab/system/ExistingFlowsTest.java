package dev.sluice.lab.system;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.lab.BridgeFirewall;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** What a change of the configuration means for flows in progress (X9), as the nodes' own nftables count it. */
@Tag("system")
class ExistingFlowsTest {
    private static final String COUNTER = "echo";
    private static final int PACKETS = 20;

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
        one.filter().count(COUNTER, "udp dport 7");
        two.filter().count(COUNTER, "udp dport 7");
        echo = EchoHost.start(network.server, 7);
        sluice = SluiceNode.start(network.sluice, policy("auto", "one"));
    }

    @AfterAll
    static void remove() {
        try (Network n = network;
                SluiceNode s = sluice;
                EchoHost e = echo) {
            // Closed in the reverse order.
        }
    }

    @BeforeEach
    void allThroughTheFirst() {
        sluice.configure(policy("migrate", "one"));
    }

    private static String without(String existingFlows) {
        return Yaml.object("Node", "edge", "{tracker: {connectionsMax: 16384}, existingFlows: " + existingFlows + "}")
                + "---\n" + Yaml.PAIR + "---\n" + Yaml.bridge("one") + "---\n" + Yaml.bridge("two");
    }

    private static String policy(String existingFlows, String chain) {
        return without(existingFlows) + "---\n"
                + Yaml.policy("all", "edge/left", "{name: all, action: {chain: " + chain + "}}");
    }

    /** Exchanges packets; how many of them the first and the second node counted. */
    private static void checkPasses(UdpFlow flow, int throughOne, int throughTwo) {
        long oneBefore = one.filter().count(COUNTER).packets();
        long twoBefore = two.filter().count(COUNTER).packets();
        assertThat(flow.exchange(PACKETS).lost()).isZero();
        assertThat(one.filter().count(COUNTER).packets() - oneBefore).isEqualTo(throughOne);
        assertThat(two.filter().count(COUNTER).packets() - twoBefore).isEqualTo(throughTwo);
    }

    @Test
    void keptFlowStaysWithItsNodeWhileNewFlowsFollowTheNewRule() {
        try (UdpFlow old = UdpFlow.open(network.client, "10.0.0.2", 7);
                UdpFlow fresh = UdpFlow.open(network.client, "10.0.0.2", 7)) {
            checkPasses(old, PACKETS, 0);
            sluice.configure(policy("keep", "two"));
            checkPasses(old, PACKETS, 0);
            checkPasses(fresh, 0, PACKETS);
            assertThat(sluice.flowsOfPort(old.localPort()).flows())
                    .extracting(flow -> flow.rule() + " " + flow.path())
                    .contains("all/all (kept) one[one]");
        }
    }

    @Test
    void changeThatIsTakenBackKeepsFlowsOfBeforeAndNoneOfItself() {
        sluice.configure(policy("keep", "two"));
        sluice.configure(policy("keep", "one"));
        try (UdpFlow old = UdpFlow.open(network.client, "10.0.0.2", 7);
                UdpFlow onTrial = UdpFlow.open(network.client, "10.0.0.2", 7)) {
            checkPasses(old, PACKETS, 0);
            sluice.write(
                    "config.yaml",
                    without("keep") + "---\n"
                            + Yaml.policy("all", "edge/left", "{name: all, action: {noService: true}}"));
            sluice.say(admin -> admin.reload(Map.of("confirmSeconds", 60)));
            checkPasses(old, PACKETS, 0);
            checkPasses(onTrial, 0, 0);
            sluice.say(admin -> admin.rollback(Map.of()));
            checkPasses(old, PACKETS, 0);
            checkPasses(onTrial, PACKETS, 0);
        }
    }

    @Test
    void keptFlowStaysWithItsNodeWhenNoRuleIsLeft() {
        try (UdpFlow old = UdpFlow.open(network.client, "10.0.0.2", 7);
                UdpFlow fresh = UdpFlow.open(network.client, "10.0.0.2", 7)) {
            checkPasses(old, PACKETS, 0);
            sluice.configure(without("keep"));
            checkPasses(old, PACKETS, 0);
            checkPasses(fresh, 0, 0);
            sluice.configure(policy("keep", "two"));
            checkPasses(old, PACKETS, 0);
        }
    }

    @Test
    void keptFlowWithoutServiceStaysWithoutIt() {
        sluice.configure(
                without("auto") + "---\n" + Yaml.policy("all", "edge/left", "{name: all, action: {noService: true}}"));
        try (UdpFlow old = UdpFlow.open(network.client, "10.0.0.2", 7);
                UdpFlow fresh = UdpFlow.open(network.client, "10.0.0.2", 7)) {
            checkPasses(old, 0, 0);
            sluice.configure(policy("keep", "two"));
            checkPasses(old, 0, 0);
            checkPasses(fresh, 0, PACKETS);
            sluice.configure(policy("auto", "two"));
            checkPasses(old, 0, PACKETS);
        }
    }

    @Test
    void migratedFlowGoesToTheNodeOfTheNewRule() {
        try (UdpFlow old = UdpFlow.open(network.client, "10.0.0.2", 7);
                TcpTransfer connection = TcpTransfer.open(network.client, "10.0.0.2", 7)) {
            checkPasses(old, PACKETS, 0);
            assertThat(connection.echo(100_000)).isTrue();
            long before = two.filter().forward().packets();
            sluice.configure(policy("migrate", "two"));
            checkPasses(old, 0, PACKETS);
            assertThat(connection.echo(100_000)).isTrue();
            assertThat(two.filter().forward().packets()).isGreaterThan(before + PACKETS);
        }
    }

    @Test
    void commandSaysOtherwiseThanTheNodeObject() {
        try (UdpFlow old = UdpFlow.open(network.client, "10.0.0.2", 7)) {
            checkPasses(old, PACKETS, 0);
            sluice.write("config.yaml", policy("keep", "two"));
            sluice.say(admin -> admin.reload(Map.of("existingFlows", "migrate")));
            checkPasses(old, 0, PACKETS);
            sluice.say(admin -> admin.rollback(Map.of("existingFlows", "migrate")));
            checkPasses(old, PACKETS, 0);
        }
        assertThat(sluice.reloadInVain("existingFlows", "sometimes")).contains("sometimes", "auto, keep, migrate");
    }
}
