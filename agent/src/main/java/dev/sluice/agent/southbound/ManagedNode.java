package dev.sluice.agent.southbound;

import dev.sluice.agent.NodeException;
import dev.sluice.agent.NodeOptions;
import dev.sluice.agent.OutcomeUnknownException;
import dev.sluice.agent.StateDirectory;
import dev.sluice.agent.admin.ReloadRequest;
import dev.sluice.agent.node.NodeRunner;
import dev.sluice.agent.runtime.Permits;
import dev.sluice.agent.runtime.Runtimes;
import dev.sluice.southbound.FromController;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
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
    private static final long REPORT_MS = 1_000;
    private static final long REPORT_NS = 1_000_000_000L;
    private static final long STEADY_NS = 5_000_000_000L;

    /** So often a failing connection is complained of, for the same reason. */
    private static final long COMPLAIN_NS = 60_000_000_000L;

    private final ManagerLink link;
    private final ManagerAddresses manager;
    private final NodeOptions options;
    private final Following following;
    private final HostWatch host = new HostWatch();
    private long reportedNs;
    private final Backoff backoff = new Backoff(new SplittableRandom());
    private final CountDownLatch ended = new CountDownLatch(1);
    private final Thread thread;
    private final Runtimes runtimes;
    private volatile @Nullable NodeRunner runner;
    private volatile boolean stopping;
    private volatile String failure = "";
    private final List<String> reasons = new ArrayList<>();
    private String complained = "";
    private long complainedNs = System.nanoTime() - COMPLAIN_NS;

    private ManagedNode(ManagerLink link, String name, NodeOptions given, Permits permits) {
        this.link = link;
        manager = link.addresses();
        Path state = directory(name, given);
        following = new Following("manager " + manager, name, new ReceivedFile(state, name), this::apply);
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
        return start(link, name, options, Permits.NONE);
    }

    /**
     * The same on a host that makes service nodes.
     *
     * @param permits which programs a manager may have run here
     */
    public static ManagedNode start(ManagerLink link, String name, NodeOptions options, Permits permits) {
        ManagedNode node = new ManagedNode(link, name, options, permits);
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
                if (System.nanoTime() - beginNs > STEADY_NS) {
                    backoff.worked();
                }
                if (why.isEmpty()) {
                    continue;
                }
                reasons.add(manager.all().size() == 1 ? why : manager.current() + ": " + why);
                // Of several managers one serves agents: which, is found out by asking all without a pause.
                if (manager.next()) {
                    complain(String.join("; ", reasons));
                    reasons.clear();
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
        try (ManagerStream stream = ManagerStream.open(link)) {
            stream.send(following.begin());
            host.begin();
            while (!stopping) {
                ManagerStream.Event event = stream.next(host.isLooking() ? HostWatch.LOOK_MS : REPORT_MS);
                switch (event) {
                    case ManagerStream.Ended(String why) -> {
                        return why;
                    }
                    case ManagerStream.Message(FromController message) -> {
                        if (message.hasRefusal()) {
                            return message.getRefusal();
                        }
                        if (message.hasUpdate()) {
                            following.take(message.getUpdate()).ifPresent(stream::send);
                        }
                        if (message.hasLookout()) {
                            host.lookFor(message.getLookout());
                        }
                    }
                    case null -> {}
                }
                long nowNs = System.nanoTime();
                host.tell(nowNs).ifPresent(stream::send);
                if (event != null || nowNs - reportedNs >= REPORT_NS) {
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
        }
    }

    /** Puts into force what was received. */
    private void apply() throws NodeException {
        NodeRunner running = runner;
        if (running == null) {
            String problem = startRunner().status().configuration().problem();
            if (!problem.isEmpty()) {
                throw new NodeException(problem);
            }
            return;
        }
        while (true) {
            try {
                running.reload(ReloadRequest.PLAIN);
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

    /** Tells what is new of the node. */
    private void report(ManagerStream stream) {
        NodeRunner running = runner;
        if (running != null && !running.hasEnded()) {
            following.report(NodeReport.of(running, runtimes.states())).ifPresent(stream::send);
        }
    }
}
