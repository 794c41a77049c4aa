package dev.sluice.agent.admin;

import dev.sluice.agent.NodeException;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Set;

/** The socket file of a node: made so that only its owner can ever connect, never taken from a node that answers. */
public final class AdminSocket {
    private static final Path DIRECTORY = Path.of("/run/sluice");

    /** Room for a path in {@code struct sockaddr_un}, its end included. */
    private static final int PATH_BYTES_MAX = 108;

    /** Where it is made: a directory that only the owner may enter, beside its place. */
    private static final String MAKING_SUFFIX = ".new";

    private static final String MAKING_NAME = "s";

    private static final Set<PosixFilePermission> OWNER_ENTERS = PosixFilePermissions.fromString("rwx------");
    private static final Set<PosixFilePermission> OWNER_CONNECTS = PosixFilePermissions.fromString("rw-------");

    private AdminSocket() {}

    /** {@code /run/sluice/NODE.sock}. */
    public static Path defaultPath(String node) {
        return DIRECTORY.resolve(node + ".sock");
    }

    /**
     * Listens on a path. What is left of a node that is gone is replaced.
     *
     * @throws NodeException if the path is not usable or a node answers there
     */
    static ServerSocketChannel listen(Path path) throws NodeException {
        Path making = path.resolveSibling(path.getFileName() + MAKING_SUFFIX);
        Path temporary = making.resolve(MAKING_NAME);
        if (temporary.toString().getBytes(StandardCharsets.UTF_8).length >= PATH_BYTES_MAX) {
            throw new NodeException("administration socket " + path + ": the path is too long for a socket (at most "
                    + (PATH_BYTES_MAX - 2 - MAKING_SUFFIX.length() - MAKING_NAME.length())
                    + " bytes); give a shorter one with --socket");
        }
        try {
            Path directory = path.toAbsolutePath().getParent();
            if (directory != null) {
                Files.createDirectories(directory);
            }
            refuseIfTaken(path);
            return bind(path, making, temporary);
        } catch (IOException e) {
            throw new NodeException(
                    "administration socket " + path + " cannot be made: " + e
                            + "; give a path you may write to with --socket",
                    e);
        }
    }

    private static void refuseIfTaken(Path path) throws IOException, NodeException {
        if (!Files.exists(path, LinkOption.NOFOLLOW_LINKS)) {
            return;
        }
        if (!Files.readAttributes(path, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS)
                .isOther()) {
            throw new NodeException(
                    "administration socket " + path
                            + ": there is a file of that name that is not a socket; remove it or give another path with --socket");
        }
        if (answers(path)) {
            throw new NodeException(
                    "administration socket " + path
                            + ": a Sluice node answers there already; stop it, or give this one another name (--node) or path (--socket)");
        }
    }

    private static boolean answers(Path path) {
        try (SocketChannel channel = SocketChannel.open(StandardProtocolFamily.UNIX)) {
            return channel.connect(UnixDomainSocketAddress.of(path));
        } catch (IOException e) {
            return false;
        }
    }

    /**
     * Bound where nobody else can reach it, closed to others, then renamed: a socket listens from the moment it has a name, with rights that the process's umask
     * gives, so its first name must be behind a closed door.
     */
    private static ServerSocketChannel bind(Path path, Path making, Path temporary) throws IOException {
        removeLeftOver(making, temporary);
        Files.createDirectory(making, PosixFilePermissions.asFileAttribute(OWNER_ENTERS));
        ServerSocketChannel server = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
        boolean bound = false;
        try {
            server.bind(UnixDomainSocketAddress.of(temporary));
            Files.setPosixFilePermissions(temporary, OWNER_CONNECTS);
            Files.move(temporary, path, StandardCopyOption.ATOMIC_MOVE);
            bound = true;
            return server;
        } finally {
            if (!bound) {
                server.close();
            }
            removeLeftOver(making, temporary);
        }
    }

    /** What a node left that ended half-way; versions before this one made a socket of the directory's name. */
    private static void removeLeftOver(Path making, Path temporary) throws IOException {
        if (Files.isDirectory(making, LinkOption.NOFOLLOW_LINKS)) {
            Files.deleteIfExists(temporary);
        }
        Files.deleteIfExists(making);
    }
}
