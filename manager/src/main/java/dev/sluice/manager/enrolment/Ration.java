package dev.sluice.manager.enrolment;

import java.time.Duration;
import java.time.Instant;

/** So many times in a period, and a count of what was too much. Owner: who synchronizes. */
final class Ration {
    private final int timesMax;
    private final Duration period;
    private Instant begun = Instant.MIN;
    private int times;
    private long leftOut;

    Ration(int timesMax, Duration period) {
        this.timesMax = timesMax;
        this.period = period;
    }

    /** Whether once more is not too much; counted either way. A clock that goes back begins a period. */
    boolean take(Instant now) {
        if (begun.equals(Instant.MIN) || now.isAfter(begun.plus(period)) || now.isBefore(begun)) {
            begun = now;
            times = 0;
        }
        if (times >= timesMax) {
            leftOut++;
            return false;
        }
        times++;
        return true;
    }

    /** How often it was too much since {@link #told}. */
    long leftOut() {
        return leftOut;
    }

    /** What was left out is said. */
    void told() {
        leftOut = 0;
    }
}
