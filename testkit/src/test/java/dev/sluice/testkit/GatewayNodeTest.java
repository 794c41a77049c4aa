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

import dev.sluice.datapath.packet.DropReason;
import java.io.ByteArrayOutputStream;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Appliances in the format of cloud gateway load balancers (X5), by the bytes of docs/reference/overlay-formats.md. Offsets: Ethernet 0, IPv4 14, UDP 34, Geneve 42, options 50,
 * 62 and 74, IP packet 82.
 */
class GatewayNodeTest {
    private static final int PACKET = 82;
    private static final TestPacket REQUEST = TestPacket.tcp("10.0.0.1:4000", "10.0.0.2:80", 2);
    private static final byte[] FRAME = REQUEST.bytes();
    private static final byte[] REPLY = REQUEST.reply().bytes();

    /** The datagram back to the switch, as it came. */
    private static byte[] back(byte[] datagram) {
        byte[] back = datagram.clone();
        System.arraycopy(datagram, 6, back, 0, 6);
        System.arraycopy(datagram, 0, back, 6, 6);
        System.arraycopy(datagram, 26, back, 30, 4);
        System.arraycopy(datagram, 30, back, 26, 4);
        return back;
    }

    private static byte[] packet(byte[] frame) {
        return Arrays.copyOfRange(frame, 14, frame.length);
    }

    private static byte[] datagram(ThreeHosts hosts, int port, byte[] frame) {
        hosts.receive(A, port, frame);
        return hosts.toNode().getFirst();
    }

    @ParameterizedTest(name = "appliance on host {0}, hub {1}")
    @CsvSource({"0, false", "0, true", "1, false", "1, true"})
    void bothDirectionsPassTheApplianceAndGetTheirEthernetHeadersBack(int host, boolean hub) {
        try (ThreeHosts hosts = ThreeHosts.gateway(host, hub)) {
            byte[] got = datagram(hosts, CLIENT, FRAME);
            assertThat(Arrays.copyOfRange(got, 42, 50)).containsExactly(8, 0, 8, 0, 0, 0, 0, 0);
            assertThat(Arrays.copyOfRange(got, 50, 62)).containsExactly(1, 8, 1, 2, 0, 0, 0, 0, 0, 0, 0, 77);
            assertThat(Arrays.copyOfRange(got, 62, 66)).containsExactly(1, 8, 2, 2);
            assertThat(Arrays.copyOfRange(got, 74, 78)).containsExactly(1, 8, 3, 1);
            assertThat(Arrays.copyOfRange(got, PACKET, got.length)).isEqualTo(packet(FRAME));
            hosts.receive(host, UNDERLAY, back(got));
            byte[] atIps = hosts.host(C).sent(NODE_IN).getFirst();
            assertThat(packet(atIps)).isEqualTo(packet(FRAME));
            hosts.receive(C, NODE_OUT, atIps);
            assertThat(hosts.host(A).sent(SERVER)).containsExactly(FRAME);

            hosts.receive(A, SERVER, REPLY);
            hosts.receive(C, NODE_IN, hosts.host(C).sent(NODE_OUT).getFirst());
            byte[] answer = hosts.toNode().getFirst();
            assertThat(Arrays.copyOfRange(answer, 78, 82)).as("the cookie").isEqualTo(Arrays.copyOfRange(got, 78, 82));
            hosts.receive(host, UNDERLAY, back(answer));
            assertThat(hosts.host(A).sent(CLIENT)).containsExactly(REPLY);
            hosts.hosts.forEach(each -> assertThat(each.drops()).isEmpty());
        }
    }

    @Test
    void vlansComeBack() {
        try (ThreeHosts hosts = ThreeHosts.gateway(A, false)) {
            byte[] tagged = REQUEST.vlan(42).bytes();
            byte[] got = datagram(hosts, CLIENT, tagged);
            assertThat(Arrays.copyOfRange(got, PACKET, got.length)).isEqualTo(packet(FRAME));
            hosts.receive(A, UNDERLAY, back(got));
            byte[] atIps = hosts.host(C).sent(NODE_IN).getFirst();
            assertThat(Arrays.copyOfRange(atIps, 12, atIps.length))
                    .isEqualTo(Arrays.copyOfRange(tagged, 12, tagged.length));
        }
    }

    @Test
    void unknownOptionsAreNoReasonToDropAndOrderIsOfNoMeaning() {
        try (ThreeHosts hosts = ThreeHosts.gateway(A, false)) {
            byte[] got = back(datagram(hosts, CLIENT, FRAME));
            ByteArrayOutputStream other = new ByteArrayOutputStream();
            other.write(got, 0, 50);
            other.write(got, 74, 8);
            other.writeBytes(new byte[] {0x7f, 1, 5, 1, 1, 2, 3, 4});
            other.write(got, 62, 12);
            other.write(got, 50, 12);
            other.write(got, PACKET, got.length - PACKET);
            byte[] answer = other.toByteArray();
            answer[42] = 10;
            answer[17] = (byte) (answer[17] + 8);
            answer[39] = (byte) (answer[39] + 8);
            Sums.fixIpv4(answer, 14);
            hosts.receive(A, UNDERLAY, answer);
            assertThat(hosts.host(A).drops()).isEmpty();
            assertThat(hosts.host(C).sent(NODE_IN)).hasSize(1);
        }
    }

    @Test
    void answerThatOnlyTheSecondArmOfTheApplianceHasSeenComesBack() {
        try (ThreeHosts hosts = ThreeHosts.gateway(B, false)) {
            byte[] got = datagram(hosts, CLIENT, FRAME);
            hosts.receive(B, UNDERLAY, back(got));
            hosts.receive(C, NODE_OUT, hosts.host(C).sent(NODE_IN).getFirst());
            hosts.receive(A, SERVER, REPLY);
            hosts.host(C).sentAnywhere();
            // Nothing of this direction was sent to it; it got the answer elsewhere.
            byte[] answer = back(got);
            System.arraycopy(REPLY, 14, answer, PACKET, answer.length - PACKET);
            hosts.receive(B, UNDERLAY, answer);
            assertThat(hosts.host(B).drops()).isEmpty();
            assertThat(packet(hosts.host(A).sent(CLIENT).getFirst())).isEqualTo(packet(REPLY));
        }
    }

    @Test
    void errorAboutAPacketOfTheFlowGoesWithIt() {
        try (ThreeHosts hosts = ThreeHosts.gateway(A, false)) {
            datagram(hosts, CLIENT, FRAME);
            byte[] error = TestPacket.ping("10.0.0.9", "10.0.0.1", 0)
                    .ethernet(0x0200_0000_0002L, 0x0200_0000_0001L)
                    .icmpType(3)
                    .payload(Arrays.copyOfRange(FRAME, 14, 42))
                    .bytes();
            hosts.receive(A, SERVER, error);
            hosts.receive(C, NODE_IN, hosts.host(C).sent(NODE_OUT).getFirst());
            hosts.receive(A, UNDERLAY, back(hosts.toNode().getFirst()));
            assertThat(hosts.host(A).drops()).isEmpty();
            assertThat(packet(hosts.host(A).sent(CLIENT).getFirst())).isEqualTo(packet(error));
        }
    }

    static List<Arguments> forgeries() {
        return List.of(
                forgery("another cookie", DropReason.NODE_COOKIE_UNKNOWN, 81, 9),
                forgery("a cookie of another time", DropReason.NODE_COOKIE_UNKNOWN, 78, 0x70),
                forgery("no cookie", DropReason.NODE_COOKIE_UNKNOWN, 76, 9),
                forgery("another attachment", DropReason.NODE_COOKIE_UNKNOWN, 69, 9),
                forgery("VLANs that the flow has not", DropReason.NODE_FLOW_FORGED, 73, 7),
                forgery("a packet of another flow", DropReason.NODE_FLOW_FORGED, PACKET + 21, 9),
                forgery("an endpoint of a wrong length", DropReason.OVERLAY_HEADER_INVALID, 53, 5),
                forgery("a frame", DropReason.OVERLAY_PAYLOAD_UNKNOWN, 44, 0x65),
                forgery("a broken packet", DropReason.IPV4_HEADER_INVALID, PACKET, 0x4f),
                forgery("an unknown critical option", DropReason.OVERLAY_OPTION_CRITICAL, 52, 0x81));
    }

    private static Arguments forgery(String what, DropReason reason, int offset, int value) {
        return Arguments.of(what, reason, offset, value);
    }

    @ParameterizedTest(name = "{0}: {1}")
    @MethodSource("forgeries")
    void forgedAnswerIsDroppedAndCounted(String what, DropReason reason, int offset, int value) {
        for (int host : new int[] {A, B}) {
            try (ThreeHosts hosts = ThreeHosts.gateway(host, false)) {
                byte[] forged = back(datagram(hosts, CLIENT, FRAME));
                forged[offset] = (byte) value;
                String before = HostState.of(hosts.host(host));
                hosts.receive(host, UNDERLAY, forged);
                assertThat(hosts.host(host).drops()).as(what).isEqualTo(Map.of(reason, 1L));
                assertThat(HostState.of(hosts.host(host))).as(what).isEqualTo(before);
                assertThat(hosts.host(C).sentAnywhere()).isEmpty();
            }
        }
    }
}
