package dev.sluice.agent.compile;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** The tables of {@code /proc/net}. Stateless. */
final class ProcNet {
    private static final int LINES_MAX = 200_000;

    private ProcNet() {}

    /** The lines of one, split at blanks; none if it is not there. */
    static List<String[]> table(Path proc, String file) {
        // Of the thread: a process may have threads in several network namespaces.
        Path own = proc.resolve("thread-self/net");
        Path path = (Files.isDirectory(own) ? own : proc.resolve("net")).resolve(file);
        try (var lines = Files.lines(path)) {
            return lines.limit(LINES_MAX)
                    .map(line -> line.strip().split("\\s+", -1))
                    .toList();
        } catch (IOException | UncheckedIOException e) {
            return List.of();
        }
    }
}
