package dev.sluice.lab.system;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.junit.jupiter.api.Test;

class ArrivalsTest {
    private static void put(ByteBuffer file, int seconds, int ns, int bytes) {
        file.putInt(seconds).putInt(ns).putInt(bytes).putInt(1500).put(new byte[bytes]);
    }

    @Test
    void longestGapIsBetweenTwoThatFollowEachOther() {
        ByteBuffer file = ByteBuffer.allocate(1000).order(ByteOrder.nativeOrder());
        file.position(24);
        put(file, 9, 999_000_000, 64);
        put(file, 10, 1_000_000, 10);
        put(file, 10, 8_500_000, 64);
        put(file, 10, 9_000_000, 64);
        assertThat(Arrivals.read(file.flip())).isEqualTo(new Arrivals.Gaps(4, 7_500_000));
        assertThat(Arrivals.read(file.clear().limit(24))).isEqualTo(new Arrivals.Gaps(0, 0));
    }
}
