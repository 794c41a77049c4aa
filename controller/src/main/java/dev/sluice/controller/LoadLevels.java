package dev.sluice.controller;

import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.OptionalInt;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * How much more load instances have than the others of their service, in levels that hosts are told: each halves the share of new flows (ADR 0041). No clocks: time is a parameter. One thread.
 *
 * <p>The figure is the load of an instance per weight, against the mean of the others. A level more is reached when that figure is at least {@code 2^(level+1)} for {@link #UP_HOLD_NS}, and left when it is below {@code
 * 0.375 * 2^level} for {@link #DOWN_HOLD_NS}. A level more halves the figure once flows have followed, so it cannot be left because it was reached, nor reached because it was left: 2.67 lies between, and when one
 * instance leaves its last level at 0.75 of the others, none of two has twice of the other's.
 */
final class LoadLevels {
    /** Largest level: an eighth of the share. */
    static final int LEVEL_MAX = 3;

    /** Loads are looked at so often. Agents report each second, so a rate is right to within a fifth. */
    static final long STEP_NS = 5_000_000_000L;

    /** So long the load has to be there before an instance gets less. */
    static final long UP_HOLD_NS = 30_000_000_000L;

    /** So long it has to be away before an instance gets more again: shorter, so that it does not fall far behind the others, which would then have too much. */
    static final long DOWN_HOLD_NS = 10_000_000_000L;

    private static final double UP = 2;
    private static final double DOWN = 0.375;

    /** Below that an instance has no load to speak of, whatever its weight. */
    private static final double PACKETS_PER_SECOND_LOW = 100;

    private static final double CPU_PERMILLE_LOW = 20;

    private static final Logger LOG = LoggerFactory.getLogger(LoadLevels.class);

    private final Map<String, Watched> watched = new HashMap<>();
    private long beginNs;
    private long steppedNs;
    private boolean begun;
    private boolean ever;

    /**
     * What an instance that serves says of itself.
     *
     * @param packets sent to it since its node started
     * @param cpuPermille processor time that it uses, in thousandths of one core; empty: not known
     */
    record Measured(long packets, OptionalInt cpuPermille) {}

    private static final class Watched {
        int level;
        long packets = -1;
        double packetsPerSecond = -1;
        OptionalInt cpuPermille = OptionalInt.empty();

        /** Whether it has too much load for its level, or too little, and since when. */
        boolean high;

        boolean low;
        long highSinceNs;
        long lowSinceNs;

        boolean isKnown() {
            return packetsPerSecond >= 0;
        }

        void calm() {
            high = false;
            low = false;
        }
    }

    /** Whether it is time to look. */
    boolean isDue(long nowNs) {
        return !begun || nowNs - steppedNs >= STEP_NS;
    }

    /** Whether levels were watched for long enough to be told: until then agents go on with what they were told by the manager before. */
    boolean isSettled(long nowNs) {
        return ever && nowNs - beginNs > UP_HOLD_NS + STEP_NS;
    }

    /**
     * Looks.
     *
     * @param services those that flows are spread over by load: by name their instances, and the weight of each
     * @param measured what instances say that serve and whose hosts are there
     */
    void step(Map<String, Map<String, Integer>> services, Map<String, Measured> measured, long nowNs) {
        double seconds = begun ? (nowNs - steppedNs) / 1e9 : 0;
        steppedNs = nowNs;
        begun = true;
        if (services.isEmpty()) {
            watched.clear();
            return;
        }
        if (!ever) {
            ever = true;
            beginNs = nowNs;
        }
        Set<String> all = new HashSet<>();
        services.forEach((service, weights) -> {
            all.addAll(weights.keySet());
            weights.keySet().forEach(name -> measure(name, measured.get(name), seconds));
            decide(service, weights, nowNs);
        });
        watched.keySet().retainAll(all);
    }

    private void measure(String name, @Nullable Measured now, double seconds) {
        Watched of = watched.computeIfAbsent(name, _ -> new Watched());
        if (now == null) {
            of.packets = -1;
            of.packetsPerSecond = -1;
            of.cpuPermille = OptionalInt.empty();
            return;
        }
        if (of.packets >= 0 && now.packets() >= of.packets && seconds > 0) {
            of.packetsPerSecond = (now.packets() - of.packets) / seconds;
        } else {
            of.packetsPerSecond = -1;
        }
        of.packets = now.packets();
        of.cpuPermille = now.cpuPermille();
    }

    /** Of one whose load nobody knows the level stays: its host goes on as it is. */
    private void decide(String service, Map<String, Integer> weights, long nowNs) {
        Map<String, Double> loads = new TreeMap<>();
        boolean byCpu = weights.keySet().stream()
                .map(this::of)
                .filter(Watched::isKnown)
                .allMatch(each -> each.cpuPermille.isPresent());
        double low = byCpu ? CPU_PERMILLE_LOW : PACKETS_PER_SECOND_LOW;
        double mean = weights.values().stream().mapToInt(each -> each).average().orElse(1);
        weights.forEach((name, weight) -> {
            Watched of = of(name);
            if (of.isKnown()) {
                double load = byCpu ? of.cpuPermille.orElse(0) : of.packetsPerSecond;
                loads.put(name, load < low ? 0 : load * mean / weight);
            } else {
                of.calm();
            }
        });
        // Those without load may be ones that get none of these flows: backups, hosts that the plane does not reach.
        double sum = loads.values().stream().mapToDouble(each -> each).sum();
        long busy = loads.values().stream().filter(each -> each > 0).count();
        loads.forEach((name, load) -> {
            double others = loads.size() < 2 ? load : busy < 2 ? low : (sum - load) / (busy - 1);
            double figure = load == 0 ? 0 : load / Math.max(others, low);
            decide(service, name, of(name), figure, nowNs);
        });
    }

    private Watched of(String name) {
        return watched.computeIfAbsent(name, _ -> new Watched());
    }

    private static void decide(String service, String name, Watched of, double figure, long nowNs) {
        boolean high = of.level < LEVEL_MAX && figure >= UP * (1 << of.level);
        boolean low = of.level > 0 && figure < DOWN * (1 << of.level);
        of.highSinceNs = of.high ? of.highSinceNs : nowNs;
        of.lowSinceNs = of.low ? of.lowSinceNs : nowNs;
        of.high = high;
        of.low = low;
        int before = of.level;
        if (high && nowNs - of.highSinceNs >= UP_HOLD_NS) {
            of.level++;
        } else if (low && nowNs - of.lowSinceNs >= DOWN_HOLD_NS) {
            of.level--;
        }
        if (of.level != before) {
            of.calm();
            LOG.info(
                    "instance {} has {} of the load that others of service {} have: it gets 1/{} of its share of new"
                            + " flows",
                    name,
                    Math.round(figure * 100) / 100.0,
                    service,
                    1 << of.level);
        }
    }

    /** The levels above 0, by name of the instance. */
    Map<String, Integer> levels() {
        Map<String, Integer> levels = new TreeMap<>();
        watched.forEach((name, of) -> {
            if (of.level > 0) {
                levels.put(name, of.level);
            }
        });
        return levels;
    }
}
