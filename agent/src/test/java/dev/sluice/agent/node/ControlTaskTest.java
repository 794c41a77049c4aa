package dev.sluice.agent.node;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.agent.NodeException;
import dev.sluice.agent.OutcomeUnknownException;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** What is said of a request that takes too long is true afterwards as well. */
class ControlTaskTest {
    private static final Duration SHORT = Duration.ofMillis(1);
    private static final Duration LONG = Duration.ofSeconds(10);

    private final AtomicInteger done = new AtomicInteger();

    @Test
    void whatWasNotBegunInTimeIsNeverDone() {
        ControlTask<Integer> task = new ControlTask<>(done::incrementAndGet);
        assertThatThrownBy(() -> task.await(SHORT))
                .isExactlyInstanceOf(NodeException.class)
                .hasMessageContaining("nothing was done");
        task.run();
        assertThat(done).hasValue(0);
    }

    @Test
    void whatIsBegunAndTakesLongMayStillBeApplied() throws Exception {
        CountDownLatch begun = new CountDownLatch(1);
        CountDownLatch goOn = new CountDownLatch(1);
        ControlTask<Integer> task = new ControlTask<>(() -> {
            begun.countDown();
            awaitQuietly(goOn);
            return done.incrementAndGet();
        });
        Thread control = Thread.ofPlatform().start(task);
        begun.await();
        assertThatThrownBy(() -> task.await(SHORT))
                .isInstanceOf(OutcomeUnknownException.class)
                .hasMessageContaining("may still be applied")
                .hasMessageContaining("'sluice history'");
        goOn.countDown();
        control.join(10_000);
        assertThat(done).hasValue(1);
        assertThat(task.await(LONG)).isEqualTo(1);
    }

    @Test
    void reasonsComeThrough() {
        ControlTask<Integer> refused = new ControlTask<>(() -> {
            throw new NodeException("no");
        });
        refused.run();
        assertThatThrownBy(() -> refused.await(LONG)).hasMessage("no");
    }

    private static void awaitQuietly(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
