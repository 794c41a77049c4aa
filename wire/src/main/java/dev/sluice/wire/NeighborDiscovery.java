package dev.sluice.wire;

import static dev.sluice.wire.Layouts.BE64;

import java.lang.foreign.MemorySegment;

/**
 * Neighbour discovery over Ethernet (RFC 4861 4; addresses of groups RFC 4291 2.7.1 and RFC 2464 7).
 *
 * <pre>
 * neighbour solicitation (135), advertisement (136), redirect (137):        option (4.6.1):
 *  0                   1                   2                   3
 *  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1          +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-...
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+         |      Type     |    Length/8   |  MAC
 * |     Type      |   Code (0)    |           Checksum            |         +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-...
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * |R|S|O| (136)               Reserved                            |
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * |                   Target address (4 words)                    |
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * |             Destination address (4 words, 137 only)           |
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * |   Options ...
 * +-+-+-+-+-+-
 * </pre>
 *
 * <p>{@code base} is the ICMPv6 header. Called from the hot path: no allocation. Run {@link #check} before any other accessor.
 */
public final class NeighborDiscovery {
    /** Type: router solicitation. */
    public static final int ROUTER_SOLICITATION = 133;

    /** Type: router advertisement. */
    public static final int ROUTER_ADVERTISEMENT = 134;

    /** Type: neighbour solicitation. */
    public static final int SOLICITATION = 135;

    /** Type: neighbour advertisement. */
    public static final int ADVERTISEMENT = 136;

    /** Type: redirect. */
    public static final int REDIRECT = 137;

    /** Option: MAC address of the sender. */
    public static final int OPTION_SOURCE_MAC = 1;

    /** Option: MAC address of the target. */
    public static final int OPTION_TARGET_MAC = 2;

    /** Flag of an advertisement: the sender is a router. */
    public static final int FLAG_ROUTER = 4;

    /** Flag of an advertisement: it answers a solicitation. */
    public static final int FLAG_SOLICITED = 2;

    /** Flag of an advertisement: replace what is cached. */
    public static final int FLAG_OVERRIDE = 1;

    /** Hop limit of every message. */
    public static final int HOP_LIMIT = 255;

    /** Result of {@link #macOption} when there is none. */
    public static final long NO_MAC = -1;

    /** Length of a neighbour solicitation or advertisement without options, in bytes. */
    public static final int NEIGHBOR_BYTES = 24;

    private static final int ROUTER_SOLICITATION_BYTES = 8;
    private static final int ROUTER_ADVERTISEMENT_BYTES = 16;
    private static final int REDIRECT_BYTES = 40;
    private static final int FLAGS_OFFSET = 4;
    private static final int TARGET_OFFSET = 8;
    private static final int REDIRECT_DESTINATION_OFFSET = 24;
    private static final int MAC_OPTION_BYTES = 8;

    /** ff02::1:ff00:0 without its last 24 bits. */
    private static final long SOLICITED_NODE_HI = 0xff02_0000_0000_0000L;

    private static final long SOLICITED_NODE_LO = 0x0000_0001_ff00_0000L;

    private NeighborDiscovery() {}

    /** Whether an ICMPv6 type belongs to neighbour discovery. */
    public static boolean isType(int icmpType) {
        return icmpType >= ROUTER_SOLICITATION && icmpType <= REDIRECT;
    }

    /**
     * Checks what RFC 4861 wants checked on receipt (6.1, 7.1, 8.1) except the checksum ({@link Icmpv6#checksumOk}) and rules about
     * the IPv6 addresses.
     *
     * @param icmpBytes bytes of the ICMPv6 message
     * @param hopLimit hop limit of the IPv6 header
     * @return where the options begin, from {@code base}, or a negative code of {@link Malformed}
     */
    public static int check(MemorySegment f, long base, int icmpBytes, int hopLimit) {
        if (icmpBytes < Icmpv6.BYTES) {
            return Malformed.ND_TRUNCATED;
        }
        int type = Icmpv6.type(f, base);
        if (!isType(type) || Icmpv6.code(f, base) != 0) {
            return Malformed.ND_CODE;
        }
        if (hopLimit != HOP_LIMIT) {
            return Malformed.ND_HOP_LIMIT;
        }
        int options = optionsOffset(type);
        if (icmpBytes < options) {
            return Malformed.ND_TRUNCATED;
        }
        if ((type == SOLICITATION || type == ADVERTISEMENT) && Layouts.u8(f, base + TARGET_OFFSET) == 0xff) {
            return Malformed.ND_TARGET;
        }
        return optionsFit(f, base, options, icmpBytes) ? options : Malformed.ND_OPTION_LENGTH;
    }

    private static boolean optionsFit(MemorySegment f, long base, int options, int icmpBytes) {
        int at = options;
        while (at < icmpBytes) {
            if (at + 2 > icmpBytes) {
                return false;
            }
            int bytes = Layouts.u8(f, base + at + 1) << 3;
            if (bytes == 0 || at + bytes > icmpBytes) {
                return false;
            }
            at += bytes;
        }
        return true;
    }

    /** Where the options of a message of that type begin, in bytes. */
    private static int optionsOffset(int type) {
        return switch (type) {
            case ROUTER_SOLICITATION -> ROUTER_SOLICITATION_BYTES;
            case ROUTER_ADVERTISEMENT -> ROUTER_ADVERTISEMENT_BYTES;
            case REDIRECT -> REDIRECT_BYTES;
            default -> NEIGHBOR_BYTES;
        };
    }

    /** Upper half of the target address of a solicitation, advertisement or redirect. */
    public static long targetHi(MemorySegment f, long base) {
        return f.get(BE64, base + TARGET_OFFSET);
    }

    /** Lower half of the target address. */
    public static long targetLo(MemorySegment f, long base) {
        return f.get(BE64, base + TARGET_OFFSET + 8);
    }

    /** Upper half of the address that a redirect is about. */
    public static long redirectedHi(MemorySegment f, long base) {
        return f.get(BE64, base + REDIRECT_DESTINATION_OFFSET);
    }

    /** Lower half of the address that a redirect is about. */
    public static long redirectedLo(MemorySegment f, long base) {
        return f.get(BE64, base + REDIRECT_DESTINATION_OFFSET + 8);
    }

    /** The flags of an advertisement: {@link #FLAG_ROUTER}, {@link #FLAG_SOLICITED}, {@link #FLAG_OVERRIDE}. */
    public static int flags(MemorySegment f, long base) {
        return Layouts.u8(f, base + FLAGS_OFFSET) >>> 5;
    }

    /**
     * The MAC address in the first option of a type, or {@link #NO_MAC}. Options whose length is not that of a MAC address are
     * skipped.
     *
     * @param icmpBytes bytes of the ICMPv6 message, which has passed {@link #check}
     */
    public static long macOption(MemorySegment f, long base, int icmpBytes, int optionType) {
        int at = optionsOffset(Icmpv6.type(f, base));
        while (at + MAC_OPTION_BYTES <= icmpBytes) {
            int bytes = Layouts.u8(f, base + at + 1) << 3;
            if (bytes == 0) {
                return NO_MAC;
            }
            if (bytes == MAC_OPTION_BYTES && Layouts.u8(f, base + at) == optionType) {
                return Layouts.u48(f, base + at + 2);
            }
            at += bytes;
        }
        return NO_MAC;
    }

    /** Upper half of every solicited-node multicast address (RFC 4291 2.7.1). */
    public static long solicitedNodeHi() {
        return SOLICITED_NODE_HI;
    }

    /** Lower half of the solicited-node multicast address that belongs to an address with this lower half. */
    public static long solicitedNodeLo(long addressLo) {
        return SOLICITED_NODE_LO | (addressLo & 0xff_ffffL);
    }

    /** The MAC address of an IPv6 multicast group with this lower half (RFC 2464 7). */
    public static long multicastMac(long groupLo) {
        return 0x3333_0000_0000L | (groupLo & 0xffff_ffffL);
    }

    /**
     * Writes the IPv6 header and a neighbour solicitation to the target's solicited-node group. From the unspecified address
     * (duplicate address detection) it carries no MAC address (RFC 4861 4.3).
     *
     * @return bytes written
     */
    public static int writeSolicitation(
            MemorySegment f, long ipBase, long sourceHi, long sourceLo, long targetHi, long targetLo, long sourceMac) {
        return writeSolicitation(
                f,
                ipBase,
                sourceHi,
                sourceLo,
                SOLICITED_NODE_HI,
                solicitedNodeLo(targetLo),
                targetHi,
                targetLo,
                sourceMac);
    }

    /** The same to a given destination, as probing a known neighbour needs (RFC 4861 7.3.3). */
    public static int writeSolicitation(
            MemorySegment f,
            long ipBase,
            long sourceHi,
            long sourceLo,
            long destinationHi,
            long destinationLo,
            long targetHi,
            long targetLo,
            long sourceMac) {
        boolean unspecified = (sourceHi | sourceLo) == 0;
        Ipv6.setSource(f, ipBase, sourceHi, sourceLo);
        Ipv6.setDestination(f, ipBase, destinationHi, destinationLo);
        return write(
                f, ipBase, SOLICITATION, 0, targetHi, targetLo, OPTION_SOURCE_MAC, unspecified ? NO_MAC : sourceMac);
    }

    /**
     * Writes the IPv6 header and a neighbour advertisement with the target's MAC address.
     *
     * @param flags of {@link #FLAG_ROUTER}, {@link #FLAG_SOLICITED}, {@link #FLAG_OVERRIDE}
     * @return bytes written
     */
    public static int writeAdvertisement(
            MemorySegment f,
            long ipBase,
            long sourceHi,
            long sourceLo,
            long destinationHi,
            long destinationLo,
            long targetHi,
            long targetLo,
            int flags,
            long targetMac) {
        Ipv6.setSource(f, ipBase, sourceHi, sourceLo);
        Ipv6.setDestination(f, ipBase, destinationHi, destinationLo);
        return write(f, ipBase, ADVERTISEMENT, flags, targetHi, targetLo, OPTION_TARGET_MAC, targetMac);
    }

    private static int write(
            MemorySegment f, long ipBase, int type, int flags, long targetHi, long targetLo, int optionType, long mac) {
        int icmpBytes = NEIGHBOR_BYTES + (mac == NO_MAC ? 0 : MAC_OPTION_BYTES);
        Ipv6.setVersionClassLabel(f, ipBase, 0, 0);
        Ipv6.setPayloadLength(f, ipBase, icmpBytes);
        Ipv6.setNextHeader(f, ipBase, IpProtocols.ICMPV6);
        Ipv6.setHopLimit(f, ipBase, HOP_LIMIT);
        long base = ipBase + Ipv6.BYTES;
        Icmpv6.write(f, base, type, 0, flags << 13, 0);
        f.set(BE64, base + TARGET_OFFSET, targetHi);
        f.set(BE64, base + TARGET_OFFSET + 8, targetLo);
        if (mac != NO_MAC) {
            Layouts.putU16(f, base + NEIGHBOR_BYTES, optionType << 8 | 1);
            Layouts.putU48(f, base + NEIGHBOR_BYTES + 2, mac);
        }
        Icmpv6.updateChecksum(f, ipBase, base, icmpBytes);
        return Ipv6.BYTES + icmpBytes;
    }
}
