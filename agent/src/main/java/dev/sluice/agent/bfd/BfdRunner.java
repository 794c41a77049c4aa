package dev.sluice.agent.bfd;

import dev.sluice.liveness.bfd.BfdArrival;
import dev.sluice.liveness.bfd.BfdDiagnostic;
import dev.sluice.liveness.bfd.BfdPath;
import dev.sluice.liveness.bfd.BfdSession;
import dev.sluice.liveness.bfd.BfdSessions;
import dev.sluice.liveness.bfd.BfdSettings;
import dev.sluice.liveness.bfd.BfdState;
import dev.sluice.liveness.bfd.BfdTiming;
import dev.sluice.liveness.bfd.BfdVerdict;
import dev.sluice.liveness.bfd.WakeClock;
import dev.sluice.ports.PortException;
import dev.sluice.ports.RealtimeThread;
import dev.sluice.ports.UdpPoller;
import dev.sluice.ports.UdpSocket;
import java.lang.foreign.MemorySegment;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.concurrent.CancellationException;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Runs BFD sessions on UDP sockets of one network namespace, that of the thread that opens it. Methods are for any thread but the runner's own.
 *
 * <p>The thread sleeps until a packet comes or something is due, reads everything that waits and only then judges silences, by a time read before: what waited in
 * a socket while the thread was held up is no silence. What the thread overslept does not count ({@link WakeClock}). If the system lets it, it is scheduled
 * ahead of all ordinary threads. Receiving and sending allocate nothing.
 */
public final class BfdRunner implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(BfdRunner.class);
    private static final long IDLE_NS = 1_000_000_000;

    /** Batches of one socket in one round: a flood must not keep the thread from sending. */
    private static final int BATCHES_MAX = 32;

    /**
     * How to run.
     *
     * @param sessionsMax most sessions, 1..65,536
     * @param device interface to send and receive by alone; empty for any
     * @param realtime whether to ask for scheduling ahead of ordinary threads
     */
    public record Options(int sessionsMax, String device, boolean realtime) {
        /** 1,024 sessions, any interface, real-time. */
        public static final Options DEFAULT = new Options(1_024, "", true);
    }

    private final BfdEvents events;
    private final UdpPoller poller;
    private final BfdSockets sockets;
    private final BfdSessions sessions;
    private final WakeClock clock = new WakeClock(System.nanoTime());
    private final BfdArrival arrival = new BfdArrival();
    private final ConcurrentLinkedQueue<FutureTask<?>> requests = new ConcurrentLinkedQueue<>();
    private final Map<BfdPath, BfdSession> byPath = new HashMap<>();
    private final IdentityHashMap<BfdSession, BfdSockets.Exit> exits = new IdentityHashMap<>();
    private final Thread thread;
    private long nowNs;
    private final AtomicBoolean closed = new AtomicBoolean();
    private volatile boolean closing;
    private volatile @Nullable Throwable failure;
    private volatile String realtimeTrouble = "";

    private BfdRunner(Options options, BfdEvents events, UdpPoller poller) {
        this.events = events;
        this.poller = poller;
        SecureRandom random = new SecureRandom();
        sockets = new BfdSockets(options.device, random, poller);
        sessions = new BfdSessions(options.sessionsMax, random, this::send, this::changed);
        thread = Thread.ofPlatform().name("bfd").daemon().unstarted(() -> run(options.realtime));
    }

    /** Starts a runner without sessions. */
    public static BfdRunner open(Options options, BfdEvents events) throws PortException {
        BfdRunner runner = new BfdRunner(options, events, BfdSockets.openPoller());
        runner.thread.start();
        return runner;
    }

    // For other threads.

    /** Begins a session; throws if there is one between the same addresses, or if its sockets cannot be had. */
    public void add(BfdPath path, BfdSettings settings) throws PortException {
        ask(() -> {
            BfdSession session = sessions.add(path, settings, nowNs);
            try {
                exits.put(session, sockets.open(path));
                byPath.put(path, session);
                return true;
            } catch (PortException e) {
                sessions.remove(session);
                throw e;
            }
        });
    }

    /** Ends a session; the peer is told that it is administratively down. Does nothing if there is none. */
    public void remove(BfdPath path) {
        sure(() -> {
            BfdSession session = byPath.remove(path);
            if (session != null) {
                end(session);
            }
            return true;
        });
    }

    private void end(BfdSession session) {
        sessions.disable(session, BfdDiagnostic.ADMINISTRATIVELY_DOWN, nowNs);
        sessions.poll(nowNs);
        sessions.remove(session);
        Objects.requireNonNull(exits.remove(session)).close();
    }

    /** Holds a session down until {@link #enable}: {@link BfdDiagnostic#ADMINISTRATIVELY_DOWN} for an operator, {@link BfdDiagnostic#PATH_DOWN} for a link known to be down. */
    public void disable(BfdPath path, BfdDiagnostic reason) {
        sure(() -> {
            sessions.disable(known(path), reason, nowNs);
            return true;
        });
    }

    /** Lets a session that was held down come up again. */
    public void enable(BfdPath path) {
        sure(() -> {
            sessions.enable(known(path), nowNs);
            return true;
        });
    }

    /** Changes the intervals of a session without taking it down. */
    public void setTiming(BfdPath path, BfdTiming timing) {
        sure(() -> {
            sessions.setTiming(known(path), timing, nowNs);
            return true;
        });
    }

    private BfdSession known(BfdPath path) {
        BfdSession session = byPath.get(path);
        if (session == null) {
            throw new IllegalArgumentException("there is no BFD session " + path.local() + " - " + path.peer());
        }
        return session;
    }

    /** A session as it is now. */
    public BfdReport report(BfdPath path) {
        return sure(() -> reportOf(known(path)));
    }

    /** All sessions as they are now. */
    public List<BfdReport> reports() {
        return sure(() -> {
            List<BfdReport> reports = new ArrayList<>();
            sessions.all().forEach(session -> reports.add(reportOf(session)));
            return reports;
        });
    }

    /** Packets refused since the runner was opened, by reason; reasons without any are left out. */
    public Map<BfdVerdict, Long> refusals() {
        return sure(() -> {
            Map<BfdVerdict, Long> refusals = new EnumMap<>(BfdVerdict.class);
            for (BfdVerdict verdict : BfdVerdict.values()) {
                long count = sessions.count(verdict);
                if (verdict != BfdVerdict.ACCEPTED && count > 0) {
                    refusals.put(verdict, count);
                }
            }
            return refusals;
        });
    }

    /** Packets that the kernel did not take, of sessions that run: no route, no neighbour, interface down. */
    public long sendFailedCount() {
        return sure(() ->
                exits.values().stream().mapToLong(BfdSockets.Exit::failedCount).sum());
    }

    /** Time that the thread overslept, which did not count as silence of anybody. */
    public long missedNs() {
        return sure(clock::missedNs);
    }

    /** Why the thread is scheduled as any other; empty if it goes first. */
    public String realtimeTrouble() {
        return realtimeTrouble;
    }

    /** Tells all peers that their sessions are administratively down, and ends. */
    @Override
    public void close() {
        if (thread.isAlive()) {
            sure(() -> {
                List.copyOf(byPath.values()).forEach(this::end);
                byPath.clear();
                return true;
            });
        }
        abandon();
    }

    /** Ends without a word, as a crash would: peers find out by silence. */
    public void abandon() {
        closing = true;
        if (thread.isAlive()) {
            poller.wakeUp();
        }
        try {
            thread.join();
            if (!closed.getAndSet(true)) {
                poller.close();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private <T> T sure(Callable<T> work) {
        try {
            return ask(work);
        } catch (PortException e) {
            throw new IllegalStateException("no socket was asked for", e);
        }
    }

    private <T> T ask(Callable<T> work) throws PortException {
        FutureTask<T> task = new FutureTask<>(work);
        requests.add(task);
        if (!thread.isAlive()) {
            task.cancel(false);
            throw new IllegalStateException("the BFD thread has ended", failure);
        }
        poller.wakeUp();
        try {
            return task.get();
        } catch (ExecutionException e) {
            switch (e.getCause()) {
                case PortException cause -> throw cause;
                case IllegalArgumentException cause -> throw cause;
                case null, default -> throw new IllegalStateException("BFD request failed: " + e.getCause(), e);
            }
        } catch (CancellationException e) {
            throw new IllegalStateException("the BFD thread has ended", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted while waiting for the BFD thread", e);
        }
    }

    // The runner's own thread.

    private void run(boolean realtime) {
        if (realtime) {
            realtimeTrouble = RealtimeThread.enter();
        }
        try {
            loop();
        } catch (RuntimeException | Error e) {
            failure = e;
            LOG.error("BFD has stopped: sessions of this host will be down to their peers", e);
        } finally {
            requests.forEach(request -> request.cancel(false));
            exits.values().forEach(BfdSockets.Exit::close);
            sockets.close();
        }
    }

    private void loop() {
        while (!closing) {
            long realNs = System.nanoTime();
            nowNs = clock.wake(realNs);
            for (FutureTask<?> request = requests.poll(); request != null; request = requests.poll()) {
                request.run();
            }
            boolean more = receive();
            sessions.poll(nowNs);
            long dueNs = sessions.dueNs();
            long wakeNs = Math.min(realNs + IDLE_NS, dueNs == Long.MAX_VALUE ? dueNs : clock.real(dueNs));
            clock.plan(wakeNs);
            long sleepNs = wakeNs - System.nanoTime();
            if (sleepNs > 0 && !more) {
                poller.await(sleepNs);
            }
        }
    }

    /** Takes what waits; whether there may be more. */
    private boolean receive() {
        boolean more = false;
        List<BfdSockets.Receiver> receivers = sockets.receivers();
        for (int r = 0; r < receivers.size(); r++) {
            BfdSockets.Receiver receiver = receivers.get(r);
            int count = UdpSocket.BATCH;
            for (int batch = 0; batch < BATCHES_MAX && count == UdpSocket.BATCH; batch++) {
                count = receiver.socket().receive();
                for (int i = 0; i < count; i++) {
                    take(receiver, i);
                }
            }
            more |= count == UdpSocket.BATCH;
        }
        return more;
    }

    private void take(BfdSockets.Receiver receiver, int i) {
        UdpSocket socket = receiver.socket();
        arrival.multihop = receiver.multihop();
        arrival.ttl = socket.ttl(i);
        arrival.interfaceIndex = socket.interfaceIndex(i);
        arrival.sourceHi = socket.sourceHi(i);
        arrival.sourceLo = socket.sourceLo(i);
        arrival.destinationHi = socket.destinationHi(i);
        arrival.destinationLo = socket.destinationLo(i);
        sessions.receive(socket.memory(), socket.offset(i), socket.bytes(i), arrival, nowNs);
    }

    private void send(BfdSession session, MemorySegment packet, int bytes) {
        BfdSockets.Exit exit = exits.get(session);
        if (exit != null) {
            exit.send(packet, bytes);
        }
    }

    private void changed(BfdSession session, BfdState before, long atNs) {
        try {
            events.changed(reportOf(session), before, clock.real(atNs));
        } catch (RuntimeException e) {
            LOG.error("a listener to BFD events failed; the session goes on", e);
        }
    }

    private BfdReport reportOf(BfdSession session) {
        BfdSockets.Exit exit = exits.get(session);
        return BfdReport.of(session, exit == null ? 0 : exit.sourcePort(), nowNs);
    }
}
