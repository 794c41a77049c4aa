package dev.sluice.lab;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import java.util.stream.Stream;

/** A running child process whose standard output and error go to one log file; ends at the latest with its topology. */
public final class LabProcess implements AutoCloseable {
    /** Nice value of a process that is preferred: that of the packaged units, which a test compares. */
    public static final int NICE = -10;

    private static final Duration GRACE = Duration.ofSeconds(3);

    private final String name;
    private final Process process;
    private final Path log;

    private LabProcess(String name, Process process, Path log) {
        this.name = name;
        this.process = process;
        this.log = log;
    }

    /** Starts a command in the namespace of its own caller; the lab uses {@link Namespace#start}. */
    static LabProcess start(String name, List<String> command, Path log) {
        try {
            ProcessBuilder builder = new ProcessBuilder(command)
                    .redirectErrorStream(true)
                    .redirectInput(Path.of("/dev/null").toFile())
                    .redirectOutput(log.toFile());
            return new LabProcess(name, builder.start(), log);
        } catch (IOException e) {
            throw new LabException("process '" + name + "' cannot be started: " + e.getMessage(), e);
        }
    }

    /** The name that it was started under. */
    public String name() {
        return name;
    }

    /** Its process id. */
    public long pid() {
        return process.pid();
    }

    /** The ids of its threads. */
    List<String> threads() {
        try (Stream<Path> threads = Files.list(Path.of("/proc", Long.toString(pid()), "task"))) {
            return threads.map(thread -> String.valueOf(thread.getFileName())).toList();
        } catch (IOException e) {
            throw new LabException("the threads of process '" + name + "' cannot be listed: " + e.getMessage(), e);
        }
    }

    /** The file that its output goes to. */
    public Path logFile() {
        return log;
    }

    /** Everything it has written so far. */
    public String log() {
        try {
            return Files.readString(log, StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new LabException("log of process '" + name + "' cannot be read: " + e.getMessage(), e);
        }
    }

    /** The whole lines it has written so far. */
    public List<String> lines() {
        String text = log();
        return text.substring(0, text.lastIndexOf('\n') + 1).lines().toList();
    }

    /** The last line that begins with these characters. */
    public Optional<String> lastLine(String beginning) {
        return lines().stream().filter(line -> line.startsWith(beginning)).reduce((first, second) -> second);
    }

    /** Whether it still runs. */
    public boolean isAlive() {
        return process.isAlive();
    }

    /** Waits for a line that the predicate accepts and returns it; fails early when the process ends without it. */
    public String awaitLine(String what, Duration atMost, Predicate<String> accepts) {
        Waits.until(
                "process '" + name + "' wrote " + what,
                atMost,
                () -> lines().stream().anyMatch(accepts) || !process.isAlive(),
                this::explain);
        return lines().stream()
                .filter(accepts)
                .findFirst()
                .orElseThrow(() ->
                        new LabException("process '" + name + "' ended before it wrote " + what + "\n" + explain()));
    }

    /** Waits until the process says it is ready, as every program of the lab does by a line {@code ready}. */
    public LabProcess awaitReady(Duration atMost) {
        awaitLine("'ready'", atMost, line -> line.startsWith("ready"));
        return this;
    }

    /** Waits for its end; the exit status (128 + signal when it was killed). */
    public int awaitExit(Duration atMost) {
        try {
            if (process.waitFor(atMost.toNanos(), TimeUnit.NANOSECONDS)) {
                return process.exitValue();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        throw new LabException("process '" + name + "' did not end within " + atMost.toMillis() + " ms\n" + explain());
    }

    /** Ends it politely (SIGTERM), then by force. */
    public void stop() {
        process.destroy();
        try {
            if (!process.waitFor(GRACE.toMillis(), TimeUnit.MILLISECONDS)) {
                kill();
            }
        } catch (InterruptedException e) {
            process.destroyForcibly();
            Thread.currentThread().interrupt();
        }
    }

    /** Ends it at once (SIGKILL), as a crash would, and waits until it is gone. */
    public void kill() {
        try {
            process.destroyForcibly().waitFor();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    @Override
    public void close() {
        stop();
    }

    private String explain() {
        String state = process.isAlive() ? "it runs" : "it ended with status " + process.exitValue();
        return state + "; its log " + log + " says:\n" + log();
    }
}
