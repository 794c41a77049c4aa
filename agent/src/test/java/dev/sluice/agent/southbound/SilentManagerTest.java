package dev.sluice.agent.southbound;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.agent.NodeOptions;
import dev.sluice.agent.runtime.Permits;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A manager that hangs: its host takes connections, and nobody says anything on them. */
@Timeout(60)
class SilentManagerTest {
    @TempDir
    @SuppressWarnings("NullAway.Init") // set before each test
    private Path folder;

    /** Takes a connection and nothing from it. */
    private static Socket taken(ServerSocket manager) {
        try {
            return manager.accept();
        } catch (IOException e) {
            throw new CompletionException(e);
        }
    }

    @Test
    void isNoManagerAndIsLeftAfterAWhile() throws Exception {
        try (ServerSocket manager = new ServerSocket(0, 10, InetAddress.getLoopbackAddress())) {
            ManagerLink link =
                    ManagerLink.insecure(ManagerAddresses.of(new ManagerAddress("127.0.0.1", manager.getLocalPort())));
            NodeOptions options = NodeOptions.of(folder).at(folder.resolve("a.sock"), folder.resolve("state"));
            ManagedNode node =
                    ManagedNode.start(link, "a", options, Permits.NONE, Duration.ofMillis(5), Duration.ofMillis(100));
            try (Socket first = taken(manager)) {
                CompletableFuture<Socket> next = CompletableFuture.supplyAsync(() -> taken(manager));
                while (!next.isDone()) {
                    assertThat(node.contact().connected()).isFalse();
                    CompletableFuture.anyOf(
                                    next, new CompletableFuture<>().completeOnTimeout(0, 5, TimeUnit.MILLISECONDS))
                            .join();
                }
                next.join().close();
                assertThat(first.isClosed()).isFalse();
            } finally {
                node.close();
            }
        }
    }
}
