package dev.sluice.bench;

import dev.sluice.lab.LabException;
import dev.sluice.lab.Namespace;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;

/**
 * P3: journeys repeated by the kernel's program beside programs that redirect everything and look at nothing, over the same hops; and beside Open vSwitch and the kernel's own bridges, forwarding and
 * tracking. Each part has its own hops: none but two ports, routed, through one node, through two, through one on another host. Records are made at the first packet.
 */
final class FastPathBench {
    private static final double OF_BARE = 0.6;
    private static final double OF_VSWITCH = 3.0;
    private static final double OF_NFTABLES = 4.0;

    /** The kernel's tracker takes so many on any machine. */
    private static final int FLOWS_WITHOUT_ROOM = 1 << 14;

    private final Options options;
    private final Report report;
    private final int flows;
    private final int seconds;

    private FastPathBench(Options options, Report report, int flows, int seconds) {
        this.options = options;
        this.report = report;
        this.flows = flows;
        this.seconds = seconds;
    }

    static int run(Options options) {
        int flows = options.flows(64);
        int seconds = options.seconds(3);
        Report report = new Report("fastpath", "the kernel's fast path between veth ports, 64-byte UDP frames");
        report.fact("flows", flows);
        report.fact("seconds", seconds);
        report.fact("Open vSwitch", Machine.firstLine(List.of("ovs-vswitchd", "--version")));
        FastPathBench bench = new FastPathBench(options, report, flows, seconds);
        if (flows > FLOWS_WITHOUT_ROOM) {
            try (ConntrackRoom _ = new ConntrackRoom()) {
                bench.all();
            }
        } else {
            bench.all();
        }
        report.write();
        return 0;
    }

    private void all() {
        oneHop();
        byXdp();
        routed();
        throughNode();
        throughTwoNodes();
        overHosts();
    }

    private void oneHop() {
        Comparison one = compare(
                "one hop: from port to port",
                Bed::plain,
                new Device("fastpath", "recorded journeys", bed -> byHand(bed, "forward", "tc")),
                new Device("tc-redirect", "bare redirect (floor)", bed -> redirect(bed, "tc", "p0", "p1")));
        one.ratio("P3 one hop", "fastpath", "tc-redirect", OF_BARE);
    }

    private void byXdp() {
        Comparison one = compare(
                "the same by XDP",
                Bed::plainForXdp,
                new Device("xdp", "recorded journeys, XDP", bed -> byHand(bed, "forward", "xdp")),
                new Device("xdp-redirect", "bare redirect by XDP (floor)", bed -> redirect(bed, "xdp", "p0", "p1")));
        one.ratio("P3 one hop by XDP", "xdp", "xdp-redirect", OF_BARE);
        Comparison two = compare(
                "by XDP into a service node that bridges by XDP, and from there on",
                Bed::withNodeForXdp,
                new Device(
                        "xdp-node",
                        "sluice run --fast-path xdp",
                        bed -> SluiceDevice.startProduct(bed, NodeObjects.chainOf(1, flows), "xdp", 4, flows)),
                new Device("xdp-redirect-node", "bare redirects by XDP (floor)", bed -> {
                    redirect(bed, "xdp", "p0", "p2");
                    redirect(bed, "xdp", "p3", "p1");
                }));
        two.ratio("P3 through a node by XDP", "xdp-node", "xdp-redirect-node", OF_BARE);
    }

    private void routed() {
        Comparison routed = compare(
                "routed: MAC addresses, TTL and checksum",
                Bed::routed,
                new Device(
                        "routed",
                        "sluice run --fast-path tc",
                        bed -> SluiceDevice.startProduct(bed, NodeObjects.router(flows), "tc", 2, flows)),
                new Device(
                        "ovs-xdp-routed",
                        "Open vSwitch netdev, AF_XDP, conntrack",
                        bed -> VswitchDevice.startRouter(bed, "afxdp")),
                new Device("linux-routed", "Linux forwarding, no tracking", LinuxRouter::start),
                new Device("linux-routed-ct", "the same with nftables conntrack", LinuxRouter::startTracking),
                new Device("tc-redirect-routed", "bare redirect (floor)", bed -> redirect(bed, "tc", "p0", "p1")));
        routed.ratio("P3 routed", "routed", "tc-redirect-routed", OF_BARE);
        routed.ratio("P3 beside Open vSwitch", "routed", "ovs-xdp-routed", OF_VSWITCH);
        routed.ratio("P3 beside nftables", "routed", "linux-routed-ct", OF_NFTABLES);
        routed.ratio("", "routed", "linux-routed", 0);
    }

    private void throughNode() {
        Comparison two = compare(
                "two hops: into a service node that bridges, and from there on",
                () -> Bed.withNode(options.node()),
                new Device(
                        "fastpath-node",
                        "journeys of the data path",
                        bed -> SluiceDevice.startNode(bed, "FAST", flows)),
                new Device("by-hand-node", "journeys recorded by hand", bed -> byHand(bed, "path", "tc")),
                new Device(
                        "ovs-xdp", "Open vSwitch netdev, AF_XDP, conntrack", bed -> VswitchDevice.start(bed, "afxdp")),
                new Device(
                        "ovs-packet",
                        "Open vSwitch netdev, AF_PACKET, conntr.",
                        bed -> VswitchDevice.start(bed, "system")),
                new Device("linux-bridge", "two Linux bridges, no tracking", LinuxBridge::join),
                new Device("linux-bridge-ct", "the same with nftables conntrack", LinuxBridge::joinTracking),
                new Device("tc-redirect-node", "bare redirects (floor)", bed -> {
                    redirect(bed, "tc", "p0", "p2");
                    redirect(bed, "tc", "p3", "p1");
                }));
        two.ratio("P3 through a node", "fastpath-node", "tc-redirect-node", OF_BARE);
        two.ratio("P3 beside Open vSwitch", "fastpath-node", "ovs-xdp", OF_VSWITCH);
        two.ratio("", "fastpath-node", "ovs-packet", 0);
        two.ratio("P3 beside nftables", "fastpath-node", "linux-bridge-ct", OF_NFTABLES);
        two.ratio("", "fastpath-node", "linux-bridge", 0);
    }

    private void throughTwoNodes() {
        Comparison three = compare(
                "three hops: through two service nodes that bridge, one after the other",
                () -> Bed.withTwoNodes(options.node()),
                new Device(
                        "fastpath-two",
                        "sluice run --fast-path tc",
                        bed -> SluiceDevice.startProduct(bed, NodeObjects.chainOf(2, flows), "tc", 6, flows)),
                new Device(
                        "ovs-xdp-two",
                        "Open vSwitch netdev, AF_XDP, conntrack",
                        bed -> VswitchDevice.start(bed, "afxdp")),
                new Device("linux-bridge-two", "three Linux bridges, no tracking", LinuxBridge::join),
                new Device("linux-bridge-two-ct", "the same with nftables conntrack", LinuxBridge::joinTracking),
                new Device("tc-redirect-two", "bare redirects (floor)", bed -> {
                    redirect(bed, "tc", "p0", "p2");
                    redirect(bed, "tc", "p3", "p4");
                    redirect(bed, "tc", "p5", "p1");
                }));
        three.ratio("P3 through two nodes", "fastpath-two", "tc-redirect-two", OF_BARE);
        three.ratio("P3 beside Open vSwitch", "fastpath-two", "ovs-xdp-two", OF_VSWITCH);
        three.ratio("P3 beside nftables", "fastpath-two", "linux-bridge-two-ct", OF_NFTABLES);
        three.ratio("", "fastpath-two", "linux-bridge-two", 0);
    }

    private void overHosts() {
        Comparison hosts = compare(
                "four hops: to a service node on another host and back, in Geneve",
                () -> Bed.overHosts(options.node()),
                new Device(
                        "fastpath-hosts",
                        "two nodes, Geneve with service header",
                        bed -> SluiceDevice.startHosts(bed, "tc", flows)),
                new Device(
                        "ovs-hosts",
                        "two Open vSwitch, AF_XDP, only Geneve",
                        bed -> VswitchDevice.startHosts(bed, "afxdp")),
                new Device("tc-redirect-hosts", "bare redirects, no tunnel (floor)", bed -> {
                    redirect(bed, bed.far(), "tc", "u1", "p2", "then", "p3", "u1");
                    redirect(bed, "tc", "p0", "u0", "then", "u0", "p1");
                }));
        hosts.ratio("P3 over hosts", "fastpath-hosts", "tc-redirect-hosts", OF_BARE);
        hosts.ratio("P3 beside Open vSwitch", "fastpath-hosts", "ovs-hosts", OF_VSWITCH);
    }

    /** Runs those sides that are wanted. */
    private Comparison compare(String hops, Supplier<Bed> beds, Device... devices) {
        Comparison comparison = new Comparison(report, "Mpps", beds, this::load);
        List<Device> wanted = List.of(devices).stream()
                .filter(device -> options.wants(device.name()))
                .toList();
        if (!wanted.isEmpty()) {
            report.line("");
            report.line(hops);
            comparison.run(wanted, options.rounds());
        }
        return comparison;
    }

    /** What comes out is the measure; nothing at all is a defect. */
    private Figure load(Bed bed) {
        Figure figure = bed.load(flows, options.warmupSeconds(), seconds);
        if (figure.value() == 0) {
            throw new LabException("nothing came out: the device does not forward");
        }
        return new Figure(figure.value(), 0);
    }

    private static void redirect(Bed bed, String... words) {
        redirect(bed, bed.namespace(), words);
    }

    private static void redirect(Bed bed, Namespace where, String... words) {
        List<String> command = new ArrayList<>(List.of(NativeProgram.NODE.path()));
        command.addAll(List.of(words));
        bed.startDevice(where, "redirect-" + words[1], Bed.DEVICE_CORE, command);
    }

    private static void byHand(Bed bed, String mode, String hook) {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:+UseSerialGC",
                "-Xmx128m",
                "--enable-native-access=ALL-UNNAMED",
                "-cp",
                System.getProperty("java.class.path"),
                FastPathDeviceMain.class.getName(),
                mode,
                hook));
        bed.startDevice("fastpath", Bed.DEVICE_CORE, command);
    }
}
