package dev.sluice.datapath;

/** Who sends probes through service nodes and waits for them to come back (docs/reference/probes.md). One user: the worker. */
public interface ProbeReceiver {
    /** Nobody waits: whatever looks like a probe is forged. */
    ProbeReceiver NONE = (_, _, _) -> false;

    /**
     * Looks at a frame from a service port that begins and ends as a probe does: {@link dev.sluice.wire.Probe} lies behind the 8 bytes at {@code batch.l4}. The frame stays
     * the caller's. Hot path: no allocation.
     *
     * @return whether it is a probe of this process that was expected at this port with these tags
     */
    boolean receive(Batch batch, int slot, long nowNs);
}
