package dev.sluice.datapath.snapshot;

import dev.sluice.datapath.packet.FlowHash;
import dev.sluice.wire.IpAddress;
import java.util.List;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** An immutable table from IP addresses to values: open addressing at half load, no boxing. Of two values with one address the first counts. */
final class AddressTable<V> {
    private final long[] hi;
    private final long[] lo;
    private final @Nullable Object[] values;
    private final int mask;

    private AddressTable(int capacity) {
        hi = new long[capacity];
        lo = new long[capacity];
        values = new Object[capacity];
        mask = capacity - 1;
    }

    static <V> AddressTable<V> of(List<V> values, Function<V, IpAddress> address) {
        AddressTable<V> table = new AddressTable<>(Integer.highestOneBit(Math.max(2, values.size() * 2)) << 1);
        for (V value : values) {
            table.put(address.apply(value), value);
        }
        return table;
    }

    private void put(IpAddress address, V value) {
        int i = slot(address.hi(), address.lo());
        while (values[i] != null) {
            i = i + 1 & mask;
        }
        hi[i] = address.hi();
        lo[i] = address.lo();
        values[i] = value;
    }

    private int slot(long addressHi, long addressLo) {
        return (int) FlowHash.mix(addressHi * 31 + addressLo) & mask;
    }

    /** The value of an address, null if it has none. */
    @SuppressWarnings("unchecked") // only put() writes, and it takes V
    @Nullable
    V at(long addressHi, long addressLo) {
        int i = slot(addressHi, addressLo);
        while (values[i] != null) {
            if (lo[i] == addressLo && hi[i] == addressHi) {
                return (V) values[i];
            }
            i = i + 1 & mask;
        }
        return null;
    }
}
