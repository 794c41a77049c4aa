package dev.sluice.wire;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.MemorySegment;
import org.junit.jupiter.api.Test;

/** VXLAN (RFC 7348 5) and VXLAN-GPE. */
class VxlanTest {
    @Test
    void readsAndWritesVxlan() {
        MemorySegment f = SampleFrames.segment(SampleFrames.VXLAN4);
        assertThat(Vxlan.check(f, 42, (int) f.byteSize() - 42)).isEqualTo(8);
        assertThat(Vxlan.vni(f, 42)).isEqualTo(5000);
        MemorySegment own = SampleFrames.segment("ff".repeat(8));
        assertThat(new VxlanHeader(5000).write(own, 0)).isEqualTo(8);
        assertThat(SampleFrames.hex(own)).isEqualTo(SampleFrames.hex(f.asSlice(42, 8)));
    }

    @Test
    void ignoresReservedBitsOfVxlanAndRefusesAHeaderWithoutVni() {
        assertThat(Vxlan.check(SampleFrames.segment("ffffffffffffffff"), 0, 8)).isEqualTo(8);
        assertThat(Vxlan.vni(SampleFrames.segment("ffffffffffffffff"), 0)).isEqualTo(0xff_ffff);
        assertThat(Vxlan.check(SampleFrames.segment("f7ffffffffffffff"), 0, 8)).isEqualTo(Malformed.VXLAN_NO_VNI);
        assertThat(Vxlan.check(SampleFrames.zeros(7), 0, 7)).isEqualTo(Malformed.VXLAN_TRUNCATED);
    }

    @Test
    void readsAndWritesVxlanGpe() {
        MemorySegment f = SampleFrames.segment(SampleFrames.GPE6_NSH);
        assertThat(VxlanGpe.check(f, 62, (int) f.byteSize() - 62)).isEqualTo(8);
        assertThat(VxlanGpe.vni(f, 62)).isEqualTo(5001);
        assertThat(VxlanGpe.nextProtocol(f, 62)).isEqualTo(VxlanGpe.NEXT_NSH);
        assertThat(VxlanGpe.isOam(f, 62)).isFalse();
        assertThat(VxlanGpe.isReplicated(f, 62)).isFalse();
        MemorySegment own = SampleFrames.segment("ff".repeat(8));
        new VxlanGpeHeader(false, VxlanGpe.NEXT_NSH, 5001).write(own, 0);
        assertThat(SampleFrames.hex(own)).isEqualTo(SampleFrames.hex(f.asSlice(62, 8)));
        new VxlanGpeHeader(true, VxlanGpe.NEXT_IPV6, 1).write(own, 0);
        assertThat(SampleFrames.hex(own)).isEqualTo("0d00000200000100");
        assertThat(VxlanGpeHeader.read(own, 0)).isEqualTo(new VxlanGpeHeader(true, VxlanGpe.NEXT_IPV6, 1));
    }

    @Test
    void withoutNextProtocolAFrameFollows() {
        MemorySegment f = SampleFrames.segment("0a00000400000100");
        assertThat(VxlanGpe.check(f, 0, 8)).isEqualTo(8);
        assertThat(VxlanGpe.nextProtocol(f, 0)).isEqualTo(VxlanGpe.NEXT_ETHERNET);
        assertThat(VxlanGpe.isReplicated(f, 0)).isTrue();
    }

    @Test
    void refusesVxlanGpeOfOtherVersionsAndWithoutVni() {
        assertThat(VxlanGpe.check(SampleFrames.segment("1c00000400000100"), 0, 8))
                .isEqualTo(Malformed.VXLAN_GPE_VERSION);
        assertThat(VxlanGpe.check(SampleFrames.segment("2c00000400000100"), 0, 8))
                .isEqualTo(Malformed.VXLAN_GPE_VERSION);
        assertThat(VxlanGpe.check(SampleFrames.segment("0400000400000100"), 0, 8))
                .isEqualTo(Malformed.VXLAN_NO_VNI);
        assertThat(VxlanGpe.check(SampleFrames.zeros(7), 0, 7)).isEqualTo(Malformed.VXLAN_TRUNCATED);
    }

    @Test
    void nextProtocolsHaveTheirEthernetTypes() {
        assertThat(VxlanGpe.etherTypeOf(VxlanGpe.NEXT_IPV4)).isEqualTo(EtherTypes.IPV4);
        assertThat(VxlanGpe.etherTypeOf(VxlanGpe.NEXT_IPV6)).isEqualTo(EtherTypes.IPV6);
        assertThat(VxlanGpe.etherTypeOf(VxlanGpe.NEXT_ETHERNET)).isEqualTo(EtherTypes.TEB);
        assertThat(VxlanGpe.etherTypeOf(VxlanGpe.NEXT_NSH)).isEqualTo(EtherTypes.NSH);
        assertThat(VxlanGpe.etherTypeOf(0x80)).isEqualTo(-1);
    }
}
