package dev.sluice.datapath.rules;

import dev.sluice.wire.IpAddress;
import dev.sluice.wire.IpPrefix;
import org.jspecify.annotations.Nullable;

/**
 * One match of a rule, flattened for the hot path: what {@link Match#matches} says, in five words for the usual conditions on IPv4. Immutable.
 *
 * <p>A packet is compared as two words, which the look-up makes once: {@link #addresses(PacketFields)} and {@link #numbers}. IPv6 prefixes and rarer conditions follow behind references.
 */
final class TupleEntry {
    private static final IpPrefix NO_PREFIX = IpPrefix.around(IpAddress.ANY_V6, 0);
    private static final long MAPPED = 0xffffL;
    private static final long LOW_HALF = 0xffff_ffffL;
    private static final long MORE = Long.MIN_VALUE;

    /** Kinds of IPv4 packets of which only the source, only the destination, or no address is IPv4-mapped. The parser makes none; no IPv4 prefix holds such an address. */
    private static final int KIND_SOURCE_ONLY = 1;

    private static final int KIND_DESTINATION_ONLY = 2;
    private static final int KIND_UNMAPPED = 3;
    /** Above every {@link #kind}. */
    static final int KINDS = 8;

    private static final int ALL_KINDS = 0xff;
    private static final int PROTOCOL_SHIFT = 40;
    private static final int SOURCE_PORT_SHIFT = 20;

    /** A bit above the protocol, and above each port: 0 after a subtraction that went below 0 there. */
    private static final long GUARDS = 1L << 48 | 1L << 36 | 1L << 16;

    /** Orders entries: larger precedence first, then the lower id; never Long.MIN_VALUE. */
    final long rank;

    /** The prefixes as in {@link #addresses(PacketFields)}; 0 without. */
    final long addresses;

    final long addressesMask;

    /** The lowest protocol and ports as in {@link #numbers}. */
    final long numbersLow;

    /** The highest protocol and ports, with the guards set; below 0 if there are conditions beyond IPv4 prefixes, protocol and ports. */
    final long numbersHighGuarded;

    /** The kinds of packets that can match, a bit for each value of {@link #kind}. */
    private final int kinds;

    /** 4 or 6 if only that family can match, 0 for any frame. */
    final int family;

    /** Prefix length in the 128-bit space; 0 without a condition. */
    final int sourceBits;

    final int destinationBits;

    final Rule rule;

    /** The prefixes of the match if they are of IPv6. */
    final @Nullable TuplePrefixes ipv6;

    /** The match, if it has conditions beyond family, prefixes, protocol and ports. */
    private final @Nullable Match rare;

    private final Match.Transport transport;

    private TupleEntry(Rule rule, Match match, int family) {
        IpPrefix source = orNone(match.addresses().source());
        IpPrefix destination = orNone(match.addresses().destination());
        this.rule = rule;
        this.rank = rank(rule);
        this.family = family;
        this.sourceBits = source.mappedBits();
        this.destinationBits = destination.mappedBits();
        this.ipv6 = family == 6 ? new TuplePrefixes(source, destination) : null;
        this.addresses = addresses(family, source.address(), destination.address());
        this.addressesMask = addressesMask(family, sourceBits, destinationBits);
        this.transport = match.transport();
        this.numbersLow = numbers(transport.protocolLow(), transport.sourcePortLow(), transport.destinationPortLow());
        this.rare = match.isRare() ? match : null;
        this.numbersHighGuarded = (rare == null && ipv6 == null ? 0 : MORE)
                | GUARDS
                | numbers(transport.protocolHigh(), transport.sourcePortHigh(), transport.destinationPortHigh());
        this.kinds = kinds(family, sourceBits > 0, destinationBits > 0);
    }

    private static IpPrefix orNone(@Nullable IpPrefix prefix) {
        return prefix == null ? NO_PREFIX : prefix;
    }

    /** The entry of one match; null if families contradict each other, so that no packet can match. */
    static @Nullable TupleEntry of(Rule rule, Match match) {
        Match.Addresses addresses = match.addresses();
        int family = addresses.family();
        for (IpPrefix prefix : new @Nullable IpPrefix[] {addresses.source(), addresses.destination()}) {
            if (prefix != null) {
                int own = prefix.address().isIpv4() ? 4 : 6;
                if (family != 0 && family != own) {
                    return null;
                }
                family = own;
            }
        }
        return new TupleEntry(rule, match, family);
    }

    /** The rank of a rule's entries. */
    static long rank(Rule rule) {
        return (long) rule.precedence() << 32 | (~rule.id() & 0xffff_ffffL);
    }

    /** The id of the rule that has a rank. */
    static int ruleId(long rank) {
        return ~(int) rank;
    }

    /** The source's 32 bits above those of the destination: all of IPv4 addresses, the last before the interface's of IPv6 addresses. */
    static long addresses(PacketFields p) {
        return p.family == 6
                ? (p.sourceHi << 32) | (p.destinationHi & LOW_HALF)
                : (p.sourceLo << 32) | (p.destinationLo & LOW_HALF);
    }

    private static long addresses(int family, IpAddress source, IpAddress destination) {
        return switch (family) {
            case 0 -> 0;
            case 4 -> (source.lo() << 32) | (destination.lo() & LOW_HALF);
            default -> (source.hi() << 32) | (destination.hi() & LOW_HALF);
        };
    }

    /** The bits of {@link #addresses} that prefixes of these lengths fix. */
    static long addressesMask(int family, int sourceBits, int destinationBits) {
        return family == 6
                ? (IpPrefix.maskHi(sourceBits) << 32) | (IpPrefix.maskHi(destinationBits) & LOW_HALF)
                : (IpPrefix.maskLo(sourceBits) << 32) | (IpPrefix.maskLo(destinationBits) & LOW_HALF);
    }

    /** Protocol, source port and destination port in one word, each with room for a guard above it. */
    static long numbers(long protocol, long sourcePort, long destinationPort) {
        return (protocol << PROTOCOL_SHIFT) | (sourcePort << SOURCE_PORT_SHIFT) | destinationPort;
    }

    /** What a packet is to the classifier, 0..7: its family, or that it is IPv4 with addresses that are not. */
    static int kind(PacketFields p) {
        boolean mapped =
                (p.sourceHi | p.destinationHi | ((p.sourceLo >>> 32) ^ MAPPED) | ((p.destinationLo >>> 32) ^ MAPPED))
                        == 0;
        return mapped || p.family != 4 ? p.family : unmappedKind(p);
    }

    private static int unmappedKind(PacketFields p) {
        if (p.sourceHi == 0 && p.sourceLo >>> 32 == MAPPED) {
            return KIND_SOURCE_ONLY;
        }
        return p.destinationHi == 0 && p.destinationLo >>> 32 == MAPPED ? KIND_DESTINATION_ONLY : KIND_UNMAPPED;
    }

    /** The kinds of packets that conditions on a family, and perhaps on IPv4 prefixes, let through. */
    static int kinds(int family, boolean source, boolean destination) {
        return switch (family) {
            case 0 -> ALL_KINDS;
            case 4 ->
                1 << 4
                        | (destination ? 0 : 1 << KIND_SOURCE_ONLY)
                        | (source ? 0 : 1 << KIND_DESTINATION_ONLY)
                        | (source || destination ? 0 : 1 << KIND_UNMAPPED);
            default -> 1 << family;
        };
    }

    /**
     * Whether a packet, given as {@link #addresses} and {@link #numbers}, meets the first four words of conditions that an entry has. One branch, for all of them.
     */
    static boolean fits(long packetAddresses, long packetNumbers, long value, long mask, long low, long highGuarded) {
        long outside = ~(((packetNumbers | GUARDS) - low) & (highGuarded - packetNumbers)) & GUARDS;
        return (((packetAddresses & mask) ^ value) | outside) == 0;
    }

    /** Whether a packet that {@link #fits} meets the rest; the kind of a packet as in {@link #kind}. */
    boolean rest(PacketFields p, int kind) {
        return (kinds >>> kind & 1) != 0 && (ipv6 == null || ipv6.hold(p)) && (rare == null || rare.matches(p));
    }

    /** Whether the packet meets every condition; agrees with {@link Match#matches}. */
    boolean matches(PacketFields p) {
        long packetNumbers = numbers(p.protocol, p.sourcePort, p.destinationPort);
        return fits(addresses(p), packetNumbers, addresses, addressesMask, numbersLow, numbersHighGuarded)
                && rest(p, kind(p));
    }

    /** Whether the match names one IP protocol. */
    boolean hasOneProtocol() {
        return transport.protocolLow() == transport.protocolHigh();
    }

    /** Upper bits that all source ports of the match share, 0..16. */
    int sourcePortBits() {
        return sharedBits(transport.sourcePortLow(), transport.sourcePortHigh());
    }

    /** Upper bits that all destination ports of the match share, 0..16. */
    int destinationPortBits() {
        return sharedBits(transport.destinationPortLow(), transport.destinationPortHigh());
    }

    private static int sharedBits(int low, int high) {
        return Math.max(0, Integer.numberOfLeadingZeros(low ^ high) - 16);
    }
}
