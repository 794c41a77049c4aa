package dev.sluice.testkit.reference;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.datapath.offload.OffloadRefusal;
import dev.sluice.fuzz.FuzzTarget;
import java.util.EnumSet;
import java.util.Set;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Random packets through random configurations, with a fast path in front of the data path: the same frames leave, the same are dropped, and the same is counted as the reference model says, which knows
 * of no fast path (packet-life.md, fast path). A run of another length or seed: as {@link DifferentialTest}.
 */
class FastPathDifferentialTest {
    private static final long FIRST_SEED = 300_000;

    /** Worlds have one host and no switches, nobody traces, and no device refuses; two paths in one journey are rare. */
    private static final Set<OffloadRefusal> NOT_HERE = EnumSet.of(
            OffloadRefusal.TRACED,
            OffloadRefusal.TWO_PATHS,
            OffloadRefusal.OVERLAY,
            OffloadRefusal.SEGMENT,
            OffloadRefusal.DEVICE_REFUSED);

    @Test
    void nobodyNoticesTheFastPath() {
        // Worlds in which each reason occurs, the rarest of them once.
        compare(Long.getLong("sluice.packets", 100_000), Long.getLong("sluice.seed", FIRST_SEED));
    }

    @Tag("campaign")
    @Test
    void nobodyNoticesTheFastPathWithManySeeds() {
        new FuzzTarget(
                        "fast path beside the model",
                        "FastPathDifferentialTest#nobodyNoticesTheFastPathWithManySeeds",
                        seed -> {
                            Coverage coverage = new Coverage();
                            assertThat(Campaign.runBehindFastPaths(
                                            seed * DifferentialTest.SEEDS_OF_TURN,
                                            DifferentialTest.TURN_PACKETS,
                                            coverage,
                                            new FastPathCoverage()))
                                    .isNull();
                            return coverage.packets();
                        })
                .run();
    }

    /**
     * 5000567: a packet came back from a node by one router's record, and on its way through another router that one's record got a path through the same node: the next packet is ambiguous.
     * 818768518154012: routers send a packet that came back in a circle, it is classified by the record by which it came back, and that one gets another chosen port: the next packet goes another way.
     */
    @ParameterizedTest
    @ValueSource(longs = {5_000_567, 818_768_518_154_012L})
    void nobodyNoticesTheFastPathInWorldsThatShowedADifferenceBefore(long seed) {
        assertThat(Campaign.runBehindFastPaths(seed, 1, new Coverage(), new FastPathCoverage()))
                .isNull();
    }

    private static void compare(long packets, long seed) {
        Coverage coverage = new Coverage();
        FastPathCoverage told = new FastPathCoverage();
        String difference = Campaign.runBehindFastPaths(seed, packets, coverage, told);
        System.out.println(told);
        assertThat(difference).as("difference").isNull();
        assertThat(told.hits()).as("packets repeated").isGreaterThan(packets / 20);
        assertThat(told.lazyHits()).as("packets counted later").isGreaterThan(packets / 60);
        if (packets >= 100_000) {
            for (OffloadRefusal why : EnumSet.complementOf(EnumSet.copyOf(NOT_HERE))) {
                assertThat(told.refused(why)).as("not recorded: %s", why).isPositive();
            }
            for (String why : new String[] {"configuration", "path", "egress", "MAC addresses", "TTL", "size"}) {
                assertThat(told.misses(why))
                        .as("left to the data path: %s", why)
                        .isPositive();
            }
        }
    }
}
