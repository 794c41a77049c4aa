package dev.sluice.lab.peers;

import dev.sluice.agent.compile.CompileResult;
import dev.sluice.agent.compile.CompiledNode;
import dev.sluice.agent.compile.IdRegistry;
import dev.sluice.agent.compile.InterfaceFacts;
import dev.sluice.agent.compile.PortBinding;
import dev.sluice.agent.compile.SnapshotCompiler;
import dev.sluice.agent.peers.PeerWatch;
import dev.sluice.agent.report.InstanceEntry;
import dev.sluice.agent.report.PeersReport.PeerReport;
import dev.sluice.model.Configuration;
import dev.sluice.model.ConfigurationLoader;
import dev.sluice.model.LoadResult;
import dev.sluice.testkit.MemorySwitch;
import dev.sluice.testkit.TestPacket;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
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
    private static final byte[] MARK = {'i', 'd', '='};

    /** A host: its switch while its process lives. */
    final class Host {
        final String name;
        final SnapshotCompiler compiler;
        CompiledNode node;
        MemorySwitch plane;
        PeerWatch watch;
        boolean runs = true;
        boolean cut;

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
            CompileResult result = compiler.compile(
                    objects,
                    interfaceName -> new InterfaceFacts(
                            0x0200_0000_0000L | ((name + interfaceName).hashCode() & 0xffff_ffffL), 1700));
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
            return node.bindings().stream()
                    .filter(binding -> binding.interfaceName().equals(interfaceName))
                    .mapToInt(PortBinding::index)
                    .findFirst()
                    .orElseThrow();
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
        for (String name : List.of("a", "b", "c")) {
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
        StringBuilder text = new StringBuilder();
        for (int i = 1; i <= 3; i++) {
            String name = List.of("a", "b", "c").get(i - 1);
            String address = "10.0.0." + i;
            text.append(object("Node", name, "{underlay: {address: " + address + bfd + "}}"))
                    .append(object("Port", "up-" + name, "{node: " + name + ", interface: eth0}"))
                    .append(object(
                            "LogicalRouter",
                            "underlay-" + name,
                            "{node: " + name + ", interfaces: [{port: up-" + name + ", addresses: [" + address
                                    + "/24]}]}"));
        }
        text.append(object("Port", "left", "{node: a, interface: eth1, peer: right}"))
                .append(object("Port", "right", "{node: a, interface: eth2}"))
                .append(object("Service", "firewall", "{transport: raw}"))
                .append(instance("fw-1", "b", adminState.isEmpty() ? "" : ", adminState: " + adminState))
                .append(instance("fw-2", "c", ""))
                .append(object("ServiceChain", "inspect", "{profiles: [firewall], onFailure: " + onFailure + "}"))
                .append(object(
                        "ServicePolicy",
                        "web",
                        "{appliedTo: [a/left], rules: [{name: all, match: {}, action: {chain: inspect}}]}"));
        LoadResult result = ConfigurationLoader.parse("test.yaml", text.toString());
        return result.configuration().orElseThrow(() -> new AssertionError(result.problems()));
    }

    private static String instance(String name, String host, String more) {
        return object(
                "ServiceInstance",
                name,
                "{service: firewall, node: " + host + ", interfaces: {in: fw-i, out: fw-o}" + more + "}");
    }

    private static String object(String kind, String name, String spec) {
        return "---\napiVersion: sluice.dev/v1\nkind: " + kind + "\nmetadata: {name: " + name + "}\nspec: " + spec
                + "\n";
    }

    /** Sends a packet of a flow from the client; its id. */
    int send(int flow) {
        int id = ++lastId;
        byte[] payload = ByteBuffer.allocate(7).put(MARK).putInt(id).array();
        byte[] frame = TestPacket.udp("10.1.0.1:" + (1000 + flow), "10.1.0.2:7")
                .ethernet(0x0200_0000_0a01L, 0x0200_0000_0a02L)
                .payload(payload)
                .bytes();
        Host a = host("a");
        a.plane.receive(a.port("eth1"), frame);
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
            arrived.put(id(frame), nowNs);
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
                    .filter(to -> to != from && to.runs && !to.cut)
                    .forEach(to -> to.plane.receive(to.port("eth0"), frame));
        }
        return !sent.isEmpty();
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
                    inspected.computeIfAbsent(id(frame), _ -> new HashSet<>()).add(host.name);
                    host.plane.receive(host.port(way.get(1)), frame);
                }
            }
        }
        return any;
    }

    /** The id in a frame, 0 if there is none. */
    private static int id(byte[] frame) {
        for (int at = frame.length - 7; at >= 0; at--) {
            if (Arrays.equals(frame, at, at + 3, MARK, 0, 3)) {
                return ByteBuffer.wrap(frame, at + 3, 4).getInt();
            }
        }
        return 0;
    }

    @Override
    public void close() {
        hosts.values().forEach(host -> host.plane.close());
    }
}
