package dev.sluice.bench;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * P6: flows decided per second with many rules, one core. In memory, by processor time; and on wires, each frame of a flow never seen before, beside Open
 * vSwitch and the kernel with the same rules.
 */
final class NewFlowsBench {
    private static final int ROUND_FLOWS = 1 << 20;
    private static final int ROOM = 1 << 22;
    private static final double GOAL = 300_000;
    private static final double RATIO_GOAL = 3;

    /** So many that none comes twice in a run. */
    private static final int LIVE_FLOWS = 1 << 28;

    private static final int WARMUP_SECONDS_MAX = 12;

    private NewFlowsBench() {}

    static int run(Options options) {
        Report report = new Report("newflows", "new flows per second with 10,000 rules, one core");
        report.fact("rules", DeviceMain.RULES);
        if (options.wants("memory")) {
            inMemory(report, options);
        }
        live(report, options);
        report.write();
        return 0;
    }

    private static void inMemory(Report report, Options options) {
        List<Double> rates = new ArrayList<>();
        for (int round = 0; round <= options.rounds(); round++) {
            try (MemoryTraffic traffic = new MemoryTraffic(ROOM, BridgePath.snapshotOfRules(DeviceMain.RULES))) {
                // The first round is warm-up.
                long ns = traffic.time(ROUND_FLOWS, 1);
                if (traffic.connections() < ROUND_FLOWS) {
                    throw new IllegalStateException("only " + traffic.connections() + " flows were made");
                }
                double rate = ROUND_FLOWS * 1e9 / ns;
                if (round > 0) {
                    rates.add(rate);
                    report.line(String.format(Locale.ROOT, "round %d  in memory %,.0f flows per second", round, rate));
                }
            }
        }
        Series all = new Series(rates);
        report.fact("flows per second in memory", all.toString());
        report.fact("P6, >= 300,000 per second", all.median() >= GOAL ? "met" : "not met");
    }

    private static void live(Report report, Options options) {
        int seconds = options.seconds(3);
        int warmup = Math.min(WARMUP_SECONDS_MAX, options.warmupSeconds());
        List<Device> devices = List.of(
                        SluiceDevice.tracker("sluice-xdp", "Java, AF_XDP", "AF_XDP"),
                        new Device(
                                "ovs-xdp",
                                "Open vSwitch netdev, AF_XDP, ct(commit)",
                                bed -> VswitchDevice.startTracker(bed, "afxdp", DeviceMain.RULES)),
                        SluiceDevice.tracker("sluice-packet", "Java, AF_PACKET ring", "AF_PACKET"),
                        new Device(
                                "linux-nft",
                                "Linux bridge, nftables, conntrack",
                                bed -> LinuxBridge.startTracker(bed, DeviceMain.RULES)))
                .stream()
                .filter(device -> options.wants(device.name()))
                .toList();
        if (devices.isEmpty()) {
            return;
        }
        try (ConntrackRoom _ = new ConntrackRoom()) {
            Comparison comparison = new Comparison(
                    report, "million flows per second", Bed::plain, bed -> bed.load(LIVE_FLOWS, warmup, seconds));
            comparison.run(devices, options.rounds());
            comparison.ratio("P6", "sluice-xdp", "ovs-xdp", RATIO_GOAL);
            comparison.ratio("P6", "sluice-xdp", "linux-nft", RATIO_GOAL);
            comparison.ratio("", "sluice-packet", "linux-nft", 0);
        }
    }
}
