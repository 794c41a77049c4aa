package dev.sluice.testkit.sim;

import java.util.ArrayList;
import java.util.List;
import java.util.PriorityQueue;
import java.util.function.Supplier;

/** The time of a simulation, what is to happen in it, and what has happened. Nothing happens but by {@link #runUntil}: one thread, one order. One user. */
final class Events {
    static final long MS = 1_000_000L;
    static final long SECOND = 1_000 * MS;

    /** Not 0: some code takes 0 for never. */
    private static final long START_NS = SECOND;

    private record Event(long atNs, long order, Runnable what) {}

    private final PriorityQueue<Event> waiting = new PriorityQueue<>((one, other) ->
            one.atNs != other.atNs ? Long.compare(one.atNs, other.atNs) : Long.compare(one.order, other.order));
    private final List<String> trace = new ArrayList<>();
    private final boolean traced;
    private long nowNs = START_NS;
    private long order;
    private long happened;

    /** At the beginning. */
    Events(boolean traced) {
        this.traced = traced;
    }

    long nowNs() {
        return nowNs;
    }

    /** How many events have happened. */
    long happened() {
        return happened;
    }

    /** Has something happen that much later; of what is due at one time, what was said first happens first. */
    void after(long delayNs, Runnable what) {
        waiting.add(new Event(nowNs + Math.max(0, delayNs), order++, what));
    }

    /** Lets happen what is due until a time, which is then now. */
    void runUntil(long untilNs) {
        while (!waiting.isEmpty() && waiting.peek().atNs <= untilNs) {
            Event next = waiting.remove();
            nowNs = next.atNs;
            happened++;
            next.what.run();
        }
        nowNs = untilNs;
    }

    /** Notes something for whoever replays it. */
    void say(Supplier<String> what) {
        if (traced) {
            trace.add(String.format("%10.3f ms  %s", (nowNs - START_NS) / (double) MS, what.get()));
        }
    }

    /** What was noted, oldest first. */
    List<String> trace() {
        return trace;
    }
}
