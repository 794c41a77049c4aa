package dev.sluice.datapath.snapshot;

/** Counters of one path. One writer: the worker; readers may see values that lag a little. */
public final class PathCounters {
    /** Flows that were given this path. */
    public long flows;

    /** Flows that have this path now: records of the connection table, without superseded ones and those of translated flows. */
    public int active;

    /** Packets that went on without at least one of their services because it was dead and the failure action open (X7). */
    public long uninspected;
}
