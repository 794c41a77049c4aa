package dev.sluice.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/**
 * Random hosts, nodes, chains and traffic: whatever the places and whatever is lost, doubled or overtaken between hosts, each packet visits what it has to and leaves as it
 * came, or does not leave (V8, F15). More with {@code -Dsluice.scenarios=100000 -Dsluice.seed=5}.
 */
class ServicePlanePropertyTest {
    @Test
    void packetsVisitTheirServicesInOrderOrDoNotLeave() {
        long first = Long.getLong("sluice.seed", 1);
        int scenarios = Integer.getInteger("sluice.scenarios", 1000);
        for (long seed = first; seed < first + scenarios; seed++) {
            try (PlaneScenario scenario = new PlaneScenario(seed)) {
                assertThat(scenario.play()).isNull();
            }
        }
        System.out.println(
                "service plane: " + scenarios + " scenarios, seeds " + first + ".." + (first + scenarios - 1));
    }
}
