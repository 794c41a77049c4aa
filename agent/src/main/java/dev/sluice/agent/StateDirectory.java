package dev.sluice.agent;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/** Where a node keeps its history. */
public final class StateDirectory {
    private static final Path ROOT = Path.of("/var/lib/sluice");

    private StateDirectory() {}

    /** {@code /var/lib/sluice/NODE}. */
    public static Path defaultPath(String node) {
        return ROOT.resolve(node.replace('/', '_'));
    }

    /** The only one there is on this host, for a start without files that would tell the node's name. */
    public static Optional<Path> onlyOne() {
        return onlyOne(ROOT);
    }

    public static Optional<Path> onlyOne(Path root) {
        if (!Files.isDirectory(root)) {
            return Optional.empty();
        }
        try (Stream<Path> entries = Files.list(root)) {
            List<Path> found = entries.filter(Files::isDirectory).limit(2).toList();
            return found.size() == 1 ? Optional.of(found.getFirst()) : Optional.empty();
        } catch (IOException e) {
            return Optional.empty();
        }
    }
}
