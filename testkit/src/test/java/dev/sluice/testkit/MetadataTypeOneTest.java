package dev.sluice.testkit;

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
import dev.sluice.ports.MemoryFrame;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Nodes that know metadata type 1 of the network service header only (C5, C11; RFC 8300 2.4), by the bytes of docs/reference/overlay-formats.md. Offsets from the service header
 * on: version 8, flags 9, tenant 12, flow 16, frame 24.
 */
class MetadataTypeOneTest {
    private static final int NSH_BYTES = 24;
    private static final int VERSION = 8;
    private static final int FLAGS = 9;
    private static final int TENANT_END = 15;
    private static final int FLOW_END = 23;
    private static final int DAMAGED = 3_000;
    private static final byte[] FRAME = request(4).bytes();

    private static TestPacket request(int ipVersion) {
        return ipVersion == 6
                ? TestPacket.tcp("[fd00::1]:4000", "[fd00::2]:80", 2)
                : TestPacket.tcp("10.0.0.1:4000", "10.0.0.2:80", 2);
    }

    static Stream<Arguments> journeys() {
        return Stream.of(NshNode.values())
                .flatMap(node -> IntStream.of(A, B)
                        .boxed()
                        .flatMap(host -> IntStream.of(4, 6).mapToObj(version -> Arguments.of(node, host, version))));
    }

    @ParameterizedTest(name = "{0}, on host {1}, IPv{2} inside")
    @MethodSource("journeys")
    void bothDirectionsVisitTheNode(NshNode node, int host, int ipVersion) {
        byte[] frame = request(ipVersion).bytes();
        byte[] reply = request(ipVersion).reply().bytes();
        try (ThreeHosts hosts = node.hostsWithFixedContext(host)) {
            hosts.receive(A, CLIENT, frame);
            byte[] got = node.got(hosts, host).getFirst();
            assertThat(node.nshBytes(got)).isEqualTo(NSH_BYTES);
            assertThat(node.frame(got)).isEqualTo(frame);
            node.sendBack(hosts, host, node.answer(got));
            assertThat(hosts.host(C).sent(NODE_IN)).containsExactly(frame);
            hosts.receive(C, NODE_OUT, frame);
            assertThat(hosts.host(A).sent(SERVER)).containsExactly(frame);
            hosts.receive(A, SERVER, reply);
            hosts.receive(C, NODE_IN, reply);
            byte[] back = node.got(hosts, host).getFirst();
            assertThat(node.frame(back)).isEqualTo(reply);
            node.sendBack(hosts, host, node.answer(back));
            assertThat(hosts.host(A).sent(CLIENT)).containsExactly(reply);
            hosts.hosts.forEach(each -> assertThat(each.drops()).isEmpty());
        }
    }

    @ParameterizedTest
    @EnumSource
    void serviceHeaderSaysWhatIsDocumented(NshNode node) {
        for (int host : new int[] {A, B}) {
            try (ThreeHosts hosts = node.hostsWithFixedContext(host)) {
                hosts.receive(A, CLIENT, FRAME);
                byte[] got = node.got(hosts, host).getFirst();
                // The switch of B has taken one from the TTL, and serves for A, which has classified the flow.
                int ttlAndLength = host == A ? 0xc6 : 0x86;
                int served = host == A ? 0 : 0x40;
                assertThat(Arrays.copyOfRange(got, node.nsh, node.nsh + 16))
                        .containsExactly(0x0f, ttlAndLength, 1, 3, 0, 0, 100, 255, 1, served | 0x04, 0, 0, 0, 0, 0, 77);
                byte[] flow = Arrays.copyOfRange(got, node.nsh + 16, node.nsh + NSH_BYTES);
                node.sendBack(hosts, host, node.answer(got));
                hosts.receive(C, NODE_OUT, FRAME);
                hosts.receive(A, SERVER, request(4).reply().bytes());
                hosts.receive(C, NODE_IN, request(4).reply().bytes());
                byte[] back = node.got(hosts, host).getFirst();
                assertThat(Arrays.copyOfRange(back, node.nsh + 4, node.nsh + 12))
                        .containsExactly(0, 0, 101, 254, 1, served | 0x84, 0, 0);
                assertThat(Arrays.copyOfRange(back, node.nsh + 16, node.nsh + NSH_BYTES))
                        .as("the same for both directions")
                        .isEqualTo(flow);
            }
        }
    }

    @ParameterizedTest
    @EnumSource
    void superFrameReachesTheNodeInSegments(NshNode node) {
        try (ThreeHosts hosts = node.hostsWithFixedContext(B)) {
            byte[] whole = TestPacket.tcp("10.0.0.1:4000", "10.0.0.2:80", 0x10)
                    .payload(new byte[3000])
                    .bytes();
            hosts.receive(A, CLIENT, FRAME);
            node.got(hosts, B);
            hosts.receive(A, CLIENT, MemoryFrame.superFrame(whole, Batch.GSO_TCPV4, 1400, 54, 34, 16));
            assertThat(node.got(hosts, B)).hasSize(3).allMatch(packet -> Sums.tcpHolds(node.frame(packet)));
        }
    }

    /** Which byte of an answer is wrong, from the service header on, and why it is dropped, whoever has classified the flow. */
    static List<Arguments> forgeries() {
        return List.of(
                Arguments.of("a hop that it is not", DropReason.NODE_HOP_FORGED, INDEX, 253),
                Arguments.of("the other direction", DropReason.NODE_HOP_FORGED, 6, ThreeHosts.REVERSE_SPI),
                Arguments.of("a path that nobody has", DropReason.NSH_PATH_UNKNOWN, 6, 99),
                Arguments.of("an index behind the path", DropReason.NSH_INDEX_INVALID, INDEX, 250),
                Arguments.of("the other direction of the flow", DropReason.NODE_FLOW_FORGED, FLAGS, 0xc4),
                Arguments.of("another tenant", DropReason.NODE_FLOW_FORGED, TENANT_END, 78),
                Arguments.of("another flow", DropReason.NODE_FLOW_FORGED, FLOW_END, 0x99),
                Arguments.of("an earlier flow", DropReason.NODE_FLOW_FORGED, 16, 0x99),
                Arguments.of("a context of its own", DropReason.NSH_CONTEXT_MISSING, VERSION, 0),
                Arguments.of("a version that is none", DropReason.NSH_CONTEXT_MISSING, VERSION, 2),
                Arguments.of("a flag that is none", DropReason.NSH_CONTEXT_MISSING, FLAGS, 0x45),
                Arguments.of("what is reserved", DropReason.NSH_CONTEXT_MISSING, 11, 1),
                Arguments.of("a length that type 1 has not", DropReason.NSH_INVALID, 1, 0xc7),
                Arguments.of("metadata of type 3", DropReason.NSH_INVALID, 2, 3),
                Arguments.of("IPv4 inside", DropReason.OVERLAY_PAYLOAD_UNKNOWN, 3, 1));
    }

    @ParameterizedTest(name = "{0}: {1}")
    @MethodSource("forgeries")
    void forgedAnswerIsDroppedAndCounted(String what, DropReason reason, int offset, int value) {
        for (NshNode node : NshNode.values()) {
            for (int host : new int[] {A, B}) {
                dropsForged(node, host, what, reason, offset, value);
            }
        }
    }

    @ParameterizedTest
    @EnumSource
    void flowOfAnotherKindOrOfOtherPacketsIsDropped(NshNode node) {
        dropsForged(node, A, "one of another switch", DropReason.NODE_FLOW_FORGED, FLAGS, 0x44);
        dropsForged(node, B, "one of this switch", DropReason.NODE_FLOW_FORGED, FLAGS, 0x04);
        dropsForged(node, A, "a frame of another flow", DropReason.OVERLAY_FLOW_UNKNOWN, NSH_BYTES + 35, 9);
        dropsForged(node, B, "a frame of another flow", DropReason.NODE_FLOW_FORGED, NSH_BYTES + 35, 9);
    }

    private static void dropsForged(NshNode node, int host, String what, DropReason reason, int offset, int value) {
        try (ThreeHosts hosts = node.hostsWithFixedContext(host)) {
            hosts.receive(A, CLIENT, FRAME);
            byte[] forged = node.answer(node.got(hosts, host).getFirst());
            forged[node.nsh + offset] = (byte) value;
            String before = HostState.of(hosts.host(host));
            node.sendBack(hosts, host, forged);
            assertThat(hosts.host(host).drops())
                    .as(node + " on " + host + ", " + what)
                    .isEqualTo(Map.of(reason, 1L));
            assertThat(HostState.of(hosts.host(host)))
                    .as(node + " on " + host + ", " + what)
                    .isEqualTo(before);
            assertThat(hosts.host(C).sentAnywhere()).isEmpty();
        }
    }

    /** Metadata of the other type than the node gets, whole and of the same flow: they are not what was sent. */
    @ParameterizedTest
    @EnumSource
    void answerInTheOtherMetadataTypeIsDropped(NshNode node) {
        try (ThreeHosts fixed = node.hostsWithFixedContext(B);
                ThreeHosts listed = node.hosts(B)) {
            fixed.receive(A, CLIENT, FRAME);
            listed.receive(A, CLIENT, FRAME);
            byte[] type1 = node.answer(node.got(fixed, B).getFirst());
            byte[] type2 = node.answer(node.got(listed, B).getFirst());
            node.sendBack(fixed, B, type2);
            node.sendBack(listed, B, type1);
            for (ThreeHosts hosts : List.of(fixed, listed)) {
                assertThat(hosts.host(B).drops()).isEqualTo(Map.of(DropReason.NSH_CONTEXT_MISSING, 1L));
                assertThat(hosts.host(C).sentAnywhere()).isEmpty();
            }
        }
    }

    /** There is no place in which a node could say anything; what claims to is refused and counted, and changes nothing. */
    @ParameterizedTest
    @EnumSource
    void messageIsRefused(NshNode node) {
        for (int host : new int[] {A, B}) {
            try (ThreeHosts hosts = node.hostsWithFixedContext(host)) {
                hosts.receive(A, CLIENT, FRAME);
                byte[] got = node.got(hosts, host).getFirst();
                node.sendBack(hosts, host, node.message(got));
                assertThat(hosts.host(host).drops()).isEqualTo(Map.of(DropReason.FLOW_PROGRAM_REFUSED, 1L));
                hosts.receive(A, CLIENT, FRAME);
                node.sendBack(hosts, host, node.answer(node.got(hosts, host).getFirst()));
                assertThat(hosts.host(C).sent(NODE_IN)).containsExactly(FRAME);
            }
        }
    }

    /** A switch says in the name of such a node what the node cannot have said. */
    @Test
    void messageOfAPeerInItsNameIsRefused() {
        try (ThreeHosts hosts = NshNode.GENEVE.hosts(B)) {
            hosts.receive(A, CLIENT, FRAME);
            byte[] got = hosts.toNode().getFirst();
            hosts.receive(B, UNDERLAY, AwareNode.message(got, AwareNode.ACCEPT, AwareNode.ALL | AwareNode.BOTH, 0));
            assertThat(hosts.host(A).drops()).isEmpty();
            byte[] message = hosts.carried.stream()
                    .filter(frame -> frame.length == AwareNode.FRAME)
                    .findFirst()
                    .orElseThrow();
            hosts.giveFixedContext();
            hosts.host(A).receive(UNDERLAY, message);
            assertThat(hosts.host(A).drops()).isEqualTo(Map.of(DropReason.FLOW_PROGRAM_REFUSED, 1L));
        }
    }

    @ParameterizedTest
    @EnumSource
    void twoTenantsWithOneKeyAreToldApartByTheContext(NshNode node) {
        try (ThreeHosts hosts = node.hostsWithFixedContext(B)) {
            hosts.receive(A, CLIENT, FRAME);
            byte[] one = node.got(hosts, B).getFirst();
            byte[] carried = hosts.carried.stream()
                    .filter(frame -> frame.length == FRAME.length + AwareNode.FRAME && frame[33] == 2)
                    .findFirst()
                    .orElseThrow()
                    .clone();
            carried[AwareNode.TENANT] = 78;
            hosts.receive(B, UNDERLAY, carried);
            byte[] other = node.got(hosts, B).getFirst();
            assertThat(other[node.nsh + TENANT_END]).isEqualTo((byte) 78);
            node.sendBack(hosts, B, node.answer(one));
            assertThat(hosts.carried.getLast()[AwareNode.TENANT]).isEqualTo((byte) 77);
            node.sendBack(hosts, B, node.answer(other));
            assertThat(hosts.carried.getLast()[AwareNode.TENANT]).isEqualTo((byte) 78);
            assertThat(hosts.host(B).drops()).isEmpty();
            byte[] mixed = node.answer(one);
            mixed[node.nsh + TENANT_END] = 78;
            node.sendBack(hosts, B, mixed);
            assertThat(hosts.host(B).drops()).isEqualTo(Map.of(DropReason.NODE_FLOW_FORGED, 1L));
        }
    }

    /** Whatever is damaged: nothing is thrown, no frame of a pool is lost, and nothing goes on but packets of the flow that was sent to the node. */
    @ParameterizedTest
    @EnumSource
    void damagedAnswersDoNoHarm(NshNode node) {
        long seed = Long.getLong("sluice.seed", 8_300);
        Random random = new Random(seed);
        try (ThreeHosts hosts = node.hostsWithFixedContext(B)) {
            hosts.receive(A, CLIENT, FRAME);
            byte[] answer = node.answer(node.got(hosts, B).getFirst());
            int free = hosts.host(B).freeFrames();
            long wentOn = 0;
            for (int i = 0; i < DAMAGED; i++) {
                byte[] damaged = answer.clone();
                for (int bytes = random.nextInt(3); bytes > 0; bytes--) {
                    int at = node.nsh + random.nextInt(damaged.length - node.nsh);
                    damaged[at] ^= (byte) (1 << random.nextInt(8));
                }
                node.sendBack(hosts, B, damaged);
                for (byte[] frame : hosts.host(C).sent(NODE_IN)) {
                    wentOn++;
                    assertThat(Arrays.copyOfRange(frame, 26, 38))
                            .as("seed %d, execution %d", seed, i)
                            .isEqualTo(Arrays.copyOfRange(FRAME, 26, 38));
                }
                node.got(hosts, B);
                hosts.carried.clear();
            }
            assertThat(wentOn).as("some did").isPositive();
            // Until nobody waits for a first fragment any more.
            for (int second = 0; second < 12; second++) {
                hosts.host(B).advance(1_000_000_000L);
                hosts.host(B).sentAnywhere();
            }
            assertThat(hosts.host(B).freeFrames()).as("seed %d", seed).isEqualTo(free);
        }
    }
}
