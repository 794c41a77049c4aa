package dev.sluice.lab;

import java.util.SplittableRandom;

/**
 * What happens to each frame on an impaired wire, decided by a seed: the same seed and settings give frame n the same fate in each run. One
 * thread; time is a parameter.
 */
final class Impairment {
    /**
     * How a wire is impaired. Jitter never reorders; reordering is a matter of its own rate.
     *
     * @param lossRate share of frames lost, 0 to 1
     * @param duplicateRate share of frames sent twice
     * @param reorderRate share of frames held back so that later ones overtake them
     * @param reorderHoldNs how long these are held back
     * @param delayNs delay of each frame
     * @param jitterNs further delay, evenly distributed from 0
     * @param seed where the generator begins
     */
    record Settings(
            double lossRate,
            double duplicateRate,
            double reorderRate,
            long reorderHoldNs,
            long delayNs,
            long jitterNs,
            long seed) {
        Settings {
            checkRate("lossRate", lossRate);
            checkRate("duplicateRate", duplicateRate);
            checkRate("reorderRate", reorderRate);
            checkTime("reorderHoldNs", reorderHoldNs);
            checkTime("delayNs", delayNs);
            checkTime("jitterNs", jitterNs);
        }

        private static void checkRate(String field, double value) {
            if (!(value >= 0 && value <= 1)) {
                throw new LabException("impairment " + field + " " + value + " is outside 0..1");
            }
        }

        private static void checkTime(String field, long value) {
            if (value < 0 || value > 10_000_000_000L) {
                throw new LabException("impairment " + field + " " + value + " is outside 0..10000000000 (10 s)");
            }
        }
    }

    /** The fate of a frame: lost. */
    static final long LOST = -1;

    private final Settings settings;
    private final SplittableRandom random;
    private long lastDueNs;
    private long receivedCount;
    private long lostCount;
    private long duplicatedCount;
    private long reorderedCount;
    private boolean duplicate;

    Impairment(Settings settings) {
        this.settings = settings;
        this.random = new SplittableRandom(settings.seed());
    }

    /** When the next frame is to be sent, or {@link #LOST}; then {@link #duplicate()} says whether twice. */
    long dueNs(long nowNs) {
        // Four draws for each frame, whatever becomes of it: its fate depends on its number alone.
        boolean lost = random.nextDouble() < settings.lossRate;
        boolean twice = random.nextDouble() < settings.duplicateRate;
        boolean reorder = random.nextDouble() < settings.reorderRate;
        long jitterNs = (long) (random.nextDouble() * settings.jitterNs);
        receivedCount++;
        duplicate = twice && !lost;
        if (lost) {
            lostCount++;
            return LOST;
        }
        if (duplicate) {
            duplicatedCount++;
        }
        long dueNs = Math.max(lastDueNs, nowNs + settings.delayNs + jitterNs);
        lastDueNs = dueNs;
        if (reorder) {
            reorderedCount++;
            return dueNs + settings.reorderHoldNs;
        }
        return dueNs;
    }

    /** Whether the frame asked about last is sent twice. */
    boolean duplicate() {
        return duplicate;
    }

    /** The figures so far. */
    RelayFigures figures() {
        return new RelayFigures(receivedCount, lostCount, duplicatedCount, reorderedCount);
    }
}
