package dev.sluice.agent.admin;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFileAttributes;
import java.nio.file.attribute.PosixFilePermission;
import java.util.Set;
import java.util.concurrent.ConcurrentSkipListSet;
import java.util.stream.Stream;

/** Looks at a directory again and again, in a thread of its own, for entries that others than the owner may enter or connect to. */
final class DoorWitness implements AutoCloseable {
    private static final Set<PosixFilePermission> OF_OTHERS = Set.of(
            PosixFilePermission.GROUP_WRITE,
            PosixFilePermission.GROUP_EXECUTE,
            PosixFilePermission.OTHERS_WRITE,
            PosixFilePermission.OTHERS_EXECUTE);

    private final Path directory;
    private final Set<String> open = new ConcurrentSkipListSet<>();
    private final Thread thread;
    private volatile long looks;
    private volatile boolean closed;

    DoorWitness(Path directory) {
        this.directory = directory;
        thread = Thread.ofPlatform().name("door-witness").start(this::watch);
    }

    /** Entries that were open to others at a moment, with their rights. */
    Set<String> open() {
        return open;
    }

    long looks() {
        return looks;
    }

    @SuppressWarnings("NonAtomicVolatileUpdate") // one writer
    private void watch() {
        while (!closed) {
            try (Stream<Path> entries = Files.list(directory)) {
                entries.forEach(this::look);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
            looks++;
        }
    }

    private void look(Path entry) {
        try {
            PosixFileAttributes seen =
                    Files.readAttributes(entry, PosixFileAttributes.class, LinkOption.NOFOLLOW_LINKS);
            if (seen.permissions().stream().anyMatch(OF_OTHERS::contains)) {
                open.add(entry.getFileName() + " " + seen.permissions());
            }
        } catch (NoSuchFileException _) {
            // Gone meanwhile.
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public void close() throws InterruptedException {
        closed = true;
        thread.join(10_000);
    }
}
