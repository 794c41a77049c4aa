package dev.sluice.datapath.segment;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashMap;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

class MacTableTest {
    private static final long SECOND = 1_000_000_000L;

    @Test
    void agreesWithAPlainMapAsLongAsThereIsRoom() {
        long seed = 5;
        Random random = new Random(seed);
        MacTable table = new MacTable(1024, 512, seed);
        Map<Long, Long> plain = new HashMap<>();
        for (int i = 0; i < 100_000; i++) {
            long mac = random.nextInt(100);
            int segment = random.nextInt(3);
            long key = mac << 8 | segment;
            long value = random.nextInt(4);
            Long before = plain.put(key, value);
            int expected = before == null ? MacTable.NEW : before == value ? MacTable.KNOWN : MacTable.MOVED;
            assertThat(table.learn(segment, 0, mac, value, i))
                    .as("seed %s step %s", seed, i)
                    .isEqualTo(expected);
            long other = random.nextInt(100);
            assertThat(table.find(segment, 0, other, i)).isEqualTo(plain.getOrDefault(other << 8 | segment, -1L));
        }
        assertThat(table.count(0) + table.count(1) + table.count(2)).isEqualTo(plain.size());
    }

    @Test
    void addressesAreForgottenAfterFiveMinutesAndTheirPlacesGivenAgain() {
        MacTable table = new MacTable(64, 64, 1);
        table.learn(7, 0, 1, 3, 0);
        assertThat(table.find(7, 0, 1, 300 * SECOND)).isEqualTo(3);
        assertThat(table.find(7, 0, 1, 300 * SECOND + 1)).isEqualTo(MacTable.UNKNOWN);
        assertThat(table.count(7)).isOne();
        table.sweep(64, 300 * SECOND + 1);
        assertThat(table.count(7)).isZero();
    }

    @Test
    void aSegmentThatIsFloodedLearnsNothingMoreAndTakesNothingFromOthers() {
        MacTable table = new MacTable(MacTable.PLACES, MacTable.SEGMENT_MAX, 3);
        table.learn(1, 0, 42, 9, 0);
        Random random = new Random(4);
        for (int i = 0; i < 100_000; i++) {
            table.learn(2, 0, random.nextLong() & 0xffff_ffff_ffffL, 1, 0);
        }
        assertThat(table.count(2)).isEqualTo(MacTable.SEGMENT_MAX);
        assertThat(table.learn(2, 0, 77, 1, 0)).isEqualTo(MacTable.FULL);
        assertThat(table.find(2, 0, 77, 0)).isEqualTo(MacTable.UNKNOWN);
        assertThat(table.find(1, 0, 42, 0)).isEqualTo(9);
        assertThat(table.learn(1, 0, 43, 9, 0)).isEqualTo(MacTable.NEW);
        // When those are old, there is room again.
        table.sweep(MacTable.PLACES, 301 * SECOND);
        assertThat(table.learn(2, 0, 77, 1, 301 * SECOND)).isEqualTo(MacTable.NEW);
    }

    @Test
    void whatIsReadIsWhatWasLearned() {
        MacTable table = new MacTable(64, 64, 1);
        table.learn(1, 0, 5, 2, 0);
        table.learn(2, 0, 6, 3, 0);
        Map<Long, Long> read = new HashMap<>();
        table.read(1, SECOND, (_, mac, value, seenAgoNs) -> read.put(mac, value + seenAgoNs));
        assertThat(read).isEqualTo(Map.of(5L, 2 + SECOND));
    }
}
