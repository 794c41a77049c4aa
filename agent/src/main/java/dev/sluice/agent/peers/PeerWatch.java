package dev.sluice.agent.peers;

import dev.sluice.agent.compile.PeersPlan;
import dev.sluice.agent.report.PeersReport;
import dev.sluice.agent.report.PeersReport.PeerReport;
import dev.sluice.datapath.Datapath;
import dev.sluice.datapath.PeerReceiver;
import dev.sluice.datapath.liveness.Liveness;
import dev.sluice.datapath.packet.FramePool;
import dev.sluice.datapath.snapshot.OverlayPeer;
import dev.sluice.liveness.ProbeClock;
import dev.sluice.liveness.bfd.BfdArrival;
import dev.sluice.liveness.bfd.BfdSession;
import dev.sluice.liveness.bfd.BfdSessions;
import dev.sluice.liveness.bfd.BfdState;
import dev.sluice.liveness.bfd.BfdVerdict;
import dev.sluice.model.ServiceInstance.AdminState;
import dev.sluice.wire.PlaneStates;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * Watches the other nodes of the service plane: a BFD session with each, over the underlay that carries the tunnels; tells them what the instances of this node do, and hears
 * it of theirs (V14). One user: the worker; {@link #report}, {@link #reason}, {@link #words}, {@link #toldStates} and {@link #toldPaths} are for any thread.
 *
 * <p>A verdict goes straight into {@link Liveness}, so traffic moves at the next packet. Hot path: {@link #poll} when nothing is due is two comparisons; sending and
 * receiving allocate nothing, but where an administrative state or a configuration changes.
 */
public final class PeerWatch implements PeerReceiver {
    private static final int PEERS_MAX = 4096;
    private static final long NS_PER_MS = 1_000_000;

    /** Between two tellings when nothing changes. */
    static final long TELL_NS = 1_000 * NS_PER_MS;

    /** After a change, in case one is lost. */
    private static final long AGAIN_NS = 20 * NS_PER_MS;

    private static final int AGAIN = 2;

    /** How often it is looked at whether somebody's word is too old. */
    private static final long CONCLUDE_NS = 50 * NS_PER_MS;

    private static final AdminState[] ADMIN = {AdminState.UP, AdminState.DOWN, AdminState.DRAIN, AdminState.MAINTENANCE
    };

    private final Datapath datapath;
    private final Liveness liveness;
    private final BfdSessions sessions;
    private final BfdArrival arrival = new BfdArrival();
    private final ProbeClock clock;
    private final StatesWriter writer;
    private final InstanceWord word;
    private long realNs;
    private boolean dirty;
    private int seenGeneration;
    private int again;
    private long tellNs;
    private long concludeNs = Long.MAX_VALUE;
    private long statesMalformed;
    private long statesForged;
    private long statesOld;
    private long statesForeign;

    /** Replaced as a whole, so that other threads see a complete one. By index of the peer. */
    private volatile PeerRun[] running = new PeerRun[0];

    private volatile Map<String, AdminState> toldStates = Map.of();
    private volatile Map<String, Long> toldPaths = Map.of();

    /**
     * Watches nobody yet.
     *
     * @param datapath sends its frames
     * @param liveness is told who serves
     * @param random secret, for discriminators and sequence numbers
     */
    public PeerWatch(Datapath datapath, Liveness liveness, RandomGenerator random, long nowNs) {
        this.datapath = datapath;
        this.liveness = liveness;
        clock = new ProbeClock(nowNs);
        realNs = nowNs;
        sessions = new BfdSessions(PEERS_MAX, random, this::send, this::changed);
        writer = new StatesWriter(datapath, liveness);
        word = new InstanceWord(liveness);
    }

    // Configuration: may allocate.

    /** Takes over who is to be watched; a session whose plan is the same goes on. Between two batches, after the data path has the snapshot. */
    public void apply(PeersPlan plan, long nowNs) {
        long now = advance(nowNs);
        Map<String, PeerRun> before = new HashMap<>();
        for (PeerRun run : running) {
            before.put(run.plan.peer().name(), run);
        }
        Map<Integer, String> had = hosts(running);
        List<PeerRun> next = new ArrayList<>();
        List<PeersPlan.Peer> fresh = new ArrayList<>();
        for (PeersPlan.Peer peer : plan.peers()) {
            PeerRun old = before.get(peer.peer().name());
            if (old != null && old.fits(peer)) {
                before.remove(peer.peer().name());
                sessions.setTiming(old.session, peer.settings().timing(), now);
                sessions.setAuthentication(old.session, peer.settings().authentication(), now);
                next.add(old.with(peer));
            } else {
                fresh.add(peer);
            }
        }
        before.values().forEach(gone -> end(gone, now));
        datapath.flush();
        for (PeersPlan.Peer peer : fresh) {
            BfdSession session = sessions.add(peer.path(), peer.settings(), now);
            next.add(new PeerRun(peer, session));
        }
        next.sort(Comparator.comparingInt(run -> run.plan.peer().index()));
        running = next.toArray(new PeerRun[0]);
        Map<Integer, String> have = hosts(running);
        have.forEach((instance, host) -> {
            if (!host.equals(had.get(instance))) {
                word.named(instance, now);
            }
        });
        had.keySet().stream().filter(instance -> !have.containsKey(instance)).forEach(word::gone);
        writer.apply(plan.own(), plan.paths());
        tellSoon(now);
        concludeNs = running.length == 0 ? Long.MAX_VALUE : now;
        conclude(now);
        publishStates();
        publishPaths();
    }

    private static Map<Integer, String> hosts(PeerRun[] runs) {
        Map<Integer, String> hosts = new HashMap<>();
        for (PeerRun run : runs) {
            run.plan
                    .instances()
                    .forEach(instance ->
                            hosts.put(instance.number(), run.plan.peer().name()));
        }
        return hosts;
    }

    private void end(PeerRun run, long now) {
        sessions.disable(run.session, now);
        sessions.poll(now);
        sessions.remove(run.session);
    }

    /** Tells all peers that this node ends, so that they need not find out. The ports have to be open still. */
    public void close(long nowNs) {
        long now = advance(nowNs);
        for (PeerRun run : running) {
            sessions.disable(run.session, now);
        }
        sessions.poll(now);
        datapath.flush();
        running = new PeerRun[0];
        concludeNs = Long.MAX_VALUE;
    }

    private void publishStates() {
        Map<String, AdminState> states = InstanceWord.states();
        for (PeerRun run : running) {
            run.plan.instances().forEach(each -> word.putAdmin(states, each.name(), each.number()));
        }
        if (!states.equals(toldStates)) {
            toldStates = Map.copyOf(states);
        }
    }

    private void publishPaths() {
        Map<String, Long> paths = new HashMap<>();
        for (PeerRun run : running) {
            if (run.heardPaths != 0) {
                paths.put(run.plan.peer().name(), run.heardPaths);
            }
        }
        toldPaths = Map.copyOf(paths);
    }

    // Time.

    private long advance(long nowNs) {
        realNs = nowNs;
        return clock.advance(nowNs);
    }

    /** Judges silences, sends what is due, tells what changed. To be called after each round of receiving, so that what waited is known. */
    public void poll(long nowNs) {
        long now = advance(nowNs);
        if (running.length == 0) {
            return;
        }
        boolean sends = sessions.dueNs() <= now;
        sessions.poll(now);
        if (dirty || now >= concludeNs) {
            conclude(now);
        }
        if (liveness.generation() != seenGeneration) {
            seenGeneration = liveness.generation();
            if (writer.changed()) {
                tellSoon(now);
            }
        }
        if (now >= tellNs) {
            tell(now);
            sends = true;
        }
        if (sends) {
            datapath.flush();
        }
    }

    /** How long the worker may sleep: at most so many milliseconds, 0 if something is due at once. */
    public int sleepMs(int mostMs) {
        if (running.length == 0) {
            return mostMs;
        }
        long left = Math.min(sessions.dueNs(), Math.min(tellNs, concludeNs)) - clock.nowNs();
        return left >= mostMs * NS_PER_MS ? mostMs : (int) Math.max(0, (left + NS_PER_MS - 1) / NS_PER_MS);
    }

    private void conclude(long now) {
        dirty = false;
        concludeNs = now + CONCLUDE_NS;
        for (PeerRun run : running) {
            boolean up = run.session.state() == BfdState.UP;
            boolean failed = !up && run.session.downCount() > 0;
            // A switch that lives routes: that is the last hop of the flows that it classifies.
            liveness.setRouting(run.plan.peer().index(), !failed);
            boolean lost = run.wasUp && !up;
            run.wasUp = up;
            int[] numbers = run.numbers;
            for (int instance : numbers) {
                if (lost) {
                    word.forget(instance);
                }
                word.conclude(instance, up, failed, now);
            }
        }
    }

    private void tellSoon(long now) {
        tellNs = now;
        again = AGAIN;
    }

    private void tell(long now) {
        writer.changed();
        tellNs = now + (again > 0 ? AGAIN_NS : TELL_NS);
        again = Math.max(0, again - 1);
        for (PeerRun run : running) {
            if (run.session.state() == BfdState.UP && run.session.remoteDiscriminator() != 0) {
                writer.tell(run.plan, run.session, run.states, realNs);
            }
        }
    }

    private void changed(BfdSession session, long now) {
        dirty = true;
        if (session.state() == BfdState.UP) {
            tellSoon(now);
        }
    }

    private void send(BfdSession session, MemorySegment packet, int bytes) {
        PeerRun run = runOf(session);
        FramePool pool = datapath.pool();
        long start = run == null ? FramePool.NONE : pool.takeSmall();
        if (run == null || start == FramePool.NONE) {
            return;
        }
        int headerBytes = PeerFrame.headerBytes(session.path());
        MemorySegment.copy(packet, 0, pool.memory(), start + headerBytes, bytes);
        PeerFrame.write(pool.memory(), start, session.path(), session.sourcePort(), bytes);
        datapath.own().sendToUnderlay(run.plan.peer().address(), start, headerBytes + bytes, realNs);
    }

    private @Nullable PeerRun runOf(BfdSession session) {
        for (PeerRun run : running) {
            if (run.session == session) {
                return run;
            }
        }
        return null;
    }

    // What comes in.

    @Override
    public boolean bfd(OverlayPeer peer, MemorySegment f, long base, int bytes, boolean multihop, int ttl, long nowNs) {
        PeerRun[] runs = running;
        if (peer.index() >= runs.length) {
            return false;
        }
        long now = advance(nowNs);
        BfdSession session = runs[peer.index()].session;
        arrival.multihop = multihop;
        arrival.ttl = ttl;
        arrival.interfaceIndex = 0;
        arrival.sourceHi = peer.address().hi();
        arrival.sourceLo = peer.address().lo();
        arrival.destinationHi = session.path().local().hi();
        arrival.destinationLo = session.path().local().lo();
        boolean taken = sessions.receive(f, base, bytes, arrival, now) == BfdVerdict.ACCEPTED;
        if (dirty) {
            conclude(now);
        }
        return taken;
    }

    @Override
    public boolean states(OverlayPeer peer, MemorySegment f, long base, int bytes, long nowNs) {
        PeerRun[] runs = running;
        if (peer.index() >= runs.length || !PlaneStates.check(f, base, bytes)) {
            statesMalformed++;
            return false;
        }
        PeerRun run = runs[peer.index()];
        BfdSession session = run.session;
        int mine = PlaneStates.mine(f, base);
        if (mine == 0
                || mine != session.remoteDiscriminator()
                || PlaneStates.yours(f, base) != session.localDiscriminator()) {
            statesForged++;
            return false;
        }
        long sequence = PlaneStates.sequence(f, base);
        if (run.heardOf == mine && sequence - run.heardSequence <= 0) {
            statesOld++;
            return false;
        }
        run.heardOf = mine;
        run.heardSequence = sequence;
        long now = advance(nowNs);
        run.heardNs = now;
        boolean news = false;
        for (int i = 0; i < PlaneStates.count(f, base); i++) {
            int instance = run.instance(PlaneStates.number(f, base, i));
            if (instance < 0) {
                statesForeign++;
            } else {
                AdminState state = ADMIN[PlaneStates.admin(f, base, i)];
                news |= word.heard(instance, PlaneStates.alive(f, base, i), state, now);
            }
        }
        conclude(now);
        if (news) {
            publishStates();
        }
        long paths = PlaneStates.digest(f, base, bytes);
        if (paths != run.heardPaths) {
            run.heardPaths = paths;
            publishPaths();
        }
        return true;
    }

    // For other threads.

    /** Instances of other nodes whose node says that they are not to have new flows. The same object as long as nothing changes. */
    public Map<String, AdminState> toldStates() {
        return toldStates;
    }

    /** By node, what it last told of the paths that it serves. The same object as long as nothing changes. */
    public Map<String, Long> toldPaths() {
        return toldPaths;
    }

    /** What its node says of an instance: alive, dead, or either with an administrative state; empty: this node has it, or its node is silent. */
    public String words(int instance) {
        PeerRun run = runOf(instance);
        return run == null ? "" : word.words(instance, run.isUp(), clock.nowNs());
    }

    /** Why an instance of another node is dead, empty if it is not. */
    public String reason(int instance) {
        PeerRun run = runOf(instance);
        if (run == null || liveness.remoteAlive(instance)) {
            return "";
        }
        String node = "node " + run.plan.peer().name();
        if (!run.isUp()) {
            return node + " does not answer";
        }
        return words(instance).equals("nothing") ? node + " says nothing of it" : node + " says so";
    }

    private @Nullable PeerRun runOf(int instance) {
        for (PeerRun run : running) {
            for (int number : run.numbers) {
                if (number == instance) {
                    return run;
                }
            }
        }
        return null;
    }

    /** The peers and what was refused. */
    public PeersReport report() {
        List<PeerReport> peers = new ArrayList<>();
        for (PeerRun run : running) {
            peers.add(report(run));
        }
        Map<String, Long> refused = new LinkedHashMap<>();
        for (BfdVerdict verdict : BfdVerdict.values()) {
            long count = sessions.count(verdict);
            if (verdict != BfdVerdict.ACCEPTED && count > 0) {
                refused.put("bfd " + verdict.word(), count);
            }
        }
        put(refused, "states malformed", statesMalformed);
        put(refused, "states not of this session", statesForged);
        put(refused, "states old", statesOld);
        put(refused, "states of instances of others", statesForeign);
        return new PeersReport(peers, refused);
    }

    private static void put(Map<String, Long> refused, String reason, long count) {
        if (count > 0) {
            refused.put(reason, count);
        }
    }

    private PeerReport report(PeerRun run) {
        BfdSession session = run.session;
        long now = clock.nowNs();
        return new PeerReport(
                run.plan.peer().name(),
                run.plan.peer().address().toString(),
                session.state().word(),
                Math.max(0, (now - session.changedNs()) / NS_PER_MS),
                session.diagnostic().words(),
                session.remoteState().word(),
                session.remoteDiagnostic().words(),
                session.detectionNs() / NS_PER_MS,
                run.plan.path().multihop(),
                run.plan.settings().authentication() != null,
                session.downCount(),
                run.heardOf == 0 ? -1 : Math.max(0, (now - run.heardNs) / NS_PER_MS));
    }
}
