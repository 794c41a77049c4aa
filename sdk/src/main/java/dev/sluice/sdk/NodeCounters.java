package dev.sluice.sdk;

import java.util.EnumMap;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLongArray;

/** Counters of a node. Written by its thread, and by threads that say something later: therefore atomic, which costs nothing without rivals. */
@SuppressWarnings("EnumOrdinal") // The index of an array that lives no longer than the program.
final class NodeCounters {
    static final int RECEIVED = 0;
    static final int RECEIVED_BYTES = 1;
    static final int RETURNED = 2;
    static final int RETURNED_BYTES = 3;
    static final int MESSAGES = 4;
    static final int FAILURES = 5;
    static final int FAILED_OPEN = 6;

    private static final int INSTRUCTIONS = 7;
    private static final int DROPS = INSTRUCTIONS + Instruction.Action.values().length;

    private final AtomicLongArray counts = new AtomicLongArray(DROPS + NodeDrop.values().length);

    void add(int counter, long count) {
        counts.getAndAdd(counter, count);
    }

    void drop(NodeDrop reason) {
        counts.getAndIncrement(DROPS + reason.ordinal());
    }

    void said(Instruction.Action action) {
        counts.getAndIncrement(INSTRUCTIONS + action.ordinal());
    }

    NodeStatistics read() {
        Map<Instruction.Action, Long> instructions = new EnumMap<>(Instruction.Action.class);
        for (Instruction.Action action : Instruction.Action.values()) {
            put(instructions, action, INSTRUCTIONS + action.ordinal());
        }
        Map<NodeDrop, Long> drops = new EnumMap<>(NodeDrop.class);
        for (NodeDrop reason : NodeDrop.values()) {
            put(drops, reason, DROPS + reason.ordinal());
        }
        return new NodeStatistics(
                counts.get(RECEIVED),
                counts.get(RECEIVED_BYTES),
                counts.get(RETURNED),
                counts.get(RETURNED_BYTES),
                counts.get(MESSAGES),
                counts.get(FAILURES),
                counts.get(FAILED_OPEN),
                instructions,
                drops);
    }

    private <K> void put(Map<K, Long> map, K key, int counter) {
        long count = counts.get(counter);
        if (count != 0) {
            map.put(key, count);
        }
    }
}
