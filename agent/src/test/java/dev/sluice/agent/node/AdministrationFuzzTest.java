package dev.sluice.agent.node;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.agent.Yaml;
import dev.sluice.fuzz.Damage;
import dev.sluice.fuzz.FuzzTarget;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Damaged requests to a node over its socket, with the commands of the product: each line gets one line of reply, no defect comes to light, and the node runs afterwards. Those that wait for packets
 * are read in TextFuzzTest; {@code stop} would end it.
 */
class AdministrationFuzzTest {
    private static final int LINES = 2_000;
    private static final int LINES_OF_CHECK = 500;

    private static final List<String> REQUESTS = List.of(
            "{\"command\":\"status\"}",
            "{\"command\":\"flows\",\"limit\":10,\"address\":\"10.0.0.1\",\"port\":53}",
            "{\"command\":\"counters\"}",
            "{\"command\":\"trace-end\",\"session\":\"0123abcd\"}",
            "{\"command\":\"reload\",\"confirmSeconds\":60,\"force\":true,\"existingFlows\":\"keep\"}",
            "{\"command\":\"history\"}",
            "{\"command\":\"texts\",\"revision\":\"running\"}",
            "{\"command\":\"texts\",\"revision\":\"1\"}",
            "{\"command\":\"rollback\",\"revision\":1,\"force\":false}",
            "{\"command\":\"confirm\"}",
            "{\"command\":\"instance\",\"name\":\"fw-1\",\"state\":\"drain\"}",
            "{\"command\":\"instance\",\"name\":\"fw-1\",\"state\":\"up\"}",
            "{\"command\":\"paths\"}",
            "{\"command\":\"liveness\"}",
            "{\"command\":\"path\",\"state\":\"failed\",\"paths\":\"inspect[fw-1] 101\"}",
            "{\"command\":\"path\",\"state\":\"restored\",\"paths\":\"inspect[fw-1]\"}",
            "{\"command\":\"flow-drop\",\"protocol\":\"udp\",\"source\":\"10.0.0.1:1000\",\"destination\":\"10.0.0.2:53\",\"ttl\":60,\"once\":true}",
            "{\"command\":\"flow-accept\",\"vlan\":7,\"innerVlan\":8,\"protocol\":\"icmp\",\"source\":\"10.0.0.1\",\"destination\":\"10.0.0.2\"}",
            "{\"command\":\"flow-path\",\"router\":\"r\",\"protocol\":\"tcp\",\"source\":\"[2001:db8::1]:1\",\"destination\":\"[2001:db8::2]:2\",\"skip\":\"firewall\",\"ttl\":9}",
            "{\"command\":\"flow-clear\",\"all\":true}",
            "{\"command\":\"flow-list\",\"limit\":5}",
            "{\"command\":\"flow-rebalance\",\"name\":\"inspect\",\"flowsPerSecond\":100}",
            "{\"command\":\"analyze\"}",
            "{\"command\":\"macs\"}",
            "{\"command\":\"follow\",\"session\":\"a\",\"events\":5,\"busiest\":3,\"address\":\"::1\",\"port\":80}",
            "{\"command\":\"attributes\",\"limit\":3}",
            "{\"command\":\"attributes-set\",\"port\":\"left\",\"user\":\"ann\",\"group\":\"staff\",\"application\":\"web\",\"ttl\":30}",
            "{\"command\":\"attributes-set\",\"flow\":\"udp 10.0.0.1:1000 > 10.0.0.2:53\",\"user\":\"bob\"}",
            "{\"command\":\"attributes-clear\",\"all\":true}",
            "{\"command\":\"rules\"}",
            "{\"command\":\"capture\",\"port\":\"left\",\"stage\":\"all\",\"address\":\"10.0.0.1\",\"portNumber\":53,\"packets\":2,\"seconds\":1,\"packetBytes\":99,\"fileBytes\":9999,\"brief\":true}",
            "{\"command\":\"foretell\",\"port\":\"left\",\"packet\":\"udp 10.0.0.1:1000 > 10.0.0.2:53\"}",
            "{\"command\":\"foretell\",\"port\":\"left\",\"hex\":\"02000000000b02000000000a08004500001d00000000401166ce0a0000010a00000203e8003500090000"
                    + "61\",\"session\":\"s\"}",
            "{\"command\":\"foretell\",\"port\":\"left\",\"hex\":\"00\",\"tunnel\":true}");

    @TempDir
    private Path directory = Path.of("");

    /** A client that sends whatever it is told to. */
    private static final class Client implements AutoCloseable {
        private final SocketChannel channel = SocketChannel.open(StandardProtocolFamily.UNIX);
        private final java.io.BufferedReader replies;

        Client(Path socket) throws IOException {
            channel.connect(UnixDomainSocketAddress.of(socket));
            replies = new java.io.BufferedReader(Channels.newReader(channel, StandardCharsets.UTF_8));
        }

        void send(byte[] line) throws IOException {
            ByteBuffer bytes = ByteBuffer.wrap(line);
            while (bytes.hasRemaining()) {
                channel.write(bytes);
            }
        }

        String reply() throws IOException {
            return String.valueOf(replies.readLine());
        }

        @Override
        public void close() throws IOException {
            channel.close();
        }
    }

    private long run(long seed, int executions) throws Exception {
        Random random = new Random(seed);
        try (MemoryNode node = new MemoryNode(directory, Yaml.bridge(), false);
                Client client = new Client(directory.resolve("s.sock"))) {
            for (int i = 0; i < executions; i++) {
                byte[] line = line(random);
                try {
                    client.send(line);
                    for (byte b : line) {
                        if (b == '\n') {
                            assertThat(client.reply()).startsWith("{\"ok\":").doesNotContain("defect");
                        }
                    }
                } catch (IOException | AssertionError e) {
                    throw new AssertionError("line " + i + ": " + new String(line, StandardCharsets.UTF_8), e);
                }
                if (i % 16 == 0) {
                    node.port("left").inject(MemoryNode.FORWARD);
                }
            }
            assertThat(node.client().status().generation()).isPositive();
        }
        return executions;
    }

    /** One line, or several if the damage has line ends. */
    private static byte[] line(Random random) {
        byte[] line = Damage.text(random, REQUESTS).getBytes(StandardCharsets.UTF_8);
        byte[] sent = random.nextInt(4) == 0 ? Damage.bytes(random, line) : line;
        byte[] whole = java.util.Arrays.copyOf(sent, sent.length + 1);
        whole[sent.length] = '\n';
        return whole;
    }

    private FuzzTarget target(int executions) {
        return new FuzzTarget(
                "requests to a node over its socket",
                "AdministrationFuzzTest#damagedRequestsOfManySeeds",
                seed -> run(seed, executions));
    }

    @Test
    void seedsAreUnderstood() throws Exception {
        try (MemoryNode node = new MemoryNode(directory, Yaml.bridge(), false);
                Client client = new Client(node.runner.socket())) {
            for (String request : REQUESTS) {
                client.send((request + "\n").getBytes(StandardCharsets.UTF_8));
                assertThat(client.reply())
                        .as(request)
                        .doesNotContain("has no field", "is not known; allowed", "not a JSON");
            }
        }
    }

    @Test
    void eachDamagedRequestGetsAReply() {
        target(LINES_OF_CHECK).once(1);
    }

    @Test
    @Tag("campaign")
    void damagedRequestsOfManySeeds() {
        target(LINES).run();
    }
}
