package dev.sluice.fastpath;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.datapath.packet.Batch;
import dev.sluice.datapath.packet.FramePool;
import dev.sluice.fuzz.network.Namespace;
import dev.sluice.ports.LinkEvent;
import dev.sluice.ports.LinkMonitor;
import dev.sluice.ports.PortException;
import java.lang.foreign.Arena;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Somebody takes away, or sets down, the interfaces by which the kernel hands over what it does not repeat. */
@Tag("system")
class PuntDeviceSystemTest {
    private static final byte[] FRAME =
            TestFrame.udp(0x02_00_00_00_00_02L, 0x02_00_00_00_00_01L, 0, 0, "10.9.0.1", 4000, "10.9.0.2", 53, 64);

    private final Namespace client = Namespace.make("dc");
    private final Namespace middle = Namespace.make("dm");
    private final Namespace server = Namespace.make("ds");

    @BeforeEach
    void wire() {
        Namespace.veth(client, "c0", middle, "left");
        Namespace.veth(server, "s0", middle, "right");
    }

    @AfterEach
    void remove() {
        client.close();
        middle.close();
        server.close();
    }

    /** What a node is told of, until something of it was worth mending. */
    private static boolean mend(FastPath path, LinkMonitor monitor) throws Exception {
        long end = System.nanoTime() + Duration.ofSeconds(30).toNanos();
        boolean told = false;
        boolean another = false;
        while (!told && System.nanoTime() < end) {
            List<LinkEvent> events = monitor.poll();
            for (LinkEvent event : events) {
                told |= event.link().name().startsWith(PuntDevice.FROM);
                another |= path.mend(event);
            }
            Thread.onSpinWait();
        }
        assertThat(told).as("events of the device").isTrue();
        return another;
    }

    @Test
    void isMendedOrElseTheFailurePolicyHolds() throws Exception {
        try (Outside from = Outside.open(client, "c0");
                Outside to = Outside.open(server, "s0")) {
            middle.in(() -> {
                FramePool pool = new FramePool(Arena.ofAuto().allocate(FramePool.bytesFor(512, 64), 4096), 512, 64);
                try (FastPath path = FastPath.open(pool, 64);
                        FastPort left = path.attach("left", 7);
                        FastPort right = path.attach("right", 5);
                        LinkMonitor monitor = LinkMonitor.open()) {
                    path.setAbsence(left.number(), right.number(), true, false, false);
                    Batch batch = new Batch();
                    middle.ip("link set " + PuntDevice.TO + " down");
                    assertThat(mend(path, monitor)).as("another device").isFalse();
                    from.send(FRAME);
                    assertThat(Outside.nextFrame(left, batch, pool).bytes()).isEqualTo(FRAME);

                    int before = left.pollDescriptor();
                    middle.ip("link del " + PuntDevice.FROM);
                    assertThat(mend(path, monitor)).as("another device").isTrue();
                    assertThat(left.pollDescriptor()).isNotEqualTo(before);
                    from.send(FRAME);
                    assertThat(Outside.nextFrame(left, batch, pool).bytes()).isEqualTo(FRAME);
                    assertThat(batch.port[0]).isEqualTo(7);

                    // Something else has its name.
                    middle.ip("link del " + PuntDevice.FROM);
                    middle.ip("link add " + PuntDevice.FROM + " type bridge");
                    assertThatThrownBy(() -> mend(path, monitor))
                            .isInstanceOf(PortException.class)
                            .hasMessageContaining("ip link del " + PuntDevice.FROM);
                    from.send(FRAME);
                    assertThat(to.receive(path)).as("across the open pair").isEqualTo(FRAME);
                    assertThat(path.counts().get(PuntReason.ABSENT_PASSED)).isPositive();

                    middle.ip("link del " + PuntDevice.FROM);
                    assertThat(mend(path, monitor)).as("another device").isTrue();
                    from.send(FRAME);
                    assertThat(Outside.nextFrame(left, batch, pool).bytes()).isEqualTo(FRAME);
                }
                return null;
            });
        }
        assertThat(middle.output("ip -o link")).doesNotContain(PuntDevice.FROM);
    }
}
