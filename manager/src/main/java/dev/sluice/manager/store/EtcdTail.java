package dev.sluice.manager.store;

import dev.sluice.manager.store.EtcdWatch.Begun;
import dev.sluice.manager.store.EtcdWatch.Ended;
import dev.sluice.manager.store.EtcdWatch.Item;
import dev.sluice.manager.store.EtcdWatch.Transaction;
import dev.sluice.manager.store.Store.Event;
import java.util.ArrayList;
import java.util.List;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What happened last, as etcd tells it. A thread of its own follows, over another member when one ends; any thread reads. A connection that ends leaves no gap and nothing
 * twice: the next one begins behind the last whole transaction.
 */
final class EtcdTail implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(EtcdTail.class);
    private static final int EVENTS_MAX = 20_000;
    private static final long BYTES_MAX = 64L << 20;
    private static final long LOOK_MS = 200;
    private static final long PAUSE_MS = 50;

    /** How long a member may lag behind what another one says before it is given up. */
    private static final long LAG_MS = 1_000;

    private static final long LAG_LONGEST_MS = 5_000;

    private final EtcdCalls calls;
    private final EtcdNumbers numbers;
    private final Revisions revisions;
    private final LongSupplier newest;
    private final Thread thread;
    private volatile boolean stopping;
    private volatile boolean slow;

    /** Whole transactions by their revision, without a gap behind {@link #from}. Guarded by this. */
    private final NavigableMap<Long, List<Event>> recent = new TreeMap<>();

    private long from;
    private int events;
    private long sizeBytes;

    /** Revision of etcd with which the next connection begins; the thread's. */
    private long begin;

    private boolean complained;

    /**
     * Follows.
     *
     * @param after revision behind which to begin
     * @param newest asks for the newest revision
     */
    EtcdTail(EtcdCalls calls, EtcdNumbers numbers, Revisions revisions, long after, LongSupplier newest) {
        this.calls = calls;
        this.numbers = numbers;
        this.revisions = revisions;
        this.newest = newest;
        from = after;
        begin = numbers.etcd(after) + 1;
        thread = Thread.ofPlatform().daemon().name("sluice-etcd").start(this::run);
    }

    private void run() {
        while (!stopping) {
            int member = calls.member();
            slow = false;
            try (EtcdWatch watch = new EtcdWatch(calls.channel(member), numbers.keys(), begin)) {
                follow(watch);
                if (!stopping) {
                    calls.next(member);
                    Thread.sleep(PAUSE_MS);
                }
            } catch (InterruptedException e) {
                return;
            } catch (StoreException e) {
                // Asked again soon.
            } catch (RuntimeException e) {
                LOG.error("a defect of this program, changes are followed again", e);
            }
        }
    }

    private void follow(EtcdWatch watch) throws InterruptedException {
        while (!stopping && !slow) {
            Item item = watch.next(LOOK_MS);
            switch (item) {
                case null -> {}
                case Begun _ -> complained = false;
                case Transaction transaction -> take(transaction);
                case Ended(long compacted, String why) -> {
                    if (compacted > 0) {
                        skip(compacted);
                    } else if (!stopping && !complained) {
                        complained = true;
                        LOG.warn("etcd has ended telling what changes, another member is asked: {}", why);
                    }
                    return;
                }
            }
        }
    }

    private synchronized void take(Transaction transaction) {
        long revision = numbers.own(transaction.revision());
        List<Event> all = transaction.events().stream().map(numbers::event).toList();
        recent.put(revision, all);
        events += all.size();
        sizeBytes += bytes(all);
        while (recent.size() > 1 && (events > EVENTS_MAX || sizeBytes > BYTES_MAX)) {
            var oldest = recent.pollFirstEntry();
            from = oldest.getKey();
            events -= oldest.getValue().size();
            sizeBytes -= bytes(oldest.getValue());
        }
        begin = transaction.revision() + 1;
        revisions.advance(revision);
        notifyAll();
    }

    private static long bytes(List<Event> events) {
        long bytes = 0;
        for (Event event : events) {
            bytes += event.entry().value().length
                    + event.previous().map(entry -> entry.value().length).orElse(0);
        }
        return bytes;
    }

    /** It was away for longer than history is kept: goes on from now. Whoever follows is told to read everything. */
    private void skip(long compacted) {
        revisions.compact(numbers.own(compacted));
        long now = newest.getAsLong();
        synchronized (this) {
            recent.clear();
            events = 0;
            sizeBytes = 0;
            from = now;
            begin = Math.max(numbers.etcd(now) + 1, compacted);
            if (now > revisions.newest()) {
                revisions.advance(now);
            }
            notifyAll();
        }
    }

    /** Waits until everything up to a revision is known here; whether it is. */
    synchronized boolean reach(long revision) throws InterruptedException {
        long startNs = System.nanoTime();
        while (revisions.newest() < revision) {
            long waitedMs = (System.nanoTime() - startNs) / 1_000_000;
            if (waitedMs > LAG_LONGEST_MS || stopping) {
                return false;
            }
            slow = waitedMs > LAG_MS;
            wait(LOOK_MS);
        }
        return true;
    }

    /** What happened behind a revision to keys with a prefix; empty if that is not known here. */
    synchronized Optional<List<Event>> since(String prefix, long after, int limit) {
        if (after < from) {
            return Optional.empty();
        }
        List<Event> found = new ArrayList<>();
        for (List<Event> transaction : recent.tailMap(after, false).values()) {
            for (Event event : transaction) {
                if (event.entry().key().startsWith(prefix)) {
                    found.add(event);
                }
            }
            if (found.size() >= limit) {
                break;
            }
        }
        return Optional.of(List.copyOf(found));
    }

    @Override
    public void close() {
        stopping = true;
        thread.interrupt();
    }
}
