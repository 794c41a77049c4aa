package dev.sluice.datapath.track;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.datapath.packet.FlowHash;
import dev.sluice.datapath.rules.PacketFields;
import dev.sluice.datapath.snapshot.TrackerTimeouts;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Random operations against a model made of plain collections, which shares no code with the table. */
class ConnectionTableModelTest {
    private static final int STEPS = 250_000;
    private static final long START_NS = (1L << 32) * 1_000_000L - 40_000_000_000L;

    private record Key(int index, int router, int tag) {}

    private static final class Entry {
        final Key key;
        final int slot;
        final boolean swapped;
        final long reference;
        final long[] packets = new long[2];
        final long[] bytes = new long[2];
        final int[] l2 = new int[2];
        final int[] skip = new int[2];
        long lastMs;
        int state = TcpState.NONE;
        boolean answered;

        @Nullable
        Entry partner;

        Entry(Key key, int slot, boolean swapped, long reference, long nowMs) {
            this.key = key;
            this.slot = slot;
            this.swapped = swapped;
            this.reference = reference;
            this.lastMs = nowMs;
        }
    }

    private final Map<Key, Deque<Entry>> byKey = new HashMap<>();
    private final Map<Integer, Entry> bySlot = new HashMap<>();
    private final LinkedHashSet<Entry> halfOpen = new LinkedHashSet<>();
    /** Half-open ones that are evicted last. */
    private final LinkedHashSet<Entry> metInTheMiddle = new LinkedHashSet<>();

    private final List<Long> goneReferences = new ArrayList<>();
    private final PacketFields fields = new PacketFields();

    /** What was read ahead last, of some keys and perhaps before changes. */
    private final long[] fetched = new long[8];

    private long nowNs = START_NS;
    private int capacity;
    private int keys;
    private int[] protocols = {};
    private Random random = new Random(0);

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4})
    void behavesAsAModelOfPlainCollections(long seed) {
        random = new Random(seed);
        // Odd seeds: a small table of flows that are soon answered, so that nothing may be evicted.
        boolean small = seed % 2 == 1;
        capacity = small ? 20 : 400;
        keys = small ? 5 : 800;
        protocols = small ? new int[] {17, 17, 1, 58, 132} : new int[] {6, 6, 17, 17, 1, 58, 132};
        try (ConnectionTable table = ConnectionTable.open(
                capacity, seed, TrackerTimeouts.DEFAULT, (key, router) -> hash(index(key), router))) {
            for (int step = 0; step < STEPS; step++) {
                try {
                    step(table);
                } catch (AssertionError | RuntimeException e) {
                    throw new AssertionError("seed " + seed + ", step " + step + ": " + e.getMessage(), e);
                }
            }
            assertThat(table.evictedHalfOpen())
                    .as("evictions met, seed %d", seed)
                    .isGreaterThan(100);
            assertThat(table.expired()).as("expirations met, seed %d", seed).isGreaterThan(100);
            assertThat(table.refused()).as("refusals met, seed %d", seed).isGreaterThan(small ? 100 : -1);
        }
    }

    private void step(ConnectionTable table) {
        // Long quiet times are rare, so that the table gets full in between.
        nowNs += random.nextInt(2000) == 0 ? random.nextLong(300_000_000_000L) : random.nextLong(5_000_000L);
        Key key =
                new Key(random.nextInt(keys), random.nextInt(2), random.nextInt(20) == 0 ? 2 : ConnectionTable.SERVICE);
        boolean swapped = random.nextBoolean();
        switch (random.nextInt(10)) {
            case 0, 1, 2, 3 -> packet(table, key, swapped);
            case 4, 5 -> insert(table, key, swapped);
            case 6 -> removeOne(table, key);
            case 7 -> link(table);
            case 8 -> sweep(table);
            default -> check(table);
        }
        assertThat(table.size()).isEqualTo(bySlot.size());
        assertThat(table.halfOpenCount()).isEqualTo(halfOpen.size() + metInTheMiddle.size());
    }

    private void packet(ConnectionTable table, Key key, boolean swapped) {
        Entry entry = find(table, key, swapped);
        if (entry == null) {
            return;
        }
        boolean identical = key.index % 50 == 0;
        int direction = !identical && entry.swapped != swapped ? 1 : 0;
        assertThat(table.isReverse(entry.slot, fields)).isEqualTo(direction == 1);
        int bytes = random.nextInt(random.nextInt(20) == 0 ? 40_000_000 : 1500);
        table.count(entry.slot, direction, bytes, nowNs);
        entry.packets[direction]++;
        entry.bytes[direction] += bytes;
        entry.lastMs = nowMs();
        if (protocol(key.index) == 6) {
            int flags = new int[] {2, 0x12, 0x10, 0x10, 0x10, 0x10, 0x11, 0x14}[random.nextInt(8)];
            if (entry.state == TcpState.NONE && (flags & 0x16) == 0x10 && halfOpen.remove(entry)) {
                metInTheMiddle.add(entry);
            }
            entry.state = TcpState.next(entry.state, direction, flags, false);
            assertThat(table.onTcp(entry.slot, direction, flags)).isEqualTo(entry.state);
            if (!TcpState.isHalfOpen(entry.state) && entry.state != TcpState.CLOSED) {
                halfOpen.remove(entry);
                metInTheMiddle.remove(entry);
            }
        } else if (entry.packets[0] > 0 && entry.packets[1] > 0) {
            entry.answered = true;
            halfOpen.remove(entry);
        }
        repeated(table, entry);
    }

    /** Packets that something else forwarded, many of them, and fields that few connections have. */
    private void repeated(ConnectionTable table, Entry entry) {
        int direction = random.nextInt(2);
        if (random.nextInt(10) == 0 && entry.packets[direction] != 0) {
            long packets = random.nextLong(1L << random.nextInt(1, 40));
            long bytes = random.nextLong(1L << random.nextInt(1, 56));
            table.countRepeated(entry.slot, direction, packets, bytes, (int) nowMs());
            entry.packets[direction] += packets;
            entry.bytes[direction] += bytes;
        }
        if (random.nextInt(10) == 0) {
            entry.l2[direction] = random.nextInt(3) == 0 ? 0 : random.nextInt();
            table.setL2(entry.slot, direction, entry.l2[direction]);
        }
        if (random.nextInt(10) == 0) {
            entry.skip[direction] = random.nextInt(3) == 0 ? 0 : random.nextInt(256);
            table.setSkipMask(entry.slot, direction, entry.skip[direction]);
        }
    }

    private void insert(ConnectionTable table, Key key, boolean swapped) {
        boolean known = find(table, key, swapped) != null;
        if (known && random.nextInt(4) != 0) {
            return;
        }
        Deque<Entry> chain = byKey.computeIfAbsent(key, k -> new ArrayDeque<>());
        dropExpired(chain);
        boolean full = bySlot.size() == capacity;
        boolean mayInsert = chain.size() < ConnectionTable.RECORDS_PER_KEY_MAX;
        fields(key, swapped);
        int slot = table.insert(hash(key), fields, key.router, key.tag, nowNs);
        if (!mayInsert) {
            assertThat(slot).isEqualTo(-1);
            return;
        }
        if (full && !(halfOpen.isEmpty() && metInTheMiddle.isEmpty())) {
            drop(halfOpen.isEmpty() ? metInTheMiddle.getFirst() : halfOpen.getFirst());
        } else if (full) {
            // The bounded search for expired ones is allowed to find some; which ones, only the table knows.
            int before = bySlot.size();
            new ArrayList<>(bySlot.values())
                    .stream()
                            .filter(e -> expired(e) && table.resolve(e.reference) < 0)
                            .forEach(this::drop);
            if (bySlot.size() == before) {
                assertThat(slot).isEqualTo(-1);
                return;
            }
        }
        assertThat(slot).isNotNegative();
        assertThat(bySlot).doesNotContainKey(slot);
        Entry entry = new Entry(key, slot, swapped, table.reference(slot), nowMs());
        byKey.computeIfAbsent(key, k -> new ArrayDeque<>()).addFirst(entry);
        bySlot.put(slot, entry);
        halfOpen.add(entry);
        table.setRuleId(slot, key.index);
        table.setTargetId(slot, slot * 3);
        table.setEgressPort(slot, 1, 65535);
        assertThat(table.egressPort(slot, 0)).isZero();
        assertThat(table.packets(slot, 0) + table.packets(slot, 1) + table.bytes(slot, 0) + table.bytes(slot, 1))
                .isZero();
    }

    private void removeOne(ConnectionTable table, Key key) {
        Entry entry = find(table, key, random.nextBoolean());
        if (entry != null && random.nextInt(capacity / 5) == 0) {
            table.remove(entry.slot);
            drop(entry);
            assertThat(table.resolve(entry.reference)).isEqualTo(-1);
            table.remove(entry.slot);
        }
    }

    private void link(ConnectionTable table) {
        Entry a = any();
        Entry b = any();
        if (a == null || b == null || a == b) {
            return;
        }
        unlink(a);
        unlink(b);
        table.link(a.slot, b.slot);
        a.partner = b;
        b.partner = a;
    }

    private void sweep(ConnectionTable table) {
        if (random.nextInt(10) == 0) {
            table.sweep(nowNs, capacity);
            new ArrayList<>(bySlot.values()).stream().filter(this::expired).forEach(this::drop);
        }
    }

    /** All that can be asked of one connection, and now and then the listing. */
    private void check(ConnectionTable table) {
        Entry entry = any();
        if (entry != null) {
            assertThat(table.resolve(entry.reference)).isEqualTo(entry.slot);
            assertThat(table.linked(entry.slot)).isEqualTo(entry.partner == null ? -1 : entry.partner.slot);
            assertThat(table.ruleId(entry.slot)).isEqualTo(entry.key.index);
            assertThat(table.targetId(entry.slot)).isEqualTo(entry.slot * 3);
            assertThat(table.egressPort(entry.slot, 1)).isEqualTo(65535);
            assertThat(table.router(entry.slot)).isEqualTo(entry.key.router);
            assertThat(table.tag(entry.slot)).isEqualTo(entry.key.tag);
            assertThat(table.isExpired(entry.slot, nowNs)).isEqualTo(expired(entry));
            assertThat(table.isHalfOpen(entry.slot))
                    .isEqualTo(halfOpen.contains(entry) || metInTheMiddle.contains(entry));
            for (int direction = 0; direction < 2; direction++) {
                assertThat(table.packets(entry.slot, direction)).isEqualTo(entry.packets[direction]);
                assertThat(table.bytes(entry.slot, direction)).isEqualTo(entry.bytes[direction]);
                assertThat(table.l2(entry.slot, direction)).isEqualTo(entry.l2[direction]);
                assertThat(table.skipMask(entry.slot, direction)).isEqualTo(entry.skip[direction]);
            }
        }
        if (!goneReferences.isEmpty()) {
            long gone = goneReferences.get(random.nextInt(goneReferences.size()));
            assertThat(table.resolve(gone)).isEqualTo(-1);
        }
        if (random.nextInt(200) == 0) {
            int listed = 0;
            for (int slot = table.nextUsed(0); slot >= 0; slot = table.nextUsed(slot + 1)) {
                assertThat(bySlot).containsKey(slot);
                listed++;
            }
            assertThat(listed).isEqualTo(bySlot.size());
        }
    }

    /** Asks table and model for all candidates of a key and compares them, newest first; the newest or null. */
    private @Nullable Entry find(ConnectionTable table, Key key, boolean swapped) {
        Deque<Entry> chain = byKey.getOrDefault(key, new ArrayDeque<>());
        dropExpired(chain);
        fields(key, swapped);
        int place = key.index & (fetched.length - 1);
        if (random.nextInt(4) == 0) {
            fetched[place] = hash(key);
            table.fetch(fetched, fetched.length);
        }
        int slot = table.find(place, hash(key), fields, key.router, key.tag, nowNs);
        Entry newest = chain.peekFirst();
        for (Entry entry : chain) {
            assertThat(slot).isEqualTo(entry.slot);
            slot = table.next(slot, nowNs);
        }
        assertThat(slot).isEqualTo(-1);
        return newest;
    }

    private void dropExpired(Deque<Entry> chain) {
        new ArrayList<>(chain).stream().filter(this::expired).forEach(this::drop);
    }

    private void drop(Entry entry) {
        unlink(entry);
        Deque<Entry> chain = byKey.get(entry.key);
        if (chain != null) {
            chain.remove(entry);
        }
        bySlot.remove(entry.slot);
        halfOpen.remove(entry);
        metInTheMiddle.remove(entry);
        if (goneReferences.size() < 1000) {
            goneReferences.add(entry.reference);
        }
    }

    private static void unlink(Entry entry) {
        if (entry.partner != null) {
            entry.partner.partner = null;
            entry.partner = null;
        }
    }

    private boolean expired(Entry entry) {
        long timeoutSeconds = switch (protocol(entry.key.index)) {
            case 6 ->
                entry.state == TcpState.ESTABLISHED
                                || entry.state == TcpState.FIN_FORWARD
                                || entry.state == TcpState.FIN_REVERSE
                        ? 7440
                        : 30;
            case 17 -> entry.answered ? 180 : 60;
            case 1, 58 -> 30;
            default -> 60;
        };
        return nowMs() - entry.lastMs > timeoutSeconds * 1000;
    }

    private @Nullable Entry any() {
        return bySlot.get(random.nextInt(capacity));
    }

    private long nowMs() {
        return nowNs / 1_000_000;
    }

    private int protocol(int index) {
        return protocols[index % protocols.length];
    }

    /** Groups of three keys share a hash; each fiftieth has identical endpoints. */
    private static long hash(Key key) {
        return hash(key.index, key.router);
    }

    private static long hash(int index, int router) {
        return FlowHash.withRouter(index / 3, router);
    }

    /** That of the key with these fields, in either direction. */
    private static int index(PacketFields key) {
        boolean client = key.sourcePort < 1000;
        int port = client ? key.destinationPort : key.sourcePort;
        int address = (int) (client ? key.destinationLo : key.sourceLo) & 0xff_ffff;
        return address * 2 + port - 1000;
    }

    private void fields(Key key, boolean swapped) {
        fields.sourceHi = 0;
        fields.sourceLo = 0xffff_0a00_0000L + key.index / 2;
        fields.sourcePort = 1000 + key.index % 2;
        // IPv4, IPv6 with the same lower half, or between the two: neighbours share a hash.
        boolean wide = key.index / 2 % 2 == 0;
        fields.sourceHi = wide && key.index % 50 != 0 && key.index % 8 == 0 ? 0x2001_0db8L << 32 : 0;
        fields.destinationHi = key.index % 50 == 0 || !wide ? 0 : 0x2001_0db8L << 32;
        fields.destinationLo = key.index % 50 == 0 ? fields.sourceLo : 0xffff_0c00_0001L;
        fields.destinationPort = key.index % 50 == 0 ? fields.sourcePort : 80;
        fields.protocol = protocol(key.index);
        if (swapped) {
            fields.reverse();
        }
    }
}
