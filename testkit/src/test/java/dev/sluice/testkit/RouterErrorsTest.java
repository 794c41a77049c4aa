package dev.sluice.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.datapath.packet.Batch;
import dev.sluice.datapath.packet.DropReason;
import dev.sluice.datapath.route.NextHop;
import dev.sluice.datapath.route.NextHopGroup;
import dev.sluice.datapath.route.RouteEntry;
import dev.sluice.datapath.route.Routes;
import dev.sluice.datapath.snapshot.PortAddress;
import dev.sluice.datapath.snapshot.PortEntry;
import dev.sluice.datapath.snapshot.RouterEntry;
import dev.sluice.datapath.snapshot.Snapshot;
import dev.sluice.ports.MemoryFrame;
import dev.sluice.wire.IpAddress;
import dev.sluice.wire.IpPrefix;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What a router tells senders (RFC 792, RFC 1812 4.3, RFC 4443), what it answers itself, and what it cuts into fragments (RFC 791). */
class RouterErrorsTest {
    private static final int LEFT = 0;
    private static final int RIGHT = 1;
    private static final int LINK_A = 2;
    private static final int LINK_B = 3;
    private static final long HOST_MAC = 0x0a00_0000_0002L;
    private static final long LEFT_MAC = 0x0200_0000_1000L;
    private static final byte[] LARGE = new byte[1400];

    private final MemorySwitch sluice = new MemorySwitch(snapshot(), 64);

    @BeforeEach
    void teach() {
        sluice.receive(LEFT, arp("10.0.0.2", "10.0.0.1"));
        sluice.receive(RIGHT, arp("10.0.1.2", "10.0.1.1"));
        sluice.advance(1);
        sluice.sentAnywhere();
    }

    @AfterEach
    void close() {
        sluice.close();
    }

    /** The host's answer to the router, which has to hear one now and then. */
    private static byte[] arpAnswer() {
        byte[] f = arp("10.0.0.2", "10.0.0.1");
        f[21] = 2;
        java.nio.ByteBuffer.wrap(f).putShort(32, (short) (LEFT_MAC >>> 32)).putInt(34, (int) LEFT_MAC);
        return f;
    }

    private static byte[] arp(String from, String to) {
        byte[] f = new byte[60];
        java.nio.ByteBuffer b = java.nio.ByteBuffer.wrap(f);
        b.putShort((short) -1).putInt(-1).putShort((short) 0x0a00).putInt(2).putShort((short) 0x0806);
        b.putInt(0x0001_0800).putInt(0x0604_0001).putShort((short) 0x0a00).putInt(2);
        b.putInt(address(from).ipv4Bits())
                .putShort((short) 0)
                .putInt(0)
                .putInt(address(to).ipv4Bits());
        return f;
    }

    private static IpAddress address(String text) {
        return IpAddress.parse(text).orElseThrow();
    }

    private static RouteEntry route(String prefix, NextHop hop) {
        return new RouteEntry(IpPrefix.parse(prefix).orElseThrow(), NextHopGroup.of(hop));
    }

    private static Snapshot snapshot() {
        List<RouteEntry> first = List.of(
                route("10.0.0.0/24", NextHop.connected(LEFT)),
                route("10.0.1.0/24", NextHop.connected(RIGHT)),
                route("10.0.0.1/32", NextHop.local(LEFT)),
                route("10.0.1.1/32", NextHop.local(RIGHT)),
                route("2001:db8::/64", NextHop.connected(LEFT)),
                route("2001:db8::1/128", NextHop.local(LEFT)),
                route("2001:db8:1::/64", NextHop.connected(RIGHT)),
                route("203.0.113.0/24", NextHop.blackhole()),
                route("172.16.0.0/12", NextHop.connected(LINK_A)));
        List<RouteEntry> second = List.of(route("172.16.0.0/12", NextHop.connected(LINK_B)));
        return Snapshot.builder(1)
                .ports(List.of(
                        port(LEFT, PortEntry.Role.ROUTER, 0, -1, 1500, "10.0.0.1/24", "2001:db8::1/64"),
                        port(RIGHT, PortEntry.Role.ROUTER, 0, -1, 1280, "10.0.1.1/24", "2001:db8:1::1/64"),
                        port(LINK_A, PortEntry.Role.LINK, 0, LINK_B, 0),
                        port(LINK_B, PortEntry.Role.LINK, 1, LINK_A, 0)))
                .routers(List.of(
                        new RouterEntry(0, "edge", Routes.of(first)), new RouterEntry(1, "other", Routes.of(second))))
                .build();
    }

    private static PortEntry port(int index, PortEntry.Role role, int router, int peer, int mtu, String... own) {
        List<PortAddress> addresses = Arrays.stream(own)
                .map(text -> text.split("/"))
                .map(parts -> new PortAddress(address(parts[0]), Integer.parseInt(parts[1])))
                .toList();
        return new PortEntry(
                index, "p" + index, role, router, peer, LEFT_MAC + index, addresses, true, true, 0, 0, mtu);
    }

    private static TestPacket udp(String to) {
        return TestPacket.udp("10.0.0.2:1000", to + ":2000").ethernet(HOST_MAC, LEFT_MAC);
    }

    private static TestPacket udp6() {
        return TestPacket.udp("[2001:db8::2]:1000", "[2001:db8:1::2]:2000").ethernet(HOST_MAC, LEFT_MAC);
    }

    private static int u8(byte[] f, int at) {
        return f[at] & 0xff;
    }

    private static int u16(byte[] f, int at) {
        return u8(f, at) << 8 | u8(f, at + 1);
    }

    /** IPv4 packets sent to the host; the router's own ARP questions are not what these tests are about. */
    private List<byte[]> toHost() {
        return sluice.sent(LEFT).stream().filter(f -> u16(f, 12) == 0x0800).toList();
    }

    /** The only frame sent, an IPv4 packet from the given address to the host, with this ICMP type and code. */
    private byte[] error(String from, int type, int code) {
        List<byte[]> sent = toHost();
        assertThat(sent).hasSize(1);
        byte[] f = sent.getFirst();
        assertThat(u16(f, 12)).isEqualTo(0x0800);
        assertThat(IpAddress.ofIpv4(u16(f, 26) << 16 | u16(f, 28))).isEqualTo(address(from));
        assertThat(IpAddress.ofIpv4(u16(f, 30) << 16 | u16(f, 32))).isEqualTo(address("10.0.0.2"));
        assertThat(u8(f, 22)).as("TTL").isEqualTo(64);
        assertThat(u8(f, 34)).as("type").isEqualTo(type);
        assertThat(u8(f, 35)).as("code").isEqualTo(code);
        assertThat(sum(f, 14, 20)).as("header checksum").isEqualTo(0xffff);
        assertThat(sum(f, 34, f.length - 34)).as("ICMP checksum").isEqualTo(0xffff);
        return f;
    }

    private static int sum(byte[] f, int from, int bytes) {
        int sum = 0;
        for (int i = 0; i < bytes; i++) {
            sum += u8(f, from + i) << (i % 2 == 0 ? 8 : 0);
        }
        return (sum & 0xffff) + (sum >>> 16);
    }

    @Test
    void tellsThatTheTtlIsUsedUpAndQuotesThePacket() {
        byte[] packet = udp("10.0.1.2").ttl(1).payload("abc").bytes();
        sluice.receive(LEFT, packet);
        byte[] error = error("10.0.0.1", 11, 0);
        assertThat(Arrays.copyOfRange(error, 42, error.length))
                .isEqualTo(Arrays.copyOfRange(packet, 14, packet.length));
        assertThat(sluice.drops()).isEqualTo(Map.of(DropReason.TTL_EXPIRED, 1L));
    }

    @Test
    void quotesAtMostWhatFitsInto576Bytes() {
        sluice.receive(LEFT, udp("10.0.1.2").ttl(0).payload(LARGE).bytes());
        assertThat(error("10.0.0.1", 11, 0)).hasSize(14 + 576);
    }

    @Test
    void answersAPingToItselfWhateverItsTtl() {
        for (int ttl = 0; ttl < 3; ttl++) {
            sluice.receive(
                    LEFT,
                    TestPacket.ping("10.0.0.2", "10.0.1.1", 7)
                            .ethernet(HOST_MAC, LEFT_MAC)
                            .ttl(ttl)
                            .bytes());
            assertThat(toHost())
                    .singleElement()
                    .satisfies(f -> assertThat(u8(f, 34)).isZero());
        }
        assertThat(sluice.drops()).isEmpty();
    }

    @Test
    void tellsWhereThereIsNoRouteNoNeighbourNoServiceAndNothingOfABlackhole() {
        sluice.receive(LEFT, udp("8.8.8.8").bytes());
        error("10.0.0.1", 3, 0);
        sluice.receive(LEFT, udp("10.0.0.1").bytes());
        error("10.0.0.1", 3, 3);
        sluice.liveness().setPort(RIGHT, false);
        sluice.receive(LEFT, udp("10.0.1.2").bytes());
        error("10.0.0.1", 3, 0);
        sluice.receive(LEFT, udp("203.0.113.1").bytes());
        assertThat(toHost()).isEmpty();
        sluice.liveness().setPort(RIGHT, true);
        sluice.receive(LEFT, udp("10.0.1.77").bytes());
        sluice.advance(1);
        for (int second = 0; second < 3; second++) {
            assertThat(toHost()).isEmpty();
            sluice.advance(1_000_000_000L);
            sluice.receive(LEFT, arpAnswer());
        }
        error("10.0.1.1", 3, 1);
        sluice.receive(LEFT, udp("10.0.1.77").bytes());
        error("10.0.0.1", 3, 1);
        assertThat(sluice.drops())
                .isEqualTo(Map.of(
                        DropReason.NO_ROUTE, 1L,
                        DropReason.LOCAL_UNSUPPORTED, 1L,
                        DropReason.NEIGHBOR_UNRESOLVED, 2L,
                        DropReason.EGRESS_DOWN, 1L,
                        DropReason.BLACKHOLE, 1L));
        assertThat(sluice.datapath().counters().icmpErrors).isEqualTo(5);
    }

    @Test
    void namesTheMtuOfTheNextHop() {
        sluice.receive(LEFT, udp("10.0.1.2").dontFragment().payload(LARGE).bytes());
        assertThat(u16(error("10.0.0.1", 3, 4), 40)).isEqualTo(1280);
        sluice.receive(LEFT, udp6().payload(LARGE).bytes());
        // The host's MAC address is not known in IPv6: the error waits for it.
        assertThat(sluice.drops()).isEqualTo(Map.of(DropReason.MTU_EXCEEDED, 2L));
        assertThat(sluice.datapath().counters().icmpErrors).isEqualTo(2);
    }

    @Test
    void segmentsOfSuperFramesCountEachForItself() {
        byte[] frame = TestPacket.tcp("10.0.0.2:1000", "10.0.1.2:80", 16)
                .dontFragment()
                .payload(new byte[20_000])
                .ethernet(HOST_MAC, LEFT_MAC)
                .bytes();
        sluice.receive(LEFT, MemoryFrame.superFrame(frame, Batch.GSO_TCPV4, 1240, 54, 34, 16));
        assertThat(sluice.sentFrames(RIGHT)).hasSize(1);
        sluice.receive(LEFT, MemoryFrame.superFrame(frame, Batch.GSO_TCPV4, 1241, 54, 34, 16));
        assertThat(u16(error("10.0.0.1", 3, 4), 40)).isEqualTo(1280);
    }

    @Test
    void neverTellsAboutErrorsLaterFragmentsOrItself() {
        for (int type : new int[] {3, 4, 5, 11, 12}) {
            sluice.receive(LEFT, ping("10.0.0.2").icmpType(type).bytes());
        }
        sluice.receive(LEFT, ping("10.0.0.1").bytes());
        assertThat(sluice.sentAnywhere()).isEmpty();
        assertThat(sluice.drops()).isEqualTo(Map.of(DropReason.TTL_EXPIRED, 6L));
        sluice.receive(LEFT, ping("10.0.0.2").bytes());
        error("10.0.0.1", 11, 0);
        sluice.receive(
                LEFT,
                udp("10.0.1.2").ttl(1).fragment(0, true).payload("12345678").bytes());
        error("10.0.0.1", 11, 0);
        sluice.receive(
                LEFT,
                udp("10.0.1.2").ttl(1).fragment(16, false).payload("12345678").bytes());
        assertThat(sluice.sentAnywhere()).isEmpty();
        assertThat(sluice.drops()).isEqualTo(Map.of(DropReason.TTL_EXPIRED, 9L));
    }

    private static TestPacket ping(String from) {
        return TestPacket.ping(from, "10.0.1.2", 7).ethernet(HOST_MAC, LEFT_MAC).ttl(1);
    }

    @Test
    void tellsOneSender50AtOnceAndAHundredPerSecond() {
        byte[] packet = udp("8.8.8.8").bytes();
        for (int i = 0; i < 300; i++) {
            sluice.receive(LEFT, packet);
        }
        assertThat(toHost()).hasSize(50);
        sluice.advance(70_000_000);
        for (int i = 0; i < 20; i++) {
            sluice.receive(LEFT, packet);
        }
        assertThat(toHost()).hasSize(7);
        assertThat(sluice.datapath().counters().icmpErrorsSuppressed).isEqualTo(250 + 13);
        assertThat(sluice.drops()).isEqualTo(Map.of(DropReason.NO_ROUTE, 320L));
    }

    /** Who provokes errors to himself leaves some to others. */
    @Test
    void errorsToOneSenderDoNotSilenceThoseToOthers() {
        byte[] others = from("198.18.0.1", 64, new byte[0]);
        byte[] large = from("198.18.0.1", 64, LARGE);
        for (int i = 0; i < 300; i++) {
            sluice.receive(LEFT, others);
            sluice.receive(LEFT, large);
        }
        assertThat(sluice.datapath().counters().icmpErrors)
                .as("50, and 100 of too big")
                .isEqualTo(150);
        sluice.receive(LEFT, udp("8.8.8.8").bytes());
        error("10.0.0.1", 3, 0);
        sluice.receive(LEFT, udp("10.0.1.2").dontFragment().payload(LARGE).bytes());
        error("10.0.0.1", 3, 4);
    }

    /** F12: a flood of packets whose TTL ends, from as many addresses, makes no black hole for large ones. */
    @Test
    void otherErrorsDoNotSilenceThoseAboutSize() {
        for (int i = 0; i < 2000; i++) {
            sluice.receive(LEFT, from("198.18." + i / 250 + "." + i % 250, 1, new byte[0]));
        }
        assertThat(sluice.datapath().counters().icmpErrors).isEqualTo(100);
        sluice.receive(LEFT, udp("8.8.8.8").bytes());
        assertThat(toHost()).isEmpty();
        sluice.receive(LEFT, udp("10.0.1.2").dontFragment().payload(LARGE).bytes());
        error("10.0.0.1", 3, 4);
    }

    @Test
    void tellsAThousandAtOnceAboutSizeAndTenThousandPerSecond() {
        for (int i = 0; i < 2000; i++) {
            sluice.receive(LEFT, from("198.18." + i / 250 + "." + i % 250, 64, LARGE));
        }
        assertThat(sluice.datapath().counters().icmpErrors).isEqualTo(1000);
        sluice.advance(700_000);
        for (int i = 0; i < 20; i++) {
            sluice.receive(LEFT, from("198.19.0." + i, 64, LARGE));
        }
        assertThat(sluice.datapath().counters().icmpErrors).isEqualTo(1007);
    }

    /** A sender whom no route leads back to: the error is made, and ends. */
    private static byte[] from(String sender, int ttl, byte[] payload) {
        return TestPacket.udp(sender + ":1000", (payload.length == 0 ? "8.8.8.8" : "10.0.1.2") + ":2000")
                .ethernet(HOST_MAC, LEFT_MAC)
                .ttl(ttl)
                .dontFragment()
                .payload(payload)
                .bytes();
    }

    @Test
    void cutsPacketsThatMayBeFragmentedAndLosesNoFrame() {
        int free = sluice.freeFrames();
        byte[] payload = new byte[6000];
        new java.util.Random(1).nextBytes(payload);
        byte[] whole = udp("10.0.1.2").payload(payload).bytes();
        sluice.receive(LEFT, whole);
        List<byte[]> pieces = sluice.sent(RIGHT);
        assertThat(pieces).hasSize(5);
        byte[] joined = new byte[6008];
        for (int i = 0; i < 5; i++) {
            byte[] f = pieces.get(i);
            assertThat(f.length).isLessThanOrEqualTo(14 + 1280);
            assertThat(sum(f, 14, 20)).isEqualTo(0xffff);
            assertThat(u16(f, 20) & 0xe000).isEqualTo(i == 4 ? 0 : 0x2000);
            System.arraycopy(f, 34, joined, (u16(f, 20) & 0x1fff) * 8, f.length - 34);
        }
        assertThat(joined).isEqualTo(Arrays.copyOfRange(whole, 34, whole.length));
        assertThat(sluice.freeFrames()).isEqualTo(free);
        assertThat(sluice.datapath().counters().packetsFragmented).isEqualTo(1);
        assertThat(sluice.datapath().counters().fragmentsMade).isEqualTo(5);
    }

    @Test
    void completesTheChecksumThatWasLeftToTheDeviceBeforeItCuts() {
        byte[] frame = udp("10.0.1.2").payload(LARGE).bytes();
        int expected = u16(frame, 40);
        long pseudo = sum(frame, 26, 8) + 17L + (frame.length - 34);
        int field = (int) ((pseudo & 0xffff) + (pseudo >>> 16));
        frame[40] = (byte) (field >>> 8);
        frame[41] = (byte) field;
        sluice.receive(LEFT, MemoryFrame.partial(frame, 34, 6));
        List<MemoryFrame> pieces = sluice.sentFrames(RIGHT);
        assertThat(pieces).hasSize(2).allMatch(piece -> piece.offload() == 0);
        assertThat(u16(pieces.getFirst().bytes(), 40)).isEqualTo(expected);
    }

    @Test
    void packetOnALoopBetweenTwoRoutersDiesWithOneCounter() {
        int free = sluice.freeFrames();
        sluice.receive(LEFT, udp("172.16.1.1").bytes());
        sluice.receive(LEFT, udp("172.16.1.1").ttl(255).bytes());
        assertThat(sluice.drops()).isEqualTo(Map.of(DropReason.LINK_LOOP, 2L));
        sluice.receive(LEFT, udp("172.16.1.1").ttl(3).bytes());
        assertThat(sluice.drops()).isEqualTo(Map.of(DropReason.LINK_LOOP, 2L, DropReason.TTL_EXPIRED, 1L));
        error("10.0.0.1", 11, 0);
        assertThat(sluice.freeFrames()).isEqualTo(free);
    }
}
