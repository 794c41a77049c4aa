package dev.sluice.bench;

import dev.sluice.lab.Iperf3;
import dev.sluice.lab.Namespace;
import java.time.Duration;
import java.util.List;
import java.util.function.Supplier;

/** P4: one TCP connection through service nodes, offloads on, nothing pinned: one, two in a chain, one on another host. Sluice on AF_PACKET and with its fast path beside Linux bridges and Open vSwitch. */
final class TcpBench {
    private static final String SERVER = "10.9.0.2";
    private static final double GOAL = 0.8;
    private static final int FLOWS = 64;

    private TcpBench() {}

    static int run(Options options) {
        int seconds = options.seconds(5);
        Report report = new Report("tcp", "one TCP connection through bridging nodes and on, veth ports, offloads on");
        report.fact("seconds", seconds);
        report.fact("iperf3", Machine.firstLine(List.of("iperf3", "--version")));
        report.fact("Open vSwitch", Machine.firstLine(List.of("ovs-vswitchd", "--version")));
        String node = options.node();
        Comparison one = compare(
                options,
                report,
                "through one node",
                () -> Bed.withHosts(node),
                new Device("sluice-packet", "Java, AF_PACKET ring", bed -> SluiceDevice.startNode(bed, "AF_PACKET")),
                new Device("sluice-fast", "journeys in the kernel (tc)", bed -> SluiceDevice.startNode(bed, "FAST")),
                new Device(
                        "ovs-xdp",
                        "Open vSwitch netdev, AF_XDP, no offloads",
                        bed -> VswitchDevice.startForTcp(bed, "afxdp")),
                new Device("linux-bridge", "two Linux bridges, no tracking", LinuxBridge::join),
                new Device("linux-bridge-ct", "the same with nftables conntrack", LinuxBridge::joinTracking));
        one.ratio("P4", "sluice-fast", "linux-bridge", GOAL);
        one.ratio("", "sluice-fast", "linux-bridge-ct", 0);
        one.ratio("", "sluice-fast", "ovs-xdp", 0);
        one.ratio("P4 (Java)", "sluice-packet", "linux-bridge", 0);
        one.ratio("", "sluice-packet", "linux-bridge-ct", 0);
        Comparison two = compare(
                options,
                report,
                "through two nodes, one after the other",
                () -> Bed.withHostsAndTwoNodes(node),
                new Device(
                        "sluice-fast-two",
                        "sluice run --fast-path tc",
                        bed -> SluiceDevice.startProduct(bed, NodeObjects.chainOf(2, FLOWS), "tc", 6, FLOWS)),
                new Device("linux-bridge-two", "three Linux bridges, no tracking", LinuxBridge::join),
                new Device("linux-bridge-two-ct", "the same with nftables conntrack", LinuxBridge::joinTracking));
        two.ratio("P4 through two nodes", "sluice-fast-two", "linux-bridge-two", GOAL);
        two.ratio("", "sluice-fast-two", "linux-bridge-two-ct", 0);
        Comparison hosts = compare(
                options,
                report,
                "through one node on another host",
                () -> Bed.withHostsOverHosts(node),
                new Device(
                        "sluice-fast-hosts",
                        "two nodes, Geneve with service header",
                        bed -> SluiceDevice.startHosts(bed, "tc", FLOWS)),
                new Device("linux-hosts", "Linux bridges and two wires, no tunnel", LinuxBridge::joinOverHosts));
        hosts.ratio("P4 over hosts", "sluice-fast-hosts", "linux-hosts", GOAL);
        report.write();
        return 0;
    }

    /** Runs those sides that are wanted. */
    private static Comparison compare(
            Options options, Report report, String what, Supplier<Bed> beds, Device... devices) {
        Comparison comparison = new Comparison(report, "Gbit/s", beds, bed -> measure(bed, options.seconds(5)));
        List<Device> wanted = List.of(devices).stream()
                .filter(device -> options.wants(device.name()))
                .toList();
        if (!wanted.isEmpty()) {
            report.line("");
            report.line(what);
            comparison.run(wanted, options.rounds());
        }
        return comparison;
    }

    private static Figure measure(Bed bed, int seconds) {
        Namespace client = bed.topology().get("client");
        Iperf3 server = Iperf3.serve(bed.topology().get("server"), SERVER);
        Iperf3.Figures figures = server.run(client, Duration.ofSeconds(seconds), "-O", "2");
        return new Figure(figures.receivedBitsPerSecond() / 1e9, 0);
    }
}
