package dev.sluice.fuzz;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class DamageTest {
    private static final List<String> TEXTS = List.of("", "a: 1\n", "{\"command\":\"status\"}");

    @Test
    void sameSeedDamagesTheSameWay() {
        assertThat(Damage.text(new Random(7), TEXTS)).isEqualTo(Damage.text(new Random(7), TEXTS));
        assertThat(Damage.bytes(new Random(7), new byte[50])).isEqualTo(Damage.bytes(new Random(7), new byte[50]));
    }

    @Test
    void mostOfItIsChangedAndTheSeedIsNot() {
        Random random = new Random(1);
        byte[] seed = "some bytes of a message".getBytes(java.nio.charset.StandardCharsets.UTF_8);
        byte[] before = seed.clone();
        int changed = 0;
        for (int i = 0; i < 10_000; i++) {
            changed += java.util.Arrays.equals(Damage.bytes(random, seed), before) ? 0 : 1;
            Damage.bytes(random, new byte[0]);
            Damage.text(random, TEXTS);
        }
        assertThat(seed).isEqualTo(before);
        assertThat(changed).isGreaterThan(9_000);
    }
}
