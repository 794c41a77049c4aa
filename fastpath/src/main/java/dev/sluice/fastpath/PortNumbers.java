package dev.sluice.fastpath;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;

/** Numbers of interfaces in the kernel's records, by name, so that an interface that comes back has its number. One user: the worker. */
final class PortNumbers {
    /** No number is left. */
    static final int NONE = -1;

    private final Map<String, Integer> numbers = new LinkedHashMap<>();
    private final int below;

    /** Numbers are 1 up and below the given one. */
    PortNumbers(int below) {
        this.below = below;
    }

    /** Takes over numbers that were given before. */
    void putAll(Map<String, Integer> known) {
        numbers.putAll(known);
    }

    /** Every number that was given, by name. */
    Map<String, Integer> all() {
        return Map.copyOf(numbers);
    }

    /**
     * The number of an interface. When all are given, those of interfaces that are not attached are free: what was recorded of them is of another configuration.
     *
     * @param attached numbers that are in use
     * @return or {@link #NONE}
     */
    int of(String interfaceName, Set<Integer> attached) {
        Integer known = numbers.get(interfaceName);
        if (known != null) {
            return known;
        }
        int next = free();
        if (next == NONE) {
            numbers.values().removeIf(number -> !attached.contains(number));
            next = free();
        }
        if (next != NONE) {
            numbers.put(interfaceName, next);
        }
        return next;
    }

    private int free() {
        for (int number = 1; number < below; number++) {
            if (!numbers.containsValue(number)) {
                return number;
            }
        }
        return NONE;
    }
}
