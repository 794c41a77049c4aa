package dev.sluice.manager;

import dev.sluice.manager.agents.AgentService;
import dev.sluice.manager.http.HttpServer;
import dev.sluice.manager.objects.Inventory;
import dev.sluice.manager.rest.RestApi;
import dev.sluice.manager.store.Backup;
import dev.sluice.manager.store.CompactedException;
import dev.sluice.manager.store.SqliteStore;
import dev.sluice.manager.store.Store;
import dev.sluice.manager.store.StoreException;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A running manager. Any thread. */
public final class Manager implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Manager.class);

    /** Longer than the longest wait of an agent between two tries. */
    private static final Duration AGENTS_GRACE = Duration.ofSeconds(20);

    private final Store store;
    private final HttpServer server;
    private final @Nullable AgentService agents;
    private final Thread compactor;

    private Manager(Store store, HttpServer server, @Nullable AgentService agents, Thread compactor) {
        this.store = store;
        this.server = server;
        this.agents = agents;
        this.compactor = compactor;
    }

    /**
     * How a manager runs.
     *
     * @param data directory of the store
     * @param listen loopback addresses only, as long as nobody has to say who he is
     * @param requestsPerSecondMax of one client address
     * @param revisionsKept how far watchers and listings can go back
     * @param agents where agents reach it; empty: it keeps objects and serves no agents
     */
    public record Options(
            Path data,
            InetSocketAddress listen,
            int requestsPerSecondMax,
            long revisionsKept,
            Duration compactEvery,
            Optional<InetSocketAddress> agents) {
        /** The usual bounds, without agents. */
        public static Options of(Path data, InetSocketAddress listen) {
            return new Options(data, listen, 500, 10_000, Duration.ofMinutes(1), Optional.empty());
        }

        /** This with agents. */
        public Options with(InetSocketAddress newAgents) {
            return new Options(data, listen, requestsPerSecondMax, revisionsKept, compactEvery, Optional.of(newAgents));
        }
    }

    /**
     * Opens the store and serves it.
     *
     * @throws StoreException if the directory cannot be used
     * @throws IOException if the address cannot be listened on
     */
    public static Manager start(Options options) throws IOException {
        if (options.listen().isUnresolved() || !options.listen().getAddress().isLoopbackAddress()) {
            throw new IOException(
                    "cannot listen on " + options.listen().getHostString()
                            + ": only loopback addresses are served, since clients need no password yet; use 127.0.0.1:PORT and a tunnel of ssh");
        }
        Store store = SqliteStore.open(options.data());
        AgentService agents = null;
        try {
            Inventory inventory = new Inventory(store, InstantSource.system());
            int objects = inventory.all().objects().size();
            RestApi api = new RestApi(inventory, options.requestsPerSecondMax(), System::nanoTime);
            if (options.agents().isPresent()) {
                agents = AgentService.start(options.agents().get(), inventory, InstantSource.system(), AGENTS_GRACE);
            }
            HttpServer server = HttpServer.start(options.listen(), HttpServer.Limits.USUAL, api);
            Thread compactor = Thread.ofVirtual()
                    .name("sluice-compactor")
                    .start(() -> compact(store, options.revisionsKept(), options.compactEvery()));
            LOG.info("{} objects at revision {} in {}", objects, store.revision(), options.data());
            return new Manager(store, server, agents, compactor);
        } catch (IOException | RuntimeException e) {
            if (agents != null) {
                agents.close();
            }
            store.close();
            throw e;
        }
    }

    /**
     * Fills an empty directory from a backup.
     *
     * @return how many entries the backup holds: objects, and the record of changes
     * @throws StoreException if the backup is not whole, or the directory cannot be used or holds objects
     */
    public static int restore(Path data, byte[] backup) {
        try (Store store = SqliteStore.open(data)) {
            return Backup.restore(backup, store);
        }
    }

    private static void compact(Store store, long kept, Duration every) {
        try {
            while (true) {
                Thread.sleep(every);
                long oldest = store.revision() - kept;
                if (oldest > store.compacted()) {
                    compact(store, oldest);
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static void compact(Store store, long oldest) {
        try {
            store.compact(oldest);
        } catch (CompactedException | StoreException e) {
            LOG.warn("old revisions are kept until it works: {}", e.getMessage());
        }
    }

    /** The port that it listens on. */
    public int port() {
        return server.port();
    }

    /** The port that agents reach it at; 0: it serves none. */
    public int agentsPort() {
        return agents == null ? 0 : agents.port();
    }

    /** Answers no more requests; everything that was acknowledged is on disk. */
    @Override
    public void close() {
        compactor.interrupt();
        if (agents != null) {
            agents.close();
        }
        store.close();
        server.close();
    }
}
