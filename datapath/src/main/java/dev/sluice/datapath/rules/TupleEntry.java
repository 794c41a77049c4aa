package dev.sluice.datapath.rules;

import dev.sluice.wire.IpAddress;
import dev.sluice.wire.IpPrefix;
import org.jspecify.annotations.Nullable;

/**
 * One match of a rule, flattened for the hot path: what {@link Match#matches} says, in five words for the usual conditions on IPv4. Immutable.
 *
 * <p>A packet is compared as two words, which the look-up makes once: {@link #addresses} and {@link #numbers}. IPv6 prefixes and rarer conditions follow behind references.
 */
final class TupleEntry {
    private static final IpPrefix NO_PREFIX = IpPrefix.around(IpAddress.ANY_V6, 0);
    private static final long MAPPED = 0xffffL;

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

    /** IPv4 prefixes as in {@link #addresses}; 0 without. */
    final long addresses;

    private final long addressesMask;

    /** The lowest protocol and ports as in {@link #numbers}. */
    final long numbersLow;

    /** The highest protocol and ports, with the guards set. */
    private final long numbersHighGuarded;

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
        this.addresses = family == 4
                ? addresses(source.address().lo(), destination.address().lo())
                : 0;
        this.addressesMask = family == 4 ? addresses(IpPrefix.maskLo(sourceBits), IpPrefix.maskLo(destinationBits)) : 0;
        this.transport = match.transport();
        this.numbersLow =
                numbers(transport.protocolLow(), transport.sourcePortLow(), transport.destinationPortLow());
        this.numbersHighGuarded = GUARDS
                | numbers(transport.protocolHigh(), transport.sourcePortHigh(), transport.destinationPortHigh());
        this.kinds = kinds(family, sourceBits > 0, destinationBits > 0);
        this.rare = match.isRare() ? match : null;
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

    /** Two IPv4 addresses in one word, the source above. */
    static long addresses(long sourceLo, long destinationLo) {
        return sourceLo << 32 | (destinationLo & 0xffff_ffffL);
    }

    /** Protocol, source port and destination port in one word, each with room for a guard above it. */
    static long numbers(long protocol, long sourcePort, long destinationPort) {
        return protocol << PROTOCOL_SHIFT | sourcePort << SOURCE_PORT_SHIFT | destinationPort;
    }

    /** What a packet is to the classifier, 0..7: its family, or that it is IPv4 with addresses that are not. */
    static int kind(PacketFields p) {
        boolean mapped =
                (p.sourceHi | p.destinationHi | (p.sourceLo >>> 32 ^ MAPPED) | (p.destinationLo >>> 32 ^ MAPPED)) == 0;
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

    /** Whether the packet, in part given as {@link #addresses}, {@link #numbers} and the bit of its kind, meets every condition; agrees with {@link Match#matches}. */
    boolean matches(PacketFields p, long packetAddresses, long packetNumbers, int kindBit) {
        return (packetAddresses & addressesMask) == addresses
                && (((packetNumbers | GUARDS) - numbersLow) & (numbersHighGuarded - packetNumbers) & GUARDS) == GUARDS
                && (kinds & kindBit) != 0
                && (ipv6 == null || ipv6.hold(p))
                && (rare == null || rare.matches(p));
    }

    /** Whether the packet meets every condition. */
    boolean matches(PacketFields p) {
        return matches(
                p,
                addresses(p.sourceLo, p.destinationLo),
                numbers(p.protocol, p.sourcePort, p.destinationPort),
                1 << kind(p));
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
