package dev.sluice.lab;

import java.util.ArrayList;
import java.util.List;

/** A host: one network namespace of a {@link Topology}. Written by the thread that builds the topology. */
public final class Namespace {
    /** What makes results the same in each run: addresses usable at once, nothing learnt from the wire, nothing forwarded unasked. */
    private static final List<String> SETTINGS = List.of(
            "net.ipv6.conf.all.accept_dad=0",
            "net.ipv6.conf.default.accept_dad=0",
            "net.ipv6.conf.all.accept_ra=0",
            "net.ipv6.conf.default.accept_ra=0",
            "net.ipv6.conf.default.router_solicitations=0",
            "net.ipv4.conf.all.rp_filter=0",
            "net.ipv4.conf.default.rp_filter=0",
            "net.ipv4.ip_forward=0");

    /** A bridge must show its frames to its own (bridge family) rules only; the keys are missing where br_netfilter is not loaded. */
    private static final List<String> BRIDGE_SETTINGS = List.of(
            "net.bridge.bridge-nf-call-iptables=0",
            "net.bridge.bridge-nf-call-ip6tables=0",
            "net.bridge.bridge-nf-call-arptables=0");

    private final Topology topology;
    private final String name;
    private final String fullName;

    Namespace(Topology topology, String name, String fullName) {
        this.topology = topology;
        this.name = name;
        this.fullName = fullName;
    }

    /** Its short name within the topology. */
    public String name() {
        return name;
    }

    /** Its name on the machine, as {@code ip netns list} shows it. */
    public String fullName() {
        return fullName;
    }

    /** What it is part of. */
    public Topology topology() {
        return topology;
    }

    void create() {
        Commands.run(List.of(Tool.IP.path(), "netns", "add", fullName));
        configure("link", "set", "lo", "up");
        List<String> settings = new ArrayList<>(List.of(Tool.SYSCTL.path(), "-q", "-w"));
        settings.addAll(SETTINGS);
        exec(settings);
        List<String> bridgeSettings = new ArrayList<>(List.of(Tool.SYSCTL.path(), "-q", "-e", "-w"));
        bridgeSettings.addAll(BRIDGE_SETTINGS);
        // In a user namespace some kernels keep these read-only; bridges then also carry the attributes of their own.
        Commands.tryRun(command(bridgeSettings), "");
    }

    void delete() {
        Namespaces.delete(fullName);
    }

    /** Runs {@code ip -n NAMESPACE ...}; its output. */
    public String configure(String... arguments) {
        List<String> command = new ArrayList<>(List.of(Tool.IP.path(), "-n", fullName));
        command.addAll(List.of(arguments));
        return Commands.run(command);
    }

    /** Runs a command inside to its end; its output. Throws if its status is not 0. */
    public String exec(List<String> command) {
        return Commands.run(command(command));
    }

    /** Runs a command inside to its end; its output. Throws if its status is not 0. */
    public String exec(String... command) {
        return exec(List.of(command));
    }

    /** The same with text for its standard input. */
    public String execWithInput(List<String> command, String input) {
        return Commands.run(command(command), input);
    }

    /** Whether a command run inside ends with status 0. */
    public boolean succeeds(String... command) {
        return Commands.tryRun(command(List.of(command)), "").status() == 0;
    }

    /**
     * Lets the processor serve the threads that a process inside has now before ordinary programs, as the packaged units do: the rings of its ports hold a quarter of a second of traffic, and a machine that is busy
     * with something else may not let it run for longer. Only root may; without it the process runs on all the same.
     */
    public void prefer(LabProcess process) {
        List<String> command = new ArrayList<>(List.of("renice", "-n", Integer.toString(LabProcess.NICE), "-p"));
        command.addAll(process.threads());
        succeeds(command.toArray(String[]::new));
    }

    /** Starts a process inside; its output goes to a log file, it ends with the topology. */
    public LabProcess start(String processName, List<String> command) {
        return topology.start(name + "-" + processName, command(command));
    }

    /** Starts any Java program that is on the class path of this JVM, with JVM flags of the caller's choice: for the product under test. */
    public LabProcess startJvm(String processName, List<String> flags, Class<?> main, List<String> arguments) {
        return startJvm(processName, List.of(), flags, main, arguments);
    }

    /** The same through a command that starts what follows it, such as one that takes rights away. */
    public LabProcess startJvm(
            String processName, List<String> through, List<String> flags, Class<?> main, List<String> arguments) {
        List<String> whole = new ArrayList<>(through);
        whole.addAll(JavaProgram.command(flags, main, arguments));
        return start(processName, whole);
    }

    /** Starts one of the lab's own Java programs, or a test's that needs no more than the lab: small and fast to start. */
    public LabProcess startJava(String processName, Class<?> main, List<String> arguments) {
        return start(processName, JavaProgram.command(main, arguments));
    }

    /** What has to be typed to run a command inside. */
    public List<String> command(List<String> command) {
        List<String> whole = new ArrayList<>(List.of(Tool.IP.path(), "netns", "exec", fullName));
        whole.addAll(command);
        return whole;
    }

    /** Sets a kernel setting of this namespace, for example {@code net.ipv4.ip_forward}. */
    public Namespace sysctl(String key, String value) {
        exec(Tool.SYSCTL.path(), "-q", "-w", key + "=" + value);
        return this;
    }

    /** Makes it a router for IPv4 and IPv6 (or not). */
    public Namespace forwarding(boolean on) {
        String value = on ? "1" : "0";
        exec(
                Tool.SYSCTL.path(),
                "-q",
                "-w",
                "net.ipv4.ip_forward=" + value,
                "net.ipv6.conf.all.forwarding=" + value,
                "net.ipv4.conf.all.send_redirects=0",
                "net.ipv4.conf.default.send_redirects=0");
        return this;
    }

    /** Adds or replaces a route; {@code to} is a prefix or {@code default}. Both families. */
    public Namespace route(String to, String via) {
        configure(via.indexOf(':') >= 0 ? "-6" : "-4", "route", "replace", to, "via", via);
        return this;
    }

    /** Adds or replaces a route to directly connected neighbours. */
    public Namespace routeDevice(String to, String interfaceName) {
        configure(to.indexOf(':') >= 0 ? "-6" : "-4", "route", "replace", to, "dev", interfaceName);
        return this;
    }

    /** Fixes the MAC address of a neighbour, so that no ARP or ND is needed for it. */
    public Namespace neighbour(String address, String mac, String interfaceName) {
        configure("neigh", "replace", address, "lladdr", mac, "dev", interfaceName, "nud", "permanent");
        return this;
    }

    /** An interface that is there already, by name. */
    public LabInterface interfaceNamed(String interfaceName) {
        return new LabInterface(this, interfaceName);
    }

    /** Whether an address answers one ping (ICMP or ICMPv6) within a second. */
    public boolean pings(String address) {
        return succeeds(Tool.PING.path(), "-n", "-q", "-c", "1", "-W", "1", address);
    }

    @Override
    public String toString() {
        return fullName;
    }
}
