package dev.sluice.agent.configuration;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.stream.Stream;

/** The files that a configuration consists of, and a hash of their names and contents. Any thread. */
public final class ConfigurationFiles {
    /** More than the loader reads; longer files are told apart by size and time. */
    private static final long FILE_BYTES_MAX = 8L << 20;

    private ConfigurationFiles() {}

    /** Whether a name is that of a file with objects. */
    static boolean isObjects(Path file) {
        String name = String.valueOf(file.getFileName());
        return name.endsWith(".yaml") || name.endsWith(".yml");
    }

    /** A hash of all that is read; something else after each change, also if files cannot be read. */
    public static String hash(Path source) {
        try {
            MessageDigest digest = MessageDigest.getInstance("SHA-256");
            for (Path file : files(source)) {
                digest.update(file.toString().getBytes(StandardCharsets.UTF_8));
                digest.update((byte) 0);
                digest.update(content(file));
                digest.update((byte) 0);
            }
            return HexFormat.of().formatHex(digest.digest());
        } catch (IOException | UncheckedIOException e) {
            return e.toString();
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("each JDK has SHA-256", e);
        }
    }

    private static byte[] content(Path file) {
        try {
            long bytes = Files.size(file);
            return bytes > FILE_BYTES_MAX
                    ? (bytes + " bytes of " + Files.getLastModifiedTime(file)).getBytes(StandardCharsets.UTF_8)
                    : Files.readAllBytes(file);
        } catch (IOException e) {
            return e.toString().getBytes(StandardCharsets.UTF_8);
        }
    }

    private static List<Path> files(Path source) throws IOException {
        if (!Files.isDirectory(source)) {
            return List.of(source);
        }
        try (Stream<Path> files = Files.list(source)) {
            return files.filter(ConfigurationFiles::isObjects).sorted().toList();
        }
    }
}
