package dev.sluice.agent;

import java.nio.file.Path;
import java.util.Optional;

/**
 * How to run a node.
 *
 * @param configuration file or directory with objects
 * @param node name of the node; empty: the only one that the objects name, else the host name
 * @param socket administration socket; empty: {@link AdminSocket#defaultPath}
 * @param watch whether changed files are applied by themselves
 */
public record NodeOptions(Path configuration, Optional<String> node, Optional<Path> socket, boolean watch) {
    /** Everything by default. */
    public static NodeOptions of(Path configuration) {
        return new NodeOptions(configuration, Optional.empty(), Optional.empty(), true);
    }
}
