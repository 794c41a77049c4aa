package dev.sluice.datapath.snapshot;

/** Packets to and from one service node. One writer: the worker; readers may see values that lag a little. */
public final class AttachmentCounters {
    /** Packets sent to the node, forward and reverse. */
    public final long[] sent = new long[2];

    /** Packets that came back from the node, forward and reverse. */
    public final long[] returned = new long[2];

    /** Copies sent. */
    public long copies;

    /** Copies that could not be sent: the node is dead or no frame was free. */
    public long copiesLost;

    /** Packets and copies that were not sent because of the instance's cap. */
    public long capped;
}
