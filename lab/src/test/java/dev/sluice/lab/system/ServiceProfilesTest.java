package dev.sluice.lab.system;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.datapath.packet.DropReason;
import dev.sluice.lab.BridgeFirewall;
import dev.sluice.lab.Waits;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** One firewall, used by chains in several profiles: packets pass it, or it gets copies; closed or open when it is dead (V16). */
@Tag("system")
class ServiceProfilesTest {
    /** Ports of the server, each with a rule of its own. */
    private static final int RECORDED = 7;

    private static final int LENIENT = 8;
    private static final int STRICT = 9;
    private static final int LENIENT_BUT_CLOSED = 10;

    private static Network network;
    private static BridgeFirewall firewall;
    private static final List<EchoHost> ECHOES = new ArrayList<>();
    private static SluiceNode sluice;

    @BeforeAll
    static void build() {
        network = Network.transparent();
        firewall = network.bridge("fw");
        for (int port : List.of(RECORDED, LENIENT, STRICT, LENIENT_BUT_CLOSED)) {
            ECHOES.add(EchoHost.start(network.server, port));
        }
        sluice = SluiceNode.start(
                network.sluice,
                Yaml.of(
                        Yaml.PAIR,
                        Yaml.object("Service", "fw", "{transport: raw}"),
                        Yaml.object("ServiceInstance", "fw", "{service: fw, interfaces: {in: fw-in, out: fw-out}}"),
                        Yaml.object("ServiceProfile", "record", "{service: fw, action: copy, parameters: {sample: 1}}"),
                        Yaml.object("ServiceProfile", "lenient", "{service: fw, onFailure: open}"),
                        Yaml.object("ServiceChain", "watched", "{profiles: [record], onFailure: closed}"),
                        Yaml.object("ServiceChain", "lenient", "{profiles: [{profile: lenient}], onFailure: closed}"),
                        Yaml.object("ServiceChain", "strict", "{profiles: [fw], onFailure: closed}"),
                        Yaml.policy(
                                "all",
                                "edge/left",
                                rule(RECORDED, "watched", ""),
                                rule(LENIENT, "lenient", ""),
                                rule(STRICT, "strict", ""),
                                rule(LENIENT_BUT_CLOSED, "lenient", ", onFailure: closed"))));
    }

    private static String rule(int port, String chain, String more) {
        return "{name: p" + port + ", match: {protocol: udp, destination: {ports: [" + port + "]}}, action: {chain: "
                + chain + "}" + more + "}";
    }

    @AfterAll
    static void remove() {
        ECHOES.forEach(EchoHost::close);
        try (Network n = network;
                SluiceNode s = sluice) {
            // Closed in the reverse order.
        }
    }

    private static UdpFlow flow(int port) {
        return UdpFlow.open(network.client, "10.0.0.2", port);
    }

    @Test
    void profileDecidesWhetherTheSameNodeGetsPacketsOrCopies() {
        try (Witness in = Witness.start(firewall.in());
                Witness server = Witness.start(network.serverSide);
                UdpFlow copied = flow(RECORDED);
                UdpFlow forwarded = flow(STRICT)) {
            long unknown = sluice.dropped(DropReason.RETURN_NO_FLOW);
            assertThat(copied.exchange(20).lost()).isZero();
            assertThat(in.in(f -> f.id() != 0 && f.destinationPort() == RECORDED))
                    .hasSize(20);
            assertThat(forwarded.exchange(20).lost()).isZero();
            assertThat(in.in(f -> f.id() != 0 && f.destinationPort() == STRICT)).hasSize(20);
            // The firewall passes copies on like packets: they are of no flow that would have to come back.
            Waits.until(
                    "what the firewall made of copies is counted",
                    Duration.ofSeconds(5),
                    () -> sluice.dropped(DropReason.RETURN_NO_FLOW) - unknown >= 40);
            assertThat(server.in(f -> f.id() != 0 && f.destinationPort() == RECORDED))
                    .hasSize(20);
        }
    }

    @Test
    void failureActionIsTheRulesThenTheProfilesThenTheChains() {
        firewall.unplug();
        try (UdpFlow copied = flow(RECORDED);
                UdpFlow lenient = flow(LENIENT);
                UdpFlow strict = flow(STRICT);
                UdpFlow closed = flow(LENIENT_BUT_CLOSED)) {
            sluice.awaitInstance("fw", false);
            assertThat(copied.exchange(10).lost()).isZero();
            long uninspected = sluice.uninspected();
            assertThat(lenient.exchange(10).lost()).isZero();
            assertThat(sluice.uninspected() - uninspected).isEqualTo(20);
            assertThat(strict.exchange(2, 300).lost()).isEqualTo(2);
            assertThat(closed.exchange(2, 300).lost()).isEqualTo(2);
            assertThat(sluice.uninspected() - uninspected).isEqualTo(20);
        } finally {
            firewall.replug();
            sluice.awaitInstance("fw", true);
        }
    }
}
