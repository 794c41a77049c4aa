package dev.sluice.datapath.rules;

/** Counters of one rule, for the life of its id (X12). One writer: the worker; readers may see values that lag a little. */
public final class RuleCounters {
    /** Decisions in which the rule took part: flows that it decided, or saw if it only observes. */
    public long flows;

    /** Packets of those flows. */
    public long packets;

    /** Their bytes, from the Ethernet header on. */
    public long bytes;

    /** When the last of them came, on the clock of the worker; meaningless while {@link #packets} is 0. */
    public long lastHitNs;

    /** Decisions that should have been logged and were too many. */
    public long logSuppressed;

    /** Begin of the second in which log lines are counted; for who writes the log. */
    public long logSecondNs;

    /** How many there were in it. */
    public int loggedInSecond;

    /** Counts packets of flows that a fast path repeated. */
    public void hitRepeated(long frames, long moreBytes, long seenNs) {
        lastHitNs = packets == 0 ? seenNs : Math.max(lastHitNs, seenNs);
        packets += frames;
        bytes += moreBytes;
    }

    /** Lets the next log line begin a second; only while no worker uses the rule. */
    public void restartLog() {
        loggedInSecond = 0;
    }
}
