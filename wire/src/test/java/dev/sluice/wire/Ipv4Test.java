package dev.sluice.wire;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.MemorySegment;
import org.junit.jupiter.api.Test;

class Ipv4Test {
    private static MemorySegment tcp() {
        return SampleFrames.segment(SampleFrames.TCP4);
    }

    private static int check(MemorySegment f) {
        return Ipv4.check(f, 14, (int) f.byteSize() - 14);
    }

    @Test
    void readsEveryFieldOfAnotherImplementation() {
        MemorySegment f = tcp();
        assertThat(check(f)).isEqualTo(20);
        assertThat(Ipv4.version(f, 14)).isEqualTo(4);
        assertThat(Ipv4.tos(f, 14)).isZero();
        assertThat(Ipv4.totalLength(f, 14)).isEqualTo(57);
        assertThat(Ipv4.identification(f, 14)).isEqualTo(0x1234);
        assertThat(Ipv4.flags(f, 14)).isEqualTo(Ipv4.DONT_FRAGMENT);
        assertThat(Ipv4.dontFragment(f, 14)).isTrue();
        assertThat(Ipv4.isFragment(f, 14)).isFalse();
        assertThat(Ipv4.ttl(f, 14)).isEqualTo(64);
        assertThat(Ipv4.protocol(f, 14)).isEqualTo(IpProtocols.TCP);
        assertThat(Ipv4.checksum(f, 14)).isEqualTo(0x3c4f);
        assertThat(Ipv4.source(f, 14)).isEqualTo(0xc000_0201);
        assertThat(Ipv4.destination(f, 14)).isEqualTo(0xc633_6407);
        assertThat(Ipv4.checksumOk(f, 14)).isTrue();
        assertThat(Ipv4.hasOptions(f, 14)).isFalse();
    }

    @Test
    void computesTheChecksumOfAKnownHeader() {
        MemorySegment f = SampleFrames.segment("4500 0073 0000 4000 4011 0000 c0a8 0001 c0a8 00c7");
        Ipv4.updateChecksum(f, 0);
        assertThat(Ipv4.checksum(f, 0)).isEqualTo(0xb861);
        assertThat(Ipv4.checksumOk(f, 0)).isTrue();
        Ipv4.setTos(f, 0, 1);
        assertThat(Ipv4.checksumOk(f, 0)).isFalse();
    }

    @Test
    void writesEveryField() {
        MemorySegment f = SampleFrames.zeros(24);
        Ipv4.setVersionAndHeaderBytes(f, 4, 20);
        Ipv4.setTos(f, 4, 0xb9);
        Ipv4.setTotalLength(f, 4, 0x8123);
        Ipv4.setIdentification(f, 4, 0xfffe);
        Ipv4.setFragment(f, 4, Ipv4.MORE_FRAGMENTS, 65528);
        Ipv4.setTtl(f, 4, 200);
        Ipv4.setProtocol(f, 4, 132);
        Ipv4.setChecksum(f, 4, 0xabcd);
        Ipv4.setSource(f, 4, 0xfffe_fdfc);
        Ipv4.setDestination(f, 4, 0x0102_0304);
        assertThat(SampleFrames.hex(f)).isEqualTo("00000000" + "45b98123fffe3fffc884abcdfffefdfc01020304");
        assertThat(Ipv4.fragmentOffset(f, 4)).isEqualTo(65528);
        assertThat(Ipv4.moreFragments(f, 4)).isTrue();
    }

    @Test
    void allowsPaddingBehindThePacket() {
        MemorySegment f = SampleFrames.segment(SampleFrames.ICMP4 + "0000000000");
        assertThat(check(f)).isEqualTo(20);
    }

    @Test
    void refusesEachWrongLength() {
        MemorySegment f = tcp();
        Layouts.putU8(f, 14, 0x65);
        assertThat(check(f)).isEqualTo(Malformed.IPV4_VERSION);
        Layouts.putU8(f, 14, 0x44);
        assertThat(check(f)).isEqualTo(Malformed.IPV4_HEADER_LENGTH);
        Layouts.putU8(f, 14, 0x4f);
        assertThat(check(f)).isEqualTo(Malformed.IPV4_TRUNCATED);
        Layouts.putU8(f, 14, 0x45);
        Ipv4.setTotalLength(f, 14, 19);
        assertThat(check(f)).isEqualTo(Malformed.IPV4_TOTAL_LENGTH_SHORT);
        Ipv4.setTotalLength(f, 14, 58);
        assertThat(check(f)).isEqualTo(Malformed.IPV4_TOTAL_LENGTH_LONG);
        Ipv4.setTotalLength(f, 14, 20);
        assertThat(check(f)).isEqualTo(20);
    }

    @Test
    void knowsFirstAndLaterFragments() {
        MemorySegment later = SampleFrames.segment(SampleFrames.FRAGMENT4_LATER);
        assertThat(check(later)).isEqualTo(20);
        assertThat(Ipv4.isFragment(later, 14)).isTrue();
        assertThat(Ipv4.isLaterFragment(later, 14)).isTrue();
        assertThat(Ipv4.fragmentOffset(later, 14)).isEqualTo(1480);
        Ipv4.setFragment(later, 14, Ipv4.MORE_FRAGMENTS, 0);
        assertThat(Ipv4.isFragment(later, 14)).isTrue();
        assertThat(Ipv4.isLaterFragment(later, 14)).isFalse();
        Ipv4.setFragment(later, 14, Ipv4.DONT_FRAGMENT, 0);
        assertThat(Ipv4.isFragment(later, 14)).isFalse();
    }

    @Test
    void refusesFragmentsThatFitIntoNoPacket() {
        MemorySegment f = SampleFrames.segment(SampleFrames.FRAGMENT4_LATER);
        Ipv4.setFragment(f, 14, 0, 65528);
        assertThat(check(f)).as("ends beyond 65535").isEqualTo(Malformed.IPV4_FRAGMENT);
        Ipv4.setFragment(f, 14, Ipv4.MORE_FRAGMENTS, 8);
        Ipv4.setTotalLength(f, 14, 35);
        assertThat(check(f)).as("not last, 15 bytes").isEqualTo(Malformed.IPV4_FRAGMENT);
        Ipv4.setFragment(f, 14, 0, 8);
        assertThat(check(f)).as("last, 15 bytes").isEqualTo(20);
        Ipv4.setTotalLength(f, 14, 20);
        assertThat(check(f)).as("empty").isEqualTo(Malformed.IPV4_FRAGMENT);
    }

    @Test
    void decrementsTtlWithTheChecksumOfAFullComputation() {
        for (int identification = 0; identification < 65536; identification += 7) {
            MemorySegment f = tcp();
            Ipv4.setIdentification(f, 14, identification);
            Ipv4.setTtl(f, 14, identification & 0xff);
            Ipv4.updateChecksum(f, 14);
            int ttl = Ipv4.ttl(f, 14);
            assertThat(Ipv4.decrementTtl(f, 14)).isEqualTo(Math.max(0, ttl - 1));
            int incremental = Ipv4.checksum(f, 14);
            Ipv4.updateChecksum(f, 14);
            assertThat(Ipv4.checksum(f, 14)).isEqualTo(incremental);
            assertThat(Ipv4.protocol(f, 14)).isEqualTo(IpProtocols.TCP);
        }
    }

    @Test
    void keepsAWrongChecksumWrongWhenItDecrementsTtl() {
        MemorySegment f = tcp();
        Ipv4.setChecksum(f, 14, 0x1111);
        Ipv4.decrementTtl(f, 14);
        assertThat(Ipv4.checksumOk(f, 14)).isFalse();
    }

    @Test
    void acceptsTheRouterAlertOption() {
        MemorySegment f = SampleFrames.segment(SampleFrames.UDP4_WITH_OPTION);
        assertThat(check(f)).isEqualTo(24);
        assertThat(Ipv4.checksumOk(f, 14)).isTrue();
        assertThat(Ipv4.hasOptions(f, 14)).isTrue();
        assertThat(Ipv4.optionsWellFormed(f, 14)).isTrue();
    }

    @Test
    void judgesOptionListsByTheirLengths() {
        assertThat(options("01010101")).isTrue();
        assertThat(options("00ffffff")).isTrue();
        assertThat(options("01070300")).isTrue();
        assertThat(options("07000000")).as("length 0").isFalse();
        assertThat(options("07010000")).as("length 1").isFalse();
        assertThat(options("07050000")).as("beyond the header").isFalse();
        assertThat(options("01010107")).as("no length byte").isFalse();
    }

    private static boolean options(String hex) {
        return Ipv4.optionsWellFormed(SampleFrames.segment("46" + "00".repeat(19) + hex), 0);
    }
}
