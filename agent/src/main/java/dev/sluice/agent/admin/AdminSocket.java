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
import java.nio.file.attribute.PosixFilePermissions;

/** The socket file of a node: made so that only its owner can ever connect, never taken from a node that answers. */
public final class AdminSocket {
    private static final Path DIRECTORY = Path.of("/run/sluice");

    /** Room for a path in {@code struct sockaddr_un}, its end included. */
    private static final int PATH_BYTES_MAX = 108;

    private static final String TEMPORARY_SUFFIX = ".new";

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
        Path temporary = path.resolveSibling(path.getFileName() + TEMPORARY_SUFFIX);
        if (temporary.toString().getBytes(StandardCharsets.UTF_8).length >= PATH_BYTES_MAX) {
            throw new NodeException("administration socket " + path + ": the path is too long for a socket (at most "
                    + (PATH_BYTES_MAX - 1 - TEMPORARY_SUFFIX.length()) + " bytes); give a shorter one with --socket");
        }
        try {
            Path directory = path.toAbsolutePath().getParent();
            if (directory != null) {
                Files.createDirectories(directory);
            }
            refuseIfTaken(path);
            Files.deleteIfExists(temporary);
            return bind(path, temporary);
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

    /** Made under another name, closed to others, then renamed: at no moment can somebody else connect. */
    private static ServerSocketChannel bind(Path path, Path temporary) throws IOException {
        ServerSocketChannel server = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
        boolean bound = false;
        try {
            server.bind(UnixDomainSocketAddress.of(temporary));
            Files.setPosixFilePermissions(temporary, PosixFilePermissions.fromString("rw-------"));
            Files.move(temporary, path, StandardCopyOption.ATOMIC_MOVE);
            bound = true;
            return server;
        } finally {
            if (!bound) {
                server.close();
            }
        }
    }
}
