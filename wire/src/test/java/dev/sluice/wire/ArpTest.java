package dev.sluice.wire;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.MemorySegment;
import org.junit.jupiter.api.Test;

class ArpTest {
    private static final int A = 0xc000_0201;
    private static final int B = 0xc000_0202;

    @Test
    void writesTheBytesOfAnotherImplementation() {
        MemorySegment f = SampleFrames.segment(SampleFrames.ARP);
        MemorySegment own = SampleFrames.zeros(Arp.BYTES);
        Arp.write(own, 0, Arp.REQUEST, 0x0200_0000_0001L, A, 0, B);
        assertThat(SampleFrames.hex(own)).isEqualTo(SampleFrames.hex(f.asSlice(14)));
    }

    @Test
    void readsEveryField() {
        MemorySegment f = SampleFrames.zeros(Arp.BYTES + 3);
        Arp.write(f, 3, Arp.REPLY, 0xfedc_ba98_7654L, A, 0x8000_0000_0001L, B);
        assertThat(Arp.check(f, 3, Arp.BYTES)).isEqualTo(Arp.BYTES);
        assertThat(Arp.operation(f, 3)).isEqualTo(Arp.REPLY);
        assertThat(Arp.senderMac(f, 3)).isEqualTo(0xfedc_ba98_7654L);
        assertThat(Arp.senderIp(f, 3)).isEqualTo(A);
        assertThat(Arp.targetMac(f, 3)).isEqualTo(0x8000_0000_0001L);
        assertThat(Arp.targetIp(f, 3)).isEqualTo(B);
    }

    @Test
    void refusesEveryOtherHardwareProtocolAndLength() {
        for (int i = 0; i < 6; i++) {
            MemorySegment f = SampleFrames.zeros(Arp.BYTES);
            Arp.write(f, 0, Arp.REQUEST, 1, A, 0, B);
            Layouts.putU8(f, i, Layouts.u8(f, i) ^ 1);
            assertThat(Arp.check(f, 0, Arp.BYTES)).as("byte %d", i).isEqualTo(Malformed.ARP_FORMAT);
            assertThat(Arp.isEthernetIpv4(f, 0, Arp.BYTES)).isFalse();
        }
    }

    @Test
    void refusesTruncatedPackets() {
        MemorySegment f = SampleFrames.segment(SampleFrames.ARP).asSlice(14);
        for (int bytes = 0; bytes < Arp.BYTES; bytes++) {
            assertThat(Arp.check(f.asSlice(0, bytes), 0, bytes)).isEqualTo(Malformed.ARP_TRUNCATED);
        }
        assertThat(Arp.isEthernetIpv4(f, 0, Arp.BYTES)).isTrue();
    }
}
