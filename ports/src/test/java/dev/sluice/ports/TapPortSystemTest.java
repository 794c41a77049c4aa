package dev.sluice.ports;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.datapath.packet.FramePool;
import dev.sluice.fuzz.network.Namespace;
import dev.sluice.fuzz.network.TcpTransfer;
import java.lang.foreign.Arena;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("system")
class TapPortSystemTest {
    private final Namespace client = Namespace.make("c");
    private final Namespace middle = Namespace.make("m");
    private final Namespace server = Namespace.make("s");

    @AfterEach
    void remove() {
        client.close();
        middle.close();
        server.close();
    }

    @Test
    void carriesTcpBetweenTapAndVeth() throws Exception {
        Namespace.veth(server, "s0", middle, "right");
        server.ip("addr add 10.9.0.2/24 dev s0");
        Forwarder forwarder = new Forwarder(
                middle,
                (index, pool) -> TapPort.open("slptap0", index, pool),
                (index, pool) -> PacketSocketPort.open("right", index, pool));
        middle.ip("link set slptap0 netns " + client.name());
        client.ip("addr add 10.9.0.1/24 dev slptap0");
        client.ip("link set slptap0 up");

        double gbits = TcpTransfer.run(client, server, "10.9.0.2", 1L << 30);
        double back = TcpTransfer.run(server, client, "10.9.0.1", 1L << 30);
        forwarder.stop();
        System.out.printf("TAP, TCP: %.1f out, %.1f Gbit/s in, %s%n", gbits, back, forwarder.counters);
        assertThat(forwarder.frameBytesMax).isGreaterThan(1514);
        assertThat(forwarder.leaked).isFalse();
    }

    @Test
    void holdsItsInterfaceInAnyNamespaceUntilThatIsDeleted() throws Exception {
        middle.in(() -> {
            FramePool pool = new FramePool(Arena.ofAuto().allocate(FramePool.bytesFor(1, 1), 4096), 1, 1);
            try (TapPort port = TapPort.open("slptap1", 0, pool)) {
                assertThat(port.holdsInterface()).isTrue();
                middle.ip("link set slptap1 netns " + client.name());
                assertThat(port.holdsInterface()).isTrue();
                client.ip("link del slptap1");
                assertThat(port.holdsInterface()).isFalse();
            }
            try (TapPort again = TapPort.open("slptap1", 0, pool)) {
                assertThat(again.holdsInterface()).isTrue();
            }
            return null;
        });
    }

    @Test
    void refusesNameThatIsTooLong() {
        FramePool pool = new FramePool(Arena.ofAuto().allocate(FramePool.bytesFor(1, 1), 4096), 1, 1);
        assertThatThrownBy(() -> TapPort.open("a-name-of-17-byte", 0, pool))
                .isInstanceOf(PortException.class)
                .hasMessageContaining("17 bytes, allowed are 1..15");
    }
}
