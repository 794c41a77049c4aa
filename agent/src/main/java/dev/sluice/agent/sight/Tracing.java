package dev.sluice.agent.sight;

import dev.sluice.agent.NodeException;
import dev.sluice.agent.admin.TraceFilter;
import dev.sluice.agent.report.TraceReport;
import dev.sluice.agent.worker.Worker;
import dev.sluice.agent.worker.WorkerTask;
import dev.sluice.datapath.Datapath;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;

/** Puts a tracer into the worker on demand and takes it out again; one trace at a time. Any thread. */
public final class Tracing {
    private static final int ANSWER_SECONDS = 10;

    private final Worker worker;
    private final Tracers tracers;
    private final AtomicBoolean running = new AtomicBoolean();
    private final AtomicLong begun = new AtomicLong();

    public Tracing(Worker worker, Tracers tracers) {
        this.worker = worker;
        this.tracers = tracers;
    }

    /** Traces that were put in place since the start: who sees it grow knows that the next packet is followed. */
    public long begun() {
        return begun.get();
    }

    /** Follows packets until there are enough or the time is over. */
    public TraceReport trace(TraceFilter filter) throws NodeException {
        if (!running.compareAndSet(false, true)) {
            throw new NodeException("another trace is running; try again when it is over, after at most "
                    + TraceFilter.SECONDS_MAX + " seconds");
        }
        try {
            return follow(filter);
        } finally {
            running.set(false);
        }
    }

    private TraceReport follow(TraceFilter filter) throws NodeException {
        CompletableFuture<TraceReport> result = new CompletableFuture<>();
        CompletableFuture<PacketStories> stories = new CompletableFuture<>();
        try {
            worker.insist(new Task(result, datapath -> {
                PacketStories[] itself = new PacketStories[1];
                PacketStories tracer =
                        new PacketStories(datapath, filter, result, () -> tracers.remove(datapath, itself[0]));
                itself[0] = tracer;
                tracers.add(datapath, tracer);
                stories.complete(tracer);
                begun.incrementAndGet();
            }));
            try {
                return result.get(filter.seconds(), TimeUnit.SECONDS);
            } catch (TimeoutException e) {
                // A tracer must not stay in place because others ask much: so it insists. Tasks are done in their
                // order, so the tracer is in place by then.
                worker.insist(new Task(result, _ -> stories.join().finish()));
                return result.get(ANSWER_SECONDS, TimeUnit.SECONDS);
            }
        } catch (ExecutionException | TimeoutException | CancellationException e) {
            throw new NodeException("the node did not answer in time, or is ending", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new NodeException("the request was interrupted", e);
        }
    }

    /** One step between two batches. */
    private record Task(CompletableFuture<TraceReport> result, Consumer<Datapath> work) implements WorkerTask {
        @Override
        public boolean step(Datapath datapath, long nowNs) {
            work.accept(datapath);
            return true;
        }

        @Override
        public void abandon() {
            result.cancel(false);
        }
    }
}
