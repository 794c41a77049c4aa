package dev.sluice.lab.system;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.agent.report.RulesReport.RuleReport;
import dev.sluice.lab.Waits;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Rules that ask who is speaking, rules that only watch, and what rules say they did, on real interfaces (V4, X12). */
@Tag("system")
class RulesWithContextTest {
    private static TwoNodes lab;
    private static SluiceNode sluice;

    @BeforeAll
    static void build() {
        lab = new TwoNodes();
        sluice = SluiceNode.start(lab.network.sluice, configuration(""));
    }

    @AfterAll
    static void remove() {
        sluice.close();
        lab.close();
    }

    @BeforeEach
    void forgetAttributes() {
        sluice.request("attributes-clear", Map.of("all", true));
    }

    private static String configuration(String lastRule) {
        return Yaml.of(
                Yaml.PAIR,
                TwoNodes.OBJECTS,
                Yaml.object("ServiceChain", "inspect", "{profiles: [fw]}"),
                Yaml.object("ServiceChain", "other", "{profiles: [second]}"),
                Yaml.policy(
                        "all",
                        "edge/left, edge/right",
                        "{name: watch, match: {protocol: udp, destination: {ports: [7]}}, action: {observe: true}, log: true}",
                        "{name: games, match: {application: [games, video]}, action: {chain: other}}",
                        "{name: guests, match: {user: guest}, action: {chain: other}}",
                        "{name: all, action: {chain: inspect}}" + lastRule));
    }

    private static RuleReport rule(String name) {
        return sluice.rules().rules().stream()
                .filter(rule -> rule.rule().equals(name))
                .findFirst()
                .orElseThrow();
    }

    @Test
    void runningFlowChangesItsChainWithItsAttributesAndComesBackWhenTheyEnd() {
        try (UdpFlow flow = lab.flow();
                UdpFlow beside = lab.flow()) {
            lab.checkPasses(flow, true, false);
            lab.checkPasses(beside, true, false);
            String name = "udp,10.0.0.2:7,10.0.0.1:" + flow.localPort();
            sluice.request("attributes-set", Map.of("flow", name, "application", "video", "ttl", "1d"));
            lab.checkPasses(flow, false, true);
            lab.checkPasses(beside, true, false);
            sluice.request("attributes-set", Map.of("flow", name, "application", "mail", "ttl", "1d"));
            lab.checkPasses(flow, true, false);
            sluice.request("attributes-set", Map.of("flow", name, "application", "games", "ttl", "1s"));
            UdpFlow.Account whileSet = flow.exchange(1);
            assertThat(whileSet.lost()).isZero();
            Waits.until(
                    "the attributes end",
                    Duration.ofSeconds(10),
                    () -> sluice.request("attributes", Map.of()).path("count").asInt(-1) == 0);
            lab.checkPasses(flow, true, false);
        }
    }

    @Test
    void attributesOfAPortAreThoseOfTheFlowsThatComeInThere() {
        try (UdpFlow flow = UdpFlow.open(lab.network.client, "fd00::2", 7);
                UdpFlow marked = lab.flow()) {
            lab.checkPasses(flow, true, false);
            // Answers come in on the right: what is said of that port is not said of these flows.
            sluice.request("attributes-set", Map.of("port", "right", "user", "guest"));
            lab.checkPasses(flow, true, false);
            sluice.request("attributes-set", Map.of("port", "left", "user", "guest"));
            lab.checkPasses(flow, false, true);
            lab.checkPasses(marked, false, true);
            sluice.request(
                    "attributes-set",
                    Map.of("flow", "udp,10.0.0.1:" + marked.localPort() + ",10.0.0.2:7", "user", "staff"));
            lab.checkPasses(marked, true, false);
            lab.checkPasses(flow, false, true);
            sluice.request("attributes-clear", Map.of("port", "left"));
            lab.checkPasses(flow, true, false);
        }
    }

    @Test
    void observedTrafficPassesElsewhereAndCountersOutliveAReload() {
        RuleReport before = rule("all/watch");
        RuleReport deciding = rule("all/all");
        try (UdpFlow flow = lab.flow()) {
            lab.checkPasses(flow, true, false);
            RuleReport watch = rule("all/watch");
            assertThat(watch.action()).isEqualTo("observe");
            assertThat(watch.flows() - before.flows()).isEqualTo(1);
            // Ten packets and ten answers, each classified once, where it comes in.
            assertThat(watch.packets() - before.packets()).isEqualTo(20);
            assertThat(watch.bytes()).isGreaterThan(before.bytes());
            assertThat(watch.idleMs()).isBetween(0L, 10_000L);
            RuleReport all = rule("all/all");
            assertThat(all.flows() - deciding.flows()).isEqualTo(1);
            assertThat(all.packets() - deciding.packets()).isEqualTo(20);
            sluice.configure(configuration("\n  - {name: late, action: {drop: true}}"));
            assertThat(rule("all/watch").packets()).isGreaterThanOrEqualTo(watch.packets());
            assertThat(rule("all/late").idleMs()).isEqualTo(-1);
            assertThat(sluice.rules().rules().stream().map(RuleReport::rule).toList())
                    .isEqualTo(List.of("all/watch", "all/games", "all/guests", "all/all", "all/late"));
        } finally {
            sluice.configure(configuration(""));
        }
    }
}
