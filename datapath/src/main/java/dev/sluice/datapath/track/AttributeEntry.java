package dev.sluice.datapath.track;

import dev.sluice.datapath.rules.AttributeIds;
import org.jspecify.annotations.Nullable;

/** What was set for one port or one flow. Changed by the worker only. */
public final class AttributeEntry {
    /** The flow, null if the entry is one of a port. */
    private final @Nullable FlowName flow;

    /** Index of the port, -1 if the entry is one of a flow. */
    private final int port;

    private final long sequence;
    long attributes;
    long expiresNs;

    AttributeEntry(@Nullable FlowName flow, int port, long sequence) {
        this.flow = flow;
        this.port = port;
        this.sequence = sequence;
    }

    /** The flow, null if the entry is one of a port. */
    public @Nullable FlowName flow() {
        return flow;
    }

    /** Index of the port, -1 if the entry is one of a flow. */
    public int port() {
        return port;
    }

    /** Numbers of the values, as in {@link AttributeIds}. */
    public long attributes() {
        return attributes;
    }

    /** When the entry ends, on the clock of the worker. */
    public long expiresNs() {
        return expiresNs;
    }

    /** Earliest end first. */
    static int compare(AttributeEntry one, AttributeEntry other) {
        long apart = one.expiresNs - other.expiresNs;
        return apart != 0 ? Long.signum(apart) : Long.compare(one.sequence, other.sequence);
    }
}
