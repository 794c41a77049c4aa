package dev.sluice.lab.system;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.lab.BridgeFirewall;
import dev.sluice.lab.LabProcess;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** F9 on namespaces: hping3 sends SYNs from random addresses, the connection table is full; connections go on and new ones come about. */
@Tag("system")
@Tag("alone")
class SynFloodTest {
    private static final int ESTABLISHED = 40;
    private static final int NEW = 200;
    private static final int FIRST_SYN_MS = 800;

    /** After one and after three seconds another SYN goes out. */
    private static final int CONNECT_MS = 4_000;

    private static final String SMALL = """
            apiVersion: sluice.dev/v1
            kind: Node
            metadata: {name: edge}
            spec: {tracker: {connectionsMax: 1024}}
            ---
            """;

    @Test
    void connectionsGoOnAndNewOnesComeAboutInAFloodOfHandshakes() {
        try (Network network = Network.transparent();
                EchoHost _ = EchoHost.start(network.server, 7)) {
            List<BridgeFirewall> nodes = List.of(network.bridge("a"), network.bridge("b"));
            // Half-open for as long as the table keeps them: nobody refuses the connection.
            network.server.execWithInput(List.of("nft", "-f", "-"), """
                    table inet silence {
                      chain in {
                        type filter hook input priority 0; policy accept;
                        tcp dport 9 drop
                      }
                    }
                    """);
            try (SluiceNode sluice = SluiceNode.start(network.sluice, yaml())) {
                List<TcpTransfer> established = new ArrayList<>();
                for (int i = 0; i < ESTABLISHED; i++) {
                    TcpTransfer flow = TcpTransfer.open(network.client, "10.0.0.2", 7);
                    assertThat(flow.echo(100)).isTrue();
                    established.add(flow);
                }
                LabProcess flood = network.client.start(
                        "flood", List.of("hping3", "-q", "-i", "u100", "-S", "-p", "9", "--rand-source", "10.0.0.2"));
                try {
                    dev.sluice.lab.Waits.until(
                            "the table is full",
                            java.time.Duration.ofSeconds(20),
                            () -> sluice.status().totals().connections() == 1024);
                    int through = 0;
                    int broken = 0;
                    for (int i = 0; i < NEW; i++) {
                        through += TcpTransfer.connects(network.client, "10.0.0.2", 7, 800) ? 1 : 0;
                        broken += established.get(i % ESTABLISHED).echo(1000) ? 0 : 1;
                    }
                    assertThat(sluice.status().totals().connections()).isGreaterThan(1000);
                    assertThat(flood.isAlive()).isTrue();
                    System.out.printf(
                            Locale.ROOT,
                            "F9 on namespaces: %d of %d new connections at the first SYN (%.1f %%), %d of %d transfers of established ones broken, nodes passed %d and %d packets%n",
                            through,
                            NEW,
                            100.0 * through / NEW,
                            broken,
                            NEW,
                            nodes.get(0).filter().forward().packets(),
                            nodes.get(1).filter().forward().packets());
                    assertThat(broken).isZero();
                    assertThat(through).isGreaterThanOrEqualTo(NEW * 95 / 100);
                } finally {
                    flood.stop();
                    established.forEach(TcpTransfer::close);
                }
                assertThat(sluice.uninspected()).isZero();
            }
        }
    }

    /** 10,000 handshakes per second for 3 s. */
    @Test
    void establishedFlowsLoseNothingBehindTheFastPath() throws InterruptedException, ExecutionException {
        floodBesideFlows(10_000, 3);
    }

    /** 50,000 handshakes per second for 20 s; {@code -Dsluice.flood.seconds}. */
    @Tag("long")
    @Test
    void establishedFlowsLoseNothingBesideFiftyThousandHandshakesPerSecond()
            throws InterruptedException, ExecutionException {
        floodBesideFlows(50_000, Integer.getInteger("sluice.flood.seconds", 20));
    }

    /** Beside the flood: a flow that is established, and legitimate connections that are new, all to the same server. */
    private static void floodBesideFlows(int handshakesPerSecond, int seconds)
            throws InterruptedException, ExecutionException {
        try (Network network = Network.transparent();
                EchoHost echo = EchoHost.start(network.server, 7)) {
            network.bridge("a");
            network.bridge("b");
            try (SluiceNode sluice = SluiceNode.start(network.sluice, yaml(), "fast-path-tc");
                    UdpFlow flow = UdpFlow.open(network.client, "10.0.0.2", 7)) {
                assertThat(flow.exchange(20).lost()).isZero();
                long before = sluice.status().totals().frames();
                try (SynFlood flood =
                        SynFlood.start(network.clientSide, network.serverSide, "10.0.0.2", 9, handshakesPerSecond)) {
                    FutureTask<int[]> connects = new FutureTask<>(() -> connect(network, seconds));
                    Thread.ofPlatform().daemon().start(connects);
                    UdpFlow.Account account = flow.stream(1000 * seconds, 1000, 5_000);
                    int[] made = connects.get();
                    long reached = flood.perSecond();
                    long frames = sluice.status().totals().frames() - before;
                    System.out.printf(
                            Locale.ROOT,
                            "F9 with the fast path: %d handshakes per second, %d frames for the data path; %d of %d packets of an established flow lost; %d new connections, %d of them at the first SYN, %d at one of three%n",
                            reached,
                            frames,
                            account.lost(),
                            1000 * seconds,
                            made[2],
                            made[0],
                            made[1]);
                    assertThat(reached)
                            .as("handshakes that were really sent")
                            .isGreaterThan(handshakesPerSecond * (seconds > 3 ? 9L : 5L) / 10);
                    assertThat(frames).isGreaterThan(reached * seconds / 2);
                    // What a test's socket had no room for was lost by nobody on the way.
                    assertThat(account.lost() - echo.unread() - flow.unread()).isZero();
                    assertThat(made[2]).isGreaterThan(seconds / 2);
                    // At the first one: FloodTest, where no socket is full because a machine is busy.
                    assertThat(made[1]).isGreaterThanOrEqualTo(made[2] * 95 / 100);
                }
            }
        }
    }

    /** New connections one after the other for so long, and as many as are looked at: how many there were at the first SYN, how many at one of three, of how many. */
    private static int[] connect(Network network, int seconds) {
        int[] made = new int[3];
        long endNs = System.nanoTime() + seconds * 1_000_000_000L;
        while (System.nanoTime() < endNs || made[2] <= seconds / 2) {
            long startNs = System.nanoTime();
            boolean there = TcpTransfer.connects(network.client, "10.0.0.2", 7, CONNECT_MS);
            made[0] += there && System.nanoTime() - startNs < FIRST_SYN_MS * 1_000_000L ? 1 : 0;
            made[1] += there ? 1 : 0;
            made[2]++;
            LockSupport.parkNanos(20_000_000);
        }
        return made;
    }

    private static String yaml() {
        return SMALL
                + String.join(
                        "---\n",
                        Yaml.PAIR,
                        Yaml.object("Service", "fw", "{transport: raw}"),
                        Yaml.object("ServiceInstance", "a", "{service: fw, interfaces: {in: a-in, out: a-out}}"),
                        Yaml.object("ServiceInstance", "b", "{service: fw, interfaces: {in: b-in, out: b-out}}"),
                        Yaml.object("ServiceChain", "inspect", "{profiles: [fw]}"),
                        Yaml.policy("all", "edge/left", "{name: all, action: {chain: inspect}}"));
    }
}
