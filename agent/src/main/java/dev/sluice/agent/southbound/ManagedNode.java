package dev.sluice.agent.southbound;

import dev.sluice.agent.NodeException;
import dev.sluice.agent.NodeOptions;
import dev.sluice.agent.OutcomeUnknownException;
import dev.sluice.agent.StateDirectory;
import dev.sluice.agent.admin.ReloadRequest;
import dev.sluice.agent.node.NodeRunner;
import dev.sluice.southbound.Answer;
import dev.sluice.southbound.FromAgent;
import dev.sluice.southbound.FromController;
import dev.sluice.southbound.Hello;
import dev.sluice.southbound.Protocol;
import dev.sluice.southbound.Report;
import dev.sluice.southbound.Update;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
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
    private static final long STEADY_NS = 5_000_000_000L;

    /** So often a failing connection is complained of, for the same reason. */
    private static final long COMPLAIN_NS = 60_000_000_000L;

    private final ManagerLink link;
    private final ManagerAddress manager;
    private final String name;
    private final NodeOptions options;
    private final ReceivedObjects received;
    private final UpdateIntake intake;
    private final Backoff backoff = new Backoff(new SplittableRandom());
    private final CountDownLatch ended = new CountDownLatch(1);
    private final Thread thread;
    private volatile @Nullable NodeRunner runner;
    private volatile boolean stopping;
    private volatile String failure = "";
    private String complained = "";
    private long complainedNs = System.nanoTime() - COMPLAIN_NS;

    private ManagedNode(ManagerLink link, String name, NodeOptions given) {
        this.link = link;
        manager = link.address();
        this.name = name;
        Path state = directory(name, given);
        ReceivedFile file = new ReceivedFile(state, name);
        received = new ReceivedObjects("manager " + manager, file.read());
        options = given.from(received).named(name).stateIn(state);
        intake = new UpdateIntake(received, file, this::apply);
        thread = Thread.ofPlatform().name("sluice-manager").unstarted(this::run);
    }

    /**
     * Starts to follow; the node itself starts at once if the manager ever sent something, else when it does.
     *
     * @param name of the node
     * @param options the source of its objects in it counts for nothing
     */
    public static ManagedNode start(ManagerLink link, String name, NodeOptions options) {
        ManagedNode node = new ManagedNode(link, name, options);
        try {
            node.startRunner();
        } catch (NodeException e) {
            if (node.received.accepted().isEmpty()) {
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
                complain(why);
                Thread.sleep(backoff.next());
            } catch (InterruptedException e) {
                return;
            }
        }
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
            Hello.Builder hello = Hello.newBuilder()
                    .setNode(name)
                    .setProtocol(Protocol.NUMBER)
                    .setSoftware(Objects.requireNonNullElse(
                            ManagedNode.class.getPackage().getImplementationVersion(), "development"));
            hello.putAllHeld(received.versions());
            stream.send(FromAgent.newBuilder().setHello(hello).build());
            List<Update> parts = new ArrayList<>();
            Report reported = Report.getDefaultInstance();
            while (!stopping) {
                switch (stream.next(REPORT_MS)) {
                    case ManagerStream.Ended(String why) -> {
                        return why;
                    }
                    case ManagerStream.Message(FromController message) -> {
                        if (message.hasRefusal()) {
                            return message.getRefusal();
                        }
                        if (message.hasUpdate()) {
                            parts.add(message.getUpdate());
                            if (!message.getUpdate().getMore()) {
                                take(stream, parts);
                                parts = new ArrayList<>();
                            }
                        }
                    }
                    case null -> intake.save();
                }
                reported = report(stream, reported);
                if (parts.isEmpty() && stream.renewed()) {
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

    private void take(ManagerStream stream, List<Update> parts) {
        Answer answer = intake.take(parts);
        if (answer.getAccepted()) {
            LOG.info(
                    "took an update from {}: {} objects",
                    manager,
                    received.accepted().size());
        }
        stream.send(FromAgent.newBuilder().setAnswer(answer).build());
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

    /** Tells what is new of the node; what was told. */
    private Report report(ManagerStream stream, Report before) {
        NodeRunner running = runner;
        if (running == null || running.hasEnded()) {
            return before;
        }
        Report now = NodeReport.of(running);
        if (!now.equals(before)) {
            stream.send(FromAgent.newBuilder().setReport(now).build());
        }
        return now;
    }
}
