package dev.sluice.agent.history;

import dev.sluice.model.OwnerOnly;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.NavigableSet;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The files of a history on disk. A file is there as a whole or not at all, whenever the machine stops: it is written under another name, forced to disk,
 * renamed, and the directory is forced to disk. One user at a time.
 *
 * <p>Not final for tests, which let the disk stop or keep it in memory.
 */
public class HistoryDirectory implements AutoCloseable {
    private static final String SUFFIX = ".revision";
    private static final String TEMPORARY = "new.tmp";
    private static final String STATE = "state";
    private static final String LOCK = "lock";

    /** Far more than the largest revision that the limits of files allow; what is longer was not written by Sluice. */
    private static final long FILE_BYTES_MAX = 512L << 20;

    private final Path directory;
    private @Nullable FileChannel lock;

    /** Nothing is touched yet. */
    public HistoryDirectory(Path directory) {
        this.directory = directory;
    }

    /** Where it is. */
    public Path path() {
        return directory;
    }

    static String fileName(int number) {
        return String.format("%010d%s", number, SUFFIX);
    }

    /** Takes it for this process; nothing happens if it is taken already by this object. */
    public void claim() throws IOException {
        if (lock != null) {
            return;
        }
        OwnerOnly.directory(directory, LOCK, STATE);
        FileChannel channel =
                OwnerOnly.open(directory.resolve(LOCK), Set.of(StandardOpenOption.CREATE, StandardOpenOption.WRITE));
        try {
            FileLock taken = channel.tryLock();
            if (taken == null) {
                throw new IOException("another node uses it; give this one a directory of its own with --state");
            }
            lock = channel;
            narrow();
        } catch (OverlappingFileLockException e) {
            throw new IOException("another node of this process uses it", e);
        } finally {
            if (lock == null) {
                channel.close();
            }
        }
    }

    /** Files of earlier versions, which left the rights to the umask. */
    private void narrow() throws IOException {
        OwnerOnly.narrow(directory.resolve(STATE));
        for (int number : numbers()) {
            OwnerOnly.narrow(directory.resolve(fileName(number)));
        }
    }

    /** Numbers of the revisions that are there; none if there is no directory. */
    public NavigableSet<Integer> numbers() throws IOException {
        NavigableSet<Integer> numbers = new TreeSet<>();
        if (!Files.isDirectory(directory)) {
            return numbers;
        }
        try (Stream<Path> files = Files.list(directory)) {
            files.map(file -> String.valueOf(file.getFileName()))
                    .filter(name -> name.matches("\\d{10}\\.revision"))
                    .map(name -> Long.parseLong(name.substring(0, 10)))
                    .filter(number -> number >= 1 && number <= Integer.MAX_VALUE)
                    .forEach(number -> numbers.add(number.intValue()));
        }
        return numbers;
    }

    /** What the file of a revision holds. */
    public byte[] readRevision(int number) throws IOException {
        return read(fileName(number));
    }

    /** Null if nothing was written yet. */
    public byte @Nullable [] readState() throws IOException {
        try {
            return read(STATE);
        } catch (NoSuchFileException e) {
            return null;
        }
    }

    private byte[] read(String name) throws IOException {
        Path file = directory.resolve(name);
        if (Files.size(file) > FILE_BYTES_MAX) {
            throw new IOException("is too long for a file of Sluice");
        }
        return Files.readAllBytes(file);
    }

    /** Replaces the file of a revision. */
    public void writeRevision(int number, byte[] bytes) throws IOException {
        write(fileName(number), bytes);
    }

    /** Replaces what is known besides revisions. */
    public void writeState(byte[] bytes) throws IOException {
        write(STATE, bytes);
    }

    /** Removes a revision; nothing happens if there is none. */
    public void remove(int number) throws IOException {
        Files.deleteIfExists(directory.resolve(fileName(number)));
    }

    private void write(String name, byte[] bytes) throws IOException {
        Path temporary = directory.resolve(TEMPORARY);
        try {
            try (FileChannel channel = OwnerOnly.open(
                    temporary,
                    Set.of(
                            StandardOpenOption.CREATE,
                            StandardOpenOption.WRITE,
                            StandardOpenOption.TRUNCATE_EXISTING))) {
                ByteBuffer rest = ByteBuffer.wrap(bytes);
                while (rest.hasRemaining()) {
                    channel.write(rest);
                }
                channel.force(true);
            }
            Files.move(temporary, directory.resolve(name), StandardCopyOption.ATOMIC_MOVE);
        } catch (IOException e) {
            // What is left of a file that did not fit would keep the disk full.
            deleteQuietly(temporary, e);
            throw e;
        }
        try (FileChannel entries = FileChannel.open(directory, StandardOpenOption.READ)) {
            entries.force(true);
        }
    }

    private static void deleteQuietly(Path file, IOException cause) {
        try {
            Files.deleteIfExists(file);
        } catch (IOException e) {
            cause.addSuppressed(e);
        }
    }

    /** What went wrong, in words. */
    static String reason(IOException e) {
        String message = String.valueOf(e.getMessage());
        return switch (e) {
            case AccessDeniedException denied -> "no permission to write " + denied.getFile();
            case FileAlreadyExistsException file -> file.getFile() + " is a file, not a directory";
            case NoSuchFileException file -> "there is no " + file.getFile();
            default -> message;
        };
    }

    /** Gives it free for others. */
    @Override
    public void close() throws IOException {
        if (lock != null) {
            lock.close();
            lock = null;
        }
    }
}
