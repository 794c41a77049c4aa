package dev.sluice.ports;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.datapath.packet.Batch;
import dev.sluice.datapath.packet.FramePool;
import dev.sluice.fuzz.network.Namespace;
import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("system")
class LinkMonitorSystemTest {
    private final Namespace middle = Namespace.make("m");
    private final Namespace other = Namespace.make("o");

    @AfterEach
    void remove() {
        middle.close();
        other.close();
    }

    @Test
    void tellsOfInterfacesThatComeChangeAndGo() throws Exception {
        middle.in(() -> {
            try (LinkMonitor monitor = LinkMonitor.open()) {
                assertThat(monitor.link("lo")).get().matches(LinkInfo::works);
                Namespace.veth(middle, "p0", other, "q0");
                LinkInfo link = await(
                                monitor,
                                event -> event.link().name().equals("p0")
                                        && event.link().works())
                        .link();
                assertThat(link.kind()).isEqualTo("veth");
                assertThat(link.mtu()).isEqualTo(1500);
                assertThat(link.mac()).isNotZero();

                middle.ip("addr add 10.9.0.3/24 dev p0");
                await(
                        monitor,
                        event -> event instanceof LinkEvent.Readdressed(LinkInfo at)
                                && at.name().equals("p0"));
                middle.ip("link set p0 mtu 1400");
                await(monitor, event -> event.link().mtu() == 1400);
                other.ip("link set q0 down");
                await(
                        monitor,
                        event -> event.link().name().equals("p0")
                                && !event.link().carrier());
                middle.ip("link set p0 down");
                await(monitor, event -> !event.link().up());
                middle.ip("link set p0 name p1");
                await(
                        monitor,
                        event -> event instanceof LinkEvent.Changed(LinkInfo now, LinkInfo before)
                                && now.name().equals("p1")
                                && before.name().equals("p0"));
                middle.ip("link del p1");
                await(
                        monitor,
                        event -> event instanceof LinkEvent.Vanished(LinkInfo last) && last.index() == link.index());
                assertThat(monitor.link("p1")).isEmpty();
                assertThat(LinkMonitor.read("lo")).get().matches(LinkInfo::up);
                assertThat(LinkMonitor.read("p1")).isEmpty();
            }
            return null;
        });
    }

    @Test
    void seesLeavingOfBridgeAsChangeNotAsEnd() throws Exception {
        middle.in(() -> {
            Namespace.veth(middle, "p0", other, "q0");
            middle.ip("link add br0 type bridge");
            try (LinkMonitor monitor = LinkMonitor.open()) {
                middle.ip("link set p0 master br0");
                await(monitor, event -> event.link().master() != 0);
                middle.ip("link set p0 nomaster");
                await(
                        monitor,
                        event -> event.link().name().equals("p0")
                                && event.link().master() == 0
                                && event instanceof LinkEvent.Changed);
                assertThat(monitor.link("p0")).isPresent();
            }
            return null;
        });
    }

    @Test
    void reopensPortWhoseInterfaceIsMadeAgain() throws Exception {
        middle.in(() -> {
            FramePool pool = new FramePool(Arena.ofAuto().allocate(FramePool.bytesFor(64, 8), 4096), 64, 8);
            Batch batch = new Batch();
            try (LinkMonitor monitor = LinkMonitor.open();
                    ReopeningPort port = ReopeningPort.open(
                            "p0", pool, counters -> PacketSocketPort.open("p0", 3, pool, counters, 16, "test"))) {
                assertThat(port.isOpen()).isFalse();
                assertThat(port.description()).contains("deaf").contains("no such interface");
                for (int round = 1; round <= 2; round++) {
                    Namespace.veth(middle, "p0", other, "q0");
                    untilPort(monitor, port, port::isOpen);
                    receiveSome(port, batch);
                    int index = batch.port[0];
                    assertThat(index).isEqualTo(3);
                    long before = port.counters().sentFrames;
                    port.send(batch, 0);
                    port.flush();
                    assertThat(port.counters().sentFrames).isEqualTo(before + 1);
                    giveRest(batch, pool);

                    middle.ip("link del p0");
                    untilPort(monitor, port, () -> !port.isOpen());
                    assertThat(port.receive(batch)).isZero();
                }
                assertThat(port.counters().receivedFrames).isGreaterThan(1);
                assertThat(pool.freeSmallCount()).isEqualTo(64);
            }
            return null;
        });
    }

    @Test
    void countsFramesSentToInterfaceThatIsGoneAndLetsWorkerSleep() throws Exception {
        middle.in(() -> {
            FramePool pool = new FramePool(Arena.ofAuto().allocate(FramePool.bytesFor(64, 8), 4096), 64, 8);
            Namespace.veth(middle, "p0", other, "q0");
            try (PacketSocketPort port = PacketSocketPort.open("p0", 0, pool);
                    Poller poller = Poller.open(port)) {
                Batch batch = new Batch();
                middle.ip("link del p0");
                for (int i = 0; i < 8; i++) {
                    batch.append(pool.takeSmall(), 60, 0);
                    port.send(batch, i);
                }
                port.flush();
                assertThat(port.counters().sendDropped).isEqualTo(8);
                assertThat(pool.freeSmallCount()).isEqualTo(64);
                batch.count = 0;
                port.receive(batch);
                giveRest(batch, pool);
                int wakes = 0;
                for (int i = 0; i < 10; i++) {
                    wakes += poller.await(1) ? 1 : 0;
                }
                assertThat(wakes).isLessThan(5);
                poller.wakeUp();
                assertThat(poller.await(1000)).isTrue();
                assertThat(poller.await(0)).isFalse();
            }
            return null;
        });
    }

    @Test
    void saysWhatIsMissingWhenNotAllowed() {
        String answer = OpenPort.run("unshare -U", "lo AF_PACKET 64");
        assertThat(answer)
                .contains("AF_PACKET on lo: socket: EPERM: needs CAP_NET_RAW; run as root or grant CAP_NET_RAW");
    }

    private static LinkEvent await(LinkMonitor monitor, Predicate<LinkEvent> wanted) throws PortException {
        List<LinkEvent> seen = new ArrayList<>();
        for (long deadline = System.nanoTime() + 5_000_000_000L; System.nanoTime() < deadline; ) {
            for (LinkEvent event : monitor.poll()) {
                seen.add(event);
                if (wanted.test(event)) {
                    return event;
                }
            }
        }
        throw new AssertionError("not seen within 5 s: " + seen);
    }

    private interface Condition {
        boolean holds();
    }

    private static void untilPort(LinkMonitor monitor, ReopeningPort port, Condition condition) throws PortException {
        for (long deadline = System.nanoTime() + 5_000_000_000L; System.nanoTime() < deadline; ) {
            monitor.poll().forEach(port::onLinkEvent);
            if (condition.holds()) {
                return;
            }
        }
        throw new AssertionError("not so within 5 s: " + port.description());
    }

    /** The neighbour's stack sends IPv6 router solicitations by itself; a frame of them is enough. */
    private void receiveSome(ReopeningPort port, Batch batch) {
        other.exec("ip link set q0 up");
        batch.count = 0;
        for (long deadline = System.nanoTime() + 10_000_000_000L; System.nanoTime() < deadline; ) {
            if (port.receive(batch) > 0) {
                return;
            }
        }
        throw new AssertionError("nothing received within 10 s");
    }

    private static void giveRest(Batch batch, FramePool pool) {
        for (int i = 1; i < batch.count; i++) {
            pool.give(batch.start[i]);
        }
        batch.count = 0;
    }
}
