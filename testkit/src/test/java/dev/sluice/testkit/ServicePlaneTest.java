package dev.sluice.testkit;

import static dev.sluice.testkit.ThreeHosts.A;
import static dev.sluice.testkit.ThreeHosts.B;
import static dev.sluice.testkit.ThreeHosts.C;
import static dev.sluice.testkit.ThreeHosts.CLIENT;
import static dev.sluice.testkit.ThreeHosts.CLIENT_AT_B;
import static dev.sluice.testkit.ThreeHosts.NODE_IN;
import static dev.sluice.testkit.ThreeHosts.NODE_OUT;
import static dev.sluice.testkit.ThreeHosts.SERVER;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.datapath.packet.Batch;
import dev.sluice.datapath.packet.DropReason;
import dev.sluice.datapath.rules.Rule;
import dev.sluice.datapath.snapshot.Attachment;
import dev.sluice.ports.MemoryFrame;
import java.io.ByteArrayOutputStream;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Flows classified on one host and served on two others (V8, C3, C6, C7, C12). */
class ServicePlaneTest {
    private static final TestPacket REQUEST = TestPacket.tcp("10.0.0.1:4000", "10.0.0.2:80", 2);

    // Where a tunnelled packet of A has the path's identifier, the last byte of the flow's name, and what Sluice says
    // more.
    private static final int TENANT = 65;
    private static final int SPI = 54;
    private static final int FLOW_ID = 85;
    private static final int SLUICE_MORE = 93;

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void bothDirectionsVisitBothNodesInOppositeOrder(boolean hub) {
        try (ThreeHosts hosts = new ThreeHosts(hub)) {
            byte[] request = REQUEST.bytes();
            hosts.receive(A, CLIENT, request);
            assertThat(hosts.host(B).sent(NODE_IN)).containsExactly(request);
            hosts.receive(B, NODE_OUT, request);
            assertThat(hosts.host(C).sent(NODE_IN)).containsExactly(request);
            hosts.receive(C, NODE_OUT, request);
            assertThat(hosts.host(A).sent(SERVER)).containsExactly(request);

            byte[] answer = REQUEST.reply().bytes();
            hosts.receive(A, SERVER, answer);
            assertThat(hosts.host(C).sent(NODE_OUT)).containsExactly(answer);
            hosts.receive(C, NODE_IN, answer);
            assertThat(hosts.host(B).sent(NODE_OUT)).containsExactly(answer);
            hosts.receive(B, NODE_IN, answer);
            assertThat(hosts.host(A).sent(CLIENT)).containsExactly(answer);
            hosts.hosts.forEach(host -> assertThat(host.drops()).isEmpty());
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void packetOfNodeThatWasSentNothingGoesNowhere(boolean hub) {
        try (ThreeHosts hosts = new ThreeHosts(hub)) {
            hosts.receive(B, NODE_OUT, REQUEST.bytes());
            assertThat(hosts.host(B).drops()).isEqualTo(Map.of(DropReason.RETURN_NO_FLOW, 1L));
            assertThat(hosts.carried).isEmpty();
        }
    }

    @Test
    void translatedFlowComesBackThroughTheSameNodes() {
        try (ThreeHosts hosts = new ThreeHosts(false, Attachment.Translation.LEARNED)) {
            TestPacket translated = TestPacket.tcp("198.51.100.7:61000", "10.0.0.2:80", 2);
            hosts.receive(A, CLIENT, REQUEST.bytes());
            assertThat(hosts.host(B).sent(NODE_IN)).hasSize(1);
            hosts.receive(B, NODE_OUT, translated.bytes());
            assertThat(hosts.host(C).sent(NODE_IN)).containsExactly(translated.bytes());
            hosts.receive(C, NODE_OUT, translated.bytes());
            assertThat(hosts.host(A).sent(SERVER)).containsExactly(translated.bytes());

            byte[] answer = translated.reply().bytes();
            hosts.receive(A, SERVER, answer);
            assertThat(hosts.host(C).sent(NODE_OUT)).containsExactly(answer);
            hosts.receive(C, NODE_IN, answer);
            assertThat(hosts.host(B).sent(NODE_OUT)).containsExactly(answer);
            byte[] original = REQUEST.reply().bytes();
            hosts.receive(B, NODE_IN, original);
            hosts.hosts.forEach(host -> assertThat(host.drops()).isEmpty());
            assertThat(hosts.host(A).sent(CLIENT)).containsExactly(original);
            hosts.hosts.forEach(host -> assertThat(host.drops()).isEmpty());
        }
    }

    @Test
    void superFrameCrossesInSegmentsWithWholeChecksums() {
        try (ThreeHosts hosts = new ThreeHosts(false)) {
            hosts.receive(A, CLIENT, REQUEST.bytes());
            hosts.host(B).sent(NODE_IN);
            byte[] payload = new byte[10_000];
            new Random(3).nextBytes(payload);
            byte[] whole = TestPacket.tcp("10.0.0.1:4000", "10.0.0.2:80", 0x10)
                    .payload(payload)
                    .bytes();
            hosts.receive(A, CLIENT, MemoryFrame.superFrame(whole, Batch.GSO_TCPV4, 1400, 54, 34, 16));
            List<byte[]> segments = hosts.host(B).sent(NODE_IN);
            assertThat(segments).hasSize(8);
            ByteArrayOutputStream stream = new ByteArrayOutputStream();
            for (byte[] segment : segments) {
                assertThat(Sums.tcpHolds(segment)).isTrue();
                stream.write(segment, 54, segment.length - 54);
            }
            assertThat(stream.toByteArray()).isEqualTo(payload);
        }
    }

    @Test
    void fragmentsFollowTheirFirstOverHosts() {
        try (ThreeHosts hosts = new ThreeHosts(true)) {
            TestPacket datagram = TestPacket.udp("10.0.0.1:4000", "10.0.0.2:53");
            byte[] first = datagram.payload(new byte[64]).fragment(0, true).bytes();
            byte[] later = datagram.payload(new byte[40]).fragment(72, false).bytes();
            for (byte[] fragment : List.of(first, later)) {
                hosts.receive(A, CLIENT, fragment);
                assertThat(hosts.host(B).sent(NODE_IN)).containsExactly(fragment);
                hosts.receive(B, NODE_OUT, fragment);
                assertThat(hosts.host(C).sent(NODE_IN)).containsExactly(fragment);
                hosts.receive(C, NODE_OUT, fragment);
                assertThat(hosts.host(A).sent(SERVER)).containsExactly(fragment);
            }
        }
    }

    @Test
    void errorAboutFlowGoesBackAsTheFlowCame() {
        try (ThreeHosts hosts = new ThreeHosts(false)) {
            pass(hosts, REQUEST.bytes());
            byte[] quoted = REQUEST.bytes();
            byte[] error = TestPacket.ping("10.0.0.9", "10.0.0.1", 0)
                    .ethernet(0x0200_0000_0002L, 0x0200_0000_0001L)
                    .icmpType(3)
                    .payload(Arrays.copyOfRange(quoted, 14, 42))
                    .bytes();
            hosts.receive(A, SERVER, error);
            assertThat(hosts.host(C).sent(NODE_OUT)).containsExactly(error);
            hosts.receive(C, NODE_IN, error);
            assertThat(hosts.host(B).sent(NODE_OUT)).containsExactly(error);
            hosts.receive(B, NODE_IN, error);
            hosts.hosts.forEach(host -> assertThat(host.drops()).isEmpty());
            assertThat(hosts.host(A).sent(CLIENT)).containsExactly(error);
        }
    }

    @Test
    void deadNodeOnAnotherHostFailsAsTold() {
        try (ThreeHosts hosts = new ThreeHosts(false)) {
            hosts.host(B).liveness().setInstance(1, false);
            hosts.receive(A, CLIENT, REQUEST.bytes());
            assertThat(hosts.host(B).drops()).isEqualTo(Map.of(DropReason.SERVICE_DOWN, 1L));

            hosts.host(B).apply(hosts.snapshot(B, Rule.FailureAction.OPEN));
            hosts.receive(A, CLIENT, REQUEST.bytes());
            assertThat(hosts.host(C).sent(NODE_IN)).containsExactly(REQUEST.bytes());
        }
    }

    @Test
    void pathThatIsToldToHaveFailedIsLeftForTheNextOne() {
        try (ThreeHosts hosts = ThreeHosts.awareWithChoice()) {
            hosts.receive(A, CLIENT, REQUEST.bytes());
            assertThat(hosts.toNode()).hasSize(1);
            hosts.host(A).liveness().setFailedPaths(new int[] {7});
            hosts.host(A).advance(2_000_000_000L);
            hosts.receive(A, CLIENT, REQUEST.bytes());
            assertThat(hosts.toNode()).isEmpty();
            assertThat(hosts.host(C).sent(NODE_IN)).containsExactly(REQUEST.bytes());
            hosts.host(A).liveness().setFailedPaths(new int[] {8, 7});
            hosts.receive(A, CLIENT, REQUEST.bytes());
            assertThat(hosts.host(A).drops()).isEqualTo(Map.of(DropReason.SERVICE_DOWN, 1L));
        }
    }

    @Test
    void nodesThatAreReachedInAnotherWayConcernNoRecord() {
        try (ThreeHosts hosts = new ThreeHosts(false)) {
            hosts.receive(A, CLIENT, REQUEST.bytes());
            // A node on a service port, as far as anybody knows.
            hosts.host(A).liveness().setInstance(77, false);
            hosts.receive(A, CLIENT, REQUEST.bytes());
            assertThat(hosts.host(A).datapath().counters().livenessRevalidations)
                    .isZero();
            // One of another host.
            hosts.host(A).liveness().setInstance(2, false);
            hosts.receive(A, CLIENT, REQUEST.bytes());
            assertThat(hosts.host(A).datapath().counters().livenessRevalidations)
                    .isOne();
            hosts.host(A).liveness().setInstance(2, true);
            hosts.host(A).liveness().setInstance(77, true);
            hosts.receive(A, CLIENT, REQUEST.bytes());
            assertThat(hosts.host(A).datapath().counters().livenessRevalidations)
                    .isEqualTo(2);
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void lastHopIsRoutingAtTheClassifyingHostAndFailsAsTold(boolean hub) {
        try (ThreeHosts hosts = new ThreeHosts(hub)) {
            int last = hub ? B : C;
            hosts.receive(A, CLIENT, REQUEST.bytes());
            hosts.host(B).sent(NODE_IN);
            if (!hub) {
                hosts.receive(B, NODE_OUT, REQUEST.bytes());
                hosts.host(C).sent(NODE_IN);
            }
            // Of both hosts A is the first peer.
            hosts.host(last).liveness().setRouting(0, false);
            hosts.receive(last, NODE_OUT, REQUEST.bytes());
            assertThat(hosts.host(last).drops()).isEqualTo(Map.of(DropReason.SERVICE_DOWN, 1L));
            hosts.host(last).apply(hosts.snapshot(last, Rule.FailureAction.OPEN));
            hosts.receive(last, NODE_OUT, REQUEST.bytes());
            hosts.host(last).liveness().setRouting(0, true);
            hosts.receive(last, NODE_OUT, REQUEST.bytes());
            assertThat(hosts.host(last).drops()).isEqualTo(Map.of(DropReason.SERVICE_DOWN, 1L));
            if (!hub) {
                assertThat(hosts.host(A).sent(SERVER)).hasSize(2);
            }
        }
    }

    private static void pass(ThreeHosts hosts, byte[] frame) {
        hosts.receive(A, CLIENT, frame);
        hosts.host(B).sent(NODE_IN);
        hosts.receive(B, NODE_OUT, frame);
        hosts.host(C).sent(NODE_IN);
        hosts.receive(C, NODE_OUT, frame);
        assertThat(hosts.host(A).sent(SERVER)).containsExactly(frame);
    }

    /** What a stranger may change in a tunnel packet, and why it is dropped (S1). Offsets: Ethernet 0, IPv4 14, UDP 34, Geneve 42, NSH 50, frame 110. */
    static List<Arguments> forgeries() {
        return List.of(
                forgery("from nobody's address", DropReason.OVERLAY_PEER_UNKNOWN, 29, 99),
                forgery("from a peer that is not on its way", DropReason.OVERLAY_HOP_FORGED, 29, 3),
                forgery("of another virtual network", DropReason.NSH_PATH_UNKNOWN, 48, 1),
                forgery("Geneve version", DropReason.OVERLAY_HEADER_INVALID, 42, 0x40),
                forgery("options that are not there", DropReason.OVERLAY_HEADER_INVALID, 42, 0x3f),
                forgery("a control message", DropReason.OVERLAY_PAYLOAD_UNKNOWN, 43, 0x80),
                forgery("no service header", DropReason.OVERLAY_PAYLOAD_UNKNOWN, 45, 0x00),
                forgery("NSH version", DropReason.NSH_INVALID, 50, 0x4f),
                forgery("NSH length", DropReason.NSH_INVALID, 51, 0xff),
                forgery("a context header too long", DropReason.NSH_INVALID, 61, 0x7f),
                forgery("O bit", DropReason.OVERLAY_PAYLOAD_UNKNOWN, 50, 0x2f),
                forgery("next protocol", DropReason.OVERLAY_PAYLOAD_UNKNOWN, 53, 1),
                forgery("unknown path", DropReason.NSH_PATH_UNKNOWN, 56, 200),
                forgery("index of nothing", DropReason.NSH_INDEX_INVALID, 57, 0),
                forgery("index behind the last", DropReason.NSH_INDEX_INVALID, 57, 253),
                forgery("a classifier that is no peer", DropReason.NSH_CONTEXT_MISSING, 73, 0),
                forgery("no classifier", DropReason.NSH_CONTEXT_MISSING, 68, 0x55),
                forgery("a frame that is no IP", DropReason.OVERLAY_PAYLOAD_UNKNOWN, 122, 0x77),
                forgery("a frame with a broken header", DropReason.IPV4_HEADER_INVALID, 124, 0x4f));
    }

    private static Arguments forgery(String what, DropReason reason, int offset, int value) {
        return Arguments.of(what, reason, offset, value);
    }

    @ParameterizedTest(name = "{0}: {1}")
    @MethodSource("forgeries")
    void forgedTunnelPacketIsDroppedAndCounted(String what, DropReason reason, int offset, int value) {
        try (ThreeHosts hosts = new ThreeHosts(false)) {
            byte[] forged = tunnelled(hosts);
            byte[] sound = forged.clone();
            forged[offset] = (byte) value;
            Sums.fixIpv4(forged, 14);
            assertDropped(hosts, B, forged, reason);
            // What is in the node goes on with what came with it, as if nothing had happened.
            hosts.carried.clear();
            hosts.receive(B, NODE_OUT, REQUEST.bytes());
            byte[] onward = toHost(hosts, C);
            assertThat(Arrays.copyOfRange(onward, 58, onward.length))
                    .isEqualTo(Arrays.copyOfRange(sound, 58, sound.length));
        }
    }

    /** A packet of the underlay is dropped, counted under this reason alone, and leaves nothing behind. */
    private static void assertDropped(ThreeHosts hosts, int at, byte[] packet, DropReason reason) {
        String before = HostState.of(hosts.host(at));
        hosts.host(at).receive(ThreeHosts.UNDERLAY, packet);
        assertThat(hosts.host(at).drops()).isEqualTo(Map.of(reason, 1L));
        assertThat(hosts.host(at).sentAnywhere()).isEmpty();
        assertThat(HostState.of(hosts.host(at))).isEqualTo(before);
    }

    /** Wherever it ends before the frame inside has its headers; the lengths of the outer headers are those of the piece. */
    @Test
    void truncatedTunnelPacketIsDroppedAndChangesNothing() {
        try (ThreeHosts hosts = new ThreeHosts(false)) {
            byte[] whole = tunnelled(hosts);
            String before = HostState.of(hosts.host(B));
            Map<DropReason, Long> expected = new EnumMap<>(DropReason.class);
            for (int length = 42; length < whole.length; length++) {
                byte[] cut = Arrays.copyOf(whole, length);
                cut[16] = (byte) ((length - 14) >>> 8);
                cut[17] = (byte) (length - 14);
                cut[38] = (byte) ((length - 34) >>> 8);
                cut[39] = (byte) (length - 34);
                Sums.fixIpv4(cut, 14);
                hosts.host(B).receive(ThreeHosts.UNDERLAY, cut);
                expected.merge(whereItEnds(length), 1L, Long::sum);
                assertThat(hosts.host(B).drops()).as("%d bytes", length).isEqualTo(expected);
            }
            assertThat(hosts.host(B).sentAnywhere()).isEmpty();
            assertThat(HostState.of(hosts.host(B))).isEqualTo(before);
        }
    }

    private static DropReason whereItEnds(int length) {
        return length < 50
                ? DropReason.OVERLAY_HEADER_INVALID
                : length < 110
                        ? DropReason.NSH_INVALID
                        : length < 124 ? DropReason.FRAME_TRUNCATED : DropReason.IPV4_HEADER_INVALID;
    }

    /** A packet from A to B, after one like it has been served. */
    private static byte[] tunnelled(ThreeHosts hosts) {
        hosts.receive(A, CLIENT, REQUEST.bytes());
        hosts.host(B).sent(NODE_IN);
        return hosts.carried.getLast().clone();
    }

    /** A peer can give back what its own nodes had, not what others had (S1). */
    @Test
    void packetThatComesBackFromAPeerWhoseNodeItHasNotPassedIsDropped() {
        try (ThreeHosts hosts = new ThreeHosts(true)) {
            hosts.receive(A, CLIENT, REQUEST.bytes());
            hosts.host(B).sent(NODE_IN);
            hosts.receive(B, NODE_OUT, REQUEST.bytes());
            byte[] back = hosts.carried.stream()
                    .filter(frame -> frame[29] == 2 && frame[33] == 1)
                    .findFirst()
                    .orElseThrow()
                    .clone();
            assertThat(hosts.host(A).drops()).isEmpty();
            hosts.host(A).sentAnywhere();
            back[29] = 3;
            Sums.fixIpv4(back, 14);
            assertDropped(hosts, A, back, DropReason.OVERLAY_HOP_FORGED);
        }
    }

    /** The name of a flow may have become that of another tenant's, after a restart: what comes back is never taken for it (S1). */
    @Test
    void packetThatComesBackIsOfItsTenantWhateverFlowItNames() {
        try (ThreeHosts hosts = new ThreeHosts(true)) {
            hosts.receive(A, CLIENT, REQUEST.bytes());
            hosts.host(B).sent(NODE_IN);
            hosts.receive(B, NODE_OUT, REQUEST.bytes());
            byte[] back = toHost(hosts, A).clone();
            hosts.host(A).sentAnywhere();
            back[TENANT] = 78;
            assertDropped(hosts, A, back, DropReason.OVERLAY_FLOW_UNKNOWN);
        }
    }

    @Test
    void wrongOuterChecksumIsRefused() {
        try (ThreeHosts hosts = new ThreeHosts(false)) {
            byte[] frame = tunnelled(hosts);
            frame[40] = 1;
            assertDropped(hosts, B, frame, DropReason.OVERLAY_CHECKSUM);
        }
    }

    @Test
    void fragmentOfTunnelIsRefused() {
        try (ThreeHosts hosts = new ThreeHosts(false)) {
            // So long that a first fragment could be.
            hosts.receive(A, CLIENT, REQUEST.payload(new byte[6]).bytes());
            byte[] frame = hosts.carried.getLast().clone();
            hosts.host(B).sent(NODE_IN);
            frame[20] = 0x20;
            Sums.fixIpv4(frame, 14);
            assertDropped(hosts, B, frame, DropReason.OVERLAY_FRAGMENTED);
        }
    }

    @Test
    void timeToLiveEndsLoops() {
        try (ThreeHosts hosts = new ThreeHosts(false)) {
            byte[] frame = tunnelled(hosts);
            frame[50] &= (byte) 0xf0;
            frame[51] = (byte) ((frame[51] & 0x3f) | 1 << 6);
            assertDropped(hosts, B, frame, DropReason.NSH_TTL_EXPIRED);
        }
    }

    @Test
    void congestionOfTheUnderlayIsToldToWhoUnderstands() {
        try (ThreeHosts hosts = new ThreeHosts(false)) {
            byte[] frame = tunnelled(hosts);
            frame[15] |= 3;
            Sums.fixIpv4(frame, 14);
            hosts.host(B).receive(ThreeHosts.UNDERLAY, frame.clone());
            assertThat(hosts.host(B).drops()).isEqualTo(Map.of(DropReason.OVERLAY_CONGESTION, 1L));
            frame[125] |= 2;
            Sums.fixIpv4(frame, 124);
            hosts.host(B).receive(ThreeHosts.UNDERLAY, frame);
            assertThat(hosts.host(B).sent(NODE_IN).getFirst()[15] & 3).isEqualTo(3);
        }
    }

    @Test
    void twoTenantsWithOneKeyOnOneNodeAreToldApartOrRefused() {
        try (ThreeHosts hosts = new ThreeHosts(false)) {
            byte[] frame = tunnelled(hosts);
            frame[TENANT] = 78;
            assertDropped(hosts, B, frame, DropReason.RETURN_AMBIGUOUS);
        }
    }

    /** What A sends of the same flow for another of its rules: along the other path, under another name. */
    private static byte[] ofTheOtherRule(byte[] frame) {
        byte[] rival = frame.clone();
        rival[SPI + 1] = 0x03;
        rival[SPI + 2] = 0x00;
        rival[FLOW_ID] ^= 1;
        return rival;
    }

    /** Two rules at two ports of A send one flow through the firewall, then to different nodes: which packet is whose it does not say. */
    @Test
    void flowOfTwoRulesDoesNotMissANodeBehindOneThatBothHave() {
        try (ThreeHosts hosts = new ThreeHosts(false)) {
            hosts.letBServeTheRival();
            byte[] frame = tunnelled(hosts);
            byte[] rival = ofTheOtherRule(frame);
            for (int second = 0; second < 3; second++) {
                // While a packet of one rule is inside, those of the other one wait; also the first one ever.
                byte[] waiting = second % 2 == 0 ? rival : frame;
                hosts.host(B).receive(ThreeHosts.UNDERLAY, waiting.clone());
                assertThat(hosts.host(B).drops()).isEqualTo(Map.of(DropReason.PATH_CHANGING, second + 1L));
                assertThat(hosts.host(B).sent(NODE_IN)).isEmpty();
                hosts.carried.clear();
                hosts.receive(B, NODE_OUT, REQUEST.bytes());
                assertThat(toHost(hosts, C)[SPI + 1]).isEqualTo((byte) (second % 2 == 0 ? 0 : 3));
                hosts.host(B).advance(1_000_000_000L);
                hosts.host(B).receive(ThreeHosts.UNDERLAY, waiting.clone());
                assertThat(hosts.host(B).sent(NODE_IN)).containsExactly(REQUEST.bytes());
            }
        }
    }

    /** A flow that A has given the other path goes on at once: A takes care of what is inside nodes. */
    @ParameterizedTest
    @ValueSource(strings = {"same record", "other record"})
    void flowThatHasLeftAPathIsNotTakenForOneOfTwoRules(String how) {
        try (ThreeHosts hosts = new ThreeHosts(false)) {
            hosts.letBServeTheRival();
            byte[] frame = tunnelled(hosts);
            byte[] moved = ofTheOtherRule(frame);
            if (how.equals("same record")) {
                moved[FLOW_ID] = frame[FLOW_ID];
            } else {
                moved[SLUICE_MORE] = 1;
            }
            hosts.host(B).receive(ThreeHosts.UNDERLAY, moved);
            assertThat(hosts.host(B).drops()).isEmpty();
            assertThat(hosts.host(B).sent(NODE_IN)).containsExactly(REQUEST.bytes());
        }
    }

    private static byte[] toHost(ThreeHosts hosts, int host) {
        return hosts.carried.stream()
                .filter(frame -> frame.length > 100 && frame[33] == host + 1)
                .findFirst()
                .orElseThrow();
    }

    /** Not even on paths of different chains. */
    @Test
    void twoTenantsWithOneKeyOnTwoPathsThroughOneNodeAreNotMixedUp() {
        try (ThreeHosts hosts = new ThreeHosts(false)) {
            hosts.letBServeTheRival();
            byte[] other = tunnelled(hosts);
            other[55] = 0x03;
            other[56] = 0x00;
            other[TENANT] = 78;
            hosts.host(B).receive(ThreeHosts.UNDERLAY, other);
            assertThat(hosts.host(B).drops()).isEqualTo(Map.of(DropReason.RETURN_AMBIGUOUS, 1L));
            hosts.carried.clear();
            hosts.receive(B, NODE_OUT, REQUEST.bytes());
            assertThat(toHost(hosts, C)[65]).isEqualTo((byte) 77);
        }
    }

    /** The firewall's host served the flow for the host before; now it classifies it by itself. */
    @Test
    void flowThatComesToTheHostOfItsNodeGoesOnThere() {
        try (ThreeHosts hosts = new ThreeHosts(false)) {
            hosts.letTheWorkloadMoveToB();
            byte[] request = REQUEST.bytes();
            hosts.receive(A, CLIENT, request);
            assertThat(hosts.host(B).sent(NODE_IN)).containsExactly(request);
            hosts.receive(B, NODE_OUT, request);
            assertThat(hosts.host(C).sent(NODE_IN)).containsExactly(request);

            // It may be one of the host before that is in the node yet.
            hosts.receive(B, CLIENT_AT_B, request);
            assertThat(hosts.host(B).sent(NODE_IN)).containsExactly(request);
            hosts.receive(B, NODE_OUT, request);
            assertThat(hosts.host(B).drops()).isEqualTo(Map.of(DropReason.RETURN_AMBIGUOUS, 1L));

            hosts.host(B).advance(1_100_000_000L);
            hosts.receive(B, CLIENT_AT_B, request);
            assertThat(hosts.host(B).sent(NODE_IN)).containsExactly(request);
            int before = hosts.carried.size();
            hosts.receive(B, NODE_OUT, request);
            assertThat(hosts.carried).as("it goes on to the next node").hasSizeGreaterThan(before);

            // And back to where it came from.
            hosts.host(B).advance(1_100_000_000L);
            hosts.receive(A, CLIENT, request);
            assertThat(hosts.host(B).sent(NODE_IN)).containsExactly(request);
            hosts.receive(B, NODE_OUT, request);
            assertThat(hosts.host(C).sent(NODE_IN)).containsExactly(request);
            hosts.receive(C, NODE_OUT, request);
            assertThat(hosts.host(A).sent(SERVER)).containsExactly(request);
            assertThat(hosts.host(B).drops()).isEqualTo(Map.of(DropReason.RETURN_AMBIGUOUS, 1L));
        }
    }

    @Test
    void packetThatComesBackForUnknownFlowGoesNowhere() {
        try (ThreeHosts hosts = new ThreeHosts(true)) {
            byte[] request = REQUEST.bytes();
            hosts.receive(A, CLIENT, request);
            hosts.host(A).datapath().connections().remove(0);
            String before = HostState.of(hosts.host(A));
            hosts.receive(B, NODE_OUT, request);
            assertThat(hosts.host(A).drops()).isEqualTo(Map.of(DropReason.OVERLAY_FLOW_UNKNOWN, 1L));
            assertThat(HostState.of(hosts.host(A))).isEqualTo(before);
        }
    }

    @Test
    void criticalOptionThatNobodyKnowsIsRefused() {
        try (ThreeHosts hosts = new ThreeHosts(false)) {
            byte[] frame = tunnelled(hosts);
            byte[] longer = new byte[frame.length + 4];
            System.arraycopy(frame, 0, longer, 0, 50);
            System.arraycopy(frame, 50, longer, 54, frame.length - 50);
            longer[17] = (byte) (longer[17] + 4);
            longer[39] = (byte) (longer[39] + 4);
            longer[42] = 1;
            longer[43] = 0x40;
            longer[50] = (byte) 0xff;
            longer[52] = (byte) 0x80;
            Sums.fixIpv4(longer, 14);
            assertDropped(hosts, B, longer.clone(), DropReason.OVERLAY_OPTION_CRITICAL);

            longer[52] = 0;
            hosts.host(B).receive(ThreeHosts.UNDERLAY, longer);
            assertThat(hosts.host(B).sent(NODE_IN)).containsExactly(REQUEST.bytes());
        }
    }

    @Test
    void switchWithoutWayToTheNextOneSaysSo() {
        try (ThreeHosts hosts = new ThreeHosts(false)) {
            hosts.host(A).liveness().setPort(ThreeHosts.UNDERLAY, false);
            hosts.receive(A, CLIENT, REQUEST.bytes());
            assertThat(hosts.host(A).drops()).isEqualTo(Map.of(DropReason.OVERLAY_UNREACHABLE, 1L));
        }
    }

    @Test
    void pathThatOthersDoNotKnowAnyMoreEndsHere() {
        try (ThreeHosts hosts = new ThreeHosts(true)) {
            hosts.receive(A, CLIENT, REQUEST.bytes());
            hosts.host(B).sent(NODE_IN);
            hosts.host(B).apply(hosts.snapshot(B, Rule.FailureAction.CLOSED, List.of()));
            hosts.receive(B, NODE_OUT, REQUEST.bytes());
            assertThat(hosts.host(B).drops()).isEqualTo(Map.of(DropReason.OVERLAY_PATH_UNKNOWN, 1L));
        }
    }
}
