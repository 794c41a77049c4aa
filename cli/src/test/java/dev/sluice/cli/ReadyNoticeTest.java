package dev.sluice.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A process as systemd starts it with Type=notify. */
@Tag("system")
class ReadyNoticeTest {
    private static final String LISTENER = """
            import socket, sys
            s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
            s.bind(sys.argv[1])
            s.settimeout(30)
            print("bound", flush=True)
            print(s.recv(100).decode().strip(), flush=True)
            """;

    @TempDir
    private Path folder = Path.of("");

    @Test
    void managerSaysWhenItServes() throws Exception {
        String socket = folder.resolve("notify").toString();
        Process listener = new ProcessBuilder("python3", "-c", LISTENER, socket)
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        Process manager = null;
        try (BufferedReader said = listener.inputReader(StandardCharsets.UTF_8)) {
            assertThat(said.readLine()).isEqualTo("bound");
            ProcessBuilder builder = new ProcessBuilder(
                    Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                    "-XX:+UseSerialGC",
                    "-XX:TieredStopAtLevel=1",
                    "--enable-native-access=ALL-UNNAMED",
                    "-cp",
                    System.getProperty("java.class.path"),
                    Main.class.getName(),
                    "manager",
                    "--data",
                    folder.resolve("data").toString(),
                    "--listen",
                    "127.0.0.1:0");
            builder.environment().put("NOTIFY_SOCKET", socket);
            manager = builder.redirectErrorStream(true)
                    .redirectOutput(folder.resolve("log").toFile())
                    .start();
            assertThat(said.readLine()).isEqualTo("READY=1");
        } finally {
            if (manager != null) {
                manager.destroy();
                assertThat(manager.waitFor(20, TimeUnit.SECONDS)).isTrue();
            }
            listener.destroyForcibly();
        }
    }
}
