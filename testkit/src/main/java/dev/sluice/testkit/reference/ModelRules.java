package dev.sluice.testkit.reference;

import dev.sluice.datapath.Match;
import dev.sluice.datapath.NextHop;
import dev.sluice.datapath.RouteEntry;
import dev.sluice.datapath.Rule;
import dev.sluice.wire.IpAddress;
import dev.sluice.wire.IpPrefix;
import java.math.BigInteger;
import java.util.List;
import java.util.function.IntPredicate;
import org.jspecify.annotations.Nullable;

/** Which rule matches, which route: by looking at all of them. Stateless. */
final class ModelRules {
    private ModelRules() {}

    /** The matching rule with the highest precedence, null if none matches. */
    static @Nullable Rule search(List<Rule> rules, ModelFrame frame, boolean turned) {
        Rule best = null;
        for (Rule rule : rules) {
            boolean better = best == null || rule.precedence() > best.precedence();
            if (better && rule.matches().stream().anyMatch(match -> matches(match, frame, turned))) {
                best = rule;
            }
        }
        return best;
    }

    private static boolean matches(Match m, ModelFrame frame, boolean turned) {
        IpAddress from = turned ? frame.destination : frame.source;
        IpAddress to = turned ? frame.source : frame.destination;
        int fromPort = turned ? frame.destinationPort : frame.sourcePort;
        int toPort = turned ? frame.sourcePort : frame.destinationPort;
        long fromMac = turned ? frame.destinationMac : frame.sourceMac;
        long toMac = turned ? frame.sourceMac : frame.destinationMac;
        if (m.family() != 0 && m.family() != frame.family()) {
            return false;
        }
        if (!holds(m.source(), from) || !holds(m.destination(), to)) {
            return false;
        }
        boolean portsFit = between(fromPort, m.sourcePortLow(), m.sourcePortHigh())
                && between(toPort, m.destinationPortLow(), m.destinationPortHigh());
        if (!portsFit) {
            return false;
        }
        if ((m.etherType() != -1 && m.etherType() != frame.etherType)
                || (m.sourceMac() != -1 && m.sourceMac() != fromMac)
                || (m.destinationMac() != -1 && m.destinationMac() != toMac)) {
            return false;
        }
        int outer = frame.tags.isEmpty() ? -1 : frame.vlan(0);
        int inner = frame.tags.size() < 2 || frame.skipsPriorityTag() ? -1 : frame.vlan(1);
        return between(frame.protocol, m.protocolLow(), m.protocolHigh())
                && between(outer, m.outerVlanLow(), m.outerVlanHigh())
                && between(inner, m.innerVlanLow(), m.innerVlanHigh())
                && between(frame.dscp, m.dscpLow(), m.dscpHigh())
                && (m.hashBuckets() == 0 || m.hashBucketSet().get(Formulas.bucket(frame.hash(), m.hashBuckets())));
    }

    private static boolean between(int value, int low, int high) {
        return low <= value && value <= high;
    }

    private static boolean holds(@Nullable IpPrefix prefix, IpAddress address) {
        if (prefix == null) {
            return true;
        }
        byte[] block = Bytes.of(prefix.address());
        byte[] one = Bytes.of(address);
        int rest = block.length * 8 - prefix.bits();
        return block.length == one.length
                && new BigInteger(1, block).shiftRight(rest).equals(new BigInteger(1, one).shiftRight(rest));
    }

    /** The next hops of the longest prefix that holds the address; of two equal prefixes the first counts; empty if none does. */
    static List<NextHop> route(List<RouteEntry> routes, IpAddress destination) {
        RouteEntry best = null;
        for (RouteEntry route : routes) {
            if (holds(route.prefix(), destination)
                    && (best == null || route.prefix().bits() > best.prefix().bits())) {
                best = route;
            }
        }
        return best == null ? List.of() : best.group().hops();
    }

    /** The next hop that a flow takes among those of equal cost, null if the ports of all are down. */
    static @Nullable NextHop choose(List<NextHop> hops, long flowHash, IntPredicate portUp) {
        NextHop best = null;
        for (NextHop hop : hops) {
            boolean needsPort = hop.kind() == NextHop.Kind.CONNECTED || hop.kind() == NextHop.Kind.GATEWAY;
            if (needsPort && !portUp.test(hop.port())) {
                continue;
            }
            if (best == null || Formulas.rank(hop, flowHash) > Formulas.rank(best, flowHash)) {
                best = hop;
            }
        }
        return best;
    }
}
