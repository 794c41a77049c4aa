package dev.sluice.wire;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;

import java.lang.foreign.MemorySegment;
import java.lang.management.ManagementFactory;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Whole frames, cut at every byte and mutated at random: a length or a code, never an exception. */
class DissectionTest {
    private static final long SEED = 42;
    private static final int MUTATIONS = 100_000;

    @Test
    void understandsEverySample() {
        for (String sample : SampleFrames.ALL) {
            MemorySegment f = SampleFrames.segment(sample);
            assertThat(Dissection.of(f, (int) f.byteSize())).as(sample).isGreaterThan(14);
        }
    }

    @Test
    void givesACodeForEverySampleCutAtAnyByte() {
        for (String sample : SampleFrames.ALL) {
            MemorySegment f = SampleFrames.segment(sample);
            for (int bytes = 0; bytes < f.byteSize(); bytes++) {
                // A segment of exactly that length: one read too far would throw.
                assertThat(Dissection.of(f.asSlice(0, bytes), bytes))
                        .as("%d bytes of %s", bytes, sample)
                        .isNegative()
                        .isGreaterThanOrEqualTo(-Malformed.COUNT);
            }
        }
    }

    @Test
    void readsNothingBeyondAPacketWhoseLengthFieldsAgreeWithTheCut() {
        for (String sample : SampleFrames.ALL) {
            int whole = (int) SampleFrames.segment(sample).byteSize();
            for (int bytes = 54; bytes < whole; bytes++) {
                MemorySegment f = SampleFrames.segment(sample).asSlice(0, bytes);
                if (Ethernet.etherType(f, 0) == EtherTypes.IPV4) {
                    Ipv4.setTotalLength(f, 14, bytes - 14);
                } else if (Ethernet.etherType(f, 0) == EtherTypes.IPV6) {
                    Ipv6.setPayloadLength(f, 14, bytes - 54);
                }
                assertThat(Dissection.of(f, bytes))
                        .as("%d bytes of %s", bytes, sample)
                        .isBetween(-Malformed.COUNT, bytes);
            }
        }
    }

    @Test
    void paddingBehindThePacketChangesNothing() {
        for (String sample : SampleFrames.ALL) {
            MemorySegment f = SampleFrames.segment(sample);
            MemorySegment padded = SampleFrames.segment(sample + "ffffffffffffffffff");
            assertThat(Dissection.digest(padded, (int) padded.byteSize()))
                    .as(sample)
                    .isEqualTo(Dissection.digest(f, (int) f.byteSize()))
                    .isNotZero();
        }
    }

    @Test
    void neverThrowsOnMutatedFrames() {
        Random random = new Random(SEED);
        int malformed = 0;
        for (int round = 0; round < MUTATIONS; round++) {
            MemorySegment f = mutated(random);
            int bytes = (int) f.byteSize();
            int[] result = new int[1];
            assertThatCode(() -> result[0] = Dissection.of(f, bytes))
                    .as("round %d, seed %d: %s", round, SEED, SampleFrames.hex(f))
                    .doesNotThrowAnyException();
            assertThat(result[0]).isBetween(-Malformed.COUNT, bytes);
            malformed += result[0] < 0 ? 1 : 0;
        }
        // Both outcomes must be common, or the mutations test nothing.
        assertThat(malformed).isBetween(MUTATIONS / 10, MUTATIONS * 9 / 10);
    }

    private static MemorySegment mutated(Random random) {
        MemorySegment f = SampleFrames.segment(SampleFrames.ALL.get(random.nextInt(SampleFrames.ALL.size())));
        int changes = 1 + random.nextInt(4);
        for (int i = 0; i < changes; i++) {
            // Mostly behind the addresses, where the lengths are.
            int at = 12 + random.nextInt((int) f.byteSize() - 12);
            int value = switch (random.nextInt(4)) {
                case 0 -> 0;
                case 1 -> 0xff;
                case 2 -> Layouts.u8(f, at) ^ 1 << random.nextInt(8);
                default -> random.nextInt(256);
            };
            Layouts.putU8(f, at, value);
        }
        return random.nextInt(3) == 0 ? f.asSlice(0, random.nextInt((int) f.byteSize() + 1)) : f;
    }

    @Test
    void reachesMostReasonsByMutation() {
        Random random = new Random(SEED);
        boolean[] seen = new boolean[Malformed.COUNT + 1];
        for (int round = 0; round < MUTATIONS; round++) {
            MemorySegment f = mutated(random);
            int result = Dissection.of(f, (int) f.byteSize());
            if (result < 0) {
                seen[-result] = true;
            }
        }
        for (int code = 1; code <= Malformed.COUNT; code++) {
            // A header checksum is verified apart from lengths, completion and outer lengths are no part of a
            // dissection.
            boolean elsewhere = -code == Malformed.IPV4_CHECKSUM
                    || -code == Malformed.CHECKSUM_RANGE
                    || -code == Malformed.OVERLAY_LENGTH;
            boolean rare = -code == Malformed.IPV6_EXTENSION_COUNT || -code == Malformed.UDP_CHECKSUM_ZERO;
            assertThat(seen[code] || elsewhere || rare)
                    .as("%s, seed %d", Malformed.name(-code), SEED)
                    .isTrue();
        }
    }

    @Test
    void accessorsAllocateNothing() {
        MemorySegment[] frames =
                SampleFrames.ALL.stream().map(SampleFrames::segment).toArray(MemorySegment[]::new);
        com.sun.management.ThreadMXBean threads = (com.sun.management.ThreadMXBean) ManagementFactory.getThreadMXBean();
        long allocated = Long.MAX_VALUE;
        // Compilation takes a while to remove what the interpreter allocates; the best of many rounds is what a loop
        // sees.
        for (int attempt = 0; attempt < 200 && allocated > 0; attempt++) {
            long before = threads.getCurrentThreadAllocatedBytes();
            long sum = 0;
            for (int i = 0; i < 2_000; i++) {
                MemorySegment f = frames[i % frames.length];
                sum += rewrite(f);
            }
            allocated = Math.min(allocated, threads.getCurrentThreadAllocatedBytes() - before);
            assertThat(sum).isNotEqualTo(1);
        }
        assertThat(allocated).as("bytes in 2,000 packets").isZero();
    }

    private static long rewrite(MemorySegment f) {
        long destination = Ethernet.destination(f, 0);
        Ethernet.setAddresses(f, 0, Ethernet.source(f, 0), destination);
        long walked = Ipv6Extensions.walk(f, 14, (int) f.byteSize() - 14);
        int header = Ipv4.check(f, 14, (int) f.byteSize() - 14);
        if (header > 0) {
            Ipv4.setTtl(f, 14, 64);
            Ipv4.decrementTtl(f, 14);
        }
        return walked + header + Checksum.sum(f, 14, f.byteSize() - 14);
    }
}
