package dev.sluice.agent.worker;

import dev.sluice.agent.compile.ProbePlan;
import dev.sluice.agent.compile.SnapshotCompiler;
import dev.sluice.agent.report.ProbeReport;
import dev.sluice.datapath.Batch;
import dev.sluice.datapath.Datapath;
import dev.sluice.datapath.FramePool;
import dev.sluice.datapath.Liveness;
import dev.sluice.datapath.ProbeReceiver;
import dev.sluice.liveness.ProbeClock;
import dev.sluice.liveness.ProbeSession;
import dev.sluice.liveness.SipHash;
import dev.sluice.wire.Icmp;
import dev.sluice.wire.IpProtocols;
import dev.sluice.wire.Probe;
import dev.sluice.wire.Udp;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * Sends probes through service nodes and takes them back (docs/reference/probes.md). One user: the worker; {@link #report} is for any thread.
 *
 * <p>A verdict goes straight into {@link Liveness}, so traffic moves at the next packet, whatever the control thread is doing. Hot path: {@link #poll} when nothing is due is
 * a comparison; sending and receiving allocate nothing.
 */
public final class Prober implements ProbeReceiver {
    private static final long NS_PER_MS = 1_000_000;

    private final Datapath datapath;
    private final Liveness liveness;
    private final RandomGenerator random;
    private final SipHash key;
    private final ProbeClock clock;
    private long dueNs = Long.MAX_VALUE;

    /** Replaced as a whole, so that other threads see a complete one. */
    private volatile Running[] running = new Running[0];

    /** Worker's own, by number of the instance. */
    private final @Nullable Running[] byInstance = new Running[SnapshotCompiler.INDICES_MAX];

    private static final class Running {
        final ProbePlan plan;
        final ProbeSession session;
        final long id;
        volatile long changedNs;
        boolean wasAlive = true;
        boolean wasConfirmed;

        Running(ProbePlan plan, ProbeSession session, long id, long nowNs) {
            this.plan = plan;
            this.session = session;
            this.id = id;
            changedNs = nowNs;
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
        this.liveness = liveness;
        this.random = random;
        key = new SipHash(random.nextLong(), random.nextLong());
        clock = new ProbeClock(nowNs);
    }

    /** Takes over what is to be probed; a session whose plan is the same goes on. Between two batches, after the data path has the snapshot. */
    void apply(List<ProbePlan> plans, long nowNs) {
        long now = clock.advance(nowNs);
        List<Running> next = new ArrayList<>();
        for (ProbePlan plan : plans) {
            Running before = byInstance[plan.instance()];
            if (before != null && before.plan.equals(plan)) {
                next.add(before);
            } else {
                ProbeSession session =
                        new ProbeSession(plan.timing(), plan.legs().size(), random.nextLong(), now);
                next.add(new Running(plan, session, random.nextLong(), nowNs));
                // A verdict under other settings does not count any more.
                liveness.setProbed(plan.instance(), true);
            }
        }
        for (Running old : running) {
            byInstance[old.plan.instance()] = null;
        }
        for (Running r : next) {
            byInstance[r.plan.instance()] = r;
        }
        for (Running old : running) {
            if (byInstance[old.plan.instance()] == null) {
                liveness.setProbed(old.plan.instance(), true);
            }
        }
        running = next.toArray(new Running[0]);
        dueNs = now;
    }

    /** Judges and sends what is due. To be called after each round of receiving, so that what came back meanwhile is known. */
    void poll(long nowNs) {
        long now = clock.advance(nowNs);
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
        long left = dueNs - clock.nowNs();
        return left >= mostMs * NS_PER_MS ? mostMs : (int) Math.max(0, (left + NS_PER_MS - 1) / NS_PER_MS);
    }

    private void noteChange(Running r, long nowNs) {
        if (r.session.alive() != r.wasAlive || r.session.confirmed() != r.wasConfirmed) {
            r.wasAlive = r.session.alive();
            r.wasConfirmed = r.session.confirmed();
            r.changedNs = nowNs;
            liveness.setProbed(r.plan.instance(), r.wasAlive);
        }
    }

    /** Sends a round; whether any of it could leave. A node that does not say its MAC address is one that does not answer. */
    private boolean send(Running r, long nowNs) {
        boolean sent = false;
        List<ProbePlan.Leg> legs = r.plan.legs();
        for (int direction = 0; direction < legs.size(); direction++) {
            ProbePlan.Leg leg = legs.get(direction);
            if (datapath.canSend(leg.port())) {
                long mac = leg.destinationMac() >= 0
                        ? leg.destinationMac()
                        : datapath.neighborMac(leg.port(), leg.nextHop(), nowNs);
                sent |= mac < 0 || send(r, direction, leg, mac, nowNs);
            }
        }
        return sent;
    }

    private boolean send(Running r, int direction, ProbePlan.Leg leg, long mac, long nowNs) {
        FramePool pool = datapath.pool();
        long start = pool.takeSmall();
        if (start == FramePool.NONE) {
            return false;
        }
        MemorySegment memory = pool.memory();
        long payload = start + leg.frame().payloadOffset();
        long sequence = r.session.sequence();
        Probe.write(memory, payload, direction, r.plan.instance(), r.id, sequence, nowNs);
        Probe.setTag(memory, payload, key.of(memory, payload, Probe.TAG_OFFSET));
        long source = leg.sourceMac() >= 0
                ? leg.sourceMac()
                : datapath.snapshot().port(leg.port()).mac();
        leg.frame().writeAround(memory, start, mac, source, (int) sequence & 0xffff);
        datapath.sendOwn(leg.port(), start, leg.frame().bytes());
        return true;
    }

    @Override
    public boolean receive(Batch batch, int slot, long nowNs) {
        MemorySegment memory = datapath.pool().memory();
        long transport = batch.start[slot] + batch.l4[slot];
        long payload = transport + Udp.BYTES;
        int instance = Probe.instance(memory, payload);
        Running r = instance >= 0 && instance < byInstance.length ? byInstance[instance] : null;
        int direction = Probe.direction(memory, payload);
        if (r == null
                || Probe.version(memory, payload) != Probe.VERSION
                || direction >= r.plan.legs().size()
                || Probe.session(memory, payload) != r.id
                || Probe.tag(memory, payload) != key.of(memory, payload, Probe.TAG_OFFSET)) {
            return false;
        }
        boolean kindFits = r.plan.echo()
                ? batch.protocol[slot] == IpProtocols.ICMP && Icmp.type(memory, transport) == Icmp.ECHO_REPLY
                : batch.protocol[slot] == IpProtocols.UDP;
        ProbePlan.Leg leg = r.plan.legs().get(direction);
        if (!kindFits
                || batch.port[slot] != leg.backPort()
                || vlan(batch.outerTag[slot]) != vlan(leg.backOuterTag())
                || vlan(batch.innerTag[slot]) != vlan(leg.backInnerTag())) {
            return false;
        }
        long roundTripNs = nowNs - Probe.sentNs(memory, payload);
        boolean expected = r.session.answered(direction, Probe.sequence(memory, payload), roundTripNs, clock.nowNs());
        noteChange(r, nowNs);
        return expected;
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
        return null;
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
                session.deaths());
    }
}
