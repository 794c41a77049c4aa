package dev.sluice.cli;

import dev.sluice.manager.Manager;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.Writer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;
import picocli.CommandLine;

/**
 * Loads what the commands load that people and programs use most, in a JVM that keeps it for those after it (JEP 514); the script {@code sluice} starts it once after a build, the installation of the package once after it ({@code packaging/sluice-keep-classes}). A node without ports and a manager without
 * objects, in a directory that is removed: nothing outside sees them. By itself it is of no use.
 */
final class FirstStart {
    private static final int TRIES = 200;
    private static final int PAUSE_MS = 20;

    private final Path directory;
    private final String socket;

    private FirstStart(Path directory) {
        this.directory = directory;
        socket = directory.resolve("admin").toString();
    }

    /** Entry of the process. */
    public static void main(String[] arguments) throws IOException, InterruptedException {
        Path directory = Files.createTempDirectory("sluice-first-start-");
        try {
            new FirstStart(directory).everything();
        } finally {
            try (Stream<Path> tree = Files.walk(directory)) {
                for (Path each : tree.sorted(Comparator.reverseOrder()).toList()) {
                    Files.deleteIfExists(each);
                }
            }
        }
        System.exit(ExitCode.OK);
    }

    private void everything() throws IOException, InterruptedException {
        Path file = directory.resolve("node.yaml");
        Files.writeString(file, """
                apiVersion: sluice.dev/v1
                kind: Node
                metadata: {name: first-start}
                ---
                apiVersion: sluice.dev/v1
                kind: Service
                metadata: {name: firewall}
                spec: {transport: raw}
                """);
        say("version");
        say("validate", "-f", file.toString());
        node(file);
        manager(file);
    }

    private void node(Path file) throws InterruptedException {
        Thread node = Thread.ofPlatform()
                .name("first-start")
                .daemon()
                .start(() -> say(
                        "run",
                        "-f",
                        file.toString(),
                        "--admin",
                        socket,
                        "--state",
                        below("state"),
                        "--memory",
                        below("memory"),
                        "--log-level",
                        "error"));
        for (int i = 0; i < TRIES && say("status", "--admin", socket) != ExitCode.OK; i++) {
            Thread.sleep(PAUSE_MS);
        }
        for (String command : List.of("flows", "rules", "paths", "liveness", "counters", "reload")) {
            say(command, "--admin", socket);
        }
        say("status", "--admin", socket, "-o", "json");
        say("stop", "--admin", socket);
        node.join();
    }

    private void manager(Path file) throws IOException {
        Manager.Options options = Manager.Options.of(
                        directory.resolve("manager"), SocketAddresses.parse("--listen", "127.0.0.1:0"))
                .withoutAccessControl();
        try (Manager manager = Manager.start(options)) {
            String address = "http://127.0.0.1:" + manager.port();
            say("apply", "-f", file.toString(), "--manager", address);
            say("get", "services", "--manager", address);
            say("get", "services", "-o", "json", "--manager", address);
            say("describe", "service", "firewall", "--manager", address);
            say("delete", "service", "firewall", "--manager", address);
        }
    }

    private String below(String name) {
        return directory.resolve(name).toString();
    }

    private static int say(String... arguments) {
        CommandLine line = Main.commandLine(arguments);
        PrintWriter nobody = new PrintWriter(Writer.nullWriter());
        line.setOut(nobody);
        line.setErr(nobody);
        return line.execute(arguments);
    }
}
