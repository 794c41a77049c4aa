package dev.sluice.agent.southbound;

import dev.sluice.agent.NodeException;
import dev.sluice.agent.NodeOptions;
import dev.sluice.agent.OutcomeUnknownException;
import dev.sluice.agent.RefusedException;
import dev.sluice.agent.StateDirectory;
import dev.sluice.agent.admin.AdminRequests;
import dev.sluice.agent.admin.ReloadRequest;
import dev.sluice.agent.metrics.ManagerContact;
import dev.sluice.agent.node.NodeRunner;
import dev.sluice.agent.report.PathsReport;
import dev.sluice.agent.report.PlanesReport;
import dev.sluice.agent.report.RuntimesReport;
import dev.sluice.agent.runtime.Permits;
import dev.sluice.agent.runtime.Runtimes;
import dev.sluice.model.ExistingFlows;
import dev.sluice.model.LoadResult;
import dev.sluice.southbound.FromController;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.concurrent.CountDownLatch;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A node that follows a manager. It starts with what the manager sent last, or waits for it the first time; it goes on without the manager for as long as it has to.
 *
 * <p>Thread: one keeps the stream, applies updates and reports. {@link #close} and {@link #awaitEnd} are for any.
 */
public final class ManagedNode implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(ManagedNode.class);
    private static final Duration REPORT = Duration.ofSeconds(1);
    private static final Duration STEADY = Duration.ofSeconds(5);

    /** A manager that takes a connection and says nothing on it is left after so many times that. */
    private static final int SILENT_FACTOR = 3;

    /** So often a failing connection is complained of, for the same reason. */
    private static final long COMPLAIN_NS = 60_000_000_000L;

    private final ManagerLink link;
    private final ManagerAddresses manager;
    private final ManagerTries tries;
    private final NodeOptions options;
    private final Following following;
    private final HostWatch host = new HostWatch();
    private final ToldLoads loads = new ToldLoads();
    private final ToldPaths paths = new ToldPaths();
    private final ToldRuntimes told = new ToldRuntimes();
    private long reportedNs;
    private final Backoff backoff = new Backoff(new SplittableRandom());
    private final CountDownLatch ended = new CountDownLatch(1);
    private final long reportMs;
    private final long steadyNs;
    private final Thread thread;
    private final Runtimes runtimes;
    private volatile @Nullable NodeRunner runner;
    private volatile boolean stopping;
    private volatile boolean connected;

    /** Whether the stream stood, that of now or the last one; the thread's. */
    private boolean stood;

    private volatile String failure = "";
    private String complained = "";
    private long complainedNs = System.nanoTime() - COMPLAIN_NS;

    private ManagedNode(
            ManagerLink link, String name, NodeOptions given, Permits permits, Duration report, Duration steady) {
        steadyNs = steady.toNanos();
        reportMs = report.toMillis();
        this.link = link;
        manager = link.addresses();
        tries = new ManagerTries(manager);
        Path state = directory(name, given);
        following = new Following("manager " + manager, name, new ReceivedFile(state, name), new Applied());
        options = given.from(following.objects()).named(name).stateIn(state);
        thread = Thread.ofPlatform().name("sluice-manager").unstarted(this::run);
        runtimes = Runtimes.start(name, state.resolve("instances"), permits, new MadeInstances(this::runner));
    }

    /**
     * Starts to follow; the node itself starts at once if the manager ever sent something, else when it does.
     *
     * @param name of the node
     * @param options the source of its objects in it counts for nothing
     */
    public static ManagedNode start(ManagerLink link, String name, NodeOptions options) {
        return start(link, name, options, Permits.NONE, REPORT);
    }

    /**
     * The same on a host that makes service nodes.
     *
     * @param permits which programs a manager may have run here
     */
    public static ManagedNode start(ManagerLink link, String name, NodeOptions options, Permits permits) {
        return start(link, name, options, permits, REPORT);
    }

    /**
     * The same with reports at other intervals.
     *
     * @param report how often the manager is told what the node sees
     */
    public static ManagedNode start(
            ManagerLink link, String name, NodeOptions options, Permits permits, Duration report) {
        return start(link, name, options, permits, report, STEADY);
    }

    /**
     * The same with another patience.
     *
     * @param steady a stream that lives for so long without a word stands
     */
    static ManagedNode start(
            ManagerLink link, String name, NodeOptions options, Permits permits, Duration report, Duration steady) {
        ManagedNode node = new ManagedNode(link, name, options, permits, report, steady);
        try {
            if (node.startRunner().status().configuration().problem().isEmpty()) {
                node.following.started();
            }
        } catch (NodeException e) {
            if (node.following.accepted() == 0) {
                LOG.info("node {} waits for its first objects from {}", name, node.manager);
            } else {
                LOG.error("what {} sent last cannot be run: {}", node.manager, e.getMessage());
            }
        }
        node.thread.start();
        return node;
    }

    /** Where a node keeps what it has to find again. */
    public static Path directory(String name, NodeOptions options) {
        return options.state().orElseGet(() -> StateDirectory.defaultPath(name));
    }

    private NodeRunner startRunner() throws NodeException {
        NodeRunner started = NodeRunner.start(options);
        runner = started;
        Thread.ofVirtual().start(() -> {
            started.awaitEnd();
            close();
        });
        return started;
    }

    /** The running node; null as long as the manager has sent nothing that can be run. */
    public @Nullable NodeRunner runner() {
        return runner;
    }

    /** How it is getting on with its manager. */
    public ManagerContact contact() {
        return new ManagerContact(connected, link.expires());
    }

    /** Waits until the node has ended. */
    public void awaitEnd() {
        try {
            ended.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** Why it ended without being asked to; empty: it was asked. */
    public String failure() {
        NodeRunner running = runner;
        return running == null ? failure : running.failure();
    }

    @Override
    public void close() {
        stopping = true;
        thread.interrupt();
        runtimes.close();
        NodeRunner running = runner;
        if (running != null) {
            running.close();
        }
        ended.countDown();
    }

    // The stream's thread.

    private void run() {
        while (!stopping) {
            try {
                long beginNs = System.nanoTime();
                String why = followed();
                if (stood && System.nanoTime() - beginNs > steadyNs) {
                    backoff.worked();
                }
                if (why.isEmpty()) {
                    continue;
                }
                loads.missed(System.nanoTime());
                tellLoads();
                Optional<String> ofAll = tries.failed(why);
                if (ofAll.isPresent()) {
                    complain(ofAll.get());
                    Thread.sleep(backoff.next());
                }
            } catch (InterruptedException e) {
                break;
            }
        }
        host.close();
    }

    private String followed() throws InterruptedException {
        try {
            return follow();
        } catch (RuntimeException e) {
            LOG.error("a defect of this program, the node goes on", e);
            return "a defect: " + e.getMessage();
        }
    }

    private void complain(String why) {
        long nowNs = System.nanoTime();
        if (!stopping && (nowNs - complainedNs >= COMPLAIN_NS || !why.equals(complained))) {
            complainedNs = nowNs;
            complained = why;
            LOG.warn("no manager at {}, the node goes on with what it has: {}", manager, why);
        }
    }

    /** Follows for as long as a stream stands; why it ended; empty: for a better one. */
    private String follow() throws InterruptedException {
        long beginNs = System.nanoTime();
        stood = false;
        try (ManagerStream stream = ManagerStream.open(link);
                AskedCaptures captures = new AskedCaptures(stream::send)) {
            CountedPaths counts = new CountedPaths(stream::send);
            stream.send(following.begin());
            host.begin();
            paths.begin();
            told.begin();
            while (!stopping) {
                ManagerStream.Event event =
                        stream.next(host.isLooking() ? Math.min(HostWatch.LOOK_MS, reportMs) : reportMs);
                switch (event) {
                    case ManagerStream.Ended(String why) -> {
                        return why;
                    }
                    case ManagerStream.Message(FromController message) -> {
                        connected = true;
                        stood = true;
                        if (message.hasRefusal()) {
                            return message.getRefusal();
                        }
                        tries.stood();
                        if (message.hasUpdate()) {
                            following.take(message.getUpdate()).ifPresent(stream::send);
                        }
                        if (message.hasQuestion()) {
                            Questions.answer(message.getQuestion(), runner, captures, counts)
                                    .ifPresent(stream::send);
                        }
                        if (message.hasLookout()) {
                            host.lookFor(message.getLookout());
                        }
                        if (message.hasLoads()) {
                            loads.take(message.getLoads());
                        }
                    }
                    case null -> {
                        // A manager that has nothing new says nothing; one that is not there would have been noticed by
                        // now.
                        long quietNs = System.nanoTime() - beginNs;
                        if (quietNs > steadyNs && stream.stands()) {
                            connected = true;
                            stood = true;
                            tries.stood();
                        } else if (!stood && quietNs > SILENT_FACTOR * steadyNs) {
                            return "it takes connections and does not answer";
                        }
                    }
                }
                long nowNs = System.nanoTime();
                if (connected) {
                    loads.heard(nowNs);
                }
                tellLoads();
                host.tell(nowNs).ifPresent(stream::send);
                if (event != null || nowNs - reportedNs >= reportMs * 1_000_000) {
                    reportedNs = nowNs;
                    following.idle();
                    report(stream);
                }
                if (!following.isReceiving() && stream.renewed()) {
                    return "";
                }
            }
            return "the node ends";
        } catch (ManagerLink.UnreachableException e) {
            if (e.inVain() && runner == null) {
                // Nothing runs that could go on, and nobody will send anything.
                failure = String.valueOf(e.getMessage());
                close();
            }
            return String.valueOf(e.getMessage());
        } finally {
            connected = false;
        }
    }

    /** Puts into force what was received. */
    private final class Applied implements Following.Application {
        @Override
        public void apply(Optional<ExistingFlows> flows) throws NodeException {
            ManagedNode.this.apply(flows);
        }

        @Override
        public void forgetRefusal() throws NodeException {
            NodeRunner running = runner;
            // Not after a rollback: what runs then is what somebody on this host wants.
            if (running != null && !running.status().configuration().problem().isEmpty()) {
                ManagedNode.this.apply(Optional.empty());
            }
        }
    }

    private void apply(Optional<ExistingFlows> flows) throws NodeException {
        NodeRunner running = runner;
        if (running == null) {
            LoadResult objects = following.objects().load();
            if (!objects.usable()) {
                // Which object is at fault would be lost in the words of a node that cannot start.
                throw new RefusedException(objects.problems());
            }
            String problem = startRunner().status().configuration().problem();
            if (!problem.isEmpty()) {
                throw new NodeException(problem);
            }
            return;
        }
        while (true) {
            try {
                running.reload(ReloadRequest.plain(flows));
                return;
            } catch (OutcomeUnknownException e) {
                if (stopping) {
                    throw e;
                }
                // It may yet be applied; asking again for the same tells.
                LOG.warn("{}; asked again", e.getMessage());
            }
        }
    }

    private void tellLoads() {
        NodeRunner running = runner;
        if (running != null) {
            loads.news(running).ifPresent(running::loads);
        }
    }

    /** Tells what is new of the node. */
    private void report(ManagerStream stream) {
        NodeRunner running = runner;
        if (running != null && !running.hasEnded()) {
            following
                    .report(NodeReport.of(running, runtimes.states()), System.nanoTime())
                    .ifPresent(stream::send);
            try {
                AdminRequests node = running.requests();
                PathsReport seen = node.ask(PathsReport.STATES_REQUEST, Map.of(), PathsReport.class);
                paths.tell(seen).ifPresent(stream::send);
                told.tell(
                                node.ask(ToldRuntimes.COMMAND, Map.of(), RuntimesReport.class),
                                node.ask(ToldRuntimes.PLANES, Map.of(), PlanesReport.class),
                                seen.routing())
                        .ifPresent(stream::send);
            } catch (NodeException e) {
                LOG.warn("the manager is not told of paths: {}", e.getMessage());
            }
        }
    }
}
