package dev.sluice.datapath;

import dev.sluice.datapath.packet.Batch;
import dev.sluice.datapath.snapshot.WatchedNode;
import java.lang.foreign.MemorySegment;

/** Who sends probes through service nodes and to them, and waits for what comes back (docs/reference/probes.md). One user: the worker. */
public interface ProbeReceiver {
    /** Nobody waits: whatever looks like a probe is forged. */
    ProbeReceiver NONE = new ProbeReceiver() {
        @Override
        public boolean receive(Batch batch, int slot, long nowNs) {
            return false;
        }

        @Override
        public boolean said(WatchedNode by, MemorySegment f, long transport, int bytes, int ttl, long nowNs) {
            return false;
        }

        @Override
        public boolean neighborAnswered(WatchedNode by, long nowNs) {
            return false;
        }
    };

    /**
     * Looks at a frame from a service port that begins and ends as a probe does: {@link dev.sluice.wire.Probe} lies behind the 8 bytes at {@code batch.l4}. The frame stays
     * the caller's. Hot path: no allocation.
     *
     * @return whether it is a probe of this process that was expected at this port with these tags
     */
    boolean receive(Batch batch, int slot, long nowNs);

    /**
     * Takes what a watched node says. The frame stays the caller's. Hot path: no allocation.
     *
     * @param transport where the header of UDP, TCP or ICMP begins; checksums were looked at
     * @param bytes from there to the end of the packet, at least the header
     * @param ttl TTL or hop limit with which it came
     * @return whether it was expected
     */
    boolean said(WatchedNode by, MemorySegment f, long transport, int bytes, int ttl, long nowNs);

    /**
     * Hears that a watched node has answered a question for its MAC address. Hot path: no allocation.
     *
     * @return whether this process has asked and waits for it
     */
    boolean neighborAnswered(WatchedNode by, long nowNs);
}
