package dev.sluice.wire;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.reflect.Field;
import java.util.HashSet;
import java.util.Locale;
import java.util.Set;
import org.junit.jupiter.api.Test;

class MalformedTest {
    @Test
    void everyConstantHasItsRowInTheTable() throws IllegalAccessException {
        Set<Integer> seen = new HashSet<>();
        for (Field field : Malformed.class.getFields()) {
            if (field.getName().equals("COUNT")) {
                continue;
            }
            int code = field.getInt(null);
            assertThat(seen.add(code)).as("%s is unique", field.getName()).isTrue();
            assertThat(Malformed.name(code))
                    .isEqualTo(field.getName().toLowerCase(Locale.ROOT).replace('_', '-'));
            assertThat(Malformed.source(code)).isNotBlank();
            assertThat(Malformed.sentence(code)).doesNotEndWith(".").hasSizeGreaterThan(20);
            assertThat(Malformed.is(code)).isTrue();
        }
        assertThat(seen).hasSize(Malformed.COUNT);
    }

    @Test
    void refusesCodesOutsideTheTable() {
        assertThatThrownBy(() -> Malformed.name(0)).hasMessageContaining("outside");
        assertThatThrownBy(() -> Malformed.name(-Malformed.COUNT - 1)).hasMessageContaining("outside");
        assertThat(Malformed.is(0)).isFalse();
    }
}
