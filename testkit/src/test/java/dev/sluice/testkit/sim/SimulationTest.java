package dev.sluice.testkit.sim;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.fuzz.FuzzTarget;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Manager, agents and data paths under faults, by seeds: nothing is that must never be (X2, F5, F7, F8, F15). */
class SimulationTest {
    /** What fits into a minute of a slow processor; the command has 10,000. */
    private static final int SEEDS = 500;

    private static final int SEEDS_OF_TURN = 20;

    /** How many events there were. */
    private static long run(long first, int count) {
        long events = 0;
        int probes = 0;
        int changes = 0;
        for (long seed = first; seed < first + count; seed++) {
            try {
                Simulation.Report report = Simulation.run(seed, false);
                events += report.events();
                probes += report.probes();
                changes += report.changes();
            } catch (Violation e) {
                throw new AssertionError(
                        "seed " + seed + ": " + e.getMessage() + "; replay: ./dev sim --seed " + seed, e);
            }
        }
        System.out.println(count + " simulations from seed " + first + ": " + events + " events, " + probes
                + " probes, " + changes + " changes, nothing found");
        assertThat(probes).isGreaterThan(100 * count);
        assertThat(changes).isGreaterThan(count);
        return events;
    }

    @Test
    void seedsOfTheCheckShowNothingThatMustNeverBe() {
        run(Long.getLong("sluice.seed", 1), SEEDS);
    }

    @Tag("campaign")
    @Test
    void manySeedsShowNothingThatMustNeverBe() {
        new FuzzTarget(
                        "manager, agents and data paths under faults, events",
                        "SimulationTest#manySeedsShowNothingThatMustNeverBe",
                        seed -> run(seed * SEEDS_OF_TURN, SEEDS_OF_TURN))
                .run();
    }

    @Test
    void aSeedHappensAgainExactly() {
        List<String> once = Simulation.run(7, true).trace();
        assertThat(Simulation.run(7, true).trace()).isEqualTo(once).hasSizeGreaterThan(100);
        assertThat(Simulation.run(8, true).trace()).isNotEqualTo(once);
    }

    @Test
    void theCommandReplaysASeedAndRefusesWhatItDoesNotKnow() {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        PrintStream out = new PrintStream(bytes, true, StandardCharsets.UTF_8);
        assertThat(SimulationMain.run(new String[] {"--seed", "3"}, out)).isZero();
        assertThat(SimulationMain.run(new String[] {"--seed", "3", "--seeds", "1"}, out))
                .isZero();
        assertThat(bytes.toString(StandardCharsets.UTF_8))
                .contains("manager starts at revision 0", "seed 3: nothing found", "1 seeds from 3, 0 failed");
        assertThat(SimulationMain.run(new String[] {"--speed", "3"}, out)).isEqualTo(2);
        assertThat(SimulationMain.run(new String[] {"--seed"}, out)).isEqualTo(2);
        assertThat(bytes.toString(StandardCharsets.UTF_8)).contains("there is no --speed", "--seed needs a number");
    }
}
