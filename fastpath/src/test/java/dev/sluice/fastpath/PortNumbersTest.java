package dev.sluice.fastpath;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** Interfaces come and go for as long as the process lives. */
class PortNumbersTest {
    private final PortNumbers numbers = new PortNumbers(4);

    @Test
    void interfaceThatComesBackHasItsNumber() {
        assertThat(numbers.of("a", Set.of())).isEqualTo(1);
        assertThat(numbers.of("b", Set.of(1))).isEqualTo(2);
        assertThat(numbers.of("a", Set.of(2))).isEqualTo(1);
    }

    @Test
    void numbersOfInterfacesThatAreGoneAreGivenToOthersWhenNoneIsLeft() {
        numbers.of("a", Set.of());
        numbers.of("b", Set.of());
        numbers.of("c", Set.of());
        assertThat(numbers.of("d", Set.of(1, 3))).isEqualTo(2);
        assertThat(numbers.of("e", Set.of(1, 2, 3))).isEqualTo(PortNumbers.NONE);
        assertThat(numbers.of("c", Set.of(1, 2, 3))).isEqualTo(3);
    }

    @Test
    void numbersThatAProcessBeforeGaveAreTakenOver() {
        numbers.putAll(Map.of("a", 2));
        assertThat(numbers.of("b", Set.of())).isEqualTo(1);
        assertThat(numbers.of("a", Set.of())).isEqualTo(2);
    }
}
