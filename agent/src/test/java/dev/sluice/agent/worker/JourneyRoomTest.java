package dev.sluice.agent.worker;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Optional;
import org.junit.jupiter.api.Test;

class JourneyRoomTest {
    private static final long GIB = 1L << 30;

    @Test
    void whatIsAskedForIsTaken() {
        assertThat(JourneyRoom.of(Optional.of(4_194_304), 1024, GIB, GIB)).isEqualTo(4_194_304);
    }

    @Test
    void withoutAWordTheTrackersConnectionsHaveRoomIfMemoryAllows() {
        assertThat(JourneyRoom.of(Optional.empty(), 16_384, 16 * GIB, 4 * GIB)).isEqualTo(65_536);
        assertThat(JourneyRoom.of(Optional.empty(), 1 << 20, 64 * GIB, 16 * GIB))
                .isEqualTo(1 << 22);
        assertThat(JourneyRoom.of(Optional.empty(), 1 << 20, 4 * GIB, GIB)).isBetween(250_000, 320_000);
        assertThat(JourneyRoom.of(Optional.empty(), 1 << 20, 64 * GIB, GIB / 4)).isBetween(90_000, 110_000);
        assertThat(JourneyRoom.of(Optional.empty(), 1 << 25, 1 << 20, GIB)).isEqualTo(75);
        assertThat(JourneyRoom.of(Optional.empty(), 1 << 25, 1 << 10, GIB)).isEqualTo(64);
    }

    @Test
    void moreThanTheHeapCanHoldIsRefusedWithWhatToDo() {
        assertThat(JourneyRoom.trouble(1 << 20, GIB)).isEmpty();
        assertThat(JourneyRoom.trouble(4_194_304, GIB))
                .isEqualTo("fast path: fastPath.journeysMax 4194304 of the Node object takes 640 MiB of the Java heap,"
                        + " which has 1024 MiB, and may take half of it; give the process more"
                        + " (JAVA_TOOL_OPTIONS=-Xmx1281m) or set it to at most 3355443");
    }
}
