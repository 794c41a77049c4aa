package dev.sluice.agent.worker;

import dev.sluice.datapath.KeptTables;
import dev.sluice.datapath.track.MemoryPieces;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.channels.FileChannel;
import java.nio.channels.FileChannel.MapMode;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Connections of a node in a file that is mapped into memory, so that they are there for the next process however this one ends (ADR 23). One user: the worker; opened before it runs.
 *
 * <p>A process writes into a file of its own and puts it in the place of the one before once it has taken over what that says. Whatever does not fit (another version, another boot of the
 * machine, numbers that are lost) is not taken over.
 */
public final class KeptMemory implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(KeptMemory.class);
    private static final long MAGIC = 0x534c_5549_4b45_4550L;
    private static final long VERSION = 2;
    private static final int HEADER_BYTES = 4096;
    private static final int PAGE_BYTES = 4096;
    private static final int AT_MAGIC = 0;
    private static final int AT_VERSION = 8;
    private static final int AT_EPOCH = 16;
    private static final int AT_BOOT = 24;
    private static final int AT_CONNECTIONS = 32;
    private static final int AT_BYTES = 40;
    private static final Path BOOT = Path.of("/proc/sys/kernel/random/boot_id");
    private static final String FILE = "connections";
    private static final String LOCK = "lock";

    private final Path directory;
    private final FileChannel lock;
    private final Arena arena = Arena.ofShared();
    private final Arena beforeArena = Arena.ofShared();
    private final KeptPieces pieces;
    private final KeptTables tables;
    private final @Nullable KeptTables before;
    private boolean takenOver;

    private KeptMemory(Path directory, FileChannel lock, long epoch, int connectionsMax) throws IOException {
        this.directory = directory;
        this.lock = lock;
        boolean made = false;
        try {
            long boot = bootOf();
            before = readBefore(epoch, boot);
            pieces = new KeptPieces(directory.resolve(FILE + ".new"), fixedBytes(connectionsMax), arena);
            MemorySegment memory = pieces.mapFixed();
            memory.set(ValueLayout.JAVA_LONG, AT_VERSION, VERSION);
            memory.set(ValueLayout.JAVA_LONG, AT_EPOCH, epoch);
            memory.set(ValueLayout.JAVA_LONG, AT_BOOT, boot);
            memory.set(ValueLayout.JAVA_LONG, AT_CONNECTIONS, connectionsMax);
            memory.set(ValueLayout.JAVA_LONG, AT_BYTES, KeptTables.bytesFor(connectionsMax));
            memory.set(ValueLayout.JAVA_LONG, AT_MAGIC, MAGIC);
            tables = KeptTables.over(memory.asSlice(HEADER_BYTES), pieces, connectionsMax);
            made = true;
        } finally {
            if (!made) {
                beforeArena.close();
                arena.close();
            }
        }
    }

    /** What is there from the start: behind it come pieces. */
    private static long fixedBytes(int connectionsMax) {
        return Math.ceilDiv(HEADER_BYTES + KeptTables.bytesFor(connectionsMax), PAGE_BYTES) * PAGE_BYTES;
    }

    /** Makes the directory, which is only for whoever runs the node. */
    public static void make(Path directory) throws IOException {
        Files.createDirectories(
                directory, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
    }

    /**
     * Opens what was left, and makes what is to be left.
     *
     * @param epoch of the numbers in records
     * @throws IOException if another process has it, or there is no room; the message says which
     */
    public static KeptMemory open(Path directory, long epoch, int connectionsMax) throws IOException {
        FileChannel lock =
                FileChannel.open(directory.resolve(LOCK), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
        boolean opened = false;
        try {
            if (lock.tryLock() == null) {
                throw new IOException("another process has " + directory);
            }
            KeptMemory memory = new KeptMemory(directory, lock, epoch, connectionsMax);
            opened = true;
            return memory;
        } catch (OverlappingFileLockException e) {
            throw new IOException("another node of this process has " + directory, e);
        } finally {
            if (!opened) {
                lock.close();
            }
        }
    }

    /** Removes what was left in a directory; why not, empty if it is gone. */
    static String remove(Path directory) {
        try (FileChannel lock =
                FileChannel.open(directory.resolve(LOCK), StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
            if (lock.tryLock() == null) {
                return "its node runs; end it first: sluice stop";
            }
            for (String name : List.of(FILE, FILE + ".new", "numbers", "numbers.new", LOCK)) {
                Files.deleteIfExists(directory.resolve(name));
            }
            Files.delete(directory);
            return "";
        } catch (IOException | OverlappingFileLockException e) {
            return e.toString();
        }
    }

    private static long bootOf() throws IOException {
        String text = Files.readString(BOOT, StandardCharsets.US_ASCII).strip().replace("-", "");
        return Long.parseUnsignedLong(text.substring(0, 16), 16);
    }

    private @Nullable KeptTables readBefore(long epoch, long boot) throws IOException {
        Path file = directory.resolve(FILE);
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
            long bytes = channel.size();
            if (bytes <= HEADER_BYTES) {
                return refuse("it is not complete");
            }
            MemorySegment memory = channel.map(MapMode.READ_ONLY, 0, bytes, beforeArena);
            long connections = memory.get(ValueLayout.JAVA_LONG, AT_CONNECTIONS);
            if (memory.get(ValueLayout.JAVA_LONG, AT_MAGIC) != MAGIC
                    || memory.get(ValueLayout.JAVA_LONG, AT_VERSION) != VERSION) {
                return refuse("it is of another version");
            }
            if (memory.get(ValueLayout.JAVA_LONG, AT_BOOT) != boot) {
                return refuse("the machine was started since");
            }
            if (memory.get(ValueLayout.JAVA_LONG, AT_EPOCH) != epoch) {
                return refuse("its numbers are not those of the file beside it");
            }
            if (connections < 1
                    || connections > Integer.MAX_VALUE / 16
                    || memory.get(ValueLayout.JAVA_LONG, AT_BYTES) != KeptTables.bytesFor((int) connections)
                    || bytes < fixedBytes((int) connections)) {
                return refuse("its size is not what it says");
            }
            long fixed = fixedBytes((int) connections);
            MemoryPieces left = KeptPieces.left(memory, fixed, KeptTables.pieceBytes((int) connections));
            return KeptTables.over(memory.asSlice(HEADER_BYTES, fixed - HEADER_BYTES), left, (int) connections);
        } catch (NoSuchFileException e) {
            return null;
        }
    }

    private @Nullable KeptTables refuse(String why) {
        LOG.warn("{} is not gone on with, {}: its flows are decided anew", directory.resolve(FILE), why);
        return null;
    }

    /** Where this process remembers. */
    KeptTables tables() {
        return tables;
    }

    /** What the process before remembered; null if there is nothing to go on with. Only until {@link #takeOver}. */
    @Nullable
    KeptTables before() {
        return takenOver ? null : before;
    }

    /** From now on this process's memory is what the next one finds. */
    void takeOver() {
        takenOver = true;
        try {
            Files.move(
                    directory.resolve(FILE + ".new"),
                    directory.resolve(FILE),
                    StandardCopyOption.ATOMIC_MOVE,
                    StandardCopyOption.REPLACE_EXISTING);
        } catch (IOException e) {
            LOG.warn("flows will not outlive this process: {}", e.toString());
        }
        beforeArena.close();
    }

    @Override
    public void close() {
        if (!takenOver) {
            beforeArena.close();
        }
        pieces.close();
        arena.close();
        try {
            lock.close();
        } catch (IOException e) {
            LOG.debug("the lock goes with the process: {}", e.getMessage());
        }
    }
}
