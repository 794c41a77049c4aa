package dev.sluice.manager.events;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.manager.events.EventLog.Event;
import dev.sluice.manager.events.Happening.Reason;
import dev.sluice.model.Kind;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What is remembered of what happened, and for how long. */
class EventLogTest {
    private Instant now = Instant.parse("2026-01-01T00:00:00Z");
    private final EventLog log = new EventLog(() -> now);

    private static Happening happening(String name) {
        return new Happening(Reason.FOUND, Kind.PORT, name, "a", "was found");
    }

    private List<Event> all() {
        return log.after(0, Integer.MAX_VALUE, _ -> true);
    }

    @Test
    void whatHappensAgainIsCountedAndIsNewAgain() {
        log.add(happening("x"));
        log.add(happening("y"));
        long seen = log.newest();
        Instant first = now;
        now = now.plusSeconds(60);
        log.add(happening("x"));
        assertThat(all()).extracting(event -> event.what().name()).containsExactly("y", "x");
        Event again = log.after(seen, 10, _ -> true).getFirst();
        assertThat(again.count()).isEqualTo(2);
        assertThat(again.first()).isEqualTo(first);
        assertThat(again.last()).isEqualTo(now);
        now = now.plus(Duration.ofMinutes(11));
        log.add(happening("x"));
        assertThat(all().getLast().count()).isEqualTo(1);
    }

    @Test
    void oldestAreForgottenAndOfManyTheNewestAreTold() {
        for (int i = 0; i < EventLog.EVENTS_MAX + 5; i++) {
            log.add(happening("p" + i));
        }
        assertThat(all()).hasSize(EventLog.EVENTS_MAX);
        assertThat(all().getFirst().what().name()).isEqualTo("p5");
        assertThat(log.after(0, 2, _ -> true))
                .extracting(event -> event.what().name())
                .containsExactly("p" + (EventLog.EVENTS_MAX + 3), "p" + (EventLog.EVENTS_MAX + 4));
    }

    @Test
    void numbersOfALaterStartAreHigher() throws InterruptedException {
        for (int i = 0; i < 500; i++) {
            log.add(happening("p" + i));
        }
        long before = log.newest();
        EventLog later = new EventLog(() -> now.plusSeconds(1));
        assertThat(later.newest()).isGreaterThan(before);
        assertThat(later.await(before, 60_000)).isEqualTo(later.newest());
        assertThat(log.await(before, 1)).isEqualTo(before);
    }

    @Test
    void numbersOfAnotherManagerThatStartedBeforeAreHigherOnceSomethingHappensThere() {
        EventLog standby = new EventLog(() -> now);
        now = now.plusSeconds(1);
        EventLog leader = new EventLog(() -> now);
        leader.add(happening("x"));
        long seen = leader.newest();
        now = now.plusSeconds(1);
        standby.add(happening("y"));
        assertThat(standby.newest()).isGreaterThan(seen);
        assertThat(standby.after(seen, 10, _ -> true)).hasSize(1);
    }

    @Test
    void behindANumberThatIsNotReachedYetIsEverything() {
        log.add(happening("x"));
        assertThat(log.after(log.newest() + 1, 10, _ -> true)).hasSize(1);
        assertThat(log.after(log.newest(), 10, _ -> true)).isEmpty();
    }
}
