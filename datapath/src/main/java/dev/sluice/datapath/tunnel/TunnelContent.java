package dev.sluice.datapath.tunnel;

import dev.sluice.datapath.packet.Batch;
import dev.sluice.datapath.stage.Cursor;
import dev.sluice.wire.OverlayTemplate;

/** What one kind of tunnel carries, and what stands between the outer headers and that; for the packet that {@link TunnelOutput} has in hand. One user: the worker. */
public interface TunnelContent {
    /** DSCP and ECN go into the outer header as they are: switches pass on congestion that is marked on the way. */
    int ALL_OF_TOS = 0xff;

    /** DSCP only: programs behind sockets would not see what is marked on the way (RFC 6040 4.1, compatibility mode). */
    int DSCP_OF_TOS = 0xfc;

    /** Which bits of the packet's TOS or traffic class the outer header gets. */
    default int tosMask() {
        return DSCP_OF_TOS;
    }

    /** Bytes between the outer headers and what is carried. */
    default int headerBytes() {
        return 0;
    }

    /** Whether the frame is carried without its Ethernet header and tags. */
    default boolean isWithoutEthernet() {
        return false;
    }

    /** Whether a fast path may put the same headers around packets that follow. */
    default boolean isRepeated() {
        return false;
    }

    /** A hash of the flow, the same for all packets of one direction: its upper half varies the outer headers. */
    default long entropy(Cursor c, Batch b, int i) {
        return c.fields.hash;
    }

    /**
     * Writes what differs from packet to packet, but for lengths and checksums, which come after; and counts.
     *
     * @param b batch of the frame, which is as it was before
     * @param start where the outer headers already stand, with {@link #headerBytes} of room behind them
     * @param outer these headers
     * @param port index of the port that the packet leaves by
     */
    void write(Cursor c, Batch b, int i, long start, OverlayTemplate outer, int port);
}
