package dev.sluice.wire;

import java.lang.foreign.MemorySegment;

/**
 * SCTP common header (RFC 9260 3.1). Its checksum is a CRC32c over the SCTP packet alone, so rewriting IP addresses leaves it valid.
 *
 * <pre>
 *  0                   1                   2                   3
 *  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * |          Source port          |       Destination port        |
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * |                       Verification tag                        |
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * |                           Checksum                            |
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * </pre>
 *
 * <p>Called from the hot path: no allocation. Run {@link #check} before any other accessor.
 */
public final class Sctp {
    /** Length of the common header in bytes. */
    public static final int BYTES = 12;

    /** Where the CRC32c is. */
    public static final int CHECKSUM_OFFSET = 8;

    private static final int DESTINATION_PORT_OFFSET = 2;
    private static final int TAG_OFFSET = 4;

    private Sctp() {}

    /** The header length, or {@link Malformed#SCTP_TRUNCATED}. */
    public static int check(int bytesAvailable) {
        return bytesAvailable >= BYTES ? BYTES : Malformed.SCTP_TRUNCATED;
    }

    /** Source port. */
    public static int sourcePort(MemorySegment f, long base) {
        return Layouts.u16(f, base);
    }

    /** Destination port. */
    public static int destinationPort(MemorySegment f, long base) {
        return Layouts.u16(f, base + DESTINATION_PORT_OFFSET);
    }

    /** Verification tag, 0..2^32-1; 0 in a packet with INIT. */
    public static long verificationTag(MemorySegment f, long base) {
        return Layouts.u32(f, base + TAG_OFFSET);
    }

    /** The CRC32c field as the 32 bits on the wire. */
    public static long checksum(MemorySegment f, long base) {
        return Layouts.u32(f, base + CHECKSUM_OFFSET);
    }

    /** Writes the source port. */
    public static void setSourcePort(MemorySegment f, long base, int port) {
        Layouts.putU16(f, base, port);
    }

    /** Writes the destination port. */
    public static void setDestinationPort(MemorySegment f, long base, int port) {
        Layouts.putU16(f, base + DESTINATION_PORT_OFFSET, port);
    }

    /** Writes the verification tag. */
    public static void setVerificationTag(MemorySegment f, long base, long tag) {
        Layouts.putU32(f, base + TAG_OFFSET, tag);
    }

    /** Writes the CRC32c field. */
    public static void setChecksum(MemorySegment f, long base, long checksum) {
        Layouts.putU32(f, base + CHECKSUM_OFFSET, checksum);
    }
}
