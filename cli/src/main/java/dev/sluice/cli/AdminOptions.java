package dev.sluice.cli;

import dev.sluice.agent.NodeException;
import dev.sluice.agent.admin.AdminClient;
import dev.sluice.agent.admin.AdminSocket;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.SocketChannel;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Which running node a command talks to. */
final class AdminOptions {
    private static final String SUFFIX = ".sock";

    @Spec(Spec.Target.MIXEE)
    private @Nullable CommandSpec mixee;

    @Option(
            names = {"--admin", "--socket"},
            paramLabel = "PATH",
            description = "Administration socket of the node (default: the only one in /run/sluice).")
    private @Nullable Path socket;

    @Option(
            names = "--node",
            paramLabel = "NAME",
            description =
                    "Name of the node; its socket is /run/sluice/NAME.sock, or another one there that says it is that node.")
    private @Nullable String node;

    AdminClient client() {
        Path at = path();
        AdminClient client = new AdminClient(at);
        return client.telling(() -> {
            if (mixee != null) {
                mixee.commandLine()
                        .getErr()
                        .println("sluice: waiting for the node at " + at + ", " + client.timeoutSeconds()
                                + " s at most ...");
            }
        });
    }

    /** The name given, for commands that do not need the node to run. */
    Optional<String> node() {
        return Optional.ofNullable(node);
    }

    private Path path() {
        if (socket != null) {
            return socket;
        }
        if (node != null) {
            return ofNode(node);
        }
        return onlyOne(Objects.requireNonNull(AdminSocket.defaultPath("any").getParent()));
    }

    /** The socket of a node by its name: the one that is called so or, as that of the packaged agent is not, one that says it is that node. */
    static Path ofNode(String name) {
        return ofNode(AdminSocket.defaultPath(name), name);
    }

    static Path ofNode(Path usual, String name) {
        Path directory = Objects.requireNonNull(usual.getParent());
        if (Files.exists(usual) || !Files.isReadable(directory)) {
            return usual;
        }
        return sockets(directory).stream()
                .filter(AdminOptions::answers)
                .filter(socket -> isNode(socket, name))
                .findFirst()
                .orElse(usual);
    }

    private static boolean isNode(Path socket, String name) {
        try {
            return new AdminClient(socket)
                    .request("status", Map.of())
                    .path("node")
                    .asString("")
                    .equals(name);
        } catch (NodeException e) {
            return false;
        }
    }

    /** The one socket of a directory; of several, the one that somebody listens on. */
    static Path onlyOne(Path directory) {
        List<Path> sockets = sockets(directory);
        if (sockets.isEmpty()) {
            throw new CommandFailure("no Sluice node runs here: there is no socket in " + directory
                    + "; start a node with 'sluice run -f DIR', or name its socket with --admin PATH");
        }
        if (sockets.size() == 1) {
            return sockets.getFirst();
        }
        List<Path> answering = sockets.stream().filter(AdminOptions::answers).toList();
        if (answering.isEmpty()) {
            throw new CommandFailure(
                    "nobody listens on the " + sockets.size() + " sockets in " + directory
                            + ", they are left from nodes that were killed (or belong to another user); start a node with 'sluice run -f DIR'");
        }
        if (answering.size() > 1) {
            throw new CommandFailure("several Sluice nodes run here, choose one with --node: "
                    + String.join(
                            ", ", answering.stream().map(AdminOptions::nodeName).toList()));
        }
        return answering.getFirst();
    }

    private static List<Path> sockets(Path directory) {
        if (!Files.isDirectory(directory)) {
            return List.of();
        }
        try (Stream<Path> files = Files.list(directory)) {
            return files.filter(file -> file.toString().endsWith(SUFFIX))
                    .sorted()
                    .toList();
        } catch (IOException e) {
            throw new CommandFailure(
                    "directory " + directory + " can't be read"
                            + (e instanceof AccessDeniedException ? "" : ": " + e.getMessage())
                            + "; run this as the user that runs the node (root, with sudo), or use --admin PATH",
                    e);
        }
    }

    private static boolean answers(Path socket) {
        try (SocketChannel channel = SocketChannel.open(StandardProtocolFamily.UNIX)) {
            return channel.connect(UnixDomainSocketAddress.of(socket));
        } catch (IOException e) {
            return false;
        }
    }

    private static String nodeName(Path socket) {
        String file = String.valueOf(socket.getFileName());
        return file.substring(0, file.length() - SUFFIX.length());
    }
}
