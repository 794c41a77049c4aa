package dev.sluice.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The demonstration as users run it, in a process of its own: its table is as expected, and nothing of it is left whatever ends it. */
@Tag("system")
class DemoSystemTest {
    private static final int RUN_SECONDS = 300;
    private static final int END_SECONDS = 40;

    /** A child of a shell in the background ignores SIGINT; a user's terminal does not start it so. */
    private static final List<String> AS_ROOT = List.of("env", "--default-signal=INT");

    @TempDir
    private Path folder;

    private final List<Process> started = new ArrayList<>();

    @AfterEach
    void endWhatStillRuns() throws InterruptedException {
        for (Process process : started) {
            process.destroy();
            if (!process.waitFor(END_SECONDS, TimeUnit.SECONDS)) {
                process.destroyForcibly();
            }
        }
    }

    private Process start(List<String> wrapper, String... arguments) throws IOException {
        List<String> command = new ArrayList<>(wrapper);
        command.addAll(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "--enable-native-access=ALL-UNNAMED",
                "-XX:+UseSerialGC",
                "-Djava.io.tmpdir=" + folder,
                "-Dstdout.encoding=UTF-8",
                "-cp",
                System.getProperty("java.class.path"),
                Main.class.getName()));
        command.addAll(List.of(arguments));
        Process process = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(folder.resolve("output.txt").toFile())
                .start();
        started.add(process);
        return process;
    }

    private String output() throws IOException {
        return Files.readString(folder.resolve("output.txt"), StandardCharsets.UTF_8);
    }

    private void awaitOutput(Process process, String text) throws IOException {
        long startNs = System.nanoTime();
        while (!output().contains(text)) {
            assertThat(process.isAlive())
                    .as("still runs, waiting for '%s' after:%n%s", text, output())
                    .isTrue();
            assertThat(System.nanoTime() - startNs)
                    .as("time in ns waiting for '%s' after:%n%s", text, output())
                    .isLessThan(TimeUnit.SECONDS.toNanos(RUN_SECONDS));
            LockSupport.parkNanos(20_000_000);
        }
    }

    private void assertEndsWith(Process process, int status) throws Exception {
        assertThat(process.waitFor(END_SECONDS, TimeUnit.SECONDS))
                .as("ends in time after:%n%s", output())
                .isTrue();
        assertThat(process.exitValue()).as(output()).isEqualTo(status);
    }

    /** Namespaces carry the owner's process id in base 36, the lab's folders are in the temporary folder. */
    private void assertNothingLeft(Process process, List<ProcessHandle> children) throws IOException {
        String prefix = "sl" + Long.toString(process.pid(), 36) + "x";
        Path namespaces = Path.of("/run/netns");
        if (Files.isDirectory(namespaces)) {
            try (Stream<Path> files = Files.list(namespaces)) {
                assertThat(files.map(file -> String.valueOf(file.getFileName())))
                        .noneMatch(name -> name.startsWith(prefix));
            }
        }
        try (Stream<Path> files = Files.list(folder)) {
            assertThat(files.map(file -> String.valueOf(file.getFileName())))
                    .noneMatch(name -> name.startsWith("sluice-lab"));
        }
        assertThat(children).filteredOn(ProcessHandle::isAlive).isEmpty();
    }

    @Test
    void everyLineIsAsExpectedAndWhatIsKeptCanBeLookedAtUntilEnterIsPressed() throws Exception {
        Process demo = start(AS_ROOT, "demo", "--quick", "--keep");
        awaitOutput(demo, "Everything stays up");
        assertThat(output()).contains("lines as expected").doesNotContain("✗");
        List<ProcessHandle> children = demo.descendants().toList();
        assertThat(children).hasSizeGreaterThan(4);
        String socket = output().lines()
                .filter(line -> line.contains("./sluice status --admin "))
                .map(line -> line.substring(line.indexOf("--admin ") + "--admin ".length()))
                .findFirst()
                .orElseThrow();
        assertThat(Main.commandLine().execute("status", "--admin", socket)).isZero();
        assertThat(Main.commandLine().execute("flows", "--admin", socket)).isZero();
        demo.getOutputStream().write('\n');
        demo.getOutputStream().flush();
        assertEndsWith(demo, 0);
        assertNothingLeft(demo, children);
    }

    @Test
    @Tag("long")
    void chainOverThreeHostsIsAsExpected() throws Exception {
        Process demo = start(AS_ROOT, "demo", "chain", "--quick");
        assertThat(demo.waitFor(RUN_SECONDS, TimeUnit.SECONDS)).isTrue();
        assertThat(output()).contains("lines as expected").doesNotContain("✗");
        assertThat(demo.exitValue()).isZero();
    }

    @Test
    @Tag("long")
    void movesOfWorkloadAndFirewallAreAsExpected() throws Exception {
        Process demo = start(AS_ROOT, "demo", "mobility", "--quick");
        awaitOutput(demo, "a manager and three agents start:");
        List<ProcessHandle> children = demo.descendants().toList();
        assertThat(demo.waitFor(RUN_SECONDS, TimeUnit.SECONDS)).isTrue();
        assertThat(output()).contains("lines as expected").doesNotContain("✗");
        assertThat(demo.exitValue()).isZero();
        assertNothingLeft(demo, children);
    }

    /** Three starts of the product and what the kernel does between them: half a minute, too long for each build. */
    @Test
    @Tag("long")
    void restartShowsThatNothingHappens() throws Exception {
        Process demo = start(AS_ROOT, "demo", "restart", "--quick");
        assertThat(demo.waitFor(RUN_SECONDS, TimeUnit.SECONDS)).isTrue();
        assertThat(output()).contains("lines as expected").doesNotContain("✗");
        assertThat(demo.exitValue()).isZero();
        assertThat(Path.of("/run/sluice/bpf/demo-" + demo.pid())).doesNotExist();
    }

    @ParameterizedTest
    @CsvSource({"TERM, 1 the network is built, 143", "INT, 4 forbidden traffic, 130"})
    void nothingIsLeftWhenASignalEndsIt(String signal, String at, int status) throws Exception {
        Process demo = start(AS_ROOT, "demo", "--quick");
        awaitOutput(demo, at);
        List<ProcessHandle> children = demo.descendants().toList();
        signal(demo, signal);
        assertEndsWith(demo, status);
        assertNothingLeft(demo, children);
    }

    private static void signal(Process process, String signal) throws Exception {
        Process kill = new ProcessBuilder("kill", "-" + signal, Long.toString(process.pid())).start();
        assertThat(kill.waitFor()).isZero();
    }
}
