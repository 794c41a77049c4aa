package dev.sluice.manager.agents;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.controller.Health;
import dev.sluice.manager.events.EventLog;
import dev.sluice.manager.events.EventWriter;
import dev.sluice.manager.events.Happening;
import dev.sluice.manager.events.Happening.Reason;
import dev.sluice.manager.objects.Inventory;
import dev.sluice.manager.store.MemoryStore;
import dev.sluice.model.Kind;
import java.time.Instant;
import java.time.InstantSource;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Agents that say more than can be written, or more than anybody reads, cost no more than others. */
@Timeout(60)
class AgentEventsTest {
    private final CountDownLatch asked = new CountDownLatch(1);
    private final CountDownLatch goOn = new CountDownLatch(1);

    /** Whoever wants to write has to wait. */
    private final EventLog log = new EventLog(this::slowly);

    private volatile boolean slow;

    private Instant slowly() {
        if (slow) {
            asked.countDown();
            try {
                goOn.await();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
        return Instant.EPOCH;
    }

    @Test
    void whatCannotBeWrittenIsLeftOutAndCounted() throws InterruptedException {
        try (AgentEvents events =
                new AgentEvents(new EventWriter(log, new Inventory(new MemoryStore(), InstantSource.system())))) {
            slow = true;
            events.health("serviceinstances/fw-1", new Health("a", false, "first"));
            asked.await();
            int more = AgentEvents.WAITING_MAX + 10;
            for (int i = 0; i < more; i++) {
                events.health("ports/p", new Health("a", i % 2 == 0, "more"));
            }
            assertThat(events.dropped()).isEqualTo(10);
            goOn.countDown();
        }
    }

    @Test
    void messagesAreCutWhoeverWritesThem() {
        Happening endless = new Happening(Reason.DEAD, Kind.SERVICE_INSTANCE, "fw-1", "a", "x".repeat(10_000_000));
        assertThat(endless.message()).hasSizeLessThan(Happening.MESSAGE_MAX + 10);
    }
}
