package dev.sluice.wire;

import static dev.sluice.wire.Layouts.BE32;
import static dev.sluice.wire.Layouts.BE64;

import java.lang.foreign.MemorySegment;

/**
 * IPv6 header (RFC 8200 3).
 *
 * <pre>
 *  0                   1                   2                   3
 *  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * |Version| Traffic class |              Flow label               |
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * |         Payload length        |  Next header  |   Hop limit   |
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * |                                                               |
 * +                   Source address (4 words)                    +
 * |                                                               |
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * |                                                               |
 * +                 Destination address (4 words)                 +
 * |                                                               |
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * </pre>
 *
 * <p>Called from the hot path: no allocation. Run {@link #check} or {@link Ipv6Extensions#walk} before any other accessor. Addresses
 * are two longs in network order.
 */
public final class Ipv6 {
    /** Length of the header in bytes. */
    public static final int BYTES = 40;

    private static final int PAYLOAD_LENGTH_OFFSET = 4;
    private static final int NEXT_HEADER_OFFSET = 6;
    private static final int HOP_LIMIT_OFFSET = 7;
    private static final int SOURCE_OFFSET = 8;
    private static final int DESTINATION_OFFSET = 24;

    private Ipv6() {}

    /**
     * Checks version and payload length; not the extension headers ({@link Ipv6Extensions#walk}).
     *
     * @param bytesAvailable bytes in the frame from {@code base} on; link-layer padding behind the packet is allowed
     * @return 40, or a negative code of {@link Malformed}
     */
    public static int check(MemorySegment f, long base, int bytesAvailable) {
        if (bytesAvailable < BYTES) {
            return Malformed.IPV6_TRUNCATED;
        }
        if (version(f, base) != 6) {
            return Malformed.IPV6_VERSION;
        }
        int payloadLength = payloadLength(f, base);
        if (payloadLength > bytesAvailable - BYTES) {
            return Malformed.IPV6_PAYLOAD_LENGTH;
        }
        if (payloadLength == 0 && nextHeader(f, base) == IpProtocols.HOP_BY_HOP) {
            return Malformed.IPV6_JUMBOGRAM;
        }
        return BYTES;
    }

    /** Version, 6. */
    public static int version(MemorySegment f, long base) {
        return Layouts.u8(f, base) >>> 4;
    }

    /** Traffic class: DSCP in the upper six bits, ECN in the lower two. */
    public static int trafficClass(MemorySegment f, long base) {
        return Layouts.u16(f, base) >>> 4 & 0xff;
    }

    /** Flow label, 20 bits. */
    public static int flowLabel(MemorySegment f, long base) {
        return f.get(BE32, base) & 0xf_ffff;
    }

    /** Length of what follows this header, in bytes. */
    public static int payloadLength(MemorySegment f, long base) {
        return Layouts.u16(f, base + PAYLOAD_LENGTH_OFFSET);
    }

    /** Type of the header that follows, see {@link IpProtocols}. */
    public static int nextHeader(MemorySegment f, long base) {
        return Layouts.u8(f, base + NEXT_HEADER_OFFSET);
    }

    /** Hop limit. */
    public static int hopLimit(MemorySegment f, long base) {
        return Layouts.u8(f, base + HOP_LIMIT_OFFSET);
    }

    /** Upper half of the source address. */
    public static long sourceHi(MemorySegment f, long base) {
        return f.get(BE64, base + SOURCE_OFFSET);
    }

    /** Lower half of the source address. */
    public static long sourceLo(MemorySegment f, long base) {
        return f.get(BE64, base + SOURCE_OFFSET + 8);
    }

    /** Upper half of the destination address. */
    public static long destinationHi(MemorySegment f, long base) {
        return f.get(BE64, base + DESTINATION_OFFSET);
    }

    /** Lower half of the destination address. */
    public static long destinationLo(MemorySegment f, long base) {
        return f.get(BE64, base + DESTINATION_OFFSET + 8);
    }

    /** Writes version 6, the traffic class (8 bits) and the flow label (20 bits). */
    public static void setVersionClassLabel(MemorySegment f, long base, int trafficClass, int flowLabel) {
        f.set(BE32, base, 6 << 28 | (trafficClass & 0xff) << 20 | (flowLabel & 0xf_ffff));
    }

    /** Writes the length of what follows this header, in bytes. */
    public static void setPayloadLength(MemorySegment f, long base, int payloadLength) {
        Layouts.putU16(f, base + PAYLOAD_LENGTH_OFFSET, payloadLength);
    }

    /** Writes the type of the header that follows. */
    public static void setNextHeader(MemorySegment f, long base, int nextHeader) {
        Layouts.putU8(f, base + NEXT_HEADER_OFFSET, nextHeader);
    }

    /** Writes the hop limit. */
    public static void setHopLimit(MemorySegment f, long base, int hopLimit) {
        Layouts.putU8(f, base + HOP_LIMIT_OFFSET, hopLimit);
    }

    /** Writes the source address. */
    public static void setSource(MemorySegment f, long base, long hi, long lo) {
        f.set(BE64, base + SOURCE_OFFSET, hi);
        f.set(BE64, base + SOURCE_OFFSET + 8, lo);
    }

    /** Writes the destination address. */
    public static void setDestination(MemorySegment f, long base, long hi, long lo) {
        f.set(BE64, base + DESTINATION_OFFSET, hi);
        f.set(BE64, base + DESTINATION_OFFSET + 8, lo);
    }

    /**
     * Takes one from the hop limit; 0 is left alone.
     *
     * @return the new hop limit; at 0 a router must not forward the packet (RFC 8200 3)
     */
    public static int decrementHopLimit(MemorySegment f, long base) {
        int hopLimit = hopLimit(f, base);
        if (hopLimit == 0) {
            return 0;
        }
        setHopLimit(f, base, hopLimit - 1);
        return hopLimit - 1;
    }
}
