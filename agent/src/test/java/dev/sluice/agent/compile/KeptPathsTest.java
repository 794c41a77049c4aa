package dev.sluice.agent.compile;

import static dev.sluice.agent.Hosts.host;
import static dev.sluice.agent.Hosts.pair;
import static dev.sluice.agent.Yaml.object;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.agent.Yaml;
import dev.sluice.datapath.snapshot.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Which flows get the paths that their chain had before, while other hosts have not said that they serve those of now (ADR 14). */
class KeptPathsTest {
    private static final String DNS = rule("dns", "{protocol: udp, destination: {ports: [53]}}", "{drop: true}");
    private static final String WEB = rule("web", "{protocol: tcp, destination: {ports: [80]}}", "{chain: inspect}");
    private static final String ALL = rule("all", "{}", "{chain: inspect}");
    private static final String NOTHING = rule("all", "{}", "{drop: true}");
    private static final String PING = rule("ping", "{protocol: icmp}", "{drop: true}");
    private static final String OBSERVED = rule("seen", "{}", "{observe: true}");

    private final SnapshotCompiler compiler = new SnapshotCompiler("a", new IdRegistry());

    private static String rule(String name, String match, String action) {
        return "{name: " + name + ", match: " + match + ", action: " + action + "}";
    }

    private static String on(String name, String service, String host) {
        return object(
                "ServiceInstance",
                name,
                "{service: " + service + ", node: " + host + ", interfaces: {in: " + name + "-i, out: " + name
                        + "-o}}");
    }

    /** What new flows get of the chain after the objects have become these, by word of nobody. */
    private List<String> paths(String profile, String... rules) {
        CompileResult result = compiler.compile(
                Yaml.parse(
                        host("a", 1),
                        host("b", 2),
                        pair("a"),
                        object("Service", "firewall", "{transport: raw}"),
                        object("Service", "ips", "{transport: wire}"),
                        on("fw-1", "firewall", "b"),
                        on("ips-1", "ips", "b"),
                        object("ServiceChain", "inspect", "{profiles: [" + profile + "]}"),
                        object(
                                "ServicePolicy",
                                "web",
                                "{appliedTo: [a/left, a/right], rules: [" + String.join(", ", rules) + "]}")),
                name -> new InterfaceFacts(name.hashCode() & 0xff, 1700));
        CompiledNode node = result.node().orElseThrow(() -> new AssertionError(result.problems()));
        return node.snapshot().target(0).paths().stream().map(Path::name).toList();
    }

    @Test
    void rulesOfBeforeKeepThePathsUntilThoseOfNowAreServed() {
        assertThat(paths("firewall", DNS, OBSERVED, WEB)).containsExactly("inspect[fw-1]");
        assertThat(paths("ips", DNS, OBSERVED, WEB)).containsExactly("inspect[fw-1]");
        // Fewer packets come to it, or as many.
        assertThat(paths("ips", PING, DNS, WEB)).containsExactly("inspect[fw-1]");
        assertThat(paths("ips", DNS, PING, WEB, NOTHING)).containsExactly("inspect[fw-1]");
        assertThat(compiler.isDue(Map.of(), _ -> false)).isFalse();
    }

    @Test
    void whatWasDroppedNeverGetsAPathThatTheChainHadBefore() {
        assertThat(paths("firewall", NOTHING)).containsExactly("inspect[fw-1]");
        assertThat(paths("ips", ALL)).containsExactly("inspect[ips-1]");
    }

    @Test
    void neitherDoesWhatComesWhileThePathsAreKept() {
        assertThat(paths("firewall", WEB)).containsExactly("inspect[fw-1]");
        assertThat(paths("ips", WEB)).containsExactly("inspect[fw-1]");
        assertThat(paths("ips", WEB, ALL)).containsExactly("inspect[ips-1]");
        assertThat(paths("ips", WEB, ALL)).containsExactly("inspect[ips-1]");
    }

    @Test
    void neitherDoesWhatAnotherRuleKeptFromTheChain() {
        assertThat(paths("firewall", DNS, ALL)).containsExactly("inspect[fw-1]");
        assertThat(paths("ips", ALL)).containsExactly("inspect[ips-1]");
    }

    @Test
    void neitherDoesWhatARuleKeptFromTheChainThatIsBehindNow() {
        assertThat(paths("firewall", DNS, ALL)).containsExactly("inspect[fw-1]");
        assertThat(paths("ips", ALL, DNS)).containsExactly("inspect[ips-1]");
    }
}
