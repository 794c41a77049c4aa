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

import dev.sluice.datapath.snapshot.NodeTunnel;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Context headers that nobody here knows travel with the packet, past nodes of every kind (C3; RFC 8300 2.5.1: forwarders do not touch metadata). */
class CarriedMetadataTest {
    private static final TestPacket REQUEST = TestPacket.tcp("10.0.0.1:4000", "10.0.0.2:80", 2);
    private static final byte[] FRAME = REQUEST.bytes();
    private static final byte[] REPLY = REQUEST.reply().bytes();

    /** Class 0x1234, type 0x8a, unassigned bit set, five bytes and three of padding that are not zero. */
    private static final byte[] UNKNOWN = {0x12, 0x34, (byte) 0x8a, (byte) 0x85, 1, 2, 3, 4, 5, 9, 9, 9};

    private static final int NSH = 50;
    private static final int NSH_ON_ETHERNET = 14;

    /** Puts it in front of the other context headers of a datagram. */
    private static byte[] withUnknown(byte[] datagram) {
        byte[] longer = new byte[datagram.length + UNKNOWN.length];
        int first = NSH + 8;
        System.arraycopy(datagram, 0, longer, 0, first);
        System.arraycopy(UNKNOWN, 0, longer, first, UNKNOWN.length);
        System.arraycopy(datagram, first, longer, first + UNKNOWN.length, datagram.length - first);
        longer[NSH + 1] += (byte) (UNKNOWN.length / 4);
        putU16(longer, 16, longer.length - 14);
        putU16(longer, 38, longer.length - 34);
        Sums.fixIpv4(longer, 14);
        return longer;
    }

    private static void putU16(byte[] bytes, int at, int value) {
        bytes[at] = (byte) (value >>> 8);
        bytes[at + 1] = (byte) value;
    }

    private static byte[] unknown(byte[] packet, int nsh) {
        return Arrays.copyOfRange(packet, nsh + 8, nsh + 8 + UNKNOWN.length);
    }

    /** What went from one host to another last. */
    private static byte[] last(ThreeHosts hosts, int from, int to) {
        return hosts.carried.stream()
                .filter(frame -> frame.length > NSH + 60 && frame[29] == from + 1 && frame[33] == to + 1)
                .reduce((first, second) -> second)
                .orElseThrow();
    }

    /** A packet from A comes to B with it; A has a record of the flow. */
    private static void begin(ThreeHosts hosts) {
        hosts.receive(A, CLIENT, FRAME);
        hosts.toNode();
        hosts.hosts.forEach(MemorySwitch::sentAnywhere);
        hosts.receive(B, UNDERLAY, withUnknown(last(hosts, A, B)));
    }

    @Test
    void agentlessNodesGetTheFrameAndTheNextSwitchAllThatCameWithIt() {
        try (ThreeHosts hosts = new ThreeHosts(false)) {
            begin(hosts);
            assertThat(hosts.host(B).sent(NODE_IN)).containsExactly(FRAME);
            hosts.receive(B, NODE_OUT, FRAME);
            assertThat(unknown(last(hosts, B, C), NSH)).isEqualTo(UNKNOWN);
            assertThat(hosts.host(C).sent(NODE_IN)).containsExactly(FRAME);
            hosts.receive(C, NODE_OUT, FRAME);
            assertThat(unknown(last(hosts, C, A), NSH)).isEqualTo(UNKNOWN);
            assertThat(hosts.host(A).sent(SERVER)).containsExactly(FRAME);

            // It came with packets of one direction, and belongs to those.
            hosts.receive(A, SERVER, REPLY);
            hosts.receive(C, NODE_IN, REPLY);
            assertThat(last(hosts, C, B)).hasSize(FRAME.length + NSH + 60);
            hosts.receive(B, NODE_IN, REPLY);
            assertThat(hosts.host(A).sent(CLIENT)).containsExactly(REPLY);
        }
    }

    @ParameterizedTest
    @EnumSource(names = {"NSH", "NSH_GPE", "NSH_ETHERNET"})
    void awareNodesGetItTooAndItGoesOnBehindThem(NodeTunnel.Format format) {
        try (ThreeHosts hosts = ThreeHosts.nodeIn(B, format)) {
            begin(hosts);
            boolean onEthernet = format == NodeTunnel.Format.NSH_ETHERNET;
            List<byte[]> got = onEthernet ? hosts.host(B).sent(hosts.nodePort()) : hosts.toNode();
            byte[] packet = got.getLast();
            assertThat(unknown(packet, onEthernet ? NSH_ON_ETHERNET : NSH)).isEqualTo(UNKNOWN);
            byte[] answer = onEthernet ? onEthernet(packet) : AwareNode.answer(packet);
            hosts.receive(B, onEthernet ? hosts.nodePort() : UNDERLAY, answer);
            assertThat(unknown(last(hosts, B, C), NSH)).isEqualTo(UNKNOWN);
            assertThat(hosts.host(C).sent(NODE_IN)).containsExactly(FRAME);
            hosts.hosts.forEach(each -> assertThat(each.drops()).isEmpty());
        }
    }

    /** Nodes that know metadata type 1 only do not get it, and what they send back has none. */
    @ParameterizedTest
    @EnumSource
    void itGoesOnBehindNodesThatDoNotGetIt(NshNode node) {
        try (ThreeHosts hosts = node.hostsWithFixedContext(B)) {
            begin(hosts);
            byte[] packet = node.got(hosts, B).getLast();
            assertThat(node.frame(packet)).isEqualTo(FRAME);
            node.sendBack(hosts, B, node.answer(packet));
            assertThat(unknown(last(hosts, B, C), NSH)).isEqualTo(UNKNOWN);
            assertThat(hosts.host(C).sent(NODE_IN)).containsExactly(FRAME);
            hosts.hosts.forEach(each -> assertThat(each.drops()).isEmpty());
        }
    }

    private static byte[] onEthernet(byte[] packet) {
        byte[] answer = packet.clone();
        System.arraycopy(packet, 0, answer, 6, 6);
        System.arraycopy(packet, 6, answer, 0, 6);
        answer[NSH_ON_ETHERNET + 7]--;
        return answer;
    }
}
