package dev.sluice.datapath.mirror;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.datapath.offload.OffloadKey;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.reflect.Array;
import java.lang.reflect.Field;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class MirrorEntriesTest {
    private static final int COUNT = 1 << 16;

    private final MemorySegment key = Arena.ofAuto().allocate(OffloadKey.BYTES, 8);

    private static long arrayBytes(Object of) throws IllegalAccessException {
        long all = 0;
        for (Field field : of.getClass().getDeclaredFields()) {
            if (field.getType().isArray()) {
                int each = field.getType() == long[].class ? 8 : field.getType() == int[].class ? 4 : 1;
                field.setAccessible(true);
                all += (long) each * Array.getLength(field.get(of));
            }
        }
        return all;
    }

    @Test
    void takesAsMuchMemoryAsIsSaid() throws IllegalAccessException {
        MirrorEntries entries = new MirrorEntries(COUNT, 1, 1);
        long each = (arrayBytes(entries) + arrayBytes(entries.ages)) / COUNT;
        assertThat(each).isBetween(MirrorEntries.HEAP_BYTES_EACH - 5L, (long) MirrorEntries.HEAP_BYTES_EACH);
    }

    @Test
    void oldestIsTheOneThatWasUsedLongestAgo() {
        MirrorEntries entries = new MirrorEntries(4, 1, 1);
        List<Integer> taken = new ArrayList<>();
        for (int i = 0; i < 4; i++) {
            OffloadKey.setIngress(key, 0, i + 1);
            taken.add(entries.take(i, key, 100 + i));
        }
        assertThat(entries.take(9, key, 104)).isEqualTo(MirrorEntries.NONE);
        assertThat(entries.ages.oldest()).isEqualTo(taken.get(0));
        entries.ages.seen(taken.get(0), 110);
        assertThat(entries.ages.oldest()).isEqualTo(taken.get(1));
        entries.give(taken.get(2));
        entries.ages.seen(taken.get(1), 111);
        assertThat(entries.ages.oldest()).isEqualTo(taken.get(3));
        assertThat(entries.ages.seenMs(taken.get(3))).isEqualTo(103);
        taken.subList(2, 3).clear();
        taken.forEach(entries::give);
        assertThat(entries.ages.oldest()).isEqualTo(MirrorEntries.NONE);
        assertThat(entries.take(1, key, 120)).isEqualTo(entries.ages.oldest());
    }
}
