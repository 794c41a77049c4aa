package dev.sluice.agent.worker;

import dev.sluice.agent.Remains;
import dev.sluice.fastpath.Leftovers;
import dev.sluice.ports.Claim;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Programs that a process before has left at interfaces, where this one has no fast path that goes on with them. One user: the worker. */
final class LeftPrograms {
    private static final Logger LOG = LoggerFactory.getLogger(LeftPrograms.class);

    private final List<Remains> places;
    private final Function<String, Optional<Claim.Holder>> fastPathHolders;

    /**
     * @param places where they may be
     * @param fastPathHolders who has the fast path of a network namespace, by its number
     */
    LeftPrograms(List<Remains> places, Function<String, Optional<Claim.Holder>> fastPathHolders) {
        this.places = List.copyOf(places);
        this.fastPathHolders = fastPathHolders;
    }

    /** Takes away that of a port whose packets this process moves itself: it would go on repeating those that it knows, and each would be sent twice. */
    void letGo(String interfaceName) {
        try {
            List<String> gone = new ArrayList<>();
            for (Path pins : pins()) {
                if (new Leftovers(pins).release(interfaceName)) {
                    gone.add(pins.toString());
                }
            }
            gone.addAll(Leftovers.releaseUnnamed(interfaceName));
            if (!gone.isEmpty()) {
                LOG.warn(
                        "port {} has no fast path: the program that a process before left there is taken away ({})",
                        interfaceName,
                        String.join(", ", gone));
            }
        } catch (IOException e) {
            LOG.warn(
                    "port {}: what a process before may have left there is not taken away, and would send its packets twice: {}",
                    interfaceName,
                    e.getMessage());
        }
    }

    /** Takes away those of interfaces that are no ports any more: they would go on keeping the packets from their host. */
    void letGoOfOthers(Set<String> interfaceNames) {
        try {
            for (Path pins : pins()) {
                // Where another node has the fast path, they are its business.
                if (fastPathHolders.apply(Remains.namespaceOf(pins)).isEmpty()) {
                    letGoOfOthers(pins, interfaceNames);
                }
            }
        } catch (IOException e) {
            LOG.warn(
                    "what a process before may have left at interfaces that are no ports any more is not taken away, and keeps their packets from the host: {}",
                    e.getMessage());
        }
    }

    private static void letGoOfOthers(Path pins, Set<String> interfaceNames) throws IOException {
        Leftovers leftovers = new Leftovers(pins);
        for (String other : leftovers.interfaceNames()) {
            if (!interfaceNames.contains(other) && leftovers.release(other)) {
                LOG.warn(
                        "interface {} is no port any more: the program that a process before left there is taken away ({})",
                        other,
                        pins);
            }
        }
    }

    /** Takes all of it away that is not where this process leaves its own; by who has the fast path, when its ports have their programs. */
    void letGoElsewhere(Path own) {
        try {
            for (Path pins : pins()) {
                if (!pins.equals(own)) {
                    LOG.warn(
                            "what a process before left in {} is taken away, this one leaves its own in {}: {}",
                            pins,
                            own,
                            String.join(", ", new Leftovers(pins).removeFiles()));
                }
            }
        } catch (IOException e) {
            LOG.warn(
                    "what a process before may have left elsewhere is not all taken away: {}; as root: sluice uninstall",
                    e.getMessage());
        }
    }

    /** Where something of this network namespace is. */
    private List<Path> pins() throws IOException {
        List<Path> all = new ArrayList<>();
        for (Remains place : places) {
            Path pins = place.pinsHere();
            if (Files.isDirectory(pins)) {
                all.add(pins);
            }
        }
        return all;
    }
}
