package dev.sluice.agent.node;

import dev.sluice.agent.compile.IdRegistry;
import dev.sluice.agent.compile.NumberReuse;
import dev.sluice.agent.flows.FindNumbers;
import dev.sluice.agent.worker.Worker;
import org.jspecify.annotations.Nullable;

/** Lets the worker look now and then for the names that its flows still refer to, so that the numbers of others can be given back. One user: the control thread. */
final class NumberCensus {
    private static final long EVERY_NS = 60_000_000_000L;

    /** So few names are not worth a look through millions of flows. */
    private static final int WORTHWHILE = 64;

    private final Worker worker;
    private final NumberReuse reuse;
    private @Nullable FindNumbers running;
    private long lastNs;

    NumberCensus(IdRegistry ids, Worker worker, long nowNs) {
        this.worker = worker;
        reuse = new NumberReuse(ids, WORTHWHILE);
        lastNs = nowNs;
    }

    /** To be called often. */
    void tick(long nowNs) {
        FindNumbers now = running;
        if (now != null) {
            if (now.result().isDone()) {
                running = null;
                lastNs = nowNs;
                if (!now.result().isCancelled()) {
                    reuse.met(now.result().join(), nowNs);
                }
            }
            return;
        }
        if (nowNs - lastNs < EVERY_NS) {
            return;
        }
        lastNs = nowNs;
        if (reuse.isWorthwhile(nowNs)) {
            FindNumbers next = new FindNumbers();
            running = worker.submit(next) ? next : null;
        }
    }
}
