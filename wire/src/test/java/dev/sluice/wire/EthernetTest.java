package dev.sluice.wire;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.MemorySegment;
import org.junit.jupiter.api.Test;

class EthernetTest {
    private static final long A = 0x0200_0000_0001L;
    private static final long B = 0xfedc_ba98_7654L;

    @Test
    void writesAndReadsTheBytesOfTheHeader() {
        MemorySegment f = SampleFrames.zeros(16);
        Ethernet.setAddresses(f, 1, B, A);
        Ethernet.setEtherType(f, 1, EtherTypes.IPV6);
        assertThat(SampleFrames.hex(f)).isEqualTo("00fedcba98765402000000000186dd00");
        assertThat(Ethernet.destination(f, 1)).isEqualTo(B);
        assertThat(Ethernet.source(f, 1)).isEqualTo(A);
        assertThat(Ethernet.etherType(f, 1)).isEqualTo(EtherTypes.IPV6);
    }

    @Test
    void setsEachAddressAlone() {
        MemorySegment f = SampleFrames.zeros(14);
        Ethernet.setDestination(f, 0, B);
        assertThat(SampleFrames.hex(f)).isEqualTo("fedcba987654" + "0000000000000000");
        Ethernet.setSource(f, 0, A);
        assertThat(SampleFrames.hex(f)).isEqualTo("fedcba987654" + "020000000001" + "0000");
    }

    @Test
    void ignoresBitsAbove48OfAnAddress() {
        MemorySegment f = SampleFrames.zeros(14);
        Ethernet.setAddresses(f, 0, 0xffff_0000_0000_0000L | A, 0xffff_0000_0000_0000L | B);
        assertThat(SampleFrames.hex(f)).isEqualTo("020000000001" + "fedcba987654" + "0000");
    }

    @Test
    void knowsGroupAddresses() {
        assertThat(Ethernet.isGroup(SampleFrames.segment(SampleFrames.SOLICITATION), 0))
                .isTrue();
        assertThat(Ethernet.isGroup(SampleFrames.segment(SampleFrames.TCP4), 0)).isFalse();
    }

    @Test
    void refusesFramesBelow14Bytes() {
        assertThat(Ethernet.check(13)).isEqualTo(Malformed.ETHERNET_TRUNCATED);
        assertThat(Ethernet.check(14)).isEqualTo(14);
    }

    @Test
    void pushesATagDownIntoTheHeadroom() {
        MemorySegment f = SampleFrames.segment("00000000 fedcba987654 020000000001 0800 45aa");
        long start = VlanTag.push(f, 4, EtherTypes.VLAN, VlanTag.tciOf(5, true, 0x123));
        assertThat(start).isZero();
        assertThat(SampleFrames.hex(f)).isEqualTo("fedcba987654" + "020000000001" + "8100b123" + "0800" + "45aa");
    }

    @Test
    void popsWhatItPushed() {
        MemorySegment f = SampleFrames.segment("0000000000000000" + SampleFrames.TCP4);
        long once = VlanTag.push(f, 8, EtherTypes.VLAN, 7);
        long twice = VlanTag.push(f, once, EtherTypes.QINQ, 9);
        assertThat(twice).isZero();
        assertThat(VlanTag.vid(f, twice + 12)).isEqualTo(9);
        assertThat(VlanTag.innerEtherType(f, twice + 12)).isEqualTo(EtherTypes.VLAN);
        assertThat(VlanTag.vid(f, twice + 16)).isEqualTo(7);
        long start = VlanTag.pop(f, VlanTag.pop(f, twice));
        assertThat(start).isEqualTo(8);
        assertThat(SampleFrames.hex(f.asSlice(8))).isEqualTo(SampleFrames.TCP4);
    }

    @Test
    void readsBothTagsOfAnotherImplementation() {
        MemorySegment f = SampleFrames.segment(SampleFrames.QINQ_UDP6);
        assertThat(VlanTag.isTagType(Ethernet.etherType(f, 0))).isTrue();
        assertThat(VlanTag.tpid(f, 12)).isEqualTo(EtherTypes.QINQ);
        assertThat(VlanTag.pcp(f, 12)).isEqualTo(5);
        assertThat(VlanTag.dei(f, 12)).isFalse();
        assertThat(VlanTag.vid(f, 12)).isEqualTo(100);
        assertThat(VlanTag.tpid(f, 16)).isEqualTo(EtherTypes.VLAN);
        assertThat(VlanTag.tci(f, 16)).isEqualTo(200);
        assertThat(VlanTag.innerEtherType(f, 16)).isEqualTo(EtherTypes.IPV6);
    }

    @Test
    void changesTheVlanAndKeepsPriority() {
        MemorySegment f = SampleFrames.segment("8100 b123");
        assertThat(VlanTag.dei(f, 0)).isTrue();
        VlanTag.setVid(f, 0, 0xfff);
        assertThat(SampleFrames.hex(f)).isEqualTo("8100bfff");
    }

    @Test
    void wantsATypeBehindTheTag() {
        assertThat(VlanTag.check(5)).isEqualTo(Malformed.VLAN_TRUNCATED);
        assertThat(VlanTag.check(6)).isEqualTo(4);
        assertThat(VlanTag.isTagType(EtherTypes.IPV4)).isFalse();
        assertThat(VlanTag.isTagType(EtherTypes.QINQ_OLD)).isTrue();
    }
}
