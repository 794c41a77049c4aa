package dev.sluice.agent.worker;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class TakenNamesTest {
    private final TakenNames names = new TakenNames();

    private boolean isTold(boolean exclusive, String object) {
        return names.notice(exclusive, object, "@sluice/port/...", "another node is not seen")
                .isPresent();
    }

    @Test
    void eachIsToldOfOnceUntilItsNameIsFree() {
        assertThat(isTold(true, "port left")).isFalse();
        assertThat(isTold(false, "port left")).isTrue();
        assertThat(isTold(false, "port left")).isFalse();
        assertThat(isTold(false, "port right")).isTrue();
        assertThat(isTold(true, "port left")).isFalse();
        assertThat(isTold(false, "port left")).isTrue();
    }

    @Test
    void saysWhatItMeansAndWhatToDo() {
        assertThat(names.notice(false, "port left", "@sluice/port/...", "another node is not seen"))
                .contains("port left: a process without rights has taken the name @sluice/port/... by which nodes know"
                        + " of each other, so another node is not seen; see who it is with 'ss -xlp', end it, and"
                        + " restart this node");
    }
}
