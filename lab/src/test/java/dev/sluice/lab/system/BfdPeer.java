package dev.sluice.lab.system;

import dev.sluice.lab.LabException;
import dev.sluice.lab.LabProcess;
import dev.sluice.lab.Namespace;
import dev.sluice.lab.Waits;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.LocalDateTime;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.stream.Stream;

/**
 * A BFD implementation of others in a namespace: bfdd of FRR with its zebra, or BIRD 2; processes, sockets and logs in a folder of its own. One user: the test.
 *
 * <p>What the daemon thought, and when, is read from its log, which has microseconds.
 */
final class BfdPeer implements AutoCloseable {
    private static final DateTimeFormatter TIME = DateTimeFormatter.ofPattern("yyyy-MM-dd HH:mm:ss.SSSSSS");

    private final Namespace namespace;
    private final Path folder;
    private final Path log;
    private final String upWords;
    private final String downWords;
    private final List<List<String>> commands;
    private final List<LabProcess> processes = new ArrayList<>();

    private BfdPeer(Namespace namespace, Path folder, String upWords, String downWords, List<List<String>> commands) {
        this.namespace = namespace;
        this.folder = folder;
        this.upWords = upWords;
        this.downWords = downWords;
        this.commands = commands;
        log = folder.resolve("bfd.log");
    }

    /** FRR 8.4; {@code peers} are lines of its configuration node {@code bfd}. It has no authentication. */
    static BfdPeer frr(Namespace namespace, String peers) {
        Path folder = folder("frr");
        write(folder.resolve("zebra.conf"), "log file " + folder.resolve("zebra.log") + "\n");
        write(
                folder.resolve("bfdd.conf"),
                "log file " + folder.resolve("bfd.log") + "\nlog timestamp precision 6\ndebug bfd peer\nbfd\n" + peers);
        String zebraSocket = folder.resolve("zserv.api").toString();
        List<List<String>> commands = new ArrayList<>();
        for (String daemon : List.of("zebra", "bfdd")) {
            List<String> command = new ArrayList<>(List.of(
                    "/usr/lib/frr/" + daemon,
                    "-i",
                    folder.resolve(daemon + ".pid").toString(),
                    "-z",
                    zebraSocket,
                    "--vty_socket",
                    folder.toString(),
                    "-f",
                    folder.resolve(daemon + ".conf").toString(),
                    "-A",
                    "127.0.0.1"));
            if (daemon.equals("bfdd")) {
                command.addAll(List.of("--bfdctl", folder.resolve("bfdd.sock").toString()));
            }
            commands.add(command);
        }
        // It leaves root for a user of its own.
        own(folder, "frr");
        return new BfdPeer(namespace, folder, "-> up", "up -> down", commands).start();
    }

    /** BIRD 2; {@code protocol} is the inside of {@code protocol bfd}. */
    static BfdPeer bird(Namespace namespace, String routerId, String protocol) {
        Path folder = folder("bird");
        writeBird(folder, routerId, protocol);
        List<String> command = List.of(
                "/usr/sbin/bird",
                "-f",
                "-c",
                folder.resolve("bird.conf").toString(),
                "-s",
                folder.resolve("bird.ctl").toString(),
                "-P",
                folder.resolve("bird.pid").toString());
        return new BfdPeer(namespace, folder, "to Up", "from Up to Down", List.of(command)).start();
    }

    private static void writeBird(Path folder, String routerId, String protocol) {
        write(
                folder.resolve("bird.conf"),
                "log \"" + folder.resolve("bfd.log") + "\" all;\ntimeformat log iso long us;\nrouter id " + routerId
                        + ";\nprotocol device {}\nprotocol bfd {\n debug { states, events };\n" + protocol + "\n}\n");
    }

    private static Path folder(String name) {
        try {
            return Files.createTempDirectory("sluice-" + name + "-");
        } catch (IOException e) {
            throw new LabException(e.toString(), e);
        }
    }

    private static void write(Path file, String text) {
        try {
            Files.writeString(file, text);
        } catch (IOException e) {
            throw new LabException(e.toString(), e);
        }
    }

    private static void own(Path folder, String user) {
        try {
            Files.setOwner(
                    folder,
                    folder.getFileSystem().getUserPrincipalLookupService().lookupPrincipalByName(user));
        } catch (IOException e) {
            throw new LabException("user " + user + " is missing; install FRR: apt-get install frr", e);
        }
    }

    private BfdPeer start() {
        commands.subList(0, commands.size() - 1).forEach(command -> {
            processes.add(namespace.start("zebra", command));
            Waits.until("zebra is there", Duration.ofSeconds(10), () -> Files.exists(folder.resolve("zserv.api")));
        });
        startBfd();
        return this;
    }

    /** Starts the daemon that speaks BFD, again after {@link #kill}. */
    void startBfd() {
        // Ahead of ordinary processes: a peer that is starved itself must not look like a fault of ours.
        List<String> command = new ArrayList<>(List.of("/usr/bin/chrt", "-r", "1"));
        command.addAll(commands.getLast());
        processes.add(namespace.start("bfd", command));
    }

    /** Kills the daemon that speaks BFD (SIGKILL, by its process id): it says nothing any more. */
    void kill() {
        processes.removeLast().kill();
    }

    /** Lines of its log that tell of state changes. */
    List<String> changes() {
        return lines(line -> line.contains(upWords) || line.contains(downWords));
    }

    private List<String> lines(Predicate<String> which) {
        if (!Files.exists(log)) {
            return List.of();
        }
        try {
            String text = Files.readString(log, StandardCharsets.UTF_8);
            return text.substring(0, text.lastIndexOf('\n') + 1)
                    .lines()
                    .filter(which)
                    .toList();
        } catch (IOException e) {
            throw new LabException(e.toString(), e);
        }
    }

    /** Whether its last change was to Up. */
    boolean isUp() {
        List<String> changes = changes();
        return !changes.isEmpty() && changes.getLast().contains(upWords);
    }

    void awaitUp() {
        Waits.until(
                "the peer's log says up",
                Duration.ofSeconds(15),
                this::isUp,
                () -> String.join("\n", lines(l -> true)));
    }

    /** Waits for a session to go down and says when it did, in milliseconds of the wall clock; {@code before} is how many changes there had been. */
    double awaitDownMs(int before) {
        Waits.until(
                "the peer's log says down",
                Duration.ofSeconds(10),
                () -> firstDown(before).isPresent(),
                () -> String.join("\n", lines(l -> true)));
        return timeMs(firstDown(before).orElseThrow());
    }

    /** The line with which the peer left Up. */
    Optional<String> firstDown(int before) {
        return changes().stream()
                .skip(before)
                .filter(line -> line.contains(downWords))
                .findFirst();
    }

    /** How often the peer left Up. */
    long downCount() {
        return changes().stream().filter(line -> line.contains(downWords)).count();
    }

    private static double timeMs(String line) {
        LocalDateTime time = LocalDateTime.parse(line.substring(0, 26).replace('/', '-'), TIME);
        var instant = time.atZone(ZoneId.systemDefault()).toInstant();
        return instant.getEpochSecond() * 1e3 + instant.getNano() / 1e6;
    }

    /** What {@code birdc} answers. */
    String birdc(String... words) {
        List<String> command = new ArrayList<>(
                List.of("/usr/sbin/birdc", "-s", folder.resolve("bird.ctl").toString()));
        command.addAll(List.of(words));
        return namespace.exec(command);
    }

    /** Gives BIRD another inside of {@code protocol bfd}. */
    void reconfigure(String routerId, String protocol) {
        writeBird(folder, routerId, protocol);
        birdc("configure");
    }

    /** Has {@code vtysh} of FRR enter lines at its configuration node {@code bfd}. */
    void vtysh(String... lines) {
        List<String> command = new ArrayList<>(
                List.of("/usr/bin/vtysh", "--vty_socket", folder.toString(), "-c", "configure terminal", "-c", "bfd"));
        for (String line : lines) {
            command.addAll(List.of("-c", line));
        }
        namespace.exec(command);
    }

    @Override
    public void close() {
        processes.reversed().forEach(LabProcess::kill);
        try (Stream<Path> files = Files.walk(folder)) {
            for (Path file : files.sorted(java.util.Comparator.reverseOrder()).toList()) {
                Files.delete(file);
            }
        } catch (IOException e) {
            throw new LabException(e.toString(), e);
        }
    }
}
