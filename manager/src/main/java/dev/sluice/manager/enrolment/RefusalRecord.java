package dev.sluice.manager.enrolment;

import dev.sluice.manager.objects.Caller;
import dev.sluice.manager.objects.Refusal;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Puts what agents were refused into the record of changes, but not more often than anybody would read: strangers must not be able to fill the disk. Any thread. */
final class RefusalRecord {
    private static final Logger LOG = LoggerFactory.getLogger(RefusalRecord.class);
    private static final int ENTRIES_MAX = 20;
    private static final Duration PERIOD = Duration.ofMinutes(10);

    private final EnrolmentStore store;
    private final InstantSource clock;
    private Instant begun = Instant.MIN;
    private int entries;
    private long leftOut;

    RefusalRecord(EnrolmentStore store, InstantSource clock) {
        this.store = store;
        this.clock = clock;
    }

    /**
     * Puts down a refusal.
     *
     * @param who asked
     * @param what was asked for
     */
    synchronized void add(String who, String what, String why) {
        Instant now = clock.instant();
        if (begun.equals(Instant.MIN) || now.isAfter(begun.plus(PERIOD)) || now.isBefore(begun)) {
            begun = now;
            entries = 0;
        }
        if (entries >= ENTRIES_MAX) {
            leftOut++;
            return;
        }
        entries++;
        LOG.warn("{} was refused {}: {}", who, what, why);
        try {
            String before = leftOut == 0 ? "" : ", and " + leftOut + " refusals since the last entry were left out";
            store.change(
                    new Caller(who, "sluice"),
                    "refused " + what,
                    List.of("reason: " + why + before),
                    List.of(),
                    List.of());
            leftOut = 0;
        } catch (Refusal e) {
            LOG.warn("that stands here only, since the record cannot be written: {}", e.getMessage());
        }
    }
}
