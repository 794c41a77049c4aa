package dev.sluice.wire;

import java.lang.foreign.MemorySegment;

/**
 * ICMP header (RFC 792).
 *
 * <pre>
 *  0                   1                   2                   3
 *  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * |     Type      |     Code      |           Checksum            |
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * |   Identifier (echo), unused   |  Sequence (echo), MTU (3/4)   |
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * |   Echo data, or the IPv4 header and first bytes of the packet that caused an error
 * +-+-+-+-
 * </pre>
 *
 * <p>Called from the hot path: no allocation. Run {@link #check} before any other accessor. Setters leave the checksum alone.
 */
public final class Icmp {
    /** Length of the header in bytes; in an error the offending packet follows. */
    public static final int BYTES = 8;

    /** Where the checksum is. */
    public static final int CHECKSUM_OFFSET = 2;

    /** Type: echo reply. */
    public static final int ECHO_REPLY = 0;

    /** Type: destination unreachable. */
    public static final int UNREACHABLE = 3;

    /** Type: source quench (deprecated by RFC 6633). */
    public static final int SOURCE_QUENCH = 4;

    /** Type: redirect. */
    public static final int REDIRECT = 5;

    /** Type: echo request. */
    public static final int ECHO_REQUEST = 8;

    /** Type: time exceeded. */
    public static final int TIME_EXCEEDED = 11;

    /** Type: parameter problem. */
    public static final int PARAMETER_PROBLEM = 12;

    /** Code of {@link #UNREACHABLE}: no route to the network. */
    public static final int CODE_NET_UNREACHABLE = 0;

    /** Code of {@link #UNREACHABLE}: the host does not answer. */
    public static final int CODE_HOST_UNREACHABLE = 1;

    /** Code of {@link #UNREACHABLE}: fragmentation needed (RFC 1191). */
    public static final int CODE_FRAGMENTATION_NEEDED = 4;

    /** Code of {@link #UNREACHABLE}: administratively prohibited (RFC 1812 5.2.7.1). */
    public static final int CODE_PROHIBITED = 13;

    private static final int CODE_OFFSET = 1;
    private static final int IDENTIFIER_OFFSET = 4;
    private static final int SEQUENCE_OFFSET = 6;

    private Icmp() {}

    /** The header length, or {@link Malformed#ICMP_TRUNCATED}. */
    public static int check(int bytesAvailable) {
        return bytesAvailable >= BYTES ? BYTES : Malformed.ICMP_TRUNCATED;
    }

    /** Whether messages of the type carry the packet that caused them (RFC 1122 3.2.2). */
    public static boolean isError(int type) {
        return switch (type) {
            case UNREACHABLE, SOURCE_QUENCH, REDIRECT, TIME_EXCEEDED, PARAMETER_PROBLEM -> true;
            default -> false;
        };
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

    /** MTU of the next hop in {@link #CODE_FRAGMENTATION_NEEDED} (RFC 1191 4). */
    public static int nextHopMtu(MemorySegment f, long base) {
        return Layouts.u16(f, base + SEQUENCE_OFFSET);
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

    /** Writes the sequence number of an echo, or the MTU of the next hop. */
    public static void setSequence(MemorySegment f, long base, int sequence) {
        Layouts.putU16(f, base + SEQUENCE_OFFSET, sequence);
    }

    /** Computes and writes the checksum of a message of that many bytes. */
    public static void updateChecksum(MemorySegment f, long base, int messageBytes) {
        setChecksum(f, base, Checksum.layer4(f, 0, base, messageBytes, CHECKSUM_OFFSET));
    }

    /** Whether the checksum of a message of that many bytes is right. */
    public static boolean checksumOk(MemorySegment f, long base, int messageBytes) {
        return Checksum.verify(f, 0, base, messageBytes);
    }
}
