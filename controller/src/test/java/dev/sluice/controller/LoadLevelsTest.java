package dev.sluice.controller;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.controller.LoadLevels.Measured;
import java.util.HashMap;
import java.util.Map;
import java.util.OptionalInt;
import java.util.SplittableRandom;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/** Levels against traffic that follows them, sooner or later, in a time that the test decides about. */
class LoadLevelsTest {
    private static final int STEP_S = 5;
    private static final long STEP_NS = STEP_S * 1_000_000_000L;
    private static final int HOUR_STEPS = 3600 / STEP_S;

    private final LoadLevels levels = new LoadLevels();
    private final Map<String, Integer> weights = new TreeMap<>();
    private final Map<String, Measured> measured = new HashMap<>();
    private long nowNs = Long.MAX_VALUE - 100 * STEP_NS;
    private int changes;

    /**
     * Instances that get traffic of their own, whatever is told, and shares of traffic that is spread over all: what comes follows after a time, as flows that are there end. Packets per second.
     */
    private final class Fleet {
        final double[] load;
        final double[] own;
        double shared;
        double followS;

        Fleet(int count, double shared, double followS) {
            load = new double[count];
            own = new double[count];
            this.shared = shared;
            this.followS = followS;
            for (int i = 0; i < count; i++) {
                weights.put("i" + i, 1);
                measured.put("i" + i, new Measured(0, OptionalInt.empty()));
            }
        }

        void step() {
            double sum = 0;
            for (int i = 0; i < load.length; i++) {
                sum += share(i);
            }
            for (int i = 0; i < load.length; i++) {
                double goal = own[i] + shared * share(i) / sum;
                load[i] += (goal - load[i]) * (1 - Math.exp(-STEP_S / followS));
                passes("i" + i, load[i]);
            }
            LoadLevelsTest.this.step();
        }

        private double share(int i) {
            return weights.getOrDefault("i" + i, 1) / (double) (1 << level("i" + i));
        }
    }

    private void passes(String name, double packetsPerSecond) {
        Measured before = measured.getOrDefault(name, new Measured(0, OptionalInt.empty()));
        measured.put(
                name, new Measured(before.packets() + Math.round(packetsPerSecond * STEP_S), before.cpuPermille()));
    }

    private void step() {
        Map<String, Integer> before = levels.levels();
        nowNs += STEP_NS;
        levels.step(Map.of("firewall", weights), measured, nowNs);
        changes += before.equals(levels.levels()) ? 0 : 1;
    }

    private void steps(Fleet fleet, int count) {
        for (int i = 0; i < count; i++) {
            fleet.step();
        }
    }

    private int level(String name) {
        return levels.levels().getOrDefault(name, 0);
    }

    @Test
    void evenLoadWithNoiseChangesNothing() {
        Fleet fleet = new Fleet(4, 0, 1);
        SplittableRandom random = new SplittableRandom(7);
        for (int i = 0; i < HOUR_STEPS; i++) {
            for (int each = 0; each < 4; each++) {
                fleet.own[each] = 1_000 * random.nextDouble(0.5, 1.5);
            }
            fleet.step();
        }
        assertThat(changes).isZero();
    }

    @Test
    void oneWithTwiceTheLoadOfTheOthersGetsLessAfterHalfAMinuteAndNotBefore() {
        Fleet fleet = new Fleet(2, 2_000, 600);
        fleet.load[0] = 4_000;
        fleet.load[1] = 500;
        steps(fleet, 7);
        assertThat(level("i0")).isZero();
        steps(fleet, 2);
        assertThat(level("i0")).isEqualTo(1);
        assertThat(level("i1")).isZero();
    }

    @Test
    void aPeakThatPassesChangesNothing() {
        Fleet fleet = new Fleet(3, 3_000, 1);
        steps(fleet, 10);
        fleet.own[1] = 50_000;
        steps(fleet, 4);
        fleet.own[1] = 0;
        steps(fleet, HOUR_STEPS);
        assertThat(changes).isZero();
    }

    @Test
    void heavyFlowsThatEndLeaveNoTrace() {
        Fleet fleet = new Fleet(2, 2_000, 60);
        fleet.own[0] = 20_000;
        steps(fleet, HOUR_STEPS);
        assertThat(level("i0")).isEqualTo(LoadLevels.LEVEL_MAX);
        int before = changes;
        fleet.own[0] = 0;
        steps(fleet, HOUR_STEPS);
        assertThat(levels.levels()).isEmpty();
        assertThat(changes - before)
                .as("one level after the other, and no other way")
                .isEqualTo(3);
    }

    @Test
    void whatIsHardlyAnythingIsNoLoad() {
        Fleet fleet = new Fleet(2, 0, 1);
        fleet.own[0] = 90;
        steps(fleet, HOUR_STEPS);
        assertThat(changes).isZero();
    }

    @Test
    void anInstanceWithMoreWeightMayHaveMore() {
        Fleet fleet = new Fleet(2, 0, 1);
        weights.put("i0", 4);
        fleet.own[0] = 4_000;
        fleet.own[1] = 1_000;
        steps(fleet, HOUR_STEPS);
        assertThat(changes).isZero();
    }

    @Test
    void weightsSayOnlyWhatOneInstanceMayHaveBesideAnother() {
        Fleet fleet = new Fleet(2, 0, 1);
        weights.put("i0", 100);
        weights.put("i1", 100);
        fleet.own[0] = 4_000;
        fleet.own[1] = 500;
        steps(fleet, HOUR_STEPS);
        assertThat(level("i0")).isEqualTo(LoadLevels.LEVEL_MAX);
    }

    @Test
    void equalLoadBesideThoseThatGetNothingChangesNothing() {
        Fleet fleet = new Fleet(8, 0, 1);
        fleet.own[0] = 1_200;
        fleet.own[1] = 1_000;
        steps(fleet, HOUR_STEPS);
        assertThat(changes).isZero();
    }

    @Test
    void processorTimeCountsIfAllTellIt() {
        for (int i = 0; i < 20; i++) {
            passes("i0", 1_000);
            passes("i1", 1_000);
            weights.put("i0", 1);
            weights.put("i1", 1);
            measured.replaceAll(
                    (name, said) -> new Measured(said.packets(), OptionalInt.of(name.equals("i0") ? 900 : 300)));
            step();
        }
        assertThat(levels.levels()).containsOnlyKeys("i0");
    }

    @Test
    void whoSaysNothingKeepsItsLevelAndDoesNotCount() {
        Fleet fleet = new Fleet(3, 3_000, 600);
        fleet.load[0] = 9_000;
        steps(fleet, 10);
        assertThat(level("i0")).isPositive();
        int told = level("i0");
        for (int i = 0; i < 100; i++) {
            passes("i1", 1_000);
            passes("i2", 1_000);
            measured.remove("i0");
            step();
        }
        assertThat(level("i0")).isEqualTo(told);
        assertThat(levels.levels()).containsOnlyKeys("i0");
        weights.remove("i0");
        step();
        assertThat(levels.levels()).isEmpty();
    }

    /** Any traffic that stays as it is, whether flows live for a second or for ten minutes: levels come to rest, and nobody is told more often than it takes. */
    @Test
    void levelsComeToRestWhateverTheTrafficIs() {
        for (long seed = 0; seed < 300; seed++) {
            SplittableRandom random = new SplittableRandom(seed);
            LoadLevelsTest run = new LoadLevelsTest();
            int count = random.nextInt(2, 7);
            double[] follow = {1, 5, 20, 60, 200, 600};
            Fleet fleet = run.new Fleet(count, random.nextDouble(500, 10_000), follow[random.nextInt(follow.length)]);
            for (int i = 0; i < count; i++) {
                fleet.own[i] = random.nextBoolean() ? 0 : random.nextDouble(0, 5_000);
                fleet.load[i] = random.nextInt(4) == 0 ? random.nextDouble(0, 50_000) : 0;
            }
            run.steps(fleet, 2 * HOUR_STEPS);
            int before = run.changes;
            assertThat(before).as("seed " + seed).isLessThanOrEqualTo(2 * LoadLevels.LEVEL_MAX * count);
            run.steps(fleet, HOUR_STEPS);
            assertThat(run.changes - before).as("seed " + seed).isZero();
        }
    }
}
