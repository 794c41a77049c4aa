package dev.sluice.agent.compile;

import dev.sluice.agent.compile.IdRegistry.Space;
import java.util.BitSet;
import java.util.EnumMap;
import java.util.Map;

/** Numbers of names that something refers to. One writer: who finds them. */
public final class NumbersInUse {
    private final Map<Space, BitSet> numbers = new EnumMap<>(Space.class);

    /** None. */
    public NumbersInUse() {
        for (Space space : Space.values()) {
            numbers.put(space, new BitSet());
        }
    }

    /** Adds one; numbers below 0 are none. */
    public void add(Space space, int number) {
        if (number >= 0) {
            of(space).set(number);
        }
    }

    /** Whether one was added. */
    public boolean contains(Space space, int number) {
        return of(space).get(number);
    }

    BitSet of(Space space) {
        return numbers.computeIfAbsent(space, _ -> new BitSet());
    }
}
