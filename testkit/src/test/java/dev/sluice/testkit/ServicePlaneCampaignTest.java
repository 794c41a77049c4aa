package dev.sluice.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.fuzz.FuzzTarget;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** {@link ServicePlanePropertyTest} with many seeds: hosts, nodes, chains and traffic, one scenario each. */
@Tag("campaign")
class ServicePlaneCampaignTest {
    private static final int SCENARIOS = 200;

    /** How many scenarios there were. */
    private static long play(long turn, boolean fastPath) {
        for (long seed = turn * SCENARIOS; seed < (turn + 1) * SCENARIOS; seed++) {
            try (PlaneScenario scenario = fastPath ? new PlaneScenario(seed, true) : new PlaneScenario(seed)) {
                assertThat(scenario.play()).as("scenario " + seed).isNull();
            }
        }
        return SCENARIOS;
    }

    @Test
    void packetsVisitTheirServicesInOrderOrDoNotLeave() {
        new FuzzTarget(
                        "hosts of a service plane, scenarios",
                        "ServicePlaneCampaignTest#packetsVisitTheirServicesInOrderOrDoNotLeave",
                        seed -> play(seed, false))
                .run();
    }

    @Test
    void nobodyNoticesFastPathsInFrontOfTheHosts() {
        new FuzzTarget(
                        "hosts of a service plane behind fast paths, scenarios",
                        "ServicePlaneCampaignTest#nobodyNoticesFastPathsInFrontOfTheHosts",
                        seed -> play(seed, true))
                .run();
    }
}
