package dev.sluice.ports;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.datapath.packet.FramePool;
import dev.sluice.datapath.packet.PacketPort;
import dev.sluice.datapath.packet.PortCounters;
import java.lang.foreign.Arena;
import org.junit.jupiter.api.Test;

class ReopeningPortTest {
    private static final LinkInfo LINK = new LinkInfo("no-such-link", 7, 1, 1500, true, true, "veth", 0);

    private final FramePool pool = new FramePool(Arena.ofAuto().allocate(FramePool.bytesFor(1, 1), 4096), 1, 1);
    private boolean works;

    private PacketPort driver(PortCounters counters) throws PortException {
        if (!works) {
            throw new PortException("planted");
        }
        return new MemoryPort(LINK.name(), 0, pool);
    }

    /** Each change makes the poller begin anew, and the fast path look at its records again. */
    @Test
    void tryThatFailsLikeTheOneBeforeChangesNothing() {
        ReopeningPort port = ReopeningPort.open(LINK.name(), pool, this::driver);
        assertThat(port.onLinkEvent(new LinkEvent.Appeared(LINK))).isFalse();
        works = true;
        assertThat(port.onLinkEvent(new LinkEvent.Appeared(LINK))).isTrue();
        assertThat(port.isOpen()).isTrue();
        works = false;
        LinkInfo again = new LinkInfo(LINK.name(), 8, 1, 1500, true, true, "veth", 0);
        assertThat(port.onLinkEvent(new LinkEvent.Appeared(again)))
                .as("open until now")
                .isTrue();
        assertThat(port.description()).isEqualTo("deaf: planted");
    }
}
