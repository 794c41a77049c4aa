package dev.sluice.agent.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Children of a node's main process have its environment and outlive it: none of them is taken for it (C15). */
@Timeout(60)
class MainProcessTest {
    @TempDir
    private Path folder = Path.of("");

    @SuppressWarnings("NullAway.Init") // set before each test
    private Process main;

    private long worker;
    private long daemon;

    /** A node with a worker, and a child that has left its session. */
    @BeforeEach
    void start() throws IOException {
        main = new ProcessBuilder(
                        "setsid", "sh", "-c", "sleep 1000 & echo $!; setsid -f sh -c 'echo $$; exec sleep 1000'; wait")
                .start();
        BufferedReader said =
                new BufferedReader(new InputStreamReader(main.getInputStream(), StandardCharsets.US_ASCII));
        worker = Long.parseLong(said.readLine());
        daemon = Long.parseLong(said.readLine());
    }

    @AfterEach
    void end() {
        for (long pid : new long[] {main.pid(), worker, daemon}) {
            ProcessHandle.of(pid).ifPresent(ProcessHandle::destroyForcibly);
        }
    }

    @Test
    void whatWasWrittenDownIsTheMainProcessAndNothingElse() throws Exception {
        Path file = folder.resolve("fw.main");
        MainProcess.of(main.pid()).orElseThrow().write(file);
        assertThat(MainProcess.is(main.pid(), file)).isTrue();
        assertThat(MainProcess.is(worker, file)).isFalse();
        assertThat(MainProcess.is(daemon, file)).isFalse();
        main.destroyForcibly().waitFor();
        assertThat(ProcessHandle.of(worker)).isPresent();
        assertThat(MainProcess.is(main.pid(), file)).isFalse();
        assertThat(MainProcess.is(worker, file)).isFalse();
        assertThat(MainProcess.is(daemon, file)).isFalse();
    }

    @Test
    void aNumberThatIsUsedAgainIsAnotherProcess() throws IOException {
        Path file = folder.resolve("fw.main");
        new MainProcess(main.pid(), 1).write(file);
        assertThat(MainProcess.is(main.pid(), file)).isFalse();
    }

    @Test
    void withoutARecordItIsTheFirstOfItsSession() throws IOException {
        Path file = folder.resolve("fw.main");
        assertThat(MainProcess.is(main.pid(), file)).isTrue();
        assertThat(MainProcess.is(worker, file)).isFalse();
        Files.writeString(file, "torn");
        assertThat(MainProcess.is(main.pid(), file)).isTrue();
    }
}
