package dev.sluice.manager;

import dev.sluice.manager.access.Accounts;
import dev.sluice.manager.callbacks.CallbackOptions;
import dev.sluice.manager.enrolment.Enrolments;
import dev.sluice.manager.events.EventLog;
import dev.sluice.manager.http.HttpServer;
import dev.sluice.manager.http.ShownCertificate;
import dev.sluice.manager.metrics.ManagerScrape.Expiry;
import dev.sluice.manager.metrics.ManagerScraper;
import dev.sluice.manager.objects.Caller;
import dev.sluice.manager.objects.History;
import dev.sluice.manager.objects.Inventory;
import dev.sluice.manager.objects.Refusal;
import dev.sluice.manager.paths.PathTraffic;
import dev.sluice.manager.rest.Gate;
import dev.sluice.manager.rest.RestApi;
import dev.sluice.manager.rest.Self;
import dev.sluice.manager.store.Backup;
import dev.sluice.manager.store.CompactedException;
import dev.sluice.manager.store.Election;
import dev.sluice.manager.store.EtcdOptions;
import dev.sluice.manager.store.EtcdStore;
import dev.sluice.manager.store.SqliteStore;
import dev.sluice.manager.store.Store;
import dev.sluice.manager.store.StoreException;
import dev.sluice.manager.traces.CaptureFiles;
import dev.sluice.model.OwnerOnly;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A running manager. Any thread. */
public final class Manager implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Manager.class);

    private final Store store;
    private final HttpServer server;
    private final Leading leading;
    private final Election election;
    private final Optional<Enrolments> enrolments;
    private final Thread compactor;

    private Manager(
            Store store,
            HttpServer server,
            Leading leading,
            Election election,
            Optional<Enrolments> enrolments,
            History history,
            Options options) {
        this.enrolments = enrolments;
        this.store = store;
        this.server = server;
        this.leading = leading;
        this.election = election;
        compactor = Thread.ofVirtual()
                .name("sluice-compactor")
                .start(() -> compact(history, options.revisionsKept(), options.compactEvery()));
    }

    /** Holds a token for whoever may read it: the administrator of this machine. */
    public static final String ADMIN_TOKEN_FILE = "admin.token";

    /**
     * How a manager runs.
     *
     * @param data directory of the store, and of what belongs to this manager alone
     * @param listen loopback addresses only, unless there are access control and a certificate
     * @param requestsPerSecondMax of one client address
     * @param revisionsKept how far watchers and listings can go back
     * @param history how far people can go back
     * @param accessControl whether clients have to show a token
     * @param certificate with which TLS is spoken; empty: plain HTTP
     * @param callbacks how service managers are called
     * @param agents where agents reach it, and who is let in; empty: it keeps objects and serves no agents
     * @param cluster where the store is, for several managers; empty: in the directory, for this one alone
     */
    public record Options(
            Path data,
            InetSocketAddress listen,
            int requestsPerSecondMax,
            long revisionsKept,
            History.Bounds history,
            Duration compactEvery,
            boolean accessControl,
            Optional<ShownCertificate> certificate,
            CallbackOptions callbacks,
            Optional<AgentOptions> agents,
            Optional<EtcdOptions> cluster) {
        /** The usual bounds, with access control, without TLS, without agents, with a store of its own. */
        public static Options of(Path data, InetSocketAddress listen) {
            return new Options(
                    data,
                    listen,
                    500,
                    10_000,
                    History.Bounds.USUAL,
                    Duration.ofMinutes(1),
                    true,
                    Optional.empty(),
                    CallbackOptions.USUAL,
                    Optional.empty(),
                    Optional.empty());
        }

        /** The same for whoever reaches it. */
        public Options withoutAccessControl() {
            return with(history, false, certificate, callbacks, agents, cluster);
        }

        /** The same with TLS. */
        public Options with(ShownCertificate shown) {
            return with(history, accessControl, Optional.of(shown), callbacks, agents, cluster);
        }

        /** The same with another way to call service managers. */
        public Options with(CallbackOptions newCallbacks) {
            return with(history, accessControl, certificate, newCallbacks, agents, cluster);
        }

        /** The same with agents. */
        public Options with(AgentOptions newAgents) {
            return with(history, accessControl, certificate, callbacks, Optional.of(newAgents), cluster);
        }

        /** The same with a store for several managers. */
        public Options with(EtcdOptions newCluster) {
            return with(history, accessControl, certificate, callbacks, agents, Optional.of(newCluster));
        }

        /** The same with another history. */
        public Options with(History.Bounds newHistory) {
            return with(newHistory, accessControl, certificate, callbacks, agents, cluster);
        }

        private Options with(
                History.Bounds newHistory,
                boolean newAccessControl,
                Optional<ShownCertificate> newCertificate,
                CallbackOptions newCallbacks,
                Optional<AgentOptions> newAgents,
                Optional<EtcdOptions> newCluster) {
            return new Options(
                    data,
                    listen,
                    requestsPerSecondMax,
                    revisionsKept,
                    newHistory,
                    compactEvery,
                    newAccessControl,
                    newCertificate,
                    newCallbacks,
                    newAgents,
                    newCluster);
        }

        /** When the certificates expire that it was given. */
        List<Expiry> expiries() {
            List<Expiry> expiries = new ArrayList<>();
            certificate.ifPresent(shown -> expiries.add(new Expiry("rest", "", shown.expires())));
            callbacks.shown().ifPresent(shown -> expiries.add(new Expiry("callbacks", "", shown.expires())));
            return expiries;
        }

        /** Where people reach it, as far as it knows. */
        String address() {
            return (certificate.isPresent() ? "https://" : "http://")
                    + (listen.getHostString().contains(":")
                            ? "[" + listen.getHostString() + "]"
                            : listen.getHostString())
                    + ":" + listen.getPort();
        }

        /** How people name the store. */
        String store() {
            return cluster.map(EtcdOptions::toString).orElse("SQLite in " + data);
        }

        private Store open() throws IOException {
            if (cluster.isEmpty()) {
                return SqliteStore.open(data);
            }
            OwnerOnly.directory(data, "token", "authority.pem");
            return EtcdStore.open(cluster.get());
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
        Store store = options.open();
        Election election = null;
        try {
            Inventory inventory = new Inventory(store, InstantSource.system(), options.history());
            int objects = inventory.all().objects().size();
            Accounts accounts = new Accounts(store, inventory, InstantSource.system());
            Gate gate = options.accessControl() ? Gate.ofTokens(accounts) : Gate.open();
            if (options.accessControl()) {
                writeToken(options.data().resolve(ADMIN_TOKEN_FILE), accounts.localAdministrator());
            }
            Optional<Enrolments> enrolments = enrolments(options, store, inventory);
            EventLog events = new EventLog(InstantSource.system());
            CaptureFiles files = new CaptureFiles();
            PathTraffic traffic = new PathTraffic(System::nanoTime);
            Leading leading = new Leading(
                    options.agents(),
                    enrolments,
                    inventory,
                    events,
                    files,
                    traffic,
                    options.callbacks(),
                    options.address());
            election = store.elect(leading);
            ManagerScraper scraper = new ManagerScraper(
                    inventory,
                    election::standing,
                    store::sizeBytes,
                    leading::controller,
                    enrolments,
                    options.expiries());
            Self self = new Self(options.store(), election::standing, election::members, scraper::scrape);
            RestApi api = new RestApi(
                    inventory,
                    accounts,
                    events,
                    files,
                    traffic,
                    enrolments,
                    gate,
                    self,
                    options.requestsPerSecondMax(),
                    System::nanoTime);
            HttpServer server = HttpServer.start(options.listen(), HttpServer.Limits.USUAL, options.certificate(), api);
            LOG.info("{} objects at revision {} in {}", objects, store.revision(), options.store());
            return new Manager(store, server, leading, election, enrolments, inventory.history(), options);
        } catch (IOException | RuntimeException e) {
            if (election != null) {
                election.close();
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
            throw new IOException(failed
                    + "without access control only loopback addresses are served; use 127.0.0.1:PORT, or leave"
                    + " --no-access-control out");
        }
        if (!loopback && options.certificate().isEmpty()) {
            throw new IOException(failed
                    + "tokens must not travel in the clear; give --tls-cert and --tls-key, or use"
                    + " 127.0.0.1:PORT and a tunnel of ssh");
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
     * Fills an empty store from a backup.
     *
     * @return how many entries the backup holds: objects, and the record of changes
     * @throws StoreException if the backup is not whole, or the store cannot be used or holds objects
     * @throws IOException if the directory cannot be made
     */
    public static int restore(Options options, byte[] backup) throws IOException {
        try (Store store = options.open()) {
            return Backup.restore(backup, store);
        }
    }

    /** Each so often; of several managers the one that leads, or any if there is no room: without room nobody new can lead. */
    private void compact(History history, long kept, Duration every) {
        try {
            while (true) {
                Thread.sleep(every);
                // First of all: to forget takes a little room, which compacting makes.
                boolean full = store.lacksRoom();
                compact(full, kept);
                forget(full, history);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void compact(boolean full, long kept) {
        try {
            long oldest = store.revision() - (full ? 0 : kept);
            if (full || (election.standing().leads() && oldest > store.compacted())) {
                store.compact(oldest);
            }
        } catch (CompactedException | StoreException e) {
            LOG.warn("old revisions are kept until it works: {}", e.getMessage());
        } catch (RuntimeException e) {
            LOG.error("a defect of this program, old revisions are kept for now", e);
        }
    }

    private void forget(boolean full, History history) {
        try {
            if (full || election.standing().leads()) {
                history.forget(full);
            }
        } catch (Refusal | StoreException e) {
            LOG.warn("old changes are kept until it works: {}", e.getMessage());
        } catch (RuntimeException e) {
            LOG.error("a defect of this program, old changes are kept for now", e);
        }
    }

    /** The port that it listens on. */
    public int port() {
        return server.port();
    }

    /** The port that agents reach it at; 0: it serves none now. */
    public int agentsPort() {
        return leading.port();
    }

    /**
     * A token with which an agent in this process becomes a node, as {@code sluice enrol create} makes them.
     *
     * @throws IllegalStateException if agents need no token here, or none are served
     * @throws dev.sluice.manager.objects.Refusal if no node can be called so
     */
    public String enrol(String node) {
        return enrolments
                .orElseThrow(() -> new IllegalStateException("nobody enrols here"))
                .issue(node, Enrolments.TTL_USUAL, new Caller("local", "sluice"))
                .text();
    }

    /** Whether it leads, or who does. */
    public Election.Standing standing() {
        return election.standing();
    }

    /** Answers no more requests; everything that was acknowledged is on disk. */
    @Override
    public void close() {
        compactor.interrupt();
        election.close();
        store.close();
        server.close();
    }
}
