package dev.sluice.wire;

import java.lang.foreign.MemorySegment;

/**
 * GRE header (RFC 2784 2.1 with key and sequence number of RFC 2890 2).
 *
 * <pre>
 *  0                   1                   2                   3
 *  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * |C| |K|S|       Reserved0 | Ver |         Protocol type         |
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * |      Checksum (optional)      |       Reserved1 (optional)    |
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * |                         Key (optional)                        |
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * |                 Sequence number (optional)                    |
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * </pre>
 *
 * <p>Called from the hot path: no allocation. Run {@link #check} before any other accessor.
 */
public final class Gre {
    /** Length of the header in bytes, without optional words. */
    public static final int BYTES = 4;

    /** Flag: checksum and reserved word are there. */
    public static final int CHECKSUM = 0x8000;

    /** Flag: key is there. */
    public static final int KEY = 0x2000;

    /** Flag: sequence number is there. */
    public static final int SEQUENCE = 0x1000;

    /** Bits 1, 4 and 5: a receiver that does not implement RFC 1701 must drop (RFC 2784 2.3). */
    private static final int MUST_BE_ZERO = 0x4c00;

    private static final int VERSION_MASK = 7;
    private static final int PROTOCOL_OFFSET = 2;
    private static final int OPTIONAL_OFFSET = 4;

    private Gre() {}

    /** The header length with its optional words, in bytes, or a negative code of {@link Malformed}. */
    public static int check(MemorySegment f, long base, int bytesAvailable) {
        if (bytesAvailable < BYTES) {
            return Malformed.GRE_TRUNCATED;
        }
        int flags = flags(f, base);
        if ((flags & VERSION_MASK) != 0) {
            return Malformed.GRE_VERSION;
        }
        if ((flags & MUST_BE_ZERO) != 0) {
            return Malformed.GRE_RESERVED;
        }
        int headerBytes = headerBytes(flags);
        return headerBytes <= bytesAvailable ? headerBytes : Malformed.GRE_TRUNCATED;
    }

    /** Header length in bytes that belongs to flags. */
    public static int headerBytes(int flags) {
        return BYTES
                + ((flags & CHECKSUM) != 0 ? 4 : 0)
                + ((flags & KEY) != 0 ? 4 : 0)
                + ((flags & SEQUENCE) != 0 ? 4 : 0);
    }

    /** The first 16 bits: flags and version. */
    public static int flags(MemorySegment f, long base) {
        return Layouts.u16(f, base);
    }

    /** Version: 0 here, 1 in PPTP (RFC 2637). */
    public static int version(MemorySegment f, long base) {
        return flags(f, base) & VERSION_MASK;
    }

    /** Ethernet type of the payload. */
    public static int protocol(MemorySegment f, long base) {
        return Layouts.u16(f, base + PROTOCOL_OFFSET);
    }

    /** The checksum, or -1 if there is none. */
    public static int checksum(MemorySegment f, long base) {
        return (flags(f, base) & CHECKSUM) != 0 ? Layouts.u16(f, base + OPTIONAL_OFFSET) : -1;
    }

    /** The key, 0..2^32-1, or -1 if there is none. */
    public static long key(MemorySegment f, long base) {
        int flags = flags(f, base);
        return (flags & KEY) != 0 ? Layouts.u32(f, base + headerBytes(flags & CHECKSUM)) : -1;
    }

    /** The sequence number, 0..2^32-1, or -1 if there is none. */
    public static long sequence(MemorySegment f, long base) {
        int flags = flags(f, base);
        return (flags & SEQUENCE) != 0 ? Layouts.u32(f, base + headerBytes(flags & (CHECKSUM | KEY))) : -1;
    }

    /** Whether the checksum over header and payload is right, or absent (RFC 2784 2.5). */
    public static boolean checksumOk(MemorySegment f, long base, int bytes) {
        return (flags(f, base) & CHECKSUM) == 0 || Checksum.sum(f, base, bytes) == 0xffff;
    }

    /**
     * Writes a header without checksum.
     *
     * @param key 0..2^32-1, or -1 for none
     * @param sequence 0..2^32-1, or -1 for none
     * @return its length in bytes
     */
    public static int write(MemorySegment f, long base, int protocol, long key, long sequence) {
        int flags = (key >= 0 ? KEY : 0) | (sequence >= 0 ? SEQUENCE : 0);
        Layouts.putU16(f, base, flags);
        Layouts.putU16(f, base + PROTOCOL_OFFSET, protocol);
        if (key >= 0) {
            Layouts.putU32(f, base + OPTIONAL_OFFSET, key);
        }
        if (sequence >= 0) {
            Layouts.putU32(f, base + headerBytes(flags & KEY), sequence);
        }
        return headerBytes(flags);
    }

    /**
     * Writes a header with room for a checksum, which {@link #updateChecksum} fills once the payload is there.
     *
     * @param key 0..2^32-1, or -1 for none
     * @param sequence 0..2^32-1, or -1 for none
     * @return its length in bytes
     */
    public static int writeChecked(MemorySegment f, long base, int protocol, long key, long sequence) {
        int flags = CHECKSUM | (key >= 0 ? KEY : 0) | (sequence >= 0 ? SEQUENCE : 0);
        Layouts.putU16(f, base, flags);
        Layouts.putU16(f, base + PROTOCOL_OFFSET, protocol);
        Layouts.putU32(f, base + OPTIONAL_OFFSET, 0);
        if (key >= 0) {
            Layouts.putU32(f, base + headerBytes(CHECKSUM), key);
        }
        if (sequence >= 0) {
            Layouts.putU32(f, base + headerBytes(flags & (CHECKSUM | KEY)), sequence);
        }
        return headerBytes(flags);
    }

    /**
     * Computes and writes the checksum of a header that has one (RFC 2784 2.5).
     *
     * @param bytes length of header and payload
     */
    public static void updateChecksum(MemorySegment f, long base, int bytes) {
        Layouts.putU16(f, base + OPTIONAL_OFFSET, Checksum.layer4(f, 0, base, bytes, OPTIONAL_OFFSET));
    }

    /** Writes the sequence number of a header that has one. */
    public static void setSequence(MemorySegment f, long base, long sequence) {
        Layouts.putU32(f, base + headerBytes(flags(f, base) & (CHECKSUM | KEY)), sequence);
    }
}
