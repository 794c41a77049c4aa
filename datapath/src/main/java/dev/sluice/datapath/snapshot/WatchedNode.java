package dev.sluice.datapath.snapshot;

import dev.sluice.wire.IpAddress;

/**
 * An address from which a service node speaks for itself: it answers what this process asks it, or holds a BFD session with it (packet-life.md, what nodes say of themselves).
 * Immutable.
 *
 * @param key what the receiver knows it by
 * @param port index of the service port that leads to it, {@link #UNDERLAY} if its address is in the underlay
 * @param attachment id of the attachment whose side it is; nothing in the underlay
 * @param side {@link Attachment#IN} or {@link Attachment#OUT}; nothing in the underlay
 * @param address the node's
 * @param own ours
 * @param speech what it is listened to for
 * @param nodePort the port that it speaks from, of TCP; the port of both sides, of THROUGH; else 0
 */
public record WatchedNode(
        int key, int port, int attachment, int side, IpAddress address, IpAddress own, Speech speech, int nodePort) {
    /** {@link #port} of a node with an address in the underlay. */
    public static final int UNDERLAY = -1;

    /** What a node is listened to for. */
    public enum Speech {
        /** BFD, single hop or multihop. */
        BFD,
        /** Answers to echo requests. */
        ECHO,
        /** Answers to the question for its MAC address: ARP replies, solicited neighbour advertisements. */
        NEIGHBOR,
        /** Segments of a connection to one of its ports. */
        TCP,
        /** Probes that it has routed, of IPv6: others are known by their form. */
        THROUGH
    }
}
