package dev.sluice.datapath.offload;

import static dev.sluice.wire.Layouts.BE64;

import dev.sluice.wire.Layouts;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * Of a journey that comes out of a tunnel, ends in one or goes through: the headers that are expected, and those that are put around; 408 bytes. Static accessors.
 *
 * <pre>
 *   0  cookie 8                   that of the action
 *   8  expected 2                 bytes of Geneve and service header of what comes in, a multiple of 4; 0: comes in plain
 *  10  pushed 2                   bytes that are put in front of the IP packet; 0: leaves plain
 *  12  pushed inside 2            the last of those: Ethernet header and tags of the frame inside
 *  16  source address 16          of the packet that comes in, outside; IPv4 as ::ffff:a.b.c.d
 *  32  destination address 16
 *  48  inner MAC addresses 12     destination and source of the frame inside that comes in
 *  64  expected headers 128
 * 192  pushed headers 216         from the outer Ethernet header on, complete; lengths, checksums, DSCP, ECN and identification are written for each packet
 * </pre>
 *
 * Everything but the first 16 bytes is in network byte order. Packet path: no allocation.
 */
public final class OffloadHeaders {
    /** Length in bytes. */
    public static final int BYTES = 408;

    /** Longest Geneve and service header. */
    public static final int EXPECTED_BYTES_MAX = 128;

    /** Most that is put in front of a packet. */
    public static final int PUSHED_BYTES_MAX = 216;

    /** Where the expected headers are. */
    public static final int EXPECTED = 64;

    /** Where the pushed headers are. */
    public static final int PUSHED = 192;

    private static final ValueLayout.OfShort SHORT = ValueLayout.JAVA_SHORT_UNALIGNED;
    private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG_UNALIGNED;
    private static final int COOKIE = 0;
    private static final int EXPECTED_BYTES = 8;
    private static final int PUSHED_BYTES = 10;
    private static final int PUSHED_LINK_BYTES = 12;
    private static final int SOURCE = 16;
    private static final int DESTINATION = 32;
    private static final int INNER_MACS = 48;

    private OffloadHeaders() {}

    /** Makes all of it 0. */
    public static void clear(MemorySegment headers, long base) {
        for (int i = 0; i < BYTES; i += Long.BYTES) {
            headers.set(LONG, base + i, 0);
        }
    }

    /** The recorder's reference, which the action has too. */
    public static long cookie(MemorySegment headers, long base) {
        return headers.get(LONG, base + COOKIE);
    }

    /** Bytes of Geneve and service header that come in; 0: plain. */
    public static int expectedBytes(MemorySegment headers, long base) {
        return headers.get(SHORT, base + EXPECTED_BYTES) & 0xffff;
    }

    /** Bytes that are put in front of the IP packet; 0: none. */
    public static int pushedBytes(MemorySegment headers, long base) {
        return headers.get(SHORT, base + PUSHED_BYTES) & 0xffff;
    }

    /** Of those, Ethernet header and tags of the frame inside. */
    public static int pushedLinkBytes(MemorySegment headers, long base) {
        return headers.get(SHORT, base + PUSHED_LINK_BYTES) & 0xffff;
    }

    /** Upper half of the source address outside. */
    public static long sourceHi(MemorySegment headers, long base) {
        return headers.get(BE64, base + SOURCE);
    }

    /** Lower half of the source address outside. */
    public static long sourceLo(MemorySegment headers, long base) {
        return headers.get(BE64, base + SOURCE + 8);
    }

    /** Upper half of the destination address outside. */
    public static long destinationHi(MemorySegment headers, long base) {
        return headers.get(BE64, base + DESTINATION);
    }

    /** Lower half of the destination address outside. */
    public static long destinationLo(MemorySegment headers, long base) {
        return headers.get(BE64, base + DESTINATION + 8);
    }

    /** Destination address that the frame inside must have, 48 bits. */
    public static long innerDestinationMac(MemorySegment headers, long base) {
        return Layouts.u48(headers, base + INNER_MACS);
    }

    /** Source address that the frame inside must have, 48 bits. */
    public static long innerSourceMac(MemorySegment headers, long base) {
        return Layouts.u48(headers, base + INNER_MACS + 6);
    }

    /** Writes the recorder's reference. */
    public static void setCookie(MemorySegment headers, long base, long cookie) {
        headers.set(LONG, base + COOKIE, cookie);
    }

    /** Writes how long the headers are that come in. */
    public static void setExpectedBytes(MemorySegment headers, long base, int bytes) {
        headers.set(SHORT, base + EXPECTED_BYTES, (short) bytes);
    }

    /** Writes how long the headers are that are put in front, and how much of them is of the frame inside. */
    public static void setPushedBytes(MemorySegment headers, long base, int bytes, int linkBytes) {
        headers.set(SHORT, base + PUSHED_BYTES, (short) bytes);
        headers.set(SHORT, base + PUSHED_LINK_BYTES, (short) linkBytes);
    }

    /** Writes the source address outside. */
    public static void setSource(MemorySegment headers, long base, long hi, long lo) {
        headers.set(BE64, base + SOURCE, hi);
        headers.set(BE64, base + SOURCE + 8, lo);
    }

    /** Writes the destination address outside. */
    public static void setDestination(MemorySegment headers, long base, long hi, long lo) {
        headers.set(BE64, base + DESTINATION, hi);
        headers.set(BE64, base + DESTINATION + 8, lo);
    }

    /** Writes the addresses that the frame inside must have. */
    public static void setInnerMacs(MemorySegment headers, long base, long destination, long source) {
        Layouts.putU48(headers, base + INNER_MACS, destination);
        Layouts.putU48(headers, base + INNER_MACS + 6, source);
    }
}
