package dev.sluice.testkit;

import static dev.sluice.testkit.AwareNode.ALL;
import static dev.sluice.testkit.AwareNode.BOTH;
import static dev.sluice.testkit.NshNode.INDEX;
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
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Nodes that get the network service header in Geneve, in VXLAN-GPE or right behind Ethernet (C5, C11), by the bytes of RFC 8300 and draft-ietf-nvo3-vxlan-gpe. What is said of aware
 * nodes in {@link AwareNodeTest} goes for them too. Offsets: VXLAN-GPE as there, the header itself at 42; Ethernet 0, NSH 14, frame 74.
 */
class NshTransportsTest {
    private static final TestPacket REQUEST = TestPacket.tcp("10.0.0.1:4000", "10.0.0.2:80", 2);
    private static final byte[] FRAME = REQUEST.bytes();
    private static final byte[] REPLY = REQUEST.reply().bytes();
    private static final int NSH_BYTES = 60;
    private static final int DAMAGED = 20_000;

    // Offsets from the service header on.
    private static final int TENANT_END = 15;
    private static final int FLOW_END = 35;
    private static final int FLAGS = 41;
    private static final int ACTION = 48;

    private static final int GPE = 42;

    @ParameterizedTest
    @CsvSource({"GPE, 0", "GPE, 1", "ETHERNET, 0", "ETHERNET, 1", "TAGGED, 0", "TAGGED, 1"})
    void bothDirectionsVisitTheNode(NshNode kind, int host) {
        try (ThreeHosts hosts = kind.hosts(host)) {
            hosts.receive(A, CLIENT, FRAME);
            byte[] got = kind.got(hosts, host).getFirst();
            assertThat(kind.frame(got)).isEqualTo(FRAME);
            kind.sendBack(hosts, host, kind.answer(got));
            assertThat(hosts.host(C).sent(NODE_IN)).containsExactly(FRAME);
            hosts.receive(C, NODE_OUT, FRAME);
            assertThat(hosts.host(A).sent(SERVER)).containsExactly(FRAME);
            hosts.receive(A, SERVER, REPLY);
            hosts.receive(C, NODE_IN, REPLY);
            byte[] back = kind.got(hosts, host).getFirst();
            assertThat(kind.frame(back)).isEqualTo(REPLY);
            kind.sendBack(hosts, host, kind.answer(back));
            assertThat(hosts.host(A).sent(CLIENT)).containsExactly(REPLY);
            hosts.hosts.forEach(each -> assertThat(each.drops()).isEmpty());
        }
    }

    @Test
    void headersInFrontOfTheServiceHeaderAreThoseOfVxlanGpe() {
        try (ThreeHosts hosts = ThreeHosts.nodeIn(B, NodeTunnel.Format.NSH_GPE)) {
            hosts.receive(A, CLIENT, FRAME);
            byte[] got = NshNode.GPE.got(hosts, B).getFirst();
            assertThat(Arrays.copyOfRange(got, 36, 38)).as("UDP 4790").containsExactly(0x12, 0xb6);
            assertThat(Arrays.copyOfRange(got, GPE, GPE + 8)).containsExactly(0x0c, 0, 0, 4, 0, 0x10, 0, 0);
        }
    }

    @Test
    void headersInFrontOfTheServiceHeaderAreThoseOfEthernet() {
        try (ThreeHosts hosts = ThreeHosts.nodeIn(B, NodeTunnel.Format.NSH_ETHERNET)) {
            hosts.receive(A, CLIENT, FRAME);
            byte[] got = NshNode.ETHERNET.got(hosts, B).getFirst();
            assertThat(Arrays.copyOfRange(got, 0, 6)).as("the node's").containsExactly(2, 0, 0, 0, 0x20, 0x50);
            assertThat(Arrays.copyOfRange(got, 6, 12)).as("the port's").containsExactly(2, 0, 0, 0, 0x20, 1);
            assertThat(Arrays.copyOfRange(got, 12, 14)).containsExactly(0x89, 0x4f);
        }
    }

    @Test
    void tagOfTheChainStandsInFrontOfTheServiceHeaderAndHasToComeBack() {
        try (ThreeHosts hosts = ThreeHosts.tagged(B)) {
            hosts.receive(A, CLIENT, FRAME);
            byte[] got = NshNode.TAGGED.got(hosts, B).getFirst();
            assertThat(Arrays.copyOfRange(got, 12, 18)).containsExactly(0x81, 0, 0, 30, 0x89, 0x4f);
            byte[] answer = NshNode.TAGGED.answer(got);
            byte[] other = answer.clone();
            other[15] = 31;
            NshNode.TAGGED.sendBack(hosts, B, other);
            byte[] without = new byte[answer.length - 4];
            System.arraycopy(answer, 0, without, 0, 12);
            System.arraycopy(answer, 16, without, 12, answer.length - 16);
            NshNode.TAGGED.sendBack(hosts, B, without);
            byte[] twice = new byte[answer.length + 4];
            System.arraycopy(answer, 0, twice, 0, 16);
            System.arraycopy(answer, 12, twice, 16, answer.length - 12);
            NshNode.TAGGED.sendBack(hosts, B, twice);
            assertThat(hosts.host(B).drops()).isEqualTo(Map.of(DropReason.SERVICE_TAG_UNKNOWN, 3L));
            NshNode.TAGGED.sendBack(hosts, B, answer);
            assertThat(hosts.host(C).sent(NODE_IN)).containsExactly(FRAME);
        }
    }

    @ParameterizedTest
    @EnumSource
    void superFrameReachesTheNodeInSegments(NshNode kind) {
        try (ThreeHosts hosts = kind.hosts(B)) {
            byte[] whole = TestPacket.tcp("10.0.0.1:4000", "10.0.0.2:80", 0x10)
                    .payload(new byte[3000])
                    .bytes();
            hosts.receive(A, CLIENT, FRAME);
            kind.got(hosts, B);
            hosts.receive(A, CLIENT, MemoryFrame.superFrame(whole, Batch.GSO_TCPV4, 1400, 54, 34, 16));
            assertThat(kind.got(hosts, B)).hasSize(3).allMatch(packet -> Sums.tcpHolds(kind.frame(packet)));
        }
    }

    /** Congestion that was marked before stays marked; there is no outer header on Ethernet that could say anything else. */
    @ParameterizedTest
    @EnumSource
    void markedCongestionStaysAsItIs(NshNode kind) {
        try (ThreeHosts hosts = kind.hosts(B)) {
            for (int ecn = 0; ecn < 4; ecn++) {
                byte[] frame = FRAME.clone();
                frame[15] |= (byte) ecn;
                Sums.fixIpv4(frame, 14);
                hosts.receive(A, CLIENT, frame);
                byte[] got = kind.got(hosts, B).getFirst();
                kind.sendBack(hosts, B, kind.answer(got));
                assertThat(hosts.host(C).sent(NODE_IN)).containsExactly(frame);
            }
        }
    }

    @ParameterizedTest
    @EnumSource
    void acceptedFlowLeavesTheNodeOut(NshNode kind) {
        try (ThreeHosts hosts = kind.hosts(B)) {
            hosts.receive(A, CLIENT, FRAME);
            byte[] answer = kind.answer(kind.got(hosts, B).getFirst());
            answer[kind.nsh + FLAGS] |= ALL | BOTH;
            answer[kind.nsh + ACTION] = AwareNode.ACCEPT;
            kind.sendBack(hosts, B, answer);
            assertThat(hosts.host(C).sent(NODE_IN)).containsExactly(FRAME);
            hosts.receive(A, CLIENT, FRAME);
            assertThat(kind.got(hosts, B)).isEmpty();
            assertThat(hosts.host(C).sent(NODE_IN)).containsExactly(FRAME);
            hosts.hosts.forEach(each -> assertThat(each.drops()).isEmpty());
        }
    }

    @ParameterizedTest
    @CsvSource({"GPE, 0", "GPE, 1", "ETHERNET, 0", "ETHERNET, 1", "TAGGED, 0", "TAGGED, 1"})
    void messageWithoutPayloadIsHeard(NshNode kind, int host) {
        try (ThreeHosts hosts = kind.hosts(host)) {
            hosts.receive(A, CLIENT, FRAME);
            byte[] message = kind.message(kind.got(hosts, host).getFirst());
            message[kind.nsh + FLAGS] |= ALL | BOTH;
            message[kind.nsh + ACTION] = AwareNode.DROP;
            kind.sendBack(hosts, host, message);
            hosts.receive(A, CLIENT, FRAME);
            assertThat(hosts.host(A).drops()).isEqualTo(Map.of(DropReason.FLOW_PROGRAMMED, 1L));
        }
    }

    /** What a node may not do: which byte of its answer is wrong, from the service header on, and why it is dropped. */
    static List<Arguments> forgeries() {
        return List.of(
                Arguments.of("a hop that it is not", DropReason.NODE_HOP_FORGED, INDEX, 253),
                Arguments.of("the other direction", DropReason.NODE_HOP_FORGED, 6, ThreeHosts.REVERSE_SPI),
                Arguments.of("a path that nobody has", DropReason.NSH_PATH_UNKNOWN, 6, 99),
                Arguments.of("an index behind the path", DropReason.NSH_INDEX_INVALID, INDEX, 250),
                Arguments.of("another tenant", DropReason.NODE_FLOW_FORGED, TENANT_END, 78),
                Arguments.of("another flow", DropReason.NODE_FLOW_FORGED, FLOW_END, 0x99),
                Arguments.of("a frame of another flow", DropReason.NODE_FLOW_FORGED, NSH_BYTES + 35, 9),
                Arguments.of("no flow", DropReason.NSH_CONTEXT_MISSING, 26, 0x55),
                Arguments.of("a version that is none", DropReason.NSH_INVALID, 0, 0x4f),
                Arguments.of("a length beyond the packet", DropReason.NSH_INVALID, 1, 0xbf),
                Arguments.of("metadata of type 3", DropReason.NSH_INVALID, 2, 3),
                Arguments.of("IPv4 inside", DropReason.OVERLAY_PAYLOAD_UNKNOWN, 3, 1));
    }

    @ParameterizedTest(name = "{0}: {1}")
    @MethodSource("forgeries")
    void forgedAnswerIsDroppedAndCounted(String what, DropReason reason, int offset, int value) {
        for (NshNode kind : NshNode.values()) {
            dropsForged(kind, what, reason, kind.nsh + offset, value);
        }
    }

    private static void dropsForged(NshNode kind, String what, DropReason reason, int offset, int value) {
        try (ThreeHosts hosts = kind.hosts(B)) {
            hosts.receive(A, CLIENT, FRAME);
            byte[] forged = kind.answer(kind.got(hosts, B).getFirst());
            forged[offset] = (byte) value;
            kind.fixSum(forged);
            String before = HostState.of(hosts.host(B));
            kind.sendBack(hosts, B, forged);
            assertThat(hosts.host(B).drops()).as(kind + ", " + what).isEqualTo(Map.of(reason, 1L));
            assertThat(HostState.of(hosts.host(B))).as(kind + ", " + what).isEqualTo(before);
            assertThat(hosts.host(C).sentAnywhere()).isEmpty();
        }
    }

    static List<Arguments> forgeriesInGpe() {
        return List.of(
                Arguments.of("another virtual network", DropReason.NSH_PATH_UNKNOWN, GPE + 6, 1),
                Arguments.of("a version", DropReason.OVERLAY_HEADER_INVALID, GPE, 0x1c),
                Arguments.of("no virtual network", DropReason.OVERLAY_HEADER_INVALID, GPE, 0x04),
                Arguments.of("a message between endpoints", DropReason.OVERLAY_PAYLOAD_UNKNOWN, GPE, 0x0d),
                Arguments.of("a frame", DropReason.OVERLAY_PAYLOAD_UNKNOWN, GPE + 3, 3),
                Arguments.of("what is not said", DropReason.OVERLAY_PAYLOAD_UNKNOWN, GPE, 0x08),
                Arguments.of("Geneve", DropReason.NODE_TRANSPORT_WRONG, 37, 0xc1),
                Arguments.of("GRE", DropReason.NODE_TRANSPORT_WRONG, 23, 47),
                Arguments.of("a wrong checksum", DropReason.OVERLAY_CHECKSUM, 41, 1),
                Arguments.of("an address that is nobody's", DropReason.OVERLAY_PEER_UNKNOWN, 29, 51),
                Arguments.of("a switch", DropReason.OVERLAY_PEER_UNKNOWN, 29, 3));
    }

    @ParameterizedTest(name = "{0}: {1}")
    @MethodSource("forgeriesInGpe")
    void forgedVxlanGpeIsDroppedAndCounted(String what, DropReason reason, int offset, int value) {
        if (offset == 37) {
            try (ThreeHosts hosts = ThreeHosts.nodeIn(B, NodeTunnel.Format.NSH_GPE)) {
                hosts.receive(A, CLIENT, FRAME);
                byte[] geneve = NshNode.GPE.answer(NshNode.GPE.got(hosts, B).getFirst());
                geneve[36] = 0x17;
                geneve[37] = (byte) value;
                hosts.receive(B, UNDERLAY, geneve);
                assertThat(hosts.host(B).drops()).as(what).isEqualTo(Map.of(reason, 1L));
            }
            return;
        }
        dropsForged(NshNode.GPE, what, reason, offset, value);
    }

    @Test
    void vxlanGpeFromANodeThatHasGeneveIsDropped() {
        try (ThreeHosts hosts = ThreeHosts.aware(false)) {
            hosts.receive(A, CLIENT, FRAME);
            byte[] answer = AwareNode.answer(hosts.toNode().getFirst());
            answer[36] = 0x12;
            answer[37] = (byte) 0xb6;
            hosts.receive(B, UNDERLAY, answer);
            assertThat(hosts.host(B).drops()).isEqualTo(Map.of(DropReason.NODE_TRANSPORT_WRONG, 1L));
        }
    }

    static List<Arguments> forgeriesOnEthernet() {
        return List.of(
                Arguments.of("a MAC address that is not the node's", DropReason.NODE_MAC_UNKNOWN, 11, 0x51),
                Arguments.of("for somebody else", DropReason.NOT_FOR_US, 5, 0x77),
                Arguments.of("for all", DropReason.NOT_FOR_US, 0, 0xff),
                Arguments.of("no service header", DropReason.SERVICE_CONTROL, 13, 0x50));
    }

    @ParameterizedTest(name = "{0}: {1}")
    @MethodSource("forgeriesOnEthernet")
    void forgedFrameIsDroppedAndCounted(String what, DropReason reason, int offset, int value) {
        dropsForged(NshNode.ETHERNET, what, reason, offset, value);
    }

    @Test
    void framesWithoutServiceHeaderFromTheNodeAreDropped() {
        try (ThreeHosts hosts = ThreeHosts.nodeIn(B, NodeTunnel.Format.NSH_ETHERNET)) {
            hosts.receive(A, CLIENT, FRAME);
            byte[] got = NshNode.ETHERNET.answer(NshNode.ETHERNET.got(hosts, B).getFirst());
            hosts.receive(B, hosts.nodePort(), FRAME);
            byte[] tagged = new byte[got.length + 4];
            System.arraycopy(got, 0, tagged, 0, 12);
            System.arraycopy(new byte[] {(byte) 0x81, 0, 0, 5}, 0, tagged, 12, 4);
            System.arraycopy(got, 12, tagged, 16, got.length - 12);
            hosts.receive(B, hosts.nodePort(), tagged);
            assertThat(hosts.host(B).drops())
                    .isEqualTo(Map.of(DropReason.NODE_TRANSPORT_WRONG, 1L, DropReason.SERVICE_TAG_UNKNOWN, 1L));
            // What is cut off anywhere is dropped, and nothing is lost by it.
            for (int length = 14; length < NshNode.ETHERNET.nsh + NSH_BYTES + 33; length++) {
                hosts.receive(B, hosts.nodePort(), Arrays.copyOf(got, length));
            }
            assertThat(hosts.host(C).sentAnywhere()).isEmpty();
        }
    }

    /** Whatever is damaged: nothing is thrown, no frame of a pool is lost, and nothing goes on but packets of the flow that was sent to the node. */
    @ParameterizedTest
    @EnumSource(names = {"GPE", "ETHERNET", "TAGGED"})
    void damagedAnswersDoNoHarm(NshNode kind) {
        long seed = Long.getLong("sluice.seed", 4_790);
        Random random = new Random(seed);
        try (ThreeHosts hosts = kind.hosts(B)) {
            hosts.receive(A, CLIENT, FRAME);
            byte[] answer = kind.answer(kind.got(hosts, B).getFirst());
            int free = hosts.host(B).freeFrames();
            long wentOn = 0;
            for (int i = 0; i < DAMAGED; i++) {
                byte[] damaged = random.nextInt(5) == 0
                        ? Arrays.copyOf(answer, 14 + random.nextInt(answer.length - 14))
                        : answer.clone();
                for (int bytes = random.nextInt(4); bytes > 0; bytes--) {
                    damaged[random.nextInt(damaged.length)] ^= (byte) (1 << random.nextInt(8));
                }
                if (damaged.length >= 34 && random.nextBoolean()) {
                    kind.fixSum(damaged);
                }
                kind.sendBack(hosts, B, damaged);
                for (byte[] frame : hosts.host(C).sent(NODE_IN)) {
                    wentOn++;
                    assertThat(Arrays.copyOfRange(frame, 26, 38))
                            .as("seed %d, execution %d", seed, i)
                            .isEqualTo(Arrays.copyOfRange(FRAME, 26, 38));
                }
                kind.got(hosts, B);
                hosts.carried.clear();
            }
            assertThat(wentOn).as("some did").isPositive();
            // Until nobody waits for a neighbour or a first fragment any more.
            for (int second = 0; second < 12; second++) {
                hosts.host(B).advance(1_000_000_000L);
                hosts.host(B).sentAnywhere();
            }
            assertThat(hosts.host(B).freeFrames()).as("seed %d", seed).isEqualTo(free);
        }
    }

    @Test
    void agentlessNodeThatSendsServiceHeadersIsNotHeard() {
        try (ThreeHosts hosts = ThreeHosts.nodeIn(B, NodeTunnel.Format.NSH_ETHERNET)) {
            hosts.receive(A, CLIENT, FRAME);
            byte[] answer =
                    NshNode.ETHERNET.answer(NshNode.ETHERNET.got(hosts, B).getFirst());
            hosts.receive(C, NODE_OUT, answer);
            assertThat(hosts.host(C).drops()).isEqualTo(Map.of(DropReason.SERVICE_CONTROL, 1L));
        }
    }
}
