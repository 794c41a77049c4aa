package dev.sluice.agent.node;

import dev.sluice.agent.NodeException;
import java.time.Duration;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** Waits for what the worker was asked. Stateless; any thread but the worker's. */
final class WorkerAnswer {
    private WorkerAnswer() {}

    /**
     * The answer.
     *
     * @throws NodeException if it failed, or does not come in time: then it is not wanted any more
     */
    static <T> T await(CompletableFuture<T> result, Duration longest) throws NodeException {
        try {
            return result.get(longest.toMillis(), TimeUnit.MILLISECONDS);
        } catch (ExecutionException e) {
            Throwable cause = e.getCause();
            throw cause instanceof NodeException known ? known : new NodeException("the request failed: " + cause, e);
        } catch (TimeoutException | CancellationException e) {
            result.cancel(false);
            throw new NodeException("the node did not answer in time, or is ending", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new NodeException("the request was interrupted", e);
        }
    }
}
