package dev.sluice.fuzz;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Isolated;

@Isolated
class FuzzTargetTest {
    private static final List<String> PROPERTIES = List.of("sluice.seed", "sluice.fuzz.minutes");

    private final List<String> before = new ArrayList<>();
    private final PrintStream out = System.out;
    private final ByteArrayOutputStream printed = new ByteArrayOutputStream();
    private final List<Long> seeds = new ArrayList<>();

    @BeforeEach
    void keepWhatIsThere() {
        PROPERTIES.forEach(name -> before.add(System.getProperty(name, "")));
        System.setOut(new PrintStream(printed, true, StandardCharsets.UTF_8));
    }

    @AfterEach
    void restore() {
        System.setOut(out);
        for (int i = 0; i < PROPERTIES.size(); i++) {
            if (before.get(i).isEmpty()) {
                System.clearProperty(PROPERTIES.get(i));
            } else {
                System.setProperty(PROPERTIES.get(i), before.get(i));
            }
        }
    }

    private FuzzTarget target() {
        return new FuzzTarget("words", "WordsTest#words", seed -> {
            seeds.add(seed);
            if (seed == 13) {
                throw new IllegalStateException("bad luck");
            }
            return 100;
        });
    }

    private String run(String seed, String minutes) {
        System.setProperty("sluice.seed", seed);
        System.setProperty("sluice.fuzz.minutes", minutes);
        target().run();
        return printed.toString(StandardCharsets.UTF_8);
    }

    @Test
    void noMinutesAreOneTurnFromTheSeedThatWasGiven() {
        assertThat(run("4711", "0")).matches("fuzz words: 100 executions, \\d+\\.\\d s, first seed 4711, 0 findings\n");
        assertThat(seeds).containsExactly(4711L);
    }

    @Test
    void seedsAreNewEachTimeUnlessOneIsGiven() {
        run("random", "0");
        run("random", "0");
        assertThat(seeds)
                .hasSize(2)
                .doesNotHaveDuplicates()
                .allSatisfy(seed -> assertThat(seed).isNotNegative());
    }

    @Test
    void whatIsFoundNamesItsSeedAndTheCommandThatRepeatsIt() {
        assertThatThrownBy(() -> run("12", "1"))
                .isInstanceOf(AssertionError.class)
                .hasMessageContaining("fuzz words, seed 13 (again: ./dev fuzz 0 --seed 13 'WordsTest#words')")
                .hasMessageContaining("bad luck");
        assertThat(seeds).containsExactly(12L, 13L);
        assertThat(printed.toString(StandardCharsets.UTF_8))
                .contains("fuzz words: 100 executions", "first seed 12, a finding at seed 13");
    }

    @Test
    void aStackThatOverflowsIsAFinding() {
        FuzzTarget deep = new FuzzTarget("deep", "DeepTest#deep", seed -> {
            throw new StackOverflowError();
        });
        assertThatThrownBy(() -> deep.once(5)).hasMessageContaining("seed 5");
    }
}
