package dev.sluice.liveness.bfd;

/**
 * Sessions by the time they are due, earliest first: a binary heap of fixed size. One user: {@link BfdSessions}. No allocation; a change costs the logarithm of
 * the number of sessions.
 */
final class DueQueue {
    private final BfdSession[] heap;
    private int count;

    DueQueue(int sessionsMax) {
        heap = new BfdSession[sessionsMax];
    }

    /** When the first is due; {@link Long#MAX_VALUE} if none ever is. */
    long dueNs() {
        return count == 0 ? Long.MAX_VALUE : heap[0].queuedNs;
    }

    /** The session that is due first; there has to be one. */
    BfdSession first() {
        return heap[0];
    }

    /** Puts a session where its due time wants it, new or known. */
    void put(BfdSession session) {
        session.queuedNs = session.dueNs();
        if (session.queueIndex < 0) {
            session.queueIndex = count;
            heap[count++] = session;
        }
        up(session.queueIndex);
        down(session.queueIndex);
    }

    /** Takes a session out. */
    void remove(BfdSession session) {
        int hole = session.queueIndex;
        session.queueIndex = -1;
        BfdSession last = heap[--count];
        if (hole < count) {
            place(last, hole);
            up(hole);
            down(last.queueIndex);
        }
    }

    private void up(int start) {
        int at = start;
        BfdSession session = heap[at];
        while (at > 0 && session.queuedNs < heap[(at - 1) / 2].queuedNs) {
            place(heap[(at - 1) / 2], at);
            at = (at - 1) / 2;
        }
        place(session, at);
    }

    private void down(int start) {
        int at = start;
        BfdSession session = heap[at];
        while (2 * at + 1 < count) {
            int child = 2 * at + 1;
            if (child + 1 < count && heap[child + 1].queuedNs < heap[child].queuedNs) {
                child++;
            }
            if (heap[child].queuedNs >= session.queuedNs) {
                break;
            }
            place(heap[child], at);
            at = child;
        }
        place(session, at);
    }

    private void place(BfdSession session, int index) {
        heap[index] = session;
        session.queueIndex = index;
    }
}
