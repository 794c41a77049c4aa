package dev.sluice.bench;

import dev.sluice.lab.LabException;
import dev.sluice.lab.LabProcess;
import dev.sluice.lab.Namespace;
import dev.sluice.lab.Topology;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A namespace with the ports of a device under test, or two for two machines, fresh for every run, so that nothing is left over from the run before. Used by the benchmark's thread; goes
 * away with the JVM, however that ends.
 *
 * <p>Ports are p0 (towards the load), p1 (towards the counter), p2 and p3 (the two sides of the service node), p4 and p5 (those of a second one); the far ends of their wires are
 * g0, g1, m0, m1, m2 and m3. The load runs on core 0, the device under test on core 1.
 */
final class Bed implements AutoCloseable {
    static final int LOAD_CORE = 0;
    static final int DEVICE_CORE = 1;
    static final int ANY_CORE = -1;

    private static final Duration START = Duration.ofSeconds(60);
    private static final Pattern LOAD_LINE =
            Pattern.compile("sent (\\d+) received (\\d+) seconds ([0-9.]+) cpu ([0-9.]+)");

    private static final int UNDERLAY_MTU = 1700;

    private final Topology topology = Topology.create();
    private final Namespace namespace = topology.namespace("bench");
    private final List<String> ports = new ArrayList<>();
    private Namespace ends = namespace;
    private Optional<Namespace> far = Optional.empty();
    private Optional<LabProcess> device = Optional.empty();

    /** Two ports without anything between them. */
    static Bed plain() {
        return new Bed().wires(false);
    }

    /** The same with far ends that take frames by XDP. */
    static Bed plainForXdp() {
        return new Bed().wires(true);
    }

    /** Two ports, and a service node behind two more. */
    static Bed withNode(String mode) {
        return plain().node(mode);
    }

    /** The same with far ends that take frames by XDP. */
    static Bed withNodeForXdp() {
        return plainForXdp().node("xdp");
    }

    /** Two ports, and two service nodes behind two more each. */
    static Bed withTwoNodes(String mode) {
        return withNode(mode).node(mode, 2);
    }

    /** Two ports, each in a subnet of its own with the host that is at the far end: 10.0.0.1 at p0, 10.0.0.2 at p1. */
    static Bed routed() {
        Bed bed = new Bed();
        bed.ends = bed.topology.namespace("ends");
        bed.wires(false);
        // The load knows these addresses.
        bed.namespace.interfaceNamed("p0").mac("02:00:00:00:00:22");
        bed.namespace.interfaceNamed("p1").mac("02:00:00:00:00:11");
        bed.ends.interfaceNamed("g0").address("10.0.0.1/31");
        bed.ends.interfaceNamed("g1").address("10.0.0.2/31");
        for (String end : List.of("g0", "g1")) {
            bed.start(bed.ends, "sink-" + end, List.of(NativeProgram.NODE.path(), "sink", end));
        }
        return bed;
    }

    /** Two ports and u0, a wire to another machine, where u1 is its end and a service node is behind p2 and p3. */
    static Bed overHosts(String mode) {
        return plain().otherHost(mode);
    }

    /** Two ports and a node with hosts, client and server of one subnet, at the far ends of p0 and p1. */
    static Bed withHosts(String mode) {
        return hosts().node(mode);
    }

    /** The same with two nodes. */
    static Bed withHostsAndTwoNodes(String mode) {
        return withHosts(mode).node(mode, 2);
    }

    /** The same with the node on another machine. */
    static Bed withHostsOverHosts(String mode) {
        return hosts().otherHost(mode);
    }

    private static Bed hosts() {
        Bed bed = new Bed();
        Namespace client = bed.topology.namespace("client");
        Namespace server = bed.topology.namespace("server");
        bed.port(bed.namespace, "p0", client, "g0");
        bed.port(bed.namespace, "p1", server, "g1");
        client.interfaceNamed("g0").address("10.9.0.1/24");
        server.interfaceNamed("g1").address("10.9.0.2/24");
        return bed;
    }

    private Bed wires(boolean forXdp) {
        for (int i = 0; i < 2; i++) {
            port(namespace, "p" + i, ends, "g" + i);
            if (forXdp) {
                takesFrames(ends, "g" + i);
            }
        }
        return this;
    }

    private Bed node(String mode) {
        return node(mode, 0);
    }

    private Bed node(String mode, int first) {
        return node(namespace, mode, first);
    }

    private Bed node(Namespace where, String mode, int first) {
        String in = "m" + first;
        String out = "m" + (first + 1);
        port(where, "p" + (first + 2), where, in);
        port(where, "p" + (first + 3), where, out);
        start(where, "node-" + first, List.of(NativeProgram.NODE.path(), mode, in, out));
        return this;
    }

    private Bed otherHost(String mode) {
        Namespace other = topology.namespace("far");
        far = Optional.of(other);
        wireToFar("u0", "u1");
        return node(other, mode, 0);
    }

    /** A wire to the other machine, for larger frames than ports. */
    void wireToFar(String here, String there) {
        topology.wire(namespace, here, far(), there).mtu(UNDERLAY_MTU);
        namespace.interfaceNamed(here).quiet();
        far().interfaceNamed(there).quiet();
        takesFrames(namespace, here);
        takesFrames(far(), there);
    }

    /** The namespace of the other machine. */
    Namespace far() {
        return far.orElseThrow(() -> new LabException("this bed has one machine"));
    }

    Topology topology() {
        return topology;
    }

    Namespace namespace() {
        return namespace;
    }

    /** A path for a directory that goes away with the bed. */
    Path freshDirectory(String name) {
        return topology.logDirectory().resolve(name);
    }

    List<String> ports() {
        return List.copyOf(ports);
    }

    private void port(Namespace where, String port, Namespace farSide, String farEnd) {
        topology.wire(where, port, farSide, farEnd);
        where.interfaceNamed(port).quiet();
        farSide.interfaceNamed(farEnd).quiet();
        takesFrames(where, port);
        ports.add(port);
    }

    /** Frames redirected to a wire are lost unless its other end has an XDP program or GRO on. */
    private static void takesFrames(Namespace where, String name) {
        where.exec("ethtool", "-K", name, "gro", "on");
    }

    /** Starts a program inside, on a core of its own or {@link #ANY_CORE}, and waits until it says it is ready. */
    LabProcess startDevice(String name, int core, List<String> command) {
        return startDevice(namespace, name, core, command);
    }

    /** The same on a machine of one's choice. */
    LabProcess startDevice(Namespace where, String name, int core, List<String> command) {
        LabProcess process = start(where, name, core == ANY_CORE ? command : pinned(core, command));
        device(process);
        return process;
    }

    /** Says which process is the device under test. */
    void device(LabProcess process) {
        device = Optional.of(process);
    }

    private LabProcess start(Namespace where, String name, List<String> command) {
        return where.start(name, command).awaitReady(START);
    }

    static List<String> pinned(int core, List<String> command) {
        List<String> whole = new ArrayList<>(List.of("taskset", "-c", Integer.toString(core)));
        whole.addAll(command);
        return whole;
    }

    /** Offers as many frames as p0 can take and counts what comes out of p1, in millions per second. */
    Figure load(int flows, int warmupSeconds, int seconds) {
        return load(flows, warmupSeconds, seconds, () -> {});
    }

    /** The same; {@code atBegin} is run when the warm-up is over. */
    Figure load(int flows, int warmupSeconds, int seconds, Runnable atBegin) {
        List<String> command = new ArrayList<>(List.of(NativeProgram.LOAD.path(), "g0", "g1"));
        for (int number : new int[] {flows, warmupSeconds, seconds, 0}) {
            command.add(Integer.toString(number));
        }
        device.ifPresent(process -> command.add(Long.toString(process.pid())));
        try (LabProcess load = ends.start("load", pinned(LOAD_CORE, command))) {
            load.awaitLine("that it begins", START.plusSeconds(warmupSeconds), "begin"::equals);
            atBegin.run();
            String said = load.awaitLine("its figures", START.plusSeconds(seconds), line -> line.startsWith("sent"));
            Matcher matcher = LOAD_LINE.matcher(said);
            if (!matcher.find()) {
                throw new LabException("load generator said: " + load.log());
            }
            double frames = Long.parseLong(matcher.group(2));
            double processorNs = Double.parseDouble(matcher.group(4)) * 1e9;
            double mpps = frames / Double.parseDouble(matcher.group(3)) / 1e6;
            return new Figure(mpps, frames == 0 ? 0 : processorNs / frames);
        }
    }

    /** Frames that have come out of p1 so far. */
    long arrived() {
        long frames = 0;
        for (String name : List.of("rx_packets", "rx_dropped")) {
            frames += Long.parseLong(
                    ends.exec("cat", "/sys/class/net/g1/statistics/" + name).strip());
        }
        return frames;
    }

    @Override
    public void close() {
        topology.close();
    }
}
