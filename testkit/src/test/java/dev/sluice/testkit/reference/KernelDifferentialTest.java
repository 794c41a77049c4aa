package dev.sluice.testkit.reference;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.fastpath.Hook;
import dev.sluice.fuzz.FuzzTarget;
import dev.sluice.testkit.KernelRepeater;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * The same random packets, malformed ones and super-frames among them, to three: a data path behind the kernel's program, a data path without fast path, and the reference model. The same frames leave, the
 * same are dropped, and the same is counted by flow, rule, node, port and reason.
 *
 * <p>Each packet is run through the program first (BPF_PROG_TEST_RUN) with records that the data path's own mirror wrote into the kernel's maps; what the program leaves goes to the data path. Needs the
 * right to load programs; touches no interface. {@code ./dev long} compares a million packets, {@code ./dev fuzz} others each time.
 */
@Tag("system")
class KernelDifferentialTest {
    private static final long PACKETS = Long.getLong("sluice.kernel.packets", 3_000);
    private static final long FIRST_SEED = 700_000;

    /** Of packets that come in again, so many of 100 are damaged first. */
    private static final int DAMAGED_PERCENT = 15;

    /** So many packets meet the reasons that are rare. */
    private static final long ENOUGH = 20_000;

    private static final List<String> OFTEN = List.of("NO_RECORD", "MALFORMED", "TCP_STATE", "FRAGMENT");
    private static final List<String> RARELY =
            List.of("CONFIG_MOVED", "PATH_MOVED", "OTHER_MACS", "TTL_LOW", "TOO_LARGE", "OPTIONS", "PROBE");

    private static long compare(Hook hook, long seed, long packets) throws Exception {
        Coverage coverage = new Coverage();
        FastPathCoverage told = new FastPathCoverage();
        long began = System.nanoTime();
        try (KernelRepeater kernel = KernelRepeater.open(hook)) {
            Scenario.Front front = new Scenario.Front(kernel::anew, DAMAGED_PERCENT);
            String difference = Campaign.runBehindAndAlone(front, seed, packets, coverage, told);
            System.out.printf(
                    "%s: %d packets in %.1f s, %s; super-frames repeated: %d%n",
                    hook, coverage.packets(), (System.nanoTime() - began) / 1e9, told, kernel.superFrames());
            assertThat(difference).as("difference").isNull();
            assertThat(told.hits()).as("packets repeated").isGreaterThan(packets / 40);
            assertThat(kernel.superFrames() > 0).as("super-frames").isEqualTo(hook == Hook.TC);
        }
        for (String why : packets < ENOUGH ? OFTEN : RARELY) {
            assertThat(told.misses(why)).as("left to the data path: %s", why).isPositive();
        }
        return coverage.packets();
    }

    @Test
    void nobodyNoticesTheKernelsProgram() throws Exception {
        compare(Hook.TC, Long.getLong("sluice.seed", FIRST_SEED), PACKETS);
    }

    @Test
    @Tag("long")
    void nobodyNoticesTheKernelsProgramInXdp() throws Exception {
        compare(Hook.XDP, Long.getLong("sluice.seed", FIRST_SEED) + 500_000, PACKETS / 2);
    }

    @Tag("campaign")
    @Test
    void nobodyNoticesTheKernelsProgramWithManySeeds() {
        new FuzzTarget(
                        "kernel's program beside the model",
                        "KernelDifferentialTest#nobodyNoticesTheKernelsProgramWithManySeeds",
                        seed -> compare(
                                seed % 3 == 0 ? Hook.XDP : Hook.TC,
                                seed * DifferentialTest.SEEDS_OF_TURN,
                                DifferentialTest.TURN_PACKETS))
                .run();
    }
}
