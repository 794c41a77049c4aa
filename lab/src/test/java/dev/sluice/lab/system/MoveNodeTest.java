package dev.sluice.lab.system;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import dev.sluice.agent.admin.AdminClient;
import dev.sluice.agent.report.LivenessReport.WatchedReport;
import dev.sluice.agent.report.PathsReport.HopReport;
import dev.sluice.agent.report.PathsReport.PathReport;
import dev.sluice.lab.Namespace;
import dev.sluice.lab.Waits;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** A firewall moves between hosts under load, there and back, and the hosts apply it in random orders (ADR 14): nothing is lost, nothing passes uninspected. */
@Tag("system")
class MoveNodeTest {
    /** There and back so often. */
    private static final int ROUND_TRIPS = Integer.getInteger("sluice.moves", 6);

    /** So few that rings of 256 frames hold what comes while a busy machine serves others. */
    private static final int RATE = 150;

    /** What a packet may be dropped for whose hosts do not agree. */
    private static final Set<String> DISAGREEMENT = Set.of(
            "NSH_PATH_UNKNOWN",
            "SERVICE_DOWN",
            "RETURN_NO_FLOW",
            "OVERLAY_FLOW_UNKNOWN",
            "OVERLAY_PATH_UNKNOWN",
            "PATH_CHANGING",
            "NO_PATH");

    private static final int APART_MS_MAX = 300;

    /** For each id and direction the nodes that it passed. */
    private final Map<String, Set<String>> passed = new ConcurrentHashMap<>();

    private ProgramNode node(Namespace namespace, String name) {
        return ProgramNode.start(
                (from, frame, sender) -> {
                    SeenFrame seen = SeenFrame.of(frame.bytes());
                    if (seen.id() != 0) {
                        String key = seen.id() + (seen.destinationPort() == 7 ? " forward" : " reverse");
                        passed.computeIfAbsent(key, _ -> ConcurrentHashMap.newKeySet())
                                .add(name);
                    }
                    sender.send(1 - from, frame);
                },
                namespace.interfaceNamed("in"),
                namespace.interfaceNamed("out"));
    }

    /** Packets of one flow until told to end. */
    private static final class Load implements Runnable {
        final UdpFlow flow;
        final Set<Long> sent = new HashSet<>();
        final Set<Long> answered = new HashSet<>();
        volatile boolean ends;

        Load(Namespace client) {
            flow = UdpFlow.open(client, "10.0.0.2", 7);
        }

        @Override
        public void run() {
            while (!ends) {
                UdpFlow.Account account = flow.stream(RATE, RATE, 300);
                sent.addAll(account.sent());
                answered.addAll(account.answered());
            }
        }
    }

    @Test
    @Tag("long")
    void nothingIsLostWhileAFirewallMovesThereAndBack() throws InterruptedException {
        long seed = Long.getLong("sluice.seed", System.nanoTime());
        Random random = new Random(seed);
        String onB = HostsNetwork.objectsWithFirewall("direct", "fw", "host-b");
        String onC = HostsNetwork.objectsWithFirewall("direct", "fw2", "host-c");
        try (HostsNetwork network = new HostsNetwork()) {
            Namespace second = network.node("fw2", 2);
            try (ProgramNode fw = node(network.fw, "fw");
                    ProgramNode fw2 = node(second, "fw2");
                    ProgramNode ips = node(network.ips, "ips");
                    EchoHost echo = EchoHost.start(network.server, 7);
                    SluiceNode a = network.start(0, onB);
                    SluiceNode b = network.start(1, onB);
                    SluiceNode c = network.start(2, onB)) {
                List.of(a, b, c).forEach(SluiceNode::prefer);
                a.awaitTold("fw");
                a.awaitTold("ips");
                b.awaitTold("ips");
                c.awaitTold("fw");
                assertThat(network.client.pings("10.0.0.2")).isTrue();
                List<Load> loads = List.of(new Load(network.client), new Load(network.client));
                List<Thread> threads = loads.stream()
                        .map(load -> Thread.ofPlatform().daemon().start(load))
                        .toList();
                for (int i = 0; i < 2 * ROUND_TRIPS; i++) {
                    boolean there = i % 2 == 0;
                    apply(random, List.of(a, b, c), there ? onC : onB);
                    String path = there ? "both[fw2,ips]" : "both[fw,ips]";
                    Waits.until(
                            "new flows get " + path + ", seed " + seed,
                            Duration.ofSeconds(10),
                            () -> a.status().chains().getFirst().paths().stream()
                                    .anyMatch(each -> each.name().equals(path) && !each.draining()));
                    try (UdpFlow fresh = UdpFlow.open(network.client, "10.0.0.2", 7)) {
                        UdpFlow.Account account = fresh.exchange(20);
                        assertThat(account.lost()).isZero();
                        for (long id : account.sent()) {
                            assertThat(passed.get(id + " forward"))
                                    .containsExactlyInAnyOrder(there ? "fw2" : "fw", "ips");
                        }
                    }
                }
                checkSight(a, b, c);
                loads.forEach(load -> load.ends = true);
                for (Thread thread : threads) {
                    thread.join();
                }
                check(seed, loads, List.of(a, b, c));
            }
        }
    }

    /** {@code sluice paths} and {@code sluice liveness} of the three hosts, with the firewall on host B again. */
    private static void checkSight(SluiceNode a, SluiceNode b, SluiceNode c) {
        PathReport used = path(a, "both[fw,ips]");
        assertThat(used.state()).isEqualTo("in use");
        assertThat(used.reason()).isEmpty();
        assertThat(used.hops())
                .extracting(HopReport::instance, HopReport::node, HopReport::copy, HopReport::alive)
                .containsExactly(tuple("fw", "host-b", false, true), tuple("ips", "host-c", false, true));
        assertThat(path(b, "both[fw,ips]").hops().getFirst().returned()).allMatch(count -> count > 0);
        assertThat(used.flows()).isPositive();
        assertThat(used.packets()).allMatch(count -> count > 0);
        assertThat(used.bytes()).allMatch(count -> count > 0);
        assertThat(used.reverseSpi()).isEqualTo(used.forwardSpi() + 1);
        for (SluiceNode other : List.of(b, c)) {
            assertThat(path(other, "both[fw,ips]").forwardSpi()).isEqualTo(used.forwardSpi());
            assertThat(path(other, "both[fw,ips]").flows()).isPositive();
        }
        assertThat(path(a, "both[fw2,ips]").state()).isEqualTo("retired");
        assertThat(a.say(AdminClient::liveness).watched().stream().map(each -> each.kind() + " " + each.name()))
                .containsExactlyInAnyOrder(
                        "instance fw",
                        "instance ips",
                        "instance fw2",
                        "node host-b",
                        "routing host-b",
                        "node host-c",
                        "routing host-c");
        assertThat(watched(a, "fw").how()).isEqualTo("its node tells");
        assertThat(watched(a, "fw").state()).isEqualTo("alive");
        assertThat(watched(a, "fw2").how()).contains("gone from the objects");
        assertThat(watched(a, "host-b").state()).isEqualTo("up");
        assertThat(watched(a, "host-b").how()).startsWith("BFD");
        assertThat(b.say(AdminClient::liveness).watched())
                .anyMatch(each -> each.name().equals("fw") && each.how().equals("links"));
    }

    private static WatchedReport watched(SluiceNode host, String name) {
        return host.say(AdminClient::liveness).watched().stream()
                .filter(each -> each.name().equals(name))
                .findFirst()
                .orElseThrow(() -> new AssertionError("nobody watches " + name));
    }

    private static PathReport path(SluiceNode host, String name) {
        return host.say(AdminClient::paths).paths().stream()
                .filter(path -> path.name().equals(name))
                .findFirst()
                .orElseThrow(() -> new AssertionError("no path " + name));
    }

    private static void apply(Random random, List<SluiceNode> hosts, String objects) {
        List<SluiceNode> order = new ArrayList<>(hosts);
        Collections.shuffle(order, random);
        for (SluiceNode host : order) {
            host.configure(objects);
            LockSupport.parkNanos(random.nextInt(APART_MS_MAX) * 1_000_000L);
        }
    }

    /** How many of the lost packets were seen by which nodes last. */
    private Map<String, Integer> lastSeen(Load load) {
        Map<String, Integer> places = new TreeMap<>();
        for (long id : load.sent) {
            if (!load.answered.contains(id)) {
                String place = passed.get(id + " forward") + " and back " + passed.get(id + " reverse");
                places.merge(place, 1, Integer::sum);
            }
        }
        return places;
    }

    private static String losses(SluiceNode host) {
        return host.counters().drops() + " "
                + host.status().ports().stream()
                        .map(port ->
                                port.interfaceName() + " " + port.counters().kernelDropped() + "/"
                                        + port.counters().receiveDropped() + "/"
                                        + port.counters().sendDropped())
                        .toList();
    }

    private void check(long seed, List<Load> loads, List<SluiceNode> hosts) {
        for (SluiceNode host : hosts) {
            assertThat(host.dropReasons())
                    .as("seed " + seed + " " + losses(host))
                    .doesNotContainAnyElementsOf(DISAGREEMENT);
        }
        // A machine that is busy with something else may let rings overflow.
        long kernelDropped = hosts.stream()
                .flatMap(host -> host.status().ports().stream())
                .mapToLong(port -> port.counters().kernelDropped())
                .sum();
        long sent = 0;
        long lost = 0;
        for (Load load : loads) {
            sent += load.sent.size();
            lost += load.sent.size() - load.answered.size();
            assertThat(lost)
                    .as(() -> "seed " + seed + ", where lost ones were seen " + lastSeen(load) + ", hosts "
                            + hosts.stream().map(MoveNodeTest::losses).toList())
                    .isLessThanOrEqualTo(kernelDropped);
            for (long id : load.answered) {
                for (String direction : List.of(" forward", " reverse")) {
                    assertThat(passed.get(id + direction)).hasSize(2).contains("ips");
                }
            }
            load.flow.close();
        }
        assertThat(hosts.stream().mapToLong(SluiceNode::uninspected).sum()).isZero();
        System.out.println(2 * ROUND_TRIPS + " moves under load, seed " + seed + ": " + lost + " of " + sent
                + " packets lost, " + kernelDropped + " by full rings");
    }
}
