package dev.sluice.agent.sight;

import dev.sluice.agent.NodeException;
import dev.sluice.agent.admin.TraceFilter;
import dev.sluice.agent.report.TraceReport;
import dev.sluice.agent.worker.Worker;
import dev.sluice.agent.worker.WorkerTask;
import dev.sluice.datapath.Datapath;
import java.util.OptionalInt;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Puts a tracer into the worker on demand and takes it out again; one trace at a time. Any thread. */
public final class Tracing {
    private static final int ANSWER_SECONDS = 10;

    /** Until other nodes have been asked as well. */
    private static final int ALL_LISTEN_MS = 300;

    /** For the last packet to go its way. */
    private static final int ARRIVED_MS = 500;

    private final Worker worker;
    private final Tracers tracers;
    private final AtomicBoolean running = new AtomicBoolean();
    private final AtomicLong begun = new AtomicLong();
    private volatile @Nullable Ending ending;

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

    /** Ends a trace before its time, by its session or name. */
    public boolean end(int name) {
        Ending trace = ending;
        return trace != null && trace.name == name && trace.enough.complete(null);
    }

    private TraceReport follow(TraceFilter filter) throws NodeException {
        CompletableFuture<TraceReport> result = new CompletableFuture<>();
        CompletableFuture<PacketStories> stories = new CompletableFuture<>();
        CompletableFuture<Void> enough = new CompletableFuture<>();
        OptionalInt name = filter.session().isPresent()
                ? OptionalInt.of(filter.session().get().id())
                : filter.name();
        ending = name.isPresent() ? new Ending(name.getAsInt(), enough) : null;
        try {
            worker.insist(new Task(result, datapath -> {
                PacketStories[] itself = new PacketStories[1];
                PacketStories tracer = new PacketStories(
                        datapath,
                        filter,
                        result,
                        () -> tracers.remove(datapath, itself[0]),
                        filter.session()
                                .map(session -> new TraceMarks(session, System::nanoTime))
                                .orElse(null),
                        () -> enough.complete(null));
                itself[0] = tracer;
                tracers.add(datapath, tracer);
                stories.complete(tracer);
                begun.incrementAndGet();
            }));
            try {
                if (filter.session().isPresent()) {
                    listen(filter, result, stories, enough);
                }
                CompletableFuture.anyOf(result, enough).get(filter.seconds(), TimeUnit.SECONDS);
                if (!result.isDone()) {
                    throw new TimeoutException("somebody has seen enough");
                }
                return result.get();
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

    /** Of a trace over several nodes: waits until all nodes listen, and then until there are enough packets and they have had time to arrive. */
    private void listen(
            TraceFilter filter,
            CompletableFuture<TraceReport> result,
            CompletableFuture<PacketStories> stories,
            CompletableFuture<Void> enough)
            throws NodeException, InterruptedException, ExecutionException, TimeoutException {
        Thread.sleep(ALL_LISTEN_MS);
        worker.insist(new Task(result, _ -> stories.join().open()));
        enough.get(filter.seconds(), TimeUnit.SECONDS);
        Thread.sleep(ARRIVED_MS);
        throw new TimeoutException("it ends by itself");
    }

    private record Ending(int name, CompletableFuture<Void> enough) {}

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
