package dev.sluice.ports;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.datapath.packet.FramePool;
import dev.sluice.datapath.packet.PacketPort;
import dev.sluice.datapath.packet.PortCounters;
import dev.sluice.fuzz.network.Namespace;
import dev.sluice.fuzz.network.TcpTransfer;
import java.lang.foreign.Arena;
import java.util.IdentityHashMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("system")
class XdpPortSystemTest {
    private static final PortOptions NATIVE =
            new PortOptions(PortOptions.Driver.AF_XDP, PortOptions.XdpMode.NATIVE, PortOptions.ZeroCopy.OFF);
    private static final PortOptions GENERIC =
            new PortOptions(PortOptions.Driver.AF_XDP, PortOptions.XdpMode.GENERIC, PortOptions.ZeroCopy.OFF);

    private final Namespace client = Namespace.make("c");
    private final Namespace middle = Namespace.make("m");
    private final Namespace server = Namespace.make("s");
    private final IdentityHashMap<FramePool, XdpUmem> umems = new IdentityHashMap<>();

    @BeforeEach
    void wire() {
        Namespace.veth(client, "c0", middle, "left");
        Namespace.veth(server, "s0", middle, "right");
        client.ip("addr add 10.9.0.1/24 dev c0");
        server.ip("addr add 10.9.0.2/24 dev s0");
        client.ip("addr add fd09::1/64 dev c0 nodad");
        server.ip("addr add fd09::2/64 dev s0 nodad");
    }

    @AfterEach
    void remove() {
        client.close();
        middle.close();
        server.close();
    }

    @Test
    void carriesTcpInNativeMode() throws Exception {
        client.exec("ethtool -K c0 tx off tso off gso off");
        server.exec("ethtool -K s0 tx off tso off gso off");
        carries("native", NATIVE, NATIVE, "10.9.0.2");
    }

    @Test
    void carriesTcpInGenericMode() throws Exception {
        client.exec("ethtool -K c0 tx off tso off gso off");
        server.exec("ethtool -K s0 tx off tso off gso off");
        carries("generic", GENERIC, GENERIC, "10.9.0.2");
    }

    @Test
    void segmentsSuperFramesOfAnAfPacketPort() throws Exception {
        // The server's stack sends super-frames with partial checksums: they arrive on the AF_PACKET port and leave on
        // the AF_XDP port.
        client.exec("ethtool -K c0 tx off tso off gso off");
        for (String address : new String[] {"10.9.0.1", "fd09::1"}) {
            Forwarder forwarder = new Forwarder(
                    middle,
                    (index, pool) -> XdpPort.open("left", index, umem(pool), NATIVE),
                    (index, pool) -> PacketSocketPort.open("right", index, pool));
            double gbits = TcpTransfer.run(server, client, address, 256L << 20);
            forwarder.stop();
            System.out.printf("AF_PACKET to AF_XDP, TCP: %.1f Gbit/s, %s%n", gbits, forwarder.counters);
            assertThat(forwarder.superFrames).isPositive();
            assertThat(forwarder.leaked).isFalse();
        }
    }

    @Test
    void canBeOpenedAgainAtOnceAndLeavesNoProgramBehind() throws Exception {
        middle.in(() -> {
            FramePool pool = new FramePool(Arena.ofAuto().allocate(FramePool.bytesFor(2048, 8), 4096), 2048, 8);
            for (int round = 0; round < 5; round++) {
                XdpPort port = XdpPort.open("left", 0, umem(pool), NATIVE);
                assertThat(middle.output("ip link show left")).contains("xdp");
                assertThat(port.description()).contains("AF_XDP native, copy, 1 queue");
                assertThat(middle.output("ip -d link show left")).contains("promiscuity 1 ");
                port.close();
                assertThat(middle.output("ip -d link show left")).contains("promiscuity 0 ");
                assertThat(middle.output("ip link show left")).doesNotContain("xdp");
                assertThat(pool.freeSmallCount()).isEqualTo(2048);
            }
            return null;
        });
    }

    @Test
    void opensOneSocketForEachQueue() throws Exception {
        middle.ip("link add wide numrxqueues 3 numtxqueues 3 type veth peer name narrow numrxqueues 3 numtxqueues 3");
        middle.in(() -> {
            FramePool pool = new FramePool(Arena.ofAuto().allocate(FramePool.bytesFor(2048, 8), 4096), 2048, 8);
            middle.exec("ethtool -L wide rx 3 tx 3 || true");
            try (XdpPort port = XdpPort.open("wide", 0, umem(pool), NATIVE)) {
                assertThat(port.description()).contains("3 queues");
            }
            assertThat(pool.freeSmallCount()).isEqualTo(2048);
            return null;
        });
    }

    @Test
    void saysThatAnotherProgramHoldsTheInterface() throws Exception {
        middle.in(() -> {
            FramePool pool = new FramePool(Arena.ofAuto().allocate(FramePool.bytesFor(2048, 8), 4096), 2048, 8);
            FramePool other = new FramePool(Arena.ofAuto().allocate(FramePool.bytesFor(2048, 8), 4096), 2048, 8);
            try (XdpPort _ = XdpPort.open("left", 0, umem(pool), NATIVE)) {
                assertThatThrownBy(() -> XdpPort.open("left", 0, umem(other), NATIVE))
                        .isInstanceOf(PortException.class)
                        .hasMessageContaining("AF_XDP on left queue 0: bind: EBUSY: already in use");
            }
            assertThat(other.freeSmallCount()).isEqualTo(2048);
            return null;
        });
    }

    @Test
    void openerKeepsSuperFramesOfSoftwareInterfaces() throws Exception {
        middle.in(() -> {
            FramePool pool = new FramePool(Arena.ofAuto().allocate(FramePool.bytesFor(2048, 8), 4096), 2048, 8);
            PortOpener opener = new PortOpener(pool);
            try (PacketPort port = opener.open("left", 0, PortOptions.DEFAULT)) {
                assertThat(port.description()).isEqualTo("AF_PACKET ring of 256 slots: veth, keeps GSO");
                assertThat(port.carriesOffloads()).isTrue();
            }
            try (PacketPort port = opener.open("left", 0, PortOptions.DEFAULT.withDriver(PortOptions.Driver.AF_XDP))) {
                assertThat(port.description()).startsWith("AF_XDP native");
                assertThat(port.carriesOffloads()).isFalse();
            }
            assertThatThrownBy(() -> opener.open("nowhere", 0, PortOptions.DEFAULT))
                    .isInstanceOf(PortException.class)
                    .hasMessageContaining("nowhere")
                    .hasMessageContaining("no such interface");
            assertThatThrownBy(() -> opener.open(
                            "lo",
                            0,
                            new PortOptions(
                                    PortOptions.Driver.AF_XDP, PortOptions.XdpMode.NATIVE, PortOptions.ZeroCopy.AUTO)))
                    .isInstanceOf(PortException.class)
                    .hasMessageContaining("AF_XDP on lo: attach native XDP program");
            assertThat(pool.freeSmallCount()).isEqualTo(2048);
            return null;
        });
    }

    @Test
    void staysWithinLockedMemoryLimitOrSaysWhatToDo() {
        String prefix = "ip netns exec " + middle.name() + " setpriv --bounding-set=-ipc_lock";
        assertThat(OpenPort.run(prefix, "left AF_XDP 1900")).startsWith("AF_XDP native");
        assertThat(OpenPort.run(prefix, "left AF_XDP 4096"))
                .contains("XDP_UMEM_REG of 16777216 bytes: ENOBUFS")
                .contains("locked-memory limit; use a smaller frame pool or grant CAP_IPC_LOCK");
    }

    @Test
    void reopensWhenItsInterfaceIsMadeAgain() throws Exception {
        middle.in(() -> {
            FramePool pool = new FramePool(Arena.ofAuto().allocate(FramePool.bytesFor(2048, 8), 4096), 2048, 8);
            PortOptions xdp = PortOptions.DEFAULT.withDriver(PortOptions.Driver.AF_XDP);
            try (LinkMonitor monitor = LinkMonitor.open();
                    ReopeningPort port = new PortOpener(pool).openReopening("left", 0, xdp)) {
                assertThat(port.description()).startsWith("AF_XDP native");
                middle.ip("link del left");
                until(monitor, port, false);
                assertThat(pool.freeSmallCount()).isEqualTo(2048);
                Namespace.veth(client, "c0", middle, "left");
                until(monitor, port, true);
                assertThat(port.description()).startsWith("AF_XDP native");
            }
            assertThat(pool.freeSmallCount()).isEqualTo(2048);
            return null;
        });
    }

    private static void until(LinkMonitor monitor, ReopeningPort port, boolean open) throws PortException {
        for (long deadline = System.nanoTime() + 5_000_000_000L; System.nanoTime() < deadline; ) {
            monitor.poll().forEach(port::onLinkEvent);
            if (port.isOpen() == open) {
                return;
            }
        }
        throw new AssertionError("not so within 5 s: " + port.description());
    }

    private void carries(String mode, PortOptions left, PortOptions right, String address) throws Exception {
        Forwarder forwarder = new Forwarder(
                middle,
                (index, pool) -> XdpPort.open("left", index, umem(pool), left, new PortCounters(), "test"),
                (index, pool) -> XdpPort.open("right", index, umem(pool), right, new PortCounters(), "test"));
        double gbits = TcpTransfer.run(client, server, address, 256L << 20);
        forwarder.stop();
        System.out.printf("AF_XDP %s, TCP: %.1f Gbit/s, %s%n", mode, gbits, forwarder.counters);
        assertThat(forwarder.leaked).isFalse();
    }

    private XdpUmem umem(FramePool pool) {
        return umems.computeIfAbsent(pool, XdpUmem::new);
    }
}
