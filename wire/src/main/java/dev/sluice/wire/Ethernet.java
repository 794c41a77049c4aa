package dev.sluice.wire;

import static dev.sluice.wire.Layouts.BE32;
import static dev.sluice.wire.Layouts.BE64;

import java.lang.foreign.MemorySegment;

/**
 * Ethernet II header (IEEE 802.3 3.1.1, RFC 894).
 *
 * <pre>
 *  0                   1                   2                   3
 *  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * |                      Destination address                      |
 * +                               +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * |                               |                               |
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+                               +
 * |                        Source address                         |
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * |          EtherType            |
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * </pre>
 *
 * <p>Called from the hot path: no allocation. Addresses are 48 bits in a long, first octet highest.
 */
public final class Ethernet {
    /** Length of the header in bytes, without tags. */
    public static final int BYTES = 14;

    /** Where the type, or the first tag, begins. */
    public static final int TYPE_OFFSET = 12;

    private static final int SOURCE_OFFSET = 6;

    private Ethernet() {}

    /** The header length, or {@link Malformed#ETHERNET_TRUNCATED}. */
    public static int check(int bytesAvailable) {
        return bytesAvailable >= BYTES ? BYTES : Malformed.ETHERNET_TRUNCATED;
    }

    /** Destination MAC address. One load, which reads the beginning of the source as well. */
    public static long destination(MemorySegment f, long base) {
        return f.get(BE64, base) >>> 16;
    }

    /** Source MAC address. One load, which reads the end of the destination as well. */
    public static long source(MemorySegment f, long base) {
        return f.get(BE64, base + SOURCE_OFFSET - 2) & MacAddress.BROADCAST;
    }

    /** Type of what follows, or the length of an IEEE 802.3 frame when below {@link EtherTypes#SMALLEST}. */
    public static int etherType(MemorySegment f, long base) {
        return Layouts.u16(f, base + TYPE_OFFSET);
    }

    /** Whether the destination is a multicast or the broadcast address. */
    public static boolean isGroup(MemorySegment f, long base) {
        return (Layouts.u8(f, base) & 1) != 0;
    }

    /** Writes the destination MAC address. */
    public static void setDestination(MemorySegment f, long base, long mac48) {
        Layouts.putU48(f, base, mac48);
    }

    /** Writes the source MAC address. */
    public static void setSource(MemorySegment f, long base, long mac48) {
        Layouts.putU48(f, base + SOURCE_OFFSET, mac48);
    }

    /** Writes both MAC addresses, in two stores. */
    public static void setAddresses(MemorySegment f, long base, long destination, long source) {
        f.set(BE64, base, destination << 16 | (source >>> 32 & 0xffff));
        f.set(BE32, base + 8, (int) source);
    }

    /** Writes the type. */
    public static void setEtherType(MemorySegment f, long base, int etherType) {
        Layouts.putU16(f, base + TYPE_OFFSET, etherType);
    }

    /** Moves both addresses by some bytes, as adding and removing tags needs; regions may overlap. */
    static void moveAddresses(MemorySegment f, long from, long to) {
        long upper = f.get(BE64, from);
        int lower = f.get(BE32, from + 8);
        f.set(BE64, to, upper);
        f.set(BE32, to + 8, lower);
    }
}
