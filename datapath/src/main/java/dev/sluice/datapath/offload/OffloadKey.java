package dev.sluice.datapath.offload;

import static dev.sluice.wire.Layouts.BE16;
import static dev.sluice.wire.Layouts.BE64;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * Which packets a journey is for: 56 bytes, compared as a whole. Static accessors.
 *
 * <pre>
 *  0  source address 16               IPv4 as ::ffff:a.b.c.d
 * 16  destination address 16
 * 32  source port 2, destination port 2   of ICMP echo the identifier, both times
 * 36  protocol 1
 * 37  kind 1                          {@link #PLAIN}, {@link #SERVICE_HEADER}
 * 38  ingress 2                       number of the port it comes in by, 1..4095
 * 40  outer tag 4, inner tag 4        TPID in the upper 16 bits, TCI in the lower; 0 without tag
 * 48  service path 4                  of SERVICE_HEADER the second word of the header (RFC 8300 2.3), else 0
 * 52  network 4                       of SERVICE_HEADER the VNI, else 0
 * </pre>
 *
 * Addresses and ports are in network byte order, the other numbers in that of the machine. Packet path: no allocation.
 */
public final class OffloadKey {
    /** Length in bytes. */
    public static final int BYTES = 56;

    /** {@link #kind}: a frame as it is. */
    public static final int PLAIN = 0;

    /** {@link #kind}: Geneve with a network service header around an Ethernet frame, whose packet the addresses are of. */
    public static final int SERVICE_HEADER = 1;

    /** Largest number of a port: it travels as a VLAN identifier. */
    public static final int INGRESS_MAX = 4095;

    private static final ValueLayout.OfShort SHORT = ValueLayout.JAVA_SHORT_UNALIGNED;
    private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT_UNALIGNED;
    private static final int SOURCE = 0;
    private static final int DESTINATION = 16;
    private static final int SOURCE_PORT = 32;
    private static final int DESTINATION_PORT = 34;
    private static final int PROTOCOL = 36;
    private static final int KIND = 37;
    private static final int INGRESS = 38;
    private static final int OUTER_TAG = 40;
    private static final int INNER_TAG = 44;
    private static final int SERVICE_PATH = 48;
    private static final int NETWORK = 52;

    private OffloadKey() {}

    /** Makes all of it 0. */
    public static void clear(MemorySegment key, long base) {
        for (int i = 0; i < BYTES; i += Long.BYTES) {
            key.set(ValueLayout.JAVA_LONG_UNALIGNED, base + i, 0);
        }
    }

    /** Upper half of the source address. */
    public static long sourceHi(MemorySegment key, long base) {
        return key.get(BE64, base + SOURCE);
    }

    /** Lower half of the source address. */
    public static long sourceLo(MemorySegment key, long base) {
        return key.get(BE64, base + SOURCE + 8);
    }

    /** Upper half of the destination address. */
    public static long destinationHi(MemorySegment key, long base) {
        return key.get(BE64, base + DESTINATION);
    }

    /** Lower half of the destination address. */
    public static long destinationLo(MemorySegment key, long base) {
        return key.get(BE64, base + DESTINATION + 8);
    }

    /** Source port, or the identifier of an ICMP echo. */
    public static int sourcePort(MemorySegment key, long base) {
        return key.get(BE16, base + SOURCE_PORT) & 0xffff;
    }

    /** Destination port, or the identifier of an ICMP echo. */
    public static int destinationPort(MemorySegment key, long base) {
        return key.get(BE16, base + DESTINATION_PORT) & 0xffff;
    }

    /** IP protocol. */
    public static int protocol(MemorySegment key, long base) {
        return key.get(ValueLayout.JAVA_BYTE, base + PROTOCOL) & 0xff;
    }

    /** {@link #PLAIN} or {@link #SERVICE_HEADER}. */
    public static int kind(MemorySegment key, long base) {
        return key.get(ValueLayout.JAVA_BYTE, base + KIND) & 0xff;
    }

    /** Number of the port it comes in by. */
    public static int ingress(MemorySegment key, long base) {
        return key.get(SHORT, base + INGRESS) & 0xffff;
    }

    /** Outer tag, 0 without. */
    public static int outerTag(MemorySegment key, long base) {
        return key.get(INT, base + OUTER_TAG);
    }

    /** Inner tag, 0 without. */
    public static int innerTag(MemorySegment key, long base) {
        return key.get(INT, base + INNER_TAG);
    }

    /** Service path identifier in the upper 24 bits, service index in the lower 8. */
    public static int servicePath(MemorySegment key, long base) {
        return key.get(INT, base + SERVICE_PATH);
    }

    /** Virtual network identifier. */
    public static int network(MemorySegment key, long base) {
        return key.get(INT, base + NETWORK);
    }

    /** Writes the source address. */
    public static void setSource(MemorySegment key, long base, long hi, long lo) {
        key.set(BE64, base + SOURCE, hi);
        key.set(BE64, base + SOURCE + 8, lo);
    }

    /** Writes the destination address. */
    public static void setDestination(MemorySegment key, long base, long hi, long lo) {
        key.set(BE64, base + DESTINATION, hi);
        key.set(BE64, base + DESTINATION + 8, lo);
    }

    /** Writes protocol and ports. */
    public static void setTransport(MemorySegment key, long base, int protocol, int sourcePort, int destinationPort) {
        key.set(ValueLayout.JAVA_BYTE, base + PROTOCOL, (byte) protocol);
        key.set(BE16, base + SOURCE_PORT, (short) sourcePort);
        key.set(BE16, base + DESTINATION_PORT, (short) destinationPort);
    }

    /** Writes {@link #PLAIN} or {@link #SERVICE_HEADER}. */
    public static void setKind(MemorySegment key, long base, int kind) {
        key.set(ValueLayout.JAVA_BYTE, base + KIND, (byte) kind);
    }

    /** Writes the number of the port it comes in by. */
    public static void setIngress(MemorySegment key, long base, int ingress) {
        key.set(SHORT, base + INGRESS, (short) ingress);
    }

    /** Writes the tags; 0 for none. */
    public static void setTags(MemorySegment key, long base, int outerTag, int innerTag) {
        key.set(INT, base + OUTER_TAG, outerTag);
        key.set(INT, base + INNER_TAG, innerTag);
    }

    /** Writes the second word of the service header, and the virtual network identifier. */
    public static void setServicePath(MemorySegment key, long base, int servicePath, int network) {
        key.set(INT, base + SERVICE_PATH, servicePath);
        key.set(INT, base + NETWORK, network);
    }
}
