package dev.sluice.liveness.bfd;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.wire.Bfd;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** RFC 5880 6.7: who has no key changes nothing. */
class BfdAuthenticationTest {
    private static final BfdTiming TIMING = BfdTiming.ofMs(50, 3);
    private static final BfdKey KEY = BfdKey.ofText(7, "open sesame");

    private static BfdSettings with(boolean meticulous, BfdKey... keys) {
        return BfdSettings.of(TIMING).with(new BfdAuthentication(meticulous, List.of(keys)));
    }

    private static FakeLink up(boolean meticulous) {
        FakeLink link = FakeLink.of(with(meticulous, KEY), 1);
        assertThat(link.msUntilBothUp(1_100)).isNotNegative();
        link.live(300);
        return link;
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void sessionsWithTheSameKeyComeUp(boolean meticulous) {
        FakeLink link = up(meticulous);
        link.live(2_000);
        assertThat(link.left.sessions.refusedCount() + link.right.sessions.refusedCount())
                .isZero();
        assertThat(link.record).allSatisfy(bytes -> {
            assertThat(bytes).hasSize(Bfd.SHA1_PACKET_BYTES);
            assertThat(new String(bytes, StandardCharsets.ISO_8859_1)).doesNotContain("sesame");
        });
    }

    @Test
    void hashIsThatOfTheRfcAsComputedByAnotherImplementation() {
        // Packet with the key, padded with zeros, in place of the hash; hashed with Python's hashlib.
        BfdAuthenticator signer =
                new BfdAuthenticator(new BfdAuthentication(true, List.of(KEY)), sequence(new Random() {
                    @Override
                    public int nextInt() {
                        return 0x0102_0303;
                    }
                }));
        MemorySegment packet = MemorySegment.ofArray(new byte[Bfd.SHA1_PACKET_BYTES]);
        Bfd.setHeader(packet, 0, 0, Bfd.DOWN, Bfd.AUTHENTICATION, 3, Bfd.SHA1_PACKET_BYTES);
        Bfd.setDiscriminators(packet, 0, 0x0a0b_0c0d, 0);
        Bfd.setIntervals(packet, 0, 1_000_000, 50_000, 0);
        signer.sign(packet, 0);
        String hex = HexFormat.of().formatHex(packet.toArray(ValueLayout.JAVA_BYTE));
        assertThat(hex)
                .startsWith("204403340a0b0c0d00000000000f42400000c35000000000051c070001020304")
                .endsWith("6fb8cf4cd59ebd9615ba7b3f4d287abfca6b295d");
    }

    private static BfdAuthenticator.Sequence sequence(Random random) {
        return new BfdAuthenticator.Sequence(random);
    }

    @Test
    void packetSignedByBirdIsTaken() {
        MemorySegment packet = MemorySegment.ofArray(HexFormat.of()
                .parseHex("20440334acad9da100000000000f42400000c35000000000051c0700d361577c"
                        + "cc996aaf5affdb1995bcc42b1e3af70309db55f9"));
        BfdAuthenticator same =
                new BfdAuthenticator(new BfdAuthentication(true, List.of(KEY)), sequence(new Random(1)));
        assertThat(BfdAuthenticator.verify(same, packet, 0)).isEqualTo(BfdVerdict.ACCEPTED);
        assertThat(BfdAuthenticator.verify(same, packet, 0)).as("twice").isEqualTo(BfdVerdict.WRONG_SEQUENCE);
        BfdAuthenticator other = new BfdAuthenticator(
                new BfdAuthentication(true, List.of(BfdKey.ofText(7, "Open sesame"))), sequence(new Random(1)));
        assertThat(BfdAuthenticator.verify(other, packet, 0)).isEqualTo(BfdVerdict.WRONG_HASH);
    }

    @Test
    void wrongKeyTypeOrNoneIsRefusedAndCounted() {
        record Case(BfdSettings theirs, BfdVerdict verdict) {}
        for (Case c : List.of(
                new Case(with(true, BfdKey.ofText(7, "open barley")), BfdVerdict.WRONG_HASH),
                new Case(with(true, BfdKey.ofText(8, "open sesame")), BfdVerdict.UNKNOWN_KEY),
                new Case(with(false, KEY), BfdVerdict.AUTHENTICATION_TYPE),
                new Case(BfdSettings.of(TIMING), BfdVerdict.AUTHENTICATION_MISSING))) {
            FakeLink link = new FakeLink(with(true, KEY), c.theirs, 3);
            assertThat(link.msUntilBothUp(5_000)).isEqualTo(-1);
            assertThat(link.left.states).isEmpty();
            assertThat(link.left.sessions.count(c.verdict))
                    .isGreaterThan(3)
                    .isEqualTo(link.left.session.refusedCount());
            assertThat(link.left.sessions.count(BfdVerdict.ACCEPTED)).isZero();
        }
        FakeLink link = new FakeLink(BfdSettings.of(TIMING), with(true, KEY), 3);
        link.live(3_000);
        assertThat(link.left.sessions.count(BfdVerdict.AUTHENTICATION_UNEXPECTED))
                .isPositive();
    }

    @Test
    void keyIsChangedWithoutLossByGivingBothForAWhile() {
        BfdKey next = BfdKey.ofText(8, "open barley");
        FakeLink link = new FakeLink(with(true, KEY, next), with(true, next, KEY), 4);
        assertThat(link.msUntilBothUp(1_100)).isNotNegative();
        link.live(1_000);
        assertThat(link.left.session.downCount()).isZero();
    }

    @Test
    void anyFlippedBitIsRefused() {
        FakeLink link = up(false);
        byte[] good = link.record.getLast();
        int side =
                link.left.session.localDiscriminator() == Bfd.yourDiscriminator(MemorySegment.ofArray(good), 0) ? 0 : 1;
        long accepted = link.end(side).session.acceptedCount();
        for (int bit = 0; bit < good.length * 8; bit++) {
            byte[] bad = good.clone();
            bad[bit / 8] ^= (byte) (1 << (bit % 8));
            BfdVerdict verdict = link.deliver(side, bad);
            // The reserved byte is hashed as well.
            assertThat(verdict).as("bit %d", bit).isNotEqualTo(BfdVerdict.ACCEPTED);
        }
        assertThat(link.end(side).session.acceptedCount()).isEqualTo(accepted);
        assertThat(link.deliver(side, good)).as("not meticulous").isEqualTo(BfdVerdict.ACCEPTED);
    }

    @Test
    void replayedPacketsOfAMeticulousSessionAreRefused() {
        FakeLink link = up(true);
        List<byte[]> old = List.copyOf(link.record);
        for (byte[] packet : old) {
            for (int side = 0; side < 2; side++) {
                BfdVerdict verdict = link.deliver(side, packet);
                // The very last ones may be on their way.
                assertThat(verdict == BfdVerdict.ACCEPTED && old.indexOf(packet) < old.size() - 2)
                        .isFalse();
            }
        }
        assertThat(link.left.sessions.count(BfdVerdict.WRONG_SEQUENCE)).isGreaterThan(5);
        assertThat(link.left.session.state()).isEqualTo(BfdState.UP);
        link.live(1_000);
        assertThat(link.left.session.downCount() + link.right.session.downCount())
                .isZero();
    }

    @Test
    void ownPacketsTurnedBackAreRefused() {
        FakeLink link = FakeLink.of(with(true, KEY), 1);
        link.live(3_000, link.right);
        for (byte[] ours : List.copyOf(link.record)) {
            assertThat(link.deliver(0, ours)).isEqualTo(BfdVerdict.REFLECTED);
        }
        assertThat(link.left.states).isEmpty();
    }

    @Test
    void forgedSequenceNumbersDoNotMoveTheWindow() {
        FakeLink link = up(true);
        byte[] forged = link.record.getLast().clone();
        int side = link.left.session.localDiscriminator() == Bfd.yourDiscriminator(MemorySegment.ofArray(forged), 0)
                ? 0
                : 1;
        MemorySegment f = MemorySegment.ofArray(forged);
        int sequence = Bfd.sequence(f, 0);
        for (int ahead = 1; ahead < 9; ahead++) {
            Bfd.setKeyedSha1(f, 0, Bfd.METICULOUS_KEYED_SHA1, 7, sequence + ahead);
            assertThat(link.deliver(side, forged)).isEqualTo(BfdVerdict.WRONG_HASH);
        }
        link.live(1_000);
        assertThat(link.end(side).session.downCount()).isZero();
    }

    @Test
    void peerThatBeginsAnewIsTakenAfterTwiceTheDetectionTime() {
        FakeLink link = up(true);
        // Its new life counts from elsewhere: another session with the same key.
        FakeLink other = FakeLink.of(with(true, KEY), 99);
        other.live(1_500, other.left);
        byte[] first = other.right.sent.isEmpty() ? new byte[0] : other.record.getLast();
        link.live(100, link.right);
        assertThat(link.deliver(0, first)).isEqualTo(BfdVerdict.WRONG_SEQUENCE);
        link.live(250, link.right);
        assertThat(link.deliver(0, first)).isEqualTo(BfdVerdict.ACCEPTED);
    }

    @Test
    void keysOutsideTheirRangesAreRefusedAndSecretsNotShown() {
        assertThatThrownBy(() -> BfdKey.ofText(256, "x")).hasMessageContaining("key id 256");
        assertThatThrownBy(() -> BfdKey.ofText(1, "")).hasMessageContaining("0 bytes");
        assertThatThrownBy(() -> BfdKey.ofText(1, "x".repeat(21))).hasMessageContaining("21 bytes");
        assertThatThrownBy(() -> BfdKey.ofText(1, "ö")).hasMessageContaining("not ASCII");
        assertThatThrownBy(() -> new BfdAuthentication(true, List.of())).hasMessageContaining("0 keys");
        assertThatThrownBy(() -> new BfdAuthentication(true, List.of(KEY, BfdKey.ofText(7, "y"))))
                .hasMessageContaining("two keys of one id");
        assertThat(with(true, KEY).toString()).doesNotContain("sesame").contains("key 7");
        assertThat(KEY).isEqualTo(BfdKey.ofText(7, "open sesame")).isNotEqualTo(BfdKey.ofText(7, "x"));
    }
}
