package dev.sluice.fastpath;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.datapath.offload.OffloadAction;
import java.util.Objects;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * The kernel gives the memory of a record that is taken back to the next one at once, also while the program on another processor still looks at it. That moment is too short to be met by tests; what the
 * program finds in it is not.
 */
@Tag("system")
class ReusedRecordsSystemTest {
    private static final long CLIENT = 0x02_00_00_00_00_01L;
    private static final long SERVER = 0x02_00_00_00_00_02L;
    private static final long OTHER = 0x02_00_00_00_00_03L;

    @ParameterizedTest
    @EnumSource(Hook.class)
    void nothingIsDoneByTheRecordOfAnotherFlowNorByHalfOfOne(Hook hook) throws Exception {
        Libbpf bpf = Libbpf.get();
        try (ProgramRun run = ProgramRun.open(16, hook)) {
            run.port(1, 1_001);
            Journey own = Journey.between(1, 1, 17, "10.9.0.1", 4000, "10.9.0.2", 5000)
                    .macs(SERVER, CLIENT);
            Journey other = Journey.between(1, 1, 17, "10.9.0.1", 4001, "10.9.0.2", 5000)
                    .macs(SERVER, CLIENT)
                    .newMacs(OTHER, CLIENT);
            byte[] frame = TestFrame.udp(SERVER, CLIENT, 0, 0, "10.9.0.1", 4000, "10.9.0.2", 5000, 9);
            assertThat(run.offload().install(own.key, own.action)).isZero();
            assertThat(why(run, frame)).isEqualTo(PuntReason.REPLAYED);

            OffloadAction.seal(other.action, 0, other.key, 0);
            assertThat(bpf.mapUpdate(run.map("flows"), own.key, other.action)).isZero();
            assertThat(why(run, frame)).isEqualTo(PuntReason.NO_RECORD);

            OffloadAction.setNewMacs(own.action, 0, OTHER, CLIENT);
            assertThat(bpf.mapUpdate(run.map("flows"), own.key, own.action)).isZero();
            assertThat(why(run, frame)).isEqualTo(PuntReason.NO_RECORD);

            assertThat(run.offload().install(own.key, own.action)).isZero();
            assertThat(why(run, frame)).isEqualTo(PuntReason.REPLAYED);
        }
    }

    private static PuntReason why(ProgramRun run, byte[] frame) {
        return Objects.requireNonNull(run.run(frame, 1, 0)).why();
    }
}
