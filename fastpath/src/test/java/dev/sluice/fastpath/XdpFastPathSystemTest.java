package dev.sluice.fastpath;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.datapath.offload.OffloadAction;
import dev.sluice.datapath.packet.Batch;
import dev.sluice.datapath.packet.FramePool;
import dev.sluice.datapath.packet.PortCounters;
import dev.sluice.fuzz.network.Namespace;
import dev.sluice.ports.MemoryFrame;
import dev.sluice.ports.PortException;
import dev.sluice.ports.PortOpener;
import dev.sluice.ports.PortOptions;
import dev.sluice.ports.XdpPort;
import java.lang.foreign.Arena;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Two ports with XDP, between two hosts whose interfaces behave as network cards do; records are made by hand. */
@Tag("system")
class XdpFastPathSystemTest {
    private static final int LEFT_INDEX = 7;
    private static final int RIGHT_INDEX = 5;
    private static final int TAG = 0x8100 << 16 | 42;
    private static final int OUTER_TAG = 0x88a8 << 16 | 0x6007;
    private static final long CLIENT_MAC = 0x02_00_00_00_00_01L;
    private static final long SERVER_MAC = 0x02_00_00_00_00_02L;

    private final Namespace client = Namespace.make("xc");
    private final Namespace middle = Namespace.make("xm");
    private final Namespace server = Namespace.make("xs");

    @BeforeEach
    void wire() {
        Namespace.veth(client, "c0", middle, "left");
        Namespace.veth(server, "s0", middle, "right");
        client.exec("ethtool -K c0 tx off txvlan off gro on");
        server.exec("ethtool -K s0 tx off txvlan off gro on");
    }

    @AfterEach
    void remove() {
        client.close();
        middle.close();
        server.close();
    }

    private static FramePool frames() {
        return new FramePool(Arena.ofAuto().allocate(FramePool.bytesFor(512, 64), 4096), 512, 64);
    }

    private static Journey journey(FastPort from, FastPort to, int port) {
        return Journey.between(from.number(), to.number(), 17, "10.9.0.1", 4000, "10.9.0.2", port)
                .macs(SERVER_MAC, CLIENT_MAC);
    }

    private static byte[] frame(int port, int outer, int inner, int ttl) {
        return TestFrame.udp(SERVER_MAC, CLIENT_MAC, outer, inner, "10.9.0.1", 4000, "10.9.0.2", port, ttl);
    }

    private static long count(FastPath path, PuntReason reason) {
        return path.counts().getOrDefault(reason, 0L);
    }

    @Test
    void repeatsInXdpAndLeavesTheRestToTc() throws Exception {
        try (Outside from = Outside.open(client, "c0");
                Outside to = Outside.open(server, "s0")) {
            middle.in(() -> {
                FramePool pool = frames();
                try (FastPath path = FastPath.open(pool, 64);
                        FastPort left = path.attach("left", LEFT_INDEX, new PortCounters(), Hook.XDP);
                        FastPort right = path.attach("right", RIGHT_INDEX, new PortCounters(), Hook.XDP)) {
                    assertThat(left.description()).isEqualTo("fast path xdp, then tc, AF_PACKET for the rest");
                    int[][] cases = {
                        {0, 0, 0, 0},
                        {0, 0, OUTER_TAG, TAG},
                        {TAG, 0, 0, 0},
                        {OUTER_TAG, TAG, TAG + 1, 0},
                        {OUTER_TAG, TAG, OUTER_TAG, TAG}
                    };
                    for (int i = 0; i < cases.length; i++) {
                        int[] c = cases[i];
                        Journey journey = journey(left, right, 100 + i)
                                .tags(c[0], c[1], c[2], c[3])
                                .ttl(1);
                        assertThat(path.offload().install(journey.key, journey.action))
                                .isZero();
                        byte[] before = frame(100 + i, c[0], c[1], 64);
                        from.send(before);
                        assertThat(to.receive(path)).as("tags case " + i).isEqualTo(frame(100 + i, c[2], c[3], 63));
                        assertThat(journey.counted(path.offload())).containsExactly(1, before.length);
                    }
                    assertThat(count(path, PuntReason.XDP_REPEATED)).isEqualTo(cases.length);

                    byte[] unknown = frame(200, TAG, 0, 64);
                    from.send(unknown);
                    Batch batch = new Batch();
                    assertThat(Outside.nextFrame(left, batch, pool).bytes()).isEqualTo(unknown);
                    assertThat(batch.port[0]).isEqualTo(LEFT_INDEX);
                    assertThat(count(path, PuntReason.NO_RECORD)).isPositive();
                    assertThat(count(path, PuntReason.XDP_LEFT)).isZero();
                }
                return null;
            });
        }
        assertThat(middle.output("bpftool net show")).doesNotContain("xdp_ingress");
    }

    /** An skb says that its checksum is still to be completed; its bytes do not. */
    @Test
    @Tag("long")
    void packetsWithoutChecksumAreLeftToTc() throws Exception {
        client.exec("ethtool -K c0 tx on");
        try (Outside from = Outside.open(client, "c0");
                Outside to = Outside.open(server, "s0")) {
            middle.in(() -> {
                try (FastPath path = FastPath.open(frames(), 64);
                        FastPort left = path.attach("left", LEFT_INDEX, new PortCounters(), Hook.XDP);
                        FastPort right = path.attach("right", RIGHT_INDEX, new PortCounters(), Hook.XDP)) {
                    Journey journey = Journey.between(
                                    left.number(), right.number(), 6, "10.9.0.1", 4000, "10.9.0.2", 80)
                            .macs(SERVER_MAC, CLIENT_MAC);
                    assertThat(path.offload().install(journey.key, journey.action))
                            .isZero();
                    byte[] bytes = TestFrame.tcp(SERVER_MAC, CLIENT_MAC, 0, "10.9.0.1", 4000, "10.9.0.2", 80, 100);
                    from.send(new MemoryFrame(bytes, Batch.CHECKSUM_PARTIAL, Batch.GSO_NONE, 0, 0, 34, 16));
                    MemoryFrame out = to.receiveFrame(path);
                    assertThat(out.offload())
                            .as("its receiver is told, or it is complete")
                            .isNotZero();
                    assertThat(journey.counted(path.offload())[0]).isEqualTo(1);
                    assertThat(count(path, PuntReason.XDP_LEFT)).isEqualTo(1);
                    assertThat(count(path, PuntReason.XDP_REPEATED)).isZero();
                }
                return null;
            });
        }
    }

    /** A veth whose far end has neither GRO nor XDP drops what XDP sends there: tc does it, from when that is so. */
    @Test
    void portsThatTakeNothingFromXdpAreLeftToTc() throws Exception {
        server.exec("ethtool -K s0 gro off");
        try (Outside from = Outside.open(client, "c0");
                Outside to = Outside.open(server, "s0")) {
            middle.in(() -> {
                try (FastPath path = FastPath.open(frames(), 64);
                        FastPort left = path.attach("left", LEFT_INDEX, new PortCounters(), Hook.XDP);
                        FastPort right = path.attach("right", RIGHT_INDEX, new PortCounters(), Hook.TC)) {
                    Journey journey = journey(left, right, 100);
                    assertThat(path.offload().install(journey.key, journey.action))
                            .isZero();
                    from.send(frame(100, 0, 0, 64));
                    assertThat(to.receive(path)).isEqualTo(frame(100, 0, 0, 64));
                    assertThat(count(path, PuntReason.XDP_LEFT)).isEqualTo(1);
                    server.exec("ethtool -K s0 gro on");
                    // Two ports, one looked at each time.
                    path.beat(Long.MAX_VALUE / 2);
                    path.beat(Long.MAX_VALUE / 2 + 1_000_000_000L);
                    from.send(frame(100, 0, 0, 64));
                    assertThat(to.receive(path)).isEqualTo(frame(100, 0, 0, 64));
                    assertThat(count(path, PuntReason.XDP_REPEATED)).isEqualTo(1);
                    assertThat(journey.counted(path.offload())[0]).isEqualTo(2);
                }
                return null;
            });
        }
    }

    @Test
    void whatIsNotRepeatedComesByAfXdpWhereThePortHasIt() throws Exception {
        try (Outside from = Outside.open(client, "c0");
                Outside to = Outside.open(server, "s0")) {
            middle.in(() -> {
                FramePool pool = frames();
                PortOpener opener = new PortOpener(pool);
                try (FastPath path = FastPath.open(pool, 64);
                        FastPort left = sockets(path, opener, "left", LEFT_INDEX);
                        FastPort right = sockets(path, opener, "right", RIGHT_INDEX)) {
                    assertThat(left.description()).isEqualTo("fast path xdp, AF_XDP for the rest");
                    Journey journey = journey(left, right, 100).tags(0, 0, TAG, 0);
                    assertThat(path.offload().install(journey.key, journey.action))
                            .isZero();
                    from.send(frame(100, 0, 0, 64));
                    assertThat(to.receive(path)).isEqualTo(frame(100, TAG, 0, 64));

                    byte[] unknown = frame(200, TAG, 0, 64);
                    from.send(unknown);
                    Batch batch = new Batch();
                    assertThat(Outside.nextFrame(left, batch, pool).bytes()).isEqualTo(unknown);
                    assertThat(batch.port[0]).isEqualTo(LEFT_INDEX);
                    OffloadAction.setConfigGeneration(journey.action, 0, 9);
                    assertThat(path.offload().install(journey.key, journey.action))
                            .isZero();
                    from.send(frame(100, 0, 0, 64));
                    assertThat(Outside.nextFrame(left, batch, pool).bytes()).isEqualTo(frame(100, 0, 0, 64));
                    Map<PuntReason, Long> counts = path.counts();
                    assertThat(counts.get(PuntReason.NO_RECORD)).isPositive();
                    assertThat(counts.get(PuntReason.CONFIG_MOVED)).isEqualTo(1);
                    assertThat(counts.get(PuntReason.XDP_REPEATED)).isEqualTo(1);

                    // The process has been away for longer than a signed number of milliseconds holds: the policy of
                    // the port.
                    path.setAbsence(left.number(), right.number(), true, false, false);
                    int nowMs = (int) Math.floorDiv(System.nanoTime(), 1_000_000L);
                    path.maps().beat(nowMs + Integer.MIN_VALUE - 60_000, 500);
                    from.send(unknown);
                    assertThat(to.receive(path)).isEqualTo(unknown);

                    // It says good-bye: the same.
                    path.maps().beat(nowMs, 0);
                    path.maps().setPuntInterface(0);
                    from.send(unknown);
                    assertThat(to.receive(path)).isEqualTo(unknown);
                    assertThat(count(path, PuntReason.ABSENT_PASSED)).isPositive();
                    path.setAbsence(left.number(), 0, false, false, false);
                    long dropped = count(path, PuntReason.ABSENT_DROPPED);
                    from.send(unknown);
                    assertThat(count(path, PuntReason.ABSENT_DROPPED)).isGreaterThan(dropped);
                }
                return null;
            });
        }
    }

    private static FastPort sockets(FastPath path, PortOpener opener, String name, int index) throws Exception {
        PortCounters counters = new PortCounters();
        PortOptions options = PortOptions.DEFAULT.withDriver(PortOptions.Driver.AF_XDP);
        return path.attach(name, index, counters, opener.openSockets(name, index, options, counters));
    }

    /** Frames that do not fit into a page are none for XDP; tc works all the same, and the port says why. */
    @Test
    @Tag("long")
    void portWhoseFramesAreTooLargeForXdpHasTcAndSaysSo() throws Exception {
        client.ip("link set c0 mtu 9000");
        middle.in(() -> {
            try (FastPath path = FastPath.open(frames(), 64);
                    FastPort port = path.attach("left", LEFT_INDEX, new PortCounters(), Hook.XDP)) {
                assertThat(port.hook()).isEqualTo(Hook.TC);
                assertThat(port.description())
                        .startsWith("fast path tc (no XDP: ")
                        .contains("by XDP in its driver");
            }
            return null;
        });
    }

    /** Whether the driver takes tags out of received frames. */
    private boolean takesTagsOut() {
        return middle.output("ethtool -k left | grep rx-vlan-offload").contains("on");
    }

    @Test
    void tagsAreLeftInFramesWhileXdpIsThere() throws Exception {
        middle.exec("ethtool -K left rxvlan on");
        middle.in(() -> {
            try (FastPath path = FastPath.open(frames(), 64)) {
                try (FastPort port = path.attach("left", LEFT_INDEX, new PortCounters(), Hook.XDP)) {
                    assertThat(port.hook()).isEqualTo(Hook.XDP);
                    assertThat(takesTagsOut()).isFalse();
                }
                assertThat(takesTagsOut()).isTrue();
            }
            return null;
        });
    }

    /** Its frames would look untagged to XDP. */
    @Test
    void driverThatTakesTagsOutAllTheSameGetsNoXdp() throws Exception {
        middle.in(() -> {
            FramePool pool = frames();
            PortCounters counters = new PortCounters();
            PortOptions options = PortOptions.DEFAULT.withDriver(PortOptions.Driver.AF_XDP);
            try (FastPath path = FastPath.open(pool, 64)) {
                XdpPort sockets = new PortOpener(pool).openSockets("left", LEFT_INDEX, options, counters);
                middle.exec("ethtool -K left rxvlan on");
                assertThatThrownBy(() -> path.attach("left", LEFT_INDEX, counters, sockets))
                        .isInstanceOf(PortException.class)
                        .hasMessageContaining("takes VLAN tags out of frames")
                        .hasMessageContaining("rx-vlan-offload");
            }
            return null;
        });
    }
}
