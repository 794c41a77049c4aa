package dev.sluice.wire;

import java.lang.foreign.MemorySegment;

/**
 * Network service header: base and service path header (RFC 8300 2.2, 2.3); context headers follow, see {@link NshContext}.
 *
 * <pre>
 *  0                   1                   2                   3
 *  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * |Ver|O|U|    TTL    |   Length  |U|U|U|U|MD Type| Next Protocol |
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * |          Service Path Identifier (SPI)        | Service Index |
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * ~                        Context Header(s)                      ~
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * </pre>
 *
 * <p>Called from the hot path: no allocation. Run {@link #check} before any other accessor. Setters change their own bits only, so
 * that unassigned bits and metadata that nobody here knows travel on unchanged.
 */
public final class Nsh {
    /** Length of base and service path header in bytes. */
    public static final int BYTES = 8;

    /** Length of a header with metadata of type 1: 16 bytes more (RFC 8300 2.4). */
    public static final int FIXED_BYTES = 24;

    /** Most bytes of a header: 63 words. */
    public static final int BYTES_MAX = 252;

    /** Metadata type 1: four words of fixed context (RFC 8300 2.4). */
    public static final int MD_FIXED = 1;

    /** Metadata type 2: zero or more context headers (RFC 8300 2.5). */
    public static final int MD_VARIABLE = 2;

    /** Next protocol: nothing follows (RFC 8393). */
    public static final int NEXT_NONE = 0;

    /** Next protocol: IPv4. */
    public static final int NEXT_IPV4 = 1;

    /** Next protocol: IPv6. */
    public static final int NEXT_IPV6 = 2;

    /** Next protocol: Ethernet. */
    public static final int NEXT_ETHERNET = 3;

    /** Next protocol: another NSH. */
    public static final int NEXT_NSH = 4;

    /** Next protocol: MPLS. */
    public static final int NEXT_MPLS = 5;

    /** Time to live that a classifier writes (RFC 8300 2.2). */
    public static final int TTL_INITIAL = 63;

    /** Service index that a classifier writes (RFC 8300 2.3). */
    public static final int SI_INITIAL = 255;

    private static final int OAM = 0x2000;
    private static final int TTL_MASK = 0x0fc0;
    private static final int TTL_SHIFT = 6;
    private static final int MD_TYPE_OFFSET = 2;
    private static final int NEXT_PROTOCOL_OFFSET = 3;
    private static final int PATH_OFFSET = 4;
    private static final int SI_OFFSET = 7;

    private Nsh() {}

    /**
     * Checks version, metadata type and length, not the context headers ({@link NshContext#check}): a forwarder that only reads the
     * path carries on whatever they hold. Metadata type 15 (experiments) is refused as RFC 8300 2.2 recommends.
     *
     * @param bytesAvailable bytes from {@code base} on
     * @return the header length with context in bytes: 8..252, or a negative code of {@link Malformed}
     */
    public static int check(MemorySegment f, long base, int bytesAvailable) {
        if (bytesAvailable < BYTES) {
            return Malformed.NSH_TRUNCATED;
        }
        if (version(f, base) != 0) {
            return Malformed.NSH_VERSION;
        }
        int headerBytes = headerBytes(f, base);
        int mdType = mdType(f, base);
        if (mdType != MD_FIXED && mdType != MD_VARIABLE) {
            return Malformed.NSH_MD_TYPE;
        }
        if (mdType == MD_FIXED ? headerBytes != FIXED_BYTES : headerBytes < BYTES) {
            return Malformed.NSH_LENGTH;
        }
        return headerBytes <= bytesAvailable ? headerBytes : Malformed.NSH_TRUNCATED;
    }

    /** Version, 0. */
    public static int version(MemorySegment f, long base) {
        return Layouts.u8(f, base) >>> 6;
    }

    /** Bit O: whether this is a packet for operation and maintenance, in the sense of RFC 9451. */
    public static boolean isOam(MemorySegment f, long base) {
        return (Layouts.u16(f, base) & OAM) != 0;
    }

    /** Time to live: 0..63. */
    public static int ttl(MemorySegment f, long base) {
        return (Layouts.u16(f, base) & TTL_MASK) >>> TTL_SHIFT;
    }

    /** Length of the header with context in bytes: 0..252. */
    public static int headerBytes(MemorySegment f, long base) {
        return (Layouts.u16(f, base) & 0x3f) << 2;
    }

    /** Type of metadata: 0..15. */
    public static int mdType(MemorySegment f, long base) {
        return Layouts.u8(f, base + MD_TYPE_OFFSET) & 0xf;
    }

    /** What follows the header. */
    public static int nextProtocol(MemorySegment f, long base) {
        return Layouts.u8(f, base + NEXT_PROTOCOL_OFFSET);
    }

    /** Service path identifier: 24 bits. */
    public static int spi(MemorySegment f, long base) {
        return path(f, base) >>> 8;
    }

    /** Service index: 0..255. */
    public static int si(MemorySegment f, long base) {
        return Layouts.u8(f, base + SI_OFFSET);
    }

    /** Service path identifier and service index in one word, by which a forwarder finds the next hop: {@code spi << 8 | si}. */
    public static int path(MemorySegment f, long base) {
        return f.get(Layouts.BE32, base + PATH_OFFSET);
    }

    /** Writes service path identifier and service index. */
    public static void setPath(MemorySegment f, long base, int spi, int si) {
        f.set(Layouts.BE32, base + PATH_OFFSET, spi << 8 | (si & 0xff));
    }

    /** Writes the service index. */
    public static void setSi(MemorySegment f, long base, int si) {
        Layouts.putU8(f, base + SI_OFFSET, si);
    }

    /** Writes the time to live. */
    public static void setTtl(MemorySegment f, long base, int ttl) {
        int word = Layouts.u16(f, base);
        Layouts.putU16(f, base, (word & ~TTL_MASK) | (ttl << TTL_SHIFT & TTL_MASK));
    }

    /** Writes bit O. It must not change on the way along a path (RFC 8300 2.2). */
    public static void setOam(MemorySegment f, long base, boolean oam) {
        int word = Layouts.u16(f, base);
        Layouts.putU16(f, base, oam ? word | OAM : word & ~OAM);
    }

    /** Writes what follows the header. */
    public static void setNextProtocol(MemorySegment f, long base, int nextProtocol) {
        Layouts.putU8(f, base + NEXT_PROTOCOL_OFFSET, nextProtocol);
    }

    /**
     * Takes one from the time to live, once per service function forwarder and before it looks up the next hop (RFC 8300 2.2). A
     * packet that comes with 0 is from a sender older than the field and goes on with 63.
     *
     * @return the new time to live; at 0 the packet must not be forwarded
     */
    public static int decrementTtl(MemorySegment f, long base) {
        int ttl = (ttl(f, base) - 1) & 0x3f;
        setTtl(f, base, ttl);
        return ttl;
    }

    /**
     * Takes one from the service index, once per service, by the service or by the proxy that acts for it (RFC 8300 2.3).
     *
     * @return the new service index, or {@link Malformed#NSH_INDEX} if it is 0 already: nothing is left of the path, nothing changes
     */
    public static int decrementSi(MemorySegment f, long base) {
        int si = si(f, base);
        if (si == 0) {
            return Malformed.NSH_INDEX;
        }
        setSi(f, base, si - 1);
        return si - 1;
    }

    /** Ethernet type of a next protocol, as Geneve and Ethernet name it, or -1 if there is none. */
    public static int etherTypeOf(int nextProtocol) {
        return switch (nextProtocol) {
            case NEXT_IPV4 -> EtherTypes.IPV4;
            case NEXT_IPV6 -> EtherTypes.IPV6;
            case NEXT_ETHERNET -> EtherTypes.TEB;
            case NEXT_NSH -> EtherTypes.NSH;
            case NEXT_MPLS -> EtherTypes.MPLS;
            default -> -1;
        };
    }

    /**
     * Writes base and service path header in front of a context that is written already or will be.
     *
     * @param headerBytes length with context: 24 for {@link #MD_FIXED}, a multiple of 4 in 8..252 for {@link #MD_VARIABLE}
     * @return {@code headerBytes}
     */
    public static int write(
            MemorySegment f,
            long base,
            int headerBytes,
            int mdType,
            boolean oam,
            int ttl,
            int nextProtocol,
            int spi,
            int si) {
        Layouts.putU16(f, base, (oam ? OAM : 0) | (ttl << TTL_SHIFT & TTL_MASK) | headerBytes >>> 2);
        Layouts.putU8(f, base + MD_TYPE_OFFSET, mdType);
        setNextProtocol(f, base, nextProtocol);
        setPath(f, base, spi, si);
        return headerBytes;
    }
}
