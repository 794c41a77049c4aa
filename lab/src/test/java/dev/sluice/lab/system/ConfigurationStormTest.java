package dev.sluice.lab.system;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.agent.admin.AdminClient;
import dev.sluice.agent.report.RulesReport;
import dev.sluice.lab.Waits;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * A configuration that changes as fast as it can be applied, each time with rules and chains of other names, while flows are on their way: each packet meets one node, nothing is lost, memory stays as it
 * is, and the last one is what runs (X9, F7).
 */
@Tag("system")
@Tag("long")
class ConfigurationStormTest {
    private static final int CHANGES = Integer.getInteger("sluice.storm.changes", 300);
    private static final int PACKETS_PER_SECOND = 400;
    private static final Duration PATIENCE = Duration.ofSeconds(30);
    private static final Pattern USED = Pattern.compile("used (\\d+)K");
    private static final long MIB = 1 << 20;

    private static TwoNodes lab;

    @BeforeAll
    static void build() {
        lab = new TwoNodes();
    }

    @AfterAll
    static void remove() {
        lab.close();
    }

    /**
     * Names and addresses that no other version has; the flows of the test go through one node, then the other. The two chains keep their names: more than four different paths of a flow within a second are
     * more than its records tell, and it would pause.
     */
    private static String version(int number) {
        List<String> rules = new ArrayList<>();
        for (int i = 0; i < 20; i++) {
            rules.add("{name: r" + number + "-" + i + ", match: {protocol: tcp, source: {prefixes: [10." + number % 250
                    + "." + i + ".0/24]}}, action: {chain: other" + number + "}}");
        }
        rules.add("{name: all" + number + ", action: {chain: inspect" + number % 2 + "}}");
        return Yaml.object("Node", "edge", "{tracker: {connectionsMax: 16384}, existingFlows: migrate}")
                + "---\n" + Yaml.PAIR + "---\n" + TwoNodes.OBJECTS + "---\n"
                + Yaml.object("ServiceChain", "inspect0", "{profiles: [fw]}") + "---\n"
                + Yaml.object("ServiceChain", "inspect1", "{profiles: [second]}") + "---\n"
                + Yaml.object("ServiceChain", "other" + number, "{profiles: [fw, second]}") + "---\n"
                + Yaml.policy("p" + number, "edge/left", rules.toArray(String[]::new));
    }

    private static long heapBytes(SluiceNode sluice) {
        String text = lab.network.sluice.exec(
                Path.of(System.getProperty("java.home"), "bin", "jcmd").toString(),
                Long.toString(sluice.process().pid()),
                "GC.heap_info");
        long sum = 0;
        Matcher matcher = USED.matcher(text.lines()
                .filter(line -> line.matches("(?i)\\s*(def ?new|tenured).*"))
                .reduce("", (a, b) -> a + "\n" + b));
        while (matcher.find()) {
            sum += Long.parseLong(matcher.group(1)) << 10;
        }
        assertThat(sum).as(text).isPositive();
        return sum;
    }

    private static long usedAfterCollection(SluiceNode sluice) {
        sluice.collect();
        return heapBytes(sluice);
    }

    /** A UDP flow and a TCP connection that go on until they are told to stop. */
    private static final class Load {
        private final AtomicBoolean going = new AtomicBoolean(true);
        private final CompletableFuture<List<UdpFlow.Account>> accounts = new CompletableFuture<>();
        private final CompletableFuture<Boolean> intact = new CompletableFuture<>();

        Load(UdpFlow flow, TcpTransfer connection) {
            Thread.ofPlatform().daemon().start(() -> {
                List<UdpFlow.Account> all = new ArrayList<>();
                do {
                    all.add(flow.stream(PACKETS_PER_SECOND, PACKETS_PER_SECOND));
                } while (going.get());
                accounts.complete(all);
            });
            Thread.ofPlatform().daemon().start(() -> {
                boolean whole = true;
                do {
                    whole = connection.echo(20_000);
                } while (going.get() && whole);
                intact.complete(whole);
            });
        }

        List<UdpFlow.Account> end() {
            going.set(false);
            assertThat(intact.join()).as("TCP").isTrue();
            return accounts.join();
        }
    }

    @Test
    void changesWithoutPauseLoseNothingAndLeaveNothingBehind() {
        try (SluiceNode sluice = SluiceNode.start(lab.network.sluice, version(0), "no-watch");
                UdpFlow flow = UdpFlow.open(lab.network.client, "10.0.0.2", 7);
                TcpTransfer connection = TcpTransfer.open(lab.network.client, "10.0.0.2", 7)) {
            change(sluice, 1, CHANGES / 3);
            long before = usedAfterCollection(sluice);
            lab.atFirst.clear();
            lab.atSecond.clear();
            Load load = new Load(flow, connection);
            long startNs = System.nanoTime();
            int last = change(sluice, CHANGES / 3 + 1, CHANGES);
            double seconds = (System.nanoTime() - startNs) / 1e9;
            List<UdpFlow.Account> accounts = load.end();
            long after = usedAfterCollection(sluice);
            int sent = accounts.stream().mapToInt(a -> a.sent().size()).sum();
            System.out.printf(
                    "%d changes in %.1f s, %.0f per second: %d packets, heap %.1f MiB before and %.1f MiB after%n",
                    CHANGES, seconds, CHANGES / seconds, sent, (double) before / MIB, (double) after / MIB);
            checkOneNodeEach(sluice, accounts);
            assertThat(after - before)
                    .as("heap, before %s and after %s", before, after)
                    .isLessThan(4 * MIB);
            checkRuns(sluice, last);
            assertThat(sluice.say(AdminClient::history).revisions()).hasSizeLessThanOrEqualTo(100);
            assertThat(sluice.uninspected()).isZero();
        }
    }

    /** Without waiting for any of them: the node sees by itself that files have changed. */
    @Test
    void filesThatChangeFasterThanTheyAreReadEndInTheLastOne() {
        try (SluiceNode sluice = SluiceNode.start(lab.network.sluice, version(0));
                UdpFlow flow = UdpFlow.open(lab.network.client, "10.0.0.2", 7);
                TcpTransfer connection = TcpTransfer.open(lab.network.client, "10.0.0.2", 7)) {
            Load load = new Load(flow, connection);
            int last = 0;
            long startNs = System.nanoTime();
            for (int i = 1; i <= 200; i++) {
                sluice.write("config.yaml", version(i));
                last = i;
                long dueNs = startNs + i * 10_000_000L;
                while (System.nanoTime() < dueNs) {
                    LockSupport.parkNanos(dueNs - System.nanoTime());
                }
            }
            int newest = last;
            Waits.until(
                    "the last one is in force", PATIENCE, () -> rules(sluice).contains("all" + newest));
            List<UdpFlow.Account> accounts = load.end();
            System.out.printf(
                    "200 files in %.1f s, of which %d came into force: %d packets%n",
                    (System.nanoTime() - startNs) / 1e9,
                    sluice.status().generation() - 1,
                    accounts.stream().mapToInt(a -> a.sent().size()).sum());
            accounts.forEach(a ->
                    assertThat(a.lost()).as("%s", sluice.counters().drops()).isZero());
            checkRuns(sluice, last);
        }
    }

    private static int change(SluiceNode sluice, int from, int count) {
        int generation = sluice.status().generation();
        for (int i = from; i < from + count; i++) {
            sluice.write("config.yaml", version(i));
            assertThat(sluice.reload()).isEqualTo(++generation);
        }
        return from + count - 1;
    }

    private static String rules(SluiceNode sluice) {
        RulesReport report = sluice.rules();
        return report.toString();
    }

    private static void checkRuns(SluiceNode sluice, int version) {
        assertThat(rules(sluice)).contains("all" + version).doesNotContain("all" + (version - 1));
        lab.atFirst.clear();
        lab.atSecond.clear();
        lab.checkNewFlow(version % 2 == 0, version % 2 == 1);
    }

    /** Each packet and its answer met one of the two nodes, each once. */
    private static void checkOneNodeEach(SluiceNode sluice, List<UdpFlow.Account> accounts) {
        Map<Long, Integer> met = new HashMap<>();
        for (Witness witness : List.of(lab.atFirst, lab.atSecond)) {
            witness.all().forEach(s -> met.merge(s.frame().id(), 1, Integer::sum));
        }
        for (UdpFlow.Account account : accounts) {
            assertThat(account.lost()).as("%s", sluice.counters().drops()).isZero();
            assertThat(account.foreign()).isZero();
            assertThat(account.sent()).allSatisfy(id -> assertThat(met.get(id)).isEqualTo(2));
        }
    }
}
