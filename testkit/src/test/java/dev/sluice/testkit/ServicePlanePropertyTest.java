package dev.sluice.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/**
 * Random hosts, nodes, chains and traffic: whatever the places and whatever is lost, doubled or overtaken between hosts, each packet visits what it has to and leaves as it
 * came, or does not leave (V8, F15); with a fast path in front of each host too (X1). More with {@code -Dsluice.scenarios=100000 -Dsluice.seed=5}.
 */
class ServicePlanePropertyTest {
    private static final long FIRST = Long.getLong("sluice.seed", 1);
    private static final int SCENARIOS = Integer.getInteger("sluice.scenarios", 300);

    @Test
    void packetsVisitTheirServicesInOrderOrDoNotLeave() {
        for (long seed = FIRST; seed < FIRST + SCENARIOS; seed++) {
            try (PlaneScenario scenario = new PlaneScenario(seed)) {
                assertThat(scenario.play()).isNull();
            }
        }
        System.out.println(
                "service plane: " + SCENARIOS + " scenarios, seeds " + FIRST + ".." + (FIRST + SCENARIOS - 1));
    }

    @Test
    void nobodyNoticesFastPathsInFrontOfTheHosts() {
        long hits = 0;
        long tunnelled = 0;
        for (long seed = FIRST; seed < FIRST + SCENARIOS; seed++) {
            try (PlaneScenario scenario = new PlaneScenario(seed, true)) {
                assertThat(scenario.play()).isNull();
                hits += scenario.fastPaths.stream()
                        .mapToLong(MemoryOffload::hits)
                        .sum();
                tunnelled += scenario.fastPaths.stream()
                        .mapToLong(MemoryOffload::tunnelled)
                        .sum();
            }
        }
        System.out.println("service plane behind fast paths: " + SCENARIOS + " scenarios, " + hits + " repeated, "
                + tunnelled + " of them into or out of tunnels, seeds " + FIRST + ".." + (FIRST + SCENARIOS - 1));
        assertThat(tunnelled).as("repeated into or out of tunnels").isGreaterThan(5L * SCENARIOS);
    }
}
