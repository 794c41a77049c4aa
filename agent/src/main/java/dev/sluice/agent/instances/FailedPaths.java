package dev.sluice.agent.instances;

import dev.sluice.agent.NodeException;
import dev.sluice.agent.compile.CompiledNode;
import dev.sluice.agent.compile.PathDraft;
import dev.sluice.datapath.liveness.Liveness;
import dev.sluice.datapath.snapshot.PlanePath;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Paths that somebody told to have failed, whatever is known of their nodes: until they are told to be restored, or the node restarts (V13; SPI_fail_gen of document 002). They are known by name, so that
 * another configuration that has the path changes nothing. One writer: the control thread.
 */
public final class FailedPaths {
    /** What stands for all paths that have failed. */
    public static final String ALL = "all";

    /** Most paths that may have failed; names of paths that no configuration has any more count. */
    private static final int MAX = 4096;

    private final Liveness liveness;
    private final Set<String> names = new LinkedHashSet<>();

    /** None has failed. */
    public FailedPaths(Liveness liveness) {
        this.liveness = liveness;
    }

    /** Finds the failed paths in another configuration. */
    public void update(CompiledNode node) {
        liveness.setFailedPaths(node.paths().stream()
                .filter(path -> names.contains(path.name()))
                .mapToInt(PathDraft::id)
                .toArray());
    }

    /**
     * Says that paths have failed; all or nothing.
     *
     * @param paths names, or identifiers that packets have
     * @return the names
     */
    public List<String> fail(CompiledNode node, List<String> paths) throws NodeException {
        List<String> found = found(node, paths);
        if (names.size() + found.size() > MAX) {
            throw new NodeException(names.size() + " paths have failed already; at most " + MAX
                    + " can, restore those that work again: sluice paths restore " + ALL);
        }
        names.addAll(found);
        update(node);
        return found;
    }

    /** Says that paths work again. */
    public List<String> restore(CompiledNode node, List<String> paths) throws NodeException {
        List<String> found = new ArrayList<>();
        for (String path : paths) {
            if (path.equals(ALL)) {
                found.addAll(names);
            } else if (names.contains(path)) {
                // Also one that no configuration has any more.
                found.add(path);
            } else {
                found.addAll(found(node, List.of(path)));
            }
        }
        found.forEach(names::remove);
        update(node);
        return found.stream().distinct().toList();
    }

    private static List<String> found(CompiledNode node, List<String> paths) throws NodeException {
        List<String> found = new ArrayList<>();
        for (String path : paths) {
            Optional<String> name = named(node, path);
            if (name.isEmpty()) {
                throw new NodeException("there is no path " + shorten(path) + " on this node; 'sluice paths' lists them"
                        + " by name and by the two identifiers that packets call them");
            }
            found.add(name.get());
        }
        return found;
    }

    private static Optional<String> named(CompiledNode node, String path) {
        Set<Integer> ids = node.snapshot().plane().paths().stream()
                .filter(names -> path.equals(Integer.toString(names.forwardSpi()))
                        || path.equals(Integer.toString(names.reverseSpi())))
                .map(PlanePath::path)
                .collect(Collectors.toSet());
        return node.paths().stream()
                .filter(draft -> draft.name().equals(path) || ids.contains(draft.id()))
                .map(PathDraft::name)
                .findFirst();
    }

    private static String shorten(String text) {
        return text.length() > 120 ? text.substring(0, 120) + "..." : text;
    }
}
