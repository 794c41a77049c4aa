package dev.sluice.manager.rest;

import java.util.HashMap;
import java.util.Map;
import java.util.function.LongSupplier;

/** Token buckets, one for each client. Any thread. */
final class RateLimit {
    private static final int CLIENTS_MAX = 10_000;
    private static final double NS_PER_SECOND = 1e9;

    private final double perSecond;
    private final double burst;
    private final LongSupplier nowNs;
    private final Map<String, Bucket> buckets = new HashMap<>();

    private record Bucket(double tokens, long sinceNs) {}

    RateLimit(int perSecond, int burst, LongSupplier nowNs) {
        this.perSecond = perSecond;
        this.burst = burst;
        this.nowNs = nowNs;
    }

    /** Takes one token; 0, or the milliseconds until there is one. */
    synchronized long take(String client) {
        long now = nowNs.getAsLong();
        if (buckets.size() >= CLIENTS_MAX) {
            buckets.values().removeIf(bucket -> tokens(bucket, now) >= burst);
            // Whoever comes with ever new addresses takes the room of all the others, so that all begin anew.
            if (buckets.size() >= CLIENTS_MAX) {
                buckets.clear();
            }
        }
        double tokens = tokens(buckets.getOrDefault(client, new Bucket(burst, now)), now);
        boolean enough = tokens >= 1;
        buckets.put(client, new Bucket(enough ? tokens - 1 : tokens, now));
        return enough ? 0 : Math.max(1, (long) ((1 - tokens) / perSecond * 1_000));
    }

    private double tokens(Bucket bucket, long now) {
        return Math.min(burst, bucket.tokens() + (now - bucket.sinceNs()) / NS_PER_SECOND * perSecond);
    }
}
