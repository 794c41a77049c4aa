package dev.sluice.lab.system;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.agent.doctor.Diagnosis;
import dev.sluice.agent.doctor.Doctor;
import dev.sluice.lab.Inside;
import dev.sluice.lab.Waits;
import dev.sluice.model.ConfigurationLoader;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Two nodes that want the same interfaces: what one keeps back, the other must not let through. */
@Tag("system")
class SecondNodeTest {
    private Network network;

    @BeforeEach
    void build() {
        network = Network.transparent();
        network.bridge("fw");
    }

    @AfterEach
    void remove() {
        network.close();
    }

    private static String onlyThePair() {
        return Yaml.of(Yaml.PAIR).replace("edge", "second");
    }

    @Test
    void secondNodeDoesNotOpenAWayAroundAClosedChain() {
        String steered = Yaml.of(
                Yaml.PAIR,
                Yaml.bridge("fw"),
                Yaml.policy("all", "edge/left", "{name: all, action: {chain: fw}, onFailure: closed}"));
        try (EchoHost _ = EchoHost.start(network.server, 7);
                SluiceNode first = SluiceNode.start(network.sluice, steered);
                UdpFlow flow = UdpFlow.open(network.client, "10.0.0.2", 7)) {
            try (SluiceNode second = SluiceNode.startAs(network.sluice, "second", onlyThePair())) {
                String holder = "node edge (pid " + first.process().pid() + ") has it";
                assertThat(second.port("left").up()).isFalse();
                assertThat(second.port("left").reason()).contains("interface left: " + holder);
                assertThat(second.port("right").up()).isFalse();
                assertThat(flow.exchange(20).lost()).isZero();
                network.sluice.configure("link", "set", "fw-in", "down");
                assertThat(flow.exchange(5, 50).answered()).isEmpty();
                checkDoctor(holder);

                first.process().kill();
                Waits.until(
                        "the second node has both interfaces",
                        Duration.ofSeconds(20),
                        () -> second.port("left").up() && second.port("right").up());
                assertThat(flow.exchange(20).lost()).isZero();
            }
            // What has ended has nothing any more: whoever starts next gets it at once.
            first.startAgain();
            assertThat(first.port("left").up()).isTrue();
            assertThat(flow.exchange(5, 50).answered()).isEmpty();
        }
    }

    private void checkDoctor(String holder) {
        Diagnosis diagnosis = Inside.call(
                network.sluice,
                () -> Doctor.examine(
                        ConfigurationLoader.parse("second.yaml", onlyThePair()).configuration(),
                        "second",
                        Path.of("/nonexistent")));
        assertThat(diagnosis.lines())
                .filteredOn(line -> line.subject().equals("interface left holder"))
                .singleElement()
                .satisfies(line -> {
                    assertThat(line.state()).isEqualTo(Diagnosis.State.WARNING);
                    assertThat(line.found()).isEqualTo(holder);
                });
    }
}
