package dev.sluice.cli;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/** Lets a command that a signal ends say what it has so far: the process waits for it, a few seconds at most. Closed by the thread that runs the command. */
final class OnInterrupt implements AutoCloseable {
    private static final int LAST_WORDS_SECONDS = 5;

    private final CountDownLatch said = new CountDownLatch(1);
    private final Thread hook;

    /** @param end brings the command to its end, from another thread */
    OnInterrupt(Runnable end) {
        hook = new Thread(
                () -> {
                    end.run();
                    await();
                },
                "sluice-interrupt");
        Runtime.getRuntime().addShutdownHook(hook);
    }

    private void await() {
        try {
            boolean _ = said.await(LAST_WORDS_SECONDS, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    @Override
    public void close() {
        said.countDown();
        try {
            Runtime.getRuntime().removeShutdownHook(hook);
        } catch (IllegalStateException _) {
            // The process is ending already.
        }
    }
}
