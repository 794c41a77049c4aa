package dev.sluice.agent.southbound;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

/** What is said of managers that do not serve a node. */
class ManagerTriesTest {
    private final ManagerAddresses managers = new ManagerAddresses(
            List.of(new ManagerAddress("a", 1), new ManagerAddress("b", 1), new ManagerAddress("c", 1)));
    private final ManagerTries tries = new ManagerTries(managers);

    @Test
    void onlyWhenAllWereTriedItIsSaidWhyNoneServes() {
        assertThat(tries.failed("stands by")).isEmpty();
        assertThat(managers.current().host()).isEqualTo("b");
        assertThat(tries.failed("is away")).isEmpty();
        assertThat(tries.failed("is away")).contains("a:1: stands by; b:1: is away; c:1: is away");
        assertThat(managers.current().host()).isEqualTo("a");
        assertThat(tries.failed("is away")).isEmpty();
    }

    /** The first one stood by when it was asked; hours later, when the second one ends, it may well serve. */
    @Test
    void whatWasSaidBeforeAStreamStoodIsNotSaidAgain() {
        assertThat(tries.failed("stands by")).isEmpty();
        tries.stood();
        assertThat(tries.failed("ended")).isEmpty();
        assertThat(tries.failed("is away")).isEmpty();
        assertThat(managers.current().host())
                .as("each one is tried before a pause")
                .isEqualTo("a");
        assertThat(tries.failed("is away now")).contains("b:1: ended; c:1: is away; a:1: is away now");
    }

    @Test
    void theOnlyManagerIsNotNamedInItsReason() {
        ManagerTries one = new ManagerTries(ManagerAddresses.of(new ManagerAddress("a", 1)));
        assertThat(one.failed("is away")).contains("is away");
    }
}
