package dev.sluice.liveness;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.MemorySegment;
import org.junit.jupiter.api.Test;

class SipHashTest {
    private static final SipHash REFERENCE = new SipHash(0x0706050403020100L, 0x0f0e0d0c0b0a0908L);

    private static MemorySegment counting(int bytes) {
        byte[] all = new byte[bytes];
        for (int i = 0; i < bytes; i++) {
            all[i] = (byte) i;
        }
        return MemorySegment.ofArray(all);
    }

    /** Vectors of the authors' reference implementation: key 00..0f, message 00, 01, 02 and so on. */
    @Test
    void agreesWithTheVectorsOfItsAuthors() {
        assertThat(REFERENCE.of(counting(64), 0, 0)).isEqualTo(0x726fdb47dd0e0e31L);
        assertThat(REFERENCE.of(counting(64), 0, 8)).isEqualTo(0x93f5f5799a932462L);
    }

    @Test
    void eachBitOfMessageAndKeyChangesTheTag() {
        MemorySegment message = counting(40);
        long tag = REFERENCE.of(message, 0, 40);
        byte[] bytes = message.toArray(java.lang.foreign.ValueLayout.JAVA_BYTE);
        for (int bit = 0; bit < 320; bit++) {
            bytes[bit / 8] ^= (byte) (1 << bit % 8);
            assertThat(REFERENCE.of(MemorySegment.ofArray(bytes), 0, 40)).isNotEqualTo(tag);
            bytes[bit / 8] ^= (byte) (1 << bit % 8);
        }
        assertThat(new SipHash(0x0706050403020101L, 0x0f0e0d0c0b0a0908L).of(message, 0, 40))
                .isNotEqualTo(tag);
    }
}
