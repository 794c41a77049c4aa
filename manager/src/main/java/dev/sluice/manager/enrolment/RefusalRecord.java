package dev.sluice.manager.enrolment;

import dev.sluice.manager.objects.Caller;
import dev.sluice.manager.objects.Refusal;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Puts what agents were refused into the record of changes, or only into the log, but not more often than anybody would read: strangers must not be able to fill the disk. Any
 * thread.
 */
final class RefusalRecord {
    private static final Logger LOG = LoggerFactory.getLogger(RefusalRecord.class);
    private static final int ENTRIES_MAX = 20;
    private static final Duration PERIOD = Duration.ofMinutes(10);

    private final EnrolmentStore store;
    private final InstantSource clock;
    private final Ration entries = new Ration(ENTRIES_MAX, PERIOD);
    private final Ration lines = new Ration(ENTRIES_MAX, PERIOD);

    RefusalRecord(EnrolmentStore store, InstantSource clock) {
        this.store = store;
        this.clock = clock;
    }

    /** Says something in the log only: of connections, of which there may be many more than of calls. */
    synchronized void log(String what) {
        if (lines.take(clock.instant())) {
            LOG.warn("{}{}", what, before(lines));
            lines.told();
        }
    }

    /**
     * Puts down a refusal.
     *
     * @param who asked
     * @param what was asked for
     */
    synchronized void add(String who, String what, String why) {
        if (!entries.take(clock.instant())) {
            return;
        }
        LOG.warn("{} was refused {}: {}", who, what, why);
        try {
            store.change(
                    new Caller(who, "sluice"),
                    "refused " + what,
                    List.of("reason: " + why + before(entries)),
                    List.of(),
                    List.of());
            entries.told();
        } catch (Refusal e) {
            LOG.warn("that stands here only, since the record cannot be written: {}", e.getMessage());
        }
    }

    private static String before(Ration ration) {
        return ration.leftOut() == 0
                ? ""
                : ", and " + ration.leftOut() + " refusals since the last entry were left out";
    }
}
