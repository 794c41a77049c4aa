package dev.sluice.datapath;

import dev.sluice.datapath.snapshot.PacketCap;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * A token bucket for each service instance that has a cap (packet-life.md, steer). One user: the worker.
 *
 * <p>Hot path: no allocation. Levels are exact: billionths of a packet.
 */
final class PacketCaps {
    private static final long PACKET = 1_000_000_000L;

    private @Nullable PacketCap[] caps = new PacketCap[0];
    private long[] levels = new long[0];
    private long[] filledNs = new long[0];

    /** Takes over the caps of a snapshot; buckets whose cap is the same go on, others begin full. */
    void apply(List<PacketCap> next) {
        int size = 0;
        for (PacketCap cap : next) {
            size = Math.max(size, cap.instance() + 1);
        }
        @Nullable PacketCap[] newCaps = new PacketCap[size];
        long[] newLevels = new long[size];
        long[] newFilledNs = new long[size];
        for (PacketCap cap : next) {
            int i = cap.instance();
            boolean same = i < caps.length && Objects.equals(caps[i], cap);
            newCaps[i] = cap;
            newLevels[i] = same ? levels[i] : cap.burst() * PACKET;
            newFilledNs[i] = same ? filledNs[i] : Long.MIN_VALUE;
        }
        caps = newCaps;
        levels = newLevels;
        filledNs = newFilledNs;
    }

    /** Fills the buckets as far as those of the other one are, for the same snapshot. */
    void copy(PacketCaps other) {
        levels = other.levels.clone();
        filledNs = other.filledNs.clone();
    }

    boolean has(int instance) {
        return instance < caps.length && caps[instance] != null;
    }

    /** Takes so many packets out of an instance's bucket, all or none; whether there were enough, or there is no cap. */
    boolean take(int instance, int packets, long nowNs) {
        PacketCap cap = instance < caps.length ? caps[instance] : null;
        if (cap == null) {
            return true;
        }
        long full = cap.burst() * PACKET;
        // A super-frame of more segments than the burst passes when the bucket is full: else it never would.
        long wanted = Math.min(packets * PACKET, full);
        long level = level(instance, cap, full, nowNs);
        filledNs[instance] = nowNs;
        boolean enough = level >= wanted;
        levels[instance] = enough ? level - wanted : level;
        return enough;
    }

    private long level(int i, PacketCap cap, long full, long nowNs) {
        long missing = full - levels[i];
        long elapsedNs = filledNs[i] == Long.MIN_VALUE ? 0 : Math.max(0, nowNs - filledNs[i]);
        // Compared by division first: the product of a long pause would overflow.
        return elapsedNs > missing / cap.packetsPerSecond() ? full : levels[i] + elapsedNs * cap.packetsPerSecond();
    }
}
