package dev.sluice.bench;

import dev.sluice.datapath.ConnectionTable;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** P8: memory per tracked flow, beside an entry of the kernel's connection tracker. */
final class MemoryBench {
    private static final int MANY = 10_000_000;
    private static final double RATIO_GOAL = 0.35;
    private static final long BYTES_GOAL = 2L << 30;
    private static final Path SLABS = Path.of("/proc/slabinfo");

    /** A connection has two entries in the kernel's hash table, and the table as many buckets of 8 bytes as connections in its usual size. */
    private static final int BUCKET_BYTES = 8;

    private MemoryBench() {}

    static int run() {
        Report report = new Report("memory", "bytes per tracked flow beside nf_conntrack");
        long bytes = ConnectionTable.bytesFor(MANY);
        double perFlow = (double) bytes / MANY;
        report.fact("bytes for 10M flows", bytes);
        report.fact("10M flows in 2 GiB", bytes <= BYTES_GOAL ? "met" : "not met");
        report.fact("bytes per flow", perFlow);
        int slab = kernelEntryBytes();
        if (slab == 0) {
            report.line("left out: nf_conntrack: it is not in /proc/slabinfo (not loaded, or no right to read it)");
        } else {
            double ratio = perFlow / (slab + BUCKET_BYTES);
            report.fact("nf_conntrack bytes per flow, slab and bucket", slab + BUCKET_BYTES);
            report.fact("ratio", ratio);
            report.fact("P8", ratio <= RATIO_GOAL ? "met" : "not met (0.35)");
        }
        report.write();
        return 0;
    }

    private static int kernelEntryBytes() {
        try {
            List<String> lines = Files.readAllLines(SLABS);
            for (String line : lines) {
                if (line.startsWith("nf_conntrack ")) {
                    return Integer.parseInt(line.trim().split("\\s+", -1)[3]);
                }
            }
        } catch (IOException e) {
            return 0;
        }
        return 0;
    }
}
