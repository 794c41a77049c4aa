package dev.sluice.bench;

import dev.sluice.lab.LabException;
import dev.sluice.lab.LabProcess;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** P10: the data path allocates nothing per packet, and a whole node under traffic ({@link NodeMain}) collects nothing. Fails if either is not so. */
final class GcBench {
    private static final long PACKETS = 10_000_000;
    private static final long WARMUP_PACKETS = 4_000_000;
    private static final int NODE_FLOWS = 1 << 14;

    /** Compilers go on longer than a comparison of rates has to wait for them. */
    private static final int WARMUP_FACTOR = 4;

    /**
     * Bytes per packet above which the data path is said to allocate. A path that allocates costs at least 16 bytes for each packet that takes it; the reading of the counter and the
     * compiler's last changes of mind cost a few hundred bytes in all.
     */
    private static final double PER_PACKET_MAX = 0.001;

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
            traffic.run(WARMUP_PACKETS, MemoryTraffic.MISS_PERIOD);
            traffic.run(WARMUP_PACKETS, MemoryTraffic.HITS_ONLY);
            long collectionsBefore = DeviceMain.collections();
            long deliveredBefore = traffic.delivered();
            Window mixed = Window.measure(traffic, MemoryTraffic.MISS_PERIOD);
            Window hits = Window.measure(traffic, MemoryTraffic.HITS_ONLY);
            long collections = DeviceMain.collections() - collectionsBefore;
            long packets = 2 * PACKETS;
            double perPacket = (double) (mixed.allocatedBytes + hits.allocatedBytes) / packets;
            report.line("in memory, one core, " + packets + " packets through the node:");
            report.fact("packets arrived", traffic.delivered() - deliveredBefore);
            report.fact("packets dropped", traffic.dropped());
            report.fact("bytes allocated by the thread", mixed.allocatedBytes + hits.allocatedBytes);
            report.fact("bytes allocated per packet", perPacket);
            report.fact("collections", collections);
            report.fact("ns per packet, 1/16 of new flows", mixed.nsPerPacket());
            report.fact("ns per packet, all of known flows", hits.nsPerPacket());
            return perPacket < PER_PACKET_MAX && collections == 0;
        }
    }

    /** What a run of {@link #PACKETS} packets took. */
    private record Window(long ns, long allocatedBytes) {
        static Window measure(MemoryTraffic traffic, int missPeriod) {
            long allocatedBefore = MemoryTraffic.allocatedBytes();
            long start = System.nanoTime();
            traffic.run(PACKETS, missPeriod);
            return new Window(System.nanoTime() - start, MemoryTraffic.allocatedBytes() - allocatedBefore);
        }

        double nsPerPacket() {
            return Math.round(10.0 * ns / PACKETS) / 10.0;
        }
    }

    private static boolean underTraffic(Report report, String driver, Options options) {
        int seconds = options.seconds(60);
        try (Bed bed = Bed.withNode(options.node())) {
            LabProcess device = SluiceDevice.startProduct(bed, driver);
            int[] linesBefore = {0};
            int warmup = WARMUP_FACTOR * options.warmupSeconds();
            double mpps = bed.load(
                            NODE_FLOWS,
                            warmup,
                            seconds,
                            () -> linesBefore[0] = statistics(device).size())
                    .value();
            List<long[]> lines = statistics(device);
            if (linesBefore[0] == 0 || lines.size() < linesBefore[0] + 2) {
                throw new LabException("device printed too few statistics: " + device.log());
            }
            lines = lines.subList(linesBefore[0] - 1, lines.size());
            double typical = typicalPerFrame(lines);
            long[] before = lines.getFirst();
            long[] after = lines.getLast();
            long frames = after[0] - before[0];
            double perFrame = frames == 0 ? 0 : (double) (after[1] - before[1]) / frames;
            Map<String, Object> json = new LinkedHashMap<>();
            json.put("seconds", seconds);
            json.put("deliveredMpps", mpps);
            json.put("framesDelivered", frames);
            json.put("bytesAllocatedByWorker", after[1] - before[1]);
            json.put("bytesPerFrame", perFrame);
            json.put("bytesPerFrameInMedianSecond", typical);
            json.put("collections", after[2] - before[2]);
            report.put("under traffic " + driver, json);
            report.line(String.format(
                    Locale.ROOT,
                    "whole node under traffic, %s, %d s: %.3f Mpps delivered, %d frames in all, worker allocated %d bytes (%.6f per frame, in the median second %.6f), %d collections",
                    driver,
                    seconds,
                    mpps,
                    frames,
                    after[1] - before[1],
                    perFrame,
                    typical,
                    after[2] - before[2]));
            return frames > 0 && typical < PER_PACKET_MAX && after[2] == before[2];
        }
    }

    /** Bytes per frame in the median second in which frames were taken: what goes on allocating shows in every second, the compiler's last work only in a few. */
    private static double typicalPerFrame(List<long[]> lines) {
        List<Double> perSecond = new ArrayList<>();
        for (int i = 1; i < lines.size(); i++) {
            long frames = lines.get(i)[0] - lines.get(i - 1)[0];
            if (frames > 0) {
                perSecond.add((double) (lines.get(i)[1] - lines.get(i - 1)[1]) / frames);
            }
        }
        return perSecond.isEmpty() ? Double.MAX_VALUE : new Series(perSecond).median();
    }

    /** Frames, bytes and collections of every second so far. */
    private static List<long[]> statistics(LabProcess device) {
        return device.lines().stream()
                .map(STATISTICS::matcher)
                .filter(Matcher::matches)
                .map(line -> new long[] {
                    Long.parseLong(line.group(1)), Long.parseLong(line.group(2)), Long.parseLong(line.group(3))
                })
                .toList();
    }
}
