package dev.sluice.datapath.track;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

final class MacPairsTest {
    private record Pair(long source, long destination) {}

    @Test
    void givesOneNumberToOnePair() {
        MacPairs pairs = new MacPairs(4);
        int id = pairs.intern(1, 2);

        assertThat(id).isPositive();
        assertThat(pairs.intern(1, 2)).isEqualTo(id);
        assertThat(pairs.intern(2, 1)).isNotEqualTo(id);
        assertThat(pairs.source(id)).isEqualTo(1);
        assertThat(pairs.destination(id)).isEqualTo(2);
    }

    @Test
    void answersZeroWhenFullAndTakesPairsAgainAfterARelease() {
        MacPairs pairs = new MacPairs(2);
        int first = pairs.intern(1, 1);
        pairs.intern(2, 2);

        assertThat(pairs.intern(3, 3)).isEqualTo(MacPairs.NONE);
        pairs.retain(first);
        pairs.release(first);
        assertThat(pairs.intern(3, 3)).isEqualTo(MacPairs.NONE);
        pairs.release(first);
        assertThat(pairs.intern(3, 3)).isPositive();
        assertThat(pairs.intern(1, 1)).isEqualTo(MacPairs.NONE);
    }

    @Test
    void ignoresTheNumberOfNoPair() {
        MacPairs pairs = new MacPairs(1);
        pairs.retain(MacPairs.NONE);
        pairs.release(MacPairs.NONE);

        assertThat(pairs.count()).isZero();
    }

    @Test
    void neverHandsOutAWrongPairUnderRandomUse() {
        long seed = System.nanoTime();
        SplittableRandom random = new SplittableRandom(seed);
        for (int bound : new int[] {1, 3, 64, 1000}) {
            compareWithModel(random, seed, bound);
        }
    }

    private static void compareWithModel(SplittableRandom random, long seed, int bound) {
        MacPairs pairs = new MacPairs(bound);
        Map<Pair, Integer> references = new HashMap<>();
        List<Integer> held = new ArrayList<>();
        Map<Integer, Pair> meaning = new HashMap<>();
        for (int step = 0; step < 100_000; step++) {
            String where = "seed " + seed + ", bound " + bound + ", step " + step;
            if (held.isEmpty() || random.nextInt(100) < (step / 5000 % 2 == 0 ? 60 : 40)) {
                Pair pair = new Pair(random.nextInt(bound + 1), random.nextInt(2));
                int id = pairs.intern(pair.source, pair.destination);
                if (id == MacPairs.NONE) {
                    assertThat(references).as(where).doesNotContainKey(pair).hasSize(bound);
                    continue;
                }
                assertThat(meaning.getOrDefault(id, pair)).as(where).isEqualTo(pair);
                meaning.put(id, pair);
                references.merge(pair, 1, Integer::sum);
                held.add(id);
            } else {
                int at = random.nextInt(held.size());
                int id = held.get(at);
                held.set(at, held.getLast());
                held.removeLast();
                Pair pair = meaning.get(id);
                assertThat(new Pair(pairs.source(id), pairs.destination(id)))
                        .as(where)
                        .isEqualTo(pair);
                pairs.release(id);
                if (references.merge(pair, -1, Integer::sum) == 0) {
                    references.remove(pair);
                    meaning.remove(id);
                }
            }
            assertThat(pairs.count()).as(where).isEqualTo(references.size());
        }
    }
}
