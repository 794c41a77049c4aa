package dev.sluice.agent.worker;

import dev.sluice.agent.NodeException;
import dev.sluice.agent.RateLimit;
import dev.sluice.agent.compile.CompiledNode;
import dev.sluice.agent.compile.PortBinding;
import dev.sluice.agent.compile.SnapshotCompiler;
import dev.sluice.agent.peers.PeerWatch;
import dev.sluice.agent.report.PeersReport;
import dev.sluice.datapath.Datapath;
import dev.sluice.datapath.KeptTables;
import dev.sluice.datapath.liveness.Liveness;
import dev.sluice.datapath.mirror.OffloadMirror;
import dev.sluice.datapath.offload.OffloadDevice;
import dev.sluice.datapath.packet.Batch;
import dev.sluice.datapath.packet.FramePool;
import dev.sluice.datapath.packet.PacketPort;
import dev.sluice.model.Node;
import dev.sluice.ports.LinkEvent;
import dev.sluice.ports.Poller;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.security.SecureRandom;
import java.util.BitSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The thread that moves packets: receives from all ports, lets the data path handle them, keeps its timers. One writer of everything it owns (frames, ports,
 * connections); others reach it only by the mailbox for snapshots and the queues for link events and tasks, which it empties between batches.
 *
 * <p>Idle, it looks at the ports for {@value #SPIN_NS} ns without sleeping, then sleeps until a frame waits, at most {@value #SLEEP_MS} ms. It reads the
 * clock once per round of its ports. A round without news allocates nothing.
 */
public final class Worker implements Runnable, AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Worker.class);
    private static final long SPIN_NS = 50_000;
    private static final int SLEEP_MS = 5;
    private static final long TICK_NS = 1_000_000;
    private static final int TASKS_MAX = 64;

    private static final int ATTEMPTS = 100;
    private static final int RETRY_MS = 20;
    private static final int PAGE_BYTES = 4096;

    private final Arena arena = Arena.ofShared();
    private final @Nullable KeptMemory kept;
    private final Datapath datapath;
    private final PortSource portSource;
    private final WorkerPorts ports;
    private final Prober prober;
    private final PeerWatch peers;
    private final Poller poller;
    private final Batch batch = new Batch();
    private final AtomicReference<@Nullable CompiledNode> mailbox = new AtomicReference<>();
    private final ConcurrentLinkedQueue<LinkEvent> linkEvents = new ConcurrentLinkedQueue<>();
    private final ConcurrentLinkedQueue<WorkerTask> tasks = new ConcurrentLinkedQueue<>();
    private final AtomicInteger tasksWaiting = new AtomicInteger();
    private final RateLimit faultLog = new RateLimit(1_000_000_000L);
    private @Nullable WorkerTask task;
    private long lastTickNs;
    private int afterPackets = Node.FastPath.DEFAULT.afterPackets();
    private @Nullable CompiledNode inForce;

    /** Indices of ports that were opened or closed by what became of their interfaces. */
    private final BitSet changedPorts = new BitSet();

    private volatile boolean stopping;
    private volatile int appliedGeneration;
    private volatile int connectionCount;
    private final AtomicLong faults = new AtomicLong();
    private volatile @Nullable Throwable failure;

    /**
     * A worker without configuration; run it in a thread of its own.
     *
     * @param sizes how much memory it has
     * @param liveness which instances and ports are alive
     * @param source where its ports come from
     */
    public Worker(WorkerSizes sizes, Liveness liveness, PortSource.Factory source) throws IOException {
        this(sizes, liveness, source, null);
    }

    /** The same with connections that outlive the process; closed with it. */
    public Worker(WorkerSizes sizes, Liveness liveness, PortSource.Factory source, @Nullable KeptMemory kept)
            throws IOException {
        this.kept = kept;
        long bytes = FramePool.bytesFor(sizes.smallFrames(), sizes.largeFrames());
        FramePool pool = new FramePool(arena.allocate(bytes, PAGE_BYTES), sizes.smallFrames(), sizes.largeFrames());
        datapath = kept == null
                ? new Datapath(pool, liveness, sizes.connectionsMax(), sizes.seed())
                : new Datapath(pool, liveness, kept.tables(), sizes.seed());
        prober = new Prober(datapath, liveness, new SecureRandom(), System.nanoTime());
        datapath.probes(prober);
        peers = new PeerWatch(datapath, liveness, new SecureRandom(), System.nanoTime());
        datapath.peers(peers);
        portSource = source.over(pool);
        portSource.expect(sizes.journeysMax());
        ports = new WorkerPorts(portSource);
        poller = Poller.open(SnapshotCompiler.INDICES_MAX);
    }

    // For other threads.

    /** Hands over a snapshot and its ports; one that was not taken yet is replaced. */
    public void handOver(CompiledNode next) {
        datapath.prepare(next.snapshot());
        mailbox.set(next);
        poller.wakeUp();
    }

    /** Tells of a change of interfaces. */
    public void onLinkEvent(LinkEvent event) {
        linkEvents.add(event);
        poller.wakeUp();
    }

    /** Asks for work between batches; false if too much is waiting or the worker ends. */
    public boolean submit(WorkerTask work) {
        if (stopping || tasksWaiting.incrementAndGet() > TASKS_MAX) {
            tasksWaiting.decrementAndGet();
            return false;
        }
        tasks.add(work);
        // The worker may have emptied the queue for the last time meanwhile: then the task is taken back.
        if (stopping && tasks.remove(work)) {
            return false;
        }
        poller.wakeUp();
        return true;
    }

    /** Asks for work again and again while too much is waiting, for about two seconds. */
    public void insist(WorkerTask work) throws NodeException, InterruptedException {
        for (int i = 0; !submit(work); i++) {
            if (stopping || i == ATTEMPTS) {
                throw new NodeException("too many requests wait for the worker, or the node is ending; try again");
            }
            Thread.sleep(RETRY_MS);
        }
    }

    /** Ends {@link #run} soon. */
    public void stop() {
        stopping = true;
        poller.wakeUp();
    }

    /** Generation of the snapshot in force. */
    public int appliedGeneration() {
        return appliedGeneration;
    }

    /** Connections in the table, as of the last tick. */
    public int connectionCount() {
        return connectionCount;
    }

    /** Exceptions on the way of packets, each a defect of this program. */
    public long faults() {
        return faults.get();
    }

    /** What ended it before it was asked to end; null: nothing. */
    public @Nullable Throwable failure() {
        return failure;
    }

    /** The ports as last seen. */
    public List<OpenPort> ports() {
        return ports.seen();
    }

    /** What became of the fast path that was asked for. */
    public FastPathState fastPath() {
        return portSource.fastPath();
    }

    /** For its reports only: they may be asked for by any thread. */
    public Prober prober() {
        return prober;
    }

    /** For its reports only: they may be asked for by any thread. */
    public PeerWatch peers() {
        return peers;
    }

    /** The other nodes, and what was refused of them and of service nodes that speak for themselves; any thread. */
    public PeersReport peersReport() {
        PeersReport report = peers.report();
        Map<String, Long> refused = new LinkedHashMap<>(report.refused());
        prober.bfdRefused().forEach((reason, count) -> refused.put("bfd of service nodes " + reason, count));
        return new PeersReport(report.peers(), refused);
    }

    /** For its counters only: they may be read by any thread. */
    public Datapath datapath() {
        return datapath;
    }

    // The worker's own thread.

    /**
     * Moves packets until it is asked to end. A defect that costs a packet is an exception, and it goes on; after an error of the machine (no memory, a class that
     * cannot be loaded) nothing is known of what was half done, so it ends: its ports are closed, nothing passes, and {@link #failure} says why.
     */
    @Override
    public void run() {
        try {
            work();
        } catch (Throwable e) {
            failure = e;
            stopping = true;
            tell(e);
        } finally {
            finish();
        }
    }

    private void work() {
        long busyNs = System.nanoTime();
        while (!stopping) {
            try {
                takeMail();
                long nowNs = System.nanoTime();
                boolean worked = step(nowNs);
                boolean received = round(nowNs) > 0;
                prober.poll(nowNs);
                peers.poll(nowNs);
                if (received || worked) {
                    busyNs = nowNs;
                } else if (nowNs - busyNs > SPIN_NS) {
                    poller.await(peers.sleepMs(prober.sleepMs(SLEEP_MS)));
                } else {
                    Thread.onSpinWait();
                }
            } catch (RuntimeException e) {
                onFault(e);
            }
        }
    }

    /** Words need memory, which may be what is missing. */
    private static void tell(Throwable cause) {
        try {
            LOG.error("the worker cannot go on; its ports are closed, nothing passes any more", cause);
        } catch (Throwable e) {
            cause.addSuppressed(e);
        }
    }

    /** Receives once from each port; the number of frames. */
    private int round(long nowNs) {
        int received = 0;
        batch.count = 0;
        for (PacketPort port : ports.receiving()) {
            received += receive(port);
            if (!batch.hasRoom()) {
                process(nowNs);
            }
        }
        if (batch.count > 0) {
            process(nowNs);
        }
        if (nowNs - lastTickNs >= TICK_NS) {
            lastTickNs = nowNs;
            portSource.beat(nowNs);
            datapath.tick(nowNs);
            datapath.flush();
            connectionCount = datapath.connections().size();
        }
        return received;
    }

    // A defect in one place costs as little as possible: the other ports, packets and timers go on in the same round.

    private int receive(PacketPort port) {
        try {
            return port.receive(batch);
        } catch (RuntimeException e) {
            onFault(e);
            return 0;
        }
    }

    private void process(long nowNs) {
        try {
            datapath.process(batch, nowNs);
        } catch (RuntimeException e) {
            onFault(e);
        }
        batch.count = 0;
        try {
            datapath.flush();
        } catch (RuntimeException e) {
            onFault(e);
        }
    }

    /** One piece of the task in hand; whether there was one. */
    private boolean step(long nowNs) {
        if (task == null) {
            task = tasks.poll();
            if (task != null) {
                tasksWaiting.decrementAndGet();
            }
        }
        WorkerTask now = task;
        if (now == null) {
            return false;
        }
        boolean done = true;
        try {
            done = now.step(datapath, nowNs);
        } finally {
            if (done) {
                task = null;
            }
        }
        return true;
    }

    private void takeMail() {
        boolean rewatch = false;
        for (LinkEvent event = linkEvents.poll(); event != null; event = linkEvents.poll()) {
            rewatch |= ports.onLinkEvent(event, changedPorts);
        }
        if (!changedPorts.isEmpty()) {
            rewatch = true;
            followPorts();
            changedPorts.clear();
        }
        if (mailbox.getAcquire() != null) {
            CompiledNode next = mailbox.getAndSet(null);
            if (next != null) {
                apply(next);
                rewatch = true;
            }
        }
        if (rewatch) {
            poller.watch(ports.receiving());
        }
    }

    private void apply(CompiledNode next) {
        datapath.flush();
        // The first time, what comes in has yet to wait for what follows: until then the ports' policies hold.
        ports.open(next.bindings(), appliedGeneration != 0);
        datapath.apply(next.snapshot(), ports.byIndex(next.snapshot().portCount(), next.bindings()));
        boolean first = appliedGeneration == 0;
        if (first) {
            recollect();
        }
        ports.closeOthers(next.bindings());
        afterPackets = next.settings().fastPath().afterPackets();
        inForce = next;
        boolean begins = offload();
        if (!begins) {
            portSource.recordsUnder(next.content());
        }
        datapath.offloadAfter(afterPackets);
        tellOfAbsence(next, begins || first);
        prober.apply(next.probes(), System.nanoTime());
        peers.apply(next.peers(), System.nanoTime());
        appliedGeneration = next.snapshot().generation();
    }

    /** Takes over what the process before knew of flows; before the first packet. */
    private void recollect() {
        KeptMemory memory = kept;
        if (memory == null) {
            return;
        }
        KeptTables before = memory.before();
        if (before != null) {
            int count = datapath.recollect(before, ports.offload(), System.nanoTime());
            LOG.info("{} connections of the process before go on", count);
        }
        memory.takeOver();
    }

    /** Lets the fast path repeat journeys from the first time on that there is one, or tells what it is based on which of its ports are others. Whether it begins. */
    private boolean offload() {
        OffloadMirror mirror = datapath.offload();
        OffloadDevice device = ports.offload();
        if (mirror == null && device != null) {
            datapath.offload(device, afterPackets);
            endRecordsOfOthers();
            return true;
        }
        for (int port = changedPorts.nextSetBit(0);
                mirror != null && port >= 0;
                port = changedPorts.nextSetBit(port + 1)) {
            mirror.portChanged(port);
        }
        return false;
    }

    /** What a process before recorded goes on until it is confirmed, which takes a minute if there is much of it: not under what users have changed since. */
    private void endRecordsOfOthers() {
        CompiledNode now = inForce;
        OffloadMirror mirror = datapath.offload();
        if (now != null && !portSource.recordsUnder(now.content()) && mirror != null && mirror.unconfirmed() > 0) {
            LOG.info(
                    "the configuration is not the one under which the process before recorded: all flows are decided anew");
            mirror.allMoved();
        }
    }

    /** Ports that are attached now have yet to know what becomes of their frames without this process. */
    private void followPorts() {
        boolean begins = offload();
        CompiledNode now = inForce;
        if (now != null) {
            tellOfAbsence(now, begins);
        }
    }

    /** @param settle whether what a process before has left at other interfaces has to go */
    private void tellOfAbsence(CompiledNode now, boolean settle) {
        now.bindings()
                .forEach(
                        binding -> portSource.setAbsence(binding.index(), Absence.of(now.snapshot(), binding.index())));
        if (settle) {
            portSource.settle(
                    now.bindings().stream().map(PortBinding::interfaceName).collect(Collectors.toUnmodifiableSet()));
            portSource.beat(System.nanoTime());
        }
    }

    private void onFault(RuntimeException e) {
        long count = faults.incrementAndGet();
        if (faultLog.allows(System.nanoTime())) {
            LOG.error("the worker goes on after a defect of this program; a packet may be lost ({} so far)", count, e);
        }
    }

    /** Ports first: whatever else goes wrong, nothing passes. */
    private void finish() {
        try {
            try {
                if (failure == null) {
                    prober.close(System.nanoTime());
                    peers.close(System.nanoTime());
                }
            } finally {
                try {
                    endOffload();
                } finally {
                    ports.closeAll();
                }
            }
        } finally {
            WorkerTask now = task;
            if (now != null) {
                now.abandon();
            }
            for (WorkerTask waiting = tasks.poll(); waiting != null; waiting = tasks.poll()) {
                waiting.abandon();
            }
        }
    }

    /** What is left to the next process goes on as it is; what was repeated until now is counted. */
    private void endOffload() {
        OffloadMirror mirror = datapath.offload();
        if (!portSource.leave()) {
            datapath.offload(null, afterPackets);
        } else if (mirror != null && failure == null) {
            mirror.readAll(System.nanoTime());
        }
    }

    /** Frees memory; only after {@link #run} has ended. */
    @Override
    public void close() {
        poller.close();
        datapath.close();
        arena.close();
        if (kept != null) {
            kept.close();
        }
    }
}
