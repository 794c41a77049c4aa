package dev.sluice.testkit.reference;

import dev.sluice.datapath.snapshot.PacketCap;
import java.math.BigInteger;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Packets per second of service instances (packet-life.md, to the node), in billionths of packets. */
final class ModelCaps {
    private static final BigInteger PACKET = BigInteger.valueOf(1_000_000_000);

    /** What a bucket holds, and as of when; nobody has taken from it yet: as of never. */
    private record Bucket(PacketCap cap, BigInteger level, long asOfNs) {}

    private Map<Integer, Bucket> buckets = new HashMap<>();

    void apply(List<PacketCap> caps) {
        Map<Integer, Bucket> next = new HashMap<>();
        for (PacketCap cap : caps) {
            Bucket before = buckets.get(cap.instance());
            next.put(
                    cap.instance(),
                    before != null && before.cap.equals(cap) ? before : new Bucket(cap, full(cap), Long.MAX_VALUE));
        }
        buckets = next;
    }

    private static BigInteger full(PacketCap cap) {
        return PACKET.multiply(BigInteger.valueOf(cap.burst()));
    }

    boolean take(int instance, int packets, long nowNs) {
        Bucket bucket = buckets.get(instance);
        if (bucket == null) {
            return true;
        }
        long passedNs = bucket.asOfNs == Long.MAX_VALUE ? 0 : nowNs - bucket.asOfNs;
        BigInteger level = bucket.level
                .add(BigInteger.valueOf(passedNs).multiply(BigInteger.valueOf(bucket.cap.packetsPerSecond())))
                .min(full(bucket.cap));
        BigInteger wanted = PACKET.multiply(BigInteger.valueOf(packets)).min(full(bucket.cap));
        boolean enough = level.compareTo(wanted) >= 0;
        buckets.put(instance, new Bucket(bucket.cap, enough ? level.subtract(wanted) : level, nowNs));
        return enough;
    }
}
