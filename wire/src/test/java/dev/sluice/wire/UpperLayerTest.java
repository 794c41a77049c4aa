package dev.sluice.wire;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.MemorySegment;
import org.junit.jupiter.api.Test;

/** TCP, UDP, SCTP, ICMP, ICMPv6 and GRE. */
class UpperLayerTest {
    @Test
    void readsEveryTcpField() {
        MemorySegment f = SampleFrames.segment(SampleFrames.TCP4);
        assertThat(Tcp.check(f, 34, (int) f.byteSize() - 34)).isEqualTo(32);
        assertThat(Tcp.sourcePort(f, 34)).isEqualTo(40000);
        assertThat(Tcp.destinationPort(f, 34)).isEqualTo(443);
        assertThat(Tcp.sequence(f, 34)).isEqualTo(0x89ab_cdefL);
        assertThat(Tcp.acknowledgment(f, 34)).isEqualTo(0x0102_0304);
        assertThat(Tcp.headerBytes(f, 34)).isEqualTo(32);
        assertThat(Tcp.flags(f, 34)).isEqualTo(Tcp.SYN | Tcp.ACK);
        assertThat(Tcp.window(f, 34)).isEqualTo(29200);
        assertThat(Tcp.checksum(f, 34)).isEqualTo(0xce48);
        assertThat(Tcp.urgentPointer(f, 34)).isZero();
    }

    @Test
    void writesEveryTcpField() {
        MemorySegment f = SampleFrames.zeros(21);
        Tcp.setSourcePort(f, 1, 0xfedc);
        Tcp.setDestinationPort(f, 1, 0xba98);
        Tcp.setSequence(f, 1, 0xffff_fff0L);
        Tcp.setAcknowledgment(f, 1, 0x8000_0001L);
        Tcp.setHeaderBytes(f, 1, 60);
        Tcp.setFlags(f, 1, Tcp.CWR | Tcp.FIN);
        Tcp.setWindow(f, 1, 0xffee);
        Tcp.setChecksum(f, 1, 0xddcc);
        Tcp.setUrgentPointer(f, 1, 0xbbaa);
        assertThat(SampleFrames.hex(f)).isEqualTo("00" + "fedcba98fffffff080000001f081ffeeddccbbaa");
    }

    @Test
    void refusesWrongTcpHeaderLengths() {
        MemorySegment f = SampleFrames.zeros(60);
        Tcp.setHeaderBytes(f, 0, 16);
        assertThat(Tcp.check(f, 0, 60)).isEqualTo(Malformed.TCP_HEADER_LENGTH);
        Tcp.setHeaderBytes(f, 0, 60);
        assertThat(Tcp.check(f, 0, 60)).isEqualTo(60);
        assertThat(Tcp.check(f, 0, 59)).isEqualTo(Malformed.TCP_TRUNCATED);
        assertThat(Tcp.check(f, 0, 19)).isEqualTo(Malformed.TCP_TRUNCATED);
    }

    @Test
    void readsAndWritesUdp() {
        MemorySegment f = SampleFrames.segment(SampleFrames.UDP4_WITH_OPTION);
        assertThat(Udp.check(f, 38, 11)).isEqualTo(8);
        assertThat(Udp.sourcePort(f, 38)).isEqualTo(5353);
        assertThat(Udp.destinationPort(f, 38)).isEqualTo(53);
        assertThat(Udp.length(f, 38)).isEqualTo(11);
        assertThat(Udp.checksum(f, 38)).isEqualTo(0x3a1b);
        MemorySegment own = SampleFrames.zeros(8);
        Udp.setSourcePort(own, 0, 5353);
        Udp.setDestinationPort(own, 0, 53);
        Udp.setLength(own, 0, 11);
        Udp.setChecksum(own, 0, 0x3a1b);
        assertThat(SampleFrames.hex(own)).isEqualTo(SampleFrames.hex(f.asSlice(38, 8)));
    }

    @Test
    void refusesUdpLengthsThatDoNotFit() {
        MemorySegment f = SampleFrames.zeros(12);
        for (int length : new int[] {0, 7, 13, 65535}) {
            Udp.setLength(f, 0, length);
            assertThat(Udp.check(f, 0, 12)).as("%d", length).isEqualTo(Malformed.UDP_LENGTH);
        }
        assertThat(Udp.check(f, 0, 7)).isEqualTo(Malformed.UDP_TRUNCATED);
        assertThat(Udp.checkHeader(8)).isEqualTo(8);
    }

    @Test
    void acceptsTheUdpLengthOfAFirstFragmentByItsHeaderAlone() {
        MemorySegment f = SampleFrames.segment(SampleFrames.FRAGMENT6_FIRST);
        assertThat(Udp.check(f, 62, 16)).isEqualTo(Malformed.UDP_LENGTH);
        assertThat(Udp.checkHeader(16)).isEqualTo(8);
    }

    @Test
    void readsAndWritesSctp() {
        MemorySegment f = SampleFrames.segment(SampleFrames.SCTP4);
        assertThat(Sctp.check((int) f.byteSize() - 34)).isEqualTo(12);
        assertThat(Sctp.sourcePort(f, 34)).isEqualTo(2905);
        assertThat(Sctp.destinationPort(f, 34)).isEqualTo(2906);
        assertThat(Sctp.verificationTag(f, 34)).isEqualTo(0xdead_beefL);
        assertThat(Sctp.checksum(f, 34)).isEqualTo(0x6463_81f8L);
        MemorySegment own = SampleFrames.zeros(12);
        Sctp.setSourcePort(own, 0, 2905);
        Sctp.setDestinationPort(own, 0, 2906);
        Sctp.setVerificationTag(own, 0, 0xdead_beefL);
        Sctp.setChecksum(own, 0, 0x6463_81f8L);
        assertThat(SampleFrames.hex(own)).isEqualTo(SampleFrames.hex(f.asSlice(34, 12)));
        assertThat(Sctp.check(11)).isEqualTo(Malformed.SCTP_TRUNCATED);
    }

    @Test
    void readsAndWritesIcmpEcho() {
        MemorySegment f = SampleFrames.segment(SampleFrames.ICMP4);
        assertThat(Icmp.check((int) f.byteSize() - 34)).isEqualTo(8);
        assertThat(Icmp.type(f, 34)).isEqualTo(Icmp.ECHO_REQUEST);
        assertThat(Icmp.code(f, 34)).isZero();
        assertThat(Icmp.identifier(f, 34)).isEqualTo(0x4242);
        assertThat(Icmp.sequence(f, 34)).isEqualTo(3);
        assertThat(Icmp.checksum(f, 34)).isEqualTo(0xb5e9);
        assertThat(Icmp.checksumOk(f, 34, 13)).isTrue();
        Icmp.write(f, 34, Icmp.ECHO_REQUEST, 0, 0x4242, 3);
        assertThat(Icmp.checksumOk(f, 34, 13)).isFalse();
        Icmp.updateChecksum(f, 34, 13);
        assertThat(SampleFrames.hex(f)).isEqualTo(SampleFrames.ICMP4);
        assertThat(Icmp.check(7)).isEqualTo(Malformed.ICMP_TRUNCATED);
    }

    @Test
    void knowsIcmpErrors() {
        assertThat(Icmp.isError(Icmp.UNREACHABLE)).isTrue();
        assertThat(Icmp.isError(Icmp.TIME_EXCEEDED)).isTrue();
        assertThat(Icmp.isError(Icmp.ECHO_REPLY)).isFalse();
        assertThat(Icmpv6.isError(Icmpv6.PACKET_TOO_BIG)).isTrue();
        assertThat(Icmpv6.isError(Icmpv6.ECHO_REQUEST)).isFalse();
        MemorySegment f = SampleFrames.zeros(8);
        Icmp.write(f, 0, Icmp.UNREACHABLE, Icmp.CODE_FRAGMENTATION_NEEDED, 0, 1400);
        assertThat(Icmp.nextHopMtu(f, 0)).isEqualTo(1400);
        assertThat(SampleFrames.hex(f)).isEqualTo("0304000000000578");
    }

    @Test
    void writesIcmpv6EchoAndPacketTooBig() {
        MemorySegment f = SampleFrames.segment("600000000008" + "3a40" + "20010db8000000000000000000000001"
                + "20010db8000000000000000000000002" + "0000000000000000");
        Icmpv6.write(f, 40, Icmpv6.ECHO_REQUEST, 0, 0xbeef, 0xfffe);
        Icmpv6.updateChecksum(f, 0, 40, 8);
        assertThat(Icmpv6.checksumOk(f, 0, 40, 8)).isTrue();
        assertThat(Icmpv6.identifier(f, 40)).isEqualTo(0xbeef);
        assertThat(Icmpv6.sequence(f, 40)).isEqualTo(0xfffe);
        // By hand: 2*(2001+0db8) + 1 + 2 + 3a + 8 + 8000 + beef + fffe = 29aa4, folded 9aa6, inverted 6559.
        assertThat(Icmpv6.checksum(f, 40)).isEqualTo(0x6559);
        Icmpv6.write(f, 40, Icmpv6.PACKET_TOO_BIG, 0, 0, 0);
        Icmpv6.setMtu(f, 40, 0xffff_ffffL);
        assertThat(Icmpv6.mtu(f, 40)).isEqualTo(0xffff_ffffL);
        assertThat(Icmpv6.type(f, 40)).isEqualTo(2);
        assertThat(Icmpv6.code(f, 40)).isZero();
        assertThat(Icmpv6.check(7)).isEqualTo(Malformed.ICMPV6_TRUNCATED);
    }

    @Test
    void readsGreWithAllOptionalWords() {
        MemorySegment f = SampleFrames.segment(SampleFrames.GRE4);
        int bytes = (int) f.byteSize() - 34;
        assertThat(Gre.check(f, 34, bytes)).isEqualTo(16);
        assertThat(Gre.protocol(f, 34)).isEqualTo(EtherTypes.IPV4);
        assertThat(Gre.checksum(f, 34)).isEqualTo(0xf694);
        assertThat(Gre.key(f, 34)).isEqualTo(0xa1b2_c3d4L);
        assertThat(Gre.sequence(f, 34)).isEqualTo(0xffff_fffeL);
        assertThat(Gre.checksumOk(f, 34, bytes)).isTrue();
        Layouts.putU8(f, 60, 0x77);
        assertThat(Gre.checksumOk(f, 34, bytes)).isFalse();
    }

    @Test
    void writesGreWithAndWithoutOptionalWords() {
        MemorySegment f = SampleFrames.zeros(12);
        assertThat(Gre.write(f, 0, EtherTypes.TEB, 0xffff_ffffL, 7)).isEqualTo(12);
        assertThat(SampleFrames.hex(f)).isEqualTo("30006558" + "ffffffff" + "00000007");
        assertThat(Gre.write(f, 0, EtherTypes.IPV6, -1, 5)).isEqualTo(8);
        assertThat(Gre.sequence(f, 0)).isEqualTo(5);
        assertThat(Gre.write(f, 0, EtherTypes.IPV6, -1, -1)).isEqualTo(4);
        assertThat(Gre.key(f, 0)).isEqualTo(-1);
        assertThat(Gre.sequence(f, 0)).isEqualTo(-1);
        assertThat(Gre.checksum(f, 0)).isEqualTo(-1);
        assertThat(Gre.checksumOk(f, 0, 12)).isTrue();
    }

    @Test
    void writesGreWithChecksumAsAnotherImplementation() {
        MemorySegment f = SampleFrames.segment(SampleFrames.GRE4);
        int bytes = (int) f.byteSize() - 34;
        MemorySegment own = SampleFrames.segment("ff".repeat(bytes));
        MemorySegment.copy(f, 50, own, 16, bytes - 16);
        assertThat(Gre.writeChecked(own, 0, EtherTypes.IPV4, 0xa1b2_c3d4L, 1)).isEqualTo(16);
        Gre.setSequence(own, 0, 0xffff_fffeL);
        Gre.updateChecksum(own, 0, bytes);
        assertThat(SampleFrames.hex(own)).isEqualTo(SampleFrames.hex(f.asSlice(34)));
        assertThat(Gre.writeChecked(own, 0, EtherTypes.IPV4, -1, 7)).isEqualTo(12);
        assertThat(Gre.sequence(own, 0)).isEqualTo(7);
        assertThat(Gre.key(own, 0)).isEqualTo(-1);
        Gre.updateChecksum(own, 0, 13);
        assertThat(Gre.checksumOk(own, 0, 13)).as("odd length").isTrue();
        assertThat(Gre.checksumOk(own, 0, 12)).isFalse();
    }

    @Test
    void refusesGreOfOtherVersionsAndWithReservedBits() {
        assertThat(Gre.check(SampleFrames.segment("00010800"), 0, 4)).isEqualTo(Malformed.GRE_VERSION);
        for (String reserved : new String[] {"40000800", "08000800", "04000800"}) {
            assertThat(Gre.check(SampleFrames.segment(reserved), 0, 4)).isEqualTo(Malformed.GRE_RESERVED);
        }
        assertThat(Gre.check(SampleFrames.segment("03f80800"), 0, 4))
                .as("bits 6 to 12 are ignored")
                .isEqualTo(4);
        assertThat(Gre.check(SampleFrames.segment("2000080000"), 0, 5)).isEqualTo(Malformed.GRE_TRUNCATED);
    }
}
