package dev.sluice.agent.worker;

import dev.sluice.agent.Remains;
import dev.sluice.fastpath.Leftovers;
import dev.sluice.ports.Claim;
import dev.sluice.ports.PortException;
import java.io.IOException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/** Removes what nodes have left that do not run any more. Stateless; any thread in the network namespace whose devices are to go. */
public final class Uninstall {
    /**
     * What became of it, in words for people.
     *
     * @param removed what is gone
     * @param stays what is not, and why
     */
    public record Result(List<String> removed, List<String> stays) {
        /** Copies both. */
        public Result {
            removed = List.copyOf(removed);
            stays = List.copyOf(stays);
        }
    }

    private final Remains remains;
    private final List<String> removed = new ArrayList<>();
    private final List<String> stays = new ArrayList<>();

    /** Whether it is said already why something stays in the network namespace of the calling thread. */
    private boolean told;

    private Uninstall(Remains remains) {
        this.remains = remains;
    }

    /** Removes what can be removed of what is left in one place, and in the network namespace of the calling thread by whatever name. */
    public static Result run(Remains remains) {
        return run(List.of(remains));
    }

    /** The same for several places, at least one; all with the same memory. */
    public static Result run(List<Remains> places) {
        Uninstall uninstall = new Uninstall(places.getFirst());
        places.forEach(uninstall::kernel);
        uninstall.unnamed();
        uninstall.memory();
        uninstall.locks();
        return new Result(uninstall.removed, uninstall.stays);
    }

    private void kernel(Remains place) {
        try {
            Path here = place.pinsHere();
            for (Path directory : place.allPins()) {
                if (directory.equals(here)) {
                    try (Claim claim = Claim.ofFastPath("uninstall")) {
                        assert claim != null;
                        removed.addAll(new Leftovers(directory).remove(true));
                    } catch (PortException e) {
                        told = true;
                        stays.add(directory + ": " + e.getMessage());
                    }
                } else {
                    elsewhere(directory);
                }
            }
        } catch (IOException e) {
            stays.add(place.pins() + ": " + e);
        }
    }

    /** What is here and in no directory: of a node without a BPF file system, or one that was told another. */
    private void unnamed() {
        try {
            if (told || !Leftovers.areUnnamed()) {
                return;
            }
            try (Claim claim = Claim.ofFastPath("uninstall")) {
                assert claim != null;
                removed.addAll(Leftovers.removeUnnamed());
            }
        } catch (PortException e) {
            stays.add("what is left in this network namespace: " + e.getMessage());
        }
    }

    /** Of another network namespace, whose fast path cannot be taken from here. */
    private void elsewhere(Path directory) throws IOException {
        Optional<Claim.Holder> holder = Claim.holderOfFastPath(Remains.namespaceOf(directory));
        if (holder.isPresent()) {
            stays.add(directory + ": fast path: " + holder.get());
            return;
        }
        try {
            removed.addAll(new Leftovers(directory).remove(false));
        } catch (PortException e) {
            stays.add(directory + ": " + e.getMessage());
        }
    }

    /** Files that nodes of earlier versions locked, one for each network namespace that there was. */
    private void locks() {
        Path directory = remains.memory().toAbsolutePath().getParent();
        if (directory == null || !Files.isDirectory(directory)) {
            return;
        }
        try (DirectoryStream<Path> files = Files.newDirectoryStream(directory, "fast-path-*.lock")) {
            int count = 0;
            for (Path file : files) {
                Files.deleteIfExists(file);
                count++;
            }
            if (count > 0) {
                removed.add(count + " files of locks that are not used any more, " + directory + "/fast-path-*.lock");
            }
        } catch (IOException | DirectoryIteratorException e) {
            stays.add(directory + ": " + e);
        }
    }

    private void memory() {
        if (!Files.isDirectory(remains.memory())) {
            return;
        }
        try (Stream<Path> nodes = Files.list(remains.memory())) {
            for (Path node : nodes.sorted().toList()) {
                String trouble = KeptMemory.remove(node);
                if (trouble.isEmpty()) {
                    removed.add("what node " + node.getFileName() + " knew of flows, " + node);
                } else {
                    stays.add(node + ": " + trouble);
                }
            }
        } catch (IOException e) {
            stays.add(remains.memory() + ": " + e);
        }
    }
}
