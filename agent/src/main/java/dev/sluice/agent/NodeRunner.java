package dev.sluice.agent;

import dev.sluice.agent.StatusReport.ConfigurationReport;
import dev.sluice.datapath.Liveness;
import dev.sluice.datapath.Snapshot;
import dev.sluice.model.Configuration;
import dev.sluice.model.ConfigurationLoader;
import dev.sluice.model.LoadResult;
import dev.sluice.ports.LinkEvent;
import java.io.IOException;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A running node: a worker that moves packets, and the control thread, which is this class: it compiles, watches interfaces and publishes. {@link #start},
 * {@link #stop} and what {@link Administered} says are for any thread.
 *
 * <p>Life of a configuration: files -> objects -> snapshot -> mailbox of the worker. A step that fails changes nothing; the reason is logged and kept for
 * {@code status}.
 */
public final class NodeRunner implements Administered, AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(NodeRunner.class);
    private static final int LOOK_MS = 20;
    private static final Duration ANSWER_TIMEOUT = Duration.ofSeconds(10);

    /** Longer than the longest trace takes. */
    private static final long CLIENT_IDLE_NS = 90_000_000_000L;

    private final Path source;
    private final String name;
    private final Path socket;
    private final long startNs = System.nanoTime();
    private final LinkSource links;
    private final SnapshotCompiler compiler;
    private final Liveness liveness = new Liveness(SnapshotCompiler.INDICES_MAX, SnapshotCompiler.INDICES_MAX);
    private final InstanceWatch watch;
    private final Worker worker;
    private final NodeReports reports;
    private final Tracing tracing;
    private final RuleSight ruleSight;
    private final AttributeCommands attributes;
    private final LinkedBlockingQueue<Runnable> commands = new LinkedBlockingQueue<>();
    private final CountDownLatch ended = new CountDownLatch(1);
    private final RateLimit linkLog = new RateLimit(10_000_000_000L);
    private Map<String, @Nullable InterfaceFacts> factsUsed = new HashMap<>();
    private List<OpenPort> portsSeen = List.of();
    private volatile AppliedConfiguration applied;
    private volatile boolean stopping;

    private NodeRunner(
            Path source,
            Path socket,
            String name,
            LoadResult loaded,
            Configuration objects,
            LinkSource links,
            PortSource.Factory ports,
            @Nullable WorkerSizes sizes)
            throws NodeException, IOException {
        this.source = source;
        this.socket = socket;
        this.name = name;
        this.links = links;
        IdRegistry ids = new IdRegistry();
        compiler = new SnapshotCompiler(name, ids);
        watch = new InstanceWatch(liveness, links);
        applied = compile(objects, loaded);
        int connectionsMax = applied.node().settings().tracker().connectionsMax();
        worker = new Worker(
                sizes == null ? WorkerSizes.of(connectionsMax, new SecureRandom().nextLong()) : sizes, liveness, ports);
        reports = new NodeReports(worker, watch);
        tracing = new Tracing(worker);
        ruleSight = new RuleSight(worker.datapath().ruleLog());
        attributes = new AttributeCommands(worker, this::compiled, ids.attributes());
    }

    /** The newest snapshot; any thread. */
    private Snapshot compiled() {
        return applied.node().snapshot();
    }

    // Start and end.

    /**
     * Starts a node on the interfaces of this host and returns once its ports are open.
     *
     * @throws NodeException if it cannot start; the message says why and what to do
     */
    public static NodeRunner start(NodeOptions options) throws NodeException {
        LinkSource links;
        try {
            links = LinuxLinks.open();
        } catch (IOException e) {
            throw new NodeException("the interfaces of this host cannot be watched: " + e.getMessage(), e);
        }
        return start(options, links, LinuxPorts::new, null);
    }

    static NodeRunner start(
            NodeOptions options, LinkSource links, PortSource.Factory ports, @Nullable WorkerSizes sizes)
            throws NodeException {
        boolean started = false;
        try {
            String hash = ConfigurationFiles.hash(options.configuration());
            LoadResult loaded = ConfigurationLoader.load(options.configuration());
            if (loaded.configuration().isEmpty()) {
                throw new NodeException(AppliedConfiguration.errors(loaded.problems()));
            }
            Configuration objects = loaded.configuration().get();
            String name = NodeName.choose(objects, options.node());
            Path socket = options.socket().orElseGet(() -> AdminSocket.defaultPath(name));
            NodeRunner runner =
                    new NodeRunner(options.configuration(), socket, name, loaded, objects, links, ports, sizes);
            runner.run(options.watch(), hash);
            started = true;
            return runner;
        } catch (IOException e) {
            throw new NodeException("the node cannot start: " + e.getMessage(), e);
        } finally {
            if (!started) {
                links.close();
            }
        }
    }

    private void run(boolean watchFiles, String hash) throws NodeException {
        AdminServer admin;
        try {
            List<AdminCommand> commands = new ArrayList<>(NodeCommands.of(this));
            commands.addAll(attributes.commands());
            commands.add(RuleSight.command(this::compiled));
            admin = AdminServer.open(socket, new AdminRequests(commands), CLIENT_IDLE_NS);
        } catch (NodeException e) {
            worker.close();
            throw e;
        }
        Thread workerThread = Thread.ofPlatform().name("sluice-worker-0").unstarted(() -> {
            try {
                worker.run();
            } finally {
                stop();
            }
        });
        watch.update(applied.node(), List.of());
        worker.handOver(applied.node());
        workerThread.start();
        ConfigurationWatcher files =
                watchFiles ? ConfigurationWatcher.open(source, hash, () -> commands.add(this::reloadChanged)) : null;
        Thread.ofPlatform().name("sluice-control").start(() -> {
            try {
                control();
            } catch (RuntimeException e) {
                LOG.error("the node ends because of a defect of this program", e);
            } finally {
                end(admin, files, workerThread);
            }
        });
        refuseWithoutRights();
        LOG.info("node {} runs: configuration {}, administration socket {}", name, source, socket);
        worker.ports().forEach(port -> LOG.info("port {}: {}", port.binding().interfaceName(), port.description()));
    }

    /** Waits until the ports are open; without the right to open any, the node ends. */
    private void refuseWithoutRights() throws NodeException {
        awaitApplied(1);
        List<OpenPort> ports = worker.ports();
        String reason = ports.stream()
                .map(OpenPort::description)
                .filter(description -> description.contains("EPERM"))
                .findFirst()
                .orElse("");
        if (!reason.isEmpty() && ports.stream().noneMatch(OpenPort::open)) {
            stop();
            awaitEnd();
            throw new NodeException("no port can be opened: " + reason);
        }
    }

    private void awaitApplied(int generation) {
        long deadlineNs = System.nanoTime() + ANSWER_TIMEOUT.toNanos();
        while (worker.appliedGeneration() < generation && System.nanoTime() < deadlineNs && !stopping) {
            pause();
        }
    }

    private static void pause() {
        try {
            Thread.sleep(1);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void end(AdminServer admin, @Nullable ConfigurationWatcher files, Thread workerThread) {
        stopping = true;
        if (files != null) {
            files.close();
        }
        worker.stop();
        boolean workerEnded = join(workerThread);
        admin.close();
        links.close();
        if (workerEnded) {
            worker.close();
        }
        LOG.info("node {} has ended", name);
        ended.countDown();
    }

    private static boolean join(Thread thread) {
        try {
            return thread.join(ANSWER_TIMEOUT);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }

    @Override
    public void stop() {
        stopping = true;
        commands.add(() -> {});
    }

    /** Waits until the node has ended: ports closed, socket removed. */
    public void awaitEnd() {
        try {
            ended.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** Whether the node has ended. */
    public boolean hasEnded() {
        return ended.getCount() == 0;
    }

    /** Stops the node and waits until it has ended. */
    @Override
    public void close() {
        stop();
        awaitEnd();
    }

    /** Name of the node. */
    public String name() {
        return name;
    }

    /** The administration socket. */
    public Path socket() {
        return socket;
    }

    // The control thread.

    private void control() {
        while (!stopping) {
            try {
                Runnable command = commands.poll(LOOK_MS, TimeUnit.MILLISECONDS);
                if (command != null && !stopping) {
                    command.run();
                }
                lookAtLinks();
                watch.tell(System.nanoTime());
                ruleSight.tell(compiled(), System.nanoTime());
            } catch (InterruptedException e) {
                return;
            }
        }
    }

    private void lookAtLinks() {
        List<LinkEvent> events;
        try {
            events = links.poll();
        } catch (IOException e) {
            if (linkLog.allows(System.nanoTime())) {
                LOG.warn("changes of interfaces cannot be read: {}", e.getMessage());
            }
            return;
        }
        events.forEach(worker::onLinkEvent);
        List<OpenPort> ports = worker.ports();
        if (!events.isEmpty() || !ports.equals(portsSeen)) {
            portsSeen = ports;
            watch.update(applied.node(), ports);
        }
        if (!events.isEmpty() && factsChanged()) {
            recompile();
        }
    }

    private boolean factsChanged() {
        return factsUsed.entrySet().stream()
                .anyMatch(entry -> !Objects.equals(entry.getValue(), links.find(entry.getKey())));
    }

    /** MAC addresses or MTUs are others than those the snapshot was made with. */
    private void recompile() {
        try {
            String problem = applied.problem();
            publish(compile(applied.objects(), new LoadResult(Optional.empty(), List.of()))
                    .withProblem(problem));
        } catch (NodeException e) {
            LOG.error("a change of interfaces could not be applied: {}", e.getMessage());
        }
    }

    private AppliedConfiguration compile(Configuration objects, LoadResult loaded) throws NodeException {
        Map<String, @Nullable InterfaceFacts> facts = new HashMap<>();
        CompileResult result = compiler.compile(objects, interfaceName -> {
            InterfaceFacts found = links.find(interfaceName);
            facts.put(interfaceName, found);
            return found;
        });
        if (result.node().isEmpty()) {
            throw new NodeException(AppliedConfiguration.errors(result.problems()));
        }
        factsUsed = facts;
        List<String> warnings = new ArrayList<>(AppliedConfiguration.warnings(loaded.problems()));
        warnings.addAll(AppliedConfiguration.warnings(result.problems()));
        warnings.forEach(warning -> LOG.warn("{}", warning));
        return new AppliedConfiguration(objects, result.node().get(), Instant.now(), warnings, "");
    }

    private void publish(AppliedConfiguration next) {
        applied = next;
        watch.update(next.node(), worker.ports());
        worker.handOver(next.node());
    }

    private void reloadChanged() {
        try {
            LOG.info("configuration {} applied as generation {}", source, load());
        } catch (NodeException e) {
            LOG.error("configuration {} is not applied, the one before stays in force:\n{}", source, e.getMessage());
        }
    }

    /** Reads and applies the files; if they have errors the reason is kept and nothing changes. */
    private int load() throws NodeException {
        try {
            LoadResult loaded = ConfigurationLoader.load(source);
            if (loaded.configuration().isEmpty()) {
                throw new NodeException(AppliedConfiguration.errors(loaded.problems()));
            }
            publish(compile(loaded.configuration().get(), loaded));
            int generation = applied.node().snapshot().generation();
            awaitApplied(generation);
            return generation;
        } catch (NodeException e) {
            applied = applied.withProblem(String.valueOf(e.getMessage()));
            throw e;
        }
    }

    // Requests; any thread.

    @Override
    public StatusReport status() {
        AppliedConfiguration now = applied;
        return new StatusReport(
                name,
                Objects.requireNonNullElse(NodeRunner.class.getPackage().getImplementationVersion(), "development"),
                (System.nanoTime() - startNs) / 1_000_000,
                worker.appliedGeneration(),
                new ConfigurationReport(source.toString(), now.appliedAt().toString(), now.problem(), now.warnings()),
                reports.ports(now.node()),
                reports.instances(now.node()),
                reports.chains(now.node()),
                reports.totals(now.node()));
    }

    @Override
    public CountersReport counters() {
        return reports.counters(applied.node(), tracing.begun());
    }

    @Override
    public TraceReport trace(TraceFilter filter) throws NodeException {
        return tracing.trace(filter);
    }

    @Override
    public FlowsReport flows(FlowFilter filter) throws NodeException {
        ListFlows task = new ListFlows(filter);
        if (!worker.submit(task)) {
            throw new NodeException(
                    "too many requests wait for the connection table, or the node is ending; try again");
        }
        return await(task.result());
    }

    @Override
    public int reload() throws NodeException {
        CompletableFuture<Integer> result = new CompletableFuture<>();
        commands.add(() -> {
            try {
                int generation = load();
                LOG.info("configuration {} applied as generation {}, as asked", source, generation);
                result.complete(generation);
            } catch (NodeException | RuntimeException e) {
                result.completeExceptionally(e);
            }
        });
        return await(result);
    }

    private static <T> T await(CompletableFuture<T> result) throws NodeException {
        try {
            return result.get(ANSWER_TIMEOUT.toMillis(), TimeUnit.MILLISECONDS);
        } catch (ExecutionException e) {
            Throwable cause = e.getCause();
            throw cause instanceof NodeException known ? known : new NodeException("the request failed: " + cause, e);
        } catch (TimeoutException | CancellationException e) {
            result.cancel(false);
            throw new NodeException("the node did not answer in time, or is ending", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new NodeException("the request was interrupted", e);
        }
    }
}
