package dev.sluice.lab.system;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.datapath.packet.DropReason;
import dev.sluice.lab.Inside;
import dev.sluice.lab.LabInterface;
import dev.sluice.lab.Namespace;
import dev.sluice.lab.NatNode;
import dev.sluice.lab.PacketFilter;
import java.io.IOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.SocketTimeoutException;
import java.util.Arrays;
import java.util.Random;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Datagrams larger than the MTU, cut by the kernel, through nodes of all kinds under a rule on ports: all pieces go where the first one goes (X6, F12). */
@Tag("system")
class FragmentsTest {
    private static final int LARGE_BYTES = 5000;
    private static final int INSPECTED = 7;
    private static final int OTHER = 9;
    private static final String RULE =
            "{name: seven, match: {protocol: udp, destination: {ports: [7]}}, action: {chain: fw}}";

    /** Answers large datagrams until it is closed. */
    private record Echo(DatagramSocket socket, Thread thread) implements AutoCloseable {
        static Echo start(Namespace host, int port) {
            DatagramSocket socket = Inside.call(host, () -> new DatagramSocket(port));
            AtomicBoolean started = new AtomicBoolean();
            Thread thread = Thread.ofPlatform().daemon().name("echo " + port).start(() -> {
                started.set(true);
                DatagramPacket packet = new DatagramPacket(new byte[65_535], 65_535);
                while (!socket.isClosed()) {
                    try {
                        packet.setLength(65_535);
                        socket.receive(packet);
                        socket.send(packet);
                    } catch (IOException e) {
                        if (!socket.isClosed()) {
                            throw new java.io.UncheckedIOException(e);
                        }
                    }
                }
            });
            return new Echo(socket, thread);
        }

        @Override
        public void close() {
            socket.close();
        }
    }

    /** How many of some large datagrams come back as they were sent. */
    private static int answered(Namespace from, String server, int port, int count, int waitMs) {
        return Inside.call(from, () -> {
            int good = 0;
            byte[] payload = new byte[LARGE_BYTES];
            try (DatagramSocket socket = new DatagramSocket()) {
                socket.setSoTimeout(waitMs);
                for (int i = 0; i < count; i++) {
                    new Random(i).nextBytes(payload);
                    socket.send(new DatagramPacket(payload, payload.length, InetAddress.getByName(server), port));
                    DatagramPacket back = new DatagramPacket(new byte[65_535], 65_535);
                    try {
                        socket.receive(back);
                        byte[] got = Arrays.copyOf(back.getData(), back.getLength());
                        good += Arrays.equals(payload, got) ? 1 : 0;
                    } catch (SocketTimeoutException e) {
                        assert good >= 0 : e;
                    }
                }
            }
            return good;
        });
    }

    private static void check(Network network, SluiceNode sluice, PacketFilter filter, String... servers) {
        try (Echo inspected = Echo.start(network.server, INSPECTED);
                Echo other = Echo.start(network.server, OTHER)) {
            assertThat(inspected.thread().isAlive() && other.thread().isAlive()).isTrue();
            for (String server : servers) {
                assertThat(network.client.pings(server)).isTrue();
                answered(network.client, server, INSPECTED, 3, 400);
                long forward = filter.forward().bytes();
                long reverse = filter.reverse().bytes();
                assertThat(answered(network.client, server, INSPECTED, 20, 2000))
                        .as("answers to large datagrams through the node, %s", server)
                        .isEqualTo(20);
                assertThat(filter.forward().bytes() - forward)
                        .as("every piece went through the node, %s", server)
                        .isGreaterThanOrEqualTo(20L * LARGE_BYTES);
                assertThat(filter.reverse().bytes() - reverse).isGreaterThanOrEqualTo(20L * LARGE_BYTES);
                long before = filter.forward().packets() + filter.reverse().packets();
                assertThat(answered(network.client, server, OTHER, 20, 2000)).isEqualTo(20);
                assertThat(filter.forward().packets() + filter.reverse().packets())
                        .as("no piece of what the rule does not name, %s", server)
                        .isEqualTo(before);
                assertThat(network.client.succeeds(
                                "ping", "-n", "-q", "-c", "2", "-i", "0.2", "-W", "2", "-s", "4000", server))
                        .isTrue();
            }
            filter.drop("udp dport 7");
            for (String server : servers) {
                assertThat(answered(network.client, server, INSPECTED, 3, 300))
                        .as("nothing gets past a node that forbids it")
                        .isZero();
            }
            assertThat(sluice.dropped(DropReason.FRAGMENT_OVERLAP)).isZero();
            sluice.checkSound();
        }
    }

    @Test
    @Tag("long")
    void piecesFollowTheFirstOneThroughABridgingNode() {
        try (Network network = Network.transparent()) {
            var firewall = network.bridge("fw");
            String yaml = Yaml.of(Yaml.PAIR, Yaml.bridge("fw"), Yaml.policy("p", "edge/left", RULE));
            try (SluiceNode sluice = SluiceNode.start(network.sluice, yaml)) {
                check(network, sluice, firewall.filter(), "10.0.0.2", "fd00::2");
            }
        }
    }

    @Test
    void piecesFollowTheFirstOneThroughARoutingNode() {
        try (Network network = Network.routed()) {
            var node = RoutingNodeTest.router(network, "10.1.0.0/24", "fd01::/64", "10.2.0.0/24", "fd02::/64");
            String yaml = Yaml.of(
                    Yaml.ROUTER,
                    Yaml.chainOfOne("fw", "{transport: raw, forwarding: route}", RoutingNodeTest.SIDES),
                    Yaml.policy("p", "r/left", RULE));
            try (SluiceNode sluice = SluiceNode.start(network.sluice, yaml)) {
                check(network, sluice, node.filter(), "10.2.0.2", "fd02::2");
            }
        }
    }

    @Test
    void piecesFollowTheFirstOneThroughANodeThatTranslates() {
        try (Network network = Network.routed()) {
            Namespace node = network.node("fw");
            LabInterface in = node.interfaceNamed("in").address("10.100.0.2/24").address("fd64::2/64");
            LabInterface out =
                    node.interfaceNamed("out").address("10.101.0.2/24").address("fd65::2/64");
            NatNode nat = NatNode.create(in, out);
            node.route("10.1.0.0/24", "10.100.0.1").route("fd01::/64", "fd64::1");
            node.route("10.2.0.0/24", "10.101.0.1").route("fd02::/64", "fd65::1");
            String yaml = Yaml.of(
                    Yaml.ROUTER,
                    Yaml.chainOfOne(
                            "fw", "{transport: raw, forwarding: route, translation: learned}", RoutingNodeTest.SIDES),
                    Yaml.policy("p", "r/left, r/right", RULE));
            try (SluiceNode sluice = SluiceNode.start(network.sluice, yaml)) {
                check(network, sluice, nat.filter(), "10.2.0.2", "fd02::2");
            }
        }
    }
}
