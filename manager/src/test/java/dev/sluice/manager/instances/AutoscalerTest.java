package dev.sluice.manager.instances;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.manager.instances.Autoscaler.Decision;
import dev.sluice.model.Autoscale;
import dev.sluice.model.Autoscale.Measure;
import java.util.OptionalDouble;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** How many instances the load asks for: capacity follows demand, and does not flap (C15). */
class AutoscalerTest {
    private static final long SECOND_NS = 1_000_000_000L;
    private static final int UP_S = 30;
    private static final int DOWN_S = 300;

    private static final Autoscale SPEC = spec(1, 8, 100, 10);

    private static Autoscale spec(int min, int max, int target, int tolerance) {
        return new Autoscale(min, max, Measure.FLOWS, target, tolerance, UP_S * SECOND_NS, DOWN_S * SECOND_NS);
    }

    /** An autoscaler and a clock. */
    private static final class Watched {
        final Autoscale spec;
        final Autoscaler autoscaler;
        long nowS;
        Decision last = new Decision(0, 0, "");
        int changes;

        Watched(Autoscale spec, int desired) {
            this.spec = spec;
            autoscaler = new Autoscaler(desired);
            last = new Decision(desired, 0, "");
        }

        /** The same load for so many seconds. */
        Watched load(double load, int seconds) {
            for (int i = 0; i < seconds; i++) {
                say(OptionalDouble.of(load), true);
            }
            return this;
        }

        void say(OptionalDouble load, boolean whole) {
            Decision next = autoscaler.decide(spec, load, whole, nowS++ * SECOND_NS);
            changes += next.desired() == last.desired() ? 0 : 1;
            last = next;
        }
    }

    @Test
    void capacityFollowsDemandUpAtOnceAndDownSlowly() {
        Watched watched = new Watched(SPEC, 1);
        watched.load(50, 400);
        assertThat(watched.last.desired()).isEqualTo(1);
        watched.load(180, 1);
        assertThat(watched.last.desired()).isEqualTo(2);
        assertThat(watched.last.why()).isEqualTo("180 flows in all, 100 for each of 1 instances: from 1 to 2");
        watched.load(50, DOWN_S - 1);
        assertThat(watched.last.desired()).isEqualTo(2);
        assertThat(watched.last.why()).contains("1 would do, if it stays so for");
        watched.load(50, 2);
        assertThat(watched.last.desired()).isEqualTo(1);
        assertThat(watched.last.why()).endsWith("from 2 to 1");
    }

    @Test
    void growthDoublesAtMostAndRests() {
        Watched watched = new Watched(SPEC, 1);
        watched.load(1_000_000, 1);
        assertThat(watched.last.desired()).isEqualTo(2);
        assertThat(watched.last.why()).contains("a step at most doubles");
        watched.load(1_000_000, UP_S - 1);
        assertThat(watched.last.desired()).isEqualTo(2);
        assertThat(watched.last.why()).contains("after the last growth nothing for");
        watched.load(1_000_000, 1);
        assertThat(watched.last.desired()).isEqualTo(4);
        watched.load(1_000_000, 60);
        assertThat(watched.last.desired()).isEqualTo(8);
        assertThat(watched.last.why()).contains("max is 8");
    }

    @Test
    void whatIsNearTheTargetChangesNothing() {
        Watched watched = new Watched(SPEC, 2);
        watched.load(219, 1000);
        watched.load(91, 1000);
        assertThat(watched.changes).isZero();
        assertThat(watched.last.why()).endsWith("enough");
        watched.load(221, 1);
        assertThat(watched.last.desired()).isEqualTo(3);
    }

    @Test
    void aLoadThatGoesUpAndDownDoesNotFlap() {
        for (int period : new int[] {2, 10, 60, DOWN_S / 2, DOWN_S - 2}) {
            Watched watched = new Watched(SPEC, 1);
            watched.load(20, DOWN_S + 10);
            for (int i = 0; i < 40; i++) {
                watched.load(i % 2 == 0 ? 390 : 20, Math.max(1, period));
            }
            assertThat(watched.changes).as("period " + period).isLessThanOrEqualTo(2);
            assertThat(watched.last.desired()).as("period " + period).isEqualTo(4);
        }
    }

    @Test
    void shrinkingGoesToWhatWasEnoughAtAllTimes() {
        Watched watched = new Watched(SPEC, 6);
        watched.load(600, 10);
        watched.load(50, 100);
        watched.load(270, 5);
        watched.load(50, DOWN_S - 10);
        assertThat(watched.last.desired()).isEqualTo(3);
    }

    @Test
    void anUnknownLoadChangesNothing() {
        Watched watched = new Watched(SPEC, 3);
        for (int i = 0; i < 2 * DOWN_S; i++) {
            watched.say(OptionalDouble.empty(), false);
        }
        assertThat(watched.last.desired()).isEqualTo(3);
        assertThat(watched.last.why()).contains("is not known");
        // What is known in part can only be too little.
        for (int i = 0; i < 2 * DOWN_S; i++) {
            watched.say(OptionalDouble.of(10), false);
        }
        assertThat(watched.last.desired()).isEqualTo(3);
        assertThat(watched.last.why()).contains("not all say what they have");
        watched.say(OptionalDouble.of(400), false);
        assertThat(watched.last.desired()).isEqualTo(4);
    }

    @Test
    void boundsThatMoveAreKeptAtOnce() {
        Autoscaler autoscaler = new Autoscaler(6);
        assertThat(autoscaler
                        .decide(spec(1, 4, 100, 10), OptionalDouble.of(600), true, 0)
                        .desired())
                .isEqualTo(4);
        assertThat(autoscaler
                        .decide(spec(5, 9, 100, 10), OptionalDouble.of(0), true, 1)
                        .desired())
                .isEqualTo(5);
    }

    @Test
    void aManagerThatStartsShrinksNothingBeforeItHasSeenEnough() {
        Watched watched = new Watched(SPEC, 5);
        watched.load(10, DOWN_S - 1);
        assertThat(watched.last.desired()).isEqualTo(5);
        watched.load(10, 3);
        assertThat(watched.last.desired()).isEqualTo(1);
    }

    /** Any load, any bounds: never outside of them, never faster than said, and at rest when the load is. */
    @Test
    void promisesHoldForAnyLoad() {
        for (long seed = 0; seed < 300; seed++) {
            Random random = new Random(seed);
            int min = 1 + random.nextInt(3);
            Autoscale spec = spec(min, min + random.nextInt(6), 1 + random.nextInt(200), random.nextInt(41));
            Watched watched = new Watched(spec, min);
            long grownS = -1_000_000;
            long changedS = 0;
            double load = 0;
            for (int i = 0; i < 3_000; i++) {
                if (random.nextInt(50) == 0) {
                    load = random.nextDouble() * spec.target() * spec.max() * 1.5;
                }
                int before = watched.last.desired();
                boolean known = random.nextInt(100) > 0;
                watched.say(known ? OptionalDouble.of(load) : OptionalDouble.empty(), known && random.nextInt(50) > 0);
                int now = watched.last.desired();
                String when = "seed " + seed + " second " + i + ": " + watched.last;
                assertThat(now).as(when).isBetween(spec.min(), spec.max());
                if (now > before) {
                    assertThat(now).as(when).isLessThanOrEqualTo(2 * before);
                    assertThat(i - grownS).as(when).isGreaterThanOrEqualTo(UP_S);
                    grownS = i;
                    changedS = i;
                } else if (now < before) {
                    assertThat(i - changedS).as(when).isGreaterThanOrEqualTo(DOWN_S);
                    changedS = i;
                }
            }
            rests(watched, load, "seed " + seed);
        }
    }

    private static void rests(Watched watched, double load, String when) {
        watched.load(load, 3 * DOWN_S);
        int changes = watched.changes;
        watched.load(load, 3 * DOWN_S);
        assertThat(watched.changes).as(when).isEqualTo(changes);
        Autoscale spec = watched.spec;
        int desired = watched.last.desired();
        double tolerance = spec.tolerancePercent() / 100.0;
        assertThat(load <= desired * spec.target() * (1 + tolerance) || desired == spec.max())
                .as(when)
                .isTrue();
        assertThat(load > (desired - 1) * spec.target() * (1 - tolerance) || desired == spec.min())
                .as(when)
                .isTrue();
    }
}
