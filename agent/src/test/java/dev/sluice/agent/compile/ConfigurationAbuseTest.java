package dev.sluice.agent.compile;

import static dev.sluice.agent.Yaml.chain;
import static dev.sluice.agent.Yaml.firewall;
import static dev.sluice.agent.Yaml.inspectAll;
import static dev.sluice.agent.Yaml.instance;
import static dev.sluice.agent.Yaml.object;
import static dev.sluice.agent.Yaml.policy;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import dev.sluice.agent.Yaml;
import dev.sluice.model.ConfigurationLoader;
import dev.sluice.model.LoadResult;
import dev.sluice.model.Problem;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Configurations that contradict themselves, refer to nothing, are too much, or are damaged: each gives problems that say where, none an exception. */
class ConfigurationAbuseTest {
    private static final int CASES = 8_000;
    private static final String[] WORDS = {
        "null", "~", "''", "[]", "{}", "-1", "0", "1e99", "99999999999999999999", "*a", "&a", "!!binary x", "closed",
                "open",
        "fw-1", "left", "edge/left", "raw", "vlan", "route", "wire", "4095", "0.0.0.0/0", "::/0", "10.0.0.0/33", "? ",
                ": ", "- ",
        "---\n", "{", "}", "[", "]", "\n", "\t", "  ", "\u0000", "'", "\"", "#", "|", ">"
    };

    private static final String[][] CHANGES = {
        {"transport: raw", "transport: wire"},
        {"transport: raw", "transport: raw, forwarding: route"},
        {"transport: raw", "transport: raw, action: copy"},
        {"transport: vlan", "transport: qinq"},
        {"forwarding: route, ", ""},
        {"translation: learned", "translation: new-flow"},
        {"weight: 3", "adminState: down"},
        {"adminState: down", "weight: 1000"},
        {"vlan: 11", "vlan: 10"},
        {"interface: s1", "interface: fw-1-in"},
        {"interface: up", "interface: left"},
        {"peer: right", "peer: up"},
        {", peer: right", ""},
        {"10.1.0.1/24", "192.0.2.9/24"},
        {"192.0.2.2]", "10.1.0.7, 192.0.2.2]"},
        {"addresses: [10.9.0.1/30], ", ""},
        {"[firewall, nat]", "[nat, firewall]"},
        {"onFailure: open", "onFailure: closed"},
        {"appliedTo: [up, down]", "appliedTo: [up, fw-1-in]"},
        {"protocol: tcp", "protocol: icmp"},
        {"match: {}", "match: {family: ipv6}"},
        {"drop: true", "noService: true"},
        {"priority: 7", "priority: 7, direction: toPort"}
    };

    private static final String VALID = Yaml.text(
            firewall(),
            instance("fw-1", ", weight: 3"),
            instance("fw-2", ", adminState: down"),
            object("Service", "nat", "{transport: vlan, forwarding: route, translation: learned}"),
            object(
                    "ServiceInstance",
                    "nat-1",
                    "{service: nat, interfaces: {in: {interface: s1, vlan: 10, addresses: [10.9.0.1/30], nextHop: [10.9.0.2]},"
                            + " out: {interface: s1, vlan: 11, addresses: [10.9.1.1/30], nextHop: [10.9.1.2]}}}"),
            chain("closed"),
            object("ServiceChain", "both", "{profiles: [firewall, nat], onFailure: open}"),
            object("Port", "left", "{interface: left, peer: right}"),
            object("Port", "right", "{interface: right}"),
            object("Port", "up", "{interface: up}"),
            object("Port", "down", "{interface: down}"),
            object(
                    "LogicalRouter",
                    "t0",
                    "{interfaces: [{port: up, addresses: [192.0.2.1/24, '2001:db8::1/64']}, {port: down, addresses: [10.1.0.1/24]}],"
                            + " routes: [{prefix: 0.0.0.0/0, via: [192.0.2.2]}]}"),
            inspectAll(),
            object(
                    "ServicePolicy",
                    "more",
                    "{priority: 7, appliedTo: [up, down], rules: [{name: a, match: {protocol: tcp, destination: {ports: [80, 100-200]}},"
                            + " action: {chain: both}}, {name: b, match: {}, action: {drop: true}}]}"));

    private static List<Problem> problems(String text) {
        LoadResult loaded = ConfigurationLoader.parse("bad.yaml", text);
        List<Problem> all = new ArrayList<>(loaded.problems());
        loaded.configuration()
                .ifPresent(c -> all.addAll(new SnapshotCompiler("edge", new IdRegistry())
                        .compile(c, name -> new InterfaceFacts(0x0200_0000_0001L, 1500))
                        .problems()));
        return all;
    }

    private static void refused(String text, String... words) {
        List<Problem> errors = problems(text).stream().filter(Problem::isError).toList();
        assertThat(errors).as(text.length() > 3000 ? "long text" : text).isNotEmpty();
        assertThat(errors.toString()).contains(words);
        assertThat(errors)
                .allSatisfy(error -> assertThat(error.toString()).matches("(?s)(bad\\.yaml:\\d+|node edge).*"));
    }

    private static String with(String... more) {
        List<String> all = new ArrayList<>(List.of(firewall(), instance("fw-1", ""), chain("closed"), inspectAll()));
        all.addAll(List.of(more));
        return Yaml.text(all.toArray(new String[0]));
    }

    @Test
    void theTextThatIsDamagedBelowIsValid() {
        assertThat(problems(VALID)).noneMatch(Problem::isError);
    }

    @Test
    void portBothInAPairAndInARouterIsRefused() {
        refused(
                with(
                        object("Port", "left", "{interface: left, peer: right}"),
                        object("Port", "right", "{interface: right}"),
                        object("LogicalRouter", "t0", "{interfaces: [{port: left, addresses: [10.0.0.1/24]}]}")),
                "left");
    }

    @Test
    void portInTwoRoutersIsRefused() {
        refused(
                with(
                        object("Port", "up", "{interface: up}"),
                        object("LogicalRouter", "t0", "{interfaces: [{port: up, addresses: [10.0.0.1/24]}]}"),
                        object("LogicalRouter", "t1", "{interfaces: [{port: up, addresses: [10.0.1.1/24]}]}")),
                "up");
    }

    @Test
    void twoPortsOnOneInterfaceAreRefused() {
        refused(with(object("Port", "a", "{interface: eth0}"), object("Port", "b", "{interface: eth0}")), "eth0");
    }

    @Test
    void twoInstancesOnOneInterfaceAreRefused() {
        refused(
                with(object("ServiceInstance", "fw-9", "{service: firewall, interfaces: {in: fw-1-in, out: x}}")),
                "fw-1-in");
    }

    @Test
    void serviceInterfaceThatIsAlsoAPortIsRefused() {
        refused(with(object("Port", "left", "{interface: fw-1-in}")), "fw-1-in");
    }

    @Test
    void chainOfNothingIsRefused() {
        refused(with(object("ServiceChain", "empty", "{profiles: []}")), "profiles");
        refused(with(object("ServiceChain", "lost", "{profiles: [nobody]}")), "nobody");
    }

    /** Its packets would come back from the first visit and the second alike, and go round for ever. */
    @Test
    void chainThatVisitsAServiceTwiceIsRefused() {
        refused(with(object("ServiceChain", "round", "{profiles: [firewall, firewall]}")), "firewall");
    }

    @Test
    void appliedToNothingIsRefused() {
        refused(with(object("ServicePolicy", "p", "{appliedTo: [], rules: []}")), "appliedTo");
    }

    @Test
    void ruleForAChainThatIsNotThereIsRefused() {
        refused(Yaml.text(policy("{name: all, match: {}, action: {chain: nowhere}}")), "nowhere");
    }

    @Test
    void morePathsThanAChainMayHaveAreNoError() {
        List<String> all = new ArrayList<>();
        for (int i = 0; i < 1025; i++) {
            all.add(instance("f" + i, ""));
        }
        // What becomes of them: PathCutTest.
        assertThat(problems(with(all.toArray(new String[0])))).noneMatch(Problem::isError);
    }

    @Test
    void tenThousandRulesCompile() {
        StringBuilder rules = new StringBuilder();
        for (int i = 0; i < 10_000; i++) {
            rules.append("{name: r" + i + ", match: {protocol: tcp, destination: {prefixes: [10." + i / 250 + "."
                    + i % 250 + ".0/24], ports: [" + (1 + i) + "]}}, action: {chain: inspect}},\n");
        }
        String text = Yaml.text(firewall(), instance("fw-1", ""), chain("closed"), policy(rules.toString()));
        assertThat(problems(text)).noneMatch(Problem::isError);
    }

    @Test
    void damagedTextNeverThrows() {
        for (int i = 0; i < CASES; i++) {
            String text = damaged(new Random(i));
            try {
                for (Problem problem : problems(text)) {
                    assertThat(problem.toString()).isNotBlank();
                }
            } catch (RuntimeException e) {
                fail("seed " + i + ":\n" + text, e);
            }
        }
    }

    /** A third of the texts stay valid as YAML and differ in what they say: these get far into the compiler. */
    private static String damaged(Random random) {
        if (random.nextInt(3) == 0) {
            return rearranged(random);
        }
        StringBuilder text = new StringBuilder(VALID);
        for (int i = random.nextInt(4); i >= 0; i--) {
            int from = random.nextInt(text.length());
            int to = Math.min(text.length(), from + random.nextInt(random.nextInt(60) + 1));
            String word = WORDS[random.nextInt(WORDS.length)];
            switch (random.nextInt(6)) {
                case 0 -> text.delete(from, to);
                case 1 -> text.insert(from, word);
                case 2 -> text.insert(random.nextInt(text.length()), text.substring(from, to));
                case 3 -> text.setCharAt(from, (char) random.nextInt(128));
                case 4 -> replaceWord(text, from, word);
                default -> replaceWord(text, from, wordAt(text, random.nextInt(text.length())));
            }
        }
        return text.toString();
    }

    private static String rearranged(Random random) {
        List<String> documents = new ArrayList<>(List.of(VALID.split("---\n")));
        for (int i = random.nextInt(3); i >= 0; i--) {
            int at = random.nextInt(documents.size());
            switch (random.nextInt(3)) {
                case 0 -> documents.remove(at);
                case 1 -> documents.add(documents.get(at).replaceFirst("name: [a-z0-9-]+", "name: other" + i));
                default -> {
                    String[] change = CHANGES[random.nextInt(CHANGES.length)];
                    documents.replaceAll(document -> document.replace(change[0], change[1]));
                }
            }
        }
        return String.join("---\n", documents);
    }

    private static String wordAt(StringBuilder text, int at) {
        int from = at;
        int to = at;
        while (from > 0 && isWord(text.charAt(from - 1))) {
            from--;
        }
        while (to < text.length() && isWord(text.charAt(to))) {
            to++;
        }
        return text.substring(from, to);
    }

    private static void replaceWord(StringBuilder text, int at, String word) {
        int from = at;
        int to = at;
        while (from > 0 && isWord(text.charAt(from - 1))) {
            from--;
        }
        while (to < text.length() && isWord(text.charAt(to))) {
            to++;
        }
        text.replace(from, to, word);
    }

    private static boolean isWord(char c) {
        return Character.isLetterOrDigit(c) || c == '-' || c == '.' || c == '/';
    }
}
