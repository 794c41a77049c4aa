package dev.sluice.agent.worker;

import dev.sluice.ports.PortException;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The right to the fast path of a network namespace: its punt device has one listener only, and a second one would get the frames of the first as well. A locked file, so that it goes with the process,
 * however that ends. One user: the worker.
 */
final class FastPathClaim implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(FastPathClaim.class);
    private static final Path NAMESPACE = Path.of("/proc/thread-self/ns/net");
    private static final Path USUAL = Path.of("/run/sluice");

    private final FileChannel channel;

    private FastPathClaim(FileChannel channel) {
        this.channel = channel;
    }

    /**
     * For the network namespace of the calling thread.
     *
     * @throws PortException if another node has it
     */
    static FastPathClaim take() throws PortException {
        String namespace;
        try {
            // "net:[4026531840]": the number is the namespace's as long as that lives.
            namespace = Files.readSymbolicLink(NAMESPACE).toString().replaceAll("[^0-9]", "");
        } catch (IOException e) {
            throw new PortException("fast path: the claim to this network namespace cannot be made: " + e);
        }
        return take(namespace);
    }

    /** The same for a namespace by its number. */
    static FastPathClaim take(String namespace) throws PortException {
        Path file;
        try {
            file = directory().resolve("fast-path-" + namespace + ".lock");
            FastPathClaim claim = attempt(file);
            if (claim != null) {
                return claim;
            }
        } catch (IOException e) {
            throw new PortException("fast path: the claim to this network namespace cannot be made: " + e);
        }
        throw new PortException("fast path: another node has it in this network namespace (" + file
                + " is locked); let one node have both sets of ports, or each node in a namespace of its own");
    }

    private static Path directory() throws IOException {
        if (Files.isWritable(USUAL.getParent()) && !Files.exists(USUAL)) {
            Files.createDirectory(USUAL);
        }
        return Files.isWritable(USUAL) ? USUAL : Path.of(System.getProperty("java.io.tmpdir", "/tmp"));
    }

    /** Null if it is taken. */
    private static @Nullable FastPathClaim attempt(Path file) throws IOException {
        FileChannel channel = FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
        boolean mine = false;
        try {
            mine = channel.tryLock() != null;
            return mine ? new FastPathClaim(channel) : null;
        } catch (OverlappingFileLockException e) {
            return null;
        } finally {
            if (!mine) {
                channel.close();
            }
        }
    }

    /** For the next one. The file stays: if it went, one node could lock the old and another one a new one. */
    @Override
    public void close() {
        try {
            channel.close();
        } catch (IOException e) {
            LOG.debug("the lock goes with the process: {}", e.getMessage());
        }
    }
}
