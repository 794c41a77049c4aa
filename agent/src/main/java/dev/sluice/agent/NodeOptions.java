package dev.sluice.agent;

import dev.sluice.agent.admin.AdminSocket;
import java.nio.file.Path;
import java.util.Optional;

/**
 * How to run a node.
 *
 * @param configuration where its objects come from
 * @param node name of the node; empty: the only one that the objects name, else the host name
 * @param socket administration socket; empty: {@link AdminSocket#defaultPath}
 * @param watch whether changed files are applied by themselves
 * @param state directory of the history; empty: {@link StateDirectory#defaultPath}
 * @param strict whether files that are broken or missing at start end the node, instead of the last good revision being run
 * @param force whether interfaces may be taken that the host itself needs
 * @param fastPath whether the kernel repeats what was decided about known flows
 * @param remains where is left what outlives the process; empty: nothing does
 */
public record NodeOptions(
        ObjectSource configuration,
        Optional<String> node,
        Optional<Path> socket,
        boolean watch,
        Optional<Path> state,
        boolean strict,
        boolean force,
        FastPathMode fastPath,
        Optional<Remains> remains) {
    /** With nothing that outlives the process. */
    public NodeOptions(
            ObjectSource configuration,
            Optional<String> node,
            Optional<Path> socket,
            boolean watch,
            Optional<Path> state,
            boolean strict,
            boolean force,
            FastPathMode fastPath) {
        this(configuration, node, socket, watch, state, strict, force, fastPath, Optional.empty());
    }

    /** Everything by default, with objects from a file or directory. */
    public static NodeOptions of(Path configuration) {
        return of(ObjectSource.files(configuration));
    }

    /** Everything by default. */
    public static NodeOptions of(ObjectSource configuration) {
        return new NodeOptions(
                configuration,
                Optional.empty(),
                Optional.empty(),
                true,
                Optional.empty(),
                false,
                false,
                FastPathMode.OFF);
    }

    /** This with an administration socket and a directory for the history: what a node needs that is not to touch those of others. */
    public NodeOptions at(Path newSocket, Path newState) {
        return new NodeOptions(
                configuration,
                node,
                Optional.of(newSocket),
                watch,
                Optional.of(newState),
                strict,
                force,
                fastPath,
                remains);
    }

    /** This with objects from elsewhere. */
    public NodeOptions from(ObjectSource newConfiguration) {
        return new NodeOptions(newConfiguration, node, socket, watch, state, strict, force, fastPath, remains);
    }

    /** This with a directory for the history. */
    public NodeOptions stateIn(Path newState) {
        return new NodeOptions(
                configuration, node, socket, watch, Optional.of(newState), strict, force, fastPath, remains);
    }

    /** This with a name. */
    public NodeOptions named(String newNode) {
        return new NodeOptions(
                configuration, Optional.of(newNode), socket, watch, state, strict, force, fastPath, remains);
    }

    /** This with a fast path, or without. */
    public NodeOptions with(FastPathMode newFastPath) {
        return new NodeOptions(configuration, node, socket, watch, state, strict, force, newFastPath, remains);
    }

    /** This with something that outlives the process. */
    public NodeOptions leaving(Remains newRemains) {
        return new NodeOptions(
                configuration, node, socket, watch, state, strict, force, fastPath, Optional.of(newRemains));
    }
}
