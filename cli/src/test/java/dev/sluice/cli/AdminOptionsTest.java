package dev.sluice.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
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

    private static ServerSocketChannel listen(Path path) throws IOException {
        ServerSocketChannel server = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
        server.bind(UnixDomainSocketAddress.of(path));
        return server;
    }
}
