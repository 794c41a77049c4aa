package dev.sluice.wire;

import java.lang.foreign.MemorySegment;

/**
 * VLAN tag (IEEE 802.1Q 9.6; service tag of 802.1ad).
 *
 * <pre>
 *  0                   1                   2                   3
 *  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * |     TPID (0x8100, 0x88a8)     | PCP |D|          VID          |
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * </pre>
 *
 * <p>{@code base} is where the TPID begins: 12 bytes after the frame start for the outermost tag, 4 more for each further one.
 * Called from the hot path: no allocation.
 */
public final class VlanTag {
    /** Length of a tag in bytes. */
    public static final int BYTES = 4;

    /** Largest VLAN identifier that may be used; 4095 is reserved. */
    public static final int VID_MAX = 4094;

    private static final int TCI_OFFSET = 2;
    private static final int INNER_TYPE_OFFSET = 4;

    private VlanTag() {}

    /** Whether an Ethernet type announces a tag (0x8100, 0x88a8, and 0x9100 of older equipment). */
    public static boolean isTagType(int etherType) {
        return etherType == EtherTypes.VLAN || etherType == EtherTypes.QINQ || etherType == EtherTypes.QINQ_OLD;
    }

    /** The tag length, or {@link Malformed#VLAN_TRUNCATED} when tag and following type don't fit into the bytes from the TPID on. */
    public static int check(int bytesAvailable) {
        return bytesAvailable >= BYTES + 2 ? BYTES : Malformed.VLAN_TRUNCATED;
    }

    /** Tag protocol identifier. */
    public static int tpid(MemorySegment f, long base) {
        return Layouts.u16(f, base);
    }

    /** Tag control information: priority, drop eligibility and VLAN identifier. */
    public static int tci(MemorySegment f, long base) {
        return Layouts.u16(f, base + TCI_OFFSET);
    }

    /** Priority, 0..7. */
    public static int pcp(MemorySegment f, long base) {
        return tci(f, base) >>> 13;
    }

    /** Whether the frame is eligible to be dropped. */
    public static boolean dei(MemorySegment f, long base) {
        return (tci(f, base) & 0x1000) != 0;
    }

    /** VLAN identifier, 0..4095. */
    public static int vid(MemorySegment f, long base) {
        return tci(f, base) & 0xfff;
    }

    /** Type of what follows the tag. */
    public static int innerEtherType(MemorySegment f, long base) {
        return Layouts.u16(f, base + INNER_TYPE_OFFSET);
    }

    /** Writes the tag protocol identifier. */
    public static void setTpid(MemorySegment f, long base, int tpid) {
        Layouts.putU16(f, base, tpid);
    }

    /** Writes the tag control information. */
    public static void setTci(MemorySegment f, long base, int tci) {
        Layouts.putU16(f, base + TCI_OFFSET, tci);
    }

    /** Writes the VLAN identifier and keeps priority and drop eligibility. */
    public static void setVid(MemorySegment f, long base, int vid) {
        setTci(f, base, (tci(f, base) & 0xf000) | (vid & 0xfff));
    }

    /** Tag control information from its parts. */
    public static int tciOf(int pcp, boolean dei, int vid) {
        return (pcp & 7) << 13 | (dei ? 0x1000 : 0) | (vid & 0xfff);
    }

    /**
     * Inserts a tag as the outermost one. The addresses move 4 bytes down, so the frame needs as much headroom.
     *
     * @return the new frame start, {@code frameStart - 4}
     */
    public static long push(MemorySegment f, long frameStart, int tpid, int tci) {
        long start = frameStart - BYTES;
        Ethernet.moveAddresses(f, frameStart, start);
        setTpid(f, start + Ethernet.TYPE_OFFSET, tpid);
        setTci(f, start + Ethernet.TYPE_OFFSET, tci);
        return start;
    }

    /**
     * Removes the outermost tag of a frame that has one. The addresses move 4 bytes up.
     *
     * @return the new frame start, {@code frameStart + 4}
     */
    public static long pop(MemorySegment f, long frameStart) {
        long start = frameStart + BYTES;
        Ethernet.moveAddresses(f, frameStart, start);
        return start;
    }
}
