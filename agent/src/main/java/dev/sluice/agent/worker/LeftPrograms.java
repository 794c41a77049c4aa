package dev.sluice.agent.worker;

import dev.sluice.agent.Remains;
import dev.sluice.fastpath.Leftovers;
import dev.sluice.ports.Claim;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Programs that a process before has left at interfaces, where this one has no fast path that goes on with them. One user: the worker. */
final class LeftPrograms {
    private static final Logger LOG = LoggerFactory.getLogger(LeftPrograms.class);

    private final @Nullable Remains remains;
    private final Function<String, Optional<Claim.Holder>> fastPathHolders;

    /**
     * @param remains where they are; null: in the usual place
     * @param fastPathHolders who has the fast path of a network namespace, by its number
     */
    LeftPrograms(@Nullable Remains remains, Function<String, Optional<Claim.Holder>> fastPathHolders) {
        this.remains = remains;
        this.fastPathHolders = fastPathHolders;
    }

    /** Takes away that of a port whose packets this process moves itself: it would go on repeating those that it knows, and each would be sent twice. */
    void letGo(String interfaceName) {
        try {
            Path pins = pins();
            if (pins != null && new Leftovers(pins).release(interfaceName)) {
                LOG.warn(
                        "port {} has no fast path: the program that a process before left there is taken away ({})",
                        interfaceName,
                        pins);
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
            Path pins = pins();
            // Where another node has the fast path, they are its business.
            if (pins == null || fastPathHolders.apply(Remains.namespaceOf(pins)).isPresent()) {
                return;
            }
            Leftovers leftovers = new Leftovers(pins);
            for (String other : leftovers.interfaceNames()) {
                if (!interfaceNames.contains(other) && leftovers.release(other)) {
                    LOG.warn(
                            "interface {} is no port any more: the program that a process before left there is taken away ({})",
                            other,
                            pins);
                }
            }
        } catch (IOException e) {
            LOG.warn(
                    "what a process before may have left at interfaces that are no ports any more is not taken away, and keeps their packets from the host: {}",
                    e.getMessage());
        }
    }

    /** Null: there is no file system for them. */
    private @Nullable Path pins() throws IOException {
        Remains where =
                remains != null ? remains : Remains.present(Remains.MEMORY).orElse(null);
        return where == null ? null : where.pinsHere();
    }
}
