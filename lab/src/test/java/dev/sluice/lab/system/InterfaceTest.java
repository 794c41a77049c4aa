package dev.sluice.lab.system;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.lab.BridgeFirewall;
import dev.sluice.lab.LabInterface;
import dev.sluice.lab.Namespace;
import dev.sluice.lab.Waits;
import java.time.Duration;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Interfaces that do not exist, are down, have no carrier, vanish and come back: said clearly, closed meanwhile, picked up again. */
@Tag("system")
class InterfaceTest {
    private static Network network;

    @BeforeAll
    static void build() {
        network = Network.transparent();
    }

    @AfterAll
    static void remove() {
        network.close();
    }

    /** Everything goes through the node of that name. */
    private static String through(String node) {
        return Yaml.of(
                Yaml.PAIR,
                Yaml.bridge(node),
                Yaml.policy("all", "edge/left", "{name: all, action: {chain: " + node + "}}"));
    }

    private static void awaitTraffic(UdpFlow flow) {
        Waits.until(
                "traffic flows",
                Duration.ofSeconds(10),
                () -> flow.exchange(1, 200).lost() == 0);
    }

    @Test
    void missingInterfacesOfANodeAreNamedAndUsedAsSoonAsTheyAppear() {
        try (SluiceNode sluice = SluiceNode.start(network.sluice, through("late"));
                EchoHost echo = EchoHost.start(network.server, 7);
                UdpFlow flow = UdpFlow.open(network.client, "10.0.0.2", 7)) {
            assertThat(sluice.status().configuration().warnings())
                    .anyMatch(w -> w.contains("late-in") && w.contains("no such interface"));
            assertThat(sluice.instance("late").alive()).isFalse();
            assertThat(sluice.instance("late").reason()).contains("late-in does not exist");
            assertThat(flow.exchange(3, 100).answered()).isEmpty();
            assertThat(echo.datagramCount()).isZero();

            BridgeFirewall firewall = network.bridge("late");
            sluice.awaitInstance("late", true);
            awaitTraffic(flow);
            assertThat(flow.exchange(20).lost()).isZero();
            assertThat(firewall.filter().forward().packets()).isGreaterThanOrEqualTo(20);
        }
    }

    @Test
    void interfaceThatIsDownOrWithoutCarrierIsToldApart() {
        BridgeFirewall firewall = network.bridge("dark");
        LabInterface own = network.sluice.interfaceNamed("dark-in");
        own.down();
        try (SluiceNode sluice = SluiceNode.start(network.sluice, through("dark"))) {
            assertThat(sluice.instance("dark").reason()).contains("dark-in is down", "ip link set dark-in up");
            assertThat(sluice.port("dark-in").up()).isFalse();
            own.up();
            sluice.awaitInstance("dark", true);
            firewall.in().down();
            sluice.awaitInstance("dark", false);
            assertThat(sluice.instance("dark").reason()).contains("dark-in has no carrier");
            firewall.in().up();
            sluice.awaitInstance("dark", true);
        }
    }

    @Test
    void deletedNamespaceOfANodeStopsTrafficUntilANewNodeHasTheSameInterfaces() {
        BridgeFirewall firewall = network.bridge("gone");
        try (SluiceNode sluice = SluiceNode.start(network.sluice, through("gone"));
                EchoHost echo = EchoHost.start(network.server, 7);
                UdpFlow flow = UdpFlow.open(network.client, "10.0.0.2", 7)) {
            assertThat(flow.exchange(10).lost()).isZero();
            network.client.exec(
                    "ip", "netns", "delete", firewall.in().namespace().fullName());
            sluice.awaitInstance("gone", false);
            assertThat(sluice.instance("gone").reason()).contains("does not exist");
            int before = echo.datagramCount();
            assertThat(flow.exchange(3, 100).answered()).isEmpty();
            assertThat(echo.datagramCount()).isEqualTo(before);

            Namespace second = network.topology.namespace("successor");
            network.host(second, "in", "gone-in");
            network.host(second, "out", "gone-out");
            BridgeFirewall successor = BridgeFirewall.create(second.interfaceNamed("in"), second.interfaceNamed("out"));
            sluice.awaitInstance("gone", true);
            awaitTraffic(flow);
            assertThat(flow.exchange(20).lost()).isZero();
            assertThat(successor.filter().forward().packets()).isGreaterThanOrEqualTo(20);
        }
    }

    @Test
    void portOfAHostThatVanishesAndComesBackIsPickedUp() {
        network.bridge("near");
        try (SluiceNode sluice = SluiceNode.start(network.sluice, through("near"))) {
            try (EchoHost echo = EchoHost.start(network.server, 7);
                    UdpFlow flow = UdpFlow.open(network.client, "10.0.0.2", 7)) {
                assertThat(flow.exchange(10).lost()).isZero();
                assertThat(echo.datagramCount()).isEqualTo(10);
            }
            for (int i = 0; i < 3; i++) {
                network.serverSide.delete();
                sluice.awaitPort("right", false);
                assertThat(sluice.port("right").reason()).contains("does not exist");
                network.host(network.server, "eth0", "right")
                        .address("10.0.0.2/24")
                        .address("fd00::2/64");
                sluice.awaitPort("right", true);
            }
            network.client.configure("neigh", "flush", "all");
            try (EchoHost echo = EchoHost.start(network.server, 7);
                    UdpFlow flow = UdpFlow.open(network.client, "10.0.0.2", 7)) {
                awaitTraffic(flow);
                assertThat(flow.exchange(20).lost()).isZero();
                assertThat(echo.datagramCount()).isGreaterThanOrEqualTo(20);
            }
        }
    }

    @Test
    void configurationWithErrorsAtTheStartIsRefusedWithFileLineAndField() {
        String said = SluiceNode.startInVain(
                network.sluice, Yaml.of(Yaml.PAIR, Yaml.object("ServiceChain", "inspect", "{profiles: [nothing]}")));
        assertThat(said).contains("config.yaml:", "ServiceChain/inspect", "nothing");
    }
}
