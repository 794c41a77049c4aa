package dev.sluice.wire;

import java.lang.foreign.MemorySegment;

/**
 * Geneve header (RFC 8926 3.4). Options follow it, see {@link GeneveOptions}.
 *
 * <pre>
 *  0                   1                   2                   3
 *  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * |Ver|  Opt Len  |O|C|    Rsvd.  |          Protocol Type        |
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * |        Virtual Network Identifier (VNI)       |    Reserved   |
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * ~                    Variable-Length Options                    ~
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * </pre>
 *
 * <p>Called from the hot path: no allocation. Run {@link #check} before any other accessor. Reserved bits are ignored (3.4).
 */
public final class Geneve {
    /** Length of the header in bytes, without options. */
    public static final int BYTES = 8;

    /** Most bytes that options can have: 63 words. */
    public static final int OPTION_BYTES_MAX = 252;

    /** UDP destination port (RFC 8926 3.3). */
    public static final int PORT = 6081;

    private static final int CONTROL = 0x80;
    private static final int CRITICAL = 0x40;
    private static final int FLAGS_OFFSET = 1;
    private static final int PROTOCOL_OFFSET = 2;
    private static final int VNI_OFFSET = 4;

    private Geneve() {}

    /**
     * Checks version and length of header and options, not the options themselves ({@link GeneveOptions#check}).
     *
     * @param bytesAvailable bytes of the UDP payload from {@code base} on
     * @return the header length with options in bytes: 8..260, or a negative code of {@link Malformed}
     */
    public static int check(MemorySegment f, long base, int bytesAvailable) {
        if (bytesAvailable < BYTES) {
            return Malformed.GENEVE_TRUNCATED;
        }
        if (version(f, base) != 0) {
            return Malformed.GENEVE_VERSION;
        }
        int headerBytes = BYTES + optionBytes(f, base);
        return headerBytes <= bytesAvailable ? headerBytes : Malformed.GENEVE_TRUNCATED;
    }

    /** Version, 0. */
    public static int version(MemorySegment f, long base) {
        return Layouts.u8(f, base) >>> 6;
    }

    /** Length of all options in bytes: 0..252. */
    public static int optionBytes(MemorySegment f, long base) {
        return (Layouts.u8(f, base) & 0x3f) << 2;
    }

    /** Whether this is a message between tunnel endpoints (bit O), which must not be forwarded. */
    public static boolean isControl(MemorySegment f, long base) {
        return (Layouts.u8(f, base + FLAGS_OFFSET) & CONTROL) != 0;
    }

    /** Whether the sender says that one of the options is critical (bit C). {@link GeneveOptions} looks at the options themselves. */
    public static boolean saysCritical(MemorySegment f, long base) {
        return (Layouts.u8(f, base + FLAGS_OFFSET) & CRITICAL) != 0;
    }

    /** Ethernet type of the payload; {@link EtherTypes#TEB} for a whole frame. */
    public static int protocol(MemorySegment f, long base) {
        return Layouts.u16(f, base + PROTOCOL_OFFSET);
    }

    /** Virtual network identifier, 24 bits. */
    public static int vni(MemorySegment f, long base) {
        return f.get(Layouts.BE32, base + VNI_OFFSET) >>> 8;
    }

    /** Writes the virtual network identifier, and 0 into the byte behind it. */
    public static void setVni(MemorySegment f, long base, int vni) {
        f.set(Layouts.BE32, base + VNI_OFFSET, vni << 8);
    }

    /**
     * Writes the header in front of options that are written already or will be.
     *
     * @param optionBytes length of all options: a multiple of 4 in 0..252
     * @param control bit O
     * @param critical bit C: must be set if one of the options is critical (RFC 8926 3.5)
     * @return its length with options in bytes
     */
    public static int write(
            MemorySegment f, long base, int optionBytes, boolean control, boolean critical, int protocol, int vni) {
        Layouts.putU8(f, base, optionBytes >>> 2);
        Layouts.putU8(f, base + FLAGS_OFFSET, (control ? CONTROL : 0) | (critical ? CRITICAL : 0));
        Layouts.putU16(f, base + PROTOCOL_OFFSET, protocol);
        setVni(f, base, vni);
        return BYTES + optionBytes;
    }
}
