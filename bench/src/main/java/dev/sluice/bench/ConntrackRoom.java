package dev.sluice.bench;

import dev.sluice.lab.LabException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/** Room for many connections in the kernel's tracker, which has one limit for the whole machine; the limit before comes back at the end. Used by the benchmark's thread. */
final class ConntrackRoom implements AutoCloseable {
    private static final Path LIMIT = Path.of("/proc/sys/net/netfilter/nf_conntrack_max");
    private static final Path BUCKETS = Path.of("/sys/module/nf_conntrack/parameters/hashsize");
    private static final int CONNECTIONS = 8_000_000;

    private final String limitBefore = read(LIMIT);
    private final String bucketsBefore = read(BUCKETS);
    private final Thread hook = new Thread(this::restore);

    ConntrackRoom() {
        Runtime.getRuntime().addShutdownHook(hook);
        write(BUCKETS, Integer.toString(CONNECTIONS / 4));
        write(LIMIT, Integer.toString(CONNECTIONS));
    }

    private void restore() {
        write(BUCKETS, bucketsBefore);
        write(LIMIT, limitBefore);
    }

    private static String read(Path file) {
        // In one call: the kernel answers only one read of a number from its beginning.
        try (InputStream in = Files.newInputStream(file)) {
            byte[] bytes = new byte[64];
            int length = in.read(bytes);
            return new String(bytes, 0, Math.max(0, length), StandardCharsets.US_ASCII).strip();
        } catch (IOException e) {
            throw new LabException(file + " cannot be read: " + e.getMessage(), e);
        }
    }

    private static void write(Path file, String value) {
        try {
            Files.writeString(file, value);
        } catch (IOException e) {
            throw new LabException(file + " cannot be written: " + e.getMessage(), e);
        }
    }

    @Override
    public void close() {
        Runtime.getRuntime().removeShutdownHook(hook);
        restore();
    }
}
