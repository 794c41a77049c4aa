package dev.sluice.agent.node;

import dev.sluice.agent.NodeException;
import dev.sluice.agent.OutcomeUnknownException;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * Something that the control thread is asked to do. Two users: the thread that asks and the control thread. Whoever is first decides: once begun it is done to its end,
 * once given up it is never begun, so that an answer never says "not done" of what is done later.
 *
 * @param <T> of the answer
 */
final class ControlTask<T> implements Runnable {
    /** What is to be done. */
    @FunctionalInterface
    interface Body<T> {
        T run() throws NodeException;
    }

    private final Body<T> body;
    private final AtomicBoolean taken = new AtomicBoolean();
    private final CompletableFuture<T> result = new CompletableFuture<>();

    ControlTask(Body<T> body) {
        this.body = body;
    }

    /** Does it, unless it was given up; for the control thread. */
    @Override
    public void run() {
        if (!taken.compareAndSet(false, true)) {
            return;
        }
        try {
            result.complete(body.run());
        } catch (NodeException | RuntimeException e) {
            result.completeExceptionally(e);
        }
    }

    /**
     * Waits for the answer.
     *
     * @throws OutcomeUnknownException if it was begun and is not done yet
     * @throws NodeException if it failed, or was not begun in time: then it never will be
     */
    T await(Duration longest) throws NodeException {
        try {
            return result.get(longest.toNanos(), TimeUnit.NANOSECONDS);
        } catch (ExecutionException e) {
            Throwable cause = e.getCause();
            throw cause instanceof NodeException known ? known : new NodeException("the request failed: " + cause, e);
        } catch (TimeoutException e) {
            throw late(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw late(e);
        }
    }

    private NodeException late(Exception cause) {
        return taken.compareAndSet(false, true)
                ? new NodeException(
                        "the node did not come to this in time, or is ending; nothing was done, try again", cause)
                : new OutcomeUnknownException("the node has begun with this and is not done in time", cause);
    }
}
