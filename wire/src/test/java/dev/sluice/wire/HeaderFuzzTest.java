package dev.sluice.wire;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.fuzz.Damage;
import dev.sluice.fuzz.FuzzTarget;
import java.lang.foreign.MemorySegment;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * Damaged frames of every protocol in a segment of exactly their length, so that a read too far throws: each layer says a length or a code. Messages that are not in a frame of their own, BFD and the
 * states of the service plane, the same.
 */
class HeaderFuzzTest {
    private static final int FRAMES = 100_000;
    private static final int FRAMES_OF_CHECK = 20_000;
    private static final List<byte[]> SEEDS = SampleFrames.ALL.stream()
            .map(sample -> SampleFrames.segment(sample).toArray(Layouts.U8))
            .toList();
    private static final byte[] BFD =
            HexFormat.of().parseHex("20c003180000000100000002000f4240000f424000000000".replace(" ", ""));
    private static final byte[] SIGNED_BFD = HexFormat.of()
            .parseHex("20c4033400000001000000020000c3500000c35000000000" + "041c010000000007" + "ab".repeat(20));

    private static byte[] states() {
        MemorySegment f = SampleFrames.zeros(PlaneStates.bytesFor(3));
        PlaneStates.write(f, 0, 3, 7, 8, 9, 10);
        for (int i = 0; i < 3; i++) {
            PlaneStates.setInstance(f, 0, i, i, true, PlaneStates.DRAIN);
        }
        return f.toArray(Layouts.U8);
    }

    /** How many were looked at. */
    private static long frames(long seed, int executions) {
        Random random = new Random(seed);
        byte[] states = states();
        for (int i = 0; i < executions; i++) {
            byte[] frame = Damage.bytes(random, SEEDS.get(random.nextInt(SEEDS.size())));
            if (random.nextBoolean()) {
                lengthsFit(frame);
            }
            try {
                dissect(frame);
                bfd(Damage.bytes(random, random.nextBoolean() ? BFD : SIGNED_BFD));
                states(Damage.bytes(random, states));
            } catch (RuntimeException | AssertionError e) {
                throw new AssertionError("frame " + i + ": " + HexFormat.of().formatHex(frame), e);
            }
        }
        return executions;
    }

    /** What is behind the outer lengths is reached more often if those are right. */
    private static void lengthsFit(byte[] frame) {
        MemorySegment f = MemorySegment.ofArray(frame);
        if (frame.length >= 34 && Ethernet.etherType(f, 0) == EtherTypes.IPV4) {
            Ipv4.setTotalLength(f, 14, frame.length - 14);
        } else if (frame.length >= 54 && Ethernet.etherType(f, 0) == EtherTypes.IPV6) {
            Ipv6.setPayloadLength(f, 14, frame.length - 54);
        }
    }

    private static void dissect(byte[] frame) {
        int result = Dissection.of(MemorySegment.ofArray(frame), frame.length);
        assertThat(result).isBetween(-Malformed.COUNT, frame.length);
        if (result < 0) {
            assertThat(Malformed.sentence(result)).isNotEmpty();
        }
    }

    private static void bfd(byte[] packet) {
        MemorySegment f = MemorySegment.ofArray(packet);
        int length = Bfd.check(f, 0, packet.length);
        if (length >= 0) {
            assertThat(length).isBetween(Bfd.BYTES, packet.length);
            assertThat(BfdPacket.read(f, 0).length()).isEqualTo(length);
        }
    }

    private static void states(byte[] value) {
        MemorySegment f = MemorySegment.ofArray(value);
        if (PlaneStates.check(f, 0, value.length)) {
            for (int i = 0; i < PlaneStates.count(f, 0); i++) {
                assertThat(PlaneStates.admin(f, 0, i)).isBetween(PlaneStates.UP, PlaneStates.MAINTENANCE);
                PlaneStates.number(f, 0, i);
                PlaneStates.alive(f, 0, i);
            }
            PlaneStates.digest(f, 0, value.length);
        }
    }

    @Test
    void seedsAreSound() {
        assertThat(Bfd.check(MemorySegment.ofArray(BFD), 0, BFD.length)).isEqualTo(BFD.length);
        assertThat(Bfd.check(MemorySegment.ofArray(SIGNED_BFD), 0, SIGNED_BFD.length))
                .isEqualTo(SIGNED_BFD.length);
        byte[] states = states();
        assertThat(PlaneStates.check(MemorySegment.ofArray(states), 0, states.length))
                .isTrue();
    }

    private static FuzzTarget target(int executions) {
        return new FuzzTarget(
                "headers of every protocol",
                "HeaderFuzzTest#damagedHeadersOfManySeeds",
                seed -> frames(seed, executions));
    }

    @Test
    void damagedHeadersGiveACodeOrALength() {
        assertThat(target(FRAMES_OF_CHECK).once(1)).isEqualTo(FRAMES_OF_CHECK);
    }

    @Test
    @Tag("campaign")
    void damagedHeadersOfManySeeds() {
        target(FRAMES).run();
    }
}
