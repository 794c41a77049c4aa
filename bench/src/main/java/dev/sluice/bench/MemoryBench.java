package dev.sluice.bench;

import dev.sluice.datapath.packet.FlowHash;
import dev.sluice.datapath.rules.PacketFields;
import dev.sluice.datapath.snapshot.TrackerTimeouts;
import dev.sluice.datapath.track.ConnectionTable;
import dev.sluice.wire.IpProtocols;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * P8: memory per tracked flow, beside an entry of the kernel's connection tracker.
 *
 * <p>Measured, not reckoned: a table is filled with flows that have packets in both directions, and what the process has more of resident memory than before is divided by them.
 */
final class MemoryBench {
    private static final int MANY = 10_000_000;
    private static final double RATIO_GOAL = 0.35;
    private static final long BYTES_GOAL = 2L << 30;
    private static final long NOW_NS = 1_000_000_000L;
    private static final Path SLABS = Path.of("/proc/slabinfo");
    private static final Path STATUS = Path.of("/proc/self/status");

    /** A connection has two entries in the kernel's hash table, and the table as many buckets of 8 bytes as connections in its usual size. */
    private static final int BUCKET_BYTES = 8;

    private MemoryBench() {}

    static int run() {
        Report report = new Report("memory", "bytes per tracked flow beside nf_conntrack");
        residentBytes(1_000, 0, true);
        long ipv4 = residentBytes(MANY, 0, false);
        long ipv6 = residentBytes(MANY, 0x2001_0db8L << 32, false);
        long rare = residentBytes(MANY, 0, true);
        double perFlow = (double) ipv4 / MANY;
        report.fact("bytes for 10M flows, IPv4, resident", ipv4);
        report.fact("bytes for 10M flows, IPv4, reserved at the start", ConnectionTable.bytesFor(MANY));
        report.fact("10M flows in 2 GiB", Math.max(ipv4, ipv6) <= BYTES_GOAL ? "met" : "not met");
        report.fact("bytes per flow, IPv4", perFlow);
        report.fact("bytes per flow, IPv6", (double) ipv6 / MANY);
        report.fact("bytes per flow, IPv4, rewritten by its node", (double) rare / MANY);
        int slab = kernelEntryBytes();
        if (slab == 0) {
            report.line("left out: nf_conntrack: it is not in /proc/slabinfo (not loaded, or no right to read it)");
        } else {
            int kernel = slab + BUCKET_BYTES;
            double ratio = perFlow / kernel;
            report.fact("nf_conntrack bytes per flow, slab and bucket", kernel);
            report.fact("ratio, IPv4", ratio);
            report.fact("ratio, IPv6", (double) ipv6 / MANY / kernel);
            report.fact("P8", ratio <= RATIO_GOAL ? "met" : "not met (0.35)");
        }
        report.write();
        return 0;
    }

    /** Resident memory that a table takes when it is full of established flows. */
    private static long residentBytes(int flows, long networkHi, boolean rare) {
        long before = residentNow();
        try (ConnectionTable table = ConnectionTable.open(flows, 42, TrackerTimeouts.DEFAULT)) {
            PacketFields key = new PacketFields();
            key.protocol = IpProtocols.UDP;
            key.sourceHi = networkHi;
            key.destinationHi = networkHi;
            key.destinationLo = 0xffff_0c00_0001L;
            key.destinationPort = 53;
            for (int flow = 0; flow < flows; flow++) {
                key.sourceLo = 0xffff_0a00_0000L + (flow >>> 4);
                key.sourcePort = 1024 + (flow & 15);
                int slot = table.insert(hash(key), key, 0, ConnectionTable.SERVICE, NOW_NS);
                if (slot < 0) {
                    throw new IllegalStateException("no room for flow " + flow + " of " + flows);
                }
                table.count(slot, 0, 60, NOW_NS);
                table.count(slot, 1, 60, NOW_NS);
                if (rare) {
                    table.setL2(slot, 0, 1);
                }
            }
            return residentNow() - before;
        }
    }

    private static long hash(PacketFields key) {
        long hash = FlowHash.of(
                key.sourceHi,
                key.sourceLo,
                key.sourcePort,
                key.destinationHi,
                key.destinationLo,
                key.destinationPort,
                key.protocol);
        return FlowHash.withRouter(hash, 0);
    }

    private static long residentNow() {
        try {
            for (String line : Files.readAllLines(STATUS)) {
                if (line.startsWith("VmRSS:")) {
                    return Long.parseLong(line.replaceAll("[^0-9]", "")) * 1024;
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        throw new IllegalStateException(STATUS + " does not say VmRSS");
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
