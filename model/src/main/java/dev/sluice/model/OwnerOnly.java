package dev.sluice.model;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Set;
import java.util.stream.Stream;

/**
 * Files and directories that nobody but their owner may read, whatever the umask: histories, stores, backups and captures tell of networks, and of tokens. Stateless; any thread.
 *
 * <p>What is there already with wider rights is narrowed if it is ours to narrow; what is somebody else's is left as it is.
 */
public final class OwnerOnly {
    private static final Set<PosixFilePermission> FILE = PosixFilePermissions.fromString("rw-------");
    private static final Set<PosixFilePermission> DIRECTORY = PosixFilePermissions.fromString("rwx------");

    private OwnerOnly() {}

    /** With what rights a file is made. */
    public static FileAttribute<Set<PosixFilePermission>> file() {
        return PosixFilePermissions.asFileAttribute(FILE);
    }

    /**
     * Makes a directory, and those above it with the usual rights. One that is there is narrowed if it is empty or holds a file by which it is known to be ours; it may be anything else that somebody named by mistake.
     *
     * @param known names of files, any of which makes it ours
     */
    public static void directory(Path directory, String... known) throws IOException {
        Path absolute = directory.toAbsolutePath();
        if (!Files.isDirectory(absolute)) {
            if (absolute.getParent() != null) {
                Files.createDirectories(absolute.getParent());
            }
            if (!Files.isDirectory(absolute)) {
                Files.createDirectory(absolute, PosixFilePermissions.asFileAttribute(DIRECTORY));
            }
            return;
        }
        boolean ours = Stream.of(known).anyMatch(name -> Files.exists(absolute.resolve(name)));
        if (ours || isEmpty(absolute)) {
            narrow(absolute, DIRECTORY);
        }
    }

    private static boolean isEmpty(Path directory) throws IOException {
        try (Stream<Path> entries = Files.list(directory)) {
            return entries.findAny().isEmpty();
        }
    }

    /** Opens a file, which is made with these rights, or narrowed to them. */
    public static FileChannel open(Path file, Set<? extends OpenOption> options) throws IOException {
        FileChannel channel = FileChannel.open(file, options, file());
        narrow(file);
        return channel;
    }

    /** Narrows the rights of a file, if there is one that is a regular file. */
    public static void narrow(Path file) {
        if (Files.isRegularFile(file)) {
            narrow(file, FILE);
        }
    }

    private static void narrow(Path path, Set<PosixFilePermission> rights) {
        try {
            Set<PosixFilePermission> now = Files.getPosixFilePermissions(path);
            if (now.stream().anyMatch(each -> !each.name().startsWith("OWNER"))) {
                Files.setPosixFilePermissions(path, rights);
            }
        } catch (IOException | UnsupportedOperationException e) {
            // Another owner's, or a file system without rights: it can be used all the same.
            return;
        }
    }
}
