package dev.sluice.liveness.bfd;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.wire.Bfd;
import java.lang.foreign.MemorySegment;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Random lives of two sessions: links that lose, double, reorder, work one way only; clocks that stand still; forged and replayed packets. */
class BfdPropertyTest {
    private static final int LIVES = 150;

    private static BfdSettings settings(Random random, boolean signed, boolean meticulous) {
        BfdTiming timing =
                new BfdTiming(1_000L * random.nextInt(10, 400), 1_000L * random.nextInt(10, 400), random.nextInt(2, 6));
        BfdSettings plain = BfdSettings.of(timing);
        return signed ? plain.with(new BfdAuthentication(meticulous, java.util.List.of(BfdKey.ofText(1, "k")))) : plain;
    }

    private static FakeLink link(Random random, long seed, boolean signed) {
        boolean meticulous = random.nextBoolean();
        BfdSettings left = settings(random, signed, meticulous);
        BfdSettings right = settings(random, signed, meticulous);
        return new FakeLink(left, right, seed);
    }

    private static void disturb(FakeLink link, Random random) {
        link.lossToRight = random.nextInt(3) == 0 ? 1 : random.nextDouble() * 0.9;
        link.lossToLeft = random.nextInt(3) == 0 ? 1 : random.nextDouble() * 0.9;
        link.doubled = random.nextDouble() * 0.5;
        link.delayMaxNs = random.nextLong(1, 300) * FakeLink.MS;
        link.live(random.nextInt(3_000));
        if (random.nextBoolean()) {
            // Time goes on and nobody is awake: everything in flight arrives at once afterwards.
            link.nowNs += random.nextLong(2_000) * FakeLink.MS;
        }
        if (random.nextInt(3) == 0) {
            FakeLink.End end = link.end(random.nextInt(2));
            end.sessions.setTiming(
                    end.session,
                    new BfdTiming(1_000L * random.nextInt(10, 400), 1_000L * random.nextInt(10, 400), 3),
                    link.nowNs + end.aheadNs);
        }
        if (random.nextInt(5) == 0) {
            FakeLink.End end = link.end(random.nextInt(2));
            long now = link.nowNs + end.aheadNs;
            end.sessions.disable(end.session, now);
            end.sessions.poll(now);
            // The next life of the session, which the peer has to take up.
            end.begin(now);
            link.live(random.nextInt(2_000));
        }
    }

    private static void heal(FakeLink link) {
        link.lossToRight = 0;
        link.lossToLeft = 0;
        link.doubled = 0;
        link.delayMaxNs = FakeLink.MS;
    }

    @Test
    void sessionsMeetAgainWheneverTheLinkWorksAgainAndStayTogether() {
        for (long seed = 1; seed <= LIVES; seed++) {
            Random random = new Random(seed);
            FakeLink link = link(random, seed, random.nextBoolean());
            for (int trouble = random.nextInt(4); trouble >= 0; trouble--) {
                disturb(link, random);
                heal(link);
                // What is in flight, twice the longest detection time until a sequence is forgotten, then a few slow
                // packets.
                link.live(300);
                assertThat(link.msUntilBothUp(12_000)).as("seed %d", seed).isNotNegative();
            }
            link.live(5_000);
            long downs = link.left.session.downCount() + link.right.session.downCount();
            link.live(20_000);
            assertThat(link.left.session.state()).as("seed %d", seed).isEqualTo(BfdState.UP);
            assertThat(link.left.session.downCount() + link.right.session.downCount())
                    .as("seed %d, nothing was wrong", seed)
                    .isEqualTo(downs);
            assertThat(link.left.session.polling() || link.right.session.polling())
                    .as("seed %d, polls ended", seed)
                    .isFalse();
            assertIntervalsAgree(link, seed);
        }
    }

    /** What one side does is what the other reckons with. */
    private static void assertIntervalsAgree(FakeLink link, long seed) {
        for (int side = 0; side < 2; side++) {
            BfdSession sender = link.end(side).session;
            BfdSession receiver = link.end(1 - side).session;
            assertThat(receiver.detectionNs())
                    .as("seed %d", seed)
                    .isEqualTo(sender.timing().multiplier() * sender.transmitIntervalUs() * 1_000);
        }
    }

    @Test
    void noSideIsUpWhileTheOtherHasHeardNothingFromIt() {
        for (long seed = 1; seed <= LIVES; seed++) {
            Random random = new Random(seed);
            FakeLink link = link(random, seed, random.nextBoolean());
            link.delayMaxNs = random.nextLong(1, 200) * FakeLink.MS;
            boolean deafLeft = random.nextBoolean();
            link.lossToLeft = deafLeft ? 1 : 0;
            link.lossToRight = deafLeft ? 0 : 1;
            for (int i = 0; i < 40; i++) {
                link.live(250);
                assertThat(link.left.states).as("seed %d", seed).doesNotContain(BfdState.UP);
                assertThat(link.right.states).as("seed %d", seed).doesNotContain(BfdState.UP);
            }
        }
    }

    @Test
    void deathIsNoticedWithinTheDetectionTime() {
        for (long seed = 1; seed <= LIVES; seed++) {
            Random random = new Random(seed);
            FakeLink link = FakeLink.of(BfdSettings.of(BfdTiming.ofMs(50, 3)), seed);
            link.msUntilBothUp(5_000);
            link.live(300 + random.nextInt(100));
            long diedNs = link.nowNs;
            link.live(149, link.right);
            while (link.left.session.state() == BfdState.UP) {
                link.live(1, link.right);
            }
            assertThat((link.nowNs - diedNs) / FakeLink.MS).as("seed %d", seed).isLessThanOrEqualTo(152);
            assertThat(link.left.session.diagnostic()).isEqualTo(BfdDiagnostic.DETECTION_TIME_EXPIRED);
        }
    }

    /** S1: no forged packet changes anything of a session that authenticates. */
    @Test
    void forgedAndReplayedPacketsChangeNothing() {
        for (long seed = 1; seed <= LIVES; seed++) {
            Random random = new Random(seed);
            BfdSettings signed = BfdSettings.of(BfdTiming.ofMs(50, 3))
                    .with(new BfdAuthentication(true, java.util.List.of(BfdKey.ofText(1, "k"))));
            FakeLink link = FakeLink.of(signed, seed);
            assertThat(link.msUntilBothUp(2_000)).isNotNegative();
            for (int i = 0; i < 200; i++) {
                link.live(5);
                int side = random.nextInt(2);
                byte[] packet = link.record
                        .get(random.nextInt(Math.max(1, link.record.size() - 4)))
                        .clone();
                MemorySegment f = MemorySegment.ofArray(packet);
                switch (random.nextInt(4)) {
                    case 0 -> {}
                    case 1 -> packet[random.nextInt(packet.length)] ^= (byte) (1 << random.nextInt(8));
                    case 2 -> Bfd.setHeader(f, 0, 1, random.nextInt(4), 0, 3, Bfd.BYTES);
                    default -> {
                        Bfd.setDiscriminators(
                                f, 0, random.nextInt(), link.end(side).session.localDiscriminator());
                        Bfd.setKeyedSha1(f, 0, Bfd.METICULOUS_KEYED_SHA1, 1, random.nextInt());
                    }
                }
                long accepted = link.end(side).session.acceptedCount();
                assertThat(link.deliver(side, packet)).as("seed %d", seed).isNotEqualTo(BfdVerdict.ACCEPTED);
                assertThat(link.end(side).session.acceptedCount()).isEqualTo(accepted);
            }
            assertThat(link.left.session.downCount() + link.right.session.downCount())
                    .as("seed %d", seed)
                    .isZero();
            assertThat(link.left.sessions.refusedCount() + link.right.sessions.refusedCount())
                    .as("and few that overtook each other")
                    .isBetween(200L, 210L);
        }
    }
}
