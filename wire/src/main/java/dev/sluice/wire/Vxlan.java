package dev.sluice.wire;

import java.lang.foreign.MemorySegment;

/**
 * VXLAN header (RFC 7348 5); an Ethernet frame follows.
 *
 * <pre>
 *  0                   1                   2                   3
 *  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * |R|R|R|R|I|R|R|R|            Reserved                           |
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * |                VXLAN Network Identifier (VNI) |   Reserved    |
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * </pre>
 *
 * <p>Called from the hot path: no allocation. Run {@link #check} before any other accessor. Reserved bits are ignored.
 */
public final class Vxlan {
    /** Length of the header in bytes. */
    public static final int BYTES = 8;

    /** UDP destination port (RFC 7348 5). */
    public static final int PORT = 4789;

    /** Flag I: the VNI is valid. */
    static final int INSTANCE = 0x08;

    private static final int VNI_OFFSET = 4;

    private Vxlan() {}

    /** The header length, or a negative code of {@link Malformed}: too short, or flag I is not set. */
    public static int check(MemorySegment f, long base, int bytesAvailable) {
        if (bytesAvailable < BYTES) {
            return Malformed.VXLAN_TRUNCATED;
        }
        return (flags(f, base) & INSTANCE) != 0 ? BYTES : Malformed.VXLAN_NO_VNI;
    }

    /** The eight flags. */
    public static int flags(MemorySegment f, long base) {
        return Layouts.u8(f, base);
    }

    /** Virtual network identifier, 24 bits. */
    public static int vni(MemorySegment f, long base) {
        return f.get(Layouts.BE32, base + VNI_OFFSET) >>> 8;
    }

    /** Writes the virtual network identifier, and 0 into the byte behind it. */
    public static void setVni(MemorySegment f, long base, int vni) {
        f.set(Layouts.BE32, base + VNI_OFFSET, vni << 8);
    }

    /** Writes the header; returns its length in bytes. */
    public static int write(MemorySegment f, long base, int vni) {
        f.set(Layouts.BE32, base, INSTANCE << 24);
        setVni(f, base, vni);
        return BYTES;
    }
}
