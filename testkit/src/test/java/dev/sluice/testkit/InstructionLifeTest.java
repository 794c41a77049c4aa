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

import dev.sluice.datapath.packet.DropReason;
import dev.sluice.datapath.track.FlowPrograms;
import dev.sluice.datapath.track.InstructedFlow;
import dev.sluice.wire.IpAddress;
import dev.sluice.wire.IpProtocols;
import dev.sluice.wire.Tcp;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** How long holds what an aware node says of a flow: as long as the flow, neither longer nor shorter (V12; packet-life.md, flow programming). */
class InstructionLifeTest {
    private static final long SECOND = 1_000_000_000L;
    private static final int FIREWALL = 1;
    private static final int IPS = 2;
    private static final byte[] DATA = request(Tcp.ACK);

    private static byte[] request(int flags) {
        return TestPacket.tcp("10.0.0.1:4000", "10.0.0.2:80", flags).bytes();
    }

    private static byte[] reply(int flags) {
        return TestPacket.tcp("10.0.0.2:80", "10.0.0.1:4000", flags).bytes();
    }

    /** Of a node on host A, which classifies, or B. */
    private static ThreeHosts hosts(boolean remote) {
        return remote ? ThreeHosts.aware(false) : ThreeHosts.awareOnA();
    }

    private static int node(boolean remote) {
        return remote ? B : A;
    }

    /** A frame of the client comes in; what the node gets of it. */
    private static List<byte[]> toNode(ThreeHosts hosts, byte[] frame) {
        hosts.receive(A, CLIENT, frame);
        return hosts.toNode();
    }

    /** A connection is opened; the node says something in a message. What the node got of the first packet. */
    private static byte[] open(ThreeHosts hosts, boolean remote, int action, int flags) {
        byte[] got = toNode(hosts, request(Tcp.SYN)).getFirst();
        hosts.receive(A, SERVER, reply(Tcp.SYN | Tcp.ACK));
        hosts.receive(A, CLIENT, DATA);
        hosts.toNode();
        hosts.receive(node(remote), UNDERLAY, AwareNode.message(got, action, flags, 0));
        assertThat(instructions(hosts)).isPositive();
        return got;
    }

    private static int instructions(ThreeHosts hosts) {
        return hosts.host(A).datapath().programs().size();
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void nextConnectionOfTheSamePortsIsLookedAt(boolean remote) {
        try (ThreeHosts hosts = hosts(remote)) {
            open(hosts, remote, AwareNode.ACCEPT, ALL | BOTH);
            assertThat(toNode(hosts, DATA)).isEmpty();
            hosts.receive(A, CLIENT, request(Tcp.FIN | Tcp.ACK));
            hosts.receive(A, SERVER, reply(Tcp.FIN | Tcp.ACK));
            hosts.host(A).advance(2 * SECOND);
            assertThat(toNode(hosts, request(Tcp.SYN))).as("the new connection").hasSize(1);
            assertThat(toNode(hosts, DATA)).hasSize(1);
        }
    }

    @Test
    void connectionOfAHostThatHasLostTheOneBeforeIsLookedAt() {
        try (ThreeHosts hosts = hosts(false)) {
            open(hosts, false, AwareNode.ACCEPT, ALL | BOTH);
            assertThat(toNode(hosts, request(Tcp.SYN)))
                    .as("nobody has said that the one before is over")
                    .hasSize(1);
            assertThat(toNode(hosts, DATA)).hasSize(1);
        }
    }

    @Test
    void nextDatagramsOfTheSamePortsAreLookedAt() {
        try (ThreeHosts hosts = hosts(false)) {
            byte[] frame = TestPacket.udp("10.0.0.1:4000", "10.0.0.2:80").bytes();
            byte[] got = toNode(hosts, frame).getFirst();
            hosts.receive(A, UNDERLAY, AwareNode.message(got, AwareNode.ACCEPT, ALL | BOTH, 0));
            assertThat(toNode(hosts, frame)).isEmpty();
            hosts.host(A).advance(50 * SECOND);
            assertThat(toNode(hosts, frame)).as("the flow goes on").isEmpty();
            hosts.host(A).advance(61 * SECOND);
            assertThat(toNode(hosts, frame)).as("its record has expired").hasSize(1);
            assertThat(toNode(hosts, frame)).hasSize(1);
        }
    }

    @Test
    void acceptedFlowStaysAcceptedAsLongAsItLives() {
        try (ThreeHosts hosts = hosts(false)) {
            open(hosts, false, AwareNode.ACCEPT, ALL | BOTH);
            for (int i = 0; i < 3; i++) {
                hosts.host(A).advance(200 * SECOND);
                assertThat(toNode(hosts, DATA)).isEmpty();
            }
        }
    }

    /** As TCP repeats a segment that nobody acknowledges, and longer. */
    @Test
    void droppedConnectionStaysDroppedWhileItSends() {
        try (ThreeHosts hosts = hosts(false)) {
            open(hosts, false, AwareNode.DROP, ALL | BOTH);
            long drops = 0;
            for (int gapSeconds : new int[] {1, 204, 121, 600, 3600}) {
                hosts.host(A).advance(gapSeconds * SECOND);
                assertThat(toNode(hosts, DATA)).as("%s s later", gapSeconds).isEmpty();
                assertThat(hosts.host(A).drops()).isEqualTo(Map.of(DropReason.FLOW_PROGRAMMED, ++drops));
            }
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {Tcp.RST, Tcp.SYN, Tcp.FIN | Tcp.ACK})
    void senderDoesNotEndTheDropByWhatTheOtherSideDoesNotGet(int flags) {
        try (ThreeHosts hosts = hosts(false)) {
            open(hosts, false, AwareNode.DROP, ALL | BOTH);
            assertThat(toNode(hosts, request(flags))).isEmpty();
            hosts.receive(A, SERVER, reply(Tcp.FIN | Tcp.ACK));
            assertThat(toNode(hosts, request(Tcp.SYN))).isEmpty();
            hosts.host(A).advance(60 * SECOND);
            assertThat(toNode(hosts, DATA)).isEmpty();
            assertThat(hosts.host(A).drops()).isEqualTo(Map.of(DropReason.FLOW_PROGRAMMED, 4L));
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void nodeTakesBackADropThatWasWrong(boolean remote) {
        try (ThreeHosts hosts = hosts(remote)) {
            byte[] got = open(hosts, remote, AwareNode.DROP, ALL | BOTH);
            assertThat(toNode(hosts, DATA)).isEmpty();
            hosts.receive(node(remote), UNDERLAY, AwareNode.message(got, AwareNode.TAKE_BACK, BOTH, 0));
            assertThat(instructions(hosts)).isZero();
            assertThat(toNode(hosts, DATA)).hasSize(1);
            assertThat(hosts.host(A).drops()).isEqualTo(Map.of(DropReason.FLOW_PROGRAMMED, 1L));
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void nodeTakesBackAnAcceptInAPacketOfOneDirection(boolean remote) {
        try (ThreeHosts hosts = hosts(remote)) {
            byte[] got = open(hosts, remote, AwareNode.ACCEPT, ALL | BOTH);
            assertThat(toNode(hosts, DATA)).isEmpty();
            hosts.receive(node(remote), UNDERLAY, AwareNode.answer(got, AwareNode.TAKE_BACK, 0, 0));
            assertThat(toNode(hosts, DATA)).as("this direction comes again").hasSize(1);
            assertThat(instructions(hosts)).as("the other one does not").isEqualTo(1);
            hosts.receive(node(remote), UNDERLAY, AwareNode.answer(got, AwareNode.TAKE_BACK, BOTH, 0));
            assertThat(instructions(hosts)).isZero();
        }
    }

    @Test
    void nobodyButTheNodeThatServesTheFlowTakesAnythingBack() {
        try (ThreeHosts hosts = hosts(false)) {
            byte[] got = open(hosts, false, AwareNode.DROP, ALL | BOTH);
            byte[] otherHop = AwareNode.message(got, AwareNode.TAKE_BACK, BOTH, 0);
            otherHop[AwareNode.INDEX] = (byte) 253;
            hosts.receive(A, UNDERLAY, otherHop);
            byte[] otherFlow = AwareNode.message(got, AwareNode.TAKE_BACK, BOTH, 0);
            otherFlow[AwareNode.FLOW]++;
            hosts.receive(A, UNDERLAY, otherFlow);
            assertThat(hosts.host(A).drops())
                    .isEqualTo(Map.of(DropReason.NODE_HOP_FORGED, 1L, DropReason.FLOW_PROGRAM_REFUSED, 1L));
            assertThat(instructions(hosts)).isEqualTo(1);
        }
    }

    @Test
    void whatIsSaidOfAFlowLeavesWithIt() {
        try (ThreeHosts hosts = hosts(false)) {
            open(hosts, false, AwareNode.ACCEPT, ALL | BOTH);
            hosts.receive(A, CLIENT, request(Tcp.RST));
            hosts.host(A).advance(31 * SECOND);
            for (int i = 0; i < 512; i++) {
                hosts.host(A).advance(SECOND / 1000);
            }
            assertThat(hosts.host(A).datapath().connections().size()).isZero();
            assertThat(instructions(hosts)).isZero();
        }
    }

    /**
     * The firewall dies while an answer is inside the other node; the flow goes on by the path of that node alone, and an operator lets it pass by that one. What is said of the first hop of this path is not said of the
     * first hop of the other one: the answer still needs the firewall.
     */
    @Test
    void skipOfANodeConcernsNoPacketOfAnotherPath() {
        try (ThreeHosts hosts = ThreeHosts.hubWithChoice()) {
            hosts.receive(A, CLIENT, DATA);
            hosts.receive(B, NODE_OUT, hosts.host(B).sent(NODE_IN).getFirst());
            hosts.receive(C, NODE_OUT, hosts.host(C).sent(NODE_IN).getFirst());
            assertThat(hosts.host(A).sent(SERVER)).containsExactly(DATA);
            hosts.receive(A, SERVER, reply(Tcp.ACK));
            byte[] answer = hosts.host(C).sent(NODE_OUT).getFirst();
            hosts.host(A).liveness().setInstance(FIREWALL, false);
            operatorSkips(hosts.host(A), IPS);
            hosts.receive(A, CLIENT, DATA);
            assertThat(hosts.host(A).sent(SERVER)).as("by the short path").containsExactly(DATA);
            hosts.receive(A, SERVER, reply(Tcp.ACK));
            assertThat(hosts.host(A).sent(CLIENT)).containsExactly(reply(Tcp.ACK));
            hosts.receive(C, NODE_IN, answer);
            assertThat(hosts.host(A).sent(CLIENT)).as("without the firewall").isEmpty();
            assertThat(hosts.host(A).drops()).isEqualTo(Map.of(DropReason.SERVICE_DOWN, 1L));
            assertThat(hosts.host(A).datapath().counters().uninspected).isZero();
        }
    }

    private static void operatorSkips(MemorySwitch a, int instance) {
        InstructedFlow flow = new InstructedFlow(
                a.datapath().zone(1, 0, 0),
                IpProtocols.TCP,
                IpAddress.parse("10.0.0.1").orElseThrow(),
                4000,
                IpAddress.parse("10.0.0.2").orElseThrow(),
                80);
        assertThat(a.datapath()
                        .programs()
                        .put(flow, FlowPrograms.Action.SKIP, instance, false, a.nowNs() + 60 * SECOND, a.nowNs()))
                .isTrue();
    }
}
