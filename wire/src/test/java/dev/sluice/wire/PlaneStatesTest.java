package dev.sluice.wire;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.MemorySegment;
import org.junit.jupiter.api.Test;

/** What a switch says of its instances and paths (docs/reference/overlay-formats.md, instance states). */
class PlaneStatesTest {
    private static final long DIGEST = 0x44a8_94c1_7436_b65bL;

    private static MemorySegment written(int count) {
        MemorySegment f = MemorySegment.ofArray(new byte[PlaneStates.bytesFor(count)]);
        PlaneStates.write(f, 0, count, 7, 9, 1L << 40, DIGEST);
        for (int i = 0; i < count; i++) {
            PlaneStates.setInstance(f, 0, i, 1_000 + i, i % 2 == 0, i % 4);
        }
        return f;
    }

    @Test
    void whatIsWrittenIsRead() {
        int count = PlaneStates.INSTANCES_MAX;
        MemorySegment f = written(count);
        int bytes = (int) f.byteSize();
        assertThat(bytes).isLessThanOrEqualTo(NshContext.VALUE_BYTES_MAX);
        assertThat(PlaneStates.check(f, 0, bytes)).isTrue();
        assertThat(PlaneStates.count(f, 0)).isEqualTo(count);
        assertThat(PlaneStates.mine(f, 0)).isEqualTo(7);
        assertThat(PlaneStates.yours(f, 0)).isEqualTo(9);
        assertThat(PlaneStates.sequence(f, 0)).isEqualTo(1L << 40);
        assertThat(PlaneStates.digest(f, 0, bytes)).isEqualTo(DIGEST);
        for (int i = 0; i < count; i++) {
            assertThat(PlaneStates.number(f, 0, i)).isEqualTo(1_000 + i);
            assertThat(PlaneStates.alive(f, 0, i)).isEqualTo(i % 2 == 0);
            assertThat(PlaneStates.admin(f, 0, i)).isEqualTo(i % 4);
        }
    }

    @Test
    void digestMayBeLeftOutAndInstancesMayNot() {
        MemorySegment f = written(2);
        int bytes = (int) f.byteSize();
        for (int cut = 0; cut <= bytes; cut++) {
            boolean whole = cut >= bytes - PlaneStates.DIGEST_BYTES;
            assertThat(PlaneStates.check(f, 0, cut)).as("%d bytes", cut).isEqualTo(whole);
            if (whole) {
                assertThat(PlaneStates.digest(f, 0, cut)).as("%d bytes", cut).isEqualTo(cut == bytes ? DIGEST : 0);
            }
        }
    }
}
