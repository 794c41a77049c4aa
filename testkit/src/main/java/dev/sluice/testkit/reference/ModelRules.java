package dev.sluice.testkit.reference;

import dev.sluice.datapath.route.NextHop;
import dev.sluice.datapath.route.RouteEntry;
import dev.sluice.datapath.rules.Match;
import dev.sluice.datapath.rules.Rule;
import dev.sluice.testkit.reference.ModelAttributes.Values;
import dev.sluice.wire.IpAddress;
import dev.sluice.wire.IpPrefix;
import java.math.BigInteger;
import java.util.List;
import java.util.function.IntPredicate;
import org.jspecify.annotations.Nullable;

/** Which rule matches, which route: by looking at all of them. Stateless. */
final class ModelRules {
    private ModelRules() {}

    /** The matching rule with the highest precedence that decides, null if none matches. */
    static @Nullable Rule search(List<Rule> rules, ModelFrame frame, boolean turned, Values values) {
        Rule best = null;
        for (Rule rule : rules) {
            boolean better = best == null || rule.precedence() > best.precedence();
            if (better && rule.action() != Rule.Action.OBSERVE && matches(rule, frame, turned, values)) {
                best = rule;
            }
        }
        return best;
    }

    /** Whether one of the rule's matches holds. */
    static boolean matches(Rule rule, ModelFrame frame, boolean turned, Values values) {
        return rule.matches().stream()
                .anyMatch(match -> fits(match.context(), values) && matches(match, frame, turned));
    }

    /** Whether a rule asks for attributes. */
    static boolean asks(Rule rule) {
        return rule.matches().stream()
                .map(Match::context)
                .anyMatch(c -> !c.applications().isEmpty()
                        || !c.groups().isEmpty()
                        || !c.users().isEmpty());
    }

    private static boolean fits(Match.Context wanted, Values values) {
        return (wanted.applications().isEmpty() || wanted.applications().contains(values.application()))
                && (wanted.groups().isEmpty() || wanted.groups().contains(values.group()))
                && (wanted.users().isEmpty() || wanted.users().contains(values.user()));
    }

    private static boolean matches(Match m, ModelFrame frame, boolean turned) {
        IpAddress from = turned ? frame.destination : frame.source;
        IpAddress to = turned ? frame.source : frame.destination;
        int fromPort = turned ? frame.destinationPort : frame.sourcePort;
        int toPort = turned ? frame.sourcePort : frame.destinationPort;
        long fromMac = turned ? frame.destinationMac : frame.sourceMac;
        long toMac = turned ? frame.sourceMac : frame.destinationMac;
        if (m.addresses().family() != 0 && m.addresses().family() != frame.family()) {
            return false;
        }
        if (!holds(m.addresses().source(), from) || !holds(m.addresses().destination(), to)) {
            return false;
        }
        boolean portsFit =
                between(fromPort, m.transport().sourcePortLow(), m.transport().sourcePortHigh())
                        && between(
                                toPort,
                                m.transport().destinationPortLow(),
                                m.transport().destinationPortHigh());
        if (!portsFit) {
            return false;
        }
        if ((m.frame().etherType() != -1 && m.frame().etherType() != frame.etherType)
                || (m.frame().sourceMac() != -1 && m.frame().sourceMac() != fromMac)
                || (m.frame().destinationMac() != -1 && m.frame().destinationMac() != toMac)) {
            return false;
        }
        int outer = frame.tags.isEmpty() ? -1 : frame.vlan(0);
        int inner = frame.tags.size() < 2 || frame.skipsPriorityTag() ? -1 : frame.vlan(1);
        return between(
                        frame.protocol,
                        m.transport().protocolLow(),
                        m.transport().protocolHigh())
                && between(outer, m.vlans().outerLow(), m.vlans().outerHigh())
                && between(inner, m.vlans().innerLow(), m.vlans().innerHigh())
                && between(frame.dscp, m.dscp().low(), m.dscp().high())
                && (m.share().buckets() == 0
                        || m.share()
                                .set()
                                .get(Formulas.bucket(frame.hash(), m.share().buckets())));
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
