package dev.sluice.wire;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.foreign.MemorySegment;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** RFC 5880 4.1, 4.4 and the rules of 6.8.6 that need no state. Samples were captured from FRR 8.4 and BIRD 2.0.12. */
class BfdPacketTest {
    private static final String PLAIN = "20e00318b6c07d7248b57fd00000c3500000c3500000c350";
    private static final String SIGNED =
            "20440334acad9da100000000000f42400000c35000000000051c0700d361577ccc996aaf5affdb1995bcc42b1e3af70309db55f9";

    @Test
    void readsAPacketOfFrr() {
        MemorySegment f = SampleFrames.segment(PLAIN);
        assertThat(Bfd.check(f, 0, (int) f.byteSize())).isEqualTo(24);
        assertThat(BfdPacket.read(f, 0))
                .isEqualTo(new BfdPacket(0, Bfd.UP, Bfd.POLL, 3, 24, 0xb6c0_7d72, 0x48b5_7fd0, 50_000, 50_000, 50_000));
        assertThat(Bfd.authenticationType(f, 0)).isZero();
        assertThat(Bfd.authenticationLength(f, 0)).isZero();
        assertThat(Bfd.isKeyedSha1(f, 0)).isFalse();
    }

    @Test
    void readsASignedPacketOfBird() {
        MemorySegment f = SampleFrames.segment(SIGNED);
        assertThat(Bfd.check(f, 0, (int) f.byteSize())).isEqualTo(Bfd.SHA1_PACKET_BYTES);
        assertThat(Bfd.has(f, 0, Bfd.AUTHENTICATION)).isTrue();
        assertThat(Bfd.authenticationType(f, 0)).isEqualTo(Bfd.METICULOUS_KEYED_SHA1);
        assertThat(Bfd.authenticationLength(f, 0)).isEqualTo(28);
        assertThat(Bfd.isKeyedSha1(f, 0)).isTrue();
        assertThat(Bfd.keyId(f, 0)).isEqualTo(7);
        assertThat(Bfd.sequence(f, 0)).isEqualTo(0xd361_577c);
        MemorySegment again = SampleFrames.segment(SIGNED).asSlice(0, Bfd.HASH_OFFSET);
        MemorySegment written = MemorySegment.ofArray(new byte[Bfd.SHA1_PACKET_BYTES]);
        BfdPacket.read(f, 0).write(written, 0);
        Bfd.setKeyedSha1(written, 0, Bfd.METICULOUS_KEYED_SHA1, 7, 0xd361_577c);
        assertThat(written.asSlice(0, Bfd.HASH_OFFSET).mismatch(again)).isEqualTo(-1);
    }

    @Test
    void recordAndFlyweightAgreeOnEveryField() {
        Random random = new Random(5);
        for (int i = 0; i < 1_000; i++) {
            BfdPacket packet = new BfdPacket(
                    random.nextInt(32),
                    random.nextInt(4),
                    random.nextInt(64),
                    random.nextInt(256),
                    random.nextInt(256),
                    random.nextInt(),
                    random.nextInt(),
                    random.nextInt() & 0xffff_ffffL,
                    random.nextInt() & 0xffff_ffffL,
                    random.nextInt() & 0xffff_ffffL);
            MemorySegment f = SampleFrames.zeros(Bfd.BYTES + 1);
            assertThat(packet.write(f, 1)).isEqualTo(Bfd.BYTES);
            assertThat(BfdPacket.read(f, 1)).isEqualTo(packet);
            assertThat(Bfd.version(f, 1)).isEqualTo(Bfd.VERSION);
        }
    }

    /** One byte of a good packet is changed. */
    @ParameterizedTest
    @CsvSource({
        "0, 0x00, WRONG_VERSION",
        "0, 0x40, WRONG_VERSION",
        "3, 23, LENGTH_SHORT",
        "3, 0, LENGTH_SHORT",
        "3, 25, LENGTH_LONG",
        "3, 255, LENGTH_LONG",
        "2, 0, ZERO_MULTIPLIER",
        "1, 0x41, MULTIPOINT_SET",
        "4, 0, ZERO_MY_DISCRIMINATOR",
        "1, 0x80, ZERO_YOUR_DISCRIMINATOR",
        "1, 0xc0, ZERO_YOUR_DISCRIMINATOR",
        "1, 0x44, LENGTH_SHORT",
    })
    void malformedPacketsHaveTheirReason(int offset, String value, String reason) throws ReflectiveOperationException {
        MemorySegment f = SampleFrames.zeros(Bfd.BYTES);
        new BfdPacket(0, Bfd.DOWN, 0, 3, 24, 0x0100_0000, 0, 1_000_000, 1_000_000, 0).write(f, 0);
        assertThat(Bfd.check(f, 0, Bfd.BYTES)).isEqualTo(24);
        Layouts.putU8(f, offset, Integer.decode(value));
        assertThat(Bfd.check(f, 0, Bfd.BYTES))
                .isEqualTo(Bfd.class.getField(reason).getInt(null));
    }

    @Test
    void authenticationSectionEndsWithThePacket() {
        for (int section : new int[] {0, 1, 27, 29, 255}) {
            MemorySegment f = SampleFrames.segment(SIGNED);
            Layouts.putU8(f, 25, section);
            assertThat(Bfd.check(f, 0, 52)).as("%d bytes", section).isEqualTo(Bfd.AUTHENTICATION_LENGTH);
        }
    }

    @Test
    void cutPacketsGiveACodeAndPaddingIsIgnored() {
        for (String sample : new String[] {PLAIN, SIGNED}) {
            int whole = (int) SampleFrames.segment(sample).byteSize();
            for (int bytes = 0; bytes < whole; bytes++) {
                MemorySegment f = SampleFrames.segment(sample).asSlice(0, bytes);
                assertThat(Bfd.check(f, 0, bytes)).isBetween(-Bfd.REASONS, -1);
            }
            MemorySegment padded = SampleFrames.segment(sample + "ffff");
            assertThat(Bfd.check(padded, 0, whole + 2)).isEqualTo(whole);
        }
    }

    @Test
    void recordHoldsNoValueThatHasNoRoom() {
        assertThatThrownBy(() -> new BfdPacket(32, 0, 0, 3, 24, 1, 0, 0, 0, 0))
                .hasMessageContaining("diagnostic 32 is outside 0..31");
        assertThatThrownBy(() -> new BfdPacket(0, 4, 0, 3, 24, 1, 0, 0, 0, 0)).hasMessageContaining("state 4");
        assertThatThrownBy(() -> new BfdPacket(0, 0, 0, 3, 24, 1, 0, 1L << 32, 0, 0))
                .hasMessageContaining("desired min TX");
    }
}
