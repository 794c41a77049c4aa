package dev.sluice.bench;

import dev.sluice.lab.LabException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * P3: journeys repeated by the kernel's program beside programs that redirect everything and look at nothing, over the same hops; and through a node beside Open vSwitch and the kernel's bridges. Records are made
 * at the first packet.
 */
final class FastPathBench {
    private FastPathBench() {}

    static int run(Options options) {
        int flows = options.flows(64);
        int seconds = options.seconds(3);
        Report report = new Report("fastpath", "the kernel's fast path (tc) between veth ports, 64-byte UDP frames");
        report.fact("flows", flows);
        report.fact("seconds", seconds);
        report.line("one hop: from port to port");
        Comparison one = new Comparison(report, "Mpps", Bed::plain, bed -> load(bed, options, flows, seconds));
        one.run(
                wanted(
                        options,
                        new Device("fastpath", "recorded journeys", bed -> start(bed, "forward")),
                        new Device("tc-redirect", "bare redirect (floor)", bed -> redirect(bed, "p0", "p1"))),
                options.rounds());
        one.ratio("P3 one hop", "fastpath", "tc-redirect", 0.6);
        report.line("");
        report.line("two hops: into a service node that bridges, and from there on");
        Comparison two = new Comparison(
                report, "Mpps", () -> Bed.withNode(options.node()), bed -> load(bed, options, flows, seconds));
        two.run(
                wanted(
                        options,
                        new Device(
                                "fastpath-node",
                                "journeys of the data path",
                                bed -> SluiceDevice.startNode(bed, "FAST")),
                        new Device("by-hand-node", "journeys recorded by hand", bed -> start(bed, "path")),
                        new Device(
                                "ovs-xdp",
                                "Open vSwitch netdev, AF_XDP, conntrack",
                                bed -> VswitchDevice.start(bed, "afxdp")),
                        new Device(
                                "ovs-packet",
                                "Open vSwitch netdev, AF_PACKET, conntr.",
                                bed -> VswitchDevice.start(bed, "system")),
                        new Device("linux-bridge", "two Linux bridges, no tracking", LinuxBridge::start),
                        new Device("linux-bridge-ct", "the same with nftables conntrack", LinuxBridge::startTracking),
                        new Device("tc-redirect-node", "bare redirects (floor)", bed -> {
                            redirect(bed, "p0", "p2");
                            redirect(bed, "p3", "p1");
                        })),
                options.rounds());
        two.ratio("P3 through a node", "fastpath-node", "tc-redirect-node", 0.6);
        two.ratio("P3 beside Open vSwitch", "fastpath-node", "ovs-xdp", 3.0);
        two.ratio("", "fastpath-node", "ovs-packet", 0);
        two.ratio("P3 beside nftables", "fastpath-node", "linux-bridge-ct", 4.0);
        two.ratio("", "fastpath-node", "linux-bridge", 0);
        report.write();
        return 0;
    }

    /** What comes out is the measure; nothing at all is a defect. */
    private static Figure load(Bed bed, Options options, int flows, int seconds) {
        Figure figure = bed.load(flows, options.warmupSeconds(), seconds);
        if (figure.value() == 0) {
            throw new LabException("nothing came out: the device does not forward");
        }
        return new Figure(figure.value(), 0);
    }

    private static List<Device> wanted(Options options, Device... devices) {
        return List.of(devices).stream()
                .filter(device -> options.wants(device.name()))
                .toList();
    }

    private static void redirect(Bed bed, String one, String other) {
        bed.startDevice("redirect-" + one, Bed.DEVICE_CORE, List.of(NativeProgram.NODE.path(), "tc", one, other));
    }

    private static void start(Bed bed, String mode) {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:+UseSerialGC",
                "-Xmx128m",
                "--enable-native-access=ALL-UNNAMED",
                "-cp",
                System.getProperty("java.class.path"),
                FastPathDeviceMain.class.getName(),
                mode));
        bed.startDevice("fastpath", Bed.DEVICE_CORE, command);
    }
}
