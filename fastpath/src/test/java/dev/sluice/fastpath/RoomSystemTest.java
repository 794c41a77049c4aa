package dev.sluice.fastpath;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.datapath.offload.OffloadKey;
import dev.sluice.datapath.packet.FramePool;
import dev.sluice.fuzz.network.Namespace;
import java.lang.foreign.Arena;
import java.util.Locale;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** How many records the kernel has room for, and what they take (docs/guides/operating.md, How many flows). */
@Tag("system")
class RoomSystemTest {
    private static final int E2BIG = -7;
    private static final long MIB = 1 << 20;

    private final Namespace middle = Namespace.make("rm");

    @AfterEach
    void remove() {
        middle.close();
    }

    @Test
    void thereIsRoomForAsManyAsAreAskedForAndNoMore() throws Exception {
        fill(1 << 10);
    }

    /** A million flows through one node. */
    @Tag("long")
    @Test
    void thereIsRoomForFourMillion() throws Exception {
        fill(1 << 22);
    }

    private void fill(int journeys) throws Exception {
        middle.in(() -> {
            FramePool pool = new FramePool(Arena.ofAuto().allocate(FramePool.bytesFor(64, 8), 4096), 64, 8);
            try (FastPath path = FastPath.open(pool, journeys)) {
                long empty = path.lockedBytes();
                Journey journey = Journey.between(1, 2, 17, "10.9.0.1", 4000, "10.9.0.2", 5000);
                long startNs = System.nanoTime();
                for (int i = 0; i < journeys; i++) {
                    OffloadKey.setSource(journey.key, 0, 0, 0xffff_0a00_0000L + i);
                    assertThat(path.offload().install(journey.key, journey.action))
                            .isZero();
                }
                long eachNs = (System.nanoTime() - startNs) / journeys;
                OffloadKey.setSource(journey.key, 0, 0, 0xffff_0a00_0000L + journeys);
                assertThat(path.offload().install(journey.key, journey.action)).isEqualTo(E2BIG);
                long full = path.lockedBytes();
                System.out.printf(
                        Locale.ROOT,
                        "%d journeys: %d MiB of the kernel's memory before, %d MiB with them, %d bytes and %d ns each%n",
                        journeys,
                        empty / MIB,
                        full / MIB,
                        (full - empty) / journeys,
                        eachNs);
                // As docs/guides/operating.md says.
                assertThat((full - empty) / journeys).isBetween(150L, 256L);
            }
            return null;
        });
    }
}
