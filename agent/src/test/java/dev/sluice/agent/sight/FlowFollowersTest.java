package dev.sluice.agent.sight;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.agent.NodeException;
import dev.sluice.agent.admin.FlowFilter;
import dev.sluice.agent.report.FollowReport;
import dev.sluice.agent.worker.WorkerTask;
import dev.sluice.datapath.Datapath;
import dev.sluice.datapath.liveness.Liveness;
import dev.sluice.datapath.packet.FramePool;
import java.lang.foreign.Arena;
import java.util.Optional;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class FlowFollowersTest {
    private static final long NS_PER_S = 1_000_000_000L;

    private final Arena arena = Arena.ofConfined();
    private final Datapath datapath = new Datapath(
            new FramePool(arena.allocate(FramePool.bytesFor(64, 1), 4096), 64, 1), new Liveness(8, 8), 1000, 1);
    private final FlowFollowers followers = new FlowFollowers(this::work);

    @AfterEach
    void free() {
        datapath.close();
        arena.close();
    }

    private boolean work(WorkerTask task) {
        boolean done = false;
        while (!done) {
            done = task.step(datapath, 0);
        }
        return true;
    }

    private FollowReport look(@Nullable String session, int intervalS, int atS) throws NodeException {
        FlowFilter all = new FlowFilter(1, Optional.empty(), OptionalInt.empty());
        return followers.follow(session, all, 10, 0, intervalS, atS * NS_PER_S);
    }

    @Test
    void clientThatLooksOnceAnHourIsKnownAnHourLater() throws Exception {
        String hourly = look(null, 3600, 0).session();
        assertThat(look(hourly, 3600, 3650).session()).isEqualTo(hourly);
        assertThat(look(hourly, 0, 7300).session()).isEqualTo(hourly);
        assertThatThrownBy(() -> look(hourly, 0, 7361)).hasMessageContaining("does not know of this session");
    }

    @Test
    void clientsThatStayAwayMakeRoomForOthers() throws Exception {
        for (int i = 0; i < FlowFollowers.SESSIONS_MAX; i++) {
            look(null, i == 0 ? 3600 : 1, 0);
        }
        assertThatThrownBy(() -> look(null, 1, 61)).hasMessageContaining("more than 8 clients");
        for (int i = 1; i < FlowFollowers.SESSIONS_MAX; i++) {
            look(null, 1, 62);
        }
        assertThatThrownBy(() -> look(null, 1, 62)).hasMessageContaining("more than 8 clients");
    }
}
