package dev.sluice.manager.discovery;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.Map;

/**
 * Who comes and goes so often that it has to stay for a while before it counts. One thread.
 *
 * <p>An interface may come {@value #FREE} times within a minute. Each further time it has to have been there for 5 s, doubled with each time, up to 5 minutes.
 */
final class Flapping {
    /** So often within a minute costs nothing. */
    static final int FREE = 4;

    private static final long WINDOW_NS = 60_000_000_000L;
    private static final long FIRST_NS = 5_000_000_000L;
    private static final long LONGEST_NS = 300_000_000_000L;
    private static final int REMEMBERED_MAX = 100_000;

    private final Map<String, Deque<Long>> came = new HashMap<>();

    /**
     * Something has come.
     *
     * @return from when on it counts, if it stays
     */
    long comes(String who, long nowNs) {
        if (came.size() >= REMEMBERED_MAX) {
            forget(nowNs);
        }
        Deque<Long> times = came.computeIfAbsent(who, _ -> new ArrayDeque<>());
        // What has to wait for minutes is judged by minutes.
        long windowNs = Math.max(WINDOW_NS, 2 * waitNs(times.size()));
        while (!times.isEmpty() && nowNs - times.getFirst() > windowNs) {
            times.removeFirst();
        }
        times.addLast(nowNs);
        return nowNs + waitNs(times.size());
    }

    /** How often it has come lately. */
    int times(String who) {
        Deque<Long> times = came.get(who);
        return times == null ? 0 : times.size();
    }

    private static long waitNs(int times) {
        int over = times - FREE;
        return over <= 0 ? 0 : Math.min(FIRST_NS << Math.min(over - 1, 6), LONGEST_NS);
    }

    private void forget(long nowNs) {
        came.values().removeIf(times -> times.isEmpty() || nowNs - times.getLast() > WINDOW_NS);
        if (came.size() >= REMEMBERED_MAX) {
            came.clear();
        }
    }
}
