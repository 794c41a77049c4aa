package dev.sluice.lab.peers;

import dev.sluice.agent.compile.CompileResult;
import dev.sluice.agent.compile.CompiledNode;
import dev.sluice.agent.compile.IdRegistry;
import dev.sluice.agent.compile.SnapshotCompiler;
import dev.sluice.agent.peers.PeerWatch;
import dev.sluice.agent.report.InstanceEntry;
import dev.sluice.agent.report.PeersReport.PeerReport;
import dev.sluice.model.Configuration;
import dev.sluice.testkit.MemorySwitch;
import dev.sluice.wire.Geneve;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;

/**
 * Hosts a, b and c on one underlay; a classifies, b has the firewall fw-1 and c has fw-2 of one service. Each step is a millisecond. What a firewall gets it passes on and remembers.
 */
final class PeersWorld implements AutoCloseable {
    static final long STEP_NS = 1_000_000;
    private static final long START_NS = 1_000_000_000L;

    /** A host: its switch while its process lives. */
    final class Host {
        final String name;
        final SnapshotCompiler compiler;
        CompiledNode node;
        MemorySwitch plane;
        PeerWatch watch;
        boolean runs = true;
        boolean cut;

        /** Whether tunnel packets that it sends are lost, while its BFD arrives. */
        boolean mute;

        /** Whether the firewall behind it passes packets on. */
        boolean nodeWorks = true;

        Host(String name) {
            this.name = name;
            compiler = new SnapshotCompiler(name, new IdRegistry());
            node = compile();
            plane = new MemorySwitch(node.snapshot(), 4096);
            plane.advance(nowNs - START_NS);
            watch = watch();
        }

        private CompiledNode compile() {
            CompileResult result = compiler.compile(objects, interfaceName -> ThreeHosts.facts(name, interfaceName));
            return result.node().orElseThrow(() -> new AssertionError(result.problems()));
        }

        private PeerWatch watch() {
            PeerWatch made = new PeerWatch(plane.datapath(), plane.liveness(), new Random(random.nextLong()), nowNs);
            plane.datapath().peers(made);
            made.apply(node.peers(), nowNs);
            return made;
        }

        /** Dies without a word. */
        void kill() {
            runs = false;
        }

        /** Starts anew, knowing nothing. */
        void startAgain() {
            plane.close();
            node = compile();
            plane = new MemorySwitch(node.snapshot(), 4096);
            plane.advance(nowNs - START_NS);
            watch = watch();
            runs = true;
        }

        /** Takes over objects that changed. */
        void reload() {
            node = compile();
            plane.apply(node.snapshot());
            watch.apply(node.peers(), nowNs);
        }

        int port(String interfaceName) {
            return ThreeHosts.port(node, interfaceName);
        }

        int instance(String instanceName) {
            return node.instances().stream()
                    .filter(entry -> entry.name().equals(instanceName))
                    .mapToInt(InstanceEntry::number)
                    .findFirst()
                    .orElseThrow();
        }

        boolean sees(String instanceName) {
            return plane.liveness().instanceAlive(instance(instanceName));
        }

        PeerReport peer(String peerName) {
            return watch.report().peers().stream()
                    .filter(peer -> peer.name().equals(peerName))
                    .findFirst()
                    .orElseThrow();
        }
    }

    private final Random random;
    private Configuration objects;
    long nowNs = START_NS;
    final Map<String, Host> hosts = new HashMap<>();

    /** By id, which firewalls had it. */
    final Map<Integer, Set<String>> inspected = new HashMap<>();

    /** Ids that reached the server, with the time. */
    final Map<Integer, Long> arrived = new HashMap<>();

    /** Frames of the underlay in the last steps, newest last. */
    final List<byte[]> carried = new ArrayList<>();

    private int lastId;

    PeersWorld(long seed, String bfd, String onFailure) {
        random = new Random(seed);
        objects = objects(bfd, onFailure, "");
        for (String name : ThreeHosts.NAMES) {
            hosts.put(name, new Host(name));
        }
    }

    Host host(String name) {
        return java.util.Objects.requireNonNull(hosts.get(name));
    }

    /** @param adminState of fw-1 */
    void change(String bfd, String onFailure, String adminState) {
        objects = objects(bfd, onFailure, adminState);
    }

    private static Configuration objects(String bfd, String onFailure, String adminState) {
        return ThreeHosts.objects(
                bfd,
                ThreeHosts.object("Service", "firewall", "{transport: raw}")
                        + instance("fw-1", "b", adminState.isEmpty() ? "" : ", adminState: " + adminState)
                        + instance("fw-2", "c", "")
                        + ThreeHosts.object(
                                "ServiceChain", "inspect", "{profiles: [firewall], onFailure: " + onFailure + "}"));
    }

    private static String instance(String name, String host, String more) {
        return ThreeHosts.object(
                "ServiceInstance",
                name,
                "{service: firewall, node: " + host + ", interfaces: {in: fw-i, out: fw-o}" + more + "}");
    }

    /** Sends a packet of a flow from the client; its id. */
    int send(int flow) {
        int id = ++lastId;
        Host a = host("a");
        a.plane.receive(a.port("eth1"), ThreeHosts.request(1000 + flow, id));
        return id;
    }

    /** So many milliseconds go by. */
    void run(int ms) {
        for (int i = 0; i < ms; i++) {
            step();
        }
    }

    /** A millisecond: timers, then all that follows from them and from what was sent before. */
    void step() {
        nowNs += STEP_NS;
        hosts.values().stream().filter(host -> host.runs).forEach(host -> {
            host.plane.advance(STEP_NS);
            host.watch.poll(nowNs);
        });
        boolean moved = true;
        while (moved) {
            moved = false;
            for (Host host : hosts.values()) {
                boolean carried = host.runs && carry(host);
                boolean inspected = host.runs && inspect(host);
                moved |= carried || inspected;
            }
        }
        Host a = host("a");
        for (byte[] frame : a.plane.sent(a.port("eth2"))) {
            arrived.put(ThreeHosts.id(frame), nowNs);
        }
    }

    private boolean carry(Host from) {
        List<byte[]> sent = from.plane.sent(from.port("eth0"));
        for (byte[] frame : from.cut ? List.<byte[]>of() : sent) {
            carried.add(frame);
            if (carried.size() > 5_000) {
                carried.subList(0, 2_500).clear();
            }
            hosts.values().stream()
                    .filter(to -> to != from && to.runs && !to.cut && !(from.mute && isTunnel(frame)))
                    .forEach(to -> to.plane.receive(to.port("eth0"), frame));
        }
        return !sent.isEmpty();
    }

    private static boolean isTunnel(byte[] frame) {
        return frame[12] == 8 && frame[13] == 0 && (((frame[36] & 0xff) << 8) | (frame[37] & 0xff)) == Geneve.PORT;
    }

    /** The firewall behind a host, if it has one. */
    private boolean inspect(Host host) {
        if (host.name.equals("a")) {
            return false;
        }
        boolean any = false;
        for (List<String> way : List.of(List.of("fw-i", "fw-o"), List.of("fw-o", "fw-i"))) {
            for (byte[] frame : host.plane.sent(host.port(way.get(0)))) {
                any = true;
                if (host.nodeWorks) {
                    inspected
                            .computeIfAbsent(ThreeHosts.id(frame), _ -> new HashSet<>())
                            .add(host.name);
                    host.plane.receive(host.port(way.get(1)), frame);
                }
            }
        }
        return any;
    }

    @Override
    public void close() {
        hosts.values().forEach(host -> host.plane.close());
    }
}
