package dev.sluice.manager.instances;

import dev.sluice.model.Autoscale;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Locale;
import java.util.OptionalDouble;

/**
 * Decides how many instances a deployment is to have, by the load of all of them together. One for each deployment; one thread; time is a parameter.
 *
 * <p>What holds whatever the load does: the number is never outside of min..max; it grows at most once in upCooldown, and at most doubles; it shrinks only to what was enough at every moment of downCooldown, and not within that
 * of any change. So a load that goes up and down faster than downCooldown changes nothing but the first time, and a load that stays leads to a number that stays.
 */
final class Autoscaler {
    /**
     * What was decided.
     *
     * @param desired how many instances there are to be
     * @param recommended how many the load of this moment asks for; 0: not known
     * @param why in words
     */
    record Decision(int desired, int recommended, String why) {}

    /** What the load asked for at a moment. */
    private record Asked(long ns, int instances) {}

    private final Deque<Asked> asked = new ArrayDeque<>();
    private int desired;
    private long beginNs;
    private long grownNs;
    private long changedNs;
    private boolean begun;
    private boolean hasGrown;

    /**
     * Goes on where another left off.
     *
     * @param desired how many instances there are to be until something is decided
     */
    Autoscaler(int desired) {
        this.desired = desired;
    }

    /**
     * Decides.
     *
     * @param load of all instances together; empty: not known
     * @param whole whether that is the load of each of them: if not, it may be more
     */
    Decision decide(Autoscale spec, OptionalDouble load, boolean whole, long nowNs) {
        if (!begun) {
            begun = true;
            beginNs = nowNs;
            changedNs = nowNs;
        }
        int before = desired;
        desired = Math.clamp(desired, spec.min(), spec.max());
        if (desired != before) {
            // Somebody moved the bounds: that is no growth to rest from.
            changedNs = nowNs;
            asked.clear();
            return new Decision(desired, 0, "the bounds are " + spec.min() + " to " + spec.max());
        }
        if (load.isEmpty()) {
            asked.clear();
            beginNs = nowNs;
            return new Decision(desired, 0, "the load is not known, so the number stays");
        }
        int wanted = Math.clamp(wanted(spec, load.getAsDouble()), spec.min(), spec.max());
        remember(spec, wanted, nowNs);
        String seen = seen(spec, load.getAsDouble());
        if (wanted > desired) {
            return grow(spec, wanted, seen, nowNs);
        }
        if (wanted < desired) {
            return shrink(spec, wanted, seen, whole, nowNs);
        }
        return new Decision(desired, wanted, seen + bound(spec, load.getAsDouble()));
    }

    /** How many the load asks for; within the tolerance, as many as there are. */
    private int wanted(Autoscale spec, double load) {
        double most = spec.target() * (100 + spec.tolerancePercent()) / 100.0;
        double fewest = spec.target() * (100 - spec.tolerancePercent()) / 100.0;
        if (load > desired * most) {
            return ceil(load / spec.target());
        }
        if (load <= (desired - 1) * fewest) {
            return Math.min(desired - 1, ceil(load / fewest));
        }
        return desired;
    }

    private static int ceil(double instances) {
        return (int) Math.min(Integer.MAX_VALUE, Math.ceil(instances));
    }

    private void remember(Autoscale spec, int wanted, long nowNs) {
        // What was asked for before and is less can never be the most again.
        while (!asked.isEmpty() && asked.getLast().instances() <= wanted) {
            asked.removeLast();
        }
        asked.addLast(new Asked(nowNs, wanted));
        while (nowNs - asked.getFirst().ns() > spec.downCooldownNs()) {
            asked.removeFirst();
        }
    }

    private Decision grow(Autoscale spec, int wanted, String seen, long nowNs) {
        if (hasGrown && nowNs - grownNs < spec.upCooldownNs()) {
            long leftNs = spec.upCooldownNs() - (nowNs - grownNs);
            return new Decision(
                    desired,
                    wanted,
                    seen + ": " + wanted + " would do, after the last growth nothing for " + seconds(leftNs));
        }
        int from = desired;
        desired = Math.min(wanted, 2 * desired);
        hasGrown = true;
        grownNs = nowNs;
        changedNs = nowNs;
        return new Decision(
                desired,
                wanted,
                seen + ": from " + from + " to " + desired
                        + (desired < wanted
                                ? " of the " + wanted + " that it asks for, since a step at most doubles"
                                : ""));
    }

    private Decision shrink(Autoscale spec, int wanted, String seen, boolean whole, long nowNs) {
        if (!whole) {
            return new Decision(desired, wanted, seen + ", but not all say what they have, so the number stays");
        }
        long waitedNs = nowNs - Math.max(beginNs, changedNs);
        if (waitedNs < spec.downCooldownNs()) {
            return new Decision(
                    desired,
                    wanted,
                    seen + ": " + wanted + " would do, if it stays so for "
                            + seconds(spec.downCooldownNs() - waitedNs));
        }
        int most = asked.getFirst().instances();
        if (most >= desired) {
            return new Decision(
                    desired,
                    wanted,
                    seen + ": " + wanted + " would do, but not at all times of the last "
                            + seconds(spec.downCooldownNs()));
        }
        int from = desired;
        desired = most;
        changedNs = nowNs;
        asked.clear();
        return new Decision(desired, wanted, seen + ": from " + from + " to " + desired);
    }

    private String bound(Autoscale spec, double load) {
        if (desired == spec.max() && load > spec.target() * (100.0 + spec.tolerancePercent()) / 100 * desired) {
            return ": more than that, but max is " + spec.max();
        }
        return ": enough";
    }

    private String seen(Autoscale spec, double load) {
        return String.format(
                Locale.ROOT,
                "%.0f %s in all, %d for each of %d instances",
                load,
                spec.measure().unit(),
                spec.target(),
                desired);
    }

    private static String seconds(long ns) {
        return (ns + 999_999_999L) / 1_000_000_000L + " s";
    }
}
