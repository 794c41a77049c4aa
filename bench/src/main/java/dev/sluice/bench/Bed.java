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
 * One namespace with the ports of a device under test, fresh for every run, so that nothing is left over from the run before. Used by the benchmark's thread; goes
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

    private final Topology topology = Topology.create();
    private final Namespace namespace = topology.namespace("bench");
    private final List<String> ports = new ArrayList<>();
    private Optional<LabProcess> device = Optional.empty();

    /** Two ports without anything between them. */
    static Bed plain() {
        Bed bed = new Bed();
        bed.port("p0", bed.namespace, "g0");
        bed.port("p1", bed.namespace, "g1");
        return bed;
    }

    /** Two ports, and a service node behind two more. */
    static Bed withNode(String mode) {
        Bed bed = plain();
        bed.node(mode);
        return bed;
    }

    /** Two ports, and two service nodes behind two more each. */
    static Bed withTwoNodes(String mode) {
        Bed bed = withNode(mode);
        bed.node(mode, 2);
        return bed;
    }

    /** The same with hosts, client and server of one subnet, at the far ends of p0 and p1. */
    static Bed withHosts(String mode) {
        Bed bed = new Bed();
        Namespace client = bed.topology.namespace("client");
        Namespace server = bed.topology.namespace("server");
        bed.port("p0", client, "g0");
        bed.port("p1", server, "g1");
        client.interfaceNamed("g0").address("10.9.0.1/24");
        server.interfaceNamed("g1").address("10.9.0.2/24");
        bed.node(mode);
        return bed;
    }

    private void node(String mode) {
        node(mode, 0);
    }

    private void node(String mode, int first) {
        String in = "m" + first;
        String out = "m" + (first + 1);
        port("p" + (first + 2), namespace, in);
        port("p" + (first + 3), namespace, out);
        start("node-" + first, List.of(NativeProgram.NODE.path(), mode, in, out));
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

    private void port(String port, Namespace farSide, String far) {
        topology.wire(namespace, port, farSide, far);
        namespace.interfaceNamed(port).quiet();
        farSide.interfaceNamed(far).quiet();
        // Frames redirected to a wire are lost unless its other end has an XDP program or GRO on.
        namespace.exec("ethtool", "-K", port, "gro", "on");
        ports.add(port);
    }

    /** Starts a program inside, on a core of its own or {@link #ANY_CORE}, and waits until it says it is ready. */
    LabProcess startDevice(String name, int core, List<String> command) {
        LabProcess process = start(name, core == ANY_CORE ? command : pinned(core, command));
        device(process);
        return process;
    }

    /** Says which process is the device under test. */
    void device(LabProcess process) {
        device = Optional.of(process);
    }

    private LabProcess start(String name, List<String> command) {
        return namespace.start(name, command).awaitReady(START);
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
        try (LabProcess load = namespace.start("load", pinned(LOAD_CORE, command))) {
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
            frames += Long.parseLong(namespace
                    .exec("cat", "/sys/class/net/g1/statistics/" + name)
                    .strip());
        }
        return frames;
    }

    @Override
    public void close() {
        topology.close();
    }
}
