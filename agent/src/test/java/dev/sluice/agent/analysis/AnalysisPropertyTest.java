package dev.sluice.agent.analysis;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.agent.analysis.Finding.Kind;
import dev.sluice.datapath.rules.AttributeIds;
import dev.sluice.datapath.rules.Classifier;
import dev.sluice.datapath.rules.Group;
import dev.sluice.datapath.rules.IntSet;
import dev.sluice.datapath.rules.Match;
import dev.sluice.datapath.rules.PacketFields;
import dev.sluice.datapath.rules.PortSides;
import dev.sluice.datapath.rules.Rule;
import dev.sluice.datapath.rules.Rule.Action;
import dev.sluice.datapath.rules.Rule.FailureAction;
import dev.sluice.datapath.snapshot.PortEntry;
import dev.sluice.datapath.snapshot.PortEntry.Role;
import dev.sluice.datapath.snapshot.Snapshot;
import dev.sluice.datapath.snapshot.SnapshotBuilder;
import dev.sluice.datapath.snapshot.Target;
import dev.sluice.wire.IpAddress;
import dev.sluice.wire.IpPrefix;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Random small rule sets against brute force: every packet that tells rules apart is classified. */
class AnalysisPropertyTest {
    private static final List<String> PREFIXES = List.of(
            "0.0.0.0/0", "10.0.0.0/8", "10.0.0.0/9", "10.128.0.0/9", "11.0.0.0/8", "::/0", "fd00::/8", "2001:db8::/32");
    private static final List<String> ADDRESSES =
            List.of("10.1.1.1", "10.200.0.1", "11.0.0.1", "12.0.0.1", "fd00::1", "2001:db8::1", "2002::1");
    private static final List<int[]> PORTS = List.of(
            new int[] {0, 65_535}, new int[] {80, 80}, new int[] {0, 79}, new int[] {80, 65_535}, new int[] {81, 443});
    private static final List<int[]> VLANS =
            List.of(new int[] {5, 5}, new int[] {1, 4}, new int[] {6, 4095}, new int[] {1, 4095}, new int[] {-1, 4095});
    private static final long MAC = 0x0202_0304_0506L;

    private static Match match(Random random) {
        Match match = Match.ANY;
        if (random.nextInt(6) == 0) {
            match = match.withFamily(random.nextBoolean() ? 4 : 6);
        }
        if (random.nextBoolean()) {
            match = match.withPrefixes(prefix(random), random.nextInt(3) == 0 ? prefix(random) : null);
        }
        if (random.nextBoolean()) {
            int protocol = List.of(1, 6, 17, 132).get(random.nextInt(4));
            match = match.withProtocol(protocol, protocol);
            if (protocol != 1 && random.nextBoolean()) {
                int[] source = PORTS.get(random.nextInt(2));
                int[] destination = PORTS.get(random.nextInt(PORTS.size()));
                match = match.withPorts(source[0], source[1], destination[0], destination[1]);
            }
        }
        if (random.nextInt(4) == 0) {
            int[] outer = VLANS.get(random.nextInt(VLANS.size()));
            int[] inner = VLANS.get(random.nextInt(4) == 0 ? 0 : 4);
            match = match.withVlans(outer[0], outer[1], inner[0], inner[1]);
        }
        if (random.nextInt(5) == 0) {
            int low = random.nextInt(2);
            match = match.withDscp(low, low == 0 ? 0 : 63);
        }
        if (random.nextInt(5) == 0) {
            int buckets = 2 + random.nextInt(2);
            BitSet set = new BitSet();
            set.set(random.nextInt(buckets));
            set.set(random.nextInt(buckets));
            match = match.withHash(buckets, set);
        }
        if (random.nextInt(8) == 0) {
            match = match.withEthernet(random.nextInt(3) == 0 ? 0x0800 : -1, random.nextBoolean() ? MAC : -1, -1);
        }
        return match;
    }

    /** Applications 1 and 2, user 1; whatever rules name, a flow can have another value or none. */
    private static Match asking(Match match, Random random) {
        IntSet applications =
                random.nextInt(3) == 0 ? IntSet.EMPTY : IntSet.of(1 + random.nextInt(2), 1 + random.nextInt(2));
        return match.withContext(applications, IntSet.EMPTY, random.nextBoolean() ? IntSet.of(1) : IntSet.EMPTY);
    }

    private static IpPrefix prefix(Random random) {
        return IpPrefix.parse(PREFIXES.get(random.nextInt(PREFIXES.size()))).orElseThrow();
    }

    private static List<Rule> rules(Random random, PortSides sides) {
        List<Rule> rules = new ArrayList<>();
        int count = 2 + random.nextInt(7);
        boolean context = random.nextBoolean();
        for (int i = 0; i < count; i++) {
            List<Match> matches = new ArrayList<>();
            for (int m = 0; m <= random.nextInt(3); m++) {
                Match match = match(random);
                matches.add(context && random.nextInt(3) == 0 ? asking(match, random) : match);
            }
            Action action = List.of(Action.NONE, Action.DROP, Action.SERVICE, Action.OBSERVE)
                    .get(random.nextInt(4));
            rules.add(new Rule(
                    i + 1,
                    1000 - i,
                    "r" + i,
                    matches,
                    action,
                    action == Action.SERVICE ? 0 : -1,
                    FailureAction.INHERIT,
                    random.nextInt(4) > 0,
                    sides));
        }
        return rules;
    }

    static List<PacketFields> packets() {
        List<PacketFields> all = new ArrayList<>();
        for (String source : ADDRESSES) {
            for (String destination : ADDRESSES) {
                IpAddress from = IpAddress.parse(source).orElseThrow();
                IpAddress to = IpAddress.parse(destination).orElseThrow();
                if (from.isIpv4() == to.isIpv4()) {
                    addTransports(from, to, all);
                }
            }
        }
        return all;
    }

    private static void addTransports(IpAddress from, IpAddress to, List<PacketFields> all) {
        for (int protocol : new int[] {6, 17, 1, 132, 47}) {
            int[] ports = protocol == 1 || protocol == 47 ? new int[] {0} : new int[] {0, 80, 100, 500};
            for (int destination : ports) {
                for (int source : ports.length == 1 ? ports : new int[] {80, 81}) {
                    addTags(from, to, protocol, source, destination, all);
                }
            }
        }
    }

    private static void addTags(
            IpAddress from, IpAddress to, int protocol, int source, int destination, List<PacketFields> all) {
        for (int[] tags : new int[][] {{-1, -1}, {3, -1}, {5, -1}, {9, -1}, {3, 5}, {5, 5}, {9, 5}}) {
            for (int mix = 0; mix < 24; mix++) {
                PacketFields p = new PacketFields();
                p.sourceHi = from.hi();
                p.sourceLo = from.lo();
                p.destinationHi = to.hi();
                p.destinationLo = to.lo();
                p.family = from.isIpv4() ? 4 : 6;
                p.etherType = from.isIpv4() ? 0x0800 : 0x86dd;
                p.protocol = protocol;
                p.sourcePort = source;
                p.destinationPort = destination;
                p.outerVlan = tags[0];
                p.innerVlan = tags[1];
                p.dscp = mix & 1;
                p.sourceMac = (mix & 2) == 0 ? MAC : 0x0200_0000_0009L;
                p.hash = (long) (mix >> 2) << 32;
                all.add(p);
            }
        }
    }

    private static Snapshot snapshot(List<Rule> rules) {
        PortEntry left = new PortEntry(0, "left", Role.TRANSPARENT, 0, 1, 1, List.of(), true, true, 1, 0, 1500);
        PortEntry right = new PortEntry(1, "right", Role.TRANSPARENT, 0, 0, 2, List.of(), true, true, 0, 0, 1500);
        return Snapshot.builder(1)
                .ports(List.of(left, right))
                .targets(List.of(new Target(0, "inspect", List.of(), FailureAction.CLOSED)))
                .rules(rules)
                .groups(List.of(new Group(
                        1,
                        Classifier.of(
                                rules.stream().filter(rule -> !observes(rule)).toList()),
                        rules.stream().filter(AnalysisPropertyTest::observes).toList())))
                .build();
    }

    private static boolean observes(Rule rule) {
        return rule.action() == Action.OBSERVE;
    }

    static IntStream seeds() {
        return IntStream.range(0, 60);
    }

    @ParameterizedTest
    @MethodSource("seeds")
    void findsExactlyTheRulesAndOverlapsThatBruteForceFinds(int seed) {
        BitSet sides = new BitSet();
        sides.set(PortSides.index(0, PortSides.FROM_PORT));
        List<Rule> rules = rules(new Random(seed), PortSides.of(sides));
        Snapshot snapshot = snapshot(rules);
        Set<String> alive = new TreeSet<>();
        Set<String> pairs = new TreeSet<>();
        Set<Long> attributes = attributes(rules);
        for (PacketFields packet : packets()) {
            for (long each : attributes) {
                packet.attributes = each;
                brute(rules, packet, alive, pairs);
            }
        }
        Analysis.Result result = Analysis.of(snapshot);
        Set<String> dead = new TreeSet<>();
        Set<String> told = new TreeSet<>();
        for (Finding finding : result.findings()) {
            if (Set.of(Kind.SHADOWED, Kind.DUPLICATE, Kind.IMPOSSIBLE).contains(finding.kind())) {
                dead.add(finding.rule());
            } else if (finding.kind() == Kind.CONFLICT
                    || (finding.kind() == Kind.BYPASS && !finding.others().isEmpty())) {
                told.add(finding.rule() + ">" + finding.others().getFirst());
            }
        }
        Set<String> expected = new TreeSet<>(
                rules.stream().filter(rule -> !observes(rule)).map(Rule::name).toList());
        expected.removeAll(alive);
        pairs.removeIf(pair -> !alive.contains(pair.substring(pair.indexOf('>') + 1)));
        assertThat(dead).as("seed " + seed + " " + rules).isEqualTo(expected);
        assertThat(told).as("seed " + seed + " " + rules).isEqualTo(pairs);
        assertThat(result.findings()).noneMatch(finding -> finding.kind() == Kind.UNDECIDED);
    }

    /** Of all combinations those that these rules tell apart: each value that is named, and one that is not. */
    private static Set<Long> attributes(List<Rule> rules) {
        boolean asked = rules.stream()
                .flatMap(rule -> rule.matches().stream())
                .anyMatch(match -> !match.context().equals(Match.Context.ANY));
        Set<Long> all = new TreeSet<>();
        for (int application = 0; application <= (asked ? 2 : 0); application++) {
            for (int user = 0; user <= (asked ? 1 : 0); user++) {
                all.add(AttributeIds.of(application, 0, user));
            }
        }
        return all;
    }

    /** The plain meaning of precedence: the first rule that matches; each later one that matches too and does something else overlaps it. */
    private static void brute(List<Rule> rules, PacketFields packet, Set<String> alive, Set<String> pairs) {
        Rule winner = null;
        for (Rule rule : rules) {
            if (observes(rule) || rule.matches().stream().noneMatch(match -> match.matches(packet))) {
                continue;
            }
            if (winner == null) {
                winner = rule;
                alive.add(rule.name());
            } else if (rule.action() != winner.action()
                    || rule.targetId() != winner.targetId()
                    || rule.bothDirections() != winner.bothDirections()) {
                pairs.add(winner.name() + ">" + rule.name());
            }
        }
    }

    @Test
    void ruleForAUserShadowsNoRuleForEverybodyButIsShadowedByIt() {
        BitSet sides = new BitSet();
        sides.set(PortSides.index(0, PortSides.FROM_PORT));
        Match user = Match.ANY.withContext(IntSet.EMPTY, IntSet.EMPTY, IntSet.of(7));
        Rule forUser = rule(1, 30, user, Action.NONE, PortSides.of(sides));
        Rule forAll = rule(2, 20, Match.ANY, Action.SERVICE, PortSides.of(sides));
        Rule again = rule(3, 10, user, Action.DROP, PortSides.of(sides));
        Rule watching = rule(4, 40, Match.ANY, Action.OBSERVE, PortSides.of(sides));
        List<Finding> findings =
                Analysis.of(snapshot(List.of(watching, forUser, forAll, again))).findings();
        assertThat(findings)
                .filteredOn(finding -> finding.kind() == Kind.SHADOWED || finding.kind() == Kind.DUPLICATE)
                .extracting(Finding::rule)
                .containsExactly("r3");
        assertThat(findings)
                .filteredOn(finding ->
                        finding.kind() == Kind.BYPASS && finding.rule().equals("r1"))
                .singleElement()
                .satisfies(finding -> assertThat(finding.example()).containsEntry("user", "7"))
                .satisfies(finding -> assertThat(finding.message()).contains("attributes"));
        assertThat(findings).noneMatch(finding -> finding.rule().equals("r4"));
    }

    private static Rule rule(int id, int precedence, Match match, Action action, PortSides sides) {
        int target = action == Action.SERVICE ? 0 : -1;
        return new Rule(id, precedence, "r" + id, List.of(match), action, target, FailureAction.INHERIT, true, sides);
    }

    /** A packet is serviced once within a pair: who taps it where it comes in keeps it from the chain where it goes out. */
    @Test
    void chainWhereAPacketComesInTakesItPastTheChainWhereItGoesOut() {
        PortEntry left = new PortEntry(0, "left", Role.TRANSPARENT, 0, 1, 1, List.of(), true, true, 1, 0, 1500);
        PortEntry right = new PortEntry(1, "right", Role.TRANSPARENT, 0, 0, 2, List.of(), true, true, 0, 2, 1500);
        Match web = Match.ANY.withProtocol(6, 6).withPorts(0, 65_535, 80, 80);
        Rule watch = toChain(1, web, 1, side(0, PortSides.FROM_PORT));
        Rule inspect = toChain(2, Match.ANY, 0, side(1, PortSides.TO_PORT));
        SnapshotBuilder builder = Snapshot.builder(1)
                .ports(List.of(left, right))
                .targets(List.of(
                        new Target(0, "inspect", List.of(), FailureAction.CLOSED),
                        new Target(1, "watch", List.of(), FailureAction.OPEN)));

        assertThat(bypasses(builder, watch, inspect)).singleElement().satisfies(finding -> {
            assertThat(finding.rule()).isEqualTo("r2");
            assertThat(finding.others()).containsExactly("r1");
            assertThat(finding.message()).contains("left fromPort sends them through chain watch");
            assertThat(finding.example()).containsEntry("destinationPort", "80");
        });
        Rule elsewhere = toChain(2, Match.ANY.withProtocol(17, 17), 0, side(1, PortSides.TO_PORT));
        assertThat(bypasses(builder, watch, elsewhere)).as("no packet of both").isEmpty();
        Rule same = toChain(1, web, 0, side(0, PortSides.FROM_PORT));
        assertThat(bypasses(builder, same, inspect)).as("the same chain").isEmpty();
    }

    private static List<Finding> bypasses(SnapshotBuilder builder, Rule atEntry, Rule atExit) {
        Snapshot snapshot = builder.rules(List.of(atEntry, atExit))
                .groups(List.of(
                        new Group(1, Classifier.of(List.of(atEntry)), List.of()),
                        new Group(2, Classifier.of(List.of(atExit)), List.of())))
                .build();
        return Analysis.of(snapshot).findings().stream()
                .filter(finding ->
                        finding.kind() == Kind.BYPASS && !finding.others().isEmpty())
                .toList();
    }

    private static Rule toChain(int id, Match match, int target, PortSides sides) {
        return new Rule(
                id, 100 - id, "r" + id, List.of(match), Action.SERVICE, target, FailureAction.INHERIT, true, sides);
    }

    private static PortSides side(int port, int side) {
        BitSet sides = new BitSet();
        sides.set(PortSides.index(port, side));
        return PortSides.of(sides);
    }

    @Test
    void everyConditionOfAMatchIsKnown() {
        long conditions = Arrays.stream(Match.class.getRecordComponents())
                .mapToLong(part -> part.getType().getRecordComponents().length)
                .sum();
        assertThat(conditions)
                .as("a new condition has to become a dimension of Space, or findings lie")
                .isEqualTo(Space.CONDITIONS_KNOWN);
    }

    @Test
    void tenThousandRulesAreDecidedOrNamedAsUndecided() {
        BitSet sides = new BitSet();
        sides.set(PortSides.index(0, PortSides.FROM_PORT));
        Random random = new Random(7);
        List<Rule> rules = new ArrayList<>();
        for (int i = 0; i < 10_000; i++) {
            int bits = 12 + random.nextInt(18);
            IpPrefix source = IpPrefix.around(IpAddress.ofIpv4(0x0a00_0000 | random.nextInt(1 << 24)), bits);
            IpPrefix destination =
                    IpPrefix.around(IpAddress.ofIpv4(0x0b00_0000 | random.nextInt(1 << 24)), 8 + random.nextInt(24));
            int port = random.nextInt(1000);
            Match match = Match.ANY
                    .withPrefixes(source, destination)
                    .withProtocol(6, 6)
                    .withPorts(0, 65_535, port, port + random.nextInt(500));
            Action action = random.nextInt(5) == 0 ? Action.NONE : Action.SERVICE;
            rules.add(new Rule(
                    i + 1,
                    100_000 - i,
                    "r" + i,
                    List.of(match),
                    action,
                    action == Action.SERVICE ? 0 : -1,
                    FailureAction.INHERIT,
                    true,
                    PortSides.of(sides)));
        }
        Analysis.Result result = Analysis.of(snapshot(rules));
        assertThat(result.findings()).isNotEmpty().noneMatch(finding -> finding.kind() == Kind.UNDECIDED);
        Analysis.Result poor = Analysis.of(snapshot(rules), 1_000_000);
        assertThat(poor.findings()).anyMatch(finding -> finding.kind() == Kind.UNDECIDED);
    }
}
