package dev.sluice.datapath;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.datapath.snapshot.PacketCap;
import java.util.List;
import org.junit.jupiter.api.Test;

class PacketCapsTest {
    private static final long SECOND = 1_000_000_000L;

    private final PacketCaps caps = new PacketCaps();

    private int takenIn(int tries, long fromNs, long stepNs) {
        int taken = 0;
        for (int i = 0; i < tries; i++) {
            taken += caps.take(3, 1, fromNs + i * stepNs) ? 1 : 0;
        }
        return taken;
    }

    @Test
    void instanceWithoutCapIsNotLimited() {
        caps.apply(List.of(new PacketCap(3, 1, 1)));
        assertThat(caps.take(2, 1_000_000, 0)).isTrue();
        assertThat(caps.take(4000, 1, 0)).isTrue();
    }

    @Test
    void burstPassesAtOnceThenTheRate() {
        caps.apply(List.of(new PacketCap(3, 1000, 20)));
        assertThat(takenIn(50, 0, 0)).isEqualTo(20);
        assertThat(takenIn(10_000, 0, SECOND / 10_000)).isEqualTo(999);
    }

    @Test
    void longestPauseFillsTheBucketAndNoMore() {
        caps.apply(List.of(new PacketCap(3, PacketCap.MAX, 5)));
        assertThat(takenIn(10, 0, 0)).isEqualTo(5);
        assertThat(takenIn(10, Long.MAX_VALUE / 2, 0)).isEqualTo(5);
    }

    @Test
    void sameCapGoesOnAndAnotherBeginsFull() {
        caps.apply(List.of(new PacketCap(3, 1, 5)));
        assertThat(takenIn(10, 0, 0)).isEqualTo(5);
        caps.apply(List.of(new PacketCap(1, 1, 1), new PacketCap(3, 1, 5)));
        assertThat(takenIn(10, 0, 0)).isZero();
        caps.apply(List.of(new PacketCap(3, 2, 5)));
        assertThat(takenIn(10, 0, 0)).isEqualTo(5);
    }

    @Test
    void superFrameTakesItsSegmentsButNeverMoreThanTheBurst() {
        caps.apply(List.of(new PacketCap(3, 10, 40)));
        assertThat(caps.take(3, 30, 0)).isTrue();
        assertThat(caps.take(3, 11, 0)).isFalse();
        assertThat(caps.take(3, 10, 0)).isTrue();
        assertThat(caps.take(3, 64, 3 * SECOND)).isFalse();
        assertThat(caps.take(3, 64, 4 * SECOND)).isTrue();
    }

    @Test
    void capsOutsideTheirRangesAreRefused() {
        assertThatThrownBy(() -> new PacketCap(1, 0, 1)).hasMessageContaining("cap of 0 packets/s");
        assertThatThrownBy(() -> new PacketCap(1, 1, PacketCap.MAX + 1)).hasMessageContaining("outside");
        assertThatThrownBy(() -> new PacketCap(-1, 1, 1)).hasMessageContaining("instance -1");
    }
}
