package dev.sluice.testkit.sim;

import dev.sluice.agent.southbound.Following;
import dev.sluice.controller.Parts;
import dev.sluice.controller.WantedObject;
import dev.sluice.manager.objects.ManagedObject;
import dev.sluice.manager.objects.Trees;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/** A manager, agents on hosts, and the networks between them, with the faults of the moment. One user. */
final class World {
    private static final long POLL_NS = 10 * Events.MS;
    private static final int POLLS_PER_TICK = 4;

    final Events events;
    final RandomGenerator dice;
    final ManagerProcess manager;
    final Map<String, AgentProcess> agents = new LinkedHashMap<>();
    final Fabric fabric;
    private final Set<String> unreachable = new HashSet<>();

    /** The longest that a message between a manager and an agent is under way. */
    long latencyNs = 20 * Events.MS;

    /** Whether updates come in many parts. */
    boolean splits;

    private long polls;

    /** Of which objects the parts are. */
    private List<?> partsOf = List.of();

    private final Map<String, Map<String, String>> parts = new LinkedHashMap<>();

    World(long seed, boolean traced, List<String> hosts, Watch watch) {
        events = new Events(traced);
        dice = new SplittableRandom(seed);
        manager = new ManagerProcess(events, new SplittableRandom(dice.nextLong()));
        for (String host : hosts) {
            agents.put(
                    host, new AgentProcess(host, events, new SplittableRandom(dice.nextLong()), this::connect, watch));
        }
        fabric = new Fabric(events, new SplittableRandom(dice.nextLong()), agents, watch);
        poll();
    }

    /** Who looks at everything. */
    interface Watch extends AgentProcess.Watcher, Fabric.Watcher {}

    private void poll() {
        polls++;
        agents.forEach((host, agent) -> {
            if (polls % POLLS_PER_TICK == 0) {
                agent.tick();
            }
            NodeProcess node = agent.node();
            if (node != null) {
                node.poll();
                fabric.pickUp(host, node);
            }
        });
        events.after(POLL_NS, this::poll);
    }

    private @Nullable Wire connect(AgentProcess agent) {
        if (!manager.isUp() || unreachable.contains(agent.name)) {
            return null;
        }
        Wire wire = new Wire(events, dice, manager, agent, () -> latencyNs, () -> splits);
        manager.accept(wire);
        return wire;
    }

    /** Cuts an agent off from the manager, or lets it reach it again. */
    void reach(String host, boolean reachable) {
        if (reachable) {
            unreachable.remove(host);
        } else {
            unreachable.add(host);
            cut(host);
        }
    }

    /** Cuts the stream of an agent, which may open another one at once. */
    void cut(String host) {
        AgentProcess agent = agents.get(host);
        Wire wire = agent == null ? null : agent.wire();
        if (wire != null) {
            wire.cut();
        }
    }

    /** No fault is left; who is down begins again. */
    void mend() {
        fabric.mend();
        unreachable.clear();
        manager.store.disk.mend();
        latencyNs = 20 * Events.MS;
        splits = false;
        if (!manager.isUp()) {
            manager.start();
        }
        agents.values().forEach(agent -> {
            agent.disk.mend();
            agent.inUse.clear();
            agent.links.mend();
            if (!agent.isUp()) {
                agent.start();
            }
        });
    }

    void run(long ns) {
        events.runUntil(events.nowNs() + ns);
    }

    private static WantedObject wanted(ManagedObject object) {
        return new WantedObject(object.kind(), object.name(), object.generation(), Trees.text(object.written()));
    }

    /** What keeps the world from being as it should be, in words; nothing once all is well. */
    List<String> unsettled() {
        if (!manager.isUp()) {
            return List.of("the manager is down");
        }
        List<String> why = new ArrayList<>();
        agents.forEach((host, agent) -> {
            NodeProcess node = agent.node();
            if (!agent.isConnected()) {
                why.add(host + " is not connected");
            } else if (node == null) {
                why.add(host + " runs nothing");
            } else if (!node.problem().isEmpty()) {
                why.add(host + " says " + node.problem());
            } else if (!node.isSettled()) {
                why.add(host + " waits: " + node.life().missing());
            } else if (!node.knowsAllServe()) {
                why.add(host + " does not know that all nodes serve");
            }
        });
        return why.isEmpty() ? differences() : why;
    }

    /** Who holds what it is not to hold, and what the manager says that is not so. */
    private List<String> differences() {
        List<String> why = new ArrayList<>();
        List<ManagedObject> all = manager.inventory().all().objects();
        Map<String, Map<String, String>> parts = parts(all);
        Set<String> held = new HashSet<>();
        parts.forEach((host, wanted) -> {
            held.addAll(wanted.keySet());
            AgentProcess agent = agents.get(host);
            Following following = agent == null ? null : agent.following();
            Map<String, String> has = following == null ? Map.of() : following.versions();
            if (!has.equals(wanted)) {
                why.add(host + " holds " + has + " and is to hold " + wanted);
            }
        });
        all.stream()
                .map(object -> held.contains(wanted(object).key()) ? Invariants.notApplied(object) : "")
                .filter(text -> !text.isEmpty())
                .forEach(why::add);
        return why;
    }

    /** What each host is to hold, versions by name, as if all objects had been told at once. */
    private Map<String, Map<String, String>> parts(List<ManagedObject> all) {
        List<?> written = all.stream().map(ManagedObject::written).toList();
        if (!written.equals(partsOf)) {
            partsOf = written;
            Parts fresh = new Parts();
            fresh.change(all.stream().map(World::wanted).toList(), List.of());
            parts.clear();
            agents.keySet().forEach(host -> {
                Map<String, String> versions = new TreeMap<>();
                fresh.part(host).forEach((key, piece) -> versions.put(key, piece.version()));
                parts.put(host, versions);
            });
        }
        return parts;
    }

    void close() {
        agents.values().forEach(agent -> agent.crash("end of the simulation"));
    }
}
