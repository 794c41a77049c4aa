package dev.sluice.lab.system;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.lab.BridgeFirewall;
import dev.sluice.lab.Namespace;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Golden traces with Sluice as a transparent pair (document 002: figure 13; document 000: policy P1 with tags t5 and t6). */
@Tag("system")
class GoldenPairTest {
    private static final String SERVER = "10.0.0.2";

    /** Longer than a busy machine needs, shorter than a trace waits. */
    private static final int ANSWER_MS = 8_000;

    private static GoldenRun run(Network network, SluiceNode sluice, String left) {
        assertThat(network.client.pings(SERVER)).isTrue();
        return new GoldenRun(sluice, SERVER)
                .host(left, network.clientSide, "client")
                .host("right", network.serverSide, "server");
    }

    private static void exchange(UdpFlow flow) {
        assertThat(flow.exchange(1, ANSWER_MS).lost()).isZero();
    }

    private static String instances(String more) {
        return Yaml.of(
                Yaml.PAIR,
                Yaml.object("Service", "ips", "{transport: raw}"),
                Yaml.object("ServiceInstance", "a", "{service: ips, node: edge, interfaces: {in: a-in, out: a-out}}"),
                Yaml.object("ServiceInstance", "b", "{service: ips, node: edge, interfaces: {in: b-in, out: b-out}}"),
                Yaml.object("ServiceChain", "inspect", "{profiles: [ips]}"),
                Yaml.policy(
                        "all",
                        "edge/left",
                        "{name: udp, match: {protocol: udp, destination: {ports: [7]}}, action: {chain: inspect}}",
                        more));
    }

    @Test
    void figure13UsesARecordAsLongAsNothingThatConcernsItChanged() {
        try (Network network = Network.transparent()) {
            BridgeFirewall a = network.bridge("a");
            BridgeFirewall b = network.bridge("b");
            String rest = "{name: rest, action: {noService: true}}";
            String more = "{name: more, match: {protocol: udp, destination: {ports: [99]}}, action: {drop: true}}";
            try (EchoHost _ = EchoHost.start(network.server, 7);
                    SluiceNode sluice = SluiceNode.start(network.sluice, instances(rest));
                    GoldenRun run = run(network, sluice, "left")
                            .node("a", a.in(), a.out())
                            .node("b", b.in(), b.out());
                    UdpFlow one = UdpFlow.open(network.client, SERVER, 7, 4001);
                    UdpFlow two = UdpFlow.open(network.client, SERVER, 7, 4002)) {
                run.trace("a flow begins, through a", 4, () -> exchange(one));
                run.trace("another flow begins, through b", 4, () -> exchange(two));
                run.trace("generations are current", 4, () -> exchange(one));
                GoldenRun.change(sluice, instances(more));
                run.trace("the configuration moved, but nothing concerns this flow", 4, () -> exchange(one));
                b.in().down();
                sluice.awaitInstance("b", false);
                run.trace("b is dead, but this flow goes through a", 4, () -> exchange(one));
                run.trace("b is dead, and this flow went through it", 4, () -> exchange(two));
                run.trace("generations are current again", 4, () -> exchange(two));
                run.flows();
                run.check("figure-13");
            }
        }
    }

    @Test
    void policyP1SendsRawFramesOutWithTagT6AndTakesThemBackWithTagT5() {
        try (Network network = Network.transparent()) {
            Namespace vsn = network.node("vsn");
            String yaml = Yaml.of(
                    Yaml.object("PortProfile", "p1", "{chain: p1}"),
                    Yaml.object("Port", "a", "{node: edge, interface: left, peer: right, profile: p1}"),
                    Yaml.object("Port", "right", "{node: edge, interface: right}"),
                    Yaml.object("Service", "vsn", "{transport: vlan}"),
                    Yaml.object("ServiceChain", "p1", "{profiles: [vsn]}"),
                    Yaml.object(
                            "ServiceInstance",
                            "vsn",
                            "{service: vsn, node: edge, interfaces: {in: vsn-in, out: vsn-out}, policies: [{chain: p1, in: {vlan: 6}, out: {vlan: 5}}]}"));
            ProgramNode.Program serve = (from, frame, sender) ->
                    sender.send(1 - from, ProgramNode.retagged(frame, ProgramNode.vlan(frame) == 6 ? 5 : 6));
            try (EchoHost _ = EchoHost.start(network.server, 7);
                    ProgramNode _ = ProgramNode.start(serve, vsn.interfaceNamed("in"), vsn.interfaceNamed("out"));
                    SluiceNode sluice = SluiceNode.start(network.sluice, yaml);
                    GoldenRun run =
                            run(network, sluice, "a").node("vsn", vsn.interfaceNamed("in"), vsn.interfaceNamed("out"));
                    UdpFlow flow = UdpFlow.open(network.client, SERVER, 7, 4001)) {
                run.trace("port A, policy P1: out on t6, back on t5, on to the destination", 4, () -> exchange(flow));
                run.flows();
                run.check("policy-p1");
            }
        }
    }
}
