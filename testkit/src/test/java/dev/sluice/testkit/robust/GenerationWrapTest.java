package dev.sluice.testkit.robust;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.datapath.liveness.Liveness;
import dev.sluice.datapath.packet.DropReason;
import dev.sluice.datapath.rules.Rule.Action;
import dev.sluice.testkit.MemorySwitch;
import dev.sluice.testkit.TestPacket;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

/** Numbers that wrap: generations of 32 bits, the tracker's clock of 2^32 ms. Records go on as if nothing had happened. */
class GenerationWrapTest {
    private static final long MS = 1_000_000L;
    private static final long SECOND = 1000 * MS;
    private static final long DAY = 24 * 3600 * SECOND;
    private static final TestPacket PACKET = TestPacket.tcp("10.0.1.9:4000", "10.0.2.9:80", 2);

    private static void passesTheNode(MemorySwitch sluice) {
        sluice.receive(Worlds.CLIENT, PACKET.bytes());
        assertThat(sluice.sentAnywhere()).containsOnlyKeys(Worlds.NODE_IN);
    }

    @Test
    void recordsAreLookedAtAgainWhenTheConfigurationGenerationWraps() {
        for (int first : new int[] {Integer.MAX_VALUE - 1, -2}) {
            try (MemorySwitch sluice = new MemorySwitch(Worlds.pair(first, Action.SERVICE), 512)) {
                passesTheNode(sluice);
                for (int i = 1; i <= 4; i++) {
                    sluice.apply(Worlds.pair(first + i, Action.SERVICE));
                    passesTheNode(sluice);
                    passesTheNode(sluice);
                    assertThat(sluice.datapath().counters().configRevalidations).isEqualTo(i);
                }
                assertThat(sluice.datapath().connections().size()).isEqualTo(1);
            }
        }
    }

    @Test
    void recordsAreLookedAtAgainWhenTheLivenessGenerationWraps() throws ReflectiveOperationException {
        for (long first : new long[] {Integer.MAX_VALUE - 1L, 0xffff_fffeL}) {
            try (MemorySwitch sluice = new MemorySwitch(Worlds.pair(1, Action.SERVICE), 512)) {
                startAt(sluice.liveness(), first);
                passesTheNode(sluice);
                for (int i = 1; i <= 3; i++) {
                    sluice.liveness().setInstance(0, false);
                    sluice.receive(Worlds.CLIENT, PACKET.bytes());
                    assertThat(sluice.sentAnywhere()).isEmpty();
                    assertThat(sluice.drops()).containsEntry(DropReason.SERVICE_DOWN, (long) i);
                    sluice.liveness().setInstance(0, true);
                    passesTheNode(sluice);
                    assertThat(sluice.datapath().counters().livenessRevalidations)
                            .isEqualTo(2L * i);
                }
            }
        }
    }

    /** Nobody can wait for two thousand million failures. */
    private static void startAt(Liveness liveness, long generation) throws ReflectiveOperationException {
        var field = Liveness.class.getDeclaredField("generation");
        field.setAccessible(true);
        ((AtomicLong) field.get(liveness)).set(generation);
    }

    @Test
    void flowsLiveAndExpireOverTheWrapOfTheClock() {
        for (long wrapMs : new long[] {1L << 31, 1L << 32}) {
            try (MemorySwitch sluice = new MemorySwitch(Worlds.pair(1, Action.SERVICE), 512)) {
                sluice.advance(wrapMs * MS - sluice.nowNs() - 20 * SECOND);
                TestPacket udp = TestPacket.udp("10.0.1.9:4000", "10.0.2.9:53");
                sluice.receive(Worlds.CLIENT, udp.bytes());
                for (int i = 0; i < 40; i++) {
                    sluice.advance(SECOND);
                    sluice.receive(Worlds.CLIENT, PACKET.bytes());
                }
                assertThat(sluice.datapath().connections().size())
                        .as("at " + wrapMs)
                        .isBetween(1, 2);
                assertThat(sluice.datapath().counters().recordHits).isEqualTo(39);
                sluice.advance(DAY);
                sluice.advance(MS);
                assertThat(sluice.datapath().connections().size())
                        .as("at " + wrapMs)
                        .isZero();
            }
        }
    }

    /** What was never answered has an old time in its record; when that is about to come round again, it must not keep the flow. */
    @Test
    void flowWithoutAnswersExpiresAfterAnyNumberOfDays() {
        for (int days : new int[] {20, 30, 47, 49, 60}) {
            try (MemorySwitch sluice = new MemorySwitch(Worlds.pair(1, Action.SERVICE), 512)) {
                byte[] stream = TestPacket.udp("10.0.1.9:4000", "10.0.2.9:514").bytes();
                long end = sluice.nowNs() + days * DAY;
                while (sluice.nowNs() < end) {
                    sluice.receive(Worlds.CLIENT, stream);
                    sluice.advance(15 * SECOND);
                    sluice.sentAnywhere();
                }
                assertThat(sluice.datapath().connections().size()).isEqualTo(1);
                sluice.advance(3600 * SECOND);
                assertThat(sluice.datapath().connections().size())
                        .as(days + " days")
                        .isZero();
            }
        }
    }
}
