package dev.sluice.lab.peers;

import dev.sluice.agent.compile.CompileResult;
import dev.sluice.agent.compile.CompiledNode;
import dev.sluice.agent.compile.FlowsInProgress;
import dev.sluice.agent.compile.IdRegistry;
import dev.sluice.agent.compile.PathDraft;
import dev.sluice.agent.compile.PortBinding;
import dev.sluice.agent.compile.SnapshotCompiler;
import dev.sluice.agent.peers.PeerWatch;
import dev.sluice.model.Configuration;
import dev.sluice.model.ExistingFlows;
import dev.sluice.testkit.MemorySwitch;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.PriorityQueue;
import java.util.Random;
import java.util.Set;

/**
 * Hosts a, b and c on one underlay; a classifies what client and server send. Nodes on b and c, each at ports of its name, pass on what they get. Wires and nodes hold frames for some milliseconds, so that
 * packets are under way whenever a host takes over other objects. Each step is a millisecond.
 */
final class MovingWorld implements AutoCloseable {
    static final long STEP_NS = 1_000_000;
    private static final long START_NS = 1_000_000_000L;
    private static final int HELD_MS_MAX = 6;

    /** A switch and what its process does. */
    final class Host {
        final String name;
        final SnapshotCompiler compiler;
        Configuration objects;
        CompiledNode node;
        MemorySwitch plane;
        PeerWatch watch;

        Host(String name, Configuration objects) {
            this.name = name;
            this.objects = objects;
            compiler = new SnapshotCompiler(name, new IdRegistry(), () -> nowNs);
            node = compile(Optional.empty());
            plane = new MemorySwitch(node.snapshot(), 65_536);
            plane.advance(nowNs - START_NS);
            watch = new PeerWatch(plane.datapath(), plane.liveness(), new Random(random.nextLong()), nowNs);
            plane.datapath().peers(watch);
            watch.apply(node.peers(), nowNs);
        }

        private CompiledNode compile(Optional<ExistingFlows> flows) {
            CompileResult result = compiler.compile(
                    objects,
                    interfaceName -> ThreeHosts.facts(name, interfaceName),
                    FlowsInProgress.of(flows),
                    (_, _) -> {});
            return result.node().orElseThrow(() -> new AssertionError(result.problems()));
        }

        /** Takes over other objects. */
        void reload(Configuration next) {
            objects = next;
            take(Optional.empty());
        }

        private void take(Optional<ExistingFlows> flows) {
            node = compile(flows);
            node.instances().forEach(entry -> plane.liveness().setLeaving(entry.number(), entry.leaves()));
            plane.apply(node.snapshot());
            watch.apply(node.peers(), nowNs);
        }

        private void tick() {
            plane.advance(STEP_NS);
            watch.poll(nowNs);
            if (compiler.isDue(watch.toldPaths(), plane.liveness()::isProven)) {
                take(Optional.of(ExistingFlows.KEEP));
            }
        }

        /** Names of the paths that are for this. */
        List<String> paths(PathDraft.Use use) {
            return node.paths().stream()
                    .filter(path -> path.use() == use)
                    .map(PathDraft::name)
                    .sorted()
                    .toList();
        }
    }

    private record Arrival(long atNs, long order, Runnable what) {}

    private final Random random;
    private final PriorityQueue<Arrival> underWay = new PriorityQueue<>((one, other) ->
            one.atNs != other.atNs ? Long.compare(one.atNs, other.atNs) : Long.compare(one.order, other.order));
    private final Map<String, Long> lastOfWire = new HashMap<>();
    private final Set<String> deadNodes = new HashSet<>();
    private long order;
    private int lastId;
    long nowNs = START_NS;
    final Map<String, Host> hosts = new HashMap<>();

    /** By id and direction, the nodes that had it. */
    final Map<String, List<String>> inspected = new HashMap<>();

    /** Ids that reached the server, and those whose answer reached the client. */
    final Set<Integer> arrived = new HashSet<>();

    final Set<Integer> answered = new HashSet<>();

    MovingWorld(long seed, Configuration objects) {
        random = new Random(seed);
        for (String name : ThreeHosts.NAMES) {
            hosts.put(name, new Host(name, objects));
        }
    }

    Host host(String name) {
        return java.util.Objects.requireNonNull(hosts.get(name));
    }

    /**
     * The objects of all hosts.
     *
     * @param instances name, service and host of each, apart by blanks
     */
    static Configuration objects(String mode, String profiles, String... instances) {
        StringBuilder text = new StringBuilder(ThreeHosts.object("Service", "fw", "{transport: raw}"))
                .append(ThreeHosts.object("Service", "ips", "{transport: raw}"));
        for (String instance : instances) {
            String[] words = instance.split(" ", -1);
            text.append(ThreeHosts.object(
                    "ServiceInstance",
                    words[0],
                    "{service: " + words[1] + ", node: " + words[2] + ", interfaces: {in: " + words[0] + "-i, out: "
                            + words[0] + "-o}}"));
        }
        text.append(ThreeHosts.object("ServiceChain", "inspect", "{profiles: " + profiles + ", mode: " + mode + "}"));
        return ThreeHosts.objects("", text.toString());
    }

    /** A node passes nothing on any more, and its host knows. */
    void kill(String instance, String host) {
        deadNodes.add(instance);
        host(host).node.instances().stream()
                .filter(entry -> entry.name().equals(instance))
                .forEach(entry -> host(host).plane.liveness().setInstance(entry.number(), false));
    }

    /** Sends a packet of a flow from the client; its id. */
    int send(int flow) {
        int id = ++lastId;
        host("a").plane.receive(port(host("a"), "eth1"), ThreeHosts.request(1000 + flow, id));
        return id;
    }

    private void answer(byte[] frame) {
        int id = ThreeHosts.id(frame);
        if (arrived.add(id)) {
            int client = ((frame[34] & 0xff) << 8) | (frame[35] & 0xff);
            host("a").plane.receive(port(host("a"), "eth2"), ThreeHosts.answer(client, id));
        }
    }

    /** So many milliseconds go by. */
    void run(int ms) {
        for (int i = 0; i < ms; i++) {
            step();
        }
    }

    /** A millisecond: what is due arrives, timers, then what follows is on its way. */
    void step() {
        nowNs += STEP_NS;
        hosts.values().forEach(Host::tick);
        while (!underWay.isEmpty() && underWay.peek().atNs <= nowNs) {
            underWay.remove().what.run();
        }
        hosts.values().forEach(this::pickUp);
    }

    private void pickUp(Host host) {
        for (PortBinding binding : host.node.bindings()) {
            for (byte[] frame : host.plane.sent(binding.index())) {
                pickUp(host, binding.interfaceName(), frame);
            }
        }
    }

    private void pickUp(Host host, String interfaceName, byte[] frame) {
        switch (interfaceName) {
            case "eth0" ->
                hosts.values().stream()
                        .filter(to -> to != host)
                        .forEach(to -> later(host.name + to.name, () -> to.plane.receive(port(to, "eth0"), frame)));
            case "eth1" -> answered.add(ThreeHosts.id(frame));
            case "eth2" -> later("server", () -> answer(frame));
            default -> inspect(host, interfaceName, frame);
        }
    }

    /** A node gets a frame at one of its sides. */
    private void inspect(Host host, String interfaceName, byte[] frame) {
        String instance = interfaceName.substring(0, interfaceName.length() - 2);
        String other = instance + (interfaceName.endsWith("-i") ? "-o" : "-i");
        String direction = interfaceName.endsWith("-i") ? " forward" : " reverse";
        int id = ThreeHosts.id(frame);
        if (id != 0) {
            inspected.computeIfAbsent(id + direction, _ -> new ArrayList<>()).add(instance);
        }
        later(interfaceName, () -> {
            boolean attached = host.node.bindings().stream()
                    .anyMatch(binding -> binding.interfaceName().equals(other));
            if (attached && !deadNodes.contains(instance)) {
                host.plane.receive(port(host, other), frame);
            }
        });
    }

    /** Frames of a wire stay in order. */
    private void later(String wire, Runnable what) {
        long at = Math.max(nowNs + random.nextInt(1, HELD_MS_MAX) * STEP_NS, lastOfWire.getOrDefault(wire, 0L));
        lastOfWire.put(wire, at);
        underWay.add(new Arrival(at, order++, what));
    }

    private static int port(Host host, String interfaceName) {
        return ThreeHosts.port(host.node, interfaceName);
    }

    @Override
    public void close() {
        hosts.values().forEach(host -> host.plane.close());
    }
}
