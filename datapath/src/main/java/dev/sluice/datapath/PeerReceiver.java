package dev.sluice.datapath;

import dev.sluice.datapath.snapshot.OverlayPeer;
import java.lang.foreign.MemorySegment;

/** Who hears what other switches say of themselves: that they live, and what their service nodes do (V14; packet-life.md, from another switch). One user: the worker. */
public interface PeerReceiver {
    /** Nobody listens: whatever comes is refused. */
    PeerReceiver NONE = new PeerReceiver() {
        @Override
        public boolean bfd(
                OverlayPeer peer, MemorySegment f, long base, int bytes, boolean multihop, int ttl, long nowNs) {
            return false;
        }

        @Override
        public boolean states(OverlayPeer peer, MemorySegment f, long base, int bytes, long nowNs) {
            return false;
        }
    };

    /**
     * Takes a BFD packet from the address of a peer. The frame stays the caller's. Hot path: no allocation.
     *
     * @param base where the payload of UDP begins
     * @param bytes its length
     * @param multihop whether it came to the port of RFC 5883
     * @param ttl TTL or hop limit with which it came
     * @return whether its session took it
     */
    boolean bfd(OverlayPeer peer, MemorySegment f, long base, int bytes, boolean multihop, int ttl, long nowNs);

    /**
     * Takes what a peer says of its service instances; {@link dev.sluice.wire.PlaneStates} lies at {@code base}. The frame stays the caller's. Hot path: no allocation.
     *
     * @param bytes length of the value
     * @return whether it was the peer, and said it now
     */
    boolean states(OverlayPeer peer, MemorySegment f, long base, int bytes, long nowNs);
}
