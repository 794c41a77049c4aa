package dev.sluice.bench;

import dev.sluice.lab.LabException;
import java.io.BufferedReader;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;

/**
 * P14: how long commands take from their start to their end, and a node until it answers, beside {@code java -version}, which does nothing: with the same Java, in the same round. The program is that of the package, if
 * {@code ./dev package} has built it, and that of the tree.
 */
final class StartBench {
    private static final double GOAL_MS = 250;
    private static final long READY_NS = TimeUnit.SECONDS.toNanos(60);
    private static final long LOOK_NS = 1_000_000;
    private static final long END_S = 20;
    private static final String OBJECTS = """
        apiVersion: sluice.dev/v1
        kind: Node
        metadata: {name: start}
        ---
        apiVersion: sluice.dev/v1
        kind: Service
        metadata: {name: firewall}
        spec: {transport: raw}
        """;

    private final Report report = new Report("start", "commands from start to end, beside java -version");
    private final Path folder;
    private final Map<String, List<Double>> figures = new LinkedHashMap<>();

    private StartBench(Path folder) {
        this.folder = folder;
    }

    /**
     * A program to be measured.
     *
     * @param name of it
     * @param command that starts it
     * @param java the Java that it runs on
     */
    private record Program(String name, Path command, Path java) {}

    static int run(Options options) {
        try {
            Path folder = Files.createTempDirectory("sluice-start-");
            try {
                return new StartBench(folder).compare(options);
            } finally {
                try (Stream<Path> tree = Files.walk(folder)) {
                    for (Path each : tree.sorted(Comparator.reverseOrder()).toList()) {
                        Files.deleteIfExists(each);
                    }
                }
            }
        } catch (IOException e) {
            throw new LabException("the commands cannot be run: " + e.getMessage(), e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return 1;
        }
    }

    private static List<Program> programs(Options options) {
        Path installed = Path.of("target", "package", "stage", "usr", "lib", "sluice");
        List<Program> all = new ArrayList<>();
        all.add(new Program(
                "package", installed.resolve("bin").resolve("sluice"), installed.resolve("runtime/bin/java")));
        all.add(new Program("tree", Path.of("sluice"), Path.of(System.getProperty("java.home"), "bin", "java")));
        return all.stream()
                .filter(program -> options.wants(program.name()) && Files.isExecutable(program.command()))
                .map(program -> new Program(
                        program.name(),
                        program.command().toAbsolutePath(),
                        program.java().toAbsolutePath()))
                .toList();
    }

    private int compare(Options options) throws IOException, InterruptedException {
        Path objects = Files.writeString(folder.resolve("objects.yaml"), OBJECTS);
        List<Program> programs = programs(options);
        if (programs.isEmpty()) {
            throw new LabException("there is neither ./sluice nor the image of ./dev package");
        }
        for (Program program : programs) {
            keepClasses(program);
            // The tree builds itself at its first start, which is none of what is measured.
            once(program, "version");
            try (Managed manager = Managed.start(program, folder)) {
                once(program, "apply", "-f", objects.toString(), "--manager", manager.url());
                for (int round = 1; round <= options.rounds(); round++) {
                    add(program, "java -version", timed(List.of(program.java().toString(), "-version")));
                    add(program, "version", once(program, "version"));
                    add(program, "validate", once(program, "validate", "-f", objects.toString()));
                    add(program, "get, of a manager", once(program, "get", "services", "--manager", manager.url()));
                    add(program, "run, until it answers", ready(program, objects, round));
                    report.line("round " + round + "/" + options.rounds() + "  " + program.name() + " done");
                }
            }
        }
        print(programs);
        report.write();
        return 0;
    }

    /** As the installation of the package does; the tree does so when it is built. */
    private static void keepClasses(Program program) throws IOException, InterruptedException {
        Path keep = program.command().resolveSibling("sluice-keep-classes");
        if (Files.isExecutable(keep)) {
            timed(List.of(keep.toString()));
        }
    }

    private void add(Program program, String what, double ms) {
        figures.computeIfAbsent(program.name() + ": " + what, each -> new ArrayList<>())
                .add(ms);
    }

    private static double once(Program program, String... arguments) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(List.of(program.command().toString()));
        command.addAll(List.of(arguments));
        return timed(command);
    }

    private static double timed(List<String> command) throws IOException, InterruptedException {
        long begunNs = System.nanoTime();
        Process process = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .start();
        int status = process.waitFor();
        double ms = ms(begunNs);
        if (status != 0) {
            throw new LabException(String.join(" ", command) + " ended with status " + status);
        }
        return ms;
    }

    /** A node without ports: what a node of this program costs before it knows what it is for. */
    private double ready(Program program, Path objects, int round) throws IOException, InterruptedException {
        Path socket = folder.resolve(program.name() + round + ".sock");
        long begunNs = System.nanoTime();
        Process process = new ProcessBuilder(
                        program.command().toString(),
                        "run",
                        "-f",
                        objects.toString(),
                        "--admin",
                        socket.toString(),
                        "--state",
                        folder.resolve("state" + round).toString(),
                        "--log-level",
                        "error")
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .start();
        try {
            while (!answers(socket)) {
                if (!process.isAlive() || System.nanoTime() - begunNs > READY_NS) {
                    throw new LabException("sluice run does not answer at " + socket);
                }
                LockSupport.parkNanos(LOOK_NS);
            }
            return ms(begunNs);
        } finally {
            end(process);
        }
    }

    private static boolean answers(Path socket) {
        try (SocketChannel channel = SocketChannel.open(StandardProtocolFamily.UNIX)) {
            return channel.connect(UnixDomainSocketAddress.of(socket));
        } catch (IOException e) {
            return false;
        }
    }

    private static void end(Process process) throws InterruptedException {
        process.destroy();
        if (!process.waitFor(END_S, TimeUnit.SECONDS)) {
            process.destroyForcibly();
        }
    }

    private static double ms(long begunNs) {
        return (System.nanoTime() - begunNs) / 1e6;
    }

    private void print(List<Program> programs) {
        report.line(String.format(
                Locale.ROOT,
                "%n%-32s %8s %8s %8s   %s",
                "ms",
                "median",
                "min",
                "max",
                "times java -version of the same round"));
        Map<String, Object> json = new LinkedHashMap<>();
        for (Program program : programs) {
            Series floor = new Series(figures.getOrDefault(program.name() + ": java -version", List.of()));
            figures.forEach((what, values) -> {
                if (what.startsWith(program.name() + ": ")) {
                    Series series = new Series(values);
                    Series ratio = series.dividedBy(floor);
                    String verdict = what.endsWith(": get, of a manager")
                            ? "   P14, at most 250 ms: " + (series.median() <= GOAL_MS ? "met" : "not met")
                            : "";
                    report.line(String.format(Locale.ROOT, "%-32s %s   %s%s", what, series, ratio, verdict));
                    json.put(what, values);
                }
            });
        }
        report.put("unit", "ms");
        report.put("figures", json);
    }

    /** A manager of the program, on this host and for nobody else. */
    private record Managed(Process process, String url) implements AutoCloseable {
        static Managed start(Program program, Path folder) throws IOException, InterruptedException {
            Process process = new ProcessBuilder(
                            program.command().toString(),
                            "manager",
                            "--data",
                            folder.resolve("manager-" + program.name()).toString(),
                            "--listen",
                            "127.0.0.1:0",
                            "--agents",
                            "none",
                            "--no-access-control")
                    .redirectError(ProcessBuilder.Redirect.DISCARD)
                    .start();
            // Closed with the process: nobody reads what it says later.
            BufferedReader said = process.inputReader();
            String line = said.readLine();
            if (line == null || !line.contains("http://")) {
                end(process);
                throw new LabException("sluice manager does not start: " + line);
            }
            return new Managed(process, line.substring(line.indexOf("http://")).strip());
        }

        @Override
        public void close() {
            try {
                end(process);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
    }
}
