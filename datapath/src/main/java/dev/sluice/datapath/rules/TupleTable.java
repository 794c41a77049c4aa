package dev.sluice.datapath.rules;

import dev.sluice.wire.IpPrefix;
import java.util.Arrays;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Immutable hash table of the entries that share a {@link TupleShape}. Slots lie in pages, so that a changed copy copies one page and the list of pages, about
 * the square root of the table, and shares the rest. Each slot has a head, one long: the precedence of its first entry, and below it a small Bloom filter of the
 * keys in the slot; most lookups that find nothing, or nothing better, end there. Behind it the conditions of its entries lie side by side. Reading: no allocation, two dependent loads for
 * the head, two more for the conditions of all entries.
 */
final class TupleTable {
    private static final int SLOT_BITS_MIN = 4;
    private static final int SLOT_BITS_MAX = 24;
    private static final long EMPTY_HEAD = Long.MIN_VALUE;

    /** Words of an entry in {@link #conditions}. */
    private static final int WORDS = 5;

    private static final int RANK = 0;
    private static final int VALUE = 1;
    private static final int MASK = 2;
    private static final int LOW = 3;
    private static final int HIGH = 4;

    final TupleShape shape;

    /** The kinds of packets that look here, a bit for each value of {@link TupleEntry#kind}. */
    final int kinds;

    /** The highest precedence of an entry, Integer.MIN_VALUE if empty. */
    final int precedenceMax;

    /** Number of entries. */
    final int size;

    private final boolean isIpv6;

    /** What is hashed of {@link TupleEntry#addresses(PacketFields)}. */
    private final long addressesMask;

    /** What is hashed of {@link TupleEntry#numbers}. */
    private final long numbersMask;

    private final long sourceMaskHi;
    private final long sourceMaskLo;
    private final long destinationMaskHi;
    private final long destinationMaskLo;

    private final int slotBits;
    private final int pageBits;

    /** Page, slot, entries by descending rank; absent pages and slots are null. */
    private final TupleEntry[][][] pages;

    /** Page, slot, and for each of its entries the {@link #WORDS} that nearly all look-ups ask for, side by side; absent ones are null. */
    private final long[][][] conditions;

    /** Page, head of the slot: precedence of the first entry in the upper half, tags of the keys in the lower. */
    private final long[][] heads;

    /** The highest head in each page. */
    private final long[] pageHeadMax;

    private TupleTable(
            TupleShape shape,
            int slotBits,
            TupleEntry[][][] pages,
            long[][][] conditions,
            long[][] heads,
            long[] pageHeadMax,
            int size) {
        this.shape = shape;
        this.kinds = TupleEntry.kinds(shape.family(), false, false);
        this.isIpv6 = shape.family() == 6;
        this.sourceMaskHi = IpPrefix.maskHi(shape.sourceBits());
        this.sourceMaskLo = IpPrefix.maskLo(shape.sourceBits());
        this.destinationMaskHi = IpPrefix.maskHi(shape.destinationBits());
        this.destinationMaskLo = IpPrefix.maskLo(shape.destinationBits());
        this.addressesMask = TupleEntry.addressesMask(shape.family(), shape.sourceBits(), shape.destinationBits());
        this.numbersMask = TupleEntry.numbers(
                shape.protocol() ? 0xff : 0, portMask(shape.sourcePortBits()), portMask(shape.destinationPortBits()));
        this.slotBits = slotBits;
        this.pageBits = pageBits(slotBits);
        this.pages = pages;
        this.conditions = conditions;
        this.heads = heads;
        this.pageHeadMax = pageHeadMax;
        this.size = size;
        this.precedenceMax = (int) (max(pageHeadMax) >> 32);
    }

    /** A table without entries. */
    static TupleTable empty(TupleShape shape) {
        return empty(shape, SLOT_BITS_MIN);
    }

    private static TupleTable empty(TupleShape shape, int slotBits) {
        int pages = 1 << (slotBits - pageBits(slotBits));
        return new TupleTable(
                shape, slotBits, new TupleEntry[pages][][], new long[pages][][], new long[pages][], filled(pages), 0);
    }

    /** Heads of empty slots: the lowest precedence, no tags. */
    private static long[] filled(int count) {
        long[] empty = new long[count];
        Arrays.fill(empty, EMPTY_HEAD);
        return empty;
    }

    private static long max(long[] values) {
        long max = EMPTY_HEAD;
        for (long value : values) {
            max = Math.max(max, value);
        }
        return max;
    }

    private static int pageBits(int slotBits) {
        return (slotBits + 1) / 2;
    }

    private static long portMask(int bits) {
        return (0xffffL << (16 - bits)) & 0xffffL;
    }

    /** The highest rank of a matching entry, if that is above the floor, else the floor. The packet as words of {@link TupleEntry}, and its kind. Hot path. */
    long find(PacketFields p, long addresses, long numbers, int kind, long rankFloor) {
        long hash = isIpv6
                ? hash(numbers, p.sourceHi, p.sourceLo, p.destinationHi, p.destinationLo)
                : hash(numbers, addresses);
        int slot = (int) (hash >>> (64 - slotBits));
        long[] pageHeads = heads[slot >>> pageBits];
        if (pageHeads == null) {
            return rankFloor;
        }
        int inPage = slot & ((1 << pageBits) - 1);
        long head = pageHeads[inPage];
        if ((head & tag(hash)) == 0 || head >> 32 < rankFloor >> 32) {
            return rankFloor;
        }
        long[] words = conditions[slot >>> pageBits][inPage];
        for (int at = 0; at < words.length && words[at + RANK] > rankFloor; at += WORDS) {
            long high = words[at + HIGH];
            if (TupleEntry.fits(addresses, numbers, words[at + VALUE], words[at + MASK], words[at + LOW], high)
                    && ((high >= 0 && kind == 4) || pages[slot >>> pageBits][inPage][at / WORDS].rest(p, kind))) {
                return words[at + RANK];
            }
        }
        return rankFloor;
    }

    private TupleEntry @Nullable [] bucket(int slot) {
        TupleEntry[][] page = pages[slot >>> pageBits];
        return page == null ? null : page[slot & ((1 << pageBits) - 1)];
    }

    private long hash(long numbers, long addresses) {
        return mixed((numbers & numbersMask) * 0xc2b2ae3d27d4eb4fL + (addresses & addressesMask) * 0xbf58476d1ce4e5b9L);
    }

    private long hash(long numbers, long sHi, long sLo, long dHi, long dLo) {
        return mixed((numbers & numbersMask) * 0xc2b2ae3d27d4eb4fL
                + (sHi & sourceMaskHi) * 0x9e3779b97f4a7c15L
                + (sLo & sourceMaskLo) * 0xbf58476d1ce4e5b9L
                + (dHi & destinationMaskHi) * 0x94d049bb133111ebL
                + (dLo & destinationMaskLo) * 0xd6e8feb86659fd93L);
    }

    private static long mixed(long h) {
        return (h ^ (h >>> 32)) * 0xff51afd7ed558ccdL;
    }

    private long hash(TupleEntry e) {
        TuplePrefixes ipv6 = e.ipv6;
        return ipv6 == null || !isIpv6
                ? hash(e.numbersLow, e.addresses)
                : hash(e.numbersLow, ipv6.sourceHi, ipv6.sourceLo, ipv6.destinationHi, ipv6.destinationLo);
    }

    private int slot(TupleEntry e) {
        return (int) (hash(e) >>> (64 - slotBits));
    }

    /** One of 32 bits for a key, from bits of the hash that do not choose the slot. */
    private static long tag(long hash) {
        return 1L << (hash >>> 20 & 31);
    }

    private long head(TupleEntry @Nullable [] bucket) {
        if (bucket == null) {
            return EMPTY_HEAD;
        }
        long tags = 0;
        for (TupleEntry e : bucket) {
            tags |= tag(hash(e));
        }
        return (long) bucket[0].rule.precedence() << 32 | tags;
    }

    private static long @Nullable [] words(TupleEntry @Nullable [] bucket) {
        if (bucket == null) {
            return null;
        }
        long[] words = new long[bucket.length * WORDS];
        for (int i = 0; i < bucket.length; i++) {
            TupleEntry e = bucket[i];
            words[i * WORDS + RANK] = e.rank;
            words[i * WORDS + VALUE] = e.addresses;
            words[i * WORDS + MASK] = e.addressesMask;
            words[i * WORDS + LOW] = e.numbersLow;
            words[i * WORDS + HIGH] = e.numbersHighGuarded;
        }
        return words;
    }

    /** Number of entries in the slot of this entry. */
    int collisions(TupleEntry e) {
        TupleEntry[] bucket = bucket(slot(e));
        return bucket == null ? 0 : bucket.length;
    }

    /** The table with one more entry. */
    TupleTable with(TupleEntry entry) {
        TupleTable base = size >= 1 << slotBits && slotBits < SLOT_BITS_MAX ? grown() : this;
        int slot = base.slot(entry);
        TupleEntry[] old = base.bucket(slot);
        TupleEntry[] bucket = new TupleEntry[old == null ? 1 : old.length + 1];
        int at = 0;
        if (old != null) {
            at = firstNotAbove(old, entry.rank);
            System.arraycopy(old, 0, bucket, 0, at);
            System.arraycopy(old, at, bucket, at + 1, old.length - at);
        }
        bucket[at] = entry;
        return base.replaced(slot, bucket, size + 1);
    }

    /** Index of the first entry whose rank is not above the given one. */
    private static int firstNotAbove(TupleEntry[] bucket, long rank) {
        int low = 0;
        int high = bucket.length;
        while (low < high) {
            int middle = (low + high) >>> 1;
            if (bucket[middle].rank > rank) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        return low;
    }

    /** The table less all entries of the rule that lie in the slot of this entry; itself if there are none. */
    TupleTable without(TupleEntry entry) {
        int slot = slot(entry);
        TupleEntry[] old = bucket(slot);
        if (old == null) {
            return this;
        }
        int from = firstNotAbove(old, entry.rank);
        int to = from;
        while (to < old.length && old[to].rank == entry.rank) {
            to++;
        }
        if (from == to) {
            return this;
        }
        TupleEntry[] bucket = null;
        if (to - from < old.length) {
            bucket = Arrays.copyOf(old, old.length - (to - from));
            System.arraycopy(old, to, bucket, from, old.length - to);
        }
        return replaced(slot, bucket, size - (to - from));
    }

    private TupleTable replaced(int slot, TupleEntry @Nullable [] bucket, int newSize) {
        int at = slot >>> pageBits;
        TupleEntry[][][] newPages = pages.clone();
        TupleEntry[][] page = pages[at] == null ? new TupleEntry[1 << pageBits][] : pages[at].clone();
        page[slot & ((1 << pageBits) - 1)] = bucket;
        newPages[at] = page;
        long[][][] newConditions = conditions.clone();
        long[][] pageConditions = conditions[at] == null ? new long[1 << pageBits][] : conditions[at].clone();
        pageConditions[slot & ((1 << pageBits) - 1)] = words(bucket);
        newConditions[at] = pageConditions;
        long[][] newHeads = heads.clone();
        long[] pageHeads = heads[at] == null ? filled(1 << pageBits) : heads[at].clone();
        pageHeads[slot & ((1 << pageBits) - 1)] = head(bucket);
        newHeads[at] = pageHeads;
        long[] newMax = pageHeadMax.clone();
        newMax[at] = max(pageHeads);
        return new TupleTable(shape, slotBits, newPages, newConditions, newHeads, newMax, newSize);
    }

    private TupleTable grown() {
        TupleTable larger = empty(shape, slotBits + 2);
        forEach(e -> larger.place(e));
        for (int i = 0; i < larger.pages.length; i++) {
            if (larger.pages[i] != null) {
                long[] pageHeads = new long[larger.pages[i].length];
                larger.conditions[i] = new long[pageHeads.length][];
                for (int j = 0; j < pageHeads.length; j++) {
                    pageHeads[j] = larger.head(larger.pages[i][j]);
                    larger.conditions[i][j] = words(larger.pages[i][j]);
                }
                larger.heads[i] = pageHeads;
                larger.pageHeadMax[i] = max(pageHeads);
            }
        }
        return new TupleTable(
                shape, larger.slotBits, larger.pages, larger.conditions, larger.heads, larger.pageHeadMax, size);
    }

    /** Puts an entry into a table that nobody else has seen yet. */
    private void place(TupleEntry entry) {
        int slot = slot(entry);
        int at = slot >>> pageBits;
        if (pages[at] == null) {
            pages[at] = new TupleEntry[1 << pageBits][];
        }
        TupleEntry[] old = bucket(slot);
        TupleEntry[] bucket = old == null ? new TupleEntry[1] : Arrays.copyOf(old, old.length + 1);
        int position = old == null ? 0 : firstNotAbove(old, entry.rank);
        System.arraycopy(bucket, position, bucket, position + 1, bucket.length - 1 - position);
        bucket[position] = entry;
        pages[at][slot & ((1 << pageBits) - 1)] = bucket;
    }

    /** Calls the action for each entry. */
    void forEach(Consumer<TupleEntry> action) {
        for (TupleEntry[][] page : pages) {
            if (page != null) {
                for (TupleEntry[] bucket : page) {
                    if (bucket != null) {
                        Arrays.stream(bucket).forEach(action);
                    }
                }
            }
        }
    }

    /** Length of the longest bucket. */
    int longestBucket() {
        int longest = 0;
        for (TupleEntry[][] page : pages) {
            if (page != null) {
                for (TupleEntry[] bucket : page) {
                    longest = bucket == null ? longest : Math.max(longest, bucket.length);
                }
            }
        }
        return longest;
    }
}
