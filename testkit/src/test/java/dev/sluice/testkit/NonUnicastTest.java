package dev.sluice.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.datapath.packet.DropReason;
import dev.sluice.datapath.packet.NonUnicast;
import dev.sluice.datapath.route.Routes;
import dev.sluice.datapath.snapshot.PortAddress;
import dev.sluice.datapath.snapshot.PortEntry;
import dev.sluice.datapath.snapshot.RouterEntry;
import dev.sluice.datapath.snapshot.Snapshot;
import dev.sluice.wire.IpAddress;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Frames of a transparent pair that are not unicast IP: each kind passes as through a cable, or not if the port says so (X11). */
class NonUnicastTest {
    private static final long HOST = 0x0a00_0000_0001L;

    private static MemorySwitch pair(int refusedKinds, int mtuBytes) {
        return new MemorySwitch(
                Snapshot.builder(1)
                        .ports(List.of(port(0, refusedKinds, 0), port(1, 0, mtuBytes)))
                        .routers(List.of(new RouterEntry(0, "pair", Routes.EMPTY)))
                        .build(),
                16);
    }

    private static PortEntry port(int index, int refusedKinds, int mtuBytes) {
        return new PortEntry(
                index,
                "p" + index,
                PortEntry.Role.TRANSPARENT,
                0,
                1 - index,
                0x0200_0000_1000L + index,
                List.of(),
                true,
                true,
                0,
                0,
                mtuBytes,
                refusedKinds);
    }

    private static byte[] frame(long to, int typeOrLength) {
        byte[] f = new byte[60];
        java.nio.ByteBuffer.wrap(f)
                .putShort((short) (to >>> 32))
                .putInt((int) to)
                .putShort((short) (HOST >>> 32))
                .putInt((int) HOST)
                .putShort((short) typeOrLength);
        return f;
    }

    private static byte[] discovery(int type, int hopLimit) {
        return TestPacket.ping("fe80::1", "ff02::1", 0)
                .icmpType(type)
                .ttl(hopLimit)
                .payload(new byte[24])
                .ethernet(HOST, 0x3333_0000_0001L)
                .bytes();
    }

    private static byte[] udp(String to, int port, long mac) {
        return TestPacket.udp(to.contains(":") ? "[fe80::1]:546" : "0.0.0.0:68", to + ":" + port)
                .ethernet(HOST, mac)
                .bytes();
    }

    private static Map<NonUnicast, List<byte[]>> examples() {
        Map<NonUnicast, List<byte[]>> all = new EnumMap<>(NonUnicast.class);
        all.put(NonUnicast.ARP, List.of(frame(0xffff_ffff_ffffL, 0x0806), frame(0xffff_ffff_ffffL, 0x8035)));
        all.put(NonUnicast.NEIGHBOR_DISCOVERY, List.of(discovery(135, 255), discovery(136, 255), discovery(137, 255)));
        all.put(NonUnicast.ROUTER_ADVERTISEMENT, List.of(discovery(133, 255), discovery(134, 255)));
        all.put(
                NonUnicast.DHCP,
                List.of(udp("255.255.255.255", 67, 0xffff_ffff_ffffL), udp("[ff02::1:2]", 547, 0x3333_0001_0002L)));
        all.put(
                NonUnicast.MULTICAST,
                List.of(udp("224.0.0.251", 5353, 0x0100_5e00_00fbL), udp("[ff02::fb]", 5353, 0x3333_0000_00fbL)));
        all.put(NonUnicast.BROADCAST, List.of(udp("255.255.255.255", 9, 0xffff_ffff_ffffL)));
        all.put(
                NonUnicast.STP,
                List.of(frame(0x0180_c200_0000L, 38), frame(0x0180_c200_0008L, 38), frame(0x0100_0ccc_cccdL, 50)));
        all.put(NonUnicast.LACP, List.of(frame(0x0180_c200_0002L, 0x8809)));
        all.put(NonUnicast.LLDP, List.of(frame(0x0180_c200_000eL, 0x88cc)));
        all.put(
                NonUnicast.OTHER,
                List.of(
                        frame(0x0180_c200_0001L, 0x8808),
                        frame(0x0180_c200_0003L, 0x888e),
                        frame(0xffff_ffff_ffffL, 0x8863)));
        return all;
    }

    @Test
    void everyKindPassesUnchangedIfNothingIsSaid() {
        try (MemorySwitch sluice = pair(0, 1500)) {
            int count = 0;
            for (List<byte[]> frames : examples().values()) {
                for (byte[] frame : frames) {
                    sluice.receive(0, frame);
                    assertThat(sluice.sent(1)).containsExactly(frame);
                    count++;
                }
            }
            assertThat(sluice.drops()).isEmpty();
            assertThat(sluice.datapath().counters().passedAcross).isEqualTo(count);
        }
    }

    @ParameterizedTest
    @EnumSource
    void refusesOneKindAndNoOtherAndOnlyFromItsSide(NonUnicast kind) {
        try (MemorySwitch sluice = pair(kind.bit(), 1500)) {
            examples()
                    .forEach((each, frames) -> frames.forEach(frame -> {
                        sluice.receive(0, frame);
                        assertThat(sluice.sent(1)).as("%s", each).hasSize(each == kind ? 0 : 1);
                        sluice.receive(1, frame);
                        assertThat(sluice.sent(0)).hasSize(1);
                    }));
            long refused = Objects.requireNonNull(examples().get(kind)).size();
            assertThat(sluice.drops()).isEqualTo(Map.of(DropReason.NON_UNICAST_REFUSED, refused));
        }
    }

    @Test
    void dropsNeighborDiscoveryThatCameThroughARouter() {
        try (MemorySwitch sluice = pair(0, 0)) {
            for (int type = 133; type <= 137; type++) {
                sluice.receive(0, discovery(type, 254));
            }
            assertThat(sluice.sent(1)).isEmpty();
            assertThat(sluice.drops()).isEqualTo(Map.of(DropReason.CONTROL_INVALID, 5L));
        }
    }

    private static final int FRAGMENT_HEADER = 54;

    private static byte[] firstFragment(int type, String to, long mac) {
        return TestPacket.ping("fe80::1", to, 0)
                .icmpType(type)
                .ttl(255)
                .payload(new byte[24])
                .fragment(0, true)
                .ethernet(HOST, mac)
                .bytes();
    }

    /** An IPv6 packet with eight bytes of options more: a header of the given type in front of what is at {@code at}, which the byte at {@code named} says. */
    private static byte[] withOptions(byte[] frame, int type, int named, int at) {
        byte[] longer = java.util.Arrays.copyOf(frame, frame.length + 8);
        System.arraycopy(frame, at, longer, at + 8, frame.length - at);
        byte[] options = {frame[named], 0, 1, 4, 0, 0, 0, 0};
        System.arraycopy(options, 0, longer, at, 8);
        longer[named] = (byte) type;
        longer[19] = (byte) (longer[19] + 8);
        return longer;
    }

    /** RFC 6980 5, RFC 7113 2.1: a host may put it together, and nobody sends it so who means well. */
    @Test
    void dropsNeighborDiscoveryInFragmentsWhateverThePortsLetIn() {
        try (MemorySwitch sluice = pair(0, 0)) {
            for (int type = 133; type <= 137; type++) {
                byte[] plain = firstFragment(type, "ff02::1", 0x3333_0000_0001L);
                sluice.receive(0, plain);
                sluice.receive(0, withOptions(plain, 0, 20, FRAGMENT_HEADER));
                sluice.receive(0, firstFragment(type, "fe80::2", 0x0a00_0000_0002L));
            }
            assertThat(sluice.sent(1)).isEmpty();
            assertThat(sluice.drops()).isEqualTo(Map.of(DropReason.CONTROL_INVALID, 15L));
            byte[] ping = firstFragment(128, "ff02::1", 0x3333_0000_0001L);
            sluice.receive(0, ping);
            assertThat(sluice.sent(1)).containsExactly(ping);
        }
    }

    /** RFC 7112 5: all headers are in the first fragment, where it can be seen what it is. */
    @Test
    void dropsFirstFragmentsToAGroupThatDoNotShowWhatTheyAre() {
        try (MemorySwitch sluice = pair(0, 0)) {
            byte[] advertisement = firstFragment(134, "ff02::1", 0x3333_0000_0001L);
            byte[] behindOptions = withOptions(advertisement, 60, FRAGMENT_HEADER, FRAGMENT_HEADER + 8);
            sluice.receive(0, behindOptions);
            byte[] optionsOnly = java.util.Arrays.copyOf(behindOptions, FRAGMENT_HEADER + 16);
            optionsOnly[19] = 16;
            sluice.receive(0, optionsOnly);
            assertThat(sluice.drops()).isEqualTo(Map.of(DropReason.IPV6_EXTENSION_INVALID, 2L));
            byte[] tcp = TestPacket.tcp("[fe80::1]:1", "[ff02::1]:2", 2)
                    .fragment(0, true)
                    .ethernet(HOST, 0x3333_0000_0001L)
                    .bytes();
            byte[] tiny = java.util.Arrays.copyOf(tcp, FRAGMENT_HEADER + 16);
            tiny[19] = 16;
            sluice.receive(0, tiny);
            assertThat(sluice.drops())
                    .isEqualTo(Map.of(DropReason.IPV6_EXTENSION_INVALID, 2L, DropReason.FRAGMENT_TINY, 1L));
            assertThat(sluice.sent(1)).isEmpty();
        }
    }

    /** A router's own address, which would answer: the question in fragments is nobody's. */
    @Test
    void routerDoesNotAnswerSolicitationsInFragments() {
        IpAddress own = IpAddress.parse("fe80::2").orElseThrow();
        PortEntry port = new PortEntry(
                0,
                "r0",
                PortEntry.Role.ROUTER,
                0,
                -1,
                0x0200_0000_1000L,
                List.of(new PortAddress(own, 64)),
                true,
                true,
                0,
                0,
                1500);
        Snapshot router = Snapshot.builder(1)
                .ports(List.of(port))
                .routers(List.of(new RouterEntry(0, "router", Routes.EMPTY)))
                .build();
        byte[] target = java.nio.ByteBuffer.allocate(24)
                .putLong(own.hi())
                .putLong(own.lo())
                .putLong(0x0101_0000_0000_0000L | HOST)
                .array();
        TestPacket asks = TestPacket.ping("fe80::1", "ff02::1:ff00:2", 0)
                .icmpType(135)
                .ttl(255)
                .payload(target)
                .ethernet(HOST, 0x3333_ff00_0002L);
        try (MemorySwitch sluice = new MemorySwitch(router, 16)) {
            sluice.receive(0, asks.bytes());
            assertThat(sluice.sent(0)).hasSize(1);
            sluice.receive(0, asks.fragment(0, true).bytes());
            assertThat(sluice.sent(0)).isEmpty();
            assertThat(sluice.drops()).isEqualTo(Map.of(DropReason.CONTROL_INVALID, 1L));
        }
    }

    @Test
    void dropsByNameWhatThePeerWouldNotTake() {
        try (MemorySwitch sluice = pair(0, 100)) {
            sluice.receive(0, udp("224.0.0.251", 5353, 0x0100_5e00_00fbL));
            sluice.receive(
                    0,
                    TestPacket.udp("10.0.0.1:1", "224.0.0.251:5353")
                            .ethernet(HOST, 0x0100_5e00_00fbL)
                            .payload(new byte[100])
                            .bytes());
            assertThat(sluice.sent(1)).hasSize(1);
            assertThat(sluice.sent(0))
                    .as("nobody is told about packets to a group")
                    .isEmpty();
            assertThat(sluice.drops()).isEqualTo(Map.of(DropReason.MTU_EXCEEDED, 1L));
        }
    }

    @Test
    void tellsTheSenderOfAPacketThatIsTooLargeForTheOtherSideInTheNameOfItsDestination() {
        try (MemorySwitch sluice = pair(0, 1300)) {
            byte[] packet = TestPacket.udp("10.0.0.1:1", "10.0.0.2:2")
                    .ethernet(HOST, 0x0a00_0000_0002L)
                    .vlan(7)
                    .payload(new byte[1400])
                    .bytes();
            sluice.receive(0, packet);
            assertThat(sluice.drops()).isEqualTo(Map.of(DropReason.MTU_EXCEEDED, 1L));
            byte[] error = sluice.sent(0).getFirst();
            java.nio.ByteBuffer b = java.nio.ByteBuffer.wrap(error);
            assertThat(b.getShort(0) & 0xffff).isEqualTo(0x0a00);
            assertThat(b.getInt(2)).isEqualTo(1);
            assertThat(b.getInt(8)).isEqualTo(2);
            assertThat(b.getInt(12)).as("its VLAN").isEqualTo(0x8100_0007);
            assertThat(b.getInt(30)).as("from").isEqualTo(0x0a00_0002);
            assertThat(b.getInt(34)).as("to").isEqualTo(0x0a00_0001);
            assertThat(b.getShort(38)).as("type and code").isEqualTo((short) 0x0304);
            assertThat(b.getShort(44)).as("MTU").isEqualTo((short) 1300);
        }
    }
}
