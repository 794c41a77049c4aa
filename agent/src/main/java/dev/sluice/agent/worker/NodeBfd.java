package dev.sluice.agent.worker;

import dev.sluice.agent.compile.ProbePlan;
import dev.sluice.agent.compile.SnapshotCompiler;
import dev.sluice.agent.report.ProbeReport;
import dev.sluice.datapath.liveness.Liveness;
import dev.sluice.datapath.snapshot.WatchedNode;
import dev.sluice.liveness.HealthVerdict;
import dev.sluice.liveness.ProbeSession;
import dev.sluice.liveness.bfd.BfdArrival;
import dev.sluice.liveness.bfd.BfdSession;
import dev.sluice.liveness.bfd.BfdSessions;
import dev.sluice.liveness.bfd.BfdSettings;
import dev.sluice.liveness.bfd.BfdState;
import dev.sluice.liveness.bfd.BfdVerdict;
import dev.sluice.wire.Bfd;
import dev.sluice.wire.Checksum;
import dev.sluice.wire.IpProtocols;
import dev.sluice.wire.Udp;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.IntFunction;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * Holds BFD sessions with service nodes that speak it (V14; docs/reference/bfd.md, with service nodes). One user: the worker; {@link #report} and {@link #refused} are for any
 * thread, their figures may lag.
 *
 * <p>The verdict goes straight into {@link Liveness}, so traffic moves at the next packet. A node lives while all its sessions are up; one that was never up is waited for
 * {@value #START_NS} ns. Sending and receiving allocate nothing.
 */
final class NodeBfd {
    /** How long a node may take to bring its sessions up at first: BFD begins with one packet each second. */
    static final long START_NS = 5_000_000_000L;

    /** How often nodes that come back, or are waited for, are looked at. */
    private static final long CONCLUDE_NS = 20_000_000;

    private static final int SESSIONS_MAX = SnapshotCompiler.INDICES_MAX * ProbePlan.LEGS_MAX;
    private static final int DOUBLED_MAX = 6;
    private static final long NS_PER_MS = 1_000_000;

    private final NodeWays ways;
    private final Liveness liveness;
    private final RandomGenerator random;
    private final BfdArrival arrival = new BfdArrival();

    /** Made when the first node is held to it: most hosts have none. */
    private volatile @Nullable BfdSessions sessions;

    private long realNs;
    private long concludeNs = Long.MAX_VALUE;
    private boolean dirty;

    /** Replaced as a whole, so that other threads see a complete one. */
    private volatile Held[] held = new Held[0];

    /** A node. */
    private static final class Held {
        volatile ProbePlan plan;
        final BfdSession[] sessions;
        final long startNs;
        long upSinceNs = -1;
        long diedNs;
        final boolean trusted;
        volatile boolean alive;
        volatile boolean confirmed;
        volatile int deaths;
        volatile long changedNs;

        Held(ProbePlan plan, BfdSession[] sessions, Standing before, long nowNs) {
            this.plan = plan;
            this.sessions = sessions;
            startNs = nowNs;
            changedNs = nowNs;
            alive = before.verdict().alive();
            // Sessions that begin have their time to come up, if the node is not known to be dead.
            confirmed = !alive;
            trusted = before.trusted() || before.verdict().confirmed();
            deaths = before.verdict().deaths();
            diedNs = before.verdict().diedNs();
        }

        boolean judged() {
            return trusted || confirmed;
        }

        HealthVerdict verdict() {
            return new HealthVerdict(alive, confirmed, deaths, diedNs);
        }

        /** Whether a plan leaves the sessions as they are, but for intervals, keys and the way to the node. */
        boolean fits(ProbePlan next) {
            boolean fits = next.legs().size() == sessions.length;
            for (int i = 0; fits && i < sessions.length; i++) {
                fits = session(next, i).path().equals(session(plan, i).path());
            }
            return fits;
        }

        boolean isUp() {
            for (BfdSession session : sessions) {
                if (session.state() != BfdState.UP) {
                    return false;
                }
            }
            return true;
        }
    }

    NodeBfd(NodeWays ways, Liveness liveness, RandomGenerator random) {
        this.ways = ways;
        this.liveness = liveness;
        this.random = random;
    }

    // Configuration: may allocate.

    /**
     * Takes over who is held to BFD; a node whose addresses are the same keeps its sessions, with other intervals and keys if need be.
     *
     * @param standing how an instance stood until now
     */
    void apply(List<ProbePlan> plans, IntFunction<Standing> standing, long now, long nowNs) {
        realNs = nowNs;
        if (plans.isEmpty() && held.length == 0) {
            return;
        }
        BfdSessions there = sessions;
        BfdSessions all =
                there == null ? new BfdSessions(SESSIONS_MAX, random, this::send, (_, _) -> dirty = true) : there;
        sessions = all;
        Map<Integer, Held> before = new LinkedHashMap<>();
        for (Held each : held) {
            before.put(each.plan.instance(), each);
        }
        List<Held> next = new ArrayList<>();
        List<ProbePlan> fresh = new ArrayList<>();
        for (ProbePlan plan : plans) {
            Held old = before.get(plan.instance());
            if (old != null && old.fits(plan)) {
                before.remove(plan.instance());
                follow(all, old, plan, now);
                next.add(old);
            } else {
                fresh.add(plan);
            }
        }
        before.values().forEach(gone -> end(all, gone, now));
        ways.flush();
        fresh.forEach(plan -> next.add(begin(all, plan, standing.apply(plan.instance()), now)));
        held = next.toArray(new Held[0]);
        concludeNs = held.length == 0 ? Long.MAX_VALUE : now;
    }

    private Held begin(BfdSessions all, ProbePlan plan, Standing before, long now) {
        int count = plan.legs().size();
        BfdSession[] own = new BfdSession[count];
        for (int i = 0; i < count; i++) {
            ProbePlan.Session ask = session(plan, i);
            own[i] = all.add(ask.path(), ask.settings(), now);
        }
        Held node = new Held(plan, own, before, now);
        tell(node);
        return node;
    }

    private void tell(Held node) {
        liveness.setBfd(node.plan.instance(), node.alive);
        liveness.setJudged(node.plan.instance(), node.judged());
    }

    /** How those stand that are held to BFD, by number; a map to add to. */
    Map<Integer, Standing> standings() {
        Map<Integer, Standing> all = new LinkedHashMap<>();
        for (Held each : held) {
            all.put(each.plan.instance(), new Standing(each.verdict(), each.judged()));
        }
        return all;
    }

    /** Whether an instance is held to BFD. */
    boolean holds(int instance) {
        for (Held each : held) {
            if (each.plan.instance() == instance) {
                return true;
            }
        }
        return false;
    }

    /** The same sessions with the intervals and keys of a plan. */
    private static void follow(BfdSessions all, Held node, ProbePlan plan, long now) {
        node.plan = plan;
        for (int i = 0; i < node.sessions.length; i++) {
            BfdSettings settings = session(plan, i).settings();
            all.setTiming(node.sessions[i], settings.timing(), now);
            all.setAuthentication(node.sessions[i], settings.authentication(), now);
        }
    }

    private static ProbePlan.Session session(ProbePlan plan, int leg) {
        return (ProbePlan.Session) plan.legs().get(leg).ask();
    }

    private void end(BfdSessions all, Held gone, long now) {
        for (BfdSession session : gone.sessions) {
            all.disable(session, now);
        }
        all.poll(now);
        for (BfdSession session : gone.sessions) {
            all.remove(session);
        }
        liveness.setBfd(gone.plan.instance(), true);
        liveness.setJudged(gone.plan.instance(), true);
    }

    /** Tells all nodes that the sessions end. The ports have to be open still. */
    void close(long now, long nowNs) {
        realNs = nowNs;
        BfdSessions all = sessions;
        if (all != null) {
            for (Held each : held) {
                for (BfdSession session : each.sessions) {
                    all.disable(session, now);
                }
            }
            all.poll(now);
            ways.flush();
        }
        held = new Held[0];
        concludeNs = Long.MAX_VALUE;
    }

    // Time.

    /** Judges silences, sends what is due. After each round of receiving. */
    void poll(long now, long nowNs) {
        BfdSessions all = sessions;
        if (all == null) {
            return;
        }
        if (all.dueNs() <= now) {
            realNs = nowNs;
            all.poll(now);
            ways.flush();
        }
        if (dirty || now >= concludeNs) {
            conclude(now);
        }
    }

    /** When {@link #poll} has something to do next. */
    long dueNs() {
        BfdSessions all = sessions;
        return all == null ? Long.MAX_VALUE : Math.min(all.dueNs(), concludeNs);
    }

    private void conclude(long now) {
        dirty = false;
        boolean unsettled = false;
        Held[] all = held;
        for (int i = 0; i < all.length; i++) {
            unsettled |= conclude(all[i], now);
        }
        concludeNs = unsettled ? now + CONCLUDE_NS : Long.MAX_VALUE;
    }

    /** Whether time alone may change the verdict. */
    private boolean conclude(Held node, long now) {
        if (!node.isUp()) {
            node.upSinceNs = -1;
            if (node.alive && (node.confirmed || now - node.startNs >= START_NS)) {
                boolean flaps = node.deaths > 0 && now - node.diedNs < ProbeSession.FLAP_WINDOW_NS;
                node.deaths = flaps ? node.deaths + 1 : 1;
                node.diedNs = now;
                become(node, false, now);
            }
            return !node.confirmed;
        }
        if (node.upSinceNs < 0) {
            node.upSinceNs = now;
        }
        if (!node.alive && now - node.upSinceNs >= holdNs(node)) {
            become(node, true, now);
        } else if (!node.confirmed) {
            node.confirmed = true;
            node.changedNs = now;
            tell(node);
        }
        return !node.alive;
    }

    private void become(Held node, boolean alive, long now) {
        node.alive = alive;
        node.confirmed = true;
        node.changedNs = now;
        tell(node);
    }

    /** As {@link ProbeSession#holdNs}. */
    private static long holdNs(Held node) {
        return node.deaths < 2 ? 0 : node.plan.timing().holdDownNs() << Math.min(node.deaths - 2, DOUBLED_MAX);
    }

    private void send(BfdSession session, MemorySegment packet, int bytes) {
        for (Held each : held) {
            for (int i = 0; i < each.sessions.length; i++) {
                if (each.sessions[i] == session) {
                    send(each, i, packet, bytes);
                    return;
                }
            }
        }
    }

    private void send(Held node, int leg, MemorySegment packet, int bytes) {
        ProbePlan.Way way = node.plan.legs().get(leg).way();
        long start = ways.take(way);
        if (start == NodeWays.NONE) {
            return;
        }
        ProbePlan.Session ask = session(node.plan, leg);
        MemorySegment f = ways.memory();
        int headerBytes = ask.headers().headerBytes();
        long udp = start + headerBytes;
        int udpBytes = Udp.BYTES + bytes;
        MemorySegment.copy(packet, 0, f, udp + Udp.BYTES, bytes);
        Udp.setSourcePort(f, udp, node.sessions[leg].sourcePort());
        Udp.setDestinationPort(f, udp, ask.path().port());
        Udp.setLength(f, udp, udpBytes);
        Udp.setChecksum(f, udp, 0);
        ask.headers().write(f, start, IpProtocols.UDP, udpBytes, 0);
        int checksum = ask.headers().checksum(f, udp, IpProtocols.UDP, udpBytes, Udp.CHECKSUM_OFFSET);
        Udp.setChecksum(f, udp, Checksum.notZero(checksum));
        ways.send(way, start, headerBytes + udpBytes, realNs);
    }

    // What comes in.

    /** Takes a packet from a node's address; whether its session took it. */
    boolean receive(WatchedNode by, MemorySegment f, long udp, int bytes, int ttl, long now) {
        BfdSessions all = sessions;
        if (all == null) {
            return false;
        }
        arrival.multihop = Udp.destinationPort(f, udp) == Bfd.PORT_MULTIHOP;
        arrival.ttl = ttl;
        arrival.interfaceIndex = by.key() + 1;
        arrival.sourceHi = by.address().hi();
        arrival.sourceLo = by.address().lo();
        arrival.destinationHi = by.own().hi();
        arrival.destinationLo = by.own().lo();
        int payload = Math.min(Udp.length(f, udp), bytes) - Udp.BYTES;
        boolean taken = all.receive(f, udp + Udp.BYTES, payload, arrival, now) == BfdVerdict.ACCEPTED;
        if (dirty) {
            conclude(now);
        }
        return taken;
    }

    // For other threads.

    /** What the sessions with an instance say, null if it has none. */
    @Nullable
    ProbeReport report(int instance, long now) {
        for (Held each : held) {
            if (each.plan.instance() == instance) {
                return report(each, now);
            }
        }
        return null;
    }

    private static ProbeReport report(Held node, long now) {
        long sent = 0;
        long refused = 0;
        List<String> words = new ArrayList<>();
        for (int i = 0; i < node.sessions.length; i++) {
            BfdSession session = node.sessions[i];
            sent += session.sentCount();
            refused += session.refusedCount();
            words.add(words(session, session(node.plan, i)));
        }
        String state = node.isUp() ? node.alive ? "answers" : "held down" : node.confirmed ? "silent" : "waiting";
        return new ProbeReport(
                node.plan.kind(),
                state,
                Math.max(0, (now - node.changedNs) / NS_PER_MS),
                sent,
                List.of(),
                List.of(),
                node.deaths,
                String.join("; ", words) + (refused > 0 ? "; refused " + refused : ""));
    }

    private static String words(BfdSession session, ProbePlan.Session plan) {
        String state = session.state().word();
        String signed = plan.settings().authentication() == null ? "" : ", signed";
        return plan.path().peer() + " "
                + (session.state() == BfdState.UP
                        ? state + ", " + session.detectionNs() / NS_PER_MS + " ms" + signed
                        : state + " (" + session.diagnostic().words() + ")" + signed);
    }

    /** Packets refused so far, by reason. */
    Map<String, Long> refused() {
        Map<String, Long> refused = new LinkedHashMap<>();
        BfdSessions all = sessions;
        for (BfdVerdict verdict : BfdVerdict.values()) {
            long count = all == null ? 0 : all.count(verdict);
            if (verdict != BfdVerdict.ACCEPTED && count > 0) {
                refused.put(verdict.word(), count);
            }
        }
        return refused;
    }
}
