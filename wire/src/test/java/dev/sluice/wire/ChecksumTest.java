package dev.sluice.wire;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;

class ChecksumTest {
    private static final long SEED = 20260101;

    /** One word after the other, as RFC 1071 4.1 has it. */
    private static int obviousSum(MemorySegment f, long offset, int bytes) {
        long sum = 0;
        for (int i = 0; i < bytes; i += 2) {
            int low = i + 1 < bytes ? Layouts.u8(f, offset + i + 1) : 0;
            sum += Layouts.u8(f, offset + i) << 8 | low;
            sum = (sum & 0xffff) + (sum >>> 16);
        }
        return (int) sum;
    }

    private static MemorySegment random(Random random, int bytes) {
        byte[] content = new byte[bytes];
        random.nextBytes(content);
        return MemorySegment.ofArray(content);
    }

    @Test
    void sumsTheExampleOfRfc1071Section3() {
        MemorySegment f = SampleFrames.segment("0001 f203 f4f5 f6f7");
        assertThat(Checksum.sum(f, 0, 8)).isEqualTo(0xddf2);
        assertThat(Checksum.of(f, 0, 8)).isEqualTo(0x220d);
    }

    @Test
    void updatesTheExampleOfRfc1624Section4ToZero() {
        assertThat(Checksum.update16(0xdd2f, 0x5555, 0x3285)).isZero();
    }

    @Test
    void agreesWithWordByWordSumsOfEveryLengthAndPlace() {
        Random random = new Random(SEED);
        MemorySegment f = random(random, 400);
        for (int bytes = 0; bytes <= 300; bytes++) {
            for (int offset = 0; offset < 9; offset++) {
                assertThat(Checksum.sum(f, offset, bytes))
                        .as("%d bytes at %d, seed %d", bytes, offset, SEED)
                        .isEqualTo(obviousSum(f, offset, bytes));
            }
        }
    }

    @Test
    void foldsTheLargestSums() {
        byte[] ones = new byte[65536];
        Arrays.fill(ones, (byte) 0xff);
        MemorySegment f = MemorySegment.ofArray(ones);
        assertThat(Checksum.sum(f, 0, 65536)).isEqualTo(0xffff);
        assertThat(Checksum.fold(Long.MAX_VALUE)).isEqualTo(0x7fff);
        assertThat(Checksum.fold(0xffff_ffffL)).isEqualTo(0xffff);
        assertThat(Checksum.fold(0)).isZero();
    }

    @Test
    void incrementalUpdatesEqualFullComputation() {
        Random random = new Random(SEED);
        for (int round = 0; round < 20_000; round++) {
            int bytes = 20 + 2 * random.nextInt(40);
            MemorySegment f = random(random, bytes);
            if (round % 4 == 0) {
                // Words of all zeros and all ones are where ones' complement has two zeros.
                f.fill((byte) (round % 8 == 0 ? 0 : 0xff));
                f.set(Layouts.U8, bytes - 1L, (byte) 1);
            }
            int before = Checksum.of(f, 0, bytes);
            int after = changeSomething(random, f, before);
            assertThat(after).as("round %d, seed %d", round, SEED).isEqualTo(Checksum.of(f, 0, bytes));
        }
    }

    private static int changeSomething(Random random, MemorySegment f, int checksum) {
        long oldHi = f.get(Layouts.BE64, 2);
        long oldLo = f.get(Layouts.BE64, 10);
        long newHi = edge(random);
        long newLo = edge(random);
        return switch (random.nextInt(4)) {
            case 0 -> {
                Layouts.putU16(f, 2, (int) newHi);
                yield Checksum.update16(checksum, (int) (oldHi >>> 48), (int) newHi);
            }
            case 1 -> {
                Layouts.putU32(f, 2, newHi);
                yield Checksum.update32(checksum, (int) (oldHi >>> 32), (int) newHi);
            }
            case 2 -> {
                f.set(Layouts.BE64, 2, newHi);
                yield Checksum.update64(checksum, oldHi, newHi);
            }
            default -> {
                f.set(Layouts.BE64, 2, newHi);
                f.set(Layouts.BE64, 10, newLo);
                yield Checksum.update128(checksum, oldHi, oldLo, newHi, newLo);
            }
        };
    }

    private static long edge(Random random) {
        return switch (random.nextInt(4)) {
            case 0 -> 0L;
            case 1 -> -1L;
            default -> random.nextLong();
        };
    }

    @Test
    void updateToAllZeroDataStillVerifies() {
        MemorySegment f = SampleFrames.segment("1234");
        int updated = Checksum.update16(Checksum.of(f, 0, 2), 0x1234, 0);
        assertThat(Checksum.fold(updated)).isIn(0, 0xffff);
    }

    @Test
    void verifiesAndRecomputesTransportChecksumsOfAnotherImplementation() {
        MemorySegment tcp = SampleFrames.segment(SampleFrames.TCP4);
        int tcpBytes = Ipv4.totalLength(tcp, 14) - 20;
        long pseudo4 = Checksum.pseudoIpv4(tcp, 14, IpProtocols.TCP, tcpBytes);
        assertThat(Checksum.verify(tcp, pseudo4, 34, tcpBytes)).isTrue();
        assertThat(Checksum.layer4(tcp, pseudo4, 34, tcpBytes, Tcp.CHECKSUM_OFFSET))
                .isEqualTo(0xce48);

        MemorySegment udp = SampleFrames.segment(SampleFrames.QINQ_UDP6);
        long pseudo6 = Checksum.pseudoIpv6(udp, 22, IpProtocols.UDP, 11);
        assertThat(Checksum.verify(udp, pseudo6, 62, 11)).isTrue();
        assertThat(Checksum.layer4(udp, pseudo6, 62, 11, Udp.CHECKSUM_OFFSET)).isEqualTo(0xba62);

        Layouts.putU8(udp, 72, 0);
        assertThat(Checksum.verify(udp, pseudo6, 62, 11)).isFalse();
    }

    @Test
    void completesAChecksumThatTheSenderLeftToTheDevice() {
        MemorySegment f = SampleFrames.segment(SampleFrames.TCP4);
        int frameBytes = (int) f.byteSize();
        long pseudo = Checksum.pseudoIpv4(f, 14, IpProtocols.TCP, frameBytes - 34);
        Tcp.setChecksum(f, 34, Checksum.fold(pseudo));
        assertThat(Checksum.complete(f, 0, frameBytes, 34, Tcp.CHECKSUM_OFFSET)).isEqualTo(0xce48);
        assertThat(SampleFrames.hex(f)).isEqualTo(SampleFrames.TCP4);
    }

    @Test
    void completesUdpNeverWithTheZeroThatMeansNone() {
        MemorySegment f = SampleFrames.segment("ffff000000000000");
        assertThat(Checksum.complete(f, 0, 8, 0, Udp.CHECKSUM_OFFSET)).isEqualTo(0xffff);
        assertThat(SampleFrames.hex(f)).isEqualTo("ffff00000000ffff");
    }

    /** 0xffff would hold there too, but no sum of anything is that (RFC 1624 3); dissectors call it wrong. */
    @Test
    void completesOthersWithTheZeroThatTheSumIs() {
        MemorySegment f = SampleFrames.segment("ffff" + "00".repeat(18));
        assertThat(Checksum.complete(f, 0, 20, 0, Tcp.CHECKSUM_OFFSET)).isZero();
        assertThat(SampleFrames.hex(f)).isEqualTo("ffff" + "00".repeat(18));
    }

    @Test
    void refusesToCompleteOutsideTheFrame() {
        MemorySegment f = SampleFrames.zeros(40);
        int[][] wrong = {
            {39, 0}, {0, 39}, {34, 16}, {-1, 6}, {4, -2}, {4, 5}, {65535, 65534}, {41, 0}, {2147483647, 2147483646}
        };
        for (int[] place : wrong) {
            assertThat(Checksum.complete(f, 0, 40, place[0], place[1])).isEqualTo(Malformed.CHECKSUM_RANGE);
        }
        assertThat(SampleFrames.hex(f)).matches("0*");
    }

    @Test
    void writesZeroAsAllOnesWhereZeroMeansNone() {
        assertThat(Checksum.notZero(0)).isEqualTo(0xffff);
        assertThat(Checksum.notZero(1)).isEqualTo(1);
    }
}
