package dev.sluice.wire;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.MemorySegment;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The 16 bytes of metadata type 1 (RFC 8300 2.4) as docs/reference/overlay-formats.md says. */
class FixedContextTest {
    private static final String WRITTEN = "01c40000" + "8000004d" + "fedcba9876543210";

    @Test
    void writesEveryFieldWhereItIsReadAndDocumented() {
        MemorySegment f = SampleFrames.zeros(FixedContext.BYTES);
        FixedContext.write(
                f,
                0,
                FixedContext.REVERSE | FixedContext.SERVED | FixedContext.LAYER_2,
                0x8000_004d,
                0xfedc_ba98_7654_3210L);
        assertThat(SampleFrames.hex(f)).isEqualTo(WRITTEN);
        assertThat(FixedContext.isUsable(f, 0)).isTrue();
        assertThat(FixedContext.flags(f, 0))
                .isEqualTo(FixedContext.REVERSE | FixedContext.SERVED | FixedContext.LAYER_2);
        assertThat(FixedContext.tenant(f, 0)).isEqualTo(0x8000_004dL);
        assertThat(FixedContext.flow(f, 0)).isEqualTo(0xfedc_ba98_7654_3210L);
    }

    /** Those of rules and of traces have no place here. */
    @Test
    void otherFlagsAreLeftOut() {
        MemorySegment f = SampleFrames.zeros(FixedContext.BYTES);
        FixedContext.write(f, 0, FixedContext.COPY | SluiceContext.FAILURE_CLOSED | SluiceContext.ALL, 1, 2);
        assertThat(SampleFrames.hex(f)).isEqualTo("0108000000000001" + "0000000000000002");
    }

    @ParameterizedTest
    @ValueSource(strings = {"00c40000", "02c40000", "01c50000", "01e40000", "01c48000", "01c40001"})
    void whatIsNotWrittenIsNotUsable(String head) {
        assertThat(FixedContext.isUsable(SampleFrames.segment(head + WRITTEN.substring(8)), 0))
                .isFalse();
    }
}
