package dev.sluice.ports;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Random;
import org.junit.jupiter.api.Test;

class XdpRingTest {
    private static final long PRODUCER = 0;
    private static final long CONSUMER = 64;
    private static final long FLAGS = 128;
    private static final long ENTRIES = 192;
    private static final int SIZE = 8;

    private final MemorySegment memory = Arena.ofAuto().allocate(ENTRIES + SIZE * XdpRing.DESCRIPTOR_BYTES, 64);

    @Test
    void keepsOrderWhileItsCountersWrap() {
        long seed = System.nanoTime();
        for (int begin : new int[] {0, Integer.MAX_VALUE - 5, -5}) {
            Random random = new Random(seed);
            XdpRing writer = ring(begin);
            XdpRing reader = ring(begin);
            long written = 0;
            long read = 0;
            for (int round = 0; round < 1000; round++) {
                int put = Math.min(random.nextInt(SIZE + 1), writer.free(SIZE));
                for (int i = 0; i < put; i++) {
                    writer.putDescriptor(4096 * written, (int) (written++ % 1500));
                }
                writer.publish();
                int take = Math.min(random.nextInt(SIZE + 1), reader.available());
                for (int i = 0; i < take; i++) {
                    assertThat(reader.peekAddress()).as("seed %d", seed).isEqualTo(4096 * read);
                    assertThat(reader.takeLength()).as("seed %d", seed).isEqualTo((int) (read++ % 1500));
                }
                reader.release();
            }
            assertThat(read).isGreaterThan(100);
        }
    }

    @Test
    void isFullAfterAsManyEntriesAsItHas() {
        XdpRing writer = ring(-3);
        assertThat(writer.free(1)).isEqualTo(SIZE);
        for (int i = 0; i < SIZE; i++) {
            writer.putAddress(i);
        }
        writer.publish();
        assertThat(writer.free(1)).isZero();
        assertThat(writer.isDrained()).isFalse();

        XdpRing reader = ring();
        assertThat(reader.available()).isEqualTo(SIZE);
        assertThat(reader.takeAddress()).isZero();
        reader.release();
        assertThat(writer.free(1)).isEqualTo(1);
    }

    @Test
    void tellsWhenTheKernelSleeps() {
        XdpRing ring = ring(0);
        assertThat(ring.needsWakeup()).isFalse();
        memory.set(ValueLayout.JAVA_INT, FLAGS, 1);
        assertThat(ring.needsWakeup()).isTrue();
    }

    @Test
    void packetRingComesBackToItsFirstSlot() {
        assertThat(PacketRing.following(0, 256)).isEqualTo(1);
        assertThat(PacketRing.following(255, 256)).isZero();
        assertThat(PacketRing.slotOffset(255)).isEqualTo(255L * 131072);
    }

    private XdpRing ring(int counter) {
        memory.set(ValueLayout.JAVA_INT, PRODUCER, counter);
        memory.set(ValueLayout.JAVA_INT, CONSUMER, counter);
        return ring();
    }

    private XdpRing ring() {
        return new XdpRing(memory, PRODUCER, CONSUMER, FLAGS, ENTRIES, SIZE);
    }
}
