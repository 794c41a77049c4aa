package dev.sluice.datapath.packet;

/**
 * Up to {@link #CAPACITY} frames on their way through the stages, as a struct of arrays. One writer: the worker that owns it.
 *
 * <p>A port fills the first group of arrays, the parse stage the second; a stage reads what earlier stages wrote. Slot {@code i} is the same frame
 * in every array. Who handles a slot last (drop, transmit, hold) owns its frame.
 */
public final class Batch {
    /** Most frames in one batch. */
    public static final int CAPACITY = 256;

    /** {@link #offload} bit: the transport checksum is partial and has to be completed at {@code csumStart + csumOffset} (virtio NEEDS_CSUM). */
    public static final byte CHECKSUM_PARTIAL = 1;

    /** {@link #offload} bit: the transport checksum was verified by the sender's stack (virtio DATA_VALID). */
    public static final byte CHECKSUM_VALID = 2;

    /** {@link #gsoType} values, as in struct virtio_net_hdr. */
    public static final byte GSO_NONE = 0;

    public static final byte GSO_TCPV4 = 1;
    public static final byte GSO_UDP = 3;
    public static final byte GSO_TCPV6 = 4;
    public static final byte GSO_UDP_L4 = 5;

    /** Frames in this batch. */
    public int count;

    // Written by the port.

    /** Offset of the first byte of the Ethernet header in the pool's memory. */
    public final long[] start = new long[CAPACITY];

    /** Bytes from {@link #start} to the end of the frame, without FCS. */
    public final int[] length = new int[CAPACITY];

    /** Index of the port the frame came in on. */
    public final int[] port = new int[CAPACITY];

    public final byte[] offload = new byte[CAPACITY];
    public final byte[] gsoType = new byte[CAPACITY];

    /** Payload bytes of each segment of a super-frame. */
    public final int[] gsoSizeBytes = new int[CAPACITY];

    /** Bytes of all headers of a super-frame, as the sender's stack gave it; a hint. */
    public final int[] gsoHeaderBytes = new int[CAPACITY];

    /** Where the partial checksum begins, relative to {@link #start}. */
    public final int[] csumStart = new int[CAPACITY];

    /** Where the checksum field is, relative to {@link #csumStart}. */
    public final int[] csumOffset = new int[CAPACITY];

    // Written by the parse stage (see Parser).

    /** Offset of the network header relative to {@link #start}; tags lie between. */
    public final int[] l3 = new int[CAPACITY];

    /** Offset of the transport header relative to {@link #start}; 0 if there is none to read (fragments but the first, other protocols). */
    public final int[] l4 = new int[CAPACITY];

    /** EtherType behind the tags. */
    public final int[] etherType = new int[CAPACITY];

    /** Outer tag: TPID in the upper 16 bits, TCI in the lower; 0 if untagged. */
    public final int[] outerTag = new int[CAPACITY];

    /** Inner tag, likewise. */
    public final int[] innerTag = new int[CAPACITY];

    /** Ethernet addresses as the frame came in, 48 bits. */
    public final long[] sourceMac = new long[CAPACITY];

    public final long[] destinationMac = new long[CAPACITY];

    public final long[] sourceHi = new long[CAPACITY];
    public final long[] sourceLo = new long[CAPACITY];
    public final long[] destinationHi = new long[CAPACITY];
    public final long[] destinationLo = new long[CAPACITY];

    /** Source port, or ICMP identifier of an echo; 0 if the packet has none (docs/reference/packet-life.md, flow key). */
    public final int[] sourcePort = new int[CAPACITY];

    public final int[] destinationPort = new int[CAPACITY];
    public final int[] protocol = new int[CAPACITY];

    /** {@code Parser.*} bits: IPv4, IPv6, fragment, and so on; negative: malformed, a {@link DropReason} as {@code -1 - index}. */
    public final int[] parsed = new int[CAPACITY];

    /** TCP flags byte, 0 for other protocols. */
    public final int[] tcpFlags = new int[CAPACITY];

    /** DSCP, 0..63. */
    public final int[] dscp = new int[CAPACITY];

    /** Symmetric hash of the flow key without the router. */
    public final long[] hash = new long[CAPACITY];

    /** Whether another frame fits. */
    public boolean hasRoom() {
        return count < CAPACITY;
    }

    /** Appends a frame without offloads; the slot it got. */
    public int append(long frameStart, int frameBytes, int portIndex) {
        int slot = count++;
        start[slot] = frameStart;
        length[slot] = frameBytes;
        port[slot] = portIndex;
        offload[slot] = 0;
        gsoType[slot] = GSO_NONE;
        gsoSizeBytes[slot] = 0;
        gsoHeaderBytes[slot] = 0;
        csumStart[slot] = 0;
        csumOffset[slot] = 0;
        return slot;
    }

    /** Takes over what is known of a frame that waits; the parse stage is to read it again, or nothing of it is asked any more. */
    public void copyWaiting(int to, Batch from, int slot) {
        start[to] = from.start[slot];
        length[to] = from.length[slot];
        port[to] = from.port[slot];
        offload[to] = from.offload[slot];
        gsoType[to] = from.gsoType[slot];
        gsoSizeBytes[to] = from.gsoSizeBytes[slot];
        gsoHeaderBytes[to] = from.gsoHeaderBytes[slot];
        csumStart[to] = from.csumStart[slot];
        csumOffset[to] = from.csumOffset[slot];
        l3[to] = from.l3[slot];
    }
}
