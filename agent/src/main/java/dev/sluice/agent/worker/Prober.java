package dev.sluice.agent.worker;

import dev.sluice.agent.compile.ProbePlan;
import dev.sluice.agent.compile.SnapshotCompiler;
import dev.sluice.agent.report.ProbeReport;
import dev.sluice.datapath.Datapath;
import dev.sluice.datapath.ProbeReceiver;
import dev.sluice.datapath.liveness.Liveness;
import dev.sluice.datapath.packet.Batch;
import dev.sluice.datapath.snapshot.Attachment;
import dev.sluice.datapath.snapshot.WatchedNode;
import dev.sluice.liveness.IpFrame;
import dev.sluice.liveness.NeighborQuestion;
import dev.sluice.liveness.ProbeClock;
import dev.sluice.liveness.ProbeFrame;
import dev.sluice.liveness.ProbeSession;
import dev.sluice.liveness.SipHash;
import dev.sluice.liveness.TcpProbe;
import dev.sluice.wire.Icmp;
import dev.sluice.wire.IpProtocols;
import dev.sluice.wire.Probe;
import dev.sluice.wire.Udp;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.IntFunction;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * Sends probes through service nodes and to them, and takes back what comes of it (docs/reference/probes.md). One user: the worker; {@link #report} is for any thread.
 *
 * <p>A verdict goes straight into {@link Liveness}, so traffic moves at the next packet, whatever the control thread is doing. Hot path: {@link #poll} when nothing is due is
 * a comparison; sending and receiving allocate nothing.
 */
public final class Prober implements ProbeReceiver {
    private static final long NS_PER_MS = 1_000_000;

    private final Datapath datapath;
    private final NodeWays ways;
    private final NodeBfd bfd;
    private final Liveness liveness;
    private final RandomGenerator random;
    private final SipHash key;
    private final ProbeClock clock;
    private long dueNs = Long.MAX_VALUE;

    /** Replaced as a whole, so that other threads see a complete one. */
    private volatile Running[] running = new Running[0];

    /** Worker's own, by number of the instance. */
    private final @Nullable Running[] byInstance = new Running[SnapshotCompiler.INDICES_MAX];

    /** Numbers of the instances that this node had in the configuration before; null: this process has had none. */
    private @Nullable BitSet served;

    private static final class Running {
        final ProbePlan plan;
        final ProbeSession session;
        final boolean trusted;
        final long id;

        /** Connections of legs that are asked by TCP, null of others. */
        final @Nullable TcpProbe[] connections;

        /** When the SYN, or the question for the MAC address, of each left. */
        final long[] askedNs;

        /** In which round that was. */
        final long[] askedRound;

        volatile long changedNs;
        boolean wasAlive;
        boolean wasConfirmed;

        private static String host(IpFrame headers) {
            String address = headers.destination().toString();
            return headers.isIpv4() ? address : "[" + address + "]";
        }

        Running(ProbePlan plan, ProbeSession session, boolean trusted, long id, long nowNs) {
            this.plan = plan;
            this.session = session;
            this.trusted = trusted;
            this.id = id;
            wasAlive = session.alive();
            wasConfirmed = session.confirmed();
            int legs = plan.legs().size();
            connections = new TcpProbe[legs];
            askedNs = new long[legs];
            askedRound = new long[legs];
            for (int i = 0; i < legs; i++) {
                if (plan.legs().get(i).ask() instanceof ProbePlan.Connection ask) {
                    byte[] request = ask.path()
                            .map(path -> TcpProbe.httpRequest(path, host(ask.headers())))
                            .orElse(null);
                    connections[i] = new TcpProbe(ask.headers(), ask.nodePort(), request);
                }
            }
            changedNs = nowNs;
        }

        boolean judged() {
            return trusted || wasConfirmed;
        }
    }

    /**
     * A prober with nothing to probe.
     *
     * @param datapath sends its frames
     * @param liveness is told who answers
     * @param random secret, for the key of this process
     */
    Prober(Datapath datapath, Liveness liveness, RandomGenerator random, long nowNs) {
        this.datapath = datapath;
        ways = new NodeWays(datapath);
        bfd = new NodeBfd(ways, liveness, random);
        this.liveness = liveness;
        this.random = random;
        key = new SipHash(random.nextLong(), random.nextLong());
        clock = new ProbeClock(nowNs);
    }

    /**
     * Takes over what is to be probed; a session whose plan is the same goes on, one whose plan is another keeps its verdict until there is a new one. Between two batches, after the data path has the
     * snapshot.
     */
    void apply(List<ProbePlan> plans, long nowNs) {
        long now = clock.advance(nowNs);
        Map<Integer, Standing> before = standings();
        IntFunction<Standing> standing = instance -> {
            BitSet known = served;
            Standing own = before.get(instance);
            return own != null ? own : known == null || known.get(instance) ? Standing.SERVING : Standing.NEW;
        };
        bfd.apply(plans.stream().filter(ProbePlan::isBfd).toList(), standing, now, nowNs);
        List<Running> next = new ArrayList<>();
        for (ProbePlan plan : plans.stream().filter(each -> !each.isBfd()).toList()) {
            Running same = byInstance[plan.instance()];
            if (same != null && same.plan.equals(plan)) {
                next.add(same);
            } else {
                Standing stands = standing.apply(plan.instance());
                ProbeSession session =
                        new ProbeSession(plan.timing(), plan.legs().size(), random.nextLong(), stands.verdict(), now);
                Running fresh = new Running(plan, session, stands.trusted(), random.nextLong(), nowNs);
                next.add(fresh);
                tell(fresh);
            }
        }
        for (Running old : running) {
            byInstance[old.plan.instance()] = null;
        }
        for (Running r : next) {
            byInstance[r.plan.instance()] = r;
        }
        for (Running old : running) {
            int instance = old.plan.instance();
            if (byInstance[instance] == null) {
                liveness.setProbed(instance, true);
                if (!bfd.holds(instance)) {
                    liveness.setJudged(instance, true);
                }
            }
        }
        running = next.toArray(new Running[0]);
        served = instances();
        dueNs = now;
    }

    /** How the instances stand that are probed, or held to BFD. */
    private Map<Integer, Standing> standings() {
        Map<Integer, Standing> all = bfd.standings();
        for (Running r : running) {
            all.put(r.plan.instance(), new Standing(r.session.verdict(), r.judged()));
        }
        return all;
    }

    /** Those of the snapshot that this node has. */
    private BitSet instances() {
        BitSet all = new BitSet();
        for (Attachment attachment : datapath.snapshot().attachments()) {
            if (!attachment.isRemote()) {
                all.set(attachment.instance());
            }
        }
        return all;
    }

    private void tell(Running r) {
        liveness.setProbed(r.plan.instance(), r.wasAlive);
        liveness.setJudged(r.plan.instance(), r.judged());
    }

    /** Judges and sends what is due. To be called after each round of receiving, so that what came back meanwhile is known. */
    void poll(long nowNs) {
        long now = clock.advance(nowNs);
        bfd.poll(now, nowNs);
        if (now < dueNs) {
            return;
        }
        boolean sent = false;
        long due = Long.MAX_VALUE;
        for (Running r : running) {
            if (r.session.step(now)) {
                if (send(r, nowNs)) {
                    sent = true;
                } else {
                    r.session.notSent();
                }
            }
            noteChange(r, nowNs);
            due = Math.min(due, r.session.dueNs());
        }
        dueNs = due;
        if (sent) {
            datapath.flush();
        }
    }

    /** How long the worker may sleep: at most so many milliseconds, 0 if something is due at once. */
    int sleepMs(int mostMs) {
        long left = Math.min(dueNs, bfd.dueNs()) - clock.nowNs();
        return left >= mostMs * NS_PER_MS ? mostMs : (int) Math.max(0, (left + NS_PER_MS - 1) / NS_PER_MS);
    }

    /** Tells nodes that their BFD sessions end. The ports have to be open still. */
    void close(long nowNs) {
        bfd.close(clock.advance(nowNs), nowNs);
    }

    private void noteChange(Running r, long nowNs) {
        if (r.session.alive() != r.wasAlive || r.session.confirmed() != r.wasConfirmed) {
            r.wasAlive = r.session.alive();
            r.wasConfirmed = r.session.confirmed();
            r.changedNs = nowNs;
            tell(r);
        }
    }

    /** Sends a round; whether any of it could leave. A node that does not say its MAC address is one that does not answer. */
    private boolean send(Running r, long nowNs) {
        boolean sent = false;
        List<ProbePlan.Leg> legs = r.plan.legs();
        for (int leg = 0; leg < legs.size(); leg++) {
            ProbePlan.Way way = legs.get(leg).way();
            long start = ways.take(way);
            if (start != NodeWays.NONE) {
                int bytes = write(r, leg, start, nowNs);
                sent |= ways.send(way, start, bytes, nowNs);
            }
        }
        return sent;
    }

    /** Writes what a leg asks; bytes of the frame. */
    private int write(Running r, int leg, long start, long nowNs) {
        long sequence = r.session.sequence();
        return switch (r.plan.legs().get(leg).ask()) {
            case ProbePlan.Frame(ProbeFrame frame) -> {
                MemorySegment memory = ways.memory();
                long payload = start + frame.payloadOffset();
                Probe.write(memory, payload, leg, r.plan.instance(), r.id, sequence, nowNs);
                Probe.setTag(memory, payload, key.of(memory, payload, Probe.TAG_OFFSET));
                frame.writeAround(memory, start, 0, 0, (int) sequence & 0xffff);
                yield frame.bytes();
            }
            case ProbePlan.Question(NeighborQuestion question) -> {
                r.askedNs[leg] = nowNs;
                r.askedRound[leg] = sequence;
                question.write(
                        ways.memory(), start, ways.ownMac(r.plan.legs().get(leg).way()));
                yield question.bytes();
            }
            case ProbePlan.Connection _ -> {
                r.askedNs[leg] = nowNs;
                yield connection(r, leg).writeSyn(ways.memory(), start, sequence, random.nextLong());
            }
            case ProbePlan.Session _ -> throw new IllegalStateException("sessions have no rounds");
        };
    }

    private static TcpProbe connection(Running r, int leg) {
        return Objects.requireNonNull(r.connections[leg]);
    }

    // What comes in.

    @Override
    public boolean receive(Batch batch, int slot, long nowNs) {
        MemorySegment memory = datapath.pool().memory();
        long transport = batch.start[slot] + batch.l4[slot];
        Running r = probe(memory, transport + Udp.BYTES);
        ProbePlan.Back back =
                r == null ? null : leg(r, memory, transport + Udp.BYTES).back();
        if (r == null || back == null) {
            return false;
        }
        boolean echo = ((ProbePlan.Frame) leg(r, memory, transport + Udp.BYTES).ask())
                        .frame()
                        .port()
                < 0;
        boolean kindFits = echo
                ? batch.protocol[slot] == IpProtocols.ICMP && Icmp.type(memory, transport) == Icmp.ECHO_REPLY
                : batch.protocol[slot] == IpProtocols.UDP;
        return kindFits
                && batch.port[slot] == back.port()
                && vlan(batch.outerTag[slot]) == vlan(back.outerTag())
                && vlan(batch.innerTag[slot]) == vlan(back.innerTag())
                && answered(r, memory, transport + Udp.BYTES, nowNs);
    }

    /** Whose probe it is, null if none of this process. */
    private @Nullable Running probe(MemorySegment memory, long payload) {
        Running r = running(Probe.instance(memory, payload));
        boolean ours = r != null
                && Probe.hasMagic(memory, payload)
                && Probe.version(memory, payload) == Probe.VERSION
                && Probe.direction(memory, payload) < r.plan.legs().size()
                && Probe.session(memory, payload) == r.id
                && Probe.tag(memory, payload) == key.of(memory, payload, Probe.TAG_OFFSET);
        return ours ? r : null;
    }

    private @Nullable Running running(int instance) {
        return instance >= 0 && instance < byInstance.length ? byInstance[instance] : null;
    }

    private static ProbePlan.Leg leg(Running r, MemorySegment memory, long payload) {
        return r.plan.legs().get(Probe.direction(memory, payload));
    }

    private boolean answered(Running r, MemorySegment memory, long payload, long nowNs) {
        long roundTripNs = nowNs - Probe.sentNs(memory, payload);
        boolean expected = r.session.answered(
                Probe.direction(memory, payload), Probe.sequence(memory, payload), roundTripNs, clock.nowNs());
        noteChange(r, nowNs);
        return expected;
    }

    @Override
    public boolean said(WatchedNode by, MemorySegment f, long transport, int bytes, int ttl, long nowNs) {
        return switch (by.speech()) {
            case BFD -> bfd.receive(by, f, transport, bytes, ttl, clock.advance(nowNs));
            case ECHO, THROUGH -> {
                Running r = probe(f, transport + Udp.BYTES);
                yield r != null
                        && by.equals(leg(r, f, transport + Udp.BYTES).watched())
                        && answered(r, f, transport + Udp.BYTES, nowNs);
            }
            case TCP -> segment(by, f, transport, bytes, nowNs);
            case NEIGHBOR -> false;
        };
    }

    /** An answer has no number: it counts for the newest question, once. */
    @Override
    public boolean neighborAnswered(WatchedNode by, long nowNs) {
        Running r = running(by.key() / ProbePlan.LEGS_MAX);
        int leg = by.key() % ProbePlan.LEGS_MAX;
        if (r == null
                || leg >= r.plan.legs().size()
                || !by.equals(r.plan.legs().get(leg).watched())) {
            return false;
        }
        boolean expected = r.session.answered(leg, r.askedRound[leg], nowNs - r.askedNs[leg], clock.nowNs());
        noteChange(r, nowNs);
        return expected;
    }

    private boolean segment(WatchedNode by, MemorySegment f, long tcp, int bytes, long nowNs) {
        Running r = running(by.key() / ProbePlan.LEGS_MAX);
        int leg = by.key() % ProbePlan.LEGS_MAX;
        TcpProbe connection = r == null || leg >= r.connections.length ? null : r.connections[leg];
        if (r == null || connection == null) {
            return false;
        }
        TcpProbe.Meaning meaning = connection.take(f, tcp, bytes);
        switch (meaning) {
            case FORGED, NOTHING -> {}
            case ASK -> reply(r, leg, connection, true, nowNs);
            case ANSWERED -> {
                r.session.answered(leg, connection.round(), nowNs - r.askedNs[leg], clock.nowNs());
                reply(r, leg, connection, false, nowNs);
                noteChange(r, nowNs);
            }
            case REFUSED -> reply(r, leg, connection, false, nowNs);
        }
        return meaning != TcpProbe.Meaning.FORGED;
    }

    private void reply(Running r, int leg, TcpProbe connection, boolean request, long nowNs) {
        ProbePlan.Way way = r.plan.legs().get(leg).way();
        long start = ways.take(way);
        if (start != NodeWays.NONE) {
            int bytes = request
                    ? connection.writeRequest(ways.memory(), start)
                    : connection.writeReset(ways.memory(), start);
            ways.send(way, start, bytes, nowNs);
        }
    }

    /** VLAN id + 1, 0 for no tag. */
    private static int vlan(int tag) {
        return tag == 0 ? 0 : (tag & 0xfff) + 1;
    }

    /** What probes say of an instance, null if it has none. Any thread; figures may lag. */
    @Nullable
    public ProbeReport report(int instance, long nowNs) {
        for (Running r : running) {
            if (r.plan.instance() == instance) {
                return report(r, nowNs);
            }
        }
        return bfd.report(instance, clock.nowNs());
    }

    /** BFD packets of service nodes that were refused, by reason. */
    public Map<String, Long> bfdRefused() {
        return bfd.refused();
    }

    private static ProbeReport report(Running r, long nowNs) {
        ProbeSession session = r.session;
        List<Long> lost = new ArrayList<>();
        List<Long> roundTripUs = new ArrayList<>();
        for (int direction = 0; direction < session.directions(); direction++) {
            long ns = session.roundTripNs(direction);
            lost.add(session.lost(direction));
            roundTripUs.add(ns < 0 ? -1 : ns / 1_000);
        }
        return new ProbeReport(
                r.plan.kind(),
                !session.confirmed() ? "waiting" : session.alive() ? "answers" : "silent",
                Math.max(0, (nowNs - r.changedNs) / NS_PER_MS),
                session.sequence(),
                lost,
                roundTripUs,
                session.deaths(),
                "");
    }
}
