package dev.sluice.datapath.rules;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.wire.IpAddress;
import dev.sluice.wire.IpPrefix;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The classifier against the plain definition: rules by falling precedence, the first that {@link Match#matches}. */
class ClassifierTest {
    private final PacketFields p = new PacketFields();

    private static final class Oracle {
        private final List<Rule> rules;

        Oracle(List<Rule> rules) {
            this.rules = new ArrayList<>(rules);
            this.rules.sort(Comparator.comparingInt(Rule::precedence).reversed().thenComparingInt(Rule::id));
        }

        int classify(PacketFields p) {
            for (Rule rule : rules) {
                for (Match match : rule.matches()) {
                    if (match.matches(p)) {
                        return rule.id();
                    }
                }
            }
            return 0;
        }
    }

    private static int id(Classifier classifier, PacketFields p) {
        Rule rule = classifier.classify(p);
        return rule == null ? 0 : rule.id();
    }

    private static Rule rule(int id, int precedence, Match... matches) {
        return ClassifierRules.rule(id, precedence, List.of(matches));
    }

    private static IpPrefix prefix(String text) {
        return IpPrefix.parse(text).orElseThrow();
    }

    private void from(String source, String destination) {
        IpAddress s = IpAddress.parse(source).orElseThrow();
        IpAddress d = IpAddress.parse(destination).orElseThrow();
        p.family = s.isIpv4() ? 4 : 6;
        p.sourceHi = s.hi();
        p.sourceLo = s.lo();
        p.destinationHi = d.hi();
        p.destinationLo = d.lo();
    }

    @Test
    void emptyClassifierMatchesNothing() {
        assertThat(Classifier.empty().classify(p)).isNull();
        assertThat(Classifier.empty().isEmpty()).isTrue();
        assertThat(Classifier.of(List.of()).rules()).isEmpty();
        assertThat(Classifier.empty().without(7)).isSameAs(Classifier.empty());
    }

    @Test
    void higherPrecedenceWinsAndRulesAreListedByIt() {
        Rule low = rule(1, 10, Match.ANY);
        Rule high = rule(2, 20, Match.ANY.withProtocol(6, 6));
        Rule negative = rule(3, -5, Match.ANY);
        Classifier classifier = Classifier.of(List.of(negative, low, high));
        assertThat(classifier.rules()).containsExactly(high, low, negative);
        p.protocol = 6;
        assertThat(classifier.classify(p)).isSameAs(high);
        p.protocol = 7;
        assertThat(classifier.classify(p)).isSameAs(low);
        assertThat(classifier.without(1).classify(p)).isSameAs(negative);
        assertThat(classifier.contains(2)).isTrue();
        assertThat(classifier.contains(4)).isFalse();
        assertThat(classifier.size()).isEqualTo(3);
    }

    @Test
    void refusesASecondRuleWithTheSameId() {
        Classifier classifier = Classifier.of(List.of(rule(1, 10, Match.ANY)));
        assertThatThrownBy(() -> classifier.with(rule(1, 11, Match.ANY)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("id 1 is taken by rule test/1");
        assertThatThrownBy(() -> Classifier.of(List.of(rule(5, 1, Match.ANY), rule(5, 2, Match.ANY))))
                .isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void prefixOfLengthZeroMatchesItsOwnFamilyOnly() {
        Classifier classifier = Classifier.of(List.of(
                rule(1, 3, Match.ANY.withPrefixes(prefix("0.0.0.0/0"), null)),
                rule(2, 2, Match.ANY.withPrefixes(null, prefix("::/0"))),
                rule(3, 1, Match.ANY)));
        from("10.0.0.1", "10.0.0.2");
        assertThat(id(classifier, p)).isEqualTo(1);
        from("2001:db8::1", "::");
        assertThat(id(classifier, p)).isEqualTo(2);
        p.family = 0;
        assertThat(id(classifier, p)).isEqualTo(3);
    }

    @Test
    void ipv6AddressWithTheBitsOfAnIpv4AddressIsNotTheIpv4Address() {
        Classifier classifier = Classifier.of(List.of(
                rule(1, 3, Match.ANY.withPrefixes(prefix("10.0.0.1/32"), null)),
                rule(2, 2, Match.ANY.withPrefixes(prefix("::/64"), null))));
        from("10.0.0.1", "10.0.0.2");
        assertThat(id(classifier, p)).isEqualTo(1);
        p.family = 6;
        assertThat(id(classifier, p)).isEqualTo(2);
        p.family = 0;
        assertThat(id(classifier, p)).isZero();
    }

    @Test
    void ipv4PacketWhoseAddressesAreOfIpv6MeetsOnlyRulesThatDoNotAskForThem() {
        List<Rule> rules = List.of(
                rule(1, 4, Match.ANY.withPrefixes(prefix("10.0.0.0/8"), prefix("10.0.0.0/8"))),
                rule(2, 3, Match.ANY.withPrefixes(prefix("10.0.0.0/8"), null)),
                rule(3, 2, Match.ANY.withPrefixes(null, prefix("10.0.0.0/8"))),
                rule(4, 1, Match.ANY.withFamily(4)));
        Classifier classifier = Classifier.of(rules);
        Oracle oracle = new Oracle(rules);
        for (String source : new String[] {"10.0.0.1", "2001:db8::a00:1"}) {
            for (String destination : new String[] {"10.0.0.2", "2001:db8::a00:2"}) {
                from(source, destination);
                p.family = 4;
                assertThat(id(classifier, p)).as(source + " to " + destination).isEqualTo(oracle.classify(p));
            }
        }
    }

    @Test
    void rulesThatComeAfterTheSieveWasMadeAreFoundAndOnesThatWentAreNot() {
        List<Rule> rules = new ArrayList<>(ClassifierRules.ipv4(ClassifierRules.Kind.IPC, 300, 31));
        for (Rule rule : ClassifierRules.ipv6(ClassifierRules.Kind.FW, 300, 32)) {
            rules.add(ClassifierRules.rule(rule.id() + 300, rule.precedence() + 300, rule.matches()));
        }
        Classifier classifier = Classifier.of(rules.subList(0, 10));
        for (Rule rule : rules.subList(10, 600)) {
            classifier = classifier.with(rule);
        }
        compare(classifier, rules, 20_000, 33);
        for (Rule rule : rules.subList(0, 500)) {
            classifier = classifier.without(rule.id());
        }
        compare(classifier, rules.subList(500, 600), 20_000, 34);
    }

    @Test
    void matchWhoseFamiliesContradictNeverMatches() {
        Classifier classifier = Classifier.of(List.of(
                rule(1, 3, Match.ANY.withFamily(4).withPrefixes(prefix("::/0"), null)),
                rule(2, 2, Match.ANY.withPrefixes(prefix("::/0"), prefix("0.0.0.0/0")))));
        for (int family : new int[] {0, 4, 6}) {
            p.family = family;
            assertThat(id(classifier, p)).isZero();
        }
        assertThat(classifier.size()).isEqualTo(2);
        assertThat(classifier.without(1).without(2).isEmpty()).isTrue();
    }

    @Test
    void manyRulesForSinglePortsOfOneHostLeaveNothingBehind() {
        List<Rule> rules = new ArrayList<>();
        for (int i = 0; i < 500; i++) {
            rules.add(rule(
                    i + 1,
                    1000 - i,
                    Match.ANY
                            .withPrefixes(null, prefix("10.0.0.1/32"))
                            .withProtocol(17, 17)
                            .withPorts(0, 65535, 100 + i, 100 + i)));
        }
        Classifier classifier = Classifier.of(rules);
        from("10.9.9.9", "10.0.0.1");
        p.protocol = 17;
        p.destinationPort = 340;
        assertThat(id(classifier, p)).isEqualTo(241);
        p.destinationPort = 0;
        assertThat(id(classifier, p)).isZero();
        for (int i = 1; i < 500; i++) {
            classifier = classifier.without(i);
            p.destinationPort = 100 + i;
            assertThat(id(classifier, p)).isEqualTo(i + 1);
        }
        assertThat(classifier.without(500).tables()).isZero();
    }

    @Test
    void hashBucketsDivideTheUpperHalfOfTheHash() {
        BitSet even = BitSet.valueOf(new long[] {0b10101});
        Classifier classifier = Classifier.of(List.of(rule(1, 3, Match.ANY.withHash(5, even))));
        even.clear();
        for (long bucket = 0; bucket < 5; bucket++) {
            p.hash = (0xffff_fff0L / 5 * 5 + bucket) << 32 | 0xdead_beefL;
            assertThat(id(classifier, p)).isEqualTo(bucket % 2 == 0 ? 1 : 0);
        }
    }

    @Test
    void numberOfTablesStaysBoundedWhateverTheRules() {
        List<Rule> rules = new ArrayList<>();
        int id = 0;
        for (int source = 0; source <= 32; source++) {
            for (int destination = 0; destination <= 32; destination++) {
                for (int i = 0; i < 25; i++) {
                    Match match = Match.ANY
                            .withPrefixes(
                                    IpPrefix.around(IpAddress.ofIpv4(0x0a0a_0a0a), source),
                                    IpPrefix.around(IpAddress.ofIpv4(0x0b0b_0b0b), destination))
                            .withPorts(0, 65535, i, i);
                    id++;
                    rules.add(rule(id, id, match));
                }
            }
        }
        Classifier classifier = Classifier.of(rules);
        assertThat(classifier.tables()).isLessThanOrEqualTo(Classifier.TABLES_MAX + 2);
        compare(classifier, rules, 2_000, 11);
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 10, 1000})
    void agreesWithThePlainDefinitionOnRandomRules(int count) {
        long seed = 1000L + count;
        List<Rule> rules = randomRules(new Random(seed), count);
        Collections.shuffle(rules, new Random(seed));
        compare(Classifier.of(rules), rules, 100_000, seed);
    }

    @ParameterizedTest
    @EnumSource(ClassifierRules.Kind.class)
    void agreesWithThePlainDefinitionOnTenThousandClassBenchRules(ClassifierRules.Kind kind) {
        List<Rule> rules = new ArrayList<>(ClassifierRules.ipv4(kind, 5_000, 21));
        for (Rule rule : ClassifierRules.ipv6(kind, 5_000, 22)) {
            rules.add(ClassifierRules.rule(rule.id() + 5_000, rule.precedence() + 5_000, rule.matches()));
        }
        assertThat(compare(Classifier.of(rules), rules, 10_000, 23))
                .as("headers that match a rule")
                .isGreaterThan(6_000);
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6})
    void oldVersionsAnswerAsBeforeWhileRulesComeAndGo(long seed) {
        Random random = new Random(seed);
        List<Rule> pool = seed % 2 == 0 ? randomRules(random, 400) : portRules(random, 400);
        Collections.shuffle(pool, random);
        List<Rule> present = new ArrayList<>();
        List<Classifier> versions = new ArrayList<>();
        List<List<Rule>> contents = new ArrayList<>();
        Classifier classifier = Classifier.empty();
        int next = 0;
        for (int step = 0; step < 2_000; step++) {
            boolean growing = step / 300 % 2 == 0;
            if (next < pool.size() && (present.isEmpty() || random.nextInt(10) < (growing ? 8 : 2))) {
                Rule rule = pool.get(next);
                next++;
                present.add(rule);
                classifier = classifier.with(rule);
            } else if (!present.isEmpty()) {
                Rule rule = present.remove(random.nextInt(present.size()));
                classifier = classifier.without(rule.id());
                assertThat(classifier.contains(rule.id())).isFalse();
                pool.add(rule);
            }
            if (step % 50 == 0) {
                versions.add(classifier);
                contents.add(List.copyOf(present));
            }
        }
        for (int i = 0; i < versions.size(); i++) {
            assertThat(versions.get(i).size()).isEqualTo(contents.get(i).size());
            assertThat(versions.get(i).rules()).containsExactlyInAnyOrderElementsOf(contents.get(i));
            compare(versions.get(i), contents.get(i), 500, seed * 1000 + i);
        }
        for (Rule rule : present) {
            classifier = classifier.without(rule.id());
        }
        assertThat(classifier.isEmpty()).isTrue();
        assertThat(classifier.tables()).isZero();
    }

    /** Compares on random headers and, mostly, headers from the corners of the rules; returns how many matched a rule. */
    private int compare(Classifier classifier, List<Rule> rules, int headers, long seed) {
        Random random = new Random(seed);
        Oracle oracle = new Oracle(rules);
        int matched = 0;
        for (int i = 0; i < headers; i++) {
            Match match = Match.ANY;
            if (!rules.isEmpty() && random.nextInt(10) > 0) {
                Rule rule = rules.get(random.nextInt(rules.size()));
                match = rule.matches().get(random.nextInt(rule.matches().size()));
            }
            ClassifierRules.header(random, match, p);
            int expected = oracle.classify(p);
            int actual = id(classifier, p);
            matched += expected == 0 ? 0 : 1;
            if (actual != expected) {
                assertThat(actual)
                        .as("seed %d, header %d, drawn from %s", seed, i, match)
                        .isEqualTo(expected);
            }
        }
        return matched;
    }

    /** Rules with every kind of condition, one to three matches each, over few values so that they overlap. */
    private static List<Rule> randomRules(Random random, int count) {
        List<Rule> rules = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            List<Match> matches = new ArrayList<>();
            for (int n = random.nextInt(3); n >= 0; n--) {
                matches.add(randomMatch(random));
            }
            rules.add(ClassifierRules.rule(i + 1, (i - count / 2) * 3, matches));
        }
        return rules;
    }

    private static Match randomMatch(Random random) {
        Match m = Match.ANY.withFamily(random.nextInt(4) == 0 ? random.nextInt(2) * 2 + 4 : 0);
        boolean ipv6 = random.nextInt(3) == 0;
        m = m.withPrefixes(randomPrefix(random, ipv6), randomPrefix(random, ipv6 ^ (random.nextInt(30) == 0)));
        int[] range = range(random, 0, 255);
        m = m.withProtocol(range[0], range[1]);
        int[] source = range(random, 0, 65535);
        int[] destination = range(random, 0, 65535);
        m = m.withPorts(source[0], source[1], destination[0], destination[1]);
        if (random.nextInt(8) == 0) {
            m = m.withEthernet(
                    random.nextBoolean() ? 0x0806 : -1,
                    random.nextInt(6) - 1,
                    random.nextBoolean() ? -1 : random.nextInt(4));
        }
        if (random.nextInt(8) == 0) {
            int[] outer = range(random, -1, 4095);
            int[] inner = range(random, -1, 4095);
            m = m.withVlans(outer[0], outer[1], inner[0], inner[1]);
        }
        if (random.nextInt(8) == 0) {
            int[] dscp = range(random, 0, 63);
            m = m.withDscp(dscp[0], dscp[1]);
        }
        if (random.nextInt(8) == 0) {
            int buckets = 1 + random.nextInt(100);
            BitSet set = new BitSet();
            for (int i = 0; i < buckets; i += 1 + random.nextInt(3)) {
                set.set(i);
            }
            m = m.withHash(buckets, set);
        }
        return m;
    }

    private static IpPrefix randomPrefix(Random random, boolean ipv6) {
        if (ipv6) {
            int[] lengths = {0, 1, 32, 63, 64, 65, 96, 127, 128};
            IpAddress address = new IpAddress(0x2001_0db8_0000_0000L | random.nextInt(4), random.nextInt(4));
            return IpPrefix.around(address, lengths[random.nextInt(lengths.length)]);
        }
        int[] lengths = {0, 0, 1, 8, 15, 16, 17, 24, 31, 32, 32};
        IpAddress address = IpAddress.ofIpv4(0x0a00_0000 | random.nextInt(2) << 16 | random.nextInt(4));
        return IpPrefix.around(address, lengths[random.nextInt(lengths.length)]);
    }

    private static int[] range(Random random, int least, int most) {
        int low = least + random.nextInt(most - least + 1);
        return switch (random.nextInt(5)) {
            case 0 -> new int[] {least, most};
            case 1 -> new int[] {low, low};
            case 2 -> new int[] {low, low + random.nextInt(most - low + 1)};
            case 3 -> new int[] {least, low};
            default -> new int[] {Math.min(most, least + 1), most};
        };
    }

    /** Rules on very few addresses that differ in ports, so that slots overflow into tables that hash ports. */
    private static List<Rule> portRules(Random random, int count) {
        List<Rule> rules = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            int source = random.nextInt(40);
            int destination = 1000 + random.nextInt(40);
            boolean anySource = random.nextBoolean();
            Match match = Match.ANY
                    .withFamily(random.nextInt(2) * 4)
                    .withPorts(
                            anySource ? 0 : source, anySource ? 65535 : source, destination, destination + i % 3 / 2);
            rules.add(ClassifierRules.rule(i + 1, i, List.of(match)));
        }
        return rules;
    }
}
