package dev.sluice.wire;

import static dev.sluice.wire.Layouts.BE32;
import static dev.sluice.wire.Layouts.BE64;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/**
 * Internet checksum (RFC 1071), pseudo-headers (RFC 9293 3.1, RFC 8200 8.1) and incremental update (RFC 1624).
 *
 * <p>Words used here: a <em>sum</em> is a ones' complement sum, not yet inverted, in a long that may hold more than 16 bits and can be
 * added to other sums; a <em>checksum</em> is the 16-bit field, 0..65535. Ranges that are summed separately must each begin at an
 * even distance from the beginning of the checked data. Called from the hot path: no allocation; 32 bytes per turn.
 */
public final class Checksum {
    private static final ValueLayout.OfLong LE64 = ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfInt LE32 = ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfShort LE16 = ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final long LOW32 = 0xffff_ffffL;

    private Checksum() {}

    /** Sum of a range, folded to 16 bits; an odd last byte counts as if a zero byte followed. */
    public static int sum(MemorySegment f, long offset, long bytes) {
        // The sum does not depend on byte order except for one swap at the end (RFC 1071 2.B), so words are read as the
        // usual machines
        // hold them. Halves of 32 bits can be added 2^31 times before a long overflows.
        long even = 0;
        long odd = 0;
        long at = offset;
        long end = offset + bytes;
        for (; at <= end - 32; at += 32) {
            long a = f.get(LE64, at);
            long b = f.get(LE64, at + 8);
            long c = f.get(LE64, at + 16);
            long d = f.get(LE64, at + 24);
            even += (a & LOW32) + (b & LOW32) + (c & LOW32) + (d & LOW32);
            odd += (a >>> 32) + (b >>> 32) + (c >>> 32) + (d >>> 32);
        }
        for (; at <= end - 4; at += 4) {
            even += f.get(LE32, at) & LOW32;
        }
        if (at <= end - 2) {
            odd += f.get(LE16, at) & 0xffff;
            at += 2;
        }
        if (at < end) {
            even += Layouts.u8(f, at);
        }
        int folded = fold(even + odd);
        return (folded & 0xff) << 8 | folded >>> 8;
    }

    /** Folds a sum to 16 bits. The sum must not be negative. */
    public static int fold(long sum) {
        long s = (sum & LOW32) + (sum >>> 32);
        s = (s & 0xffff) + (s >>> 16);
        s = (s & 0xffff) + (s >>> 16);
        s = (s & 0xffff) + (s >>> 16);
        return (int) s;
    }

    /** The checksum that belongs to a sum. */
    public static int finish(long sum) {
        return ~fold(sum) & 0xffff;
    }

    /** The checksum of a range. */
    public static int of(MemorySegment f, long offset, long bytes) {
        return finish(sum(f, offset, bytes));
    }

    /** Sum of 32 bits. */
    public static long sum32(int value) {
        return value & LOW32;
    }

    /** Sum of 64 bits. */
    public static long sum64(long value) {
        return (value >>> 32) + (value & LOW32);
    }

    /** Sum of the pseudo-header of IPv4 (RFC 9293 3.1). */
    public static long pseudoIpv4(int source, int destination, int protocol, int layer4Bytes) {
        return sum32(source) + sum32(destination) + protocol + layer4Bytes;
    }

    /** Sum of the pseudo-header with the addresses of the IPv4 header at {@code ipBase}. */
    public static long pseudoIpv4(MemorySegment f, long ipBase, int protocol, int layer4Bytes) {
        return pseudoIpv4(f.get(BE32, ipBase + 12), f.get(BE32, ipBase + 16), protocol, layer4Bytes);
    }

    /** Sum of the pseudo-header of IPv6 (RFC 8200 8.1). */
    public static long pseudoIpv6(
            long sourceHi, long sourceLo, long destinationHi, long destinationLo, int protocol, long layer4Bytes) {
        return sum64(sourceHi) + sum64(sourceLo) + sum64(destinationHi) + sum64(destinationLo) + protocol + layer4Bytes;
    }

    /** Sum of the pseudo-header with the addresses of the IPv6 header at {@code ipBase}. */
    public static long pseudoIpv6(MemorySegment f, long ipBase, int protocol, long layer4Bytes) {
        return pseudoIpv6(
                f.get(BE64, ipBase + 8),
                f.get(BE64, ipBase + 16),
                f.get(BE64, ipBase + 24),
                f.get(BE64, ipBase + 32),
                protocol,
                layer4Bytes);
    }

    /**
     * The checksum of an upper layer, whatever its checksum field holds now. For UDP put the result through {@link #notZero}.
     *
     * @param pseudo sum of the pseudo-header, 0 for ICMP over IPv4
     * @param checksumOffset where the field is, from {@code offset}: even
     */
    public static int layer4(MemorySegment f, long pseudo, long offset, int bytes, int checksumOffset) {
        long after = checksumOffset + 2L;
        return finish(pseudo + sum(f, offset, checksumOffset) + sum(f, offset + after, bytes - after));
    }

    /** Whether the checksum inside an upper layer is right. A UDP checksum of 0 over IPv4 means none and is the caller's case. */
    public static boolean verify(MemorySegment f, long pseudo, long offset, int bytes) {
        return fold(pseudo + sum(f, offset, bytes)) == 0xffff;
    }

    /** The same checksum written so that it can't mean "none": 0 becomes 0xffff (RFC 768). */
    public static int notZero(int checksum) {
        return checksum == 0 ? 0xffff : checksum;
    }

    /**
     * The checksum after one 16-bit word changed (RFC 1624 equation 3). Equals a full computation unless the checked data are all
     * zero afterwards, where this gives 0 and a full one 0xffff; both verify.
     */
    public static int update16(int checksum, int before, int after) {
        return finish((~checksum & 0xffff) + (~before & 0xffff) + (after & 0xffff));
    }

    /** The checksum after 32 bits at an even place changed. */
    public static int update32(int checksum, int before, int after) {
        return finish((~checksum & 0xffff) + sum32(~before) + sum32(after));
    }

    /** The checksum after 64 bits at an even place changed. */
    public static int update64(int checksum, long before, long after) {
        return finish((~checksum & 0xffff) + sum64(~before) + sum64(after));
    }

    /** The checksum after an IPv6 address changed. */
    public static int update128(int checksum, long beforeHi, long beforeLo, long afterHi, long afterLo) {
        return finish((~checksum & 0xffff) + sum64(~beforeHi) + sum64(~beforeLo) + sum64(afterHi) + sum64(afterLo));
    }

    /**
     * Completes a checksum that the sender left to the device: the field holds the sum of the pseudo-header, everything from
     * {@code csumStart} to the end is added (VIRTIO 1.2 5.1.6.2, VIRTIO_NET_HDR_F_NEEDS_CSUM).
     *
     * @param csumStart where summing starts, from the frame start
     * @param csumOffset where the field is, from {@code csumStart}
     * @return the checksum written (at the place of UDP's never 0, which there means none), or {@link Malformed#CHECKSUM_RANGE} with nothing written
     */
    public static int complete(MemorySegment f, long frameStart, int frameBytes, int csumStart, int csumOffset) {
        if (csumStart < 0
                || csumOffset < 0
                || (csumOffset & 1) != 0
                || (long) csumStart + csumOffset + 2 > frameBytes) {
            return Malformed.CHECKSUM_RANGE;
        }
        int checksum = finish(sum(f, frameStart + csumStart, frameBytes - csumStart));
        checksum = csumOffset == Udp.CHECKSUM_OFFSET ? notZero(checksum) : checksum;
        Layouts.putU16(f, frameStart + csumStart + csumOffset, checksum);
        return checksum;
    }
}
