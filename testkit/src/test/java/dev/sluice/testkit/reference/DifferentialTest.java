package dev.sluice.testkit.reference;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.datapath.packet.DropReason;
import dev.sluice.fuzz.FuzzTarget;
import java.util.EnumSet;
import java.util.Set;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * Random packets through random configurations: the data path does what the reference model says (packet-life.md). A run of another length or seed: {@code
 * -Dsluice.packets=1000000 -Dsluice.seed=5}.
 */
class DifferentialTest {
    /** Needs 57,344 combinations of VLANs ({@link RareReasonsTest}), or a device that is missing ({@code SteeringTest}). */
    private static final Set<DropReason> NOT_HERE = notHere();

    private static final long MILLION = 1_000_000;

    /** More than a turn of the campaign has scenarios, each of which has a seed of its own. */
    static final long SEEDS_OF_TURN = 1_000;

    static final long TURN_PACKETS = 40_000;

    private static Set<DropReason> notHere() {
        Set<DropReason> reasons = EnumSet.of(DropReason.ZONES_FULL, DropReason.PORT_ABSENT);
        // Worlds have one host; ServicePlaneTest shows each of these.
        reasons.addAll(EnumSet.range(DropReason.OVERLAY_PEER_UNKNOWN, DropReason.PLANE_FLOWS_FULL));
        return reasons;
    }

    @Test
    void dataPathDoesWhatTheModelSays() {
        compare(Long.getLong("sluice.packets", 100_000), Long.getLong("sluice.seed", 1));
    }

    @Tag("campaign")
    @Test
    void dataPathDoesWhatTheModelSaysOfManySeeds() {
        new FuzzTarget(
                        "data path beside its model",
                        "DifferentialTest#dataPathDoesWhatTheModelSaysOfManySeeds",
                        seed -> {
                            Coverage coverage = new Coverage();
                            assertThat(Campaign.run(seed * SEEDS_OF_TURN, TURN_PACKETS, coverage))
                                    .isNull();
                            return coverage.packets();
                        })
                .run();
    }

    /**
     * 747236632057032: an instruction to skip a node gives way to one for another path; what is still inside the nodes of the old path skips nothing any more, which the model had forgotten.
     */
    @Test
    void dataPathDoesWhatTheModelSaysInWorldsThatShowedADifferenceBefore() {
        assertThat(Campaign.run(747_236_632_057_032L, 1, new Coverage())).isNull();
    }

    private static void compare(long packets, long seed) {
        Coverage coverage = new Coverage();
        String difference = Campaign.run(seed, packets, coverage);
        System.out.println(coverage);
        assertThat(difference).as("difference").isNull();
        assertThat(coverage.redirectedShare())
                .as("share of packets that reach a redirect")
                .isGreaterThanOrEqualTo(0.5);
        assertThat(coverage.hitShare()).as("share of packets that hit a record").isGreaterThanOrEqualTo(0.33);
        long often = packets >= MILLION ? 1000 : packets / 5000;
        for (DropReason reason : EnumSet.complementOf(EnumSet.copyOf(NOT_HERE))) {
            assertThat(coverage.drops(reason)).as("drops %s", reason).isGreaterThanOrEqualTo(often);
        }
        for (String event : new String[] {
            "action none",
            "action drop",
            "action service",
            "config generation mismatch",
            "liveness generation mismatch",
            "uninspected",
            "copy",
            "returned",
            "record replaced",
            "migrated, stays on its path",
            "kept, its rule is gone",
            "kept, its group is gone",
            "chosen: LEAST_FLOWS",
            "chosen: NEAREST",
            "chosen: LEAST_LOAD",
            "any path, weights aside",
            "chosen by hash",
            "answer met first",
            "instruction DROP",
            "instruction ACCEPT",
            "instruction PATH",
            "said DROP",
            "said SKIP",
            "said PATH",
            "translated: learned",
            "translated: new flow",
            "attributes moved",
            "path kept",
            "observed",
            "hop of the other direction",
            "error back through a node that translates",
            "two tags behind those of a node"
        }) {
            assertThat(coverage.events(event)).as(event).isGreaterThanOrEqualTo(often);
        }
    }
}
