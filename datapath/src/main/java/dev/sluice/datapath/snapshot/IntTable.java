package dev.sluice.datapath.snapshot;

import java.util.ArrayList;
import java.util.List;
import java.util.function.ToIntFunction;
import org.jspecify.annotations.Nullable;

/** An immutable table from int ids to values: open addressing at half load, no boxing. */
public final class IntTable<V> {
    private final int[] keys;
    private final @Nullable Object[] values;
    private final int mask;

    private IntTable(int capacity) {
        keys = new int[capacity];
        values = new Object[capacity];
        mask = capacity - 1;
    }

    public static <V> IntTable<V> of(List<V> values, ToIntFunction<V> id) {
        IntTable<V> table = new IntTable<>(Integer.highestOneBit(Math.max(2, values.size() * 2 - 1)) << 1);
        for (V value : values) {
            table.put(id.applyAsInt(value), value);
        }
        return table;
    }

    private void put(int key, V value) {
        int i = slot(key);
        while (values[i] != null) {
            if (keys[i] == key) {
                throw new IllegalArgumentException("id " + key + " is used twice: " + values[i] + " and " + value);
            }
            i = i + 1 & mask;
        }
        keys[i] = key;
        values[i] = value;
    }

    private int slot(int key) {
        int h = key * 0x9e3779b9;
        return (h ^ h >>> 16) & mask;
    }

    @SuppressWarnings("unchecked") // only put() writes, and it takes V
    @Nullable
    public V get(int key) {
        int i = slot(key);
        while (values[i] != null) {
            if (keys[i] == key) {
                return (V) values[i];
            }
            i = i + 1 & mask;
        }
        return null;
    }

    @SuppressWarnings("unchecked") // only put() writes, and it takes V
    List<V> values() {
        List<V> all = new ArrayList<>();
        for (Object value : values) {
            if (value != null) {
                all.add((V) value);
            }
        }
        return all;
    }
}
