package dev.sluice.manager.store;

import dev.sluice.manager.store.StoreException.Reason;
import java.util.concurrent.TimeUnit;

/** The numbers of a store that everyone reads and one writer moves; waiting for a newer revision. */
final class Revisions {
    private long newest;
    private long compacted;
    private boolean closed;

    synchronized void start(long revision, long oldest) {
        newest = revision;
        compacted = oldest;
    }

    synchronized void advance(long revision) {
        newest = revision;
        notifyAll();
    }

    synchronized void compact(long revision) {
        compacted = revision;
        notifyAll();
    }

    synchronized void close() {
        closed = true;
        notifyAll();
    }

    synchronized long newest() {
        return newest;
    }

    synchronized long compacted() {
        return compacted;
    }

    synchronized void checkKept(long revision) throws CompactedException {
        if (revision < compacted || revision > newest) {
            throw new CompactedException(revision, compacted, newest);
        }
    }

    synchronized long await(long after, long timeoutMs) throws InterruptedException {
        long endNs = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(timeoutMs);
        while (newest <= after && !closed) {
            long leftNs = endNs - System.nanoTime();
            if (leftNs <= 0) {
                return newest;
            }
            TimeUnit.NANOSECONDS.timedWait(this, leftNs);
        }
        if (closed) {
            throw new StoreException(Reason.CLOSED, "the store is closed");
        }
        return newest;
    }
}
