package dev.sluice.liveness;

/**
 * The probes through one node: when to send, what is lost, whether the node lives. One writer: the worker that sends and receives; others may read the
 * figures, which may lag.
 *
 * <p>A round is one probe in each direction, with one sequence number. Called at least every few milliseconds: {@link #step} says whether a round is due; {@link
 * #answered} takes what came back. The node is dead when {@code failAfter} rounds in a row went unanswered in one direction and the last of them has been waited
 * for. Only probes that were sent count ({@link #notSent}); a caller that was held up itself must not let the time of its own pause pass here ({@link
 * ProbeClock}). No allocation.
 */
public final class ProbeSession {
    /** Deaths further apart do not count as flapping. */
    public static final long FLAP_WINDOW_NS = 60_000_000_000L;

    private static final int DOUBLED_MAX = 6;

    private final ProbeTiming timing;
    private final int directions;
    private final long[] answeredSequence = new long[2];
    private final long[] lost = new long[2];
    private final long[] roundTripNs = {-1, -1};
    private long random;
    private long sequence;
    private long nextNs;
    private long lastSentNs;
    private boolean alive;
    private boolean confirmed;
    private long changedNs;
    private long goodRounds;
    private long goodSinceNs;

    /** By direction, the last round that was given up. */
    private final long[] givenUp = new long[2];

    /** The last round of which a probe was lost; those up to it are no good ones. */
    private long badSequence;

    private int deaths;
    private long diedNs;

    /**
     * A session with a node of which nothing is known: it counts as alive until probes say otherwise.
     *
     * @param timing intervals and limits
     * @param directions 2 for probes both ways, 1 for one
     * @param seed of the jitter, so that sessions do not march in step
     * @param nowNs the first round is due now
     */
    public ProbeSession(ProbeTiming timing, int directions, long seed, long nowNs) {
        this(timing, directions, seed, HealthVerdict.NONE, nowNs);
    }

    /**
     * The same with a verdict, which stands until probes say otherwise.
     *
     * @param before what another session with the node has found out
     */
    public ProbeSession(ProbeTiming timing, int directions, long seed, HealthVerdict before, long nowNs) {
        if (directions != 1 && directions != 2) {
            throw new IllegalArgumentException("directions " + directions + " is outside 1..2");
        }
        this.timing = timing;
        this.directions = directions;
        random = seed | 1;
        nextNs = nowNs;
        changedNs = nowNs;
        goodSinceNs = nowNs;
        alive = before.alive();
        confirmed = before.confirmed();
        deaths = before.deaths();
        diedNs = before.diedNs();
    }

    /** What was found out, for a session that follows. */
    public HealthVerdict verdict() {
        return new HealthVerdict(alive, confirmed, deaths, diedNs);
    }

    /** Judges what is overdue. Whether a round is due now: then {@link #sequence} is its number, and the caller sends it. */
    public boolean step(long nowNs) {
        judge(nowNs);
        if (nowNs < nextNs) {
            return false;
        }
        countLost();
        sequence++;
        lastSentNs = nowNs;
        // By the schedule, not by the moment, so that lateness does not add up; after a long gap from now.
        nextNs = Math.max(nextNs, nowNs - timing.intervalNs() / 4) + jittered();
        return true;
    }

    private long jittered() {
        random ^= random << 13;
        random ^= random >>> 7;
        random ^= random << 17;
        long share = (random >>> 33) % 1024;
        return timing.intervalNs() * 3 / 4 + timing.intervalNs() * 3 / 20 * share / 1024;
    }

    /** Gives up the round that is too old once the next one has gone out: a node whose answers take so long would be dead. */
    private void countLost() {
        long old = sequence + 1 - timing.failAfter();
        for (int d = 0; d < directions; d++) {
            if (old > answeredSequence[d] && old > givenUp[d]) {
                lost(d, 1, old);
                givenUp[d] = old;
            }
        }
    }

    private void lost(int direction, long count, long last) {
        lost[direction] += count;
        badSequence = Math.max(badSequence, last);
        goodRounds = 0;
    }

    private void judge(long nowNs) {
        if (!alive) {
            return;
        }
        for (int d = 0; d < directions; d++) {
            long outstanding = sequence - answeredSequence[d];
            boolean waited = nowNs - lastSentNs >= timing.graceNs();
            if (outstanding > timing.failAfter() || (outstanding == timing.failAfter() && waited)) {
                lost(d, sequence - Math.max(answeredSequence[d], givenUp[d]), sequence);
                givenUp[d] = sequence;
                die(nowNs);
                return;
            }
        }
    }

    private void die(long nowNs) {
        boolean flaps = deaths > 0 && nowNs - diedNs < FLAP_WINDOW_NS;
        deaths = flaps ? deaths + 1 : 1;
        diedNs = nowNs;
        goodRounds = 0;
        become(false, nowNs);
    }

    private void become(boolean nowAlive, long nowNs) {
        alive = nowAlive;
        confirmed = true;
        changedNs = nowNs;
    }

    /** The round that {@link #step} asked for could not be sent in any direction: it never was, and is not missed. */
    public void notSent() {
        sequence--;
    }

    /**
     * Takes a probe that came back.
     *
     * @param roundTripNs how long it took
     * @return whether it was expected: sent, and neither it nor a later one answered already
     */
    public boolean answered(int direction, long number, long roundTripNs, long nowNs) {
        if (direction < 0 || direction >= directions || number > sequence || number <= answeredSequence[direction]) {
            return false;
        }
        long skipped = number - 1 - Math.max(answeredSequence[direction], givenUp[direction]);
        if (skipped > 0) {
            lost(direction, skipped, number - 1);
        }
        answeredSequence[direction] = number;
        this.roundTripNs[direction] = roundTripNs;
        boolean complete = answeredSequence[0] >= number && answeredSequence[directions - 1] >= number;
        if (complete && number > badSequence) {
            roundComplete(nowNs);
        }
        return true;
    }

    private void roundComplete(long nowNs) {
        if (goodRounds++ == 0) {
            goodSinceNs = nowNs;
        }
        if (!alive && goodRounds >= timing.recoverAfter() && nowNs - goodSinceNs >= holdNs()) {
            become(true, nowNs);
        } else if (!confirmed) {
            confirmed = true;
            changedNs = nowNs;
        }
    }

    /** How long the node has to answer before it serves again. */
    public long holdNs() {
        return deaths < 2 ? 0 : timing.holdDownNs() << Math.min(deaths - 2, DOUBLED_MAX);
    }

    /** When {@link #step} has something to do next. */
    public long dueNs() {
        if (alive && sequence > 0) {
            for (int d = 0; d < directions; d++) {
                if (sequence - answeredSequence[d] >= timing.failAfter()) {
                    return Math.min(nextNs, lastSentNs + timing.graceNs());
                }
            }
        }
        return nextNs;
    }

    /** Number of the last round. */
    public long sequence() {
        return sequence;
    }

    /** Whether the node serves, as far as probes tell. */
    public boolean alive() {
        return alive;
    }

    /** Whether probes have said anything yet. */
    public boolean confirmed() {
        return confirmed;
    }

    /** When {@link #alive} changed, or was first confirmed. */
    public long changedNs() {
        return changedNs;
    }

    /** Probes lost in a direction since the session began: a later one came back, or so many were sent since that the node would be dead. */
    public long lost(int direction) {
        return lost[direction];
    }

    /** Last round trip in a direction, -1 if none came back yet. */
    public long roundTripNs(int direction) {
        return roundTripNs[direction];
    }

    /** 1 or 2. */
    public int directions() {
        return directions;
    }

    /** Deaths within a minute of each other. */
    public int deaths() {
        return deaths;
    }

    /** The settings. */
    public ProbeTiming timing() {
        return timing;
    }
}
