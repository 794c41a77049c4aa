package dev.sluice.bench;

import java.util.List;

/** P1: frames from one port to the other and nothing else, in Java beside the least that C can do with the same kernel interface. */
final class IoBench {
    private IoBench() {}

    static int run(Options options) {
        int flows = options.flows(64);
        int seconds = options.seconds(3);
        Report report = new Report("io", "plain forwarding between two veth ports, 64-byte UDP frames, one core");
        report.fact("flows", flows);
        report.fact("seconds", seconds);
        List<Device> devices = List.of(
                        SluiceDevice.forwarder("sluice-xdp", "Java, AF_XDP", "AF_XDP"),
                        new Device("c-xdp", "C, AF_XDP (floor)", IoBench::startForwarder),
                        SluiceDevice.forwarder("sluice-packet", "Java, AF_PACKET ring", "AF_PACKET"))
                .stream()
                .filter(device -> options.wants(device.name()))
                .toList();
        Comparison comparison =
                new Comparison(report, "Mpps", Bed::plain, bed -> bed.load(flows, options.warmupSeconds(), seconds));
        comparison.run(devices, options.rounds());
        comparison.ratio("P1", "sluice-xdp", "c-xdp", 0.9);
        comparison.ratio("", "sluice-packet", "c-xdp", 0);
        report.write();
        return 0;
    }

    private static void startForwarder(Bed bed) {
        bed.startDevice("forwarder", Bed.DEVICE_CORE, List.of(NativeProgram.FORWARDER.path(), "p0", "p1"));
    }
}
