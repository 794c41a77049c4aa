package dev.sluice.fastpath;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.datapath.offload.OffloadAction;
import dev.sluice.datapath.offload.OffloadDevice;
import dev.sluice.datapath.offload.OffloadKey;
import dev.sluice.datapath.packet.Batch;
import dev.sluice.datapath.packet.FramePool;
import dev.sluice.fuzz.network.Namespace;
import dev.sluice.fuzz.network.TcpTransfer;
import dev.sluice.ports.LinkMonitor;
import dev.sluice.ports.MemoryFrame;
import dev.sluice.wire.Ethernet;
import dev.sluice.wire.Ipv4;
import dev.sluice.wire.MacAddress;
import java.lang.foreign.Arena;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** A client and a server, and between them two ports whose records are made by hand. */
@Tag("system")
class FastPathSystemTest {
    private static final int UDP = 17;
    private static final int CLIENT_PORT_INDEX = 7;
    private static final int SERVER_PORT_INDEX = 5;
    private static final int TAG = 0x8100 << 16 | 42;
    private static final int OUTER_TAG = 0x88a8 << 16 | 0x6007;

    private final Namespace client = Namespace.make("c");
    private final Namespace middle = Namespace.make("m");
    private final Namespace server = Namespace.make("s");
    private long clientMac;
    private long serverMac;

    @BeforeEach
    void wire() throws Exception {
        Namespace.veth(client, "c0", middle, "left");
        Namespace.veth(server, "s0", middle, "right");
        client.ip("addr add 10.9.0.1/24 dev c0");
        server.ip("addr add 10.9.0.2/24 dev s0");
        clientMac = client.in(() -> LinkMonitor.read("c0").orElseThrow().mac());
        serverMac = server.in(() -> LinkMonitor.read("s0").orElseThrow().mac());
        client.ip("neigh replace 10.9.0.2 lladdr " + words(serverMac) + " dev c0 nud permanent");
        server.ip("neigh replace 10.9.0.1 lladdr " + words(clientMac) + " dev s0 nud permanent");
    }

    @AfterEach
    void remove() {
        client.close();
        middle.close();
        server.close();
    }

    private static String words(long mac) {
        return new MacAddress(mac).toString();
    }

    private static FramePool frames() {
        return new FramePool(Arena.ofAuto().allocate(FramePool.bytesFor(512, 64), 4096), 512, 64);
    }

    /** What is open in the middle. */
    private record Open(FastPath path, FastPort left, FastPort right, FramePool pool) implements AutoCloseable {
        static Open open() throws Exception {
            FramePool pool = frames();
            FastPath path = FastPath.open(pool, 1024);
            return new Open(
                    path, path.attach("left", CLIENT_PORT_INDEX), path.attach("right", SERVER_PORT_INDEX), pool);
        }

        @Override
        public void close() {
            left.close();
            right.close();
            path.close();
        }
    }

    private Journey toServer(Open open, int port) {
        return Journey.between(open.left.number(), open.right.number(), UDP, "10.9.0.1", 4000, "10.9.0.2", port)
                .macs(serverMac, clientMac);
    }

    private void send(int port, String text) throws Exception {
        client.in(() -> {
            try (DatagramSocket socket = new DatagramSocket(new InetSocketAddress("10.9.0.1", 4000))) {
                byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
                socket.send(new DatagramPacket(bytes, bytes.length, new InetSocketAddress("10.9.0.2", port)));
            }
            return null;
        });
    }

    private DatagramSocket listen(int port) throws Exception {
        return server.in(() -> new DatagramSocket(new InetSocketAddress("10.9.0.2", port)));
    }

    private static String receive(DatagramSocket socket) throws Exception {
        DatagramPacket packet = new DatagramPacket(new byte[2000], 2000);
        socket.setSoTimeout(2000);
        socket.receive(packet);
        return new String(packet.getData(), 0, packet.getLength(), StandardCharsets.UTF_8);
    }

    /** Polls until a frame of IPv4 comes or two seconds have passed; others are given back. */
    private static int await(FastPort port, Batch batch, FramePool pool) {
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(2);
        while (System.nanoTime() < end) {
            batch.count = 0;
            port.receive(batch);
            for (int i = 0; i < batch.count; i++) {
                if (Ethernet.etherType(pool.memory(), batch.start[i]) == 0x0800) {
                    return i;
                }
                pool.give(batch.start[i]);
            }
            Thread.onSpinWait();
        }
        return -1;
    }

    @Test
    void repeatsWhatIsRecordedAndHandsOverTheRest() throws Exception {
        try (DatagramSocket five = listen(5000);
                DatagramSocket six = listen(6000)) {
            middle.in(() -> {
                try (Open open = Open.open()) {
                    Journey journey = toServer(open, 5000);
                    assertThat(open.path.offload().install(journey.key, journey.action))
                            .isZero();
                    send(5000, "recorded");
                    assertThat(receive(five)).isEqualTo("recorded");
                    assertThat(journey.counted(open.path.offload())).containsExactly(1, 14 + 20 + 8 + 8);

                    send(6000, "not recorded");
                    Batch batch = new Batch();
                    int slot = await(open.left, batch, open.pool);
                    assertThat(slot).isNotNegative();
                    assertThat(batch.port[slot]).isEqualTo(CLIENT_PORT_INDEX);
                    assertThat(batch.length[slot]).isEqualTo(14 + 20 + 8 + 12);
                    assertThat(batch.offload[slot]).isEqualTo(Batch.CHECKSUM_PARTIAL);
                    assertThat(batch.csumStart[slot]).isEqualTo(34);
                    assertThat(Ipv4.checksumOk(open.pool.memory(), batch.start[slot] + 14))
                            .isTrue();
                    open.right.send(batch, slot);
                    open.right.flush();
                    assertThat(receive(six)).isEqualTo("not recorded");
                    assertThat(open.path.counts().get(PuntReason.NO_RECORD)).isPositive();
                    assertThat(journey.counted(open.path.offload())[0]).isEqualTo(1);
                }
                return null;
            });
        }
    }

    private void sendMany(int count) throws Exception {
        client.in(() -> {
            try (DatagramSocket socket = new DatagramSocket(new InetSocketAddress("10.9.0.1", 4000))) {
                for (int i = 0; i < count; i++) {
                    socket.send(new DatagramPacket(new byte[8], 8, new InetSocketAddress("10.9.0.2", 6000)));
                }
            }
            return null;
        });
    }

    /** Waits until the program has handed over so many, then takes what waits, and gives it back. */
    private static void drain(Open open, int handedOver) {
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(10);
        while (open.path.counts().getOrDefault(PuntReason.NO_RECORD, 0L) < handedOver && System.nanoTime() < end) {
            Thread.onSpinWait();
        }
        Batch batch = new Batch();
        do {
            batch.count = 0;
            open.left.receive(batch);
            for (int i = 0; i < batch.count; i++) {
                open.pool.give(batch.start[i]);
            }
        } while (batch.count > 0);
    }

    private static final int ROUNDS = 20;

    /** The ring in front of the data path has 512 slots; what finds none, and what the device drops, is lost and said. */
    @Test
    void handedOverFramesThatFindNoRoomAreCounted() throws Exception {
        middle.in(() -> {
            try (Open open = Open.open()) {
                long before = open.path.lostFrames();
                long lost = 0;
                // What comes next tells of those that were lost; some may be on their way for as long as this takes
                // what waits.
                for (int round = 1; round <= ROUNDS && lost == 0; round++) {
                    sendMany(1_000);
                    drain(open, 1_000 * round);
                    lost = open.path.lostFrames() - before;
                }
                assertThat(lost).isBetween(1L, 1_000L * ROUNDS);
                middle.ip("link set sluice-punt-rx down");
                sendMany(10);
                assertThat(open.path.lostFrames() - before - lost).isGreaterThanOrEqualTo(10);
            }
            return null;
        });
    }

    @Test
    void generationsAndMacsAreAskedAtEachPacket() throws Exception {
        try (DatagramSocket five = listen(5000)) {
            middle.in(() -> {
                try (Open open = Open.open()) {
                    KernelOffload offload = open.path.offload();
                    Journey journey = toServer(open, 5000);
                    OffloadAction.setConfigGeneration(journey.action, 0, 3);
                    OffloadAction.setPath(journey.action, 0, 70_000, 4);
                    OffloadAction.setEgress(journey.action, 0, open.right.number(), 5);
                    offload.setConfigGeneration(3);
                    offload.setPathGeneration(70_000, 4);
                    offload.setPortGeneration(open.right.number(), 5);
                    assertThat(offload.install(journey.key, journey.action)).isZero();
                    send(5000, "all hold");
                    assertThat(receive(five)).isEqualTo("all hold");

                    offload.setConfigGeneration(4);
                    assertPunted(open, PuntReason.CONFIG_MOVED);
                    offload.setConfigGeneration(3);
                    offload.setPathGeneration(70_000, 5);
                    assertPunted(open, PuntReason.PATH_MOVED);
                    offload.setPathGeneration(70_000, 4);
                    offload.setPortGeneration(open.right.number(), 6);
                    assertPunted(open, PuntReason.EGRESS_MOVED);
                    offload.setPortGeneration(open.right.number(), 5);
                    OffloadAction.setExpectedMacs(journey.action, 0, serverMac, serverMac);
                    offload.install(journey.key, journey.action);
                    assertPunted(open, PuntReason.OTHER_MACS);
                    assertThat(offload.remove(journey.key)).isZero();
                    assertPunted(open, PuntReason.NO_RECORD);
                    assertThat(offload.remove(journey.key)).isEqualTo(-2);
                }
                return null;
            });
        }
    }

    private void assertPunted(Open open, PuntReason reason) throws Exception {
        long before = open.path.counts().getOrDefault(reason, 0L);
        send(5000, "anything");
        Batch batch = new Batch();
        int slot = await(open.left, batch, open.pool);
        assertThat(slot).as(reason.name()).isNotNegative();
        open.pool.give(batch.start[slot]);
        assertThat(open.path.counts().get(reason)).isEqualTo(before + 1);
    }

    @Test
    void tagsArePushedExchangedAndTaken() throws Exception {
        try (Outside from = Outside.open(client, "c0");
                Outside to = Outside.open(server, "s0")) {
            middle.in(() -> {
                try (Open open = Open.open()) {
                    int[][] cases = {
                        {0, 0, TAG, 0},
                        {0, 0, OUTER_TAG, TAG},
                        {TAG, 0, 0, 0},
                        {OUTER_TAG, TAG, 0, 0},
                        {TAG, 0, TAG + 1, 0},
                        {OUTER_TAG, TAG, TAG, 0},
                        {TAG, 0, OUTER_TAG, TAG},
                        {OUTER_TAG, TAG, OUTER_TAG, TAG}
                    };
                    for (int i = 0; i < cases.length; i++) {
                        int[] c = cases[i];
                        Journey journey = toServer(open, 100 + i)
                                .tags(c[0], c[1], c[2], c[3])
                                .newMacs(clientMac, 0x02_00_00_00_00_09L)
                                .ttl(1);
                        assertThat(open.path.offload().install(journey.key, journey.action))
                                .isZero();
                        byte[] before = TestFrame.udp(
                                serverMac, clientMac, c[0], c[1], "10.9.0.1", 4000, "10.9.0.2", 100 + i, 64);
                        from.send(before);
                        byte[] after = to.receive(open.path);
                        byte[] expected = TestFrame.udp(
                                clientMac, 0x02_00_00_00_00_09L, c[2], c[3], "10.9.0.1", 4000, "10.9.0.2", 100 + i, 63);
                        assertThat(after).as("tags case " + i).isEqualTo(expected);
                        assertThat(journey.counted(open.path.offload())).containsExactly(1, before.length);
                        // Without its record the same frame comes here, with its tags in it.
                        open.path.offload().remove(journey.key);
                        from.send(before);
                        Batch batch = new Batch();
                        byte[] punted =
                                Outside.nextFrame(open.left, batch, open.pool).bytes();
                        assertThat(punted).as("punted " + i).isEqualTo(before);
                        assertThat(batch.port[0]).isEqualTo(CLIENT_PORT_INDEX);
                    }
                }
                return null;
            });
        }
    }

    /** GSO stays whole: the records say of 1 GiB that it was counted in far fewer headers than segments. */
    @Test
    void tcpRunsInTheKernelWithItsSuperFramesWhole() throws Exception {
        long bytes = 1L << 30;
        middle.in(() -> {
            try (Open open = Open.open()) {
                Recorder recorder = new Recorder();
                Thread carrier = Thread.ofPlatform()
                        .daemon()
                        .start(() -> recorder.run(open.path, open.left, open.right, open.pool));
                double gbits = TcpTransfer.run(client, server, "10.9.0.2", bytes);
                carrier.interrupt();
                carrier.join();
                long packets = 0;
                long counted = 0;
                for (Journey journey : recorder.journeys) {
                    packets += journey.counted(open.path.offload())[0];
                    counted += journey.counted(open.path.offload())[1];
                }
                System.out.printf(
                        "fast path, TCP: %.1f Gbit/s, %d packets in the kernel, %d carried here, %s%n",
                        gbits, packets, recorder.carried, open.path.counts());
                assertThat(recorder.carried).isLessThan((int) (packets / 1000));
                assertThat(counted).isGreaterThan(bytes - (8L << 20));
                assertThat(counted - bytes).isLessThan(packets * 66 / 4);
            }
            return null;
        });
    }

    /** A tag moves between frame and metadata several times on both ways; what says where checksum and segments are has to follow. */
    @Test
    @Tag("long")
    void superFramesWithTagsStayWhole() throws Exception {
        try (Outside from = Outside.open(client, "c0");
                Outside to = Outside.open(server, "s0")) {
            middle.in(() -> {
                try (Open open = Open.open()) {
                    MemoryFrame tagged = superFrame(TAG);
                    from.send(tagged);
                    assertSame(Outside.nextFrame(open.left, new Batch(), open.pool), tagged);

                    Journey journey = tcp(open).tags(TAG, 0, 0, 0);
                    assertThat(open.path.offload().install(journey.key, journey.action))
                            .isZero();
                    from.send(tagged);
                    assertSame(to.receiveFrame(open.path), superFrame(0));
                    // 3,000 bytes in segments of 1,000; the frame is counted as it came in.
                    assertThat(journey.counted(open.path.offload())).containsExactly(3, tagged.bytes().length);

                    Journey other = tcp(open).tags(0, 0, OUTER_TAG, TAG);
                    assertThat(open.path.offload().install(other.key, other.action))
                            .isZero();
                    from.send(superFrame(0));
                    MemoryFrame out = to.receiveFrame(open.path);
                    assertThat(out.bytes()).hasSize(tagged.bytes().length + 4);
                    assertThat(out.gsoType()).isEqualTo(Batch.GSO_TCPV4);
                    assertThat(out.csumStart()).isEqualTo(34 + 8);
                }
                return null;
            });
        }
    }

    private Journey tcp(Open open) {
        return Journey.between(open.left.number(), open.right.number(), 6, "10.9.0.1", 4000, "10.9.0.2", 80)
                .macs(serverMac, clientMac);
    }

    private MemoryFrame superFrame(int tag) {
        byte[] bytes = TestFrame.tcp(serverMac, clientMac, tag, "10.9.0.1", 4000, "10.9.0.2", 80, 3000);
        int l4 = tag == 0 ? 34 : 38;
        return MemoryFrame.superFrame(bytes, Batch.GSO_TCPV4, 1000, l4 + 20, l4, 16);
    }

    private static void assertSame(MemoryFrame frame, MemoryFrame expected) {
        assertThat(frame.bytes()).isEqualTo(expected.bytes());
        assertThat(frame.gsoType()).isEqualTo(expected.gsoType());
        assertThat(frame.gsoSizeBytes()).isEqualTo(expected.gsoSizeBytes());
        assertThat(frame.offload()).isEqualTo(Batch.CHECKSUM_PARTIAL);
        assertThat(frame.csumStart()).isEqualTo(expected.csumStart());
        assertThat(frame.csumOffset()).isEqualTo(expected.csumOffset());
    }

    @Test
    @Tag("long")
    void walkHandsOutEachRecordOnce() throws Exception {
        middle.in(() -> {
            try (Open open = Open.open()) {
                KernelOffload offload = open.path.offload();
                assertThat(offload.read((key, k, action, a) -> {}, 64)).isEqualTo(OffloadDevice.WALK_ENDED);
                for (int port = 1; port <= 300; port++) {
                    Journey journey = toServer(open, port);
                    OffloadAction.setCookie(journey.action, 0, port);
                    assertThat(offload.install(journey.key, journey.action)).isZero();
                }
                for (int round = 0; round < 2; round++) {
                    List<Long> seen = new ArrayList<>();
                    int calls = 0;
                    for (int found = 0; found != OffloadDevice.WALK_ENDED; calls++) {
                        assertThat(found).isLessThanOrEqualTo(64);
                        found = offload.read(
                                (keys, k, actions, a) -> {
                                    assertThat(OffloadKey.destinationPort(keys, k))
                                            .isEqualTo((int) OffloadAction.cookie(actions, a));
                                    seen.add(OffloadAction.cookie(actions, a));
                                },
                                64);
                    }
                    assertThat(calls).isGreaterThan(4);
                    assertThat(seen).hasSize(300).doesNotHaveDuplicates();
                }
            }
            return null;
        });
    }

    @Test
    @Tag("long")
    void goesWithoutTraces() throws Exception {
        middle.in(() -> {
            Open.open().close();
            assertThat(LinkMonitor.read(PuntDevice.FROM)).isEmpty();
            try (Open again = Open.open()) {
                assertThat(again.left.number()).isEqualTo(1);
            }
            return null;
        });
        assertThat(middle.output("ip -o link")).doesNotContain("sluice");
        assertThat(middle.output("bpftool net show")).doesNotContain("tc_ingress");
    }

    @Test
    void saysWhatIsMissing() throws Exception {
        assertThatThrownBy(() -> Libbpf.load("libbpf.so.99"))
                .hasMessage(
                        "fast path: libbpf.so.99 is not there or older than 1.0; install it (Debian: apt-get install"
                                + " libbpf1) or run with the fast path off");
        middle.in(() -> {
            try (FastPath path = FastPath.open(frames(), 16)) {
                assertThatThrownBy(() -> path.attach("nowhere", 1))
                        .hasMessageContaining("fast path on nowhere: no such interface");
            }
            return null;
        });
    }

    @Test
    void saysWhichRightIsMissing() {
        String said = OpenFastPath.run(middle, "setpriv --bounding-set -all --inh-caps -all");
        assertThat(said)
                .contains("fast path: loading the program")
                .contains(
                        "EPERM: needs CAP_BPF, CAP_PERFMON and CAP_NET_ADMIN; run as root or grant CAP_BPF, CAP_PERFMON and CAP_NET_ADMIN")
                .hasLineCount(1);
        assertThat(middle.output("ip -o link")).doesNotContain("sluice");
    }

    /** X10: with addresses on the interface, the host hears what is addressed to it, and so does the data path. */
    @Test
    void hostWithAddressesOnThePortKeepsAnswering() throws Exception {
        middle.ip("addr add 10.9.0.3/24 dev left");
        middle.in(() -> {
            try (Open open = Open.open()) {
                assertThat(open.left.description()).contains("shared with the host");
                assertThat(open.right.description()).doesNotContain("shared");
                // ARP is for everybody, the echo is for the port's own MAC address.
                client.exec("ping -c 2 -W 2 -i 0.2 10.9.0.3");
                Batch batch = new Batch();
                assertThat(await(open.left, batch, open.pool)).isNotNegative();
            }
            return null;
        });
    }

    /** As after DHCP; LinkMonitor tells of it. */
    @Test
    void hostThatGetsAnAddressLaterAnswers() throws Exception {
        middle.in(() -> {
            try (Open open = Open.open()) {
                assertThat(open.left.description()).doesNotContain("shared");
                middle.ip("addr add 10.9.0.3/24 dev left");
                open.left.onAddresses();
                assertThat(open.left.description()).contains("shared with the host");
                client.exec("ping -c 2 -W 2 -i 0.2 10.9.0.3");
                middle.ip("addr del 10.9.0.3/24 dev left");
                open.left.onAddresses();
                assertThat(open.left.description()).doesNotContain("shared");
            }
            return null;
        });
    }

    /** Without addresses the host is not asked, as with AF_XDP. */
    @Test
    @Tag("long")
    void hostWithoutAddressesSeesNothing() throws Exception {
        client.ip("neigh replace 10.9.0.3 lladdr "
                + words(middle.in(() -> LinkMonitor.read("left").orElseThrow().mac())) + " dev c0 nud permanent");
        middle.exec("sysctl -q -w net.ipv4.ip_forward=1");
        middle.in(() -> {
            try (Open open = Open.open()) {
                long before = received(middle);
                client.exec("ping -c 1 -W 1 10.9.0.3 || true");
                assertThat(received(middle)).isEqualTo(before);
                assertThat(await(open.left, new Batch(), open.pool)).isNotNegative();
            }
            return null;
        });
    }

    /** IP packets that the stack of a namespace has taken in: the third figure of the second line. */
    private static long received(Namespace where) {
        return Long.parseLong(where.output("awk '/^Ip:/ { value = $4 } END { print value }' /proc/net/snmp")
                .strip());
    }
}
