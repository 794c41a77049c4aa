package dev.sluice.liveness;

/**
 * What was found out about a node, which outlives the settings under which it was: who asks for probes more often has not made the node well.
 *
 * @param alive whether it serves
 * @param confirmed whether that was found out, or is only assumed so far
 * @param deaths within a minute of each other
 * @param diedNs when the last was, by the clock of the sessions
 */
public record HealthVerdict(boolean alive, boolean confirmed, int deaths, long diedNs) {
    /** Of a node of which nothing is known. */
    public static final HealthVerdict NONE = new HealthVerdict(true, false, 0, 0);
}
