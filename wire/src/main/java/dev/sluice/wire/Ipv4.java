package dev.sluice.wire;

import static dev.sluice.wire.Layouts.BE32;
import static dev.sluice.wire.Layouts.BE64;

import java.lang.foreign.MemorySegment;

/**
 * IPv4 header (RFC 791 3.1).
 *
 * <pre>
 *  0                   1                   2                   3
 *  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * |Version|  IHL  |    DSCP   |ECN|          Total length         |
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * |         Identification        |Flags|     Fragment offset     |
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * |  Time to live |    Protocol   |        Header checksum        |
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * |                        Source address                         |
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * |                      Destination address                      |
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * |                    Options                    |    Padding    |
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * </pre>
 *
 * <p>Called from the hot path: no allocation. Run {@link #check} before any other accessor. Addresses are 32 bits in an int, first
 * octet highest. Setters leave the header checksum alone unless they say otherwise.
 */
public final class Ipv4 {
    /** Length of the header in bytes, without options. */
    public static final int BYTES = 20;

    /** Largest header: 15 words. */
    public static final int BYTES_MAX = 60;

    /** Flag "don't fragment" in {@link #flags}. */
    public static final int DONT_FRAGMENT = 2;

    /** Flag "more fragments" in {@link #flags}. */
    public static final int MORE_FRAGMENTS = 1;

    private static final int TOS_OFFSET = 1;
    private static final int TOTAL_LENGTH_OFFSET = 2;
    private static final int IDENTIFICATION_OFFSET = 4;
    private static final int FRAGMENT_OFFSET = 6;
    private static final int TTL_OFFSET = 8;
    private static final int PROTOCOL_OFFSET = 9;
    private static final int CHECKSUM_OFFSET = 10;
    private static final int SOURCE_OFFSET = 12;
    private static final int DESTINATION_OFFSET = 16;
    private static final int OPTION_END = 0;
    private static final int OPTION_NOP = 1;

    private Ipv4() {}

    /**
     * Checks every length and the version, not the checksum ({@link #checksumOk}) and not the options ({@link #optionsWellFormed}).
     *
     * @param bytesAvailable bytes in the frame from {@code base} on; link-layer padding behind the packet is allowed
     * @return the header length in bytes, or a negative code of {@link Malformed}
     */
    public static int check(MemorySegment f, long base, int bytesAvailable) {
        if (bytesAvailable < BYTES) {
            return Malformed.IPV4_TRUNCATED;
        }
        if (version(f, base) != 4) {
            return Malformed.IPV4_VERSION;
        }
        int headerBytes = headerBytes(f, base);
        if (headerBytes < BYTES) {
            return Malformed.IPV4_HEADER_LENGTH;
        }
        if (headerBytes > bytesAvailable) {
            return Malformed.IPV4_TRUNCATED;
        }
        int totalLength = totalLength(f, base);
        if (totalLength < headerBytes) {
            return Malformed.IPV4_TOTAL_LENGTH_SHORT;
        }
        if (totalLength > bytesAvailable) {
            return Malformed.IPV4_TOTAL_LENGTH_LONG;
        }
        if (isFragment(f, base) && !fragmentPossible(f, base, totalLength - headerBytes, headerBytes)) {
            return Malformed.IPV4_FRAGMENT;
        }
        return headerBytes;
    }

    private static boolean fragmentPossible(MemorySegment f, long base, int payloadBytes, int headerBytes) {
        return payloadBytes > 0
                && (!moreFragments(f, base) || (payloadBytes & 7) == 0)
                && headerBytes + fragmentOffset(f, base) + payloadBytes <= 0xffff;
    }

    /** Version, 4. */
    public static int version(MemorySegment f, long base) {
        return Layouts.u8(f, base) >>> 4;
    }

    /** Length of the header with options, in bytes: 0..60. */
    public static int headerBytes(MemorySegment f, long base) {
        return (Layouts.u8(f, base) & 0xf) << 2;
    }

    /** Type of service: DSCP in the upper six bits, ECN in the lower two (RFC 2474, RFC 3168). */
    public static int tos(MemorySegment f, long base) {
        return Layouts.u8(f, base + TOS_OFFSET);
    }

    /** Length of header and payload in bytes. */
    public static int totalLength(MemorySegment f, long base) {
        return Layouts.u16(f, base + TOTAL_LENGTH_OFFSET);
    }

    /** Number that the fragments of one packet share. */
    public static int identification(MemorySegment f, long base) {
        return Layouts.u16(f, base + IDENTIFICATION_OFFSET);
    }

    /** The three flags: reserved 4, {@link #DONT_FRAGMENT}, {@link #MORE_FRAGMENTS}. */
    public static int flags(MemorySegment f, long base) {
        return Layouts.u8(f, base + FRAGMENT_OFFSET) >>> 5;
    }

    /** Where this fragment's payload begins in the whole payload, in bytes. */
    public static int fragmentOffset(MemorySegment f, long base) {
        return (Layouts.u16(f, base + FRAGMENT_OFFSET) & 0x1fff) << 3;
    }

    /** Whether further fragments follow this one. */
    public static boolean moreFragments(MemorySegment f, long base) {
        return (Layouts.u8(f, base + FRAGMENT_OFFSET) & 0x20) != 0;
    }

    /** Whether routers must not fragment the packet. */
    public static boolean dontFragment(MemorySegment f, long base) {
        return (Layouts.u8(f, base + FRAGMENT_OFFSET) & 0x40) != 0;
    }

    /** Whether this is a fragment, the first one included. */
    public static boolean isFragment(MemorySegment f, long base) {
        return (Layouts.u16(f, base + FRAGMENT_OFFSET) & 0x3fff) != 0;
    }

    /** Whether this is a fragment without the upper-layer header. */
    public static boolean isLaterFragment(MemorySegment f, long base) {
        return (Layouts.u16(f, base + FRAGMENT_OFFSET) & 0x1fff) != 0;
    }

    /** Time to live. */
    public static int ttl(MemorySegment f, long base) {
        return Layouts.u8(f, base + TTL_OFFSET);
    }

    /** Protocol of the payload, see {@link IpProtocols}. */
    public static int protocol(MemorySegment f, long base) {
        return Layouts.u8(f, base + PROTOCOL_OFFSET);
    }

    /** The header checksum field. */
    public static int checksum(MemorySegment f, long base) {
        return Layouts.u16(f, base + CHECKSUM_OFFSET);
    }

    /** Source address. */
    public static int source(MemorySegment f, long base) {
        return f.get(BE32, base + SOURCE_OFFSET);
    }

    /** Destination address. */
    public static int destination(MemorySegment f, long base) {
        return f.get(BE32, base + DESTINATION_OFFSET);
    }

    /** Writes version 4 and the header length, a multiple of 4 in 20..60. */
    public static void setVersionAndHeaderBytes(MemorySegment f, long base, int headerBytes) {
        Layouts.putU8(f, base, 0x40 | headerBytes >>> 2);
    }

    /** Writes DSCP and ECN. */
    public static void setTos(MemorySegment f, long base, int tos) {
        Layouts.putU8(f, base + TOS_OFFSET, tos);
    }

    /** Writes the length of header and payload in bytes. */
    public static void setTotalLength(MemorySegment f, long base, int totalLength) {
        Layouts.putU16(f, base + TOTAL_LENGTH_OFFSET, totalLength);
    }

    /** Writes the number that fragments share. */
    public static void setIdentification(MemorySegment f, long base, int identification) {
        Layouts.putU16(f, base + IDENTIFICATION_OFFSET, identification);
    }

    /** Writes the three flags and the fragment offset in bytes, a multiple of 8. */
    public static void setFragment(MemorySegment f, long base, int flags, int fragmentOffset) {
        Layouts.putU16(f, base + FRAGMENT_OFFSET, flags << 13 | (fragmentOffset >>> 3 & 0x1fff));
    }

    /** Writes the time to live. */
    public static void setTtl(MemorySegment f, long base, int ttl) {
        Layouts.putU8(f, base + TTL_OFFSET, ttl);
    }

    /** Writes the protocol of the payload. */
    public static void setProtocol(MemorySegment f, long base, int protocol) {
        Layouts.putU8(f, base + PROTOCOL_OFFSET, protocol);
    }

    /** Writes the header checksum field. */
    public static void setChecksum(MemorySegment f, long base, int checksum) {
        Layouts.putU16(f, base + CHECKSUM_OFFSET, checksum);
    }

    /** Writes the source address. */
    public static void setSource(MemorySegment f, long base, int source) {
        f.set(BE32, base + SOURCE_OFFSET, source);
    }

    /** Writes the destination address. */
    public static void setDestination(MemorySegment f, long base, int destination) {
        f.set(BE32, base + DESTINATION_OFFSET, destination);
    }

    /** Whether the header checksum is right. */
    public static boolean checksumOk(MemorySegment f, long base) {
        int headerBytes = headerBytes(f, base);
        return headerBytes == BYTES
                ? Checksum.fold(sumWithoutOptions(f, base)) == 0xffff
                : Checksum.sum(f, base, headerBytes) == 0xffff;
    }

    /** Nearly all packets are like this, and three loads do without a loop. */
    private static long sumWithoutOptions(MemorySegment f, long base) {
        return Checksum.sum64(f.get(BE64, base))
                + Checksum.sum64(f.get(BE64, base + 8))
                + Checksum.sum32(f.get(BE32, base + DESTINATION_OFFSET));
    }

    /** Computes and writes the header checksum. */
    public static void updateChecksum(MemorySegment f, long base) {
        setChecksum(f, base, Checksum.layer4(f, 0, base, headerBytes(f, base), CHECKSUM_OFFSET));
    }

    /**
     * Takes one from the time to live and updates the checksum incrementally (RFC 1624; a wrong checksum stays wrong). A TTL of 0 is
     * left alone.
     *
     * @return the new TTL; at 0 a router must not forward the packet (RFC 1812 5.3.1)
     */
    public static int decrementTtl(MemorySegment f, long base) {
        int word = Layouts.u16(f, base + TTL_OFFSET);
        if (word < 0x100) {
            return 0;
        }
        int next = word - 0x100;
        Layouts.putU16(f, base + TTL_OFFSET, next);
        setChecksum(f, base, Checksum.update16(checksum(f, base), word, next));
        return next >>> 8;
    }

    /** Whether the header is followed by options. */
    public static boolean hasOptions(MemorySegment f, long base) {
        return headerBytes(f, base) > BYTES;
    }

    /** Whether every option up to the end of the list or of the header has a length that fits (RFC 791 3.1). */
    public static boolean optionsWellFormed(MemorySegment f, long base) {
        int end = headerBytes(f, base);
        int at = BYTES;
        while (at < end) {
            int type = Layouts.u8(f, base + at);
            if (type == OPTION_END) {
                return true;
            }
            if (type == OPTION_NOP) {
                at++;
                continue;
            }
            if (at + 2 > end) {
                return false;
            }
            int bytes = Layouts.u8(f, base + at + 1);
            if (bytes < 2 || at + bytes > end) {
                return false;
            }
            at += bytes;
        }
        return true;
    }
}
