package dev.sluice.agent.runtime;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * Which processes are in a network namespace. A process cannot leave its namespace without CAP_SYS_ADMIN, which processes of instances don't have, so what is not found here is not there. Stateless.
 */
final class NamespaceProcesses {
    private static final Path NAMESPACES = Path.of("/run/netns");
    private static final Path PROC = Path.of("/proc");

    private NamespaceProcesses() {}

    /** Where a namespace with a name is to be found. */
    static Path file(String namespace) {
        return NAMESPACES.resolve(namespace);
    }

    /** The namespaces whose names begin so. */
    static List<String> named(String prefix) {
        try (Stream<Path> files = Files.list(NAMESPACES)) {
            return files.map(file -> file.getFileName().toString())
                    .filter(name -> name.startsWith(prefix))
                    .sorted()
                    .toList();
        } catch (IOException | UncheckedIOException e) {
            // There are none.
            return List.of();
        }
    }

    /** Numbers of the processes in a namespace, smallest first; none if there is no such namespace. */
    static List<Long> in(String namespace) {
        String link;
        try {
            link = "net:[" + Files.getAttribute(file(namespace), "unix:ino") + "]";
        } catch (IOException e) {
            return List.of();
        }
        List<Long> found = new ArrayList<>();
        try (Stream<Path> all = Files.list(PROC)) {
            all.forEach(process -> {
                String name = process.getFileName().toString();
                if (Character.isDigit(name.charAt(0)) && isIn(process, link)) {
                    found.add(Long.parseLong(name));
                }
            });
        } catch (IOException | UncheckedIOException e) {
            return List.of();
        }
        found.sort(null);
        return found;
    }

    private static boolean isIn(Path process, String link) {
        try {
            return Files.readSymbolicLink(process.resolve("ns/net")).toString().equals(link);
        } catch (IOException e) {
            // It has ended meanwhile.
            return false;
        }
    }

    /** Whether a process was started with this in its environment. */
    static boolean startedWith(long pid, String assignment) {
        try {
            String environment = Files.readString(PROC.resolve(pid + "/environ"), StandardCharsets.ISO_8859_1);
            return Arrays.asList(environment.split("\0", -1)).contains(assignment);
        } catch (IOException | UncheckedIOException e) {
            return false;
        }
    }

    /**
     * What the kernel says of a process.
     *
     * @param session number of the process that its session began with
     * @param cpuTicks processor time that it has used, in ticks of 10 ms
     * @param startTicks when it began, in ticks since the host did
     */
    record Stat(long session, long cpuTicks, long startTicks) {}

    /** Of a process; empty: it has ended. */
    static Optional<Stat> stat(long pid) {
        try {
            String stat = Files.readString(PROC.resolve(pid + "/stat"), StandardCharsets.ISO_8859_1);
            // Behind the name, which may hold anything: state is the first field, session the 4th, utime the 12th,
            // stime the 13th, starttime the 20th (proc(5)).
            String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ", -1);
            return Optional.of(new Stat(
                    Long.parseLong(fields[3]),
                    Long.parseLong(fields[11]) + Long.parseLong(fields[12]),
                    Long.parseLong(fields[19])));
        } catch (IOException | RuntimeException e) {
            return Optional.empty();
        }
    }
}
