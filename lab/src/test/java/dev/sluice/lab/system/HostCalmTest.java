package dev.sluice.lab.system;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.agent.report.LivenessReport.WatchedReport;
import dev.sluice.lab.BridgeFirewall;
import dev.sluice.lab.Namespace;
import dev.sluice.lab.Waits;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * Reliability goal F3 over hosts: three hosts watch each other, their nodes and what each tells, while every processor is busy and garbage is collected; nobody may look dead
 * who is not. {@code ./dev soak MINUTES}.
 */
@Tag("system")
class HostCalmTest {
    private static final int BUSY_LOOPS = 4;

    private static volatile boolean over;

    @SuppressWarnings("UnusedVariable") // written so that the loops are not optimised away
    private static volatile long sink;

    @Test
    @Tag("long")
    void busyProcessorsAndCollectionsKillNoHostAndNoNode() {
        // A machine that tests something else beside takes the processor from all three: sessions of 150 ms are for the
        // soak.
        run(Double.parseDouble(System.getProperty("sluice.hosts.calm.seconds", "8")), 300, 5);
    }

    /** {@code -Dsluice.soak.minutes=30}. */
    @Tag("campaign")
    @Test
    void busyProcessorsAndCollectionsKillNobodyForLong() {
        run(60 * Double.parseDouble(System.getProperty("sluice.soak.minutes", "30")), 50, 3);
    }

    private static void run(double seconds, int intervalMs, int failAfter) {
        String objects = HostsNetwork.oneService()
                .replace(
                        Yaml.object("Service", "fw", "{transport: raw}"),
                        Yaml.object(
                                "Service",
                                "fw",
                                "{transport: raw, health: {probe: through, intervalMs: 50, failAfter: 3}}"))
                .replaceAll(
                        "(underlay: \\{address: \"[^\"]*\")",
                        "$1, bfd: {intervalMs: " + intervalMs + ", failAfter: " + failAfter + "}");
        List<Thread> loops = new ArrayList<>();
        try (HostsNetwork network = withBridges();
                EchoHost echo = EchoHost.start(network.server, 7);
                SluiceNode a = network.start(0, objects);
                SluiceNode b = network.start(1, objects);
                SluiceNode c = network.start(2, objects)) {
            List<SluiceNode> hosts = List.of(a, b, c);
            // As the packaged unit does.
            hosts.forEach(SluiceNode::prefer);
            a.awaitTold("fw");
            a.awaitTold("ips");
            Waits.until(
                    "each sees all others",
                    Duration.ofSeconds(20),
                    () -> hosts.stream().allMatch(HostCalmTest::seesAll));
            Map<String, Long> before = downs(hosts);
            over = false;
            for (int i = 0; i < BUSY_LOOPS; i++) {
                loops.add(Thread.ofPlatform().daemon().start(HostCalmTest::burn));
            }
            long collections = 0;
            long endNs = System.nanoTime() + (long) (seconds * 1e9);
            while (System.nanoTime() < endNs) {
                // Each question makes garbage there.
                for (SluiceNode host : hosts) {
                    for (int i = 0; i < 5; i++) {
                        host.status();
                    }
                }
                for (SluiceNode host : hosts) {
                    host.collect();
                }
                System.gc();
                collections++;
                LockSupport.parkNanos(200_000_000L);
            }
            Map<String, Long> after = downs(hosts);
            System.out.printf(
                    Locale.ROOT,
                    "F3 over hosts: %.0f s, BFD %d ms x %d, probes 50 ms x 3, under %d busy loops, %d forced collections in each process: downs before %s, after %s%n",
                    seconds,
                    intervalMs,
                    failAfter,
                    BUSY_LOOPS,
                    collections,
                    before,
                    after);
            assertThat(after).isEqualTo(before);
            assertThat(hosts.stream().filter(host -> host.counter("probesReturned") > 0))
                    .hasSize(2);
            assertThat(echo.datagramCount()).isZero();
        } finally {
            over = true;
            loops.forEach(HostCalmTest::join);
        }
    }

    /** The nodes are bridges of the kernel: a program of this busy process would answer late, and rightly be called dead. */
    private static HostsNetwork withBridges() {
        HostsNetwork network = new HostsNetwork();
        for (Namespace node : List.of(network.fw, network.ips)) {
            BridgeFirewall.create(node.interfaceNamed("in"), node.interfaceNamed("out"));
        }
        return network;
    }

    private static boolean seesAll(SluiceNode host) {
        return host.say(admin -> admin.liveness()).watched().stream()
                .allMatch(each -> each.state().equals("up") || each.state().equals("alive"));
    }

    /** How often each thought of whom that he is gone. */
    private static Map<String, Long> downs(List<SluiceNode> hosts) {
        Map<String, Long> downs = new HashMap<>();
        for (int i = 0; i < hosts.size(); i++) {
            for (WatchedReport each :
                    hosts.get(i).say(admin -> admin.liveness()).watched()) {
                downs.put((char) ('a' + i) + " of " + each.name(), each.downs());
            }
        }
        return downs;
    }

    private static void burn() {
        long x = 1;
        while (!over) {
            x = x * 6_364_136_223_846_793_005L + 1;
            sink = x;
        }
    }

    private static void join(Thread thread) {
        try {
            thread.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
