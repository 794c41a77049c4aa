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
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** A bridge between two GRE tunnels as a service node (C5), by the bytes of RFC 2784 and RFC 2890. Offsets: Ethernet 0, IPv4 14, GRE 34, key 38, frame 42. */
class GreNodeTest {
    private static final int KEY_END = 41;
    private static final int FRAME_AT = 42;
    private static final TestPacket REQUEST = TestPacket.tcp("10.0.0.1:4000", "10.0.0.2:80", 2);
    private static final byte[] FRAME = REQUEST.bytes();
    private static final byte[] REPLY = REQUEST.reply().bytes();

    /** The bridge passes the frame from one tunnel to the other. */
    private static byte[] bridged(byte[] packet) {
        byte[] back = packet.clone();
        System.arraycopy(packet, 6, back, 0, 6);
        System.arraycopy(packet, 0, back, 6, 6);
        System.arraycopy(packet, 26, back, 30, 4);
        System.arraycopy(packet, 30, back, 26, 4);
        back[KEY_END] ^= 1;
        return back;
    }

    private static byte[] frame(byte[] packet) {
        return Arrays.copyOfRange(packet, FRAME_AT, packet.length);
    }

    @ParameterizedTest
    @ValueSource(ints = {A, B})
    void bothDirectionsPassTheBridgeByItsTunnels(int host) {
        try (ThreeHosts hosts = ThreeHosts.gre(host)) {
            hosts.receive(A, CLIENT, FRAME);
            byte[] got = hosts.toNode().getFirst();
            assertThat(Arrays.copyOfRange(got, 34, FRAME_AT)).containsExactly(0x20, 0, 0x65, 0x58, 0, 0, 0, 100);
            assertThat(frame(got)).isEqualTo(FRAME);
            hosts.receive(host, UNDERLAY, bridged(got));
            assertThat(hosts.host(C).sent(NODE_IN)).containsExactly(FRAME);
            hosts.receive(C, NODE_OUT, FRAME);
            assertThat(hosts.host(A).sent(SERVER)).containsExactly(FRAME);
            hosts.receive(A, SERVER, REPLY);
            hosts.receive(C, NODE_IN, REPLY);
            byte[] answer = hosts.toNode().getFirst();
            assertThat(answer[KEY_END]).isEqualTo((byte) 101);
            hosts.receive(host, UNDERLAY, bridged(answer));
            assertThat(hosts.host(A).sent(CLIENT)).containsExactly(REPLY);
            hosts.hosts.forEach(each -> assertThat(each.drops()).isEmpty());
        }
    }

    static List<Arguments> forgeries() {
        return List.of(
                forgery("the key of nobody", DropReason.SERVICE_TAG_UNKNOWN, KEY_END, 102),
                forgery("the side where it got the packet", DropReason.SERVICE_WRONG_SIDE, KEY_END, 100),
                forgery("no key", DropReason.SERVICE_TAG_UNKNOWN, 34, 0),
                forgery("a reserved flag", DropReason.OVERLAY_HEADER_INVALID, 34, 0x60),
                forgery("no frame", DropReason.OVERLAY_PAYLOAD_UNKNOWN, 36, 8),
                forgery("a flow that it does not have", DropReason.RETURN_NO_FLOW, FRAME_AT + 35, 9),
                forgery("an address that is nobody's", DropReason.OVERLAY_PEER_UNKNOWN, 29, 51),
                forgery("a peer", DropReason.OVERLAY_PEER_UNKNOWN, 29, 3));
    }

    private static Arguments forgery(String what, DropReason reason, int offset, int value) {
        return Arguments.of(what, reason, offset, value);
    }

    @ParameterizedTest(name = "{0}: {1}")
    @MethodSource("forgeries")
    void forgedAnswerIsDroppedAndCounted(String what, DropReason reason, int offset, int value) {
        for (int host : new int[] {A, B}) {
            try (ThreeHosts hosts = ThreeHosts.gre(host)) {
                hosts.receive(A, CLIENT, FRAME);
                byte[] forged = bridged(hosts.toNode().getFirst());
                forged[offset] = (byte) value;
                Sums.fixIpv4(forged, 14);
                hosts.receive(host, UNDERLAY, forged);
                assertThat(hosts.host(host).drops()).as(what).isEqualTo(Map.of(reason, 1L));
                assertThat(hosts.host(C).sentAnywhere()).isEmpty();
            }
        }
    }
}
