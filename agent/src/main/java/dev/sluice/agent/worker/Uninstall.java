package dev.sluice.agent.worker;

import dev.sluice.agent.Remains;
import dev.sluice.fastpath.Leftovers;
import dev.sluice.ports.PortException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
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

    private Uninstall(Remains remains) {
        this.remains = remains;
    }

    /** Removes what can be removed. */
    public static Result run(Remains remains) {
        Uninstall uninstall = new Uninstall(remains);
        uninstall.kernel();
        uninstall.memory();
        return new Result(uninstall.removed, uninstall.stays);
    }

    private void kernel() {
        try {
            Path here = remains.pinsHere();
            for (Path directory : remains.allPins()) {
                String number = String.valueOf(directory.getFileName()).replaceAll("[^0-9]", "");
                try (FastPathClaim claim = FastPathClaim.take(number)) {
                    assert claim != null;
                    removed.addAll(new Leftovers(directory).remove(directory.equals(here)));
                } catch (PortException e) {
                    stays.add(directory + ": " + e.getMessage());
                }
            }
        } catch (IOException e) {
            stays.add(remains.pins() + ": " + e);
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
