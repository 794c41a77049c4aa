package dev.sluice.agent.southbound;

import dev.sluice.model.OwnerOnly;
import dev.sluice.southbound.Held;
import dev.sluice.southbound.Protocol;
import dev.sluice.southbound.Resource;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.NavigableMap;
import java.util.Set;
import java.util.TreeMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What a manager sent last, on disk: {@code SHA-256 | Held}. The file is there as a whole or as it was before, whenever the machine stops. One user: the stream's thread.
 */
final class ReceivedFile implements KeptObjects {
    private static final Logger LOG = LoggerFactory.getLogger(ReceivedFile.class);
    private static final String NAME = "received";
    private static final int DIGEST_BYTES = 32;
    private static final long FILE_BYTES_MAX = 512L << 20;

    private final Path directory;
    private final String node;

    ReceivedFile(Path directory, String node) {
        this.directory = directory;
        this.node = node;
    }

    /** What it holds; nothing if there is none, or it is damaged or of another node: then the manager sends everything, and until then the last good revision runs. */
    @Override
    public NavigableMap<String, Resource> read() {
        Path file = directory.resolve(NAME);
        NavigableMap<String, Resource> resources = new TreeMap<>();
        try {
            if (Files.size(file) > FILE_BYTES_MAX) {
                throw new IOException("is too long for a file of Sluice");
            }
            byte[] bytes = Files.readAllBytes(file);
            if (bytes.length < DIGEST_BYTES) {
                throw new IOException("ends too early");
            }
            byte[] content = Arrays.copyOfRange(bytes, DIGEST_BYTES, bytes.length);
            if (!Arrays.equals(Protocol.sha256().digest(content), Arrays.copyOf(bytes, DIGEST_BYTES))) {
                throw new IOException("is damaged");
            }
            Held held = Held.parseFrom(content);
            if (!held.getNode().equals(node)) {
                throw new IOException("is of node " + held.getNode() + ", not of " + node);
            }
            held.getResourcesList().forEach(resource -> resources.put(resource.getName(), resource));
        } catch (NoSuchFileException e) {
            LOG.debug("there is no {} yet", file);
        } catch (IOException e) {
            LOG.error("{} cannot be used, the manager is asked for everything: {}", file, e.getMessage());
        }
        return resources;
    }

    @Override
    public void write(NavigableMap<String, Resource> resources) throws IOException {
        byte[] content = Held.newBuilder()
                .setNode(node)
                .addAllResources(resources.values())
                .build()
                .toByteArray();
        OwnerOnly.directory(directory, NAME, "identity.pem");
        Path temporary = directory.resolve(NAME + ".tmp");
        try {
            try (FileChannel channel = OwnerOnly.open(
                    temporary,
                    Set.of(
                            StandardOpenOption.CREATE,
                            StandardOpenOption.WRITE,
                            StandardOpenOption.TRUNCATE_EXISTING))) {
                writeAll(channel, Protocol.sha256().digest(content));
                writeAll(channel, content);
                channel.force(true);
            }
            Files.move(temporary, directory.resolve(NAME), StandardCopyOption.ATOMIC_MOVE);
        } finally {
            // What is left of a file that did not fit would keep the disk full.
            Files.deleteIfExists(temporary);
        }
        try (FileChannel names = FileChannel.open(directory, StandardOpenOption.READ)) {
            names.force(true);
        }
    }

    private static void writeAll(FileChannel channel, byte[] bytes) throws IOException {
        ByteBuffer rest = ByteBuffer.wrap(bytes);
        while (rest.hasRemaining()) {
            channel.write(rest);
        }
    }
}
