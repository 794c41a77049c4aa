package dev.sluice.wire;

import java.lang.foreign.MemorySegment;

/**
 * UDP header (RFC 768).
 *
 * <pre>
 *  0                   1                   2                   3
 *  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * |          Source port          |       Destination port        |
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * |            Length             |           Checksum            |
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * </pre>
 *
 * <p>Called from the hot path: no allocation. Run {@link #check} before any other accessor. Setters leave the checksum alone.
 */
public final class Udp {
    /** Length of the header in bytes. */
    public static final int BYTES = 8;

    /** Where the checksum is, as for a partial checksum of VIRTIO. */
    public static final int CHECKSUM_OFFSET = 6;

    private static final int DESTINATION_PORT_OFFSET = 2;
    private static final int LENGTH_OFFSET = 4;

    private Udp() {}

    /**
     * The header length, or a negative code of {@link Malformed}.
     *
     * @param bytesAvailable bytes of the IP packet from {@code base} on
     */
    public static int check(MemorySegment f, long base, int bytesAvailable) {
        int header = checkHeader(bytesAvailable);
        if (header < 0) {
            return header;
        }
        int length = length(f, base);
        return length >= BYTES && length <= bytesAvailable ? BYTES : Malformed.UDP_LENGTH;
    }

    /** The same for the first fragment of a packet, whose UDP length counts the bytes of all fragments. */
    public static int checkHeader(int bytesAvailable) {
        return bytesAvailable >= BYTES ? BYTES : Malformed.UDP_TRUNCATED;
    }

    /** Source port. */
    public static int sourcePort(MemorySegment f, long base) {
        return Layouts.u16(f, base);
    }

    /** Destination port. */
    public static int destinationPort(MemorySegment f, long base) {
        return Layouts.u16(f, base + DESTINATION_PORT_OFFSET);
    }

    /** Length of header and payload in bytes. */
    public static int length(MemorySegment f, long base) {
        return Layouts.u16(f, base + LENGTH_OFFSET);
    }

    /** The checksum field; 0 means none. */
    public static int checksum(MemorySegment f, long base) {
        return Layouts.u16(f, base + CHECKSUM_OFFSET);
    }

    /** Writes the source port. */
    public static void setSourcePort(MemorySegment f, long base, int port) {
        Layouts.putU16(f, base, port);
    }

    /** Writes the destination port. */
    public static void setDestinationPort(MemorySegment f, long base, int port) {
        Layouts.putU16(f, base + DESTINATION_PORT_OFFSET, port);
    }

    /** Writes the length of header and payload in bytes. */
    public static void setLength(MemorySegment f, long base, int length) {
        Layouts.putU16(f, base + LENGTH_OFFSET, length);
    }

    /** Writes the checksum field. */
    public static void setChecksum(MemorySegment f, long base, int checksum) {
        Layouts.putU16(f, base + CHECKSUM_OFFSET, checksum);
    }
}
