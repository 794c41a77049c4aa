package dev.sluice.lab.system;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.lab.Waits;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Configuration that changes while traffic flows. */
@Tag("system")
class LiveConfigurationTest {
    private static final Duration APPLIED = Duration.ofSeconds(10);

    private static TwoNodes lab;
    private static SluiceNode sluice;

    @BeforeAll
    static void build() {
        lab = new TwoNodes();
        sluice = SluiceNode.start(lab.network.sluice, chain("[fw]"));
    }

    @AfterAll
    static void remove() {
        sluice.close();
        lab.close();
    }

    @BeforeEach
    void startWithOneNode() {
        configureAndSettle(chain("[fw]"));
    }

    /** Waits until the watcher of files has seen the change too, so that it does not count as one of a test's own. */
    private static void configureAndSettle(String yaml) {
        sluice.configure(yaml);
        int[] last = {sluice.status().generation()};
        long[] sinceNs = {System.nanoTime()};
        Waits.until("the generation stands still", APPLIED, () -> {
            int now = sluice.status().generation();
            if (now != last[0]) {
                last[0] = now;
                sinceNs[0] = System.nanoTime();
            }
            return System.nanoTime() - sinceNs[0] > 600_000_000L;
        });
    }

    private static String chain(String profiles, String... rules) {
        List<String> all = new ArrayList<>(List.of(rules));
        all.add("{name: all, action: {chain: inspect}}");
        return Yaml.of(
                Yaml.PAIR,
                TwoNodes.OBJECTS,
                Yaml.object("ServiceChain", "inspect", "{profiles: " + profiles + "}"),
                Yaml.policy("all", "edge/left", all.toArray(new String[0])));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "spec: [unclosed | broken.yaml:",
                "{apiVersion: sluice.dev/v1, kind: ServiceChain, metadata: {name: x}, spec: {profiles: [nothing]}} | nothing",
                "{apiVersion: sluice.dev/v1, kind: Servise, metadata: {name: x}, spec: {}} | Servise",
                "{apiVersion: sluice.dev/v1, kind: Service, metadata: {name: fw}, spec: {transport: raw}} | fw",
                "{apiVersion: sluice.dev/v1, kind: Service, metadata: {name: x}, spec: {transport: pigeon}} | pigeon"
            })
    void brokenFileChangesNothingAndSaysWhy(String text, String why) {
        try (UdpFlow flow = lab.flow()) {
            lab.checkPasses(flow, true, false);
            int generation = sluice.status().generation();
            sluice.write("broken.yaml", text + "\n");
            Waits.until(
                    "the problem is told",
                    APPLIED,
                    () -> !sluice.status().configuration().problem().isEmpty());
            assertThat(sluice.status().configuration().problem()).contains("broken.yaml:", why);
            assertThat(sluice.status().generation()).isEqualTo(generation);
            lab.checkPasses(flow, true, false);
            try (UdpFlow fresh = lab.flow()) {
                lab.checkPasses(fresh, true, false);
            }
        } finally {
            sluice.remove("broken.yaml");
            Waits.until(
                    "the problem is gone",
                    APPLIED,
                    () -> sluice.status().configuration().problem().isEmpty());
        }
    }

    @Test
    void filesChangedTogetherAreAppliedAsOneSnapshot() {
        int generation = sluice.status().generation();
        try {
            // Neither file is valid without the other.
            sluice.write(
                    "rules.yaml",
                    Yaml.policy("more", "edge/left", "{name: udp, match: {protocol: udp}, action: {chain: extra}}"));
            sluice.write("chains.yaml", Yaml.object("ServiceChain", "extra", "{profiles: [second]}"));
            Waits.until("the change is applied", APPLIED, () -> sluice.status().generation() > generation);
            assertThat(sluice.status().configuration().problem()).isEmpty();
            assertThat(sluice.status().generation()).isEqualTo(generation + 1);
            assertThat(sluice.status().chains()).anyMatch(c -> c.name().equals("extra"));
        } finally {
            sluice.remove("rules.yaml");
            sluice.remove("chains.yaml");
        }
    }

    @Test
    void ruleAddedIsUsedByNewFlowsAndRuleRemovedByNone() {
        String toSecond = "{name: web, match: {protocol: udp, destination: {ports: [7]}}, action: {chain: other}}";
        String other = Yaml.object("ServiceChain", "other", "{profiles: [second]}");
        try (UdpFlow old = lab.flow();
                UdpFlow fresh = lab.flow()) {
            lab.checkPasses(old, true, false);
            sluice.configure(chain("[fw]", toSecond) + "---\n" + other);
            // A flow keeps the rule that decided it as long as the rule exists.
            lab.checkPasses(old, true, false);
            lab.checkPasses(fresh, false, true);
            sluice.configure(chain("[fw]"));
            lab.checkPasses(fresh, true, false);
            lab.checkPasses(old, true, false);
        }
    }

    @Test
    void chainIsExtendedWithoutLossForConnectionsThatExist() {
        AtomicBoolean stop = new AtomicBoolean();
        CompletableFuture<Boolean> transfers = new CompletableFuture<>();
        try (TcpTransfer connection = TcpTransfer.open(lab.network.client, "10.0.0.2", 7);
                UdpFlow existing = lab.flow();
                UdpFlow paced = UdpFlow.open(lab.network.client, "fd00::2", 7)) {
            lab.checkPasses(existing, true, false);
            CompletableFuture<UdpFlow.Account> stream = new CompletableFuture<>();
            Thread.ofPlatform().daemon().start(() -> {
                boolean intact = true;
                while (!stop.get() && intact) {
                    intact = connection.echo(100_000);
                }
                transfers.complete(intact);
            });
            Thread.ofPlatform().daemon().start(() -> stream.complete(paced.stream(1_000, 500)));
            for (int i = 0; i < 3; i++) {
                sluice.configure(chain("[fw, second]"));
                try (UdpFlow fresh = lab.flow()) {
                    lab.checkPasses(fresh, true, true);
                    sluice.configure(chain("[fw]"));
                    lab.checkPasses(fresh, true, true);
                }
                sluice.configure(chain("[second, fw]"));
                try (UdpFlow fresh = lab.flow()) {
                    lab.checkPasses(fresh, true, true);
                }
                lab.checkPasses(existing, true, false);
            }
            UdpFlow.Account account = stream.join();
            assertThat(account.lost()).isZero();
            assertThat(lab.atFirst.ids()).containsAll(account.sent());
            stop.set(true);
            assertThat(transfers.join()).isTrue();
            assertThat(sluice.uninspected()).isZero();
        }
    }
}
