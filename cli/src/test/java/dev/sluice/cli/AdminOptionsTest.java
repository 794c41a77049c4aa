package dev.sluice.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AdminOptionsTest {
    @TempDir
    private Path folder = Path.of("");

    @Test
    void saysWhenThereIsNoNode() {
        assertThatThrownBy(() -> AdminOptions.onlyOne(folder.resolve("gone")))
                .isInstanceOf(CommandFailure.class)
                .hasMessageContaining("no Sluice node runs here")
                .hasMessageContaining("--admin PATH");
    }

    @Test
    void takesTheOnlySocket() throws IOException {
        Path socket = folder.resolve("a.sock");
        ServerSocketChannel node = listen(socket);
        assertThat(AdminOptions.onlyOne(folder)).isEqualTo(socket);
        node.close();
    }

    @Test
    void takesTheOneThatAnswersAmongLeftovers() throws IOException {
        listen(folder.resolve("a.sock")).close();
        ServerSocketChannel node = listen(folder.resolve("b.sock"));
        assertThat(AdminOptions.onlyOne(folder)).isEqualTo(folder.resolve("b.sock"));
        node.close();
    }

    @Test
    void asksWhichOfSeveralNodes() throws IOException {
        ServerSocketChannel a = listen(folder.resolve("a.sock"));
        ServerSocketChannel b = listen(folder.resolve("b.sock"));
        assertThatThrownBy(() -> AdminOptions.onlyOne(folder)).hasMessageContaining("--node: a, b");
        a.close();
        b.close();
    }

    @Test
    void saysWhenAllAreLeftovers() throws IOException {
        listen(folder.resolve("a.sock")).close();
        listen(folder.resolve("b.sock")).close();
        assertThatThrownBy(() -> AdminOptions.onlyOne(folder)).hasMessageContaining("nobody listens on the 2 sockets");
    }

    @Test
    void nodeThatDoesNotAnswerIsWaitedForAloud() throws Exception {
        Path socket = folder.resolve("a.sock");
        try (ServerSocketChannel node = listen(socket)) {
            Thread answer = Thread.ofPlatform().daemon().start(() -> {
                // Nothing within the two seconds after which it is said, and then the end.
                try (SocketChannel one = node.accept()) {
                    Thread.sleep(2_500);
                    assertThat(one.isOpen()).isTrue();
                } catch (IOException | InterruptedException e) {
                    Thread.currentThread().interrupt();
                }
            });
            Cli status = Cli.run("status", "--admin", socket.toString());
            assertThat(status.err()).startsWith("sluice: waiting for the node at " + socket + ", 30 s at most ...\n");
            answer.join();
        }
    }

    @Test
    void nodeWhoseSocketIsCalledOtherwiseIsFoundByItsName() throws Exception {
        Path usual = folder.resolve("edge-1.sock");
        assertThat(AdminOptions.ofNode(usual, "edge-1")).isEqualTo(usual);
        listen(folder.resolve("a.sock")).close();
        Path packaged = folder.resolve("agent.sock");
        try (ServerSocketChannel node = listen(packaged)) {
            Thread answers = Thread.ofPlatform().daemon().start(() -> answerAll(node));
            assertThat(AdminOptions.ofNode(usual, "edge-1")).isEqualTo(packaged);
            assertThat(AdminOptions.ofNode(folder.resolve("edge-2.sock"), "edge-2"))
                    .isEqualTo(folder.resolve("edge-2.sock"));
            assertThat(answers.isAlive()).isTrue();
        }
    }

    private static void answerAll(ServerSocketChannel node) {
        try {
            while (true) {
                try (SocketChannel one = node.accept()) {
                    // Who only looks whether somebody is there sends nothing.
                    if (one.read(ByteBuffer.allocate(1024)) > 0) {
                        one.write(ByteBuffer.wrap(
                                "{\"ok\":true,\"node\":\"edge-1\"}\n".getBytes(StandardCharsets.UTF_8)));
                    }
                }
            }
        } catch (IOException e) {
            // The end of the test.
        }
    }

    private static ServerSocketChannel listen(Path path) throws IOException {
        ServerSocketChannel server = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
        server.bind(UnixDomainSocketAddress.of(path));
        return server;
    }
}
