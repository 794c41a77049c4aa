package dev.sluice.datapath.rules;

import dev.sluice.wire.IpAddress;
import dev.sluice.wire.IpPrefix;
import org.jspecify.annotations.Nullable;

/**
 * One match of a rule, flattened for the hot path: what {@link Match#matches} says, without references to follow for the usual conditions. Immutable.
 */
final class TupleEntry {
    private static final IpPrefix NO_PREFIX = IpPrefix.around(IpAddress.ANY_V6, 0);

    final Rule rule;

    /** Orders entries: larger precedence first, then the lower id; never Long.MIN_VALUE. */
    final long rank;

    /** 4 or 6 if only that family can match, 0 for any frame. */
    final int family;

    final long sourceHi;
    final long sourceLo;
    final long destinationHi;
    final long destinationLo;

    /** Prefix length in the 128-bit space; 0 without a condition. */
    final int sourceBits;

    final int destinationBits;
    final int protocolLow;
    final int protocolHigh;
    final int sourcePortLow;
    final int sourcePortHigh;
    final int destinationPortLow;
    final int destinationPortHigh;

    private final long sourceMaskHi;
    private final long sourceMaskLo;
    private final long destinationMaskHi;
    private final long destinationMaskLo;

    /** The match, if it has conditions beyond family, prefixes, protocol and ports. */
    private final @Nullable Match rare;

    private TupleEntry(Rule rule, Match match, int family) {
        IpPrefix source = orNone(match.addresses().source());
        IpPrefix destination = orNone(match.addresses().destination());
        Match.Transport transport = match.transport();
        this.rule = rule;
        this.rank = rank(rule);
        this.family = family;
        this.sourceHi = source.address().hi();
        this.sourceLo = source.address().lo();
        this.destinationHi = destination.address().hi();
        this.destinationLo = destination.address().lo();
        this.sourceBits = source.mappedBits();
        this.destinationBits = destination.mappedBits();
        this.sourceMaskHi = IpPrefix.maskHi(sourceBits);
        this.sourceMaskLo = IpPrefix.maskLo(sourceBits);
        this.destinationMaskHi = IpPrefix.maskHi(destinationBits);
        this.destinationMaskLo = IpPrefix.maskLo(destinationBits);
        this.protocolLow = transport.protocolLow();
        this.protocolHigh = transport.protocolHigh();
        this.sourcePortLow = transport.sourcePortLow();
        this.sourcePortHigh = transport.sourcePortHigh();
        this.destinationPortLow = transport.destinationPortLow();
        this.destinationPortHigh = transport.destinationPortHigh();
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

    /** Whether the packet meets every condition; agrees with {@link Match#matches}. */
    boolean matches(PacketFields p) {
        return (p.sourceLo & sourceMaskLo) == sourceLo
                && (p.destinationLo & destinationMaskLo) == destinationLo
                && (p.sourceHi & sourceMaskHi) == sourceHi
                && (p.destinationHi & destinationMaskHi) == destinationHi
                && (family == 0 || family == p.family)
                && p.protocol >= protocolLow
                && p.protocol <= protocolHigh
                && portsMatch(p)
                && (rare == null || rare.matches(p));
    }

    private boolean portsMatch(PacketFields p) {
        return p.destinationPort >= destinationPortLow
                && p.destinationPort <= destinationPortHigh
                && p.sourcePort >= sourcePortLow
                && p.sourcePort <= sourcePortHigh;
    }
}
