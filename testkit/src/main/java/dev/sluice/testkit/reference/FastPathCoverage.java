package dev.sluice.testkit.reference;

import dev.sluice.datapath.mirror.OffloadCounters;
import dev.sluice.datapath.offload.OffloadRefusal;
import java.util.EnumMap;
import java.util.Map;
import java.util.TreeMap;

/** What the fast paths of a comparison repeated, and why packets came to the data path instead. One user: the test. */
final class FastPathCoverage {
    private final Map<OffloadRefusal, Long> refused = new EnumMap<>(OffloadRefusal.class);
    private final Map<String, Long> misses = new TreeMap<>();
    private long hits;
    private long lazyHits;

    /** A scenario is over. */
    void add(InFront fastPath) {
        hits += fastPath.device.hits();
        lazyHits += fastPath.lazy ? fastPath.device.hits() : 0;
        fastPath.device.misses().forEach((why, count) -> misses.merge(why, count, Long::sum));
        OffloadCounters counters = fastPath.counters();
        for (OffloadRefusal why : OffloadRefusal.values()) {
            refused.merge(why, counters.refused(why), Long::sum);
        }
    }

    long hits() {
        return hits;
    }

    long lazyHits() {
        return lazyHits;
    }

    long refused(OffloadRefusal why) {
        return refused.getOrDefault(why, 0L);
    }

    long misses(String why) {
        return misses.getOrDefault(why, 0L);
    }

    @Override
    public String toString() {
        return hits + " repeated, " + lazyHits + " of them counted later; left to the data path: " + misses
                + "; not recorded: " + refused;
    }
}
