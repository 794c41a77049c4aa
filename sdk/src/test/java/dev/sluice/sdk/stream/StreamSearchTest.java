package dev.sluice.sdk.stream;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class StreamSearchTest {
    private static final byte[] EVIL = "EVIL-signature".getBytes(StandardCharsets.UTF_8);

    private record Segment(int from, int to) {}

    @Test
    void findsASignatureSplitAtEveryPlaceInTwoAndThree() {
        byte[] text = "some text before EVIL-signature and behind".getBytes(StandardCharsets.UTF_8);
        for (int first = 0; first <= text.length; first++) {
            for (int second = first; second <= text.length; second++) {
                StreamSearch search = new StreamSearch(Signatures.of(List.of(EVIL)), 4);
                int found = 0;
                for (Segment one :
                        List.of(new Segment(0, first), new Segment(first, second), new Segment(second, text.length))) {
                    found = found < 0 ? found : segment(search, 0xffff_fff0, text, one);
                }
                assertThat(found).as("cut at %d and %d", first, second).isEqualTo(~0);
            }
        }
    }

    /**
     * Segments in any order, sent again in other pieces: a signature is found exactly when the last byte of it comes that the receiver still lacked. So the receiver
     * never has a whole one, whatever it makes of the order.
     */
    @Test
    void receiverNeverGetsAWholeSignatureWhateverTheOrder() {
        long seed = 17;
        Random random = new Random(seed);
        int foundCount = 0;
        for (int round = 0; round < 20_000; round++) {
            List<byte[]> wanted = new ArrayList<>();
            for (int i = random.nextInt(1, 4); i > 0; i--) {
                wanted.add(SignaturesTest.random(random, random.nextInt(2, 9)));
            }
            byte[] text = SignaturesTest.random(random, random.nextInt(1, 60));
            StreamSearch search = new StreamSearch(Signatures.of(wanted), 64);
            int isn = random.nextInt();
            search.startIfNew(isn);
            List<Segment> segments = segments(random, text.length);
            BitSet arrived = new BitSet();
            for (Segment one : segments) {
                int result = segment(search, isn, text, one);
                arrived.set(one.from(), one.to());
                boolean complete = isComplete(text, arrived, wanted);
                assertThat(result < 0)
                        .as("seed %d, round %d, %s of %s", seed, round, one, segments)
                        .isEqualTo(complete);
                if (complete) {
                    foundCount++;
                    break;
                }
                int inOrder = arrived.nextClearBit(0);
                assertThat(search.searchedBytes())
                        .as("seed %d, round %d", seed, round)
                        .isEqualTo(inOrder);
                assertThat(search.continues(isn + inOrder))
                        .as("seed %d, round %d", seed, round)
                        .isTrue();
            }
        }
        assertThat(foundCount).isBetween(2_000, 18_000);
    }

    private static List<Segment> segments(Random random, int bytes) {
        List<Segment> segments = new ArrayList<>();
        for (int at = 0; at < bytes; ) {
            int to = Math.min(bytes, at + random.nextInt(1, 12));
            segments.add(new Segment(at, to));
            at = to;
        }
        for (int again = random.nextInt(4); again > 0; again--) {
            int from = random.nextInt(bytes);
            segments.add(new Segment(from, random.nextInt(from, bytes + 1)));
        }
        if (random.nextBoolean()) {
            Collections.shuffle(segments, random);
        } else {
            for (int swaps = random.nextInt(3); swaps > 0; swaps--) {
                Collections.swap(segments, random.nextInt(segments.size()), random.nextInt(segments.size()));
            }
        }
        return segments;
    }

    private static boolean isComplete(byte[] text, BitSet arrived, List<byte[]> wanted) {
        for (int from = arrived.nextSetBit(0); from >= 0; from = arrived.nextSetBit(arrived.nextClearBit(from))) {
            byte[] part = java.util.Arrays.copyOfRange(text, from, arrived.nextClearBit(from));
            if (SignaturesTest.firstEnd(part, wanted) >= 0) {
                return true;
            }
        }
        return false;
    }

    @Test
    void contentsThatDifferWhenSentAgainAreSearchedToo() {
        StreamSearch search = new StreamSearch(Signatures.of(List.of(EVIL)), 4);
        byte[] harmless = new byte[40];
        assertThat(segment(search, 0, harmless, new Segment(0, 40))).isEqualTo(StreamSearch.CLEAN);
        byte[] other = harmless.clone();
        System.arraycopy(EVIL, 0, other, 5, EVIL.length);
        assertThat(segment(search, 0, other, new Segment(0, 40))).isEqualTo(~0);
    }

    @Test
    void tooManyGapsAreRefusedAndRoomComesBackWhenTheyAreFilled() {
        StreamSearch search = new StreamSearch(Signatures.of(List.of(EVIL)), 2);
        byte[] text = new byte[100];
        search.startIfNew(0);
        assertThat(segment(search, 0, text, new Segment(10, 20))).isEqualTo(StreamSearch.CLEAN);
        assertThat(segment(search, 0, text, new Segment(30, 40))).isEqualTo(StreamSearch.CLEAN);
        assertThat(segment(search, 0, text, new Segment(50, 60))).isEqualTo(StreamSearch.TOO_MANY_GAPS);
        assertThat(segment(search, 0, text, new Segment(40, 50))).isEqualTo(StreamSearch.CLEAN);
        assertThat(search.isSettled()).isFalse();
        assertThat(segment(search, 0, text, new Segment(0, 10))).isEqualTo(StreamSearch.CLEAN);
        assertThat(segment(search, 0, text, new Segment(60, 70))).isEqualTo(StreamSearch.CLEAN);
        assertThat(segment(search, 0, text, new Segment(20, 60))).isEqualTo(StreamSearch.CLEAN);
        assertThat(search.searchedBytes()).isEqualTo(70);
        assertThat(search.isSettled()).isTrue();
    }

    @Test
    void beginningOfASignatureAtTheEndIsNotSettled() {
        StreamSearch search = new StreamSearch(Signatures.of(List.of(EVIL)), 2);
        segment(search, 0, EVIL, new Segment(0, 5));
        assertThat(search.isSettled()).isFalse();
    }

    @Test
    void unrelatedNumbersAreAStreamOfTheirOwnAndTakeOverInTheEnd() {
        StreamSearch search = new StreamSearch(Signatures.of(List.of(EVIL)), 2, 1 << 20);
        byte[] block = new byte[1 << 16];
        assertThat(segment(search, 0, block, new Segment(0, 100))).isEqualTo(StreamSearch.CLEAN);
        for (int start : new int[] {1 << 30, Integer.MIN_VALUE, -(1 << 30) - (1 << 29)}) {
            StreamSearch other = new StreamSearch(Signatures.of(List.of(EVIL)), 2);
            segment(other, 0, block, new Segment(0, 100));
            segment(other, start, EVIL, new Segment(0, 5));
            assertThat(segment(other, start, EVIL, new Segment(5, EVIL.length))).isEqualTo(~0);
        }
        int sequence = 1 << 30;
        for (int i = 0; i < 20; i++) {
            assertThat(search.segment(sequence, MemorySegment.ofArray(block), 0, block.length))
                    .isEqualTo(StreamSearch.CLEAN);
            sequence += block.length;
        }
        assertThat(search.continues(sequence)).isTrue();
    }

    private static int segment(StreamSearch search, int isn, byte[] text, Segment one) {
        return search.segment(isn + one.from(), MemorySegment.ofArray(text), one.from(), one.to() - one.from());
    }
}
