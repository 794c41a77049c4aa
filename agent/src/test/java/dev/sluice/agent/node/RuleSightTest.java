package dev.sluice.agent.node;

import static dev.sluice.agent.node.MemoryNode.FORWARD;
import static dev.sluice.agent.node.MemoryNode.await;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.agent.NodeException;
import dev.sluice.agent.Yaml;
import dev.sluice.agent.admin.AdminClient;
import dev.sluice.agent.compile.IdRegistry;
import dev.sluice.agent.compile.SnapshotCompiler;
import dev.sluice.agent.report.AttributesReport;
import dev.sluice.agent.report.AttributesReport.AttributeReport;
import dev.sluice.agent.report.RulesReport.RuleReport;
import dev.sluice.agent.sight.RuleSight;
import dev.sluice.datapath.RuleLog;
import dev.sluice.datapath.rules.Rule;
import dev.sluice.datapath.snapshot.Snapshot;
import dev.sluice.wire.IpAddress;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Attributes and counters of rules, asked of a whole node over ports in memory. */
class RuleSightTest {
    private static final String FLOW = "udp,10.0.0.1:1000,10.0.0.2:53";

    @TempDir
    @SuppressWarnings("NullAway.Init") // set by JUnit
    Path directory;

    @SuppressWarnings("NullAway.Init") // set before each test
    private MemoryNode node;

    @BeforeEach
    void start() throws Exception {
        node = new MemoryNode(directory, configuration("watch"), false);
    }

    private static String configuration(String observer) {
        return Yaml.text(
                Yaml.firewall(),
                Yaml.instance("fw-1", ""),
                Yaml.chain("closed"),
                Yaml.policy("{name: " + observer + ", match: {group: staff}, action: {observe: true}},"
                        + " {name: bad, match: {user: [mallory, eve]}, action: {drop: true}},"
                        + " {name: all, action: {chain: inspect}}"));
    }

    @AfterEach
    void stop() {
        node.close();
    }

    private AdminClient client() {
        return node.client();
    }

    private void set(Map<String, ?> fields) throws NodeException {
        client().request("attributes-set", fields);
    }

    private RuleReport rule(String name) {
        try {
            return client().rules().rules().stream()
                    .filter(rule -> rule.rule().equals("web/" + name))
                    .findFirst()
                    .orElseThrow();
        } catch (NodeException e) {
            throw new AssertionError(e);
        }
    }

    private void send() {
        node.port("left").inject(FORWARD);
    }

    @Test
    void nextPacketOfAFlowMeetsTheRuleOfItsNewAttributes() throws Exception {
        send();
        await(() -> rule("all").packets() == 1);
        assertThat(rule("bad").lastHit()).isEmpty();
        assertThat(rule("bad").idleMs()).isEqualTo(-1);
        set(Map.of("flow", FLOW, "user", "eve", "group", "staff"));
        send();
        await(() -> rule("bad").packets() == 1);
        assertThat(rule("bad").flows()).isEqualTo(1);
        assertThat(rule("bad").lastHit()).isNotEmpty();
        await(() -> rule("watch").packets() == 1);
        assertThat(rule("watch").bytes()).isEqualTo(FORWARD.length);
        client().request("attributes-clear", Map.of("flow", "udp,10.0.0.2:53,10.0.0.1:1000"));
        send();
        await(() -> rule("all").packets() == 2);
        assertThat(rule("watch").packets()).isEqualTo(1);
    }

    @Test
    void logLineSaysWhichRuleDecidedWhat() {
        Snapshot snapshot = new SnapshotCompiler("edge", new IdRegistry())
                .compile(
                        Yaml.parse(
                                Yaml.firewall(),
                                Yaml.instance("fw-1", ""),
                                Yaml.chain("closed"),
                                Yaml.policy("{name: all, action: {chain: inspect}, log: true}")),
                        _ -> null)
                .node()
                .orElseThrow()
                .snapshot();
        Rule rule = snapshot.rules().getFirst();
        assertThat(rule.log()).isTrue();
        RuleLog.Line line = new RuleLog.Line(
                rule,
                6,
                IpAddress.parse("2001:db8::1").orElseThrow(),
                40_000,
                IpAddress.parse("2001:db8::2").orElseThrow(),
                443,
                "left");
        assertThat(RuleSight.text(line, snapshot))
                .isEqualTo("rule web/all (chain inspect): tcp [2001:db8::1]:40000 -> [2001:db8::2]:443,"
                        + " came in at port left");
    }

    @Test
    void loggedDecisionsAboveTenInASecondAreCounted() throws Exception {
        node.write(Yaml.text(
                Yaml.firewall(),
                Yaml.instance("fw-1", ""),
                Yaml.chain("closed"),
                Yaml.policy("{name: all, action: {drop: true}, log: true}")));
        client().reload();
        for (int port = 0; port < 100; port++) {
            byte[] frame = FORWARD.clone();
            frame[35] = (byte) port;
            node.port("left").inject(frame);
        }
        await(() -> rule("all").flows() == 100);
        assertThat(rule("all").log()).isTrue();
        // The flows come within far less than five seconds.
        assertThat(rule("all").logSuppressed()).isBetween(50L, 90L);
    }

    @Test
    void countersStayWhereTheRuleStays() throws Exception {
        set(Map.of("port", "left", "group", "staff"));
        send();
        await(() -> rule("watch").packets() == 1);
        node.write(configuration("other"));
        client().reload();
        assertThat(rule("all").packets()).isEqualTo(1);
        assertThat(rule("other").packets()).isZero();
        send();
        await(() -> rule("other").packets() == 1);
        assertThat(rule("other").flows()).isZero();
    }

    @Test
    void listSaysWhatIsSetForHowLong() throws Exception {
        assertThat(client().attributes(5)).isEqualTo(new AttributesReport(0, List.of()));
        set(Map.of("port", "left", "application", "voice over IP", "ttl", "1d"));
        set(Map.of("flow", "icmpv6,2001:db8::2,2001:db8::1", "user", "bob", "group", "staff", "ttl", "10m"));
        AttributesReport report = client().attributes(5);
        assertThat(report.count()).isEqualTo(2);
        assertThat(report.attributes().get(0))
                .usingRecursiveComparison()
                .ignoringFields("remainingMs")
                .isEqualTo(new AttributeReport("", "icmpv6,2001:db8::1,2001:db8::2", "", "staff", "bob", 0));
        assertThat(report.attributes().get(0).remainingMs()).isBetween(590_000L, 600_000L);
        assertThat(report.attributes().get(1).application()).isEqualTo("voice over IP");
        assertThat(client().attributes(1).attributes()).hasSize(1);
        assertThat(client().request("attributes-clear", Map.of("all", true))
                        .path("cleared")
                        .asInt(0))
                .isEqualTo(2);
        assertThat(client().attributes(5).count()).isZero();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "port=nowhere;user=a | port 'nowhere' is not a port where flows come in; there are: left, right",
                "port=fw-1-in;user=a | is not a port where flows come in",
                "user=a | neither port nor flow is given",
                "port=left;flow=tcp,10.0.0.1,10.0.0.2;user=a | port and flow are both given",
                "port=left | none of application, group and user is given",
                "port=left;user= | user '' is not a value; allowed: text of 1..253 characters",
                "port=left;user=a;ttl=0s | ttl '0s' is not a time to live; allowed: duration such as 30s, 5m, 2h in 1s..1d",
                "port=left;user=a;ttl=25h | 1s..1d",
                "port=left;user=a;ttl=soon | 1s..1d",
                "port=left;user=a;weight=1 | has no field",
                "flow=tcp;user=a | flow 'tcp' is not a flow; allowed: PROTOCOL,ADDRESS",
                "flow=tcp,10.0.0.1:1,10.0.0.2;user=a | both ports",
                "flow=icmp,10.0.0.1:1,10.0.0.2:1;user=a | both ports",
                "flow=tcp,10.0.0.1:1,[::1]:2;user=a | is not a flow",
                "flow=tcp,10.0.0.1:1,10.0.0.2:65536;user=a | is not a flow",
                "flow=tcp,10.0.0.256:1,10.0.0.2:6;user=a | is not a flow",
                "flow=256,10.0.0.1,10.0.0.2;user=a | is not a flow",
            })
    void wrongRequestSaysWhatIsAllowed(String fields, String why) {
        Map<String, String> request = new java.util.HashMap<>();
        for (String field : fields.split(";", -1)) {
            int equals = field.indexOf('=');
            request.put(field.substring(0, equals), field.substring(equals + 1));
        }
        assertThatThrownBy(() -> set(request)).isInstanceOf(NodeException.class).hasMessageContaining(why);
    }

    @Test
    void hugeTextIsRefusedInFewWords() {
        for (int length : new int[] {254, 5_000, 500_000}) {
            assertThatThrownBy(() -> set(Map.of("port", "left", "user", "x".repeat(length))))
                    .isInstanceOf(NodeException.class)
                    .satisfies(e -> assertThat(String.valueOf(e.getMessage())).hasSizeLessThan(300));
        }
        assertThatThrownBy(() -> set(Map.of("flow", "x".repeat(4_000), "user", "a")))
                .isInstanceOf(NodeException.class)
                .hasMessageContaining("is not a flow");
    }

    @Tag("campaign")
    @Test
    void callersAtTheSameTimeFillTheTableAndAreToldWhenItIsFull() throws Exception {
        int callers = 8;
        try (ExecutorService threads = Executors.newFixedThreadPool(callers)) {
            List<Future<Integer>> refused = new ArrayList<>();
            for (int i = 0; i < callers; i++) {
                int caller = i;
                refused.add(threads.submit(() -> setMany(caller, 100_000 / callers)));
            }
            int sum = 0;
            for (Future<Integer> one : refused) {
                sum += one.get();
            }
            assertThat(sum).isEqualTo(100_000 - 65_536);
        }
        assertThat(client().attributes(1).count()).isEqualTo(65_536);
        set(Map.of("port", "left", "user", "eve"));
        send();
        await(() -> rule("bad").packets() == 1);
        assertThat(client().request("attributes-clear", Map.of("all", true))
                        .path("cleared")
                        .asInt(0))
                .isEqualTo(65_537);
        assertThat(node.runner.status().totals().faults()).isZero();
    }

    /** Sets attributes of flows nobody else sets, each with a value of its own; how many were refused. */
    private int setMany(int caller, int count) throws NodeException {
        int refused = 0;
        for (int i = 0; i < count; i++) {
            String flow = "tcp,10." + (caller + 1) + "." + (i >> 8 & 0xff) + "." + (i & 0xff) + ":" + (1 + (i >> 16))
                    + ",10.0.0.2:80";
            try {
                set(Map.of("flow", flow, "user", "user-" + caller + "-" + i));
            } catch (NodeException e) {
                assertThat(e).hasMessageContaining("attributes are set for 65536 flows, which is the most");
                refused++;
            }
        }
        return refused;
    }
}
