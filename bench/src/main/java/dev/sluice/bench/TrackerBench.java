package dev.sluice.bench;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** P5: parse, track and act in memory, one core, beside the bare memory accesses that this needs, batched in the same way. */
final class TrackerBench {
    private static final long PACKETS = 4_000_000;
    private static final int BATCH = 256;
    private static final double MPPS_GOAL = 8;
    private static final double FLOOR_GOAL = 2;

    private TrackerBench() {}

    static int run(Options options) {
        int flows = options.flows(1 << 20);
        Report report = new Report("tracker", "parse, track and act in memory beside the memory accesses alone");
        report.fact("flows", flows);
        List<Double> sluice = new ArrayList<>();
        List<Double> floor = new ArrayList<>();
        try (MemoryTraffic traffic = new MemoryTraffic(flows, BridgePath.snapshot());
                RandomLines lines = new RandomLines(flows)) {
            traffic.establish();
            traffic.time(PACKETS, MemoryTraffic.HITS_ONLY);
            lines.time(PACKETS);
            for (int round = 1; round <= options.rounds(); round++) {
                long steeredBefore = traffic.steered();
                double ns = (double) traffic.time(PACKETS, MemoryTraffic.HITS_ONLY) / PACKETS;
                double least = (double) lines.time(PACKETS) / PACKETS;
                if (traffic.steered() - steeredBefore < PACKETS) {
                    throw new IllegalStateException("packets did not reach the node");
                }
                sluice.add(ns);
                floor.add(least);
                report.line(String.format(
                        Locale.ROOT, "round %d  sluice %7.1f ns per packet   floor %7.1f ns", round, ns, least));
            }
        }
        Series ns = new Series(sluice);
        Series ratio = ns.dividedBy(new Series(floor));
        double mpps = 1_000 / ns.median();
        report.fact("sluice ns per packet", ns.toString());
        report.fact("floor ns per packet", new Series(floor).toString());
        report.fact("Mpps", mpps);
        report.fact("times the floor", ratio.toString());
        report.fact(
                "P5", mpps >= MPPS_GOAL && ratio.median() <= FLOOR_GOAL ? "met" : "not met (8 Mpps, twice the floor)");
        report.write();
        return 0;
    }

    /** For each packet one line of an index and one of a record, at random, which is read and then written: what no tracker can do without. One user. */
    private static final class RandomLines implements AutoCloseable {
        private static final int LINE_BYTES = 64;
        private static final int WRITTEN = 48;

        private final int records;
        private final Arena arena = Arena.ofShared();
        private final MemorySegment index;
        private final MemorySegment table;
        private final int[] chosen = new int[BATCH];
        private long random = 42;
        private long read;

        RandomLines(int flows) {
            records = flows;
            index = arena.allocate((long) Math.max(1, flows / 4) * LINE_BYTES, LINE_BYTES);
            table = arena.allocate((long) flows * LINE_BYTES, LINE_BYTES);
            index.fill((byte) 1);
            table.fill((byte) 1);
        }

        long time(long packets) {
            long ns = 0;
            for (long sent = 0; sent < packets; sent += BATCH) {
                for (int i = 0; i < BATCH; i++) {
                    random ^= random << 13;
                    random ^= random >>> 7;
                    random ^= random << 17;
                    chosen[i] = (int) (random >>> 20) & (records - 1);
                }
                long start = MemoryTraffic.processorNs();
                touch();
                ns += MemoryTraffic.processorNs() - start;
            }
            if (read == 1) {
                throw new IllegalStateException("never so, but the reads have to be used");
            }
            return ns;
        }

        private void touch() {
            long sum = 0;
            for (int i = 0; i < BATCH; i++) {
                sum ^= index.get(ValueLayout.JAVA_LONG, (long) (chosen[i] >>> 2) * LINE_BYTES);
            }
            for (int i = 0; i < BATCH; i++) {
                sum ^= table.get(ValueLayout.JAVA_LONG, (long) chosen[i] * LINE_BYTES);
            }
            for (int i = 0; i < BATCH; i++) {
                long at = (long) chosen[i] * LINE_BYTES + WRITTEN;
                table.set(ValueLayout.JAVA_LONG, at, table.get(ValueLayout.JAVA_LONG, at) + 1);
            }
            read ^= sum & ~1L;
        }

        @Override
        public void close() {
            arena.close();
        }
    }
}
