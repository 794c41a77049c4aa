package dev.sluice.wire;

import java.lang.foreign.MemorySegment;

/**
 * The way over the extension headers of an IPv6 packet to its upper layer (RFC 8200 4, RFC 7045, RFC 4302 2).
 *
 * <pre>
 * hop-by-hop, routing, destination options,      fragment header:
 * mobility, HIP, shim6 (AH counts 4-byte words):
 *  0                   1                           0                   1                   2                   3
 *  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 ...           0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-...        +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * |  Next header  | Length/8 - 1  |               |  Next header  |   Reserved    |     Fragment offset     |Res|M|
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-...        +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *                                                 |                        Identification                         |
 *                                                 +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * </pre>
 *
 * <p>The result is one long, so that the hot path allocates nothing:
 *
 * <pre>
 * bits  0..7  upper-layer protocol      bits 32..44 fragment offset in units of 8 bytes
 * bits  8..23 its offset from base      bits 48..62 offset of the fragment header from base, 0 if there is none
 * bit  24     more fragments follow     bit  63     set for a code of {@link Malformed}
 * bit  25     a routing header has segments left, so the destination is not the final one
 * </pre>
 */
public final class Ipv6Extensions {
    /** Most extension headers that are walked. */
    public static final int HEADERS_MAX = 8;

    private static final int FRAGMENT_BYTES = 8;
    private static final long MORE = 1L << 24;
    private static final long SEGMENTS_LEFT = 1L << 25;

    private Ipv6Extensions() {}

    /**
     * Checks the IPv6 header and walks to the upper layer. Stops at the fragment header of a fragment that is not the first: then
     * {@link #isLaterFragment} holds, and what lies at the offset must not be parsed.
     *
     * @param bytesAvailable bytes in the frame from {@code base} (the IPv6 header) on
     * @return to be read by the accessors of this class, or a negative code of {@link Malformed}
     */
    public static long walk(MemorySegment f, long base, int bytesAvailable) {
        int at = Ipv6.check(f, base, bytesAvailable);
        if (at < 0) {
            return at;
        }
        int end = Ipv6.BYTES + Ipv6.payloadLength(f, base);
        int next = Ipv6.nextHeader(f, base);
        long seen = 0;
        for (int headers = 0; IpProtocols.isIpv6Extension(next); headers++) {
            if (headers == HEADERS_MAX) {
                return Malformed.IPV6_EXTENSION_COUNT;
            }
            if (at + 8 > end) {
                return Malformed.IPV6_EXTENSION_TRUNCATED;
            }
            if (next == IpProtocols.HOP_BY_HOP && at != Ipv6.BYTES) {
                return Malformed.IPV6_EXTENSION_ORDER;
            }
            int following = Layouts.u8(f, base + at);
            if (next == IpProtocols.FRAGMENT) {
                if (isFragment(seen)) {
                    return Malformed.IPV6_EXTENSION_ORDER;
                }
                long fragment = fragment(f, base, at, end);
                if (fragment < 0) {
                    return fragment;
                }
                seen |= fragment;
                at += FRAGMENT_BYTES;
                if (isLaterFragment(seen)) {
                    return seen | ((long) at << 8) | following;
                }
            } else {
                int bytes = headerBytes(f, base + at, next);
                if (at + bytes > end) {
                    return Malformed.IPV6_EXTENSION_TRUNCATED;
                }
                if (next == IpProtocols.ROUTING && Layouts.u8(f, base + at + 3) != 0) {
                    seen |= SEGMENTS_LEFT;
                }
                at += bytes;
            }
            next = following;
        }
        return seen | ((long) at << 8) | next;
    }

    private static int headerBytes(MemorySegment f, long header, int type) {
        int length = Layouts.u8(f, header + 1);
        return type == IpProtocols.AH ? (length + 2) << 2 : (length + 1) << 3;
    }

    private static long fragment(MemorySegment f, long base, int at, int end) {
        int word = Layouts.u16(f, base + at + 2);
        int offsetBytes = word & 0xfff8;
        boolean more = (word & 1) != 0;
        int bytes = end - at - FRAGMENT_BYTES;
        // RFC 8200 4.5: the length of the reassembled payload, which has no fragment header any more, must fit into 16
        // bits.
        boolean tooLong = at - Ipv6.BYTES + offsetBytes + bytes > 0xffff;
        if (tooLong || (more && (bytes & 7) != 0) || (bytes == 0 && (more || offsetBytes != 0))) {
            return Malformed.IPV6_FRAGMENT;
        }
        return ((long) at << 48) | ((long) (offsetBytes >>> 3) << 32) | (more ? MORE : 0);
    }

    /** Upper-layer protocol; {@link IpProtocols#NO_NEXT_HEADER} if there is none. */
    public static int protocol(long walked) {
        return (int) walked & 0xff;
    }

    /** Where the upper layer begins, in bytes from the beginning of the IPv6 header. */
    public static int offset(long walked) {
        return (int) (walked >>> 8) & 0xffff;
    }

    /** Whether the packet has a fragment header, be it the first, a later or the only fragment (RFC 6946). */
    public static boolean isFragment(long walked) {
        return walked >>> 48 != 0;
    }

    /** Whether this is a fragment without the beginning of the upper layer. */
    public static boolean isLaterFragment(long walked) {
        return (walked >>> 32 & 0x1fff) != 0;
    }

    /** Whether further fragments follow. */
    public static boolean moreFragments(long walked) {
        return (walked & MORE) != 0;
    }

    /** Where this fragment begins in the fragmentable part, in bytes. */
    public static int fragmentOffset(long walked) {
        return (int) (walked >>> 32 & 0x1fff) << 3;
    }

    /** Where the fragment header begins, in bytes from the beginning of the IPv6 header; 0 if there is none. */
    public static int fragmentHeaderOffset(long walked) {
        return (int) (walked >>> 48);
    }

    /** Number that the fragments of one packet share; only for a packet that {@link #isFragment}. */
    public static long fragmentIdentification(MemorySegment f, long base, long walked) {
        return Layouts.u32(f, base + fragmentHeaderOffset(walked) + 4);
    }

    /** Whether a routing header names nodes still to be visited: upper-layer checksums cover the last of them, not the destination. */
    public static boolean hasSegmentsLeft(long walked) {
        return (walked & SEGMENTS_LEFT) != 0;
    }
}
