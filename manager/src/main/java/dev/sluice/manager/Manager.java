package dev.sluice.manager;

import dev.sluice.manager.access.Accounts;
import dev.sluice.manager.agents.AgentService;
import dev.sluice.manager.enrolment.Enrolments;
import dev.sluice.manager.http.HttpServer;
import dev.sluice.manager.http.ServerCertificate;
import dev.sluice.manager.instances.DeploymentService;
import dev.sluice.manager.objects.Inventory;
import dev.sluice.manager.rest.Gate;
import dev.sluice.manager.rest.RestApi;
import dev.sluice.manager.store.Backup;
import dev.sluice.manager.store.CompactedException;
import dev.sluice.manager.store.SqliteStore;
import dev.sluice.manager.store.Store;
import dev.sluice.manager.store.StoreException;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
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
    private final @Nullable DeploymentService deployments;
    private final Thread compactor;

    private Manager(
            Store store,
            HttpServer server,
            @Nullable AgentService agents,
            @Nullable DeploymentService deployments,
            Thread compactor) {
        this.store = store;
        this.server = server;
        this.agents = agents;
        this.deployments = deployments;
        this.compactor = compactor;
    }

    /** Holds a token for whoever may read it: the administrator of this machine. */
    public static final String ADMIN_TOKEN_FILE = "admin.token";

    /**
     * How a manager runs.
     *
     * @param data directory of the store
     * @param listen loopback addresses only, unless there are access control and a certificate
     * @param requestsPerSecondMax of one client address
     * @param revisionsKept how far watchers and listings can go back
     * @param accessControl whether clients have to show a token
     * @param certificate with which TLS is spoken; empty: plain HTTP
     * @param agents where agents reach it, and who is let in; empty: it keeps objects and serves no agents
     */
    public record Options(
            Path data,
            InetSocketAddress listen,
            int requestsPerSecondMax,
            long revisionsKept,
            Duration compactEvery,
            boolean accessControl,
            Optional<ServerCertificate> certificate,
            Optional<AgentOptions> agents) {
        /** The usual bounds, with access control, without TLS, without agents. */
        public static Options of(Path data, InetSocketAddress listen) {
            Duration compactEvery = Duration.ofMinutes(1);
            return new Options(data, listen, 500, 10_000, compactEvery, true, Optional.empty(), Optional.empty());
        }

        /** The same for whoever reaches it. */
        public Options withoutAccessControl() {
            return new Options(
                    data, listen, requestsPerSecondMax, revisionsKept, compactEvery, false, certificate, agents);
        }

        /** The same with TLS. */
        public Options with(ServerCertificate shown) {
            Optional<ServerCertificate> now = Optional.of(shown);
            return new Options(
                    data, listen, requestsPerSecondMax, revisionsKept, compactEvery, accessControl, now, agents);
        }

        /** The same with agents. */
        public Options with(AgentOptions newAgents) {
            Optional<AgentOptions> now = Optional.of(newAgents);
            return new Options(
                    data, listen, requestsPerSecondMax, revisionsKept, compactEvery, accessControl, certificate, now);
        }
    }

    /**
     * Opens the store and serves it.
     *
     * @throws StoreException if the directory cannot be used
     * @throws IOException if the address cannot be listened on
     * @throws dev.sluice.manager.enrolment.AuthorityException if there is something wrong with the authority of agents
     */
    public static Manager start(Options options) throws IOException {
        checkAddress(options);
        Store store = SqliteStore.open(options.data());
        AgentService agents = null;
        try {
            Inventory inventory = new Inventory(store, InstantSource.system());
            int objects = inventory.all().objects().size();
            Accounts accounts = new Accounts(store, inventory, InstantSource.system());
            Gate gate = options.accessControl() ? Gate.ofTokens(accounts) : Gate.open();
            if (options.accessControl()) {
                writeToken(options.data().resolve(ADMIN_TOKEN_FILE), accounts.localAdministrator());
            }
            Optional<Enrolments> enrolments = enrolments(options, store, inventory);
            RestApi api = new RestApi(
                    inventory, accounts, enrolments, gate, options.requestsPerSecondMax(), System::nanoTime);
            if (options.agents().isPresent()) {
                agents = AgentService.start(
                        options.agents().get().listen(), enrolments, inventory, InstantSource.system(), AGENTS_GRACE);
            }
            HttpServer server = HttpServer.start(options.listen(), HttpServer.Limits.USUAL, options.certificate(), api);
            Thread compactor = Thread.ofVirtual()
                    .name("sluice-compactor")
                    .start(() -> compact(store, options.revisionsKept(), options.compactEvery()));
            LOG.info("{} objects at revision {} in {}", objects, store.revision(), options.data());
            DeploymentService deployments = agents == null
                    ? null
                    : DeploymentService.start(inventory, agents.controller(), InstantSource.system());
            return new Manager(store, server, agents, deployments, compactor);
        } catch (IOException | RuntimeException e) {
            if (agents != null) {
                agents.close();
            }
            store.close();
            throw e;
        }
    }

    private static Optional<Enrolments> enrolments(Options options, Store store, Inventory inventory) {
        if (options.agents().isEmpty() || options.agents().get().insecure()) {
            return Optional.empty();
        }
        return Optional.of(options.agents().get().enrolments(options.data(), store, inventory, InstantSource.system()));
    }

    private static void checkAddress(Options options) throws IOException {
        InetSocketAddress listen = options.listen();
        boolean loopback = !listen.isUnresolved() && listen.getAddress().isLoopbackAddress();
        String failed = "cannot listen on " + listen.getHostString() + ": ";
        if (listen.isUnresolved()) {
            throw new IOException(failed + "there is no such host; write an address");
        }
        if (!loopback && !options.accessControl()) {
            throw new IOException(
                    failed
                            + "without access control only loopback addresses are served; use 127.0.0.1:PORT, or leave --no-access-control out");
        }
        if (!loopback && options.certificate().isEmpty()) {
            throw new IOException(
                    failed
                            + "tokens must not travel in the clear; give --tls-cert and --tls-key, or use 127.0.0.1:PORT and a tunnel of ssh");
        }
    }

    /** For the owner of the directory only, from its first byte on. */
    private static void writeToken(Path file, String token) throws IOException {
        Path part = file.resolveSibling(file.getFileName() + ".part");
        Files.deleteIfExists(part);
        Files.createFile(part, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
        Files.writeString(part, token + "\n");
        Files.move(part, file, StandardCopyOption.REPLACE_EXISTING, StandardCopyOption.ATOMIC_MOVE);
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
        if (deployments != null) {
            deployments.close();
        }
        if (agents != null) {
            agents.close();
        }
        store.close();
        server.close();
    }
}
