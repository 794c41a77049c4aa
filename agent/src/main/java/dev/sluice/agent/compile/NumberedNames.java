package dev.sluice.agent.compile;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Numbers of names of one kind, 0 up. One writer: the control thread.
 *
 * <p>A name keeps its number for as long as anything may remember it; {@link #giveBack} says when nothing does. Such a number goes to the next name that has none. Names that only
 * a configuration with errors had lose theirs at once.
 */
final class NumberedNames {
    /** Begins what is listed for numbers that nobody has; no name of an object has it. */
    private static final String NOBODY = "#";

    private static final class Entry {
        final int number;

        /** Named by the compilation under way. */
        boolean named;

        /** Named, or otherwise in use, in what is in force. */
        boolean inForce;

        /** Not in force yet, ever. */
        boolean fresh = true;

        /** When it was taken out of force, or when what is in force began. */
        long inForceNs;

        Entry(int number) {
            this.number = number;
        }
    }

    private final Map<String, Entry> entries = new HashMap<>();

    /** By number. */
    private final List<String> names = new ArrayList<>();

    private final BitSet given = new BitSet();

    /** Length of {@link #names} in what is in force: numbers below may be asked for. */
    private int published;

    /** Goes on with the numbers of a process before, in force until a snapshot is without them; only when there are none yet. */
    void restore(List<String> all) {
        for (String name : all) {
            int number = names.size();
            names.add(name);
            if (!name.startsWith(NOBODY)) {
                Entry entry = new Entry(number);
                entry.fresh = false;
                entry.inForce = true;
                entries.put(name, entry);
                given.set(number);
            }
        }
        published = names.size();
    }

    /** The number of a name; the lowest that nobody has if it is new. */
    int of(String name) {
        Entry entry = entries.computeIfAbsent(name, this::next);
        entry.named = true;
        return entry.number;
    }

    /** The number of a name if it has one, else -1. */
    int known(String name) {
        Entry entry = entries.get(name);
        return entry == null ? -1 : entry.number;
    }

    private Entry next(String name) {
        int number = given.nextClearBit(0);
        given.set(number);
        if (number == names.size()) {
            names.add(name);
        } else {
            names.set(number, name);
        }
        return new Entry(number);
    }

    /** By number; {@code #NUMBER} is nobody's. */
    List<String> all() {
        return new ArrayList<>(names);
    }

    /** One more than the highest number. */
    int size() {
        return names.size();
    }

    /** A compilation begins. What one before has named that never came into force is forgotten. */
    void begin() {
        entries.values().removeIf(entry -> {
            if (entry.fresh) {
                clear(entry.number);
            }
            entry.named = false;
            return entry.fresh;
        });
        while (names.size() > Math.max(published, given.length())) {
            names.removeLast();
        }
    }

    private void clear(int number) {
        given.clear(number);
        names.set(number, NOBODY + number);
    }

    /**
     * What was named since {@link #begin} is in force.
     *
     * @param used numbers that are in use as well
     */
    void keep(BitSet used, long nowNs) {
        for (Entry entry : entries.values()) {
            boolean before = entry.inForce;
            entry.fresh = false;
            entry.inForce = entry.named || used.get(entry.number);
            entry.inForceNs = before || entry.inForce ? nowNs : entry.inForceNs;
        }
        published = names.size();
    }

    /** Numbers of names that have not been in force for longer than a time. */
    BitSet gone(long longerThanNs, long nowNs) {
        BitSet gone = new BitSet();
        for (Entry entry : entries.values()) {
            gone.set(entry.number, !entry.inForce && nowNs - entry.inForceNs > longerThanNs);
        }
        return gone;
    }

    /** Nothing remembers these any more; what is in force keeps its number all the same. */
    void giveBack(BitSet numbers) {
        entries.values().removeIf(entry -> {
            boolean free = numbers.get(entry.number) && !entry.inForce;
            if (free) {
                clear(entry.number);
            }
            return free;
        });
    }
}
