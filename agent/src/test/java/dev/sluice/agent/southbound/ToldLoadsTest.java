package dev.sluice.agent.southbound;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.southbound.Loads;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** For how long what a manager told of loads is gone on with. */
class ToldLoadsTest {
    private static final Loads HIGH = Loads.newBuilder().putLevels("fw-1", 2).build();

    private final Object node = new Object();
    private final ToldLoads loads = new ToldLoads();

    @Test
    void aNodeIsToldOnceAndOneThatStartsLaterToo() {
        assertThat(loads.news(node)).isEmpty();
        loads.take(HIGH);
        assertThat(loads.news(node)).contains(Map.of("fw-1", 2));
        assertThat(loads.news(node)).isEmpty();
        assertThat(loads.news(new Object())).contains(Map.of("fw-1", 2));
        loads.take(Loads.getDefaultInstance());
        assertThat(loads.news(new Object())).isEmpty();
    }

    @Test
    void theyAreForgottenWhenNoManagerIsThereForLongAndNotBefore() {
        long nowNs = Long.MAX_VALUE - 5;
        loads.heard(nowNs);
        loads.take(HIGH);
        assertThat(loads.news(node)).isPresent();
        loads.missed(nowNs + ToldLoads.KEPT_NS - 1);
        assertThat(loads.news(node)).isEmpty();
        loads.missed(nowNs + ToldLoads.KEPT_NS);
        assertThat(loads.news(node)).contains(Map.of());
    }
}
