package dev.sluice.testkit.sim;

import dev.sluice.datapath.packet.DropReason;
import dev.sluice.testkit.sim.Wanted.Placed;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.SplittableRandom;
import java.util.TreeMap;

/**
 * One world from its beginning to its end, all of it by one seed: users change what they want, things go wrong, probes go by all the time; then faults end, and all has to be well within a bounded time. One user.
 */
public final class Simulation {
    /** So long it takes at most until all is well after the last fault: keepalive, the longest wait to connect, the longest wait for a path, and once more what was refused. */
    private static final long SETTLE_NS_MAX = 150 * Events.SECOND;

    private static final long LOOK_NS = 500 * Events.MS;
    private static final long DRAIN_NS = 300 * Events.MS;
    /** A flow that changes to a path with the same nodes at other places pauses for a second (packet-life.md, changing paths). */
    private static final long PAUSE_NS = 1_200 * Events.MS;

    private static final long PROBE_NS = 50 * Events.MS;
    private static final int STEPS = 2;
    private static final int FLOWS = 3;
    private static final int FRESH_EVERY = 4;
    private static final List<List<String>> CHAINS =
            List.of(List.of("fw"), List.of("ips"), List.of("fw", "ips"), List.of("ips", "fw"));

    private final SplittableRandom dice;
    private final Invariants invariants = new Invariants();
    private final World world;
    private final Client client;
    private final List<Fabric.Probe> probes = new ArrayList<>();
    private int freshFlow = 1_000;
    private int probesSent;
    private int crashes;
    private int generation;

    /**
     * What was seen.
     *
     * @param events that happened
     * @param simulatedNs how long it took in there
     * @param probes packets that were followed
     * @param changes that were acknowledged
     */
    public record Report(long seed, long events, long simulatedNs, int probes, int changes, List<String> trace) {}

    private Simulation(long seed, boolean traced) {
        dice = new SplittableRandom(seed);
        List<String> hosts = dice.nextBoolean() ? List.of("a", "b", "c") : List.of("a", "b");
        boolean alone = dice.nextInt(3) == 0;
        List<String> all = new ArrayList<>(hosts);
        Map<String, Placed> nodes = new TreeMap<>();
        nodes.put("fw-1", new Placed("fw", "b"));
        nodes.put("ips-1", new Placed("ips", hosts.getLast()));
        if (alone) {
            all.add(Wanted.ALONE);
            nodes.put("fw-z", new Placed("fw", Wanted.ALONE));
        }
        Wanted first = new Wanted(
                hosts,
                alone,
                dice.nextBoolean() ? "direct" : "hub",
                CHAINS.get(dice.nextInt(CHAINS.size())),
                true,
                nodes);
        world = new World(dice.nextLong(), traced, all, invariants);
        invariants.of(world);
        world.manager.start();
        client = new Client(world, invariants, first);
        world.agents.values().forEach(agent -> world.events.after(dice.nextLong(Events.SECOND), agent::start));
    }

    /**
     * Runs one.
     *
     * @param traced whether what happens is noted
     * @throws Violation if something was that must never be
     */
    public static Report run(long seed, boolean traced) {
        Simulation simulation = new Simulation(seed, traced);
        try {
            return simulation.run(seed);
        } catch (Violation e) {
            throw e;
        } catch (RuntimeException e) {
            Violation defect = simulation.invariants.violation("a defect: " + e);
            defect.initCause(e);
            throw defect;
        } finally {
            simulation.world.close();
        }
    }

    /**
     * Runs one after the other until something is found.
     *
     * @return the seed and what it has found, in words; empty if nothing was
     */
    public static String search(long first, int count) {
        for (long seed = first; seed < first + count; seed++) {
            try {
                run(seed, false);
            } catch (Violation e) {
                return "seed " + seed + ": " + e.getMessage();
            }
        }
        return "";
    }

    private Report run(long seed) {
        settle();
        for (int i = 0; i < STEPS; i++) {
            if (dice.nextBoolean()) {
                calmStep();
            } else {
                wildStep();
            }
        }
        return new Report(
                seed,
                world.events.happened(),
                world.events.nowNs(),
                probesSent,
                client.acknowledged(),
                world.events.trace());
    }

    /** A change that hosts make one after the other while all else is well: no packet is lost. */
    private void calmStep() {
        Wanted before = client.wanted();
        Wanted after = dice.nextBoolean() ? moved(before) : before.with(CHAINS.get(dice.nextInt(CHAINS.size())));
        boolean lossless = before.inspects() && before.isServed() && after.isServed();
        world.events.say(() -> "calm step to " + after);
        world.latencyNs = (1 + dice.nextInt(1_500)) * Events.MS;
        world.splits = dice.nextBoolean();
        if (dice.nextBoolean()) {
            client.want(after);
        } else {
            // First what is new, then without what is old.
            Map<String, Placed> both = new TreeMap<>(before.nodes());
            after.nodes().forEach(both::putIfAbsent);
            client.want(before.with(both));
            world.events.after(dice.nextLong(Events.SECOND), () -> client.want(after));
        }
        probes.clear();
        long pausedBefore = paused();
        send(1_700 * Events.MS);
        world.mend();
        settle();
        if (lossless) {
            checkLosses(paused() - pausedBefore);
        }
    }

    /** Flows pause for a second where their new path has nodes of the old one at other places (packet-life.md, changing paths): so many packets may be missing. */
    private void checkLosses(long paused) {
        List<Fabric.Probe> lost =
                probes.stream().filter(probe -> !probe.answered).toList();
        if (lost.size() > paused) {
            Fabric.Probe probe = lost.getFirst();
            throw invariants.violation(lost.size() + " packets are lost to a change that should lose " + paused
                    + ", first probe " + probe.id + " of flow " + probe.flow + ": " + probe.forward
                    + (probe.arrived ? " arrived, " + probe.reverse : "") + "; " + drops());
        }
    }

    private long paused() {
        long count = 0;
        for (AgentProcess agent : world.agents.values()) {
            NodeProcess node = agent.node();
            count += node == null ? 0 : node.plane().datapath().drops().total(DropReason.PATH_CHANGING);
        }
        return count;
    }

    private String drops() {
        StringBuilder text = new StringBuilder();
        world.agents.forEach((host, agent) -> {
            NodeProcess node = agent.node();
            if (node != null) {
                text.append(host).append(node.plane().drops()).append(' ');
            }
        });
        return text.toString();
    }

    private void wildStep() {
        Wanted last = client.wanted();
        int changes = 1 + dice.nextInt(2);
        List<Wanted> wishes = new ArrayList<>();
        for (int i = 0; i < changes; i++) {
            last = other(last);
            wishes.add(last);
        }
        Wanted planned = last;
        world.events.say(() -> "wild step to " + wishes);
        long withinNs = (1 + dice.nextInt(2_000)) * Events.MS;
        Faults.plan(world, dice, planned, withinNs);
        for (Wanted wish : wishes) {
            world.events.after(dice.nextLong(withinNs), () -> client.want(wish));
        }
        send(withinNs + Events.SECOND);
        world.mend();
        world.events.say(() -> "faults have ended");
        settle();
    }

    private Wanted other(Wanted from) {
        return switch (dice.nextInt(5)) {
            case 0 -> from.with(CHAINS.get(dice.nextInt(CHAINS.size())));
            case 1 -> from.inspecting(!from.inspects());
            case 2 -> grown(from);
            default -> moved(from);
        };
    }

    /** An instance at another host, with the same name or another. */
    private Wanted moved(Wanted from) {
        Map<String, Placed> nodes = new TreeMap<>(from.nodes());
        List<String> movable =
                nodes.keySet().stream().filter(name -> !name.equals("fw-z")).toList();
        String name = movable.get(dice.nextInt(movable.size()));
        Placed was = Objects.requireNonNull(nodes.remove(name));
        String host = from.hosts().get(dice.nextInt(from.hosts().size()));
        nodes.put(
                dice.nextBoolean() ? name : was.service() + "-" + (1 + dice.nextInt(3)),
                new Placed(was.service(), host));
        return from.with(nodes);
    }

    private Wanted grown(Wanted from) {
        Map<String, Placed> nodes = new TreeMap<>(from.nodes());
        String service = dice.nextBoolean() ? "fw" : "ips";
        nodes.put(
                service + "-" + (1 + dice.nextInt(3)),
                new Placed(service, from.hosts().get(dice.nextInt(from.hosts().size()))));
        return from.with(nodes);
    }

    /** Lets time pass, with packets of old and new flows. */
    private void send(long forNs) {
        long untilNs = world.events.nowNs() + forNs;
        for (int i = 0; world.events.nowNs() < untilNs; i++) {
            probes.add(probe("a", steadyFlow() + i % FLOWS));
            if (i % FRESH_EVERY == 0) {
                probes.add(probe("a", freshFlow++));
            }
            if (client.wanted().alone()) {
                probe(Wanted.ALONE, steadyFlow() + i % FLOWS);
            }
            world.run(PROBE_NS);
        }
    }

    /** The first of the flows that go on all the time. */
    private int steadyFlow() {
        return FLOWS * generation;
    }

    /** A host that began anew does not know paths that were given up, so flows that are in progress on those are lost (ADR 32, limits): others take their place. */
    private void renewFlows() {
        int now = world.agents.values().stream().mapToInt(AgentProcess::crashes).sum();
        if (now != crashes) {
            crashes = now;
            generation++;
        }
    }

    private Fabric.Probe probe(String host, int flow) {
        probesSent++;
        return world.fabric.send(host, flow);
    }

    /** All has to be well soon, and then packets have to pass, or not, as users want it. */
    private void settle() {
        long untilNs = world.events.nowNs() + SETTLE_NS_MAX;
        List<String> why;
        do {
            world.run(LOOK_NS);
            why = client.isDone() ? world.unsettled() : List.of("a change is not acknowledged");
            if (world.events.nowNs() > untilNs) {
                throw invariants.violation(
                        "not well " + SETTLE_NS_MAX / Events.SECOND + " s after the last fault: " + why);
            }
        } while (!why.isEmpty());
        world.events.say(() -> "all is well");
        invariants.checkWrites(world.manager.inventory());
        world.run(PAUSE_NS);
        renewFlows();
        Wanted wanted = client.wanted();
        invariants.onlyInForce(wanted);
        List<Fabric.Probe> last = new ArrayList<>();
        for (int flow = 0; flow < FLOWS; flow++) {
            last.add(probe("a", steadyFlow() + flow));
        }
        last.add(probe("a", freshFlow++));
        world.run(DRAIN_NS);
        boolean passes = wanted.inspects() && wanted.isServed();
        for (Fabric.Probe probe : last) {
            if (probe.answered != passes) {
                throw invariants.violation("probe " + probe.id + (passes ? " is lost" : " has passed")
                        + " although all is well: " + probe.forward + " " + probe.reverse + "; " + drops());
            }
        }
    }
}
