package dev.sluice.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Which threads a process does not live without. */
class EndOnErrorTest {
    private final List<Integer> halted = new ArrayList<>();

    private void dies(Thread.Builder builder, Runnable of) throws InterruptedException {
        Thread thread =
                builder.uncaughtExceptionHandler(new EndOnError(halted::add)).start(of);
        thread.join();
    }

    @Test
    void errorOfAThreadEndsTheProcess() throws InterruptedException {
        dies(Thread.ofPlatform(), () -> {
            throw new OutOfMemoryError("planted");
        });
        assertThat(halted).containsExactly(ExitCode.FAILED);
    }

    @Test
    void errorOfOneRequestAndExceptionsDoNot() throws InterruptedException {
        dies(Thread.ofVirtual(), () -> {
            throw new StackOverflowError("planted");
        });
        dies(Thread.ofPlatform(), () -> {
            throw new IllegalStateException("planted");
        });
        assertThat(halted).isEmpty();
    }
}
