package dev.sluice.agent.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Programs that the agent calls: however they behave, it goes on. */
class ShortCommandTest {
    private static final long LONG_NS = 20_000_000_000L;

    private static ShortCommand.Result sh(String script, String input, long timeoutNs)
            throws RuntimeFailure, InterruptedException {
        return ShortCommand.run(List.of("/bin/sh", "-c", script), input, Map.of("SAID", "so"), timeoutNs);
    }

    @Test
    void whatAProgramSaysComesBack() throws Exception {
        ShortCommand.Result result = sh("cat; echo $SAID $HOME; echo wrong >&2; exit 3", "in ", LONG_NS);
        assertThat(result.status()).isEqualTo(3);
        // The agent's own environment is none of its business.
        assertThat(result.output()).isEqualTo("in so\n");
        assertThat(result.words()).isEqualTo("wrong");
        assertThat(sh("exit 4", "", LONG_NS).words()).isEqualTo("it ended with status 4");
    }

    @Test
    void oneThatHangsIsKilledWithItsChildren() {
        long beginNs = System.nanoTime();
        assertThatThrownBy(() -> sh("sleep 60 & sleep 60", "", 100_000_000L))
                .isInstanceOf(RuntimeFailure.class)
                .hasMessageContaining("did not end within 100 ms and was killed");
        assertThat(System.nanoTime() - beginNs).isLessThan(LONG_NS);
    }

    @Test
    void oneThatSaysTooMuchIsHeardToItsEndAndKeptInPart() throws Exception {
        ShortCommand.Result result = sh("head -c 1000000 /dev/zero | tr '\\0' x; exit 0", "", LONG_NS);
        assertThat(result.status()).isZero();
        assertThat(result.output()).hasSize(ShortCommand.OUTPUT_BYTES_MAX);
        assertThat(result.words()).hasSizeLessThan(500);
    }

    @Test
    void oneThatDoesNotReadIsNoTrouble() throws Exception {
        assertThat(sh("exit 0", "x".repeat(1_000_000), LONG_NS).status()).isZero();
    }

    @Test
    void oneThatIsNotThereIsSaidSo() {
        assertThatThrownBy(() -> ShortCommand.run(List.of("/nowhere/hook"), "", Map.of(), LONG_NS))
                .isInstanceOf(RuntimeFailure.class)
                .hasMessageContaining("/nowhere/hook cannot be started");
    }
}
