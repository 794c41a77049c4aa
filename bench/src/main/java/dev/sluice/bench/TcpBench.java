package dev.sluice.bench;

import dev.sluice.lab.Iperf3;
import dev.sluice.lab.Namespace;
import java.time.Duration;
import java.util.List;

/** P4: one TCP connection through one service node, offloads on, nothing pinned. Sluice on AF_PACKET and with its fast path beside Linux bridges. */
final class TcpBench {
    private static final String SERVER = "10.9.0.2";

    private TcpBench() {}

    static int run(Options options) {
        int seconds = options.seconds(5);
        Report report =
                new Report("tcp", "one TCP connection through one bridging node and on, veth ports, offloads on");
        report.fact("seconds", seconds);
        report.fact("iperf3", Machine.firstLine(List.of("iperf3", "--version")));
        List<Device> devices = List.of(
                        new Device(
                                "sluice-packet",
                                "Java, AF_PACKET ring",
                                bed -> SluiceDevice.startNode(bed, "AF_PACKET")),
                        new Device(
                                "sluice-fast",
                                "journeys in the kernel (tc)",
                                bed -> SluiceDevice.startNode(bed, "FAST")),
                        new Device("linux-bridge", "two Linux bridges, no tracking", LinuxBridge::join),
                        new Device("linux-bridge-ct", "the same with nftables conntrack", LinuxBridge::joinTracking))
                .stream()
                .filter(device -> options.wants(device.name()))
                .toList();
        Comparison comparison =
                new Comparison(report, "Gbit/s", () -> Bed.withHosts(options.node()), bed -> measure(bed, seconds));
        comparison.run(devices, options.rounds());
        comparison.ratio("P4", "sluice-fast", "linux-bridge", 0.8);
        comparison.ratio("", "sluice-fast", "linux-bridge-ct", 0);
        comparison.ratio("P4 (Java)", "sluice-packet", "linux-bridge", 0);
        comparison.ratio("", "sluice-packet", "linux-bridge-ct", 0);
        report.write();
        return 0;
    }

    private static Figure measure(Bed bed, int seconds) {
        Namespace client = bed.topology().get("client");
        Iperf3 server = Iperf3.serve(bed.topology().get("server"), SERVER);
        Iperf3.Figures figures = server.run(client, Duration.ofSeconds(seconds), "-O", "2");
        return new Figure(figures.receivedBitsPerSecond() / 1e9, 0);
    }
}
