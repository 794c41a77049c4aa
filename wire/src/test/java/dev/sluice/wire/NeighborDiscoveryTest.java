package dev.sluice.wire;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.MemorySegment;
import org.junit.jupiter.api.Test;

class NeighborDiscoveryTest {
    private static final long HI = 0x2001_0db8_0000_0000L;
    private static final long MAC_A = 0x0200_0000_0001L;
    private static final long MAC_B = 0x0200_0000_0002L;

    private static int check(MemorySegment f) {
        return NeighborDiscovery.check(f, 54, (int) f.byteSize() - 54, Ipv6.hopLimit(f, 14));
    }

    @Test
    void writesTheSolicitationOfAnotherImplementation() {
        MemorySegment f = SampleFrames.zeros(72);
        assertThat(NeighborDiscovery.writeSolicitation(f, 0, HI, 1, HI, 2, MAC_A))
                .isEqualTo(72);
        String whole = SampleFrames.SOLICITATION.substring(28);
        // The other implementation leaves the same hop limit, flow label and class; only the Ethernet header is not
        // ours.
        assertThat(SampleFrames.hex(f)).isEqualTo(whole);
    }

    @Test
    void writesTheAdvertisementOfAnotherImplementation() {
        MemorySegment f = SampleFrames.zeros(72);
        int flags = NeighborDiscovery.FLAG_SOLICITED | NeighborDiscovery.FLAG_OVERRIDE;
        assertThat(NeighborDiscovery.writeAdvertisement(f, 0, HI, 2, HI, 1, HI, 2, flags, MAC_B))
                .isEqualTo(72);
        assertThat(SampleFrames.hex(f)).isEqualTo(SampleFrames.ADVERTISEMENT.substring(28));
    }

    @Test
    void solicitsFromTheUnspecifiedAddressWithoutItsMacAddress() {
        MemorySegment f = SampleFrames.zeros(72);
        assertThat(NeighborDiscovery.writeSolicitation(f, 0, 0, 0, HI, 2, MAC_A))
                .isEqualTo(64);
        assertThat(Ipv6.payloadLength(f, 0)).isEqualTo(24);
        assertThat(NeighborDiscovery.check(f, 40, 24, 255)).isEqualTo(24);
        assertThat(NeighborDiscovery.macOption(f, 40, 24, NeighborDiscovery.OPTION_SOURCE_MAC))
                .isEqualTo(NeighborDiscovery.NO_MAC);
        assertThat(Icmpv6.checksumOk(f, 0, 40, 24)).isTrue();
    }

    @Test
    void probesAKnownNeighbourAtItsOwnAddress() {
        MemorySegment f = SampleFrames.zeros(72);
        assertThat(NeighborDiscovery.writeSolicitation(f, 0, HI, 1, HI, 2, HI, 2, MAC_A))
                .isEqualTo(72);
        assertThat(Ipv6.destinationLo(f, 0)).isEqualTo(2);
        assertThat(Icmpv6.checksumOk(f, 0, 40, 32)).isTrue();
    }

    @Test
    void readsASolicitation() {
        MemorySegment f = SampleFrames.segment(SampleFrames.SOLICITATION);
        assertThat(check(f)).isEqualTo(24);
        assertThat(Icmpv6.checksumOk(f, 14, 54, 32)).isTrue();
        assertThat(NeighborDiscovery.targetHi(f, 54)).isEqualTo(HI);
        assertThat(NeighborDiscovery.targetLo(f, 54)).isEqualTo(2);
        assertThat(NeighborDiscovery.macOption(f, 54, 32, NeighborDiscovery.OPTION_SOURCE_MAC))
                .isEqualTo(MAC_A);
        assertThat(NeighborDiscovery.macOption(f, 54, 32, NeighborDiscovery.OPTION_TARGET_MAC))
                .isEqualTo(NeighborDiscovery.NO_MAC);
    }

    @Test
    void readsTheFlagsOfAnAdvertisement() {
        MemorySegment f = SampleFrames.segment(SampleFrames.ADVERTISEMENT);
        assertThat(check(f)).isEqualTo(24);
        assertThat(NeighborDiscovery.flags(f, 54))
                .isEqualTo(NeighborDiscovery.FLAG_SOLICITED | NeighborDiscovery.FLAG_OVERRIDE);
        assertThat(NeighborDiscovery.macOption(f, 54, 32, NeighborDiscovery.OPTION_TARGET_MAC))
                .isEqualTo(MAC_B);
    }

    @Test
    void findsTheMacBehindOtherOptions() {
        MemorySegment f = SampleFrames.segment(SampleFrames.ROUTER_ADVERTISEMENT);
        assertThat(check(f)).isEqualTo(16);
        assertThat(NeighborDiscovery.macOption(f, 54, 32, NeighborDiscovery.OPTION_SOURCE_MAC))
                .isEqualTo(MAC_A);
    }

    @Test
    void readsARedirect() {
        MemorySegment f = SampleFrames.segment(SampleFrames.REDIRECT);
        assertThat(check(f)).isEqualTo(40);
        assertThat(NeighborDiscovery.targetLo(f, 54)).isEqualTo(2);
        assertThat(NeighborDiscovery.redirectedHi(f, 54)).isEqualTo(0x2001_0db8_0001_0000L);
        assertThat(NeighborDiscovery.redirectedLo(f, 54)).isEqualTo(5);
        assertThat(NeighborDiscovery.macOption(f, 54, 48, NeighborDiscovery.OPTION_TARGET_MAC))
                .isEqualTo(MAC_B);
    }

    @Test
    void refusesWhatRfc4861Section7Forbids() {
        MemorySegment f = SampleFrames.segment(SampleFrames.SOLICITATION);
        assertThat(NeighborDiscovery.check(f, 54, 32, 254)).isEqualTo(Malformed.ND_HOP_LIMIT);
        assertThat(NeighborDiscovery.check(f, 54, 23, 255)).isEqualTo(Malformed.ND_TRUNCATED);
        Layouts.putU8(f, 55, 1);
        assertThat(check(f)).isEqualTo(Malformed.ND_CODE);
        Layouts.putU8(f, 55, 0);
        Layouts.putU8(f, 54, 138);
        assertThat(check(f)).isEqualTo(Malformed.ND_CODE);
        Layouts.putU8(f, 54, 135);
        Layouts.putU8(f, 62, 0xff);
        assertThat(check(f)).isEqualTo(Malformed.ND_TARGET);
    }

    @Test
    void refusesOptionsOfLengthZeroOrBeyondTheMessage() {
        MemorySegment f = SampleFrames.segment(SampleFrames.SOLICITATION);
        Layouts.putU8(f, 54 + 25, 0);
        assertThat(check(f)).isEqualTo(Malformed.ND_OPTION_LENGTH);
        Layouts.putU8(f, 54 + 25, 2);
        assertThat(check(f)).isEqualTo(Malformed.ND_OPTION_LENGTH);
        assertThat(NeighborDiscovery.check(f, 54, 25, 255)).isEqualTo(Malformed.ND_OPTION_LENGTH);
    }

    @Test
    void makesGroupAddressesOfRfc4291AndRfc2464() {
        // RFC 4291 2.7.1: 4037::01:800:200e:8c6c belongs to ff02::1:ff0e:8c6c.
        assertThat(NeighborDiscovery.solicitedNodeHi()).isEqualTo(0xff02_0000_0000_0000L);
        long group = NeighborDiscovery.solicitedNodeLo(0x0001_0800_200e_8c6cL);
        assertThat(group).isEqualTo(0x0000_0001_ff0e_8c6cL);
        assertThat(NeighborDiscovery.multicastMac(group)).isEqualTo(0x3333_ff0e_8c6cL);
    }
}
