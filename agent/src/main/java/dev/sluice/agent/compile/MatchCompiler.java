package dev.sluice.agent.compile;

import dev.sluice.datapath.rules.IntSet;
import dev.sluice.datapath.rules.Match;
import dev.sluice.datapath.rules.Match.Context;
import dev.sluice.model.IntRange;
import dev.sluice.model.Match.Endpoint;
import dev.sluice.model.Match.Family;
import dev.sluice.model.Match.HashBuckets;
import dev.sluice.wire.IpPrefix;
import dev.sluice.wire.MacAddress;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Turns what users write into conjunctions: every combination of prefixes, port ranges and VLAN ranges is one {@link Match}. */
public final class MatchCompiler {
    /** Most combinations of one rule. */
    static final int MATCHES_MAX = 4096;

    private static final IntRange ANY_PORT = new IntRange(0, 65_535);

    private MatchCompiler() {}

    /** How many combinations there are, those with prefixes of different families included. */
    static long combinations(dev.sluice.model.Match match) {
        return combinations(match.source())
                * combinations(match.destination())
                * Math.max(1, match.vlan().size())
                * Math.max(1, match.innerVlan().size());
    }

    private static long combinations(Endpoint endpoint) {
        return (long) Math.max(1, endpoint.prefixes().size())
                * Math.max(1, endpoint.ports().size());
    }

    /** What a rule asks of contextual attributes, in numbers; empty if so many values have a number that none is left. */
    static Optional<Context> context(dev.sluice.model.Match.Context written, AttributeValues values) {
        Optional<IntSet> applications = numbers(written.applications(), values);
        Optional<IntSet> groups = numbers(written.groups(), values);
        Optional<IntSet> users = numbers(written.users(), values);
        return applications.isPresent() && groups.isPresent() && users.isPresent()
                ? Optional.of(new Context(applications.get(), groups.get(), users.get()))
                : Optional.empty();
    }

    private static Optional<IntSet> numbers(List<String> texts, AttributeValues values) {
        int[] numbers = texts.stream()
                .mapToInt(text -> values.numberOfRule(text).orElse(0))
                .toArray();
        return Arrays.stream(numbers).allMatch(number -> number > 0)
                ? Optional.of(IntSet.of(numbers))
                : Optional.empty();
    }

    /** The combinations that a packet can meet; empty if none can, as with an IPv4 source and an IPv6 destination. */
    public static List<Match> compile(dev.sluice.model.Match match, Context context) {
        Match base = base(match).withContext(context.applications(), context.groups(), context.users());
        List<Match> all = new ArrayList<>();
        for (@Nullable IpPrefix source : orAny(match.source())) {
            for (@Nullable IpPrefix destination : orAny(match.destination())) {
                if (!possible(base.addresses().family(), source, destination)) {
                    continue;
                }
                addPorts(match, base.withPrefixes(source, destination), all);
            }
        }
        return all;
    }

    private static void addPorts(dev.sluice.model.Match match, Match base, List<Match> all) {
        for (IntRange source : orAny(match.source().ports())) {
            for (IntRange destination : orAny(match.destination().ports())) {
                Match ports = base.withPorts(source.low(), source.high(), destination.low(), destination.high());
                addVlans(match, ports, all);
            }
        }
    }

    private static void addVlans(dev.sluice.model.Match match, Match base, List<Match> all) {
        for (IntRange outer : orUntagged(match.vlan())) {
            for (IntRange inner : orUntagged(match.innerVlan())) {
                all.add(base.withVlans(outer.low(), outer.high(), inner.low(), inner.high()));
            }
        }
    }

    private static Match base(dev.sluice.model.Match match) {
        Match base = Match.ANY
                .withFamily(match.family().map(f -> f == Family.IPV4 ? 4 : 6).orElse(0))
                .withEthernet(
                        match.etherType().orElse(-1),
                        match.sourceMac().map(MacAddress::bits).orElse(-1L),
                        match.destinationMac().map(MacAddress::bits).orElse(-1L));
        if (match.protocol().isPresent()) {
            base = base.withProtocol(
                    match.protocol().getAsInt(), match.protocol().getAsInt());
        }
        if (match.dscp().isPresent()) {
            base = base.withDscp(match.dscp().getAsInt(), match.dscp().getAsInt());
        }
        if (match.hash().isPresent()) {
            HashBuckets hash = match.hash().get();
            BitSet set = new BitSet(hash.buckets());
            hash.in().forEach(range -> set.set(range.low(), range.high() + 1));
            base = base.withHash(hash.buckets(), set);
        }
        return base;
    }

    private static boolean possible(int family, @Nullable IpPrefix source, @Nullable IpPrefix destination) {
        return fits(family, source)
                && fits(family, destination)
                && (source == null
                        || destination == null
                        || source.address().isIpv4() == destination.address().isIpv4());
    }

    private static boolean fits(int family, @Nullable IpPrefix prefix) {
        return family == 0 || prefix == null || prefix.address().isIpv4() == (family == 4);
    }

    private static List<@Nullable IpPrefix> orAny(Endpoint endpoint) {
        List<@Nullable IpPrefix> prefixes = new ArrayList<>(endpoint.prefixes());
        if (prefixes.isEmpty()) {
            prefixes.add(null);
        }
        return prefixes;
    }

    private static List<IntRange> orAny(List<IntRange> ranges) {
        return ranges.isEmpty() ? List.of(ANY_PORT) : ranges;
    }

    private static List<IntRange> orUntagged(List<IntRange> ranges) {
        return ranges.isEmpty() ? List.of(new IntRange(-1, 4095)) : ranges;
    }
}
