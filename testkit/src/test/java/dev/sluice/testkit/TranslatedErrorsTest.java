package dev.sluice.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.datapath.packet.DropReason;
import dev.sluice.datapath.route.NextHop;
import dev.sluice.datapath.route.NextHopGroup;
import dev.sluice.datapath.route.RouteEntry;
import dev.sluice.datapath.route.Routes;
import dev.sluice.datapath.rules.Classifier;
import dev.sluice.datapath.rules.Group;
import dev.sluice.datapath.rules.Match;
import dev.sluice.datapath.rules.PortSides;
import dev.sluice.datapath.rules.Rule;
import dev.sluice.datapath.snapshot.Attachment;
import dev.sluice.datapath.snapshot.Path;
import dev.sluice.datapath.snapshot.PathCounters;
import dev.sluice.datapath.snapshot.PortAddress;
import dev.sluice.datapath.snapshot.PortEntry;
import dev.sluice.datapath.snapshot.RouterEntry;
import dev.sluice.datapath.snapshot.Snapshot;
import dev.sluice.datapath.snapshot.Target;
import dev.sluice.wire.IpAddress;
import dev.sluice.wire.IpPrefix;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Errors of a router about packets that a node has translated go back through that node, which alone knows whose they were (X6, F12; packet-life.md, errors). */
class TranslatedErrorsTest {
    static final int LEFT = 0;
    private static final int RIGHT = 1;
    private static final int NODE_IN = 2;
    static final int NODE_OUT = 3;
    private static final long PORT_MAC = 0x0200_0000_1000L;
    private static final long NODE_IN_MAC = 0x0200_0000_00a1L;
    static final long NODE_OUT_MAC = 0x0200_0000_00a2L;
    static final long CLIENT_MAC = 0x0a00_0000_0002L;
    private static final long SERVER_MAC = 0x0a00_0000_0102L;
    private static final String CLIENT = "10.0.0.2:1000";
    private static final String OUTSIDE = "10.101.0.2:5000";
    static final String SERVER = "10.0.1.2:7";
    private static final int FRAGMENTATION_NEEDED = 4;

    private final MemorySwitch sluice = new MemorySwitch(snapshot(), 64);

    @AfterEach
    void close() {
        sluice.close();
    }

    /** A router whose packets all go through one node that translates; it learns which flow is which. */
    static Snapshot snapshot() {
        Attachment node = Attachment.builder(
                        1,
                        "nat-1",
                        0,
                        new Attachment.Side(NODE_IN, 0, 0, NODE_IN_MAC, 0, 0, 0),
                        new Attachment.Side(NODE_OUT, 0, 0, NODE_OUT_MAC, 0, 0, 0))
                .kind(Attachment.Kind.ROUTE)
                .translation(Attachment.Translation.LEARNED)
                .routers(0)
                .build();
        Rule.FailureAction closed = Rule.FailureAction.CLOSED;
        Path path = new Path(1, "nat[nat-1]", 1, List.of(new Path.Hop(node, false, closed)), new PathCounters());
        BitSet sides = new BitSet();
        sides.set(0, 4);
        Rule rule = new Rule(
                1,
                100,
                "all/nat",
                List.of(Match.ANY),
                Rule.Action.SERVICE,
                0,
                Rule.FailureAction.INHERIT,
                true,
                PortSides.of(sides));
        return Snapshot.builder(1)
                .ports(List.of(
                        port(LEFT, PortEntry.Role.ROUTER, 0, 1300, "10.0.0.1"),
                        port(RIGHT, PortEntry.Role.ROUTER, 0, 1280, "10.0.1.1"),
                        port(NODE_IN, PortEntry.Role.SERVICE, -1, 1400, "10.100.0.1"),
                        port(NODE_OUT, PortEntry.Role.SERVICE, -1, 1400, "10.101.0.1")))
                .routers(List.of(new RouterEntry(
                        0, "edge", Routes.of(List.of(route("10.0.0.0/24", LEFT), route("10.0.1.0/24", RIGHT))))))
                .targets(List.of(new Target(0, "nat", List.of(path), closed)))
                .rules(List.of(rule))
                .groups(List.of(new Group(1, Classifier.of(List.of(rule)))))
                .paths(List.of(path))
                .attachments(List.of(node))
                .build();
    }

    private static PortEntry port(int index, PortEntry.Role role, int router, int mtu, String own) {
        int group = role == PortEntry.Role.ROUTER ? 1 : 0;
        List<PortAddress> addresses = List.of(new PortAddress(address(own), 24));
        return new PortEntry(
                index, "p" + index, role, router, -1, PORT_MAC + index, addresses, true, false, group, 0, mtu);
    }

    private static RouteEntry route(String prefix, int port) {
        return new RouteEntry(IpPrefix.parse(prefix).orElseThrow(), NextHopGroup.of(NextHop.connected(port)));
    }

    private static IpAddress address(String text) {
        return IpAddress.parse(text).orElseThrow();
    }

    static byte[] packet(String from, String to, long sourceMac, int port, int payloadBytes) {
        return TestPacket.udp(from, to)
                .ethernet(sourceMac, PORT_MAC + port)
                .identification(77)
                .dontFragment()
                .payload(new byte[payloadBytes])
                .bytes();
    }

    /** The only frame sent there: "fragmentation needed" with an MTU, whose quote is the packet. */
    private void assertTold(int port, long toMac, String from, String to, int mtu, byte[] about) {
        assertThat(sluice.sent(port)).singleElement().satisfies(frame -> {
            ByteBuffer b = ByteBuffer.wrap(frame);
            assertThat(b.getLong(0) >>> 16).as("destination MAC").isEqualTo(toMac);
            assertThat(b.get(22)).as("TTL").isEqualTo((byte) 64);
            assertThat(IpAddress.ofIpv4(b.getInt(26))).isEqualTo(address(from));
            assertThat(IpAddress.ofIpv4(b.getInt(30))).isEqualTo(address(to));
            assertThat(b.getShort(34)).as("type, code").isEqualTo((short) (3 << 8 | FRAGMENTATION_NEEDED));
            assertThat(b.getShort(40)).as("MTU").isEqualTo((short) mtu);
            assertThat(b.getLong(54))
                    .as("addresses in the quote")
                    .isEqualTo(ByteBuffer.wrap(about).getLong(26));
        });
    }

    /** As the node forwards it, with the quote translated. */
    private static byte[] errorBehindNode(String from, String to, long sourceMac, int port, byte[] about) {
        return TestPacket.ping(from, to, 0)
                .icmpType(3)
                .ethernet(sourceMac, PORT_MAC + port)
                .payload(Arrays.copyOfRange(about, 14, 14 + 64))
                .bytes();
    }

    @Test
    void senderOfWhatIsTooLargeBehindTheNodeIsToldThroughIt() {
        byte[] sent = packet(CLIENT, SERVER, CLIENT_MAC, LEFT, 1300);
        sluice.receive(LEFT, sent);
        assertThat(sluice.sent(NODE_IN)).hasSize(1);
        byte[] translated = packet(OUTSIDE, SERVER, NODE_OUT_MAC, NODE_OUT, 1300);
        sluice.receive(NODE_OUT, translated);
        assertThat(sluice.drops()).isEqualTo(Map.of(DropReason.MTU_EXCEEDED, 1L));
        assertTold(NODE_OUT, NODE_OUT_MAC, "10.101.0.1", "10.101.0.2", 1280, translated);

        sluice.receive(LEFT, arp("10.0.0.2", "10.0.0.1", CLIENT_MAC));
        sluice.sentAnywhere();
        sluice.receive(NODE_IN, errorBehindNode("10.101.0.1", "10.0.0.2", NODE_IN_MAC, NODE_IN, sent));
        assertThat(sluice.sent(LEFT))
                .singleElement()
                .satisfies(frame ->
                        assertThat(ByteBuffer.wrap(frame).getLong(0) >>> 16).isEqualTo(CLIENT_MAC));
    }

    @Test
    void senderOfAnAnswerThatIsTooLargeBehindTheNodeIsToldThroughIt() {
        sluice.receive(RIGHT, arp("10.0.1.2", "10.0.1.1", SERVER_MAC));
        sluice.receive(LEFT, packet(CLIENT, SERVER, CLIENT_MAC, LEFT, 10));
        sluice.receive(NODE_OUT, packet(OUTSIDE, SERVER, NODE_OUT_MAC, NODE_OUT, 10));
        sluice.sentAnywhere();
        byte[] answer = packet(SERVER, OUTSIDE, SERVER_MAC, RIGHT, 1350);
        sluice.receive(RIGHT, answer);
        assertThat(sluice.sent(NODE_OUT)).hasSize(1);
        byte[] translated = packet(SERVER, CLIENT, NODE_IN_MAC, NODE_IN, 1350);
        sluice.receive(NODE_IN, translated);
        assertTold(NODE_IN, NODE_IN_MAC, "10.100.0.1", "10.0.1.2", 1300, translated);

        sluice.receive(NODE_OUT, errorBehindNode("10.101.0.2", "10.0.1.2", NODE_OUT_MAC, NODE_OUT, answer));
        assertThat(sluice.sent(RIGHT)).hasSize(1);
        assertThat(sluice.drops()).isEqualTo(Map.of(DropReason.MTU_EXCEEDED, 1L));
    }

    @Test
    void senderOfWhatIsTooLargeForTheNodeIsToldAtOnce() {
        sluice.receive(LEFT, arp("10.0.0.2", "10.0.0.1", CLIENT_MAC));
        sluice.sentAnywhere();
        byte[] packet = packet(CLIENT, SERVER, CLIENT_MAC, LEFT, 1400);
        sluice.receive(LEFT, packet);
        assertTold(LEFT, CLIENT_MAC, "10.0.0.1", "10.0.0.2", 1400, packet);
        assertThat(sluice.sent(NODE_IN)).isEmpty();
    }

    private static byte[] arp(String from, String to, long mac) {
        ByteBuffer b = ByteBuffer.allocate(60);
        b.putLong(-1).putShort(6, (short) (mac >>> 32)).putInt(8, (int) mac).putShort(12, (short) 0x0806);
        b.putInt(14, 0x0001_0800).putInt(18, 0x0604_0001);
        b.putShort(22, (short) (mac >>> 32))
                .putInt(24, (int) mac)
                .putInt(28, address(from).ipv4Bits());
        b.putInt(38, address(to).ipv4Bits());
        return b.array();
    }
}
