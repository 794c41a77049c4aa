package dev.sluice.agent.worker;

import dev.sluice.datapath.Datapath;
import java.util.concurrent.CompletableFuture;

/** A piece of work that the worker does in one go, with an answer; others wait for the result. */
public final class WorkerQuestion<T> implements WorkerTask {
    /** The work: a fraction of a millisecond. */
    public interface Work<T> {
        T on(Datapath datapath, long nowNs);
    }

    private final Work<T> work;
    private final CompletableFuture<T> result = new CompletableFuture<>();

    public WorkerQuestion(Work<T> work) {
        this.work = work;
    }

    public CompletableFuture<T> result() {
        return result;
    }

    @Override
    public boolean step(Datapath datapath, long nowNs) {
        try {
            if (!result.isDone()) {
                result.complete(work.on(datapath, nowNs));
            }
        } catch (RuntimeException e) {
            result.completeExceptionally(e);
        }
        return true;
    }

    @Override
    public void abandon() {
        result.cancel(false);
    }
}
