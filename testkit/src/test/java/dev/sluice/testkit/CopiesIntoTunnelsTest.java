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
import dev.sluice.datapath.snapshot.AttachmentCounters;
import dev.sluice.datapath.snapshot.NodeTunnel;
import dev.sluice.ports.MemoryFrame;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Copies for nodes that are reached through tunnels (C5, C11), on the host that classifies and on another one: the packet goes on without the node, what the node sends goes nowhere. Behind A's copy, or B's, the packet
 * passes the node on C; answers pass that first, so C makes their copies.
 */
class CopiesIntoTunnelsTest {
    private static final TestPacket REQUEST = TestPacket.tcp("10.0.0.1:4000", "10.0.0.2:80", 2);
    private static final byte[] FRAME = REQUEST.bytes();
    private static final byte[] REPLY = REQUEST.reply().bytes();
    private static final int GATEWAY_PACKET = 82;
    private static final int COPY = 0x08;
    private static final int SERVED = 0x40;
    private static final int REVERSE = 0x80;
    private static final int LAYER_2 = 0x04;

    /** How the node is reached; where the frame in what it gets begins, behind a service header where that ends. */
    enum Kind {
        NSH(NodeTunnel.Format.NSH, false, 110),
        NSH_TYPE_1(NodeTunnel.Format.NSH, true, 74),
        GPE(NodeTunnel.Format.NSH_GPE, false, 110),
        GPE_TYPE_1(NodeTunnel.Format.NSH_GPE, true, 74),
        ETHERNET(NodeTunnel.Format.NSH_ETHERNET, false, 74),
        ETHERNET_TYPE_1(NodeTunnel.Format.NSH_ETHERNET, true, 38),
        GRE(NodeTunnel.Format.GRE, false, 42),
        VXLAN(NodeTunnel.Format.VXLAN, false, 50),
        GATEWAY(NodeTunnel.Format.GWLB, false, GATEWAY_PACKET);

        private final NodeTunnel.Format format;
        final boolean typeOne;
        private final int frameAt;

        Kind(NodeTunnel.Format format, boolean typeOne, int frameAt) {
            this.format = format;
            this.typeOne = typeOne;
            this.frameAt = frameAt;
        }

        ThreeHosts hosts(int host) {
            ThreeHosts hosts = ThreeHosts.nodeIn(host, format);
            if (typeOne) {
                hosts.giveFixedContext();
            }
            hosts.giveCopies();
            return hosts;
        }

        private boolean isOnEthernet() {
            return format == NodeTunnel.Format.NSH_ETHERNET;
        }

        /** What the node got since the last call. */
        List<byte[]> got(ThreeHosts hosts, int host) {
            return isOnEthernet() ? hosts.host(host).sent(hosts.nodePort()) : hosts.toNode();
        }

        /** What was put into the tunnel: the frame, for gateway appliances the IP packet. */
        byte[] inside(byte[] packet) {
            return Arrays.copyOfRange(packet, frameAt, packet.length);
        }

        byte[] insideOf(byte[] frame) {
            return this == GATEWAY ? Arrays.copyOfRange(frame, 14, frame.length) : frame;
        }

        /** Where the service header begins. */
        int nsh() {
            return isOnEthernet() ? 14 : 50;
        }

        /** The node gives the copy back as it would a packet. */
        void giveBack(ThreeHosts hosts, int host, byte[] copy) {
            switch (this) {
                case NSH, NSH_TYPE_1 -> NshNode.GENEVE.sendBack(hosts, host, NshNode.GENEVE.answer(copy));
                case GPE, GPE_TYPE_1 -> NshNode.GPE.sendBack(hosts, host, NshNode.GPE.answer(copy));
                case ETHERNET, ETHERNET_TYPE_1 -> NshNode.ETHERNET.sendBack(hosts, host, NshNode.ETHERNET.answer(copy));
                case GRE -> hosts.receive(host, UNDERLAY, TunnelledBridgeTest.Kind.GRE.bridged(copy));
                case VXLAN -> hosts.receive(host, UNDERLAY, TunnelledBridgeTest.Kind.VXLAN.bridged(copy));
                case GATEWAY -> {
                    byte[] back = NshNode.GENEVE.answer(copy);
                    back[NshNode.GENEVE.nsh + NshNode.INDEX]++;
                    hosts.receive(host, UNDERLAY, back);
                }
            }
        }
    }

    static Stream<Arguments> places() {
        return Stream.of(Kind.values()).flatMap(kind -> IntStream.of(A, B).mapToObj(host -> Arguments.of(kind, host)));
    }

    private static AttachmentCounters counters(ThreeHosts hosts, int host) {
        return hosts.counters(host, "fw-1");
    }

    private static void noDrops(ThreeHosts hosts) {
        hosts.hosts.forEach(host -> assertThat(host.drops()).isEmpty());
    }

    @ParameterizedTest(name = "{0}, on host {1}")
    @MethodSource("places")
    void nodeGetsACopyOfEachDirectionAndPacketsGoOn(Kind kind, int host) {
        try (ThreeHosts hosts = kind.hosts(host)) {
            hosts.receive(A, CLIENT, FRAME);
            assertThat(kind.got(hosts, host))
                    .singleElement()
                    .satisfies(copy -> assertThat(kind.inside(copy)).isEqualTo(kind.insideOf(FRAME)));
            assertThat(hosts.host(C).sent(NODE_IN)).containsExactly(FRAME);
            hosts.receive(C, NODE_OUT, FRAME);
            assertThat(hosts.host(A).sent(SERVER)).containsExactly(FRAME);
            hosts.receive(A, SERVER, REPLY);
            assertThat(kind.got(hosts, host)).isEmpty();
            hosts.receive(C, NODE_IN, REPLY);
            assertThat(kind.got(hosts, host))
                    .singleElement()
                    .satisfies(copy -> assertThat(kind.inside(copy)).isEqualTo(kind.insideOf(REPLY)));
            assertThat(hosts.host(A).sent(CLIENT)).containsExactly(REPLY);
            noDrops(hosts);
            assertThat(counters(hosts, host).copies).isEqualTo(2);
            for (int at = A; at <= C; at++) {
                assertThat(counters(hosts, at).sent).as("at %d", at).containsOnly(0);
                assertThat(counters(hosts, at).returned).as("at %d", at).containsOnly(0);
            }
        }
    }

    @ParameterizedTest(name = "{0}, on host {1}")
    @MethodSource("places")
    void whatTheNodeGivesBackIsDroppedAndChangesNothing(Kind kind, int host) {
        DropReason reason = kind == Kind.GATEWAY ? DropReason.NODE_COOKIE_UNKNOWN : DropReason.COPY_NODE_SENT;
        try (ThreeHosts hosts = kind.hosts(host)) {
            hosts.receive(A, CLIENT, FRAME);
            byte[] copy = kind.got(hosts, host).getFirst();
            hosts.host(C).sent(NODE_IN);
            int records = hosts.host(host).datapath().connections().size();
            kind.giveBack(hosts, host, copy);
            assertThat(hosts.host(host).drops()).isEqualTo(Map.of(reason, 1L));
            hosts.hosts.forEach(each -> assertThat(each.sentAnywhere()).isEmpty());
            assertThat(hosts.host(host).datapath().connections().size()).isEqualTo(records);
            assertThat(counters(hosts, host).returned).containsOnly(0);
        }
    }

    @ParameterizedTest(name = "{0}, on host {1}")
    @MethodSource("places")
    void copyForADeadNodeIsLostAndThePacketGoesOn(Kind kind, int host) {
        try (ThreeHosts hosts = kind.hosts(host)) {
            hosts.host(host).liveness().setInstance(1, false);
            hosts.receive(A, CLIENT, FRAME);
            assertThat(kind.got(hosts, host)).isEmpty();
            assertThat(hosts.host(C).sent(NODE_IN)).containsExactly(FRAME);
            assertThat(counters(hosts, host).copiesLost).isEqualTo(1);
            Map<DropReason, Long> ofCopies = host == A ? Map.of() : Map.of(DropReason.SERVICE_DOWN, 1L);
            assertThat(hosts.host(host).drops()).isEqualTo(ofCopies);
        }
    }

    @ParameterizedTest(name = "{0}, on host {1}")
    @MethodSource("places")
    void copyOfASuperFrameComesInSegments(Kind kind, int host) {
        byte[] whole = TestPacket.tcp("10.0.0.1:4000", "10.0.0.2:80", 0x10)
                .payload(new byte[3000])
                .bytes();
        try (ThreeHosts hosts = kind.hosts(host)) {
            hosts.receive(A, CLIENT, FRAME);
            kind.got(hosts, host);
            hosts.host(C).sent(NODE_IN);
            hosts.receive(A, CLIENT, MemoryFrame.superFrame(whole, Batch.GSO_TCPV4, 1400, 54, 34, 16));
            List<byte[]> packets = hosts.host(C).sent(NODE_IN);
            assertThat(packets).hasSize(3).allMatch(Sums::tcpHolds);
            assertThat(kind.got(hosts, host).stream().map(kind::inside))
                    .usingElementComparator(Arrays::compare)
                    .containsExactlyElementsOf(
                            packets.stream().map(kind::insideOf).toList());
            noDrops(hosts);
        }
    }

    /** Whose flow a copy is of does not depend on who made it: the node on A gets those of both directions with the same reference. */
    @ParameterizedTest(name = "{0}, on host {1}")
    @MethodSource("places")
    void fixedContextOfACopySaysThatItIsOneAndWhoseFlow(Kind kind, int host) {
        if (!kind.typeOne) {
            return;
        }
        try (ThreeHosts hosts = kind.hosts(host)) {
            hosts.receive(A, CLIENT, FRAME);
            byte[] copy = kind.got(hosts, host).getFirst();
            hosts.receive(C, NODE_OUT, hosts.host(C).sent(NODE_IN).getFirst());
            hosts.receive(A, SERVER, REPLY);
            hosts.receive(C, NODE_IN, hosts.host(C).sent(NODE_OUT).getFirst());
            byte[] ofReply = kind.got(hosts, host).getFirst();
            int served = host == A ? 0 : SERVED;
            int context = kind.nsh() + 8;
            assertThat(Arrays.copyOfRange(copy, context, context + 8))
                    .containsExactly(1, served | COPY | LAYER_2, 0, 0, 0, 0, 0, 77);
            assertThat(Arrays.copyOfRange(ofReply, context, context + 8))
                    .containsExactly(1, REVERSE | served | COPY | LAYER_2, 0, 0, 0, 0, 0, 77);
            byte[] flow = Arrays.copyOfRange(copy, context + 8, context + 16);
            assertThat(Arrays.copyOfRange(ofReply, context + 8, context + 16)).isEqualTo(flow);
            assertThat(flow)
                    .as("none for others")
                    .matches(bytes -> host == A != Arrays.equals(bytes, new byte[] {0, 0, 0, 0, -1, -1, -1, -1}));
        }
    }

    /** A copy that its interface does not take is lost alone: nobody is told, the packet goes on. */
    @Test
    void copyThatIsTooLargeForTheNodeIsLostAlone() {
        for (int host : new int[] {A, B}) {
            for (Kind kind : List.of(Kind.ETHERNET, Kind.ETHERNET_TYPE_1)) {
                try (ThreeHosts hosts = ThreeHosts.nodeIn(host, NodeTunnel.Format.NSH_ETHERNET)) {
                    int header = kind.typeOne ? 38 : 74;
                    hosts.nodeMtuBytes = FRAME.length - 14 + header - 1;
                    if (kind.typeOne) {
                        hosts.giveFixedContext();
                    }
                    hosts.giveCopies();
                    hosts.receive(A, CLIENT, FRAME);
                    assertThat(kind.got(hosts, host)).isEmpty();
                    assertThat(hosts.host(host).drops()).isEqualTo(Map.of(DropReason.MTU_EXCEEDED, 1L));
                    assertThat(hosts.host(C).sent(NODE_IN)).containsExactly(FRAME);
                    assertThat(hosts.host(A).sent(CLIENT)).isEmpty();
                }
            }
        }
    }
}
