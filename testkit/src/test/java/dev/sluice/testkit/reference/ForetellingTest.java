package dev.sluice.testkit.reference;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.fuzz.FuzzTarget;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * What {@code trace} foretells of a packet is what happens to the packet sent next: random packets through random configurations with history, as in {@link
 * DifferentialTest}, whose comparison with the model also shows that foretelling changed nothing.
 */
class ForetellingTest {
    private static final int EVENTS = 800;

    @Test
    void whatIsForetoldHappensToTenThousandRandomPackets() {
        foretell(10_000, 1);
    }

    @Tag("campaign")
    @Test
    void whatIsForetoldHappensToRandomPacketsOfManySeeds() {
        new FuzzTarget(
                        "packets foretold and then sent",
                        "ForetellingTest#whatIsForetoldHappensToRandomPacketsOfManySeeds",
                        seed -> foretell(20_000, seed * DifferentialTest.SEEDS_OF_TURN))
                .run();
    }

    /** From a seed on; how many were sent. */
    private static long foretell(int frames, long firstSeed) {
        ForetellingCheck check = new ForetellingCheck();
        for (long seed = firstSeed; check.frames() < frames; seed++) {
            Scenario.Difference difference = Scenario.explore(seed, EVENTS, new Coverage(), check);
            String text = difference == null ? "" : difference.text();
            assertThat(text).as("seed " + seed).isEmpty();
        }
        System.out.println(check);
        for (String step :
                new String[] {"classified", "steered", "returned", "routed", "sent", "dropped", "instructed"}) {
            assertThat(check.steps(step)).as(step).isGreaterThan(frames / 500);
        }
        return check.frames();
    }
}
