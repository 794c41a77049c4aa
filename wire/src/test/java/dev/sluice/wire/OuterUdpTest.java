package dev.sluice.wire;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.MemorySegment;
import java.util.Random;
import org.junit.jupiter.api.Test;

class OuterUdpTest {
    @Test
    void sourcePortsAreInTheDynamicRangeAndAllOfThemAreUsed() {
        Random random = new Random(1);
        int[] hits = new int[0x4000];
        for (int i = 0; i < 0x4000 * 64; i++) {
            int port = OuterUdp.sourcePort(random.nextInt());
            assertThat(port).isBetween(49152, 65535);
            hits[port - 49152]++;
        }
        // 64 on average; a port with none or thrice as many would be a hash that folds badly.
        for (int hit : hits) {
            assertThat(hit).isBetween(20, 130);
        }
    }

    @Test
    void sourcePortsDifferWhicheverBitOfTheHashDiffers() {
        for (int bit = 0; bit < 32; bit++) {
            int same = 0;
            for (int i = 0; i < 1000; i++) {
                int hash = i * 7919;
                same += OuterUdp.sourcePort(hash) == OuterUdp.sourcePort(hash ^ 1 << bit) ? 1 : 0;
            }
            assertThat(same).as("bit %d", bit).isLessThan(100);
        }
    }

    @Test
    void flowLabelsHaveTwentyBitsAndAreNeverZero() {
        Random random = new Random(2);
        for (int i = 0; i < 100_000; i++) {
            assertThat(OuterUdp.flowLabel(random.nextInt())).isBetween(1, 0xf_ffff);
        }
        assertThat(OuterUdp.flowLabel(0)).isEqualTo(1);
    }

    @Test
    void aChecksumOfIpv4MayBeMissingAndMustElseBeRight() {
        MemorySegment f = SampleFrames.segment(SampleFrames.VXLAN4);
        assertThat(OuterUdp.checkIpv4(f, 14, 34)).isZero();
        int bytes = Udp.length(f, 34);
        int right = Checksum.layer4(f, Checksum.pseudoIpv4(f, 14, IpProtocols.UDP, bytes), 34, bytes, 6);
        Udp.setChecksum(f, 34, right);
        assertThat(OuterUdp.checkIpv4(f, 14, 34)).isZero();
        Udp.setChecksum(f, 34, right ^ 1);
        assertThat(OuterUdp.checkIpv4(f, 14, 34)).isEqualTo(Malformed.UDP_CHECKSUM);
    }

    @Test
    void aChecksumOfIpv6MayBeMissingOnlyIfThatWasAgreed() {
        MemorySegment f = SampleFrames.segment(SampleFrames.GPE6_NSH);
        assertThat(OuterUdp.checkIpv6(f, 14, 54, false))
                .as("by another implementation")
                .isZero();
        Udp.setChecksum(f, 54, Udp.checksum(f, 54) ^ 0x100);
        assertThat(OuterUdp.checkIpv6(f, 14, 54, true)).isEqualTo(Malformed.UDP_CHECKSUM);
        Udp.setChecksum(f, 54, 0);
        assertThat(OuterUdp.checkIpv6(f, 14, 54, false)).isEqualTo(Malformed.UDP_CHECKSUM_ZERO);
        assertThat(OuterUdp.checkIpv6(f, 14, 54, true)).isZero();
    }
}
