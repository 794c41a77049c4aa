package dev.sluice.manager;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.manager.callbacks.CallbackOptions;
import dev.sluice.manager.objects.History;
import dev.sluice.manager.store.EtcdOptions;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A manager over REST whose etcd has no room any more (F8). */
@Tag("system")
@Tag("long")
@Timeout(120)
class EtcdFullTest {
    private static final int QUOTA_BYTES = 12 << 20;
    private static final int FILLER_CHARS = 400_000;
    private static final Duration COMPACT_EVERY = Duration.ofSeconds(2);

    @TempDir
    private Path folder = Path.of("");

    private final HttpClient client = HttpClient.newHttpClient();
    private String base = "";

    private static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }

    private Process etcd(int port, int peerPort) throws IOException, InterruptedException {
        String own = "http://127.0.0.1:" + port;
        String peer = "http://127.0.0.1:" + peerPort;
        Process process = new ProcessBuilder(
                        "etcd",
                        "--name=one",
                        "--data-dir=" + folder.resolve("etcd"),
                        "--listen-client-urls=" + own,
                        "--advertise-client-urls=" + own,
                        "--listen-peer-urls=" + peer,
                        "--initial-advertise-peer-urls=" + peer,
                        "--initial-cluster=one=" + peer,
                        "--quota-backend-bytes=" + QUOTA_BYTES,
                        "--max-txn-ops=25000",
                        "--max-request-bytes=33554432",
                        "--unsafe-no-fsync",
                        "--logger=zap",
                        "--log-level=error")
                .redirectErrorStream(true)
                .redirectOutput(folder.resolve("etcd.log").toFile())
                .start();
        while (process.isAlive()) {
            try (Socket socket = new Socket()) {
                socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), 100);
                return process;
            } catch (IOException e) {
                Thread.sleep(20);
            }
        }
        throw new IllegalStateException("etcd does not start");
    }

    private Manager manager(int etcd) throws IOException {
        EtcdOptions cluster = EtcdOptions.parse(EtcdOptions.SCHEME + "127.0.0.1:" + etcd, "m", Optional.empty());
        Manager manager = Manager.start(new Manager.Options(
                folder.resolve("manager"),
                new InetSocketAddress(InetAddress.getLoopbackAddress(), 0),
                100_000,
                10_000,
                History.Bounds.USUAL,
                COMPACT_EVERY,
                false,
                Optional.empty(),
                CallbackOptions.USUAL,
                Optional.empty(),
                Optional.of(cluster)));
        base = "http://127.0.0.1:" + manager.port();
        return manager;
    }

    private HttpResponse<String> send(String method, String path, String body)
            throws IOException, InterruptedException {
        return client.send(
                HttpRequest.newBuilder(URI.create(base + path))
                        .timeout(Duration.ofSeconds(30))
                        .header("Content-Type", "application/yaml")
                        .method(method, HttpRequest.BodyPublishers.ofString(body))
                        .build(),
                HttpResponse.BodyHandlers.ofString());
    }

    private static String service(String name, String note) {
        return "{apiVersion: sluice.dev/v1, kind: Service, metadata: {name: " + name + ", annotations: {note: \"" + note
                + "\"}}, spec: {transport: raw}}\n";
    }

    @Test
    void changesGet507AndNothingIsHalfAppliedUntilRoomIsMadeUnaided() throws Exception {
        int port = freePort();
        Process etcd = etcd(port, freePort());
        try (Manager _ = manager(port)) {
            HttpResponse<String> refused = null;
            int stored = 0;
            while (refused == null) {
                String filler = String.valueOf((char) ('a' + stored % 26)).repeat(FILLER_CHARS);
                HttpResponse<String> answer = send(
                        "POST",
                        "/api/v1/apply?fieldManager=test",
                        service("filler", filler) + "---\n" + service("n-" + stored, "beside"));
                if (answer.statusCode() == 200) {
                    stored++;
                } else {
                    refused = answer;
                }
            }
            assertThat(stored).isGreaterThan(2);
            assertThat(refused.statusCode()).as(refused.body()).isEqualTo(507);
            assertThat(refused.body()).contains("disk space", "--quota-backend-bytes", "nodes go on forwarding");
            assertThat(send("GET", "/api/v1/services/n-" + stored, "").statusCode())
                    .as("the other half of the change")
                    .isEqualTo(404);
            assertThat(send("GET", "/api/v1/services/n-" + (stored - 1), "").statusCode())
                    .isEqualTo(200);
            HttpResponse<String> ready = send("GET", "/readyz?verbose", "");
            if (ready.statusCode() != 200) {
                assertThat(ready.body()).contains("disk space");
            }
            long beginNs = System.nanoTime();
            while (send("POST", "/api/v1/apply?fieldManager=test", service("after", "x"))
                            .statusCode()
                    != 200) {
                Thread.sleep(100);
            }
            System.out.println("changes work again " + (System.nanoTime() - beginNs) / 1_000_000
                    + " ms after etcd was full, with a look every " + COMPACT_EVERY.toSeconds() + " s");
            assertThat(send("GET", "/readyz", "").statusCode()).isEqualTo(200);
            List<String> names = List.of("filler", "n-0", "n-" + (stored - 1), "after");
            for (String name : names) {
                assertThat(send("GET", "/api/v1/services/" + name, "").statusCode())
                        .as(name)
                        .isEqualTo(200);
            }
            assertThat(send("GET", "/api/v1/services/n-" + stored, "").statusCode())
                    .isEqualTo(404);
            assertThat(send("GET", "/api/v1/audit/verification", "").body()).contains("\"whole\":true");
        } finally {
            etcd.destroyForcibly().waitFor();
        }
    }
}
