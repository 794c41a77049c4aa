package dev.sluice.datapath.track;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.datapath.track.FlowPrograms.Action;
import dev.sluice.datapath.track.FlowPrograms.Flow;
import dev.sluice.wire.IpAddress;
import org.junit.jupiter.api.Test;

/** The table of instructions for single flows; what instructions do with packets is compared with the reference model (testkit). */
class FlowProgramsTest {
    private static final long SECOND = 1_000_000_000L;
    private final FlowPrograms programs = new FlowPrograms();

    private static Flow flow(int number) {
        return new Flow(
                number >>> 16,
                17,
                IpAddress.parse("10.0.0.1").orElseThrow(),
                number & 0xffff,
                IpAddress.parse("10.0.0.2").orElseThrow(),
                53);
    }

    private static Flow turned(Flow flow) {
        return new Flow(
                flow.zone(),
                flow.protocol(),
                flow.destination(),
                flow.destinationPort(),
                flow.source(),
                flow.sourcePort());
    }

    private boolean tell(int number, long expiresNs, long nowNs) {
        return programs.put(flow(number), Action.DROP, 0, false, expiresNs, nowNs);
    }

    @Test
    void refusesMoreInstructionsThanThereIsRoomFor() {
        for (int i = 0; i < FlowPrograms.INSTRUCTIONS_MAX; i++) {
            assertThat(tell(i, 100 * SECOND, 0)).isTrue();
        }
        assertThat(tell(1 << 20, 100 * SECOND, 0)).isFalse();
        assertThat(tell(7, 200 * SECOND, 0)).as("one that is there").isTrue();
        assertThat(programs.size()).isEqualTo(FlowPrograms.INSTRUCTIONS_MAX);
        // What has expired gives room, swept or not.
        assertThat(tell(1 << 20, 300 * SECOND, 150 * SECOND)).isTrue();
        assertThat(programs.size()).isLessThan(FlowPrograms.INSTRUCTIONS_MAX);
    }

    @Test
    void bothDirectionsAreOneFlow() {
        tell(1, SECOND, 0);
        programs.put(turned(flow(1)), Action.ACCEPT, 0, false, SECOND, 0);
        assertThat(programs.size()).isEqualTo(1);
        assertThat(programs.remove(flow(1))).isTrue();
        assertThat(programs.remove(flow(1))).isFalse();
        assertThat(programs.size()).isZero();
    }

    @Test
    void eachInstructionMovesTheGenerationAndItIsNeverZero() {
        int before = programs.generation();
        tell(1, SECOND, 0);
        assertThat(programs.generation()).isNotEqualTo(before).isNotZero();
    }

    @Test
    void whatHasExpiredIsSweptAway() {
        for (int i = 0; i < 1000; i++) {
            tell(i, SECOND, 0);
        }
        tell(1000, 3 * SECOND, 0);
        for (int i = 0; i < FlowPrograms.BUCKETS; i++) {
            programs.sweep(2 * SECOND);
        }
        assertThat(programs.size()).isEqualTo(1);
    }
}
