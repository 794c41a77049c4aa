package dev.sluice.wire;

import java.lang.foreign.MemorySegment;

/**
 * ICMPv6 header (RFC 4443 2.1, echo 4.1). Neighbour discovery is in {@link NeighborDiscovery}.
 *
 * <pre>
 *  0                   1                   2                   3
 *  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * |     Type      |     Code      |           Checksum            |
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * |       Identifier (echo)       |        Sequence (echo)        |
 * |           or MTU (packet too big), pointer, unused            |
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * |   Echo data, or as much of the packet that caused an error as fits into 1280 bytes
 * +-+-+-+-
 * </pre>
 *
 * <p>Called from the hot path: no allocation. Run {@link #check} before any other accessor. Setters leave the checksum alone.
 */
public final class Icmpv6 {
    /** Length of the header in bytes; in an error the offending packet follows. */
    public static final int BYTES = 8;

    /** Where the checksum is. */
    public static final int CHECKSUM_OFFSET = 2;

    /** Type: destination unreachable. */
    public static final int UNREACHABLE = 1;

    /** Type: packet too big. */
    public static final int PACKET_TOO_BIG = 2;

    /** Type: time exceeded. */
    public static final int TIME_EXCEEDED = 3;

    /** Type: parameter problem. */
    public static final int PARAMETER_PROBLEM = 4;

    /** Type: echo request. */
    public static final int ECHO_REQUEST = 128;

    /** Type: echo reply. */
    public static final int ECHO_REPLY = 129;

    /** Code of {@link #UNREACHABLE}: no route to destination. */
    public static final int CODE_NO_ROUTE = 0;

    /** Code of {@link #UNREACHABLE}: administratively prohibited. */
    public static final int CODE_PROHIBITED = 1;

    /** Code of {@link #UNREACHABLE}: the address does not answer. */
    public static final int CODE_ADDRESS_UNREACHABLE = 3;

    private static final int CODE_OFFSET = 1;
    private static final int IDENTIFIER_OFFSET = 4;
    private static final int SEQUENCE_OFFSET = 6;

    private Icmpv6() {}

    /** The header length, or {@link Malformed#ICMPV6_TRUNCATED}. */
    public static int check(int bytesAvailable) {
        return bytesAvailable >= BYTES ? BYTES : Malformed.ICMPV6_TRUNCATED;
    }

    /** Whether messages of the type carry the packet that caused them (RFC 4443 2.1: below 128). */
    public static boolean isError(int type) {
        return type < 128;
    }

    /** Message type. */
    public static int type(MemorySegment f, long base) {
        return Layouts.u8(f, base);
    }

    /** Message code. */
    public static int code(MemorySegment f, long base) {
        return Layouts.u8(f, base + CODE_OFFSET);
    }

    /** The checksum field. */
    public static int checksum(MemorySegment f, long base) {
        return Layouts.u16(f, base + CHECKSUM_OFFSET);
    }

    /** Identifier of an echo. */
    public static int identifier(MemorySegment f, long base) {
        return Layouts.u16(f, base + IDENTIFIER_OFFSET);
    }

    /** Sequence number of an echo. */
    public static int sequence(MemorySegment f, long base) {
        return Layouts.u16(f, base + SEQUENCE_OFFSET);
    }

    /** MTU of {@link #PACKET_TOO_BIG}, 0..2^32-1. */
    public static long mtu(MemorySegment f, long base) {
        return Layouts.u32(f, base + IDENTIFIER_OFFSET);
    }

    /** Writes type, code, the four bytes that depend on the type, and a zero checksum. */
    public static void write(MemorySegment f, long base, int type, int code, int identifier, int sequence) {
        Layouts.putU16(f, base, type << 8 | (code & 0xff));
        setChecksum(f, base, 0);
        setIdentifier(f, base, identifier);
        setSequence(f, base, sequence);
    }

    /** Writes the checksum field. */
    public static void setChecksum(MemorySegment f, long base, int checksum) {
        Layouts.putU16(f, base + CHECKSUM_OFFSET, checksum);
    }

    /** Writes the identifier of an echo. */
    public static void setIdentifier(MemorySegment f, long base, int identifier) {
        Layouts.putU16(f, base + IDENTIFIER_OFFSET, identifier);
    }

    /** Writes the sequence number of an echo. */
    public static void setSequence(MemorySegment f, long base, int sequence) {
        Layouts.putU16(f, base + SEQUENCE_OFFSET, sequence);
    }

    /** Writes the MTU of {@link #PACKET_TOO_BIG}. */
    public static void setMtu(MemorySegment f, long base, long mtu) {
        Layouts.putU32(f, base + IDENTIFIER_OFFSET, mtu);
    }

    /** Computes and writes the checksum of a message of that many bytes with the addresses of the IPv6 header at {@code ipBase}. */
    public static void updateChecksum(MemorySegment f, long ipBase, long base, int messageBytes) {
        long pseudo = Checksum.pseudoIpv6(f, ipBase, IpProtocols.ICMPV6, messageBytes);
        setChecksum(f, base, Checksum.layer4(f, pseudo, base, messageBytes, CHECKSUM_OFFSET));
    }

    /** Whether the checksum of a message of that many bytes is right. */
    public static boolean checksumOk(MemorySegment f, long ipBase, long base, int messageBytes) {
        return Checksum.verify(f, Checksum.pseudoIpv6(f, ipBase, IpProtocols.ICMPV6, messageBytes), base, messageBytes);
    }
}
