package dev.sluice.ports;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.datapath.packet.Batch;
import dev.sluice.datapath.packet.FramePool;
import dev.sluice.datapath.packet.PacketPort;
import dev.sluice.datapath.packet.PortCounters;
import java.lang.foreign.Arena;
import org.junit.jupiter.api.Test;

class ReopeningPortTest {
    private static final LinkInfo LINK = new LinkInfo("no-such-link", 7, 1, 1500, true, true, "veth", 0);

    private final FramePool pool = new FramePool(Arena.ofAuto().allocate(FramePool.bytesFor(1, 1), 4096), 1, 1);
    private boolean works;
    private boolean held = true;
    private int opened;

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

    @Test
    void portThatHoldsItsInterfaceStaysOpenUntilThatIsDeleted() {
        ReopeningPort port = ReopeningPort.open(LINK.name(), pool, _ -> new Holding());
        assertThat(port.onLinkEvent(new LinkEvent.Vanished(LINK)))
                .as("moved to another namespace")
                .isFalse();
        assertThat(port.onLinkEvent(new LinkEvent.Appeared(LINK))).isFalse();
        assertThat(opened).isEqualTo(1);
        held = false;
        assertThat(port.onLinkEvent(new LinkEvent.Vanished(LINK))).isTrue();
        assertThat(port.isOpen()).isFalse();
        assertThat(port.description()).isEqualTo("deaf: interface no-such-link was deleted");
        held = true;
        assertThat(port.onLinkEvent(new LinkEvent.Appeared(LINK))).isTrue();
        assertThat(port.isOpen()).isTrue();
    }

    /** Where changes were lost, the first that is told of may be that of the next interface. */
    @Test
    void portWhoseInterfaceWasMadeAgainUnseenIsOpenedAnew() {
        ReopeningPort port = ReopeningPort.open(LINK.name(), pool, _ -> new Holding());
        held = false;
        assertThat(port.onLinkEvent(new LinkEvent.Appeared(LINK))).isTrue();
        assertThat(port.isOpen()).isTrue();
        assertThat(opened).isEqualTo(2);
    }

    private final class Holding implements InterfaceHolder {
        Holding() {
            opened++;
        }

        @Override
        public boolean holdsInterface() {
            return held;
        }

        @Override
        public String name() {
            return LINK.name();
        }

        @Override
        public int receive(Batch batch) {
            return 0;
        }

        @Override
        public void send(Batch batch, int slot) {}

        @Override
        public void flush() {}

        @Override
        public int pollDescriptor() {
            return -1;
        }

        @Override
        public boolean carriesOffloads() {
            return true;
        }

        @Override
        public String description() {
            return "holding";
        }

        @Override
        public PortCounters counters() {
            return new PortCounters();
        }

        @Override
        public void close() {}
    }
}
