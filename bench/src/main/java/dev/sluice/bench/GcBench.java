package dev.sluice.bench;

import dev.sluice.lab.LabException;
import dev.sluice.lab.LabProcess;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** P10: the data path allocates nothing per packet, and a node under traffic collects nothing. Fails if either is not so. */
final class GcBench {
    private static final long PACKETS = 12_000_000;
    private static final Pattern STATISTICS = Pattern.compile("stat frames (\\d+) allocated (\\d+) collections (\\d+)");

    private GcBench() {}

    static int run(Options options) {
        int flows = options.flows(1 << 20);
        Report report = new Report("gc", "steady state: bytes allocated per packet, collections under traffic");
        report.fact("flows", flows);
        boolean clean = inMemory(report, flows);
        for (String driver : List.of("AF_PACKET", "AF_XDP")) {
            if (options.wants(driver)) {
                clean &= underTraffic(report, driver, options);
            }
        }
        report.fact("P10", clean ? "met" : "not met");
        report.write();
        return clean ? 0 : 1;
    }

    /** All flows known, one packet in sixteen of a flow that is new; each packet goes to the node and comes back. */
    private static boolean inMemory(Report report, int flows) {
        try (MemoryTraffic traffic = new MemoryTraffic(flows)) {
            traffic.establish();
            traffic.run(PACKETS / 4, MemoryTraffic.MISS_PERIOD);
            long collectionsBefore = DeviceMain.collections();
            long allocatedBefore = MemoryTraffic.allocatedBytes();
            long start = System.nanoTime();
            traffic.run(PACKETS, MemoryTraffic.MISS_PERIOD);
            long mixedNs = System.nanoTime() - start;
            long allocated = MemoryTraffic.allocatedBytes() - allocatedBefore;
            long collections = DeviceMain.collections() - collectionsBefore;
            start = System.nanoTime();
            traffic.run(PACKETS, Integer.MAX_VALUE);
            long hitNs = System.nanoTime() - start;
            report.line("in memory, one core, " + PACKETS + " packets through the node:");
            report.fact("packets arrived", traffic.delivered());
            report.fact("packets dropped", traffic.dropped());
            report.fact("bytes allocated per packet", (double) allocated / PACKETS);
            report.fact("bytes allocated in all", allocated);
            report.fact("collections", collections);
            report.fact("ns per packet, 1/16 new flows", round((double) mixedNs / PACKETS));
            report.fact("ns per packet, all known", round((double) hitNs / PACKETS));
            // The reading itself may allocate a few bytes; a packet that allocates costs millions.
            return (double) allocated / PACKETS < 0.001 && collections == 0;
        }
    }

    private static double round(double value) {
        return Math.round(value * 10) / 10.0;
    }

    private static boolean underTraffic(Report report, String driver, Options options) {
        int seconds = options.seconds(60);
        try (Bed bed = Bed.withNode(options.node())) {
            LabProcess device = SluiceDevice.startPinned(bed, driver);
            double unused = bed.load(1 << 14, options.warmupSeconds() * 2, 1);
            long[] before = statistics(device);
            double mpps = bed.load(1 << 14, 0, seconds);
            long[] after = statistics(device);
            long frames = after[0] - before[0];
            double perFrame = frames == 0 ? 0 : (double) (after[1] - before[1]) / frames;
            Map<String, Object> json = new LinkedHashMap<>();
            json.put("seconds", seconds);
            json.put("deliveredMpps", mpps);
            json.put("warmUpMpps", unused);
            json.put("framesTaken", frames);
            json.put("bytesAllocatedByWorker", after[1] - before[1]);
            json.put("bytesPerFrame", perFrame);
            json.put("collections", after[2] - before[2]);
            report.put("under traffic " + driver, json);
            report.line(String.format(
                    Locale.ROOT,
                    "node under traffic, %s, %d s: %.3f Mpps delivered, %d frames taken, worker allocated %d bytes (%.6f per frame), %d collections",
                    driver,
                    seconds,
                    mpps,
                    frames,
                    after[1] - before[1],
                    perFrame,
                    after[2] - before[2]));
            return frames > 0 && perFrame < 0.001 && after[2] == before[2];
        }
    }

    private static long[] statistics(LabProcess device) {
        List<String> lines = device.lines();
        Matcher matcher = STATISTICS.matcher(device.lastLine("stat").orElse(""));
        if (!matcher.matches()) {
            throw new LabException("device printed no statistics: " + lines);
        }
        return new long[] {
            Long.parseLong(matcher.group(1)), Long.parseLong(matcher.group(2)), Long.parseLong(matcher.group(3))
        };
    }
}
