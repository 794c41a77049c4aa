package dev.sluice.lab;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/** A lab brought up from a file, held until it is closed (or the JVM ends); and what labs there are on this machine. */
public final class Lab implements AutoCloseable {
    /**
     * A lab on this machine.
     *
     * @param id what its namespaces' names begin with
     * @param ownerPid the process that holds it
     * @param ownerLives whether that process still runs; if not, {@link #sweep} removes the lab
     * @param namespaces full names of its namespaces, for {@code ip netns exec}
     */
    public record Running(String id, long ownerPid, boolean ownerLives, List<String> namespaces) {}

    private static final Duration STOP = Duration.ofSeconds(15);

    private final LabFile file;
    private final Topology topology;
    private final Map<String, ServiceNode> nodes = new LinkedHashMap<>();
    private final Map<String, TapNode> taps = new LinkedHashMap<>();
    private final Map<String, ImpairmentRelay> relays = new LinkedHashMap<>();

    private Lab(LabFile file, Topology topology) {
        this.file = file;
        this.topology = topology;
    }

    /** Brings up what a file describes; throws, with nothing left behind, if the file or the machine does not allow it. */
    public static Lab up(Path path) {
        return up(LabFile.read(path));
    }

    /** The same for a file that was read. */
    public static Lab up(LabFile file) {
        Topology topology = Topology.create();
        Lab lab = new Lab(file, topology);
        boolean complete = false;
        try {
            lab.build();
            complete = true;
            return lab;
        } finally {
            if (!complete) {
                topology.close();
            }
        }
    }

    private void build() {
        file.hosts().forEach(host -> topology.namespace(host.name()));
        int number = 0;
        for (LabFile.WireLine wire : file.wires()) {
            buildWire(wire, "wire" + ++number);
        }
        file.hosts().forEach(this::buildInterfaces);
        file.hosts().forEach(this::buildHost);
    }

    private void buildWire(LabFile.WireLine line, String relayName) {
        Namespace a = topology.get(line.a().host());
        Namespace b = topology.get(line.b().host());
        if (line.impairment().isEmpty()) {
            finish(topology.wire(a, line.a().interfaceName(), b, line.b().interfaceName()), line);
            return;
        }
        Namespace relay = topology.namespace(relayName + "-relay");
        Wire left = finish(topology.wire(a, line.a().interfaceName(), relay, "left"), line);
        Wire right = finish(topology.wire(relay, "right", b, line.b().interfaceName()), line);
        relays.put(
                relayName,
                ImpairmentRelay.start(left.b(), right.a(), line.impairment().get()));
    }

    private static Wire finish(Wire wire, LabFile.WireLine line) {
        wire.mtu(line.mtuBytes());
        // On is what a new wire has; only turning off needs ethtool.
        return line.offloads() ? wire : wire.offloads(false);
    }

    private void buildInterfaces(LabFile.Host host) {
        Namespace namespace = topology.get(host.name());
        host.interfaces().forEach((name, line) -> {
            LabInterface there = namespace.interfaceNamed(name);
            line.mac().ifPresent(there::mac);
            line.addresses().forEach(there::address);
        });
    }

    private void buildHost(LabFile.Host host) {
        Namespace namespace = topology.get(host.name());
        if (host.forwarding()) {
            namespace.forwarding(true);
        }
        host.sysctls().forEach(namespace::sysctl);
        host.routes().forEach(route -> namespace.route(route.to(), route.via()));
        host.node().ifPresent(node -> buildNode(namespace, node));
        host.httpPort().ifPresent(port -> HttpService.start(namespace, port));
        host.programs().forEach(namespace::start);
    }

    private void buildNode(Namespace namespace, LabFile.NodeLine line) {
        LabInterface in = namespace.interfaceNamed(line.in());
        LabInterface out = namespace.interfaceNamed(line.out());
        switch (line.kind()) {
            case BRIDGE_FIREWALL -> {
                BridgeFirewall firewall = BridgeFirewall.create(in, out);
                line.drop().forEach(firewall.filter()::drop);
                nodes.put(namespace.name(), firewall);
            }
            case ROUTING_FIREWALL -> {
                RoutingFirewall firewall = RoutingFirewall.create(in, out);
                line.drop().forEach(firewall.filter()::drop);
                nodes.put(namespace.name(), firewall);
            }
            case NAT -> {
                NatNode nat = NatNode.create(in, out);
                line.drop().forEach(nat.filter()::drop);
                nodes.put(namespace.name(), nat);
            }
            case MATCHER -> nodes.put(namespace.name(), InlineNode.matcher(in, out, line.forbid()));
            case ECHO -> nodes.put(namespace.name(), InlineNode.echo(in, out));
            case WRONG_PORT ->
                nodes.put(
                        namespace.name(),
                        InlineNode.wrongPort(
                                in, out, namespace.interfaceNamed(line.wrong().orElseThrow())));
            case TAP -> taps.put(namespace.name(), TapNode.start(in));
        }
    }

    /** The file that it was made from. */
    public LabFile file() {
        return file;
    }

    /** Its namespaces, for running commands in them. */
    public Topology topology() {
        return topology;
    }

    /** The service node that a host is. */
    public ServiceNode node(String host) {
        return named(nodes, "service node", host);
    }

    /** The tap that a host is. */
    public TapNode tap(String host) {
        return named(taps, "tap", host);
    }

    /** The relay of an impaired wire; wires are numbered from 1 in the order of the file: "wire1". */
    public ImpairmentRelay relay(String wire) {
        return named(relays, "impaired wire", wire);
    }

    private <T> T named(Map<String, T> parts, String what, String name) {
        T part = parts.get(name);
        if (part == null) {
            throw new LabException(
                    "lab " + file.name() + " has no " + what + " '" + name + "', only " + parts.keySet());
        }
        return part;
    }

    /** For people: what is up and how to get into it. */
    public String describe() {
        StringBuilder text = new StringBuilder();
        text.append("lab ")
                .append(file.name())
                .append(" is up as ")
                .append(topology.prefix())
                .append('\n');
        for (LabFile.Host host : file.hosts()) {
            text.append("  ").append(host.name());
            host.node().ifPresent(node -> text.append(" (").append(node.kind()).append(')'));
            text.append(": ip netns exec ")
                    .append(topology.get(host.name()).fullName())
                    .append(" COMMAND\n");
        }
        return text.append("logs: ").append(topology.logDirectory()).toString();
    }

    @Override
    public void close() {
        topology.close();
    }

    /** The labs of this machine; from inside a user namespace only those in it. */
    public static List<Running> status() {
        Map<String, List<String>> byLab = new TreeMap<>();
        for (String name : Namespaces.ofLabs()) {
            byLab.computeIfAbsent(LabName.in(name).orElseThrow().toString(), id -> new ArrayList<>())
                    .add(name);
        }
        return byLab.entrySet().stream()
                .map(entry -> {
                    String first = entry.getValue().getFirst();
                    return new Running(
                            entry.getKey(),
                            LabName.in(first).orElseThrow().ownerPid(),
                            Namespaces.ownerLives(first),
                            List.copyOf(entry.getValue()));
                })
                .toList();
    }

    /** Removes the namespaces and logs of labs whose owners are gone; the namespaces' full names. */
    public static List<String> sweep() {
        List<String> removed = Namespaces.sweep();
        LogFolders.sweep();
        return removed;
    }

    /**
     * Ends a lab: asks its owner to stop and waits until it has cleaned up; sweeps if the owner is gone. Without an id the only one that runs.
     * Returns the id of the lab that was ended, empty if there was none.
     */
    public static Optional<String> down(Optional<String> id) {
        List<Running> there = status();
        List<Running> chosen = there.stream()
                .filter(lab -> id.isEmpty() || lab.id().equals(id.get()))
                .toList();
        List<Running> living = chosen.stream().filter(Running::ownerLives).toList();
        if (id.isPresent() && chosen.isEmpty()) {
            throw new LabException("there is no lab " + id.get() + "; there is: "
                    + String.join(", ", there.stream().map(Running::id).toList()));
        }
        if (living.size() > 1) {
            throw new LabException("several labs run, name one of them: "
                    + String.join(", ", living.stream().map(Running::id).toList()));
        }
        Optional<String> ended = chosen.stream().map(Running::id).findFirst();
        for (Running lab : living) {
            ended = Optional.of(lab.id());
            end(lab);
        }
        sweep();
        return ended;
    }

    private static void end(Running lab) {
        ProcessHandle owner = ProcessHandle.of(lab.ownerPid())
                .orElseThrow(() -> new LabException("owner " + lab.ownerPid() + " of lab " + lab.id() + " is gone"));
        if (!owner.destroy()) {
            throw new LabException("process " + lab.ownerPid() + ", which holds lab " + lab.id()
                    + ", cannot be ended; try as the user who started it");
        }
        Waits.until(
                "process " + lab.ownerPid() + " had removed lab " + lab.id(),
                STOP,
                () -> !owner.isAlive()
                        || status().stream().noneMatch(other -> other.id().equals(lab.id())));
    }
}
