package dev.sluice.agent.node;

import dev.sluice.agent.FastPathMode;
import dev.sluice.agent.NodeException;
import dev.sluice.agent.NodeOptions;
import dev.sluice.agent.ObjectSource;
import dev.sluice.agent.RateLimit;
import dev.sluice.agent.admin.AdminCommand;
import dev.sluice.agent.admin.AdminRequests;
import dev.sluice.agent.admin.AdminServer;
import dev.sluice.agent.admin.AdminSocket;
import dev.sluice.agent.admin.Administered;
import dev.sluice.agent.admin.FlowFilter;
import dev.sluice.agent.admin.ReloadRequest;
import dev.sluice.agent.admin.RollbackRequest;
import dev.sluice.agent.admin.TraceFilter;
import dev.sluice.agent.compile.CompiledNode;
import dev.sluice.agent.compile.HostSafety;
import dev.sluice.agent.compile.IdRegistry;
import dev.sluice.agent.compile.SnapshotCompiler;
import dev.sluice.agent.configuration.AppliedConfiguration;
import dev.sluice.agent.configuration.Boot;
import dev.sluice.agent.configuration.ConfigurationFiles;
import dev.sluice.agent.configuration.ConfigurationLife;
import dev.sluice.agent.configuration.ConfigurationWatcher;
import dev.sluice.agent.configuration.HistoryCommands;
import dev.sluice.agent.flows.AttributeCommands;
import dev.sluice.agent.flows.FastPathCommands;
import dev.sluice.agent.flows.FlowCommands;
import dev.sluice.agent.flows.ListFlows;
import dev.sluice.agent.flows.RebalanceCommands;
import dev.sluice.agent.instances.FailedPaths;
import dev.sluice.agent.instances.InstanceCommands;
import dev.sluice.agent.instances.InstanceStates;
import dev.sluice.agent.instances.InstanceWatch;
import dev.sluice.agent.instances.LoopWatch;
import dev.sluice.agent.instances.PathCommands;
import dev.sluice.agent.report.CountersReport;
import dev.sluice.agent.report.FlowsReport;
import dev.sluice.agent.report.HistoryReport;
import dev.sluice.agent.report.ReloadReport;
import dev.sluice.agent.report.RulesReport;
import dev.sluice.agent.report.StatusReport;
import dev.sluice.agent.report.TextsReport;
import dev.sluice.agent.report.TraceReport;
import dev.sluice.agent.sight.Captures;
import dev.sluice.agent.sight.Foreteller;
import dev.sluice.agent.sight.RuleSight;
import dev.sluice.agent.sight.SightCommands;
import dev.sluice.agent.sight.Tracers;
import dev.sluice.agent.sight.Tracing;
import dev.sluice.agent.worker.DeafPorts;
import dev.sluice.agent.worker.FastPathState;
import dev.sluice.agent.worker.LinkSource;
import dev.sluice.agent.worker.LinuxLinks;
import dev.sluice.agent.worker.LinuxPorts;
import dev.sluice.agent.worker.OpenPort;
import dev.sluice.agent.worker.PortSource;
import dev.sluice.agent.worker.Worker;
import dev.sluice.agent.worker.WorkerSizes;
import dev.sluice.agent.worker.WorkerTask;
import dev.sluice.datapath.liveness.Liveness;
import dev.sluice.datapath.snapshot.Snapshot;
import dev.sluice.model.Configuration;
import dev.sluice.model.Node;
import dev.sluice.model.ServiceInstance.AdminState;
import dev.sluice.ports.Claim;
import dev.sluice.ports.LinkEvent;
import dev.sluice.ports.RealtimePauses;
import java.io.IOException;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A running node: a worker that moves packets, and the control thread, which is this class: it lets configurations be compiled, watches interfaces and publishes. {@link #start},
 * {@link #stop} and what {@link Administered} says are for any thread.
 *
 * <p>What becomes of the files is the business of {@link ConfigurationLife}.
 */
public final class NodeRunner implements Administered, HistoryCommands.Versioned, AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(NodeRunner.class);
    private static final int LOOK_MS = 20;
    private static final Duration ANSWER_TIMEOUT = Duration.ofSeconds(10);

    /** Longer than the longest trace takes. */
    private static final long CLIENT_IDLE_NS = 90_000_000_000L;

    private final ObjectSource source;
    private final String name;
    private final Path socket;
    private final long startNs = System.nanoTime();
    private final LinkSource links;
    private final Liveness liveness = new Liveness(SnapshotCompiler.INDICES_MAX, SnapshotCompiler.INDICES_MAX);
    private final InstanceWatch watch;
    private final InstanceStates states = new InstanceStates();
    private final FailedPaths failedPaths;
    private final ConfigurationLife life;
    private final Worker worker;
    private final NodeReports reports;
    private final Tracers tracers = new Tracers();
    private final Tracing tracing;
    private final IdRegistry ids = new IdRegistry();
    private final NumberCensus census;
    private final LoopWatch loops = new LoopWatch();
    private final RuleSight ruleSight;
    private final AttributeCommands attributes;
    private final Captures captures;
    private final LinkedBlockingQueue<Runnable> work = new LinkedBlockingQueue<>();
    private final AtomicBoolean filesTold = new AtomicBoolean();
    private final CountDownLatch ended = new CountDownLatch(1);
    private final RateLimit linkLog = new RateLimit(10_000_000_000L);
    private final RateLimit defectLog = new RateLimit(1_000_000_000L);
    private final DeafPorts deaf = new DeafPorts(Claim::holderOf);
    private final AdminRequests requests;
    private List<OpenPort> portsSeen = List.of();
    private volatile boolean stopping;
    private volatile @Nullable Throwable controlFailure;

    private NodeRunner(
            NodeOptions options, Boot boot, LinkSource links, PortSource.Factory ports, @Nullable WorkerSizes sizes)
            throws NodeException, IOException {
        this.source = options.configuration();
        this.name = boot.node();
        this.socket = options.socket().orElseGet(() -> AdminSocket.defaultPath(name));
        this.links = links;
        watch = new InstanceWatch(liveness, links);
        KeptFlows kept = KeptFlows.of(options, name, ids);
        life = new ConfigurationLife(
                options,
                boot,
                new SnapshotCompiler(name, ids),
                states,
                links,
                HostSafety.ofThisHost(),
                System::nanoTime);
        Node.Spec settings = life.applied().node().settings();
        WorkerSizes size = sizes == null
                ? WorkerSizes.of(
                        settings.tracker().connectionsMax(),
                        settings.fastPath().journeysMax(),
                        new SecureRandom().nextLong())
                : sizes;
        worker = new Worker(size, liveness, ports.of(name), kept.memory(size.connectionsMax()));
        life.publishTo(this::publish);
        watch.remoteReasons(worker.peers()::reason);
        reports = new NodeReports(worker, watch, states);
        failedPaths = new FailedPaths(liveness);
        tracing = new Tracing(worker, tracers);
        captures = new Captures(name, worker, tracers, this::compiled, this::onWorker);
        census = new NumberCensus(ids, worker, startNs);
        ruleSight = new RuleSight(worker.datapath().ruleLog());
        attributes = new AttributeCommands(worker, this::compiled, ids.attributes());
        requests = new AdminRequests(commands());
    }

    /** The newest snapshot; any thread. */
    private Snapshot compiled() {
        return life.applied().node().snapshot();
    }

    // Start and end.

    /**
     * Starts a node on the interfaces of this host and returns once its ports are open.
     *
     * @throws NodeException if it cannot start; the message says why and what to do
     */
    public static NodeRunner start(NodeOptions options) throws NodeException {
        String trouble = RealtimePauses.enter();
        if (!trouble.isEmpty()) {
            LOG.info(
                    "on a busy machine collections of garbage may take long enough for others to call this node dead: {}",
                    trouble);
        }
        LinkSource links;
        try {
            links = LinuxLinks.open();
        } catch (IOException e) {
            throw new NodeException("the interfaces of this host cannot be watched: " + e.getMessage(), e);
        }
        return start(options, links, pool -> new LinuxPorts(pool, options.fastPath(), options.remains()), null);
    }

    static NodeRunner start(
            NodeOptions options, LinkSource links, PortSource.Factory ports, @Nullable WorkerSizes sizes)
            throws NodeException {
        Boot boot = null;
        NodeRunner runner = null;
        boolean started = false;
        try {
            String hash = options.configuration()
                    .files()
                    .map(ConfigurationFiles::hash)
                    .orElse("");
            boot = Boot.look(options);
            runner = new NodeRunner(options, boot, links, ports, sizes);
            runner.run(options.watch(), hash);
            started = true;
            return runner;
        } catch (IOException e) {
            throw new NodeException("the node cannot start: " + e.getMessage(), e);
        } finally {
            // One that ended by itself has closed everything.
            if (!started && (runner == null || !runner.hasEnded())) {
                links.close();
                if (boot != null) {
                    boot.history().close();
                }
            }
        }
    }

    private void run(boolean watchFiles, String hash) throws NodeException {
        AdminServer admin;
        try {
            admin = AdminServer.open(socket, requests, CLIENT_IDLE_NS);
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
        watch.update(life.applied().node(), List.of());
        worker.handOver(life.applied().node());
        workerThread.start();
        ConfigurationWatcher files = source.files()
                .filter(_ -> watchFiles)
                .map(path -> ConfigurationWatcher.open(path, hash, this::filesTold))
                .orElse(null);
        Thread.ofPlatform().name("sluice-control").start(() -> {
            try {
                control();
            } catch (Throwable e) {
                controlFailure = e;
                LOG.error("the node ends because of a defect of this program", e);
            } finally {
                end(admin, files, workerThread);
            }
        });
        refuseWithoutRights();
        LOG.info("node {} runs: configuration {}, administration socket {}", name, source, socket);
        worker.ports().forEach(port -> LOG.info("port {}: {}", port.binding().interfaceName(), port.description()));
    }

    /** What can be asked of the node as over its socket; any thread. */
    public AdminRequests requests() {
        return requests;
    }

    private List<AdminCommand> commands() {
        List<AdminCommand> all = new ArrayList<>(NodeCommands.of(this));
        all.addAll(HistoryCommands.of(this));
        all.addAll(InstanceCommands.of(this));
        LeadingRouters.Newest leading = new LeadingRouters.Newest();
        PathReports paths = new PathReports(worker, watch, liveness, leading);
        PlaneReports planes = new PlaneReports(watch, liveness, leading);
        all.addAll(planes.commands(() -> life.applied().node()));
        LivenessReports lives = new LivenessReports(worker, watch, liveness);
        all.addAll(paths.commands(() -> life.applied().node(), () -> control(life::missing)));
        all.add(new AdminCommand(
                "liveness", List.of(), _ -> lives.of(life.applied().node())));
        all.add(PathCommands.of((failed, names) -> control(() -> tellPaths(failed, names))));
        all.addAll(FlowCommands.of(() -> life.applied().node(), this::onWorker));
        all.add(RebalanceCommands.of(() -> life.applied().node(), this::onWorker));
        all.add(FastPathCommands.of(this::onWorker));
        all.addAll(SightCommands.of(name, life::applied, worker, ids.attributes()));
        all.addAll(attributes.commands());
        all.add(RuleSight.command(this::compiled));
        all.add(captures.command());
        all.add(Foreteller.command(this::compiled, this::onWorker, liveness));
        return all;
    }

    /** Waits until the ports are open; without the right to open any, the node ends. */
    private void refuseWithoutRights() throws NodeException {
        awaitApplied(1);
        FastPathState fastPath = worker.fastPath();
        if (fastPath.mode() != FastPathMode.AUTO && !fastPath.trouble().isEmpty()) {
            stop();
            awaitEnd();
            throw new NodeException("--fast-path " + fastPath.mode() + ": " + fastPath.trouble()
                    + "; to run without, use --fast-path auto or off");
        }
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

    /** However much of it fails, whoever waits for the end hears of it: the process must not stay without its worker. */
    private void end(AdminServer admin, @Nullable ConfigurationWatcher files, Thread workerThread) {
        stopping = true;
        worker.stop();
        try {
            boolean workerEnded = join(workerThread);
            if (files != null) {
                files.close();
            }
            admin.close();
            links.close();
            life.close();
            if (workerEnded) {
                worker.close();
            }
            LOG.info("node {} has ended", name);
        } finally {
            ended.countDown();
        }
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
        work.add(() -> {});
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

    /** Why the node ended without being asked to; empty: it was asked, or runs. */
    public String failure() {
        Throwable ofWorker = worker.failure();
        Throwable cause = ofWorker == null ? controlFailure : ofWorker;
        return cause == null ? "" : cause.toString();
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

    /** The objects in force, of all nodes; any thread. */
    public Configuration objects() {
        return life.applied().objects();
    }

    /** The administration socket. */
    public Path socket() {
        return socket;
    }

    // The control thread.

    private void control() {
        while (!stopping) {
            try {
                Runnable command = work.poll(LOOK_MS, TimeUnit.MILLISECONDS);
                if (command != null && !stopping) {
                    command.run();
                }
                lookAtLinks();
                long nowNs = System.nanoTime();
                life.tick(nowNs);
                followPeers();
                life.followPaths(worker.peers().toldPaths(), liveness::isProven, nowNs);
                watch.tell(nowNs);
                census.tick(nowNs);
                loops.tick(life.applied().node(), nowNs);
                ruleSight.tell(compiled(), nowNs);
            } catch (InterruptedException e) {
                return;
            } catch (RuntimeException e) {
                // What was under way is lost; the configuration in force, and the ports, are not.
                if (defectLog.allows(System.nanoTime())) {
                    LOG.error("a defect of this program, the node goes on", e);
                }
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
        deaf.due(ports, links, System.nanoTime()).forEach(worker::onLinkEvent);
        if (!events.isEmpty() || !ports.equals(portsSeen)) {
            portsSeen = ports;
            watch.update(life.applied().node(), ports);
        }
        if (!events.stream().allMatch(LinkEvent.Readdressed.class::isInstance)) {
            life.onLinksChanged();
        }
    }

    /** Takes instances of other nodes out of use that their nodes take out of use. */
    private void followPeers() {
        if (!states.follow(worker.peers().toldStates())) {
            return;
        }
        try {
            life.onStatesChanged();
        } catch (NodeException e) {
            if (defectLog.allows(System.nanoTime())) {
                LOG.warn("what other nodes say of their instances cannot be followed: {}", e.getMessage());
            }
        }
    }

    private void publish(CompiledNode next, boolean wait) {
        watch.update(next, worker.ports());
        failedPaths.update(next);
        worker.handOver(next);
        if (wait) {
            awaitApplied(next.snapshot().generation());
        }
    }

    /** How loaded instances are, by name, as a manager told; any thread. */
    public void loads(Map<String, Integer> levels) {
        work.add(() -> watch.loads(levels));
    }

    /** However often files change while the control thread is busy: it looks at them once. */
    private void filesTold() {
        if (filesTold.compareAndSet(false, true)) {
            work.add(() -> {
                filesTold.set(false);
                life.filesChanged();
            });
        }
    }

    // Requests; any thread.

    @Override
    public StatusReport status() {
        AppliedConfiguration now = life.applied();
        return new StatusReport(
                name,
                Objects.requireNonNullElse(NodeRunner.class.getPackage().getImplementationVersion(), "development"),
                (System.nanoTime() - startNs) / 1_000_000,
                worker.appliedGeneration(),
                life.report(loops.notices()),
                reports.ports(now.node()),
                reports.instances(now.node()),
                worker.peersReport(),
                reports.chains(now.node()),
                reports.segments(now.node()),
                RebalanceCommands.reports(worker.datapath().rebalance()),
                reports.totals(now.node()),
                reports.fastPath());
    }

    @Override
    public CountersReport counters() {
        return reports.counters(life.applied().node(), tracing.begun());
    }

    /** Rules and what they decided; any thread. */
    public RulesReport rules() {
        return RuleSight.report(compiled());
    }

    @Override
    public TraceReport trace(TraceFilter filter) throws NodeException {
        return tracing.trace(filter);
    }

    @Override
    public boolean endTrace(int session) {
        return tracing.end(session);
    }

    @Override
    public FlowsReport flows(FlowFilter filter) throws NodeException {
        ListFlows task = new ListFlows(filter);
        return onWorker(task, task.result());
    }

    private List<String> tellPaths(boolean failed, List<String> names) throws NodeException {
        CompiledNode node = life.applied().node();
        List<String> told = failed ? failedPaths.fail(node, names) : failedPaths.restore(node, names);
        LOG.info("paths {}, as asked: {}", failed ? "have failed" : "are restored", told);
        return told;
    }

    private <T> T onWorker(WorkerTask task, CompletableFuture<T> result) throws NodeException {
        if (!worker.submit(task)) {
            throw new NodeException(
                    "too many requests wait for the connection table, or the node is ending; try again");
        }
        return WorkerAnswer.await(result, ANSWER_TIMEOUT);
    }

    @Override
    public ReloadReport administer(String instance, Optional<AdminState> state) throws NodeException {
        return control(() -> life.administer(instance, state));
    }

    @Override
    public ReloadReport reload(ReloadRequest request) throws NodeException {
        return control(() -> life.reload(request));
    }

    @Override
    public ReloadReport rollback(RollbackRequest request) throws NodeException {
        return control(() -> life.rollback(request));
    }

    @Override
    public ReloadReport confirm() throws NodeException {
        return control(life::confirm);
    }

    @Override
    public HistoryReport history() {
        return life.history().history();
    }

    @Override
    public TextsReport texts(String which) throws NodeException {
        return life.history().texts(which);
    }

    /** Lets the control thread do something and waits for it. */
    private <T> T control(ControlTask.Body<T> body) throws NodeException {
        ControlTask<T> task = new ControlTask<>(body);
        work.add(task);
        return task.await(ANSWER_TIMEOUT);
    }
}
