package dev.sluice.datapath.foretell;

import dev.sluice.datapath.packet.DropReason;
import org.jspecify.annotations.Nullable;

/**
 * How a foretold journey ends.
 *
 * @param kind what becomes of the packet
 * @param port index of the port it leaves by; at a node, that of the side it enters; -1 if it leaves by none
 * @param reason why it is dropped; meaningful for {@link Kind#DROPPED}
 * @param node the node at which the journey ends; empty if it ends elsewhere
 * @param frame what leaves, for {@link Kind#SENT}; else null
 */
public record ForetoldEnd(
        Kind kind,
        int port,
        DropReason reason,
        String node,
        @Nullable ForetoldFrame frame) {
    /** What becomes of the packet. */
    public enum Kind {
        /** It leaves by a port that is no service port. */
        SENT,
        /** It goes to all of its segment. */
        COPIED,
        /** It is dropped. */
        DROPPED,
        /** It waits for the MAC address of its next hop or for the first fragment of its datagram, or is for Sluice itself and was taken. */
        TAKEN,
        /** It goes into a node that rewrites addresses: what comes out of it cannot be foretold. */
        TRANSLATED,
        /** The node, which routes, would drop it: its TTL is used up. */
        TTL_AT_NODE,
        /** It has passed more nodes than a path can have. */
        ENDLESS
    }
}
