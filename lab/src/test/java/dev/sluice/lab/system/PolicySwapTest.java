package dev.sluice.lab.system;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.lab.LabInterface;
import dev.sluice.lab.Namespace;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * A policy that is swapped a thousand times under load (F7): even versions send all through nodes a0 and b0, odd ones through a1 and b1, and each change migrates all
 * flows. A packet that was seen by nodes of both, or by one node only, was handled under mixed versions.
 */
@Tag("system")
class PolicySwapTest {
    private static final int SWAPS = Integer.getInteger("sluice.swaps", 200);
    private static final int PACKETS_PER_SECOND = 500;
    private static final List<String> NAMES = List.of("a0", "b0", "a1", "b1");

    private static Network network;
    private static final List<ProgramNode> NODES = new ArrayList<>();
    private static final PassedNodes PASSED = new PassedNodes();
    private static EchoHost echo;
    private static SluiceNode sluice;

    @BeforeAll
    static void build() {
        network = Network.transparent();
        for (String name : NAMES) {
            Namespace node = network.node(name);
            LabInterface in = node.interfaceNamed("in");
            LabInterface out = node.interfaceNamed("out");
            NODES.add(ProgramNode.start(
                    (from, frame, sender) -> {
                        PASSED.note(SeenFrame.of(frame.bytes()), name);
                        sender.send(1 - from, frame);
                    },
                    in,
                    out));
        }
        echo = EchoHost.start(network.server, 7);
        sluice = SluiceNode.start(network.sluice, version(0));
    }

    @AfterAll
    static void remove() {
        NODES.forEach(ProgramNode::close);
        try (Network n = network;
                SluiceNode s = sluice;
                EchoHost e = echo) {
            // Closed in the reverse order.
        }
    }

    private static String version(int number) {
        return PassedNodes.objects(NAMES)
                + Yaml.object("ServiceChain", "chain0", "{profiles: [a0, b0]}") + "---\n"
                + Yaml.object("ServiceChain", "chain1", "{profiles: [a1, b1]}") + "---\n"
                + Yaml.policy("all", "edge/left", "{name: all, action: {chain: chain" + number % 2 + "}}");
    }

    @Test
    void noPacketIsLostOrHandledUnderMixedVersionsWhileThePolicyIsSwapped() {
        AtomicBoolean swapping = new AtomicBoolean(true);
        AtomicInteger echoed = new AtomicInteger();
        CompletableFuture<Boolean> intact = new CompletableFuture<>();
        CompletableFuture<List<UdpFlow.Account>> accounts = new CompletableFuture<>();
        long startNs = System.nanoTime();
        try (TcpTransfer connection = TcpTransfer.open(network.client, "10.0.0.2", 7);
                UdpFlow flow = UdpFlow.open(network.client, "10.0.0.2", 7)) {
            Thread.ofPlatform().daemon().start(() -> {
                boolean whole = true;
                while (swapping.get() && whole) {
                    whole = connection.echo(50_000);
                    echoed.incrementAndGet();
                }
                intact.complete(whole);
            });
            Thread.ofPlatform().daemon().start(() -> {
                List<UdpFlow.Account> all = new ArrayList<>();
                while (swapping.get()) {
                    all.add(flow.stream(5 * PACKETS_PER_SECOND, PACKETS_PER_SECOND));
                }
                accounts.complete(all);
            });
            for (int i = 1; i <= SWAPS; i++) {
                sluice.configure(version(i));
            }
            double seconds = (System.nanoTime() - startNs) / 1e9;
            swapping.set(false);
            check(accounts.join(), seconds);
            assertThat(intact.join()).isTrue();
            assertThat(echoed.get()).isPositive();
        }
    }

    private static void check(List<UdpFlow.Account> accounts, double seconds) {
        int sent = 0;
        int lost = 0;
        int mixed = 0;
        Map<String, Integer> ways = new TreeMap<>();
        for (UdpFlow.Account account : accounts) {
            sent += account.sent().size();
            lost += account.lost();
            for (long id : account.answered()) {
                String forward = PASSED.forward(id, ",");
                String reverse = PASSED.reverse(id, ",");
                mixed += forward.equals("a0,b0") || forward.equals("a1,b1") ? 0 : 1;
                mixed += reverse.equals("b0,a0") || reverse.equals("b1,a1") ? 0 : 1;
                ways.merge(forward + " " + reverse, 1, Integer::sum);
            }
        }
        System.out.printf(
                "%d policy swaps in %.1f s: %d packets and answers, %d lost, %d under mixed versions%n  %s%n",
                SWAPS, seconds, sent, lost, mixed, ways);
        assertThat(mixed).as("packets under mixed versions: %s", ways).isZero();
        assertThat(lost).as("lost; %s", sluice.counters().drops()).isZero();
        assertThat(ways).containsKeys("a0,b0 b0,a0", "a1,b1 b1,a1");
    }
}
