package dev.sluice.lab.system;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.datapath.packet.DropReason;
import dev.sluice.lab.BridgeFirewall;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** A connection table without room: established flows go on, new ones fail as told, half-open ones give way (V2). */
@Tag("system")
class TableFullTest {
    private static final String SMALL = """
            apiVersion: sluice.dev/v1
            kind: Node
            metadata: {name: edge}
            spec: {tracker: {connectionsMax: 1024}}
            ---
            """;

    private static Network network;
    private static BridgeFirewall firewall;
    private static EchoHost echo;

    private final List<UdpFlow> flows = new ArrayList<>();
    private SluiceNode sluice;

    @BeforeAll
    static void build() {
        network = Network.transparent();
        firewall = network.bridge("fw");
        echo = EchoHost.start(network.server, 7);
        // What nobody listens to is to stay without an answer, even one of ICMP.
        network.server.execWithInput(List.of("nft", "-f", "-"), """
                table inet silence {
                  chain in {
                    type filter hook input priority 0; policy accept;
                    udp dport 9 drop
                  }
                }
                """);
    }

    @AfterAll
    static void remove() {
        try (Network n = network;
                EchoHost e = echo) {
            // Closed in the reverse order.
        }
    }

    @BeforeEach
    void startSluice() {
        sluice = SluiceNode.start(
                network.sluice,
                SMALL
                        + String.join(
                                "---\n",
                                Yaml.PAIR,
                                Yaml.bridge("fw"),
                                Yaml.policy(
                                        "all",
                                        "edge/left",
                                        "{name: open, match: {protocol: udp, destination: {prefixes: [10.0.0.2], ports: [8]}}, action: {chain: fw}, onFailure: open}",
                                        "{name: open-answers, match: {protocol: udp, source: {prefixes: [10.0.0.2], ports: [8]}}, action: {chain: fw}, onFailure: open}",
                                        "{name: free, match: {protocol: udp, destination: {prefixes: [10.0.0.2], ports: [10]}}, action: {noService: true}}",
                                        "{name: free-answers, match: {protocol: udp, source: {prefixes: [10.0.0.2], ports: [10]}}, action: {noService: true}}",
                                        "{name: all, action: {chain: fw}}")));
    }

    @AfterEach
    void stopSluice() {
        flows.forEach(UdpFlow::close);
        sluice.close();
    }

    private UdpFlow open(int port) {
        UdpFlow flow = UdpFlow.open(network.client, "10.0.0.2", port);
        flows.add(flow);
        return flow;
    }

    /** Fills the table with flows that went both ways; those that found room. */
    private List<UdpFlow> fill() {
        List<UdpFlow> established = new ArrayList<>();
        int room = sluice.status().totals().connectionsMax();
        while (established.size() < room) {
            UdpFlow flow = open(7);
            assertThat(flow.exchange(1).lost()).as("flow " + established.size()).isZero();
            established.add(flow);
        }
        return established;
    }

    @Test
    void establishedFlowsLoseNothingWhileNewOnesFailAsTheirRuleSays() {
        List<UdpFlow> established = fill();
        try (EchoHost open = EchoHost.start(network.server, 8);
                EchoHost free = EchoHost.start(network.server, 10);
                Witness atNode = Witness.start(firewall.in())) {
            long full = sluice.dropped(DropReason.TABLE_FULL);
            int before = echo.datagramCount();
            UdpFlow.Account closed = open(7).exchange(5, 100);
            assertThat(closed.answered()).isEmpty();
            assertThat(echo.datagramCount()).isEqualTo(before);
            assertThat(sluice.dropped(DropReason.TABLE_FULL) - full).isEqualTo(5);

            long uninspected = sluice.uninspected();
            assertThat(open(8).exchange(5).lost()).isZero();
            // The answers find no record either: they are new flows to the rules.
            assertThat(sluice.uninspected() - uninspected).isEqualTo(10);
            assertThat(open(10).exchange(5).lost()).isZero();
            assertThat(sluice.counter("untracked")).isEqualTo(10);

            Set<Long> sent = new HashSet<>();
            for (UdpFlow flow : established) {
                UdpFlow.Account account = flow.exchange(1);
                assertThat(account.lost()).isZero();
                sent.addAll(account.sent());
            }
            assertThat(atNode.ids()).isEqualTo(sent);
        }
    }

    @Test
    @Tag("long")
    void halfOpenFlowsGiveWayToNewOnesAndEstablishedOnesStay() {
        List<UdpFlow> established = new ArrayList<>();
        for (int i = 0; i < 100; i++) {
            UdpFlow flow = open(7);
            assertThat(flow.exchange(1).lost()).isZero();
            established.add(flow);
        }
        int room = sluice.status().totals().connectionsMax();
        for (int i = 0; i < room + 100; i++) {
            try (UdpFlow flow = UdpFlow.open(network.client, "10.0.0.2", 9)) {
                flow.send();
            }
        }
        long full = sluice.dropped(DropReason.TABLE_FULL);
        for (int i = 0; i < 200; i++) {
            UdpFlow flow = open(7);
            assertThat(flow.exchange(1).lost()).isZero();
            established.add(flow);
        }
        for (UdpFlow flow : established) {
            assertThat(flow.exchange(1).lost()).isZero();
        }
        assertThat(sluice.dropped(DropReason.TABLE_FULL)).isEqualTo(full);
        assertThat(TcpTransfer.echoes(network.client, "10.0.0.2", 7, 100_000)).isTrue();
        assertThat(sluice.uninspected()).isZero();
    }
}
