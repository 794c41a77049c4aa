package dev.sluice.lab.system;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.lab.BridgeFirewall;

/** A transparent pair with two plain nodes beside it, {@code fw} and {@code second}, each watched: which of them a flow goes through is what configurations differ in. */
final class TwoNodes implements AutoCloseable {
    /** The objects of the nodes. */
    static final String OBJECTS = String.join("---\n", node("fw"), node("second"));

    final Network network = Network.transparent();
    final EchoHost echo;
    final Witness atFirst;
    final Witness atSecond;

    TwoNodes() {
        BridgeFirewall first = network.bridge("fw");
        BridgeFirewall second = network.bridge("second");
        atFirst = Witness.start(first.in());
        atSecond = Witness.start(second.in());
        echo = EchoHost.start(network.server, 7);
    }

    private static String node(String name) {
        return Yaml.object("Service", name, "{transport: raw}")
                + "---\n"
                + Yaml.object(
                        "ServiceInstance",
                        name,
                        "{service: " + name + ", interfaces: {in: " + name + "-in, out: " + name + "-out}}");
    }

    /** A new flow to the server. */
    UdpFlow flow() {
        return UdpFlow.open(network.client, "10.0.0.2", 7);
    }

    /** A flow loses nothing and goes through these nodes and no others. */
    void checkPasses(UdpFlow flow, boolean first, boolean second) {
        UdpFlow.Account account = flow.exchange(10);
        assertThat(account.lost()).isZero();
        assertThat(atFirst.ids().containsAll(account.sent())).isEqualTo(first);
        assertThat(atSecond.ids().containsAll(account.sent())).isEqualTo(second);
    }

    /** The same for a new flow. */
    void checkNewFlow(boolean first, boolean second) {
        try (UdpFlow flow = flow()) {
            checkPasses(flow, first, second);
        }
    }

    @Override
    public void close() {
        atFirst.close();
        atSecond.close();
        echo.close();
        network.close();
    }
}
