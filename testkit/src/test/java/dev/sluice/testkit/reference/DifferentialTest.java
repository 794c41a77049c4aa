package dev.sluice.testkit.reference;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/** Random packets through random configurations: the data path does what the reference model says (packet-life.md). */
class DifferentialTest {
    @Test
    void dataPathDoesWhatTheModelSays() {
        Coverage coverage = new Coverage();
        assertThat(Campaign.run(1, Long.getLong("sluice.packets", 100_000), coverage))
                .isNull();
        System.out.println(coverage);
    }
}
