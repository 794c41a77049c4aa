package dev.sluice.lab.system;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.agent.NodeException;
import dev.sluice.agent.admin.AdminClient;
import dev.sluice.lab.Namespace;
import dev.sluice.lab.Waits;
import dev.sluice.testkit.TestPacket;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.IntConsumer;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** A running node that is asked too much, too much at once, and by clients that go away or say nothing, while flows are on their way: none loses a packet, and whoever asks properly is answered (S4). */
@Tag("system")
class AdministrationStormTest {
    private static final int ASKERS = 12;
    private static final int CLIENTS_MAX = 64;
    private static final int LINE_BYTES_MAX = 1 << 20;

    /** What cannot be said in full before the client leaves. */
    private static final List<String> REQUESTS = List.of(
            "{\"command\":\"status\"}",
            "{\"command\":\"flows\",\"limit\":100000}",
            "{\"command\":\"rules\"}",
            "{\"command\":\"counters\"}",
            "{\"command\":\"trace\",\"packets\":10000,\"seconds\":1}",
            "{\"command\":\"capture\",\"seconds\":1}",
            "{\"command\":\"flows\",\"follow\":true}",
            "{\"command\":\"foretell\",\"port\":\"left\",\"packet\":\"udp 10.0.0.1:1 > 10.0.0.2:7\"}",
            "{\"command\":\"foretell\",\"port\":\"left\",\"hex\":\"" + "ab".repeat(60_000) + "\"}",
            "{\"command\":\"analyze\"}",
            "{\"command\":\"reload\"}",
            "{\"command\":\"history\"}");

    private static String yaml() {
        return Yaml.of(
                Yaml.PAIR,
                TwoNodes.OBJECTS,
                Yaml.object("ServiceChain", "inspect", "{profiles: [fw, second]}"),
                policy());
    }

    private static String policy() {
        return Yaml.policy("all", "edge/left", "{name: all, action: {chain: inspect}}");
    }

    @Test
    void requestsThatAreHugeManyOrCutOffCostNoPacket() throws Exception {
        try (TwoNodes lab = new TwoNodes();
                SluiceNode sluice = SluiceNode.start(lab.network.sluice, yaml());
                UdpFlow flow = UdpFlow.open(lab.network.client, "10.0.0.2", 7);
                TcpTransfer connection = TcpTransfer.open(lab.network.client, "10.0.0.2", 7)) {
            AtomicBoolean going = new AtomicBoolean(true);
            CompletableFuture<List<UdpFlow.Account>> accounts = new CompletableFuture<>();
            Thread.ofPlatform().daemon().start(() -> {
                List<UdpFlow.Account> all = new ArrayList<>();
                do {
                    all.add(flow.stream(300, 300));
                } while (going.get());
                accounts.complete(all);
            });
            Path socket = sluice.socket();
            AtomicLong asked = new AtomicLong();
            Map<String, Long> refusals = new ConcurrentHashMap<>();
            together(ASKERS, asker -> {
                Random random = new Random(asker);
                for (int i = 0; i < 12; i++) {
                    String request = REQUESTS.get((asker + i) % REQUESTS.size());
                    asked.incrementAndGet();
                    switch (random.nextInt(4)) {
                        case 0 -> leave(socket, request.substring(0, random.nextInt(request.length())));
                        case 1 -> leave(socket, request + "\n");
                        default -> refusals.merge(answer(socket, request), 1L, Long::sum);
                    }
                }
            });
            assertThat(refusals.keySet()).allMatch(a -> a.equals("ok") || a.startsWith("refused"));
            assertThat(refusals.get("ok")).isGreaterThan(30);
            huge(socket);
            idle(socket);
            going.set(false);
            assertThat(connection.echo(100_000)).isTrue();
            int sent = 0;
            for (UdpFlow.Account account : accounts.get()) {
                sent += account.sent().size();
                assertThat(account.lost()).as("%s", sluice.counters().drops()).isZero();
                assertThat(lab.atFirst.ids()).containsAll(account.sent());
                assertThat(lab.atSecond.ids()).containsAll(account.sent());
            }
            System.out.printf(
                    "%d requests of %d at once, %s: %d packets, 0 lost%n", asked.get(), ASKERS, refusals, sent);
            assertThat(sluice.status().configuration().problem()).isEmpty();
            assertThat(sluice.uninspected()).isZero();
        }
    }

    /** Each answer takes a good part of the memory that the node has; the worker needs some as well. */
    @Test
    @Tag("long")
    void longListsThatManyAskForAtOnceLeaveTheNodeItsMemory() throws Exception {
        try (Network network = Network.transparent();
                EchoHost _ = EchoHost.start(network.server, 7);
                ProgramNode _ = cable(network.node("fw"));
                SluiceNode sluice = SluiceNode.start(
                        network.sluice,
                        Yaml.object("Node", "edge", "{tracker: {connectionsMax: 131072}}") + "---\n" + Yaml.PAIR
                                + "---\n"
                                + Yaml.bridge("fw") + "---\n"
                                + Yaml.policy(
                                        "all",
                                        "edge/left",
                                        "{name: served, match: {protocol: udp, destination: {ports: [7]}}, action: {chain: fw}}",
                                        "{name: others, action: {noService: true}}"));
                UdpFlow flow = UdpFlow.open(network.client, "10.0.0.2", 7)) {
            fill(network, sluice);
            CompletableFuture<UdpFlow.Account> account = new CompletableFuture<>();
            Thread.ofPlatform().daemon().start(() -> account.complete(flow.stream(1_500, 300)));
            Map<String, Long> answers = new ConcurrentHashMap<>();
            together(24, _ -> answers.merge(answer(sluice.socket(), REQUESTS.get(1)), 1L, Long::sum));
            System.out.printf(
                    "24 clients ask for %d flows at once: %s%n",
                    sluice.status().totals().connections(), answers);
            assertThat(answers.keySet()).allMatch(a -> a.equals("ok") || a.startsWith("refused"));
            assertThat(answers.get("ok")).isPositive();
            assertThat(account.get().lost()).as("%s", sluice.counters().drops()).isZero();
        }
    }

    private static ProgramNode cable(Namespace node) {
        return ProgramNode.cable(node.interfaceNamed("in"), node.interfaceNamed("out"));
    }

    /** Flows that nobody serves, to a host that is not there. */
    private static void fill(Network network, SluiceNode sluice) {
        String mac = network.clientSide.mac();
        for (int i = 0; sluice.status().totals().connections() < 90_000 && i < 40; i++) {
            List<byte[]> frames = new ArrayList<>();
            for (int port = 0; port < 4_000; port++) {
                frames.add(TestPacket.udp("10.0.1." + (i + 1) + ":" + (1024 + port), "10.0.0.99:9")
                        .ethernet(mac, "02:00:00:00:77:77")
                        .bytes());
            }
            ForgedErrors.send(network.clientSide, frames);
        }
        assertThat(sluice.status().totals().connections()).isGreaterThan(50_000);
    }

    private static void together(int count, IntConsumer work) {
        List<CompletableFuture<Void>> all = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            int number = i;
            CompletableFuture<Void> done = new CompletableFuture<>();
            all.add(done);
            Thread.ofPlatform().daemon().start(() -> {
                try {
                    work.accept(number);
                    done.complete(null);
                } catch (RuntimeException e) {
                    done.completeExceptionally(e);
                }
            });
        }
        all.forEach(CompletableFuture::join);
    }

    private static SocketChannel connect(Path socket) throws IOException {
        SocketChannel channel = SocketChannel.open(StandardProtocolFamily.UNIX);
        channel.connect(UnixDomainSocketAddress.of(socket));
        return channel;
    }

    private static void write(SocketChannel channel, String text) throws IOException {
        ByteBuffer bytes = ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8));
        while (bytes.hasRemaining()) {
            channel.write(bytes);
        }
    }

    /** Says something and goes without waiting for an answer. */
    private static void leave(Path socket, String text) {
        try (SocketChannel channel = connect(socket)) {
            write(channel, text);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** "ok", or what was said against it in a few words. */
    private static String answer(Path socket, String request) {
        try (SocketChannel channel = connect(socket)) {
            write(channel, request + "\n");
            String text = line(channel);
            int error = text.indexOf("\"error\":\"");
            return text.startsWith("{\"ok\":true") || text.startsWith("{\"ok\": true")
                    ? "ok"
                    : "refused: "
                            + text.substring(Math.max(0, error), Math.min(text.length(), Math.max(0, error) + 60));
        } catch (IOException e) {
            return "gone: " + e;
        }
    }

    private static String line(SocketChannel channel) throws IOException {
        StringBuilder text = new StringBuilder();
        ByteBuffer buffer = ByteBuffer.allocate(1 << 16);
        while (text.isEmpty() || text.charAt(text.length() - 1) != '\n') {
            buffer.clear();
            if (channel.read(buffer) < 0) {
                return text.toString();
            }
            text.append(StandardCharsets.UTF_8.decode(buffer.flip()));
        }
        return text.toString();
    }

    /** Lines longer than a request can be, some at a time. */
    private static void huge(Path socket) {
        together(6, _ -> {
            try (SocketChannel channel = connect(socket)) {
                try {
                    write(channel, "x".repeat(4 * LINE_BYTES_MAX));
                } catch (IOException e) {
                    // It hangs up before all is said.
                    assert e.getMessage() != null;
                }
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        });
    }

    /** As many clients that say nothing as there may be: one more is told so, and when they leave, it is served. */
    private static void idle(Path socket) throws IOException {
        List<SocketChannel> silent = new ArrayList<>();
        try {
            for (int i = 0; i < CLIENTS_MAX; i++) {
                silent.add(connect(socket));
            }
            Waits.until(
                    "one more is refused",
                    Duration.ofSeconds(10),
                    () -> answer(socket, REQUESTS.getFirst()).contains("clients at a time"));
        } finally {
            for (SocketChannel channel : silent) {
                channel.close();
            }
        }
        AdminClient client = new AdminClient(socket);
        Waits.until("it is served again", Duration.ofSeconds(10), () -> {
            try {
                return client.status().generation() > 0;
            } catch (NodeException e) {
                return false;
            }
        });
    }
}
