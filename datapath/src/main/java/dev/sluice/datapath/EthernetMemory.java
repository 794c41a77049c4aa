package dev.sluice.datapath;

import dev.sluice.wire.Ethernet;
import java.lang.foreign.MemorySegment;

/**
 * Remembers the Ethernet addresses of packets of transparent pairs whose nodes rewrite them, by a number that fits a record. One user: the worker.
 *
 * <p>When the table is full it starts over; numbers carry the era they were given in, so one from before restores nothing rather than a wrong header.
 */
final class EthernetMemory {
    private static final int PAIR_BITS = 17;
    private static final int PAIR_MASK = (1 << PAIR_BITS) - 1;
    private static final int ERA_MASK = 0x3fff;

    private final MacPairs pairs = new MacPairs(MacPairs.PAIRS_MAX);
    private final MemorySegment memory;
    private int era = 1;

    EthernetMemory(MemorySegment memory) {
        this.memory = memory;
    }

    /** Remembers the addresses of the packet in hand; the number, above 0. */
    int remember(Cursor c) {
        int pair = pairs.intern(c.fields.sourceMac, c.fields.destinationMac);
        if (pair == MacPairs.NONE) {
            pairs.clear();
            era = era + 1 & ERA_MASK;
            pair = pairs.intern(c.fields.sourceMac, c.fields.destinationMac);
        }
        return era << PAIR_BITS | pair;
    }

    /** Gives the packet in hand the addresses behind a number; false if they are forgotten. */
    boolean restore(Cursor c, int number) {
        if (number >>> PAIR_BITS != era) {
            return false;
        }
        int pair = number & PAIR_MASK;
        Ethernet.setAddresses(memory, c.start(), pairs.destination(pair), pairs.source(pair));
        return true;
    }
}
