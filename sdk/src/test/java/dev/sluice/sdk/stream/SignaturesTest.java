package dev.sluice.sdk.stream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class SignaturesTest {
    @Test
    void findsTheSameAsAComparisonAtEachPlace() {
        long seed = 3;
        Random random = new Random(seed);
        for (int round = 0; round < 5_000; round++) {
            List<byte[]> wanted = new ArrayList<>();
            for (int i = random.nextInt(1, 5); i > 0; i--) {
                wanted.add(random(random, random.nextInt(1, 6)));
            }
            byte[] text = random(random, random.nextInt(0, 30));
            Signatures signatures = Signatures.of(wanted);
            int cut = random.nextInt(text.length + 1);
            int state = signatures.search(Signatures.START, text, 0, cut);
            if (state >= 0) {
                state = signatures.search(state, MemorySegment.ofArray(text), cut, text.length - cut);
            }
            int end = firstEnd(text, wanted);
            assertThat(state < 0).as("seed %d, round %d", seed, round).isEqualTo(end >= 0);
            if (state < 0) {
                byte[] found = wanted.get(~state);
                assertThat(endsWith(text, end, found))
                        .as("seed %d, round %d", seed, round)
                        .isTrue();
            }
        }
    }

    /** Two symbols only, so that beginnings and ends overlap all the time. */
    static byte[] random(Random random, int bytes) {
        byte[] text = new byte[bytes];
        for (int i = 0; i < bytes; i++) {
            text[i] = (byte) (random.nextBoolean() ? 'a' : 0xff);
        }
        return text;
    }

    static int firstEnd(byte[] text, List<byte[]> wanted) {
        for (int end = 1; end <= text.length; end++) {
            for (byte[] one : wanted) {
                if (endsWith(text, end, one)) {
                    return end;
                }
            }
        }
        return -1;
    }

    private static boolean endsWith(byte[] text, int end, byte[] one) {
        int from = end - one.length;
        for (int i = 0; from >= 0 && i < one.length; i++) {
            if (text[from + i] != one[i]) {
                return false;
            }
        }
        return from >= 0;
    }

    @Test
    void namesAreForPeopleAndWrongSignaturesAreRefused() {
        Signatures signatures = Signatures.of(List.of(Signatures.text("EVIL"), Signatures.hex("4d 5a 90")));
        assertThat(signatures.name(0)).isEqualTo("\"EVIL\"");
        assertThat(signatures.name(1)).isEqualTo("hex 4d5a90");
        assertThat(signatures.longestBytes()).isEqualTo(4);
        assertThat(signatures.count()).isEqualTo(2);
        assertThatThrownBy(() -> Signatures.of(List.of())).hasMessageContaining("1..65536");
        assertThatThrownBy(() -> Signatures.of(List.of(new byte[65_537]))).hasMessageContaining("1..65536");
        assertThatThrownBy(() -> Signatures.of(List.of(new byte[0]))).hasMessageContaining("signature 0 is empty");
        assertThatThrownBy(() -> Signatures.hex("4d5")).hasMessageContaining("'4d5'");
    }
}
