package dev.sluice.bench;

import java.util.List;

/**
 * P2: established flows through one service node that knows nothing, and on to their destination. Each packet crosses the device twice; the flow is looked up in the connection
 * tracker before the node, and by Sluice again behind it, where Open vSwitch goes by the input port.
 */
final class PathBench {
    private PathBench() {}

    static int run(Options options) {
        int flows = options.flows(4096);
        int seconds = options.seconds(3);
        Report report = new Report(
                "path", "established UDP flows through one bridging node and on, veth ports, 64-byte frames, one core");
        report.fact("flows", flows);
        report.fact("seconds", seconds);
        report.fact("node", "two veth ends joined by " + options.node() + " programs (bpf_redirect)");
        report.fact("Open vSwitch", Machine.firstLine(List.of("ovs-vswitchd", "--version")));
        List<Device> devices = List.of(
                        SluiceDevice.path("sluice-xdp", "Java, AF_XDP", "AF_XDP"),
                        new Device(
                                "ovs-xdp",
                                "Open vSwitch netdev, AF_XDP, conntrack",
                                bed -> VswitchDevice.start(bed, "afxdp")),
                        SluiceDevice.path("sluice-packet", "Java, AF_PACKET ring", "AF_PACKET"),
                        new Device(
                                "ovs-packet",
                                "Open vSwitch netdev, AF_PACKET, conntr.",
                                bed -> VswitchDevice.start(bed, "system")),
                        new Device("linux-bridge", "two Linux bridges, no tracking", LinuxBridge::start),
                        new Device("linux-bridge-ct", "the same with nftables conntrack", LinuxBridge::startTracking))
                .stream()
                .filter(device -> options.wants(device.name()))
                .toList();
        Comparison comparison = new Comparison(
                report,
                "Mpps",
                () -> Bed.withNode(options.node()),
                bed -> bed.load(flows, options.warmupSeconds(), seconds));
        comparison.run(devices, options.rounds());
        comparison.ratio("P2", "sluice-xdp", "ovs-xdp", 1.2);
        comparison.ratio("", "sluice-packet", "ovs-packet", 0);
        comparison.ratio("", "sluice-packet", "ovs-xdp", 0);
        comparison.ratio("", "sluice-packet", "linux-bridge-ct", 0);
        report.write();
        return 0;
    }
}
