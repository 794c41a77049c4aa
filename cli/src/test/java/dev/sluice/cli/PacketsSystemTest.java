package dev.sluice.cli;

import static dev.sluice.cli.PairLab.WAIT;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.lab.LabProcess;
import dev.sluice.lab.Waits;
import dev.sluice.wire.capture.CaptureReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Commands that show single packets, as they are typed, against a node in namespaces (X4, X12). */
@Tag("system")
class PacketsSystemTest {
    private static final String PING = "icmp 10.0.0.1 > 10.0.0.2";
    private static final String ENTER_SCREEN = "\u001b[?1049h";
    private static final String LEAVE_SCREEN = "\u001b[?1049l";
    private static final String REDRAW = "\u001b[H\u001b[2J";

    @TempDir
    @SuppressWarnings("NullAway.Init") // set by JUnit
    static Path folder;

    @SuppressWarnings("NullAway.Init") // set before all tests
    private static PairLab lab;

    @BeforeAll
    static void build() throws IOException {
        lab = new PairLab(folder);
    }

    @AfterAll
    static void remove() {
        lab.close();
    }

    /** The frames of a capture to standard output, in a process of its own. */
    private static Path captured(String name, int packets) throws Exception {
        Path file = folder.resolve(name);
        Path complaints = folder.resolve(name + ".err");
        Process capture = new ProcessBuilder(PairLab.typed(
                        "capture",
                        "-w",
                        "-",
                        "--stage",
                        "in",
                        "--address",
                        "10.0.0.1",
                        "--packets",
                        "" + packets,
                        "--seconds",
                        "40",
                        "--admin",
                        lab.socket))
                .redirectOutput(file.toFile())
                .redirectError(complaints.toFile())
                .start();
        try {
            while (capture.isAlive()) {
                lab.client.pings("10.0.0.2");
            }
            assertThat(capture.waitFor()).as(Files.readString(complaints)).isZero();
            assertThat(Files.readString(complaints)).contains(packets + " frames");
            return file;
        } finally {
            capture.destroyForcibly();
        }
    }

    private static int frames(Path file) throws IOException {
        try (InputStream in = Files.newInputStream(file)) {
            CaptureReader reader = new CaptureReader(in);
            int frames = 0;
            for (byte[] frame = reader.frame(); frame != null; frame = reader.frame()) {
                frames++;
            }
            return frames;
        }
    }

    private static byte[] first(Path file) throws IOException {
        try (InputStream in = Files.newInputStream(file)) {
            return java.util.Objects.requireNonNull(new CaptureReader(in).frame());
        }
    }

    @Test
    void captureToStandardOutputIsAWholeFileWhoseFramesCanBeAskedAbout() throws Exception {
        Path file = captured("out.pcapng", 4);
        assertThat(frames(file)).isEqualTo(4);
        Cli byFile = Cli.run("trace", "--pcap", file + ":2", "--port", "left", "--admin", lab.socket);
        assertThat(byFile.status()).as(byFile.err()).isZero();
        assertThat(byFile.out()).contains("left < ").contains("10.0.0.");
        String hex = HexFormat.of().formatHex(first(file));
        Cli byHex = Cli.run("trace", "--hex", hex, "--port", "left", "--admin", lab.socket);
        assertThat(byHex.status()).as(byHex.err()).isZero();
        assertThat(byHex.out()).contains("left < ").contains("the packet ");
        Path text = Files.writeString(folder.resolve("frame.hex"), hex + "\n");
        Cli byText = Cli.run("trace", "--hex", text.toString(), "--port", "left", "--admin", lab.socket);
        assertThat(withoutTime(byText)).isEqualTo(withoutTime(byHex));
        Cli beyond = Cli.run("trace", "--pcap", file + ":9", "--port", "left", "--admin", lab.socket);
        assertThat(beyond.status()).isEqualTo(ExitCode.FAILED);
        assertThat(beyond.err()).contains("the file has 4 frames");
    }

    private static String withoutTime(Cli run) {
        return run.out().replaceAll("[0-9]+ us", "us");
    }

    @Test
    void packetInWordsIsForetoldOfTheRunningNodeAndOfFiles() {
        Cli running = Cli.run("trace", "--packet", PING, "--port", "left", "--admin", lab.socket);
        assertThat(running.status()).as(running.err()).isZero();
        assertThat(running.out()).contains("rule watch/all").contains("sent right");
        Cli dropped = Cli.run(
                "trace", "--packet", "tcp 10.0.0.1:9 > 10.0.0.2:23 syn", "--port", "left", "--admin", lab.socket);
        assertThat(dropped.out()).contains("rule watch/telnet").contains("RULE_DROP");
        Cli files = Cli.run("trace", "-f", lab.objects.toString(), "--packet", PING, "--port", "left", "-o", "json");
        assertThat(files.status()).as(files.err()).isZero();
        assertThat(files.out()).contains("\"legs\"").contains("rule watch/all");
        Cli nonsense = Cli.run("trace", "--packet", "ping please", "--port", "left", "--admin", lab.socket);
        assertThat(nonsense.status()).isEqualTo(ExitCode.FAILED);
        assertThat(nonsense.err()).startsWith("sluice: ");
        Cli nowhere = Cli.run("trace", "--packet", PING, "--port", "nowhere", "--admin", lab.socket);
        assertThat(nowhere.err()).contains("nowhere").contains("left");
        assertThat(Cli.run("trace", "-f", lab.objects.toString()).status()).isEqualTo(ExitCode.USAGE);
    }

    @Test
    void packetsOnTheirWayAreTraced() {
        try (LabProcess trace = lab.command(
                "trace",
                "trace",
                "--packets",
                "2",
                "--seconds",
                "30",
                "--address",
                "10.0.0.1",
                "--admin",
                lab.socket)) {
            while (trace.isAlive()) {
                lab.client.pings("10.0.0.2");
            }
            assertThat(trace.awaitExit(WAIT)).isZero();
            assertThat(trace.log()).contains("left < icmp 10.0.0.1").contains("2 packets");
        }
    }

    /** 60 decisions in far less than 6 s: ten lines in each second, the rest is counted. */
    @Test
    void rulesThatLogWriteALineForADecisionAndCountWhatIsTooMuch() {
        lab.client.exec("bash", "-c", "for i in $(seq 60); do echo x > /dev/udp/10.0.0.2/9999; done");
        Waits.until(
                "the suppressed lines are told",
                WAIT,
                () -> lab.node.lines().stream().anyMatch(line -> line.contains("decisions were not logged")),
                lab.node::log);
        List<String> lines = lab.node.lines().stream()
                .filter(line -> line.contains("rule watch/chatter (drop): udp 10.0.0.1:"))
                .toList();
        assertThat(lines)
                .hasSizeBetween(10, 40)
                .allMatch(line -> line.contains("-> 10.0.0.2:9999, came in at port left"));
        assertThat(lab.node.log())
                .contains("rule watch/chatter: ", "more decisions were not logged, above 10 in a second");
        assertThat(Cli.run("rules", "--admin", lab.socket).out()).contains("watch/chatter");
    }

    @Test
    void topDrawsAScreenAgainAndAgainAndLeavesTheTerminalAsItWasOnQ() throws Exception {
        Screen screen = top();
        try {
            screen.await(text -> count(text, REDRAW) >= 4);
            screen.type("q");
            assertThat(screen.process.waitFor(40, TimeUnit.SECONDS)).isTrue();
            assertThat(screen.process.exitValue()).isZero();
            String text = screen.rest();
            assertThat(text)
                    .contains("node edge: measuring ...")
                    .contains("node edge, generation 1")
                    .contains("left   up");
            assertThat(count(text, ENTER_SCREEN)).isEqualTo(1);
            assertThat(count(text, LEAVE_SCREEN)).isEqualTo(1);
            assertThat(text.lastIndexOf(LEAVE_SCREEN)).isGreaterThan(text.lastIndexOf(REDRAW));
        } finally {
            screen.process.destroyForcibly();
        }
    }

    @Test
    void topOnADumbTerminalPrintsOnce() throws Exception {
        ProcessBuilder builder =
                new ProcessBuilder(onTerminal(PairLab.typed("top", "--interval", "0.2", "--admin", lab.socket)));
        builder.redirectErrorStream(true).environment().put("TERM", "dumb");
        Screen screen = new Screen(builder.start());
        try {
            assertThat(screen.process.waitFor(40, TimeUnit.SECONDS)).isTrue();
            assertThat(screen.process.exitValue()).isZero();
            assertThat(screen.rest()).contains("node edge").doesNotContain("\u001b[");
        } finally {
            screen.process.destroyForcibly();
        }
    }

    /** What has to be typed so that a command has a terminal of its own. */
    private static List<String> onTerminal(List<String> command) {
        String quoted =
                String.join(" ", command.stream().map(word -> "'" + word + "'").toList());
        return List.of("script", "--quiet", "--return", "--command", quoted, "/dev/null");
    }

    private static Screen top() throws IOException {
        ProcessBuilder builder =
                new ProcessBuilder(onTerminal(PairLab.typed("top", "--interval", "0.2", "--admin", lab.socket)));
        builder.redirectErrorStream(true).environment().put("TERM", "xterm");
        return new Screen(builder.start());
    }

    private static int count(String text, String what) {
        return text.split(java.util.regex.Pattern.quote(what), -1).length - 1;
    }

    /** What a program draws. */
    private static final class Screen {
        final Process process;
        private final StringBuilder text = new StringBuilder();

        Screen(Process process) {
            this.process = process;
        }

        void await(java.util.function.Predicate<String> condition) throws IOException {
            long deadline = System.nanoTime() + WAIT.toNanos();
            InputStream in = process.getInputStream();
            while (!condition.test(text.toString())) {
                assertThat(System.nanoTime()).as("deadline; it drew: %s", text).isLessThan(deadline);
                assertThat(process.isAlive() || in.available() > 0)
                        .as("it ended: %s", text)
                        .isTrue();
                text.append(new String(in.readNBytes(in.available()), StandardCharsets.UTF_8));
            }
        }

        void type(String keys) throws IOException {
            OutputStream out = process.getOutputStream();
            out.write(keys.getBytes(StandardCharsets.UTF_8));
            out.flush();
        }

        String rest() throws IOException {
            text.append(new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8));
            return text.toString();
        }
    }
}
