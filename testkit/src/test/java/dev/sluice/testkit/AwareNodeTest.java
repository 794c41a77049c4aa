package dev.sluice.testkit;

import static dev.sluice.testkit.AwareNode.ALL;
import static dev.sluice.testkit.AwareNode.BOTH;
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
import dev.sluice.datapath.track.FlowPrograms;
import dev.sluice.datapath.track.InstructedFlow;
import dev.sluice.ports.MemoryFrame;
import dev.sluice.wire.IpAddress;
import dev.sluice.wire.IpProtocols;
import dev.sluice.wire.Layouts;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The overlay goes on into a node on host B (C5, C11), for flows that are classified on A and go on to C, and for flows of B itself; what it says of them (V12). */
class AwareNodeTest {
    private static final TestPacket REQUEST = TestPacket.tcp("10.0.0.1:4000", "10.0.0.2:80", 2);
    private static final byte[] FRAME = REQUEST.bytes();
    private static final byte[] REPLY = REQUEST.reply().bytes();

    private static byte[] datagram(ThreeHosts hosts, int port, byte[] frame) {
        hosts.receive(A, port, frame);
        List<byte[]> got = hosts.toNode();
        assertThat(got).hasSize(1);
        return got.getFirst();
    }

    /** The request reaches the node; what it got. */
    private static byte[] datagram(ThreeHosts hosts) {
        return datagram(hosts, CLIENT, FRAME);
    }

    private static void noDrops(ThreeHosts hosts) {
        hosts.hosts.forEach(host -> assertThat(host.drops()).isEmpty());
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void bothDirectionsVisitTheNodeAndTheAgentlessOneBehindIt(boolean hub) {
        try (ThreeHosts hosts = ThreeHosts.aware(hub)) {
            byte[] got = datagram(hosts);
            assertThat(AwareNode.inside(got)).isEqualTo(FRAME);
            hosts.receive(B, UNDERLAY, AwareNode.answer(got));
            assertThat(hosts.host(C).sent(NODE_IN)).containsExactly(FRAME);
            hosts.receive(C, NODE_OUT, FRAME);
            assertThat(hosts.host(A).sent(SERVER)).containsExactly(FRAME);

            hosts.receive(A, SERVER, REPLY);
            assertThat(hosts.host(C).sent(NODE_OUT)).containsExactly(REPLY);
            hosts.receive(C, NODE_IN, REPLY);
            byte[] back = hosts.toNode().getFirst();
            assertThat(AwareNode.inside(back)).isEqualTo(REPLY);
            hosts.receive(B, UNDERLAY, AwareNode.answer(back));
            assertThat(hosts.host(A).sent(CLIENT)).containsExactly(REPLY);
            noDrops(hosts);
        }
    }

    /** Its number is the same whoever classifies: behind tenant, node and flow, in Sluice's context. */
    @Test
    void nodeIsToldWhichChainThePacketIsOf() {
        int chainOffset = 50 + 8 + 8 + 8 + 12 + 4 + 4;
        try (ThreeHosts hosts = ThreeHosts.aware(false)) {
            byte[] got = datagram(hosts, CLIENT, FRAME);
            assertThat(MemorySegment.ofArray(got).get(Layouts.BE32, chainOffset))
                    .isEqualTo(ThreeHosts.CHAIN);
        }
    }

    @Test
    void congestionIsNotMarkedWhereNobodyWouldPassTheMarkOn() {
        try (ThreeHosts hosts = ThreeHosts.aware(false)) {
            byte[] frame = FRAME.clone();
            frame[15] |= 2;
            Sums.fixIpv4(frame, 14);
            byte[] got = datagram(hosts, CLIENT, frame);
            assertThat(got[15] & 3).isZero();
            hosts.receive(B, UNDERLAY, AwareNode.answer(got));
            assertThat(hosts.host(C).sent(NODE_IN)).containsExactly(frame);
        }
    }

    @Test
    void superFrameReachesTheNodeInSegments() {
        try (ThreeHosts hosts = ThreeHosts.aware(false)) {
            byte[] whole = TestPacket.tcp("10.0.0.1:4000", "10.0.0.2:80", 0x10)
                    .payload(new byte[3000])
                    .bytes();
            hosts.receive(A, CLIENT, FRAME);
            hosts.toNode();
            hosts.receive(A, CLIENT, MemoryFrame.superFrame(whole, Batch.GSO_TCPV4, 1400, 54, 34, 16));
            assertThat(hosts.toNode()).hasSize(3).allMatch(datagram -> Sums.tcpHolds(AwareNode.inside(datagram)));
        }
    }

    /** What a node may not do: which byte of its answer is wrong, and why it is dropped. */
    static List<Arguments> forgeries() {
        return List.of(
                forgery("a hop that it is not", DropReason.NODE_HOP_FORGED, AwareNode.INDEX, 253),
                forgery("a packet that has had nothing", DropReason.NODE_HOP_FORGED, AwareNode.INDEX, 255),
                forgery("the other direction", DropReason.NODE_HOP_FORGED, 56, ThreeHosts.REVERSE_SPI),
                forgery("another virtual network", DropReason.NSH_PATH_UNKNOWN, 48, 1),
                forgery("another tenant", DropReason.NODE_FLOW_FORGED, AwareNode.TENANT, 78),
                forgery("another switch", DropReason.NODE_FLOW_FORGED, AwareNode.INGRESS_NODE, 0xea),
                forgery("a flow of its own switch", DropReason.NODE_FLOW_FORGED, AwareNode.INGRESS_NODE, 0xe9),
                forgery("another flow", DropReason.NODE_FLOW_FORGED, AwareNode.FLOW, 9),
                forgery("a frame of another flow", DropReason.NODE_FLOW_FORGED, AwareNode.FRAME + 35, 9),
                forgery("no flow", DropReason.NSH_CONTEXT_MISSING, 76, 0x55),
                forgery("a control message with frame", DropReason.OVERLAY_PAYLOAD_UNKNOWN, 50, 0x2f),
                forgery("an address that is nobody's", DropReason.OVERLAY_PEER_UNKNOWN, 29, 51));
    }

    private static Arguments forgery(String what, DropReason reason, int offset, int value) {
        return Arguments.of(what, reason, offset, value);
    }

    @ParameterizedTest(name = "{0}: {1}")
    @MethodSource("forgeries")
    void forgedAnswerIsDroppedAndCounted(String what, DropReason reason, int offset, int value) {
        try (ThreeHosts hosts = ThreeHosts.aware(false)) {
            byte[] forged = AwareNode.answer(datagram(hosts));
            forged[offset] = (byte) value;
            Sums.fixIpv4(forged, 14);
            String before = HostState.of(hosts.host(B));
            hosts.receive(B, UNDERLAY, forged);
            assertThat(hosts.host(B).drops()).as(what).isEqualTo(Map.of(reason, 1L));
            assertThat(HostState.of(hosts.host(B))).as(what).isEqualTo(before);
            assertThat(hosts.host(C).sentAnywhere()).isEmpty();
        }
    }

    @Test
    void twoTenantsWithOneKeyAreToldApartByTheirMetadata() {
        try (ThreeHosts hosts = ThreeHosts.aware(true)) {
            byte[] one = datagram(hosts);
            byte[] carried = hosts.carried.stream()
                    .filter(frame -> frame.length == one.length && frame[33] == 2)
                    .findFirst()
                    .orElseThrow()
                    .clone();
            carried[AwareNode.TENANT] = 78;
            hosts.receive(B, UNDERLAY, carried);
            byte[] other = hosts.toNode().getFirst();
            assertThat(other[AwareNode.TENANT]).isEqualTo((byte) 78);
            hosts.receive(B, UNDERLAY, AwareNode.answer(one));
            assertThat(hosts.carried.getLast()[AwareNode.TENANT]).isEqualTo((byte) 77);
            hosts.host(C).sentAnywhere();
            int before = hosts.carried.size();
            hosts.receive(B, UNDERLAY, AwareNode.answer(other));
            assertThat(hosts.carried.get(before)[AwareNode.TENANT]).isEqualTo((byte) 78);
            assertThat(hosts.host(B).drops()).isEmpty();
        }
    }

    // On the host that classifies.

    @Test
    void nodeOfTheClassifyingHostServesAndSpeaksWithoutOtherHosts() {
        try (ThreeHosts hosts = ThreeHosts.awareOnA()) {
            byte[] got = datagram(hosts);
            assertThat(AwareNode.inside(got)).isEqualTo(FRAME);
            hosts.receive(A, UNDERLAY, AwareNode.answer(got, AwareNode.ACCEPT, ALL | BOTH, 0));
            assertThat(hosts.host(C).sent(NODE_IN)).containsExactly(FRAME);
            hosts.receive(C, NODE_OUT, FRAME);
            assertThat(hosts.host(A).sent(SERVER)).containsExactly(FRAME);
            hosts.receive(A, CLIENT, FRAME);
            assertThat(hosts.toNode()).isEmpty();
            hosts.receive(A, UNDERLAY, AwareNode.message(got, AwareNode.DROP, ALL | BOTH, 0));
            hosts.receive(A, CLIENT, FRAME);
            assertThat(hosts.host(A).drops()).isEqualTo(Map.of(DropReason.FLOW_PROGRAMMED, 1L));
        }
    }

    @ParameterizedTest(name = "{0}: {1}")
    @MethodSource("forgeriesOnA")
    void forgedAnswerToTheClassifierItselfIsDroppedAndCounted(String what, DropReason reason, int offset, int value) {
        try (ThreeHosts hosts = ThreeHosts.awareOnA()) {
            byte[] forged = AwareNode.answer(datagram(hosts), AwareNode.DROP, ALL | BOTH, 0);
            forged[offset] = (byte) value;
            String before = HostState.of(hosts.host(A));
            hosts.receive(A, UNDERLAY, forged);
            assertThat(hosts.host(A).drops()).as(what).isEqualTo(Map.of(reason, 1L));
            assertThat(HostState.of(hosts.host(A))).as(what).isEqualTo(before);
        }
    }

    static List<Arguments> forgeriesOnA() {
        return List.of(
                forgery("a hop that it is not", DropReason.NODE_HOP_FORGED, AwareNode.INDEX, 253),
                forgery("another tenant", DropReason.NODE_FLOW_FORGED, AwareNode.TENANT, 78),
                forgery("another flow", DropReason.NODE_FLOW_FORGED, AwareNode.FLOW, 9),
                forgery("a flow of another switch", DropReason.NODE_FLOW_FORGED, AwareNode.INGRESS_NODE, 0xe9));
    }

    @Test
    void frameThatTheFlowNeverHadGoesNowhere() {
        try (ThreeHosts hosts = ThreeHosts.awareOnA()) {
            byte[] other = AwareNode.answer(datagram(hosts));
            other[AwareNode.FRAME + 35] = 9;
            hosts.receive(A, UNDERLAY, other);
            assertThat(hosts.host(A).drops()).isEqualTo(Map.of(DropReason.OVERLAY_FLOW_UNKNOWN, 1L));
        }
    }

    // What the node says of flows.

    @Test
    void acceptedFlowLeavesTheNodeOutInBothDirections() {
        try (ThreeHosts hosts = ThreeHosts.aware(false)) {
            byte[] got = datagram(hosts);
            hosts.receive(B, UNDERLAY, AwareNode.answer(got, AwareNode.ACCEPT, ALL | BOTH, 0));
            assertThat(hosts.host(C).sent(NODE_IN)).containsExactly(FRAME);
            assertThat(hosts.host(A).datapath().programs().size()).isEqualTo(1);

            hosts.receive(A, CLIENT, FRAME);
            assertThat(hosts.toNode()).isEmpty();
            assertThat(hosts.host(C).sent(NODE_IN)).containsExactly(FRAME);
            hosts.receive(C, NODE_OUT, FRAME);
            assertThat(hosts.host(A).sent(SERVER)).containsExactly(FRAME);
            hosts.receive(A, SERVER, REPLY);
            hosts.receive(C, NODE_IN, REPLY);
            assertThat(hosts.toNode()).isEmpty();
            assertThat(hosts.host(A).sent(CLIENT)).containsExactly(REPLY);
            noDrops(hosts);
            assertThat(hosts.counters(A, "fw-1").returned).as("it is passed by").containsExactly(0, 0);
            assertThat(hosts.counters(A, "ips-1").returned).containsExactly(1, 1);
        }
    }

    @Test
    void acceptedDirectionOnlyLeavesTheNodeOut() {
        try (ThreeHosts hosts = ThreeHosts.aware(false)) {
            hosts.receive(B, UNDERLAY, AwareNode.answer(datagram(hosts), AwareNode.ACCEPT, ALL, 0));
            hosts.receive(A, CLIENT, FRAME);
            assertThat(hosts.toNode()).isEmpty();
            hosts.receive(A, SERVER, REPLY);
            hosts.receive(C, NODE_IN, REPLY);
            byte[] reverse = hosts.toNode().getFirst();
            hosts.receive(B, UNDERLAY, AwareNode.answer(reverse, AwareNode.ACCEPT, ALL, 0));
            hosts.receive(A, SERVER, REPLY);
            hosts.receive(C, NODE_IN, REPLY);
            hosts.receive(A, CLIENT, FRAME);
            assertThat(hosts.toNode()).as("both were said, one after the other").isEmpty();
        }
    }

    @Test
    void acceptForOnePacketIsOverAfterIt() {
        try (ThreeHosts hosts = ThreeHosts.aware(false)) {
            hosts.receive(B, UNDERLAY, AwareNode.answer(datagram(hosts), AwareNode.ACCEPT, 0, 0));
            hosts.receive(A, CLIENT, FRAME);
            assertThat(hosts.toNode()).isEmpty();
            hosts.receive(A, CLIENT, FRAME);
            assertThat(hosts.toNode()).hasSize(1);
        }
    }

    @Test
    void droppedFlowEndsWhereItWasClassified() {
        try (ThreeHosts hosts = ThreeHosts.aware(false)) {
            byte[] got = datagram(hosts);
            hosts.receive(B, UNDERLAY, AwareNode.message(got, AwareNode.DROP, ALL | BOTH, 0));
            hosts.receive(A, CLIENT, FRAME);
            hosts.receive(A, SERVER, REPLY);
            assertThat(hosts.toNode()).isEmpty();
            assertThat(hosts.host(A).drops()).isEqualTo(Map.of(DropReason.FLOW_PROGRAMMED, 2L));
            assertThat(hosts.host(B).drops()).isEmpty();
        }
    }

    @Test
    void packetWithTheWordDropIsTheFirstThatIsDropped() {
        try (ThreeHosts hosts = ThreeHosts.aware(false)) {
            hosts.receive(B, UNDERLAY, AwareNode.answer(datagram(hosts), AwareNode.DROP, ALL | BOTH, 0));
            assertThat(hosts.host(B).drops()).isEqualTo(Map.of(DropReason.FLOW_PROGRAMMED, 1L));
            hosts.receive(A, CLIENT, FRAME);
            assertThat(hosts.host(A).drops()).isEqualTo(Map.of(DropReason.FLOW_PROGRAMMED, 1L));
        }
    }

    @Test
    void singleMessageEndsAtTheSwitchAndTheFlowGoesOn() {
        try (ThreeHosts hosts = ThreeHosts.aware(false)) {
            byte[] got = datagram(hosts);
            hosts.receive(B, UNDERLAY, AwareNode.answer(got, AwareNode.DROP_MESSAGE, 0, 0));
            assertThat(hosts.host(C).sentAnywhere()).isEmpty();
            hosts.receive(B, UNDERLAY, AwareNode.answer(got));
            assertThat(hosts.host(C).sent(NODE_IN)).containsExactly(FRAME);
            noDrops(hosts);
        }
    }

    @Test
    void dropOutlivesWhatAnotherNodeAcceptsAndNothingReplacesAnOperator() {
        try (ThreeHosts hosts = ThreeHosts.aware(false)) {
            byte[] got = datagram(hosts);
            hosts.receive(B, UNDERLAY, AwareNode.message(got, AwareNode.DROP, ALL | BOTH, 0));
            hosts.receive(B, UNDERLAY, AwareNode.message(got, AwareNode.ACCEPT, ALL | BOTH, 0));
            hosts.receive(A, CLIENT, FRAME);
            assertThat(hosts.toNode()).isEmpty();
            assertThat(hosts.host(A).drops())
                    .isEqualTo(Map.of(DropReason.FLOW_PROGRAMMED, 1L, DropReason.FLOW_PROGRAM_REFUSED, 1L));
        }
        try (ThreeHosts hosts = ThreeHosts.aware(false)) {
            byte[] got = datagram(hosts);
            hosts.receive(B, UNDERLAY, AwareNode.message(got, AwareNode.DROP, ALL | BOTH, 0));
            operatorSays(hosts, FlowPrograms.Action.ACCEPT);
            hosts.receive(A, CLIENT, FRAME);
            assertThat(hosts.toNode()).isEmpty();
            assertThat(hosts.host(A).sent(SERVER))
                    .as("the operator replaces the node")
                    .containsExactly(FRAME);
            for (int action : new int[] {AwareNode.DROP, AwareNode.ACCEPT}) {
                hosts.receive(B, UNDERLAY, AwareNode.message(got, action, ALL | BOTH, 0));
                hosts.receive(A, CLIENT, FRAME);
                hosts.receive(A, SERVER, REPLY);
                assertThat(hosts.host(A).sent(SERVER))
                        .as("the node does not replace the operator")
                        .containsExactly(FRAME);
                assertThat(hosts.host(A).sent(CLIENT)).containsExactly(REPLY);
            }
            assertThat(hosts.host(A).drops()).isEqualTo(Map.of(DropReason.FLOW_PROGRAM_REFUSED, 2L));
            assertThat(hosts.host(A).datapath().counters().instructionsRefused).isEqualTo(2);
            assertThat(hosts.host(A).datapath().programs().size()).isEqualTo(1);
        }
    }

    /** An operator says it of the flow of the request, for an hour. */
    private static void operatorSays(ThreeHosts hosts, FlowPrograms.Action action) {
        MemorySwitch a = hosts.host(A);
        InstructedFlow flow = new InstructedFlow(
                a.datapath().zone(1, 0, 0),
                IpProtocols.TCP,
                IpAddress.parse("10.0.0.1").orElseThrow(),
                4000,
                IpAddress.parse("10.0.0.2").orElseThrow(),
                80);
        assertThat(a.datapath().programs().put(flow, action, 0, false, a.nowNs() + 3_600_000_000_000L, a.nowNs()))
                .isTrue();
    }

    @Test
    void flowThatANodeSendsAlongAnotherPathGoesThereInBothDirectionsAndStays() {
        try (ThreeHosts hosts = ThreeHosts.awareWithChoice()) {
            byte[] got = datagram(hosts);
            byte[] answer = AwareNode.answer(got, AwareNode.NEW_PATH, ALL | BOTH, ThreeHosts.SHORT.forwardSpi());
            hosts.receive(B, UNDERLAY, answer);
            assertThat(hosts.host(C).sent(NODE_IN))
                    .as("the packet itself goes on")
                    .containsExactly(FRAME);
            hosts.receive(C, NODE_OUT, FRAME);
            assertThat(hosts.host(A).sent(SERVER)).containsExactly(FRAME);
            assertThat(hosts.host(A).datapath().counters().instructionsOfNodes).isEqualTo(1);

            for (int i = 0; i < 2; i++) {
                hosts.receive(A, CLIENT, FRAME);
                assertThat(hosts.toNode()).isEmpty();
                assertThat(hosts.host(C).sent(NODE_IN)).containsExactly(FRAME);
                hosts.receive(C, NODE_OUT, FRAME);
                assertThat(hosts.host(A).sent(SERVER)).containsExactly(FRAME);
                hosts.receive(A, SERVER, REPLY);
                assertThat(hosts.host(C).sent(NODE_OUT)).containsExactly(REPLY);
                hosts.receive(C, NODE_IN, REPLY);
                assertThat(hosts.toNode()).isEmpty();
                assertThat(hosts.host(A).sent(CLIENT)).containsExactly(REPLY);
            }
            assertThat(hosts.host(A).datapath().counters().movedByInstruction).isEqualTo(1);
            noDrops(hosts);
        }
    }

    @Test
    void flowStaysOnItsPathWhereTheOtherOneIsDead() {
        try (ThreeHosts hosts = ThreeHosts.awareWithChoice()) {
            byte[] got = datagram(hosts);
            hosts.host(A).liveness().setInstance(2, false);
            hosts.receive(
                    B, UNDERLAY, AwareNode.message(got, AwareNode.NEW_PATH, ALL | BOTH, ThreeHosts.SHORT.forwardSpi()));
            assertThat(hosts.host(A).datapath().programs().size()).isZero();
            assertThat(hosts.host(A).drops()).isEqualTo(Map.of(DropReason.FLOW_PROGRAM_REFUSED, 1L));
        }
    }

    @Test
    void repeatedInstructionChangesNothing() {
        try (ThreeHosts hosts = ThreeHosts.aware(false)) {
            byte[] got = datagram(hosts);
            byte[] says = AwareNode.answer(got, AwareNode.ACCEPT, ALL | BOTH, 0);
            hosts.receive(B, UNDERLAY, says);
            int generation = hosts.host(A).datapath().programs().generation();
            hosts.receive(B, UNDERLAY, says);
            assertThat(hosts.host(A).datapath().programs().generation()).isEqualTo(generation);
            assertThat(hosts.host(A).datapath().counters().instructionsOfNodes).isEqualTo(2);
        }
    }

    @Test
    void unknownPathIsRefused() {
        try (ThreeHosts hosts = ThreeHosts.aware(false)) {
            byte[] got = datagram(hosts);
            hosts.receive(B, UNDERLAY, AwareNode.message(got, AwareNode.NEW_PATH, ALL, 4711));
            assertThat(hosts.host(A).drops()).isEqualTo(Map.of(DropReason.FLOW_PROGRAM_REFUSED, 1L));
            hosts.receive(B, UNDERLAY, AwareNode.message(got, AwareNode.NEW_PATH, ALL, ThreeHosts.FORWARD_SPI));
            assertThat(hosts.host(A).datapath().programs().size()).isEqualTo(1);
        }
    }

    /** What is wrong in a message of the node. */
    static List<Arguments> forgedMessages() {
        return List.of(
                forgery("another flow", DropReason.FLOW_PROGRAM_REFUSED, AwareNode.FLOW, 9),
                forgery("another tenant", DropReason.FLOW_PROGRAM_REFUSED, AwareNode.TENANT, 78),
                forgery("another switch", DropReason.FLOW_PROGRAM_REFUSED, AwareNode.INGRESS_NODE, 0xea),
                forgery("another hop", DropReason.NODE_HOP_FORGED, AwareNode.INDEX, 253));
    }

    @ParameterizedTest(name = "{0}: {1}")
    @MethodSource("forgedMessages")
    void forgedMessageOfTheNodeIsRefused(String what, DropReason reason, int offset, int value) {
        try (ThreeHosts hosts = ThreeHosts.aware(false)) {
            byte[] forged = AwareNode.message(datagram(hosts), AwareNode.DROP, ALL | BOTH, 0);
            forged[offset] = (byte) value;
            String before = HostState.of(hosts.host(B));
            hosts.receive(B, UNDERLAY, forged);
            assertThat(hosts.host(B).drops()).as(what).isEqualTo(Map.of(reason, 1L));
            assertThat(HostState.of(hosts.host(B))).isEqualTo(before);
            assertThat(hosts.host(A).datapath().programs().size()).isZero();
        }
    }

    /** What is wrong in the message that B sends on to A. */
    static List<Arguments> forgedByPeers() {
        return List.of(
                forgery("from a peer that has not the node", DropReason.FLOW_PROGRAM_REFUSED, 29, 3),
                forgery("from nobody", DropReason.OVERLAY_PEER_UNKNOWN, 29, 99),
                forgery("an agentless node", DropReason.FLOW_PROGRAM_REFUSED, AwareNode.INDEX, 253),
                forgery("no node", DropReason.FLOW_PROGRAM_REFUSED, AwareNode.INDEX, 255),
                forgery("a flow of another switch", DropReason.FLOW_PROGRAM_REFUSED, AwareNode.INGRESS_NODE, 0xe9),
                forgery("another flow", DropReason.FLOW_PROGRAM_REFUSED, AwareNode.FLOW, 9),
                forgery("another tenant", DropReason.FLOW_PROGRAM_REFUSED, AwareNode.TENANT, 78));
    }

    @ParameterizedTest(name = "{0}: {1}")
    @MethodSource("forgedByPeers")
    void forgedMessageOfPeerIsRefused(String what, DropReason reason, int offset, int value) {
        try (ThreeHosts hosts = ThreeHosts.aware(false)) {
            byte[] got = datagram(hosts);
            hosts.receive(B, UNDERLAY, AwareNode.message(got, AwareNode.ACCEPT, ALL | BOTH, 0));
            byte[] forged = hosts.carried.stream()
                    .filter(frame -> frame.length == AwareNode.FRAME)
                    .findFirst()
                    .orElseThrow()
                    .clone();
            forged[offset] = (byte) value;
            forged[98] = AwareNode.DROP;
            Sums.fixIpv4(forged, 14);
            String before = HostState.of(hosts.host(A));
            hosts.host(A).receive(UNDERLAY, forged);
            assertThat(hosts.host(A).drops()).as(what).isEqualTo(Map.of(reason, 1L));
            assertThat(HostState.of(hosts.host(A))).as(what).isEqualTo(before);
        }
    }

    @Test
    void instructionThatTenantsPutIntoTheirPacketsIsNone() {
        try (ThreeHosts hosts = ThreeHosts.aware(false)) {
            // A peer's packet with an action, which only nodes may have: it is not carried on to the node, nor kept.
            datagram(hosts);
            byte[] carried = hosts.carried.stream()
                    .filter(frame -> frame.length == FRAME.length + AwareNode.FRAME && frame[33] == 2)
                    .findFirst()
                    .orElseThrow()
                    .clone();
            carried[98] = AwareNode.DROP;
            carried[AwareNode.FLAGS] |= ALL | BOTH;
            hosts.receive(B, UNDERLAY, carried);
            byte[] got = hosts.toNode().getFirst();
            assertThat(got[98]).isZero();
            assertThat(got[AwareNode.FLAGS] & (ALL | BOTH)).isZero();
        }
    }
}
