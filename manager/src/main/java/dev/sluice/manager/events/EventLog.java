package dev.sluice.manager.events;

import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Predicate;

/**
 * What happened lately: the newest {@value #EVENTS_MAX}, in memory, of this manager. What happens again within ten minutes is the same event, counted. Any thread.
 *
 * <p>Numbers go on upwards over restarts, as they begin with the time: whoever follows misses nothing but what the restart itself forgot.
 */
public final class EventLog {
    /** Older ones are forgotten. */
    public static final int EVENTS_MAX = 4_096;

    private static final Duration SAME = Duration.ofMinutes(10);

    /** More than happens in a millisecond, so that a number made of a later start is higher than any before. */
    private static final long NUMBERS_PER_MS = 1_000;

    private final InstantSource clock;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition news = lock.newCondition();

    /** Oldest first; guarded by the lock. */
    private final Map<Happening, Event> events = new LinkedHashMap<>();

    /** Guarded by the lock. */
    private long newest;

    /**
     * An event.
     *
     * @param number higher than that of every event that happened before
     * @param first when it happened
     * @param last when it happened last
     * @param count how often
     */
    public record Event(long number, Instant first, Instant last, int count, Happening what) {}

    /** Nothing has happened. */
    public EventLog(InstantSource clock) {
        this.clock = clock;
        newest = clock.instant().toEpochMilli() * NUMBERS_PER_MS;
    }

    /** It happens now. */
    public void add(Happening what) {
        Instant now = clock.instant();
        lock.lock();
        try {
            Event before = events.remove(what);
            boolean same = before != null && !now.isAfter(before.last.plus(SAME));
            newest = Math.max(newest + 1, now.toEpochMilli() * NUMBERS_PER_MS);
            events.put(
                    what,
                    same && before != null
                            ? new Event(newest, before.first, now, before.count + 1, what)
                            : new Event(newest, now, now, 1, what));
            if (events.size() > EVENTS_MAX) {
                events.remove(events.keySet().iterator().next());
            }
            news.signalAll();
        } finally {
            lock.unlock();
        }
    }

    /** The number of the newest event. */
    public long newest() {
        lock.lock();
        try {
            return newest;
        } finally {
            lock.unlock();
        }
    }

    /** What happened behind a number, oldest first; of more than the limit the newest. Behind a number that is not reached yet, which another manager gave, is everything. */
    public List<Event> after(long number, int limit, Predicate<Happening> wanted) {
        lock.lock();
        try {
            long known = number > newest ? 0 : number;
            List<Event> found = new ArrayList<>();
            for (Event event : events.values()) {
                if (event.number > known && wanted.test(event.what)) {
                    found.add(event);
                }
            }
            return List.copyOf(found.subList(Math.max(0, found.size() - limit), found.size()));
        } finally {
            lock.unlock();
        }
    }

    /** Waits until something happens behind a number; the number of the newest event. */
    public long await(long number, long timeoutMs) throws InterruptedException {
        long leftNs = TimeUnit.MILLISECONDS.toNanos(timeoutMs);
        lock.lockInterruptibly();
        try {
            while (newest <= number && leftNs > 0) {
                leftNs = news.awaitNanos(leftNs);
            }
            return newest;
        } finally {
            lock.unlock();
        }
    }
}
