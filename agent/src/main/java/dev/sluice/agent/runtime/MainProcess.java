package dev.sluice.agent.runtime;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/**
 * Which process of an instance is its main one, written down when it is started: its children have the same environment, and outlive it.
 *
 * @param pid its number
 * @param startTicks when it began, in ticks since the host did: numbers are used again
 */
record MainProcess(long pid, long startTicks) {
    /** A process that is there; empty: it has ended. */
    static Optional<MainProcess> of(long pid) {
        return NamespaceProcesses.stat(pid).map(stat -> new MainProcess(pid, stat.startTicks()));
    }

    /** What was written down; empty: nothing that can be read. */
    static Optional<MainProcess> read(Path file) {
        try {
            String[] words =
                    Files.readString(file, StandardCharsets.US_ASCII).strip().split(" ", -1);
            return Optional.of(new MainProcess(Long.parseLong(words[0]), Long.parseLong(words[1])));
        } catch (IOException | UncheckedIOException | NumberFormatException | ArrayIndexOutOfBoundsException e) {
            return Optional.empty();
        }
    }

    /** Writes it down. */
    void write(Path file) throws IOException {
        Files.write(file, (pid + " " + startTicks + "\n").getBytes(StandardCharsets.US_ASCII));
    }

    /**
     * Whether a process is the main one: that which was written down or, if an agent ended before it could write or did not do so yet, the first of its session, as which each is started.
     */
    static boolean is(long pid, Path file) {
        Optional<MainProcess> written = read(file);
        return written.isPresent()
                ? of(pid).equals(written)
                : NamespaceProcesses.stat(pid)
                        .filter(stat -> stat.session() == pid)
                        .isPresent();
    }
}
