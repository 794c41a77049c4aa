package dev.sluice.cli;

import java.lang.Thread.UncaughtExceptionHandler;
import java.util.function.IntConsumer;
import org.slf4j.LoggerFactory;

/**
 * Ends a process of which a thread has died of an error, of memory say: without that thread it would go on and do half its work, and whoever supervises it would not see that. A virtual thread has one request or one
 * host to itself; with it only that ends.
 */
final class EndOnError implements UncaughtExceptionHandler {
    private final IntConsumer halt;

    /**
     * Ends it in a way that a test may choose.
     *
     * @param halt gets the status of the process; what is broken is not asked to close itself
     */
    EndOnError(IntConsumer halt) {
        this.halt = halt;
    }

    /** For all threads of this process. */
    static void install() {
        Thread.setDefaultUncaughtExceptionHandler(new EndOnError(Runtime.getRuntime()::halt));
    }

    @Override
    public void uncaughtException(Thread thread, Throwable failure) {
        boolean ends = failure instanceof Error && !thread.isVirtual();
        try {
            // Not before: what the log is like is decided after this was installed.
            LoggerFactory.getLogger(EndOnError.class)
                    .error(
                            "a defect of this program: thread {} has died{}",
                            thread.getName(),
                            ends ? ", and so the process ends" : "",
                            failure);
        } finally {
            if (ends) {
                halt.accept(ExitCode.FAILED);
            }
        }
    }
}
