package dev.sluice.lab.system;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.datapath.packet.DropReason;
import dev.sluice.lab.BridgeFirewall;
import dev.sluice.lab.Waits;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Nodes die in all ways: closed lets nothing past them, open counts exactly what it lets past (X7). */
@Tag("system")
class FailureTest {
    private static Network network;
    private static BridgeFirewall firewall;
    private static BridgeFirewall spare;
    private static Witness atFirewall;
    private static Witness atSpare;
    private static EchoHost echo;
    private static SluiceNode sluice;

    @BeforeAll
    static void build() {
        network = Network.transparent();
        firewall = network.bridge("fw");
        spare = network.bridge("spare");
        atFirewall = Witness.start(firewall.in());
        atSpare = Witness.start(spare.in());
        echo = EchoHost.start(network.server, 7);
        sluice = SluiceNode.start(network.sluice, one("closed", "", ""));
    }

    @AfterAll
    static void remove() {
        atFirewall.close();
        atSpare.close();
        try (Network n = network;
                SluiceNode s = sluice;
                EchoHost e = echo) {
            // Closed in the reverse order.
        }
    }

    @AfterEach
    void mendNodes() {
        firewall.restore();
        firewall.replug();
        spare.replug();
        // Without its own configuration a node is not in the status.
        sluice.configure(two());
        sluice.awaitInstance("fw", true);
        sluice.awaitInstance("spare", true);
    }

    /** One node; failure actions of chain, hop and rule, where empty means not given. */
    private static String one(String chain, String hop, String rule) {
        String profile = hop.isEmpty() ? "fw" : "{service: fw, onFailure: " + hop + "}";
        return Yaml.of(
                Yaml.PAIR,
                Yaml.object("Service", "fw", "{transport: raw}"),
                Yaml.object("ServiceInstance", "fw", "{service: fw, interfaces: {in: fw-in, out: fw-out}}"),
                Yaml.object("ServiceChain", "inspect", "{profiles: [" + profile + "], onFailure: " + chain + "}"),
                Yaml.policy(
                        "all",
                        "edge/left",
                        "{name: all, action: {chain: inspect}" + (rule.isEmpty() ? "" : ", onFailure: " + rule) + "}"));
    }

    /** Two instances of one service, failing closed. */
    private static String two() {
        return Yaml.of(
                Yaml.PAIR,
                Yaml.object("Service", "fw", "{transport: raw}"),
                Yaml.object("ServiceInstance", "fw", "{service: fw, interfaces: {in: fw-in, out: fw-out}}"),
                Yaml.object("ServiceInstance", "spare", "{service: fw, interfaces: {in: spare-in, out: spare-out}}"),
                Yaml.object("ServiceChain", "inspect", "{profiles: [fw]}"),
                Yaml.policy("all", "edge/left", "{name: all, action: {chain: inspect}}"));
    }

    /** Ids that one of two nodes passed on their way to the server (incoming at its in side) or back. */
    private static Set<Long> inspected(boolean forward) {
        Set<Long> ids = new HashSet<>();
        for (Witness witness : List.of(atFirewall, atSpare)) {
            witness.all().stream()
                    .filter(s -> s.outgoing() != forward)
                    .forEach(s -> ids.add(s.frame().id()));
        }
        return ids;
    }

    private static Set<Long> minus(Set<Long> from, Set<Long> what) {
        Set<Long> rest = new HashSet<>(from);
        rest.removeAll(what);
        return rest;
    }

    private static Set<Long> reached(UdpFlow.Account account) {
        Set<Long> reached = new HashSet<>(account.sent());
        reached.retainAll(echo.ids());
        return reached;
    }

    /** Streams over several flows while something happens in the middle. */
    private static List<UdpFlow.Account> streamWhile(Runnable event) {
        List<CompletableFuture<UdpFlow.Account>> streams = new ArrayList<>();
        List<UdpFlow> flows = new ArrayList<>();
        for (int i = 0; i < 4; i++) {
            UdpFlow flow = UdpFlow.open(network.client, i % 2 == 0 ? "10.0.0.2" : "fd00::2", 7);
            flows.add(flow);
            CompletableFuture<UdpFlow.Account> result = new CompletableFuture<>();
            Thread.ofPlatform().daemon().start(() -> result.complete(flow.stream(750, 500)));
            streams.add(result);
        }
        int before = echo.datagramCount();
        Waits.until("the streams run", Duration.ofSeconds(10), () -> echo.datagramCount() > before + 400);
        event.run();
        List<UdpFlow.Account> accounts =
                streams.stream().map(CompletableFuture::join).toList();
        flows.forEach(UdpFlow::close);
        return accounts;
    }

    private static void checkNothingBypassed(List<UdpFlow.Account> accounts) {
        for (UdpFlow.Account account : accounts) {
            assertThat(minus(reached(account), inspected(true))).isEmpty();
            assertThat(minus(account.answered(), inspected(false))).isEmpty();
        }
    }

    @Test
    void closedChainLetsNothingPastANodeThatLosesItsCarrierInTheMiddleOfStreams() {
        sluice.configure(one("closed", "", ""));
        long uninspected = sluice.uninspected();
        long down = sluice.dropped(DropReason.SERVICE_DOWN);
        List<UdpFlow.Account> accounts = streamWhile(firewall::unplug);
        checkNothingBypassed(accounts);
        assertThat(accounts).anyMatch(account -> account.lost() > 100);
        assertThat(sluice.uninspected()).isEqualTo(uninspected);
        assertThat(sluice.dropped(DropReason.SERVICE_DOWN)).isGreaterThan(down + 100);
        assertThat(sluice.instance("fw").reason()).contains("fw-in");
    }

    @Test
    void openChainCountsExactlyThePacketsThatWentPastADeadNode() {
        sluice.configure(one("open", "", ""));
        long before = sluice.uninspected();
        List<UdpFlow.Account> accounts = streamWhile(firewall::unplug);
        long bypassed = 0;
        for (UdpFlow.Account account : accounts) {
            bypassed += minus(reached(account), inspected(true)).size();
            bypassed += minus(account.answered(), inspected(false)).size();
        }
        assertThat(bypassed).isGreaterThan(500);
        assertThat(sluice.uninspected() - before).isEqualTo(bypassed);
    }

    @Test
    void nodeThatComesBackInspectsAgain() {
        sluice.configure(one("open", "", ""));
        firewall.unplug();
        sluice.awaitInstance("fw", false);
        try (UdpFlow flow = UdpFlow.open(network.client, "10.0.0.2", 7)) {
            assertThat(flow.exchange(10).lost()).isZero();
            firewall.replug();
            sluice.awaitInstance("fw", true);
            Waits.until(
                    "the wire works",
                    Duration.ofSeconds(10),
                    () -> flow.exchange(1, 200).lost() == 0);
            long uninspected = sluice.uninspected();
            UdpFlow.Account account = flow.exchange(50);
            assertThat(account.lost()).isZero();
            assertThat(inspected(true)).containsAll(account.sent());
            assertThat(sluice.uninspected()).isEqualTo(uninspected);
        }
    }

    @Test
    void nodeThatHangsWithItsInterfacesUpLetsNothingPast() {
        sluice.configure(one("open", "", ""));
        try (UdpFlow flow = UdpFlow.open(network.client, "10.0.0.2", 7)) {
            assertThat(flow.exchange(10).lost()).isZero();
            long uninspected = sluice.uninspected();
            firewall.kill();
            UdpFlow.Account account = flow.exchange(5, 100);
            assertThat(account.answered()).isEmpty();
            assertThat(reached(account)).isEmpty();
            assertThat(sluice.uninspected()).isEqualTo(uninspected);
            firewall.restore();
            Waits.until(
                    "the bridge passes again",
                    Duration.ofSeconds(10),
                    () -> flow.exchange(1, 200).lost() == 0);
        }
    }

    @ParameterizedTest
    @CsvSource({
        "closed, '', '', false",
        "open, '', '', true",
        "open, closed, '', false",
        "closed, open, '', true",
        "open, open, closed, false",
        "closed, closed, open, true"
    })
    void failureActionOfTheRuleCountsMoreThanTheHopsAndThatMoreThanTheChains(
            String chain, String hop, String rule, boolean passes) {
        sluice.configure(one(chain, hop, rule));
        firewall.in().down();
        sluice.awaitInstance("fw", false);
        long before = sluice.uninspected();
        try (UdpFlow flow = UdpFlow.open(network.client, "10.0.0.2", 7)) {
            UdpFlow.Account account = flow.exchange(5, passes ? 3_000 : 100);
            assertThat(account.answered()).hasSize(passes ? 5 : 0);
            assertThat(reached(account)).hasSize(passes ? 5 : 0);
            assertThat(sluice.uninspected() - before).isEqualTo(passes ? 10 : 0);
        }
    }

    @Test
    void flowsOfADeadNodeMoveToItsTwinAndAreInspectedThere() {
        sluice.configure(two());
        List<UdpFlow.Account> accounts = streamWhile(firewall::unplug);
        checkNothingBypassed(accounts);
        try (UdpFlow flow = UdpFlow.open(network.client, "10.0.0.2", 7)) {
            UdpFlow.Account account = flow.exchange(50);
            assertThat(account.lost()).isZero();
            assertThat(atSpare.ids()).containsAll(account.sent());
        }
        // What was on its way into the dead node is lost, nothing later.
        assertThat(accounts).allMatch(account -> account.answered().size() > 500);
    }

    @Test
    void tcpConnectionSurvivesTheDeathOfItsNodeWhenThereIsATwin() {
        sluice.configure(two());
        try (TcpTransfer transfer = TcpTransfer.open(network.client, "10.0.0.2", 7)) {
            assertThat(transfer.echo(200_000)).isTrue();
            firewall.unplug();
            sluice.awaitInstance("fw", false);
            assertThat(transfer.echo(200_000)).isTrue();
            firewall.replug();
            sluice.awaitInstance("fw", true);
            spare.unplug();
            sluice.awaitInstance("spare", false);
            assertThat(transfer.echo(200_000)).isTrue();
        }
    }

    @Test
    void chainWithoutAnInstanceDropsWhenClosedAndCountsWhenOpen() {
        for (String action : List.of("closed", "open")) {
            sluice.configure(Yaml.of(
                    Yaml.PAIR,
                    Yaml.object("Service", "fw", "{transport: raw}"),
                    Yaml.object("ServiceChain", "inspect", "{profiles: [fw], onFailure: " + action + "}"),
                    Yaml.policy("all", "edge/left", "{name: all, action: {chain: inspect}}")));
            assertThat(sluice.status().configuration().warnings()).anyMatch(w -> w.contains("no path"));
            long noPath = sluice.dropped(DropReason.NO_PATH);
            long uninspected = sluice.uninspected();
            try (UdpFlow flow = UdpFlow.open(network.client, "10.0.0.2", 7)) {
                UdpFlow.Account account = flow.exchange(5, action.equals("open") ? 3_000 : 100);
                assertThat(account.answered()).hasSize(action.equals("open") ? 5 : 0);
            }
            assertThat(sluice.dropped(DropReason.NO_PATH) - noPath).isEqualTo(action.equals("open") ? 0 : 5);
            assertThat(sluice.uninspected() - uninspected).isEqualTo(action.equals("open") ? 10 : 0);
        }
    }
}
