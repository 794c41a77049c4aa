package dev.sluice.testkit;

import static dev.sluice.testkit.ThreeHosts.A;
import static dev.sluice.testkit.ThreeHosts.B;
import static dev.sluice.testkit.ThreeHosts.C;
import static dev.sluice.testkit.ThreeHosts.CLIENT;
import static dev.sluice.testkit.ThreeHosts.NODE_IN;
import static dev.sluice.testkit.ThreeHosts.NODE_OUT;
import static dev.sluice.testkit.ThreeHosts.SERVER;
import static dev.sluice.testkit.ThreeHosts.UNDERLAY;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.datapath.packet.Batch;
import dev.sluice.datapath.packet.DropReason;
import dev.sluice.datapath.snapshot.NodeTunnel;
import dev.sluice.ports.MemoryFrame;
import java.util.Arrays;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/** A bridge between two tunnels as a service node (C5), by the bytes of RFC 2784 and RFC 2890 (GRE) and RFC 7348 (VXLAN). Offsets: Ethernet 0, IPv4 14, GRE or UDP 34, VXLAN 42. */
class TunnelledBridgeTest {
    private static final int IPV6_INSIDE = 6;
    private static final int FRAME_PORT_END = 35;
    private static final byte[] FRAME = request(4).bytes();

    /** How the bridge is reached. */
    enum Kind {
        GRE(NodeTunnel.Format.GRE, 41, 42),
        VXLAN(NodeTunnel.Format.VXLAN, 48, 50);

        final NodeTunnel.Format format;

        /** Last byte of the number of the tunnel. */
        final int numberEnd;

        final int frameAt;

        Kind(NodeTunnel.Format format, int numberEnd, int frameAt) {
            this.format = format;
            this.numberEnd = numberEnd;
            this.frameAt = frameAt;
        }

        /** The bridge passes the frame from one tunnel to the other. */
        byte[] bridged(byte[] packet) {
            byte[] back = packet.clone();
            System.arraycopy(packet, 6, back, 0, 6);
            System.arraycopy(packet, 0, back, 6, 6);
            System.arraycopy(packet, 26, back, 30, 4);
            System.arraycopy(packet, 30, back, 26, 4);
            back[numberEnd] ^= 1;
            return back;
        }

        byte[] frame(byte[] packet) {
            return Arrays.copyOfRange(packet, frameAt, packet.length);
        }
    }

    private static TestPacket request(int ipVersion) {
        return ipVersion == IPV6_INSIDE
                ? TestPacket.tcp("[fd00::1]:4000", "[fd00::2]:80", 2)
                : TestPacket.tcp("10.0.0.1:4000", "10.0.0.2:80", 2);
    }

    @ParameterizedTest(name = "{0}, on host {1}, IPv{2} inside")
    @CsvSource({"GRE, 0, 4", "GRE, 1, 6", "VXLAN, 0, 4", "VXLAN, 0, 6", "VXLAN, 1, 4", "VXLAN, 1, 6"})
    void bothDirectionsPassTheBridgeByItsTunnels(Kind kind, int host, int ipVersion) {
        byte[] frame = request(ipVersion).bytes();
        byte[] reply = request(ipVersion).reply().bytes();
        try (ThreeHosts hosts = ThreeHosts.nodeIn(host, kind.format)) {
            hosts.receive(A, CLIENT, frame);
            byte[] got = hosts.toNode().getFirst();
            assertThat(got[kind.numberEnd]).isEqualTo((byte) 100);
            assertThat(kind.frame(got)).isEqualTo(frame);
            hosts.receive(host, UNDERLAY, kind.bridged(got));
            assertThat(hosts.host(C).sent(NODE_IN)).containsExactly(frame);
            hosts.receive(C, NODE_OUT, frame);
            assertThat(hosts.host(A).sent(SERVER)).containsExactly(frame);
            hosts.receive(A, SERVER, reply);
            hosts.receive(C, NODE_IN, reply);
            byte[] answer = hosts.toNode().getFirst();
            assertThat(answer[kind.numberEnd]).isEqualTo((byte) 101);
            assertThat(kind.frame(answer)).isEqualTo(reply);
            hosts.receive(host, UNDERLAY, kind.bridged(answer));
            assertThat(hosts.host(A).sent(CLIENT)).containsExactly(reply);
            hosts.hosts.forEach(each -> assertThat(each.drops()).isEmpty());
        }
    }

    @Test
    void headersAreThoseOfGre() {
        try (ThreeHosts hosts = ThreeHosts.nodeIn(B, NodeTunnel.Format.GRE)) {
            hosts.receive(A, CLIENT, FRAME);
            byte[] got = hosts.toNode().getFirst();
            assertThat(got[23]).as("IP protocol").isEqualTo((byte) 47);
            assertThat(Arrays.copyOfRange(got, 34, 42)).containsExactly(0x20, 0, 0x65, 0x58, 0, 0, 0, 100);
        }
    }

    @Test
    void headersAreThoseOfVxlan() {
        try (ThreeHosts hosts = ThreeHosts.nodeIn(B, NodeTunnel.Format.VXLAN)) {
            hosts.receive(A, CLIENT, FRAME);
            byte[] got = hosts.toNode().getFirst();
            assertThat(got[23]).as("IP protocol").isEqualTo((byte) 17);
            assertThat(Arrays.copyOfRange(got, 36, 38)).as("UDP 4789").containsExactly(0x12, 0xb5);
            assertThat(Arrays.copyOfRange(got, 40, 42)).as("no checksum").containsExactly(0, 0);
            assertThat(Arrays.copyOfRange(got, 42, 50)).containsExactly(8, 0, 0, 0, 0, 0, 100, 0);
        }
    }

    /** RFC 7348 5: they are ignored on receipt. */
    @Test
    void reservedBitsOfVxlanAreIgnored() {
        try (ThreeHosts hosts = ThreeHosts.nodeIn(B, NodeTunnel.Format.VXLAN)) {
            hosts.receive(A, CLIENT, FRAME);
            byte[] back = Kind.VXLAN.bridged(hosts.toNode().getFirst());
            back[42] = (byte) 0xff;
            Arrays.fill(back, 43, 46, (byte) 0xff);
            back[49] = (byte) 0xff;
            hosts.receive(B, UNDERLAY, back);
            assertThat(hosts.host(C).sent(NODE_IN)).containsExactly(FRAME);
        }
    }

    @ParameterizedTest
    @EnumSource
    void superFrameReachesTheBridgeInSegments(Kind kind) {
        try (ThreeHosts hosts = ThreeHosts.nodeIn(B, kind.format)) {
            byte[] whole = TestPacket.tcp("10.0.0.1:4000", "10.0.0.2:80", 0x10)
                    .payload(new byte[3000])
                    .bytes();
            hosts.receive(A, CLIENT, FRAME);
            hosts.toNode();
            hosts.receive(A, CLIENT, MemoryFrame.superFrame(whole, Batch.GSO_TCPV4, 1400, 54, 34, 16));
            assertThat(hosts.toNode()).hasSize(3).allMatch(packet -> Sums.tcpHolds(kind.frame(packet)));
        }
    }

    static Stream<Arguments> forgeries() {
        return Stream.concat(
                Stream.of(Kind.values()).flatMap(TunnelledBridgeTest::forgeries),
                Stream.of(
                        forgery(Kind.GRE, "no key", DropReason.SERVICE_TAG_UNKNOWN, 34, 0),
                        forgery(Kind.GRE, "a reserved flag", DropReason.OVERLAY_HEADER_INVALID, 34, 0x60),
                        forgery(Kind.GRE, "no frame", DropReason.OVERLAY_PAYLOAD_UNKNOWN, 36, 8),
                        forgery(Kind.VXLAN, "no virtual network", DropReason.OVERLAY_HEADER_INVALID, 42, 0xf7),
                        forgery(Kind.VXLAN, "a larger virtual network", DropReason.SERVICE_TAG_UNKNOWN, 46, 1),
                        forgery(Kind.VXLAN, "a wrong checksum", DropReason.OVERLAY_CHECKSUM, 41, 1),
                        forgery(Kind.VXLAN, "VXLAN-GPE", DropReason.NODE_TRANSPORT_WRONG, 37, 0xb6),
                        forgery(Kind.VXLAN, "GRE", DropReason.NODE_TRANSPORT_WRONG, 23, 47)));
    }

    private static Stream<Arguments> forgeries(Kind kind) {
        return Stream.of(
                forgery(kind, "the number of nobody", DropReason.SERVICE_TAG_UNKNOWN, kind.numberEnd, 102),
                forgery(kind, "the side where it got the packet", DropReason.SERVICE_WRONG_SIDE, kind.numberEnd, 100),
                forgery(
                        kind,
                        "a flow that it does not have",
                        DropReason.RETURN_NO_FLOW,
                        kind.frameAt + FRAME_PORT_END,
                        9),
                forgery(kind, "an address that is nobody's", DropReason.OVERLAY_PEER_UNKNOWN, 29, 51),
                forgery(kind, "a peer", DropReason.OVERLAY_PEER_UNKNOWN, 29, 3));
    }

    private static Arguments forgery(Kind kind, String what, DropReason reason, int offset, int value) {
        return Arguments.of(kind, what, reason, offset, value);
    }

    @ParameterizedTest(name = "{0}, {1}: {2}")
    @MethodSource("forgeries")
    void forgedAnswerIsDroppedAndCounted(Kind kind, String what, DropReason reason, int offset, int value) {
        for (int host : new int[] {A, B}) {
            try (ThreeHosts hosts = ThreeHosts.nodeIn(host, kind.format)) {
                hosts.receive(A, CLIENT, FRAME);
                byte[] forged = kind.bridged(hosts.toNode().getFirst());
                forged[offset] = (byte) value;
                Sums.fixIpv4(forged, 14);
                String before = HostState.of(hosts.host(host));
                hosts.receive(host, UNDERLAY, forged);
                assertThat(hosts.host(host).drops()).as(what).isEqualTo(Map.of(reason, 1L));
                assertThat(HostState.of(hosts.host(host))).as(what).isEqualTo(before);
                assertThat(hosts.host(C).sentAnywhere()).isEmpty();
            }
        }
    }

    /** Nodes that have one of these transports are not heard in another one. */
    @ParameterizedTest
    @CsvSource({"NSH", "GWLB", "NSH_GPE"})
    void vxlanFromANodeOfAnotherTransportIsDropped(NodeTunnel.Format format) {
        try (ThreeHosts hosts = ThreeHosts.nodeIn(B, format)) {
            hosts.receive(A, CLIENT, FRAME);
            byte[] forged = Kind.VXLAN.bridged(hosts.toNode().getFirst());
            forged[36] = 0x12;
            forged[37] = (byte) 0xb5;
            hosts.receive(B, UNDERLAY, forged);
            assertThat(hosts.host(B).drops()).isEqualTo(Map.of(DropReason.NODE_TRANSPORT_WRONG, 1L));
        }
    }

    @ParameterizedTest
    @EnumSource
    void whatIsCutOffIsDroppedAndNoFrameIsLost(Kind kind) {
        try (ThreeHosts hosts = ThreeHosts.nodeIn(B, kind.format)) {
            hosts.receive(A, CLIENT, FRAME);
            byte[] back = kind.bridged(hosts.toNode().getFirst());
            int free = hosts.host(B).freeFrames();
            for (int length = 34; length < kind.frameAt + 54; length++) {
                byte[] cut = Arrays.copyOf(back, length);
                cut[16] = (byte) ((length - 14) >>> 8);
                cut[17] = (byte) (length - 14);
                if (kind == Kind.VXLAN && length >= 42) {
                    cut[38] = (byte) ((length - 34) >>> 8);
                    cut[39] = (byte) (length - 34);
                }
                Sums.fixIpv4(cut, 14);
                hosts.receive(B, UNDERLAY, cut);
            }
            long dropped = hosts.host(B).drops().values().stream()
                    .mapToLong(Long::longValue)
                    .sum();
            assertThat(dropped).isEqualTo(kind.frameAt + 54 - 34);
            assertThat(hosts.host(C).sentAnywhere()).isEmpty();
            assertThat(hosts.host(B).freeFrames()).isEqualTo(free);
        }
    }
}
