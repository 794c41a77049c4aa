package dev.sluice.lab.system;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.datapath.packet.DropReason;
import dev.sluice.lab.FrameSocket;
import dev.sluice.lab.LabInterface;
import dev.sluice.lab.Namespace;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * A chain whose nodes stay while their order changes under load (F7): each node always has some packets of the flow inside, and notes the ids of all it had. No packet
 * leaves, and no answer, without all nodes of one version of the chain, in its order.
 */
@Tag("system")
class PathOrderTest {
    private static final int PACKETS_PER_SECOND = 200;
    private static final int INSIDE_MS = 50;
    private static final int ROUNDS = Integer.getInteger("sluice.orders", 1);
    private static final long VERSION_MS = 1600;
    private static final List<String> NAMES = List.of("a", "b", "c");
    private static final List<String> VERSIONS = List.of("ab", "ba", "ac", "b", "ba", "abc", "cba", "a", "ba");

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
            NODES.add(ProgramNode.start(new SlowNode(name), in, out));
        }
        echo = EchoHost.start(network.server, 7);
        sluice = SluiceNode.start(network.sluice, configuration(VERSIONS.getFirst()));
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

    /** A node that keeps each frame for a while. */
    private static final class SlowNode implements ProgramNode.Program {
        private record Inside(int to, FrameSocket.Frame frame, long sinceNs) {}

        private final String name;
        private final Deque<Inside> inside = new ArrayDeque<>();

        SlowNode(String name) {
            this.name = name;
        }

        @Override
        public void onFrame(int from, FrameSocket.Frame frame, ProgramNode.Sender sender) {
            PASSED.note(SeenFrame.of(frame.bytes()), name);
            inside.add(new Inside(1 - from, frame, System.nanoTime()));
        }

        @Override
        public void meanwhile(ProgramNode.Sender sender) {
            while (!inside.isEmpty() && System.nanoTime() - inside.getFirst().sinceNs > INSIDE_MS * 1_000_000L) {
                Inside first = inside.removeFirst();
                sender.send(first.to, first.frame);
            }
        }
    }

    private static String configuration(String version) {
        return PassedNodes.objects(NAMES)
                + Yaml.object("ServiceChain", "inspect", "{profiles: [" + String.join(", ", version.split("")) + "]}")
                + "---\n" + Yaml.policy("all", "edge/left", "{name: all, action: {chain: inspect}}");
    }

    @Test
    @Tag("long")
    void noPacketMissesANodeWhileTheOrderOfTheSameNodesChanges() {
        int versions = ROUNDS * VERSIONS.size();
        int packets = (int) (versions * VERSION_MS * PACKETS_PER_SECOND / 1000);
        CompletableFuture<UdpFlow.Account> account = new CompletableFuture<>();
        try (UdpFlow flow = UdpFlow.open(network.client, "10.0.0.2", 7)) {
            Thread.ofPlatform().daemon().start(() -> account.complete(flow.stream(packets, PACKETS_PER_SECOND, 3000)));
            long startNs = System.nanoTime();
            for (int i = 1; i <= versions; i++) {
                long dueNs = startNs + i * VERSION_MS * 1_000_000L;
                while (System.nanoTime() < dueNs) {
                    LockSupport.parkNanos(dueNs - System.nanoTime());
                }
                sluice.configure(configuration(VERSIONS.get(i % VERSIONS.size())));
            }
            check(account.join());
        }
    }

    private static void check(UdpFlow.Account account) {
        Map<String, Integer> ways = new TreeMap<>();
        int missed = 0;
        for (long id : account.sent()) {
            String forward = PASSED.forward(id, "");
            String reverse = PASSED.reverse(id, "");
            boolean arrived = !reverse.isEmpty();
            boolean answered = account.answered().contains(id);
            missed += arrived && !isWhole(forward) ? 1 : 0;
            missed += answered && !isWhole(new StringBuilder(reverse).reverse().toString()) ? 1 : 0;
            if (answered) {
                ways.merge(forward + " " + reverse, 1, Integer::sum);
            }
        }
        long waited = sluice.dropped(DropReason.PATH_CHANGING);
        System.out.printf(
                "chain in %d orders, one after the other: %d packets, %d lost, %d of them or their answers while the flow waited, %d missed a node%n  %s%n",
                ROUNDS * VERSIONS.size(), account.sent().size(), account.lost(), waited, missed, ways);
        assertThat(missed).as("packets that missed a node: %s", ways).isZero();
        assertThat(ways).containsKeys("ab ba", "ba ab", "ac ca", "b b", "abc cba", "cba abc", "a a");
        assertThat(waited).as("packets that came while the flow waited").isPositive();
    }

    private static boolean isWhole(String had) {
        return VERSIONS.stream().anyMatch(version -> isIn(version, had));
    }

    private static boolean isIn(String version, String had) {
        int at = 0;
        for (int i = 0; i < version.length(); i++) {
            at = had.indexOf(version.charAt(i), at) + 1;
            if (at == 0) {
                return false;
            }
        }
        return true;
    }
}
