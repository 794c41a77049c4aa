package dev.sluice.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.datapath.packet.DropReason;
import dev.sluice.datapath.rules.Rule.FailureAction;
import dev.sluice.datapath.snapshot.Attachment;
import dev.sluice.testkit.PlaneHosts.Node;
import dev.sluice.testkit.PlaneHosts.Service;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What the service plane drops for reasons of its own, and what senders hear of it (V8, C7, X7). */
class ServicePlaneRefusalsTest {
    private static final Node FIREWALL = new Node(1, 1, 0, false, Attachment.Kind.BRIDGE, Attachment.Translation.NONE);
    private static final List<Service> CHAIN =
            List.of(new Service("firewall", false, FailureAction.CLOSED, List.of(FIREWALL)));
    private static final int UNDERLAY_MTU_BYTES = 1500;

    private static PlaneHosts hosts(boolean routed, int underlayVersion) {
        return new PlaneHosts(
                new PlaneHosts.Plan(2, false, underlayVersion, routed, false, UNDERLAY_MTU_BYTES, List.of(FIREWALL)),
                CHAIN);
    }

    private static TestPacket packet(boolean routed, int version, int port) {
        return (version == 4
                        ? TestPacket.udp("10.0.1.2:" + port, "10.0.2.2:80")
                        : TestPacket.udp("[fd01::2]:" + port, "[fd02::2]:80"))
                .ethernet(
                        PlaneHosts.CLIENT_MAC, routed ? PlaneHosts.PORT_MAC + PlaneHosts.CLIENT : PlaneHosts.SERVER_MAC)
                .dontFragment();
    }

    /** Whether what the client sends comes to the node. */
    private static boolean reaches(PlaneHosts net, byte[] frame) {
        MemorySwitch classifier = net.hosts.getFirst();
        classifier.receive(PlaneHosts.CLIENT, frame);
        for (byte[] tunnelled : classifier.sent(PlaneHosts.UNDERLAY)) {
            net.hosts.get(1).receive(PlaneHosts.UNDERLAY, tunnelled);
        }
        return !net.hosts.get(1).sent(net.port(FIREWALL, Attachment.IN)).isEmpty();
    }

    @Test
    void pathThatOthersDoNotKnowIsNotTaken() {
        try (PlaneHosts net = hosts(false, 4)) {
            net.hasNames = false;
            net.apply(CHAIN, false);
            assertThat(reaches(net, packet(false, 4, 1000).bytes())).isFalse();
            assertThat(net.hosts.getFirst().drops()).isEqualTo(Map.of(DropReason.OVERLAY_PATH_UNKNOWN, 1L));
            net.hasNames = true;
            net.apply(CHAIN, false);
            assertThat(reaches(net, packet(false, 4, 1000).bytes())).isTrue();
        }
    }

    @ParameterizedTest
    @CsvSource({"4", "6"})
    void peerWithoutRouteIsNotReached(int underlayVersion) {
        try (PlaneHosts net = hosts(true, underlayVersion)) {
            net.hasRoutes = false;
            net.apply(CHAIN, false);
            assertThat(reaches(net, packet(true, 4, 1000).bytes())).isFalse();
            assertThat(net.hosts.getFirst().drops()).isEqualTo(Map.of(DropReason.OVERLAY_UNREACHABLE, 1L));
            assertThat(net.hosts.getFirst().sentAnywhere()).isEmpty();
        }
    }

    /** A flow that nobody could take back to where it was classified does not go to the node; it does when others are over. Two directions of 128 flows are all that there is room for. */
    @Test
    void flowsOfOthersThatNobodyCouldRememberAreNotServed() {
        try (PlaneHosts net = hosts(false, 4)) {
            for (int port = 1000; port < 1128; port++) {
                assertThat(reaches(net, packet(false, 4, port).bytes())).isTrue();
                assertThat(isAnswered(net, port)).isTrue();
            }
            assertThat(reaches(net, packet(false, 4, 1299).bytes())).isFalse();
            assertThat(net.hosts.get(1).drops()).isEqualTo(Map.of(DropReason.PLANE_FLOWS_FULL, 1L));
            assertThat(net.hosts.getFirst().drops()).isEmpty();
            // One that is remembered goes on.
            assertThat(reaches(net, packet(false, 4, 1000).bytes())).isTrue();
            for (int second = 0; second < 400; second++) {
                net.hosts.get(1).advance(1_000_000_000L);
            }
            assertThat(reaches(net, packet(false, 4, 1299).bytes())).isTrue();
        }
    }

    /** F9: flows that nobody answers give way to new ones, and those that somebody does to none. */
    @Test
    void floodOfFlowsOfOthersKeepsNoNewOneOut() {
        try (PlaneHosts net = hosts(false, 4)) {
            assertThat(reaches(net, packet(false, 4, 999).bytes())).isTrue();
            assertThat(isAnswered(net, 999)).isTrue();
            for (int port = 1000; port < 2000; port++) {
                net.hosts.get(1).advance(1_000_000L);
                assertThat(reaches(net, packet(false, 4, port).bytes()))
                        .as("port %d", port)
                        .isTrue();
            }
            // The last one is answered through the node, and the first of all goes on.
            assertThat(isAnswered(net, 1999)).isTrue();
            assertThat(isAnswered(net, 999)).isTrue();
            assertThat(reaches(net, packet(false, 4, 999).bytes())).isTrue();
            assertThat(net.hosts.get(1).drops()).isEmpty();
            assertThat(net.hosts.get(1).datapath().connections().evictedHalfOpen())
                    .isPositive();
        }
    }

    /** Whether the answer to a packet comes back through the node. */
    private static boolean isAnswered(PlaneHosts net, int port) {
        MemorySwitch classifier = net.hosts.getFirst();
        MemorySwitch server = net.hosts.get(1);
        classifier.receive(PlaneHosts.SERVER, packet(false, 4, port).reply().bytes());
        classifier.sent(PlaneHosts.UNDERLAY).forEach(frame -> server.receive(PlaneHosts.UNDERLAY, frame));
        server.sent(net.port(FIREWALL, 1)).forEach(frame -> server.receive(net.port(FIREWALL, 0), frame));
        server.sent(PlaneHosts.UNDERLAY).forEach(frame -> classifier.receive(PlaneHosts.UNDERLAY, frame));
        return classifier.sent(PlaneHosts.CLIENT).size() == 1;
    }

    /** Outer headers of 36 bytes over IPv4, a service header of 60, the inner Ethernet header; an inner tag is 4 more. */
    @ParameterizedTest(name = "routed {0}, underlay IPv{1}, inner IPv{2}, VLAN {3}")
    @CsvSource({
        "false, 4, 4, 0, 1390",
        "false, 4, 6, 0, 1390",
        "false, 6, 4, 0, 1370",
        "false, 6, 6, 0, 1370",
        "false, 4, 4, 12, 1386",
        "false, 6, 6, 12, 1366",
        "true, 4, 4, 0, 1390",
        "true, 4, 6, 0, 1390",
        "true, 6, 4, 0, 1370",
        "true, 6, 6, 0, 1370"
    })
    void senderOfWhatIsTooLongForTheTunnelIsTold(boolean routed, int underlay, int inner, int vlan, int mtuBytes) {
        try (PlaneHosts net = hosts(routed, underlay)) {
            int headers = inner == 4 ? 28 : 48;
            TestPacket plain = vlan == 0
                    ? packet(routed, inner, 1000)
                    : packet(routed, inner, 1000).vlan(vlan);
            assertThat(reaches(net, plain.payload(new byte[mtuBytes - headers]).bytes()))
                    .isTrue();
            net.hosts.getFirst().sentAnywhere();
            byte[] tooLong = plain.payload(new byte[mtuBytes - headers + 1]).bytes();
            MemorySwitch classifier = net.hosts.getFirst();
            classifier.receive(PlaneHosts.CLIENT, tooLong);
            assertThat(classifier.drops()).isEqualTo(Map.of(DropReason.MTU_EXCEEDED, 1L));
            assertThat(classifier.sent(PlaneHosts.UNDERLAY)).isEmpty();
            List<byte[]> told = classifier.sent(PlaneHosts.CLIENT);
            assertThat(told).hasSize(1);
            ByteBuffer error = ByteBuffer.wrap(told.getFirst());
            int ip = 14 + (vlan == 0 ? 0 : 4);
            assertThat(error.getShort(ip - 2)).isEqualTo((short) (inner == 4 ? 0x0800 : 0x86dd));
            int icmp = ip + (inner == 4 ? 20 : 40);
            assertThat(error.get(icmp)).isEqualTo((byte) (inner == 4 ? 3 : 2));
            assertThat(error.get(icmp + 1)).isEqualTo((byte) (inner == 4 ? 4 : 0));
            assertThat(error.getInt(icmp + 4)).isEqualTo(mtuBytes);
            // To who sent it; from the router, or in the name of the receiver.
            int addressBytes = inner == 4 ? 4 : 16;
            int source = ip + (inner == 4 ? 12 : 8);
            byte[] from = Arrays.copyOfRange(told.getFirst(), source, source + addressBytes);
            byte[] to = Arrays.copyOfRange(told.getFirst(), source + addressBytes, source + 2 * addressBytes);
            assertThat(to).isEqualTo(Arrays.copyOfRange(tooLong, source, source + addressBytes));
            byte[] expected = Arrays.copyOfRange(tooLong, source + addressBytes, source + 2 * addressBytes);
            if (routed) {
                expected = address(inner == 4 ? "10.0.1.1" : "fd01::1");
            }
            assertThat(from).isEqualTo(expected);
        }
    }

    private static byte[] address(String text) {
        try {
            return java.net.InetAddress.getByName(text).getAddress();
        } catch (java.net.UnknownHostException e) {
            throw new IllegalArgumentException(text, e);
        }
    }
}
