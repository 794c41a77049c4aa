package dev.sluice.datapath.track;

import dev.sluice.wire.Ethernet;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.jspecify.annotations.Nullable;

/**
 * Remembers the Ethernet addresses of packets of transparent pairs whose nodes rewrite them, by a number that fits a record. One user: the worker.
 *
 * <p>When the table is full it starts over; numbers carry the era they were given in, so one from before restores nothing rather than a wrong header.
 */
public final class EthernetMemory {
    private static final int PAIR_BITS = 17;
    private static final int PAIR_MASK = (1 << PAIR_BITS) - 1;
    private static final int ERA_MASK = 0x3fff;

    private final MacPairs pairs;
    private final MemorySegment memory;
    private int era = 1;

    /** Told when what packets left here is forgotten; null: nobody asks. */
    private @Nullable FlowWatcher watcher;

    /** Where pairs remembered before are found, while foretelling; own numbers lie above all of its. */
    private @Nullable EthernetMemory source;

    /** Memory for {@link #keepIn}: the era, and two addresses for each number. */
    public static final long KEPT_BYTES = 16L * (MacPairs.PAIRS_MAX + 1);

    /** Era and pairs for the next process; null: there is none. */
    private @Nullable MemorySegment kept;

    public EthernetMemory(MemorySegment memory, int pairsMax) {
        this.memory = memory;
        pairs = new MacPairs(pairsMax);
    }

    public void tell(@Nullable FlowWatcher fastPath) {
        watcher = fastPath;
    }

    /** What the other one remembers is known here too. */
    public void lookInto(EthernetMemory other) {
        source = other;
        era = other.era;
    }

    /** Writes there, from now on, what numbers stand for. */
    public void keepIn(MemorySegment there) {
        kept = there;
        there.setAtIndex(ValueLayout.JAVA_LONG, 0, era);
        for (int pair = 1; pair <= pairs.count(); pair++) {
            keep(pair);
        }
    }

    private void keep(int pair) {
        MemorySegment there = kept;
        if (there != null) {
            there.setAtIndex(ValueLayout.JAVA_LONG, 2L * pair, pairs.source(pair));
            there.setAtIndex(ValueLayout.JAVA_LONG, 2L * pair + 1, pairs.destination(pair));
        }
    }

    /** Numbers stand for what they stood for with the one that wrote there; before the first is given. They are given from 1 on, and all at once given up. */
    public void recall(MemorySegment left) {
        read(left);
        if (kept != null) {
            keepIn(kept);
        }
    }

    private void read(MemorySegment left) {
        era = (int) left.getAtIndex(ValueLayout.JAVA_LONG, 0) & ERA_MASK;
        for (int pair = 1; pair <= MacPairs.PAIRS_MAX; pair++) {
            long from = left.getAtIndex(ValueLayout.JAVA_LONG, 2L * pair);
            long to = left.getAtIndex(ValueLayout.JAVA_LONG, 2L * pair + 1);
            if ((from | to) == 0) {
                return;
            }
            if (pairs.intern(from, to) != pair) {
                // Somebody else wrote there: restoring nothing is better than a wrong address.
                pairs.clear();
                era = era + 1 & ERA_MASK;
                return;
            }
        }
    }

    /** Remembers the addresses of a packet; the number, above 0. */
    public int remember(long sourceMac, long destinationMac) {
        int known = pairs.count();
        int pair = pairs.intern(sourceMac, destinationMac);
        if (pair == MacPairs.NONE) {
            pairs.clear();
            era = era + 1 & ERA_MASK;
            if (watcher != null) {
                watcher.allMoved();
            }
            pair = pairs.intern(sourceMac, destinationMac);
            if (kept != null) {
                kept.fill((byte) 0);
                keepIn(kept);
            }
        } else if (pairs.count() != known) {
            keep(pair);
        }
        return era << PAIR_BITS | (source == null ? pair : pair + MacPairs.PAIRS_MAX);
    }

    /** Whether something may have been remembered under a number, or it is 0: nothing. */
    public static boolean mayBe(int number) {
        return (number & PAIR_MASK) <= MacPairs.PAIRS_MAX;
    }

    /** Gives the frame that starts there the addresses behind a number; false if they are forgotten. */
    public boolean restore(long start, int number) {
        if (number >>> PAIR_BITS != era) {
            return false;
        }
        int pair = number & PAIR_MASK;
        MacPairs from = pairs;
        if (source != null) {
            from = pair > MacPairs.PAIRS_MAX ? pairs : source.pairs;
            pair = pair > MacPairs.PAIRS_MAX ? pair - MacPairs.PAIRS_MAX : pair;
        }
        Ethernet.setAddresses(memory, start, from.destination(pair), from.source(pair));
        return true;
    }
}
