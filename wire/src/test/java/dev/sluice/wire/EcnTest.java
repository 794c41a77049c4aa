package dev.sluice.wire;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.MemorySegment;
import org.junit.jupiter.api.Test;

/** RFC 6040 4.1 and figure 4. */
class EcnTest {
    private static final int DROP = Malformed.ECN_CONGESTION;

    /** Figure 4: rows are inner, columns outer, both in the order Not-ECT, ECT(0), ECT(1), CE. */
    private static final int[][] FIGURE_4 = {
        {Ecn.NOT_ECT, Ecn.NOT_ECT, Ecn.NOT_ECT, DROP},
        {Ecn.ECT_0, Ecn.ECT_0, Ecn.ECT_1, Ecn.CE},
        {Ecn.ECT_1, Ecn.ECT_1, Ecn.ECT_1, Ecn.CE},
        {Ecn.CE, Ecn.CE, Ecn.CE, Ecn.CE}
    };

    private static final int[] ORDER = {Ecn.NOT_ECT, Ecn.ECT_0, Ecn.ECT_1, Ecn.CE};

    @Test
    void leavesTheTunnelAsFigure4Says() {
        for (int inner = 0; inner < 4; inner++) {
            for (int outer = 0; outer < 4; outer++) {
                assertThat(Ecn.decapsulate(ORDER[inner], ORDER[outer]))
                        .as("inner %d, outer %d", ORDER[inner], ORDER[outer])
                        .isEqualTo(FIGURE_4[inner][outer]);
            }
        }
    }

    @Test
    void entersTheTunnelWithTheCodepointOfTheInnerHeader() {
        for (int ecn = 0; ecn < 4; ecn++) {
            assertThat(Ecn.encapsulate(46, 0x28 | ecn)).isEqualTo(0xb8 | ecn);
        }
    }

    @Test
    void changesAnIpv4HeaderAndKeepsItsChecksumRight() {
        for (int inner = 0; inner < 4; inner++) {
            for (int outer = 0; outer < 4; outer++) {
                MemorySegment f = SampleFrames.segment(SampleFrames.TCP4);
                Ipv4.setTos(f, 14, 0xa8 | ORDER[inner]);
                Ipv4.updateChecksum(f, 14);
                int expected = FIGURE_4[inner][outer];
                assertThat(Ecn.decapsulateInto(f, 14, 0xfc | ORDER[outer])).isEqualTo(Math.min(expected, 0));
                assertThat(Ipv4.tos(f, 14)).isEqualTo(0xa8 | (expected < 0 ? ORDER[inner] : expected));
                assertThat(Ipv4.checksumOk(f, 14)).isTrue();
                assertThat(Ipv4.version(f, 14)).isEqualTo(4);
            }
        }
    }

    @Test
    void changesAnIpv6HeaderAndNothingElseOfIt() {
        for (int inner = 0; inner < 4; inner++) {
            for (int outer = 0; outer < 4; outer++) {
                MemorySegment f = SampleFrames.zeros(40);
                Ipv6.setVersionClassLabel(f, 0, 0xa8 | ORDER[inner], 0xabcde);
                int expected = FIGURE_4[inner][outer];
                assertThat(Ecn.decapsulateInto(f, 0, ORDER[outer])).isEqualTo(Math.min(expected, 0));
                assertThat(Ipv6.trafficClass(f, 0)).isEqualTo(0xa8 | (expected < 0 ? ORDER[inner] : expected));
                assertThat(Ipv6.flowLabel(f, 0)).isEqualTo(0xabcde);
                assertThat(Ipv6.version(f, 0)).isEqualTo(6);
            }
        }
    }
}
