package dev.sluice.testkit;

import static dev.sluice.testkit.FastPathWorld.CLIENT;
import static dev.sluice.testkit.FastPathWorld.EAST_HOST;
import static dev.sluice.testkit.FastPathWorld.SERVER;
import static dev.sluice.testkit.FastPathWorld.WEST;
import static dev.sluice.testkit.FastPathWorld.WEST_HOST;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.datapath.mirror.OffloadCounters;
import dev.sluice.datapath.mirror.OffloadMirror;
import dev.sluice.datapath.offload.OffloadRefusal;
import dev.sluice.datapath.packet.Batch;
import dev.sluice.datapath.packet.DropReason;
import dev.sluice.datapath.stage.PacketTracer;
import dev.sluice.datapath.track.TcpState;
import dev.sluice.ports.MemoryFrame;
import java.lang.reflect.Proxy;
import java.util.BitSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What is repeated without the data path, and when it comes back to it (packet-life.md, fast path; X1). */
class FastPathTest {
    private static final long MS = 1_000_000L;
    private static final long SECOND = 1000 * MS;
    private static final long HOST_MAC = 0x0a00_0000_0001L;
    private static final long OTHER_MAC = 0x0a00_0000_0002L;

    private final FastPathWorld world = new FastPathWorld();
    private final MemorySwitch sluice = new MemorySwitch(world.snapshot(), 1024);
    private MemoryOffload device = new MemoryOffload(1000, _ -> true);

    @BeforeEach
    void begin() {
        sluice.offload(device, 1);
    }

    @AfterEach
    void fastPathAndDataPathAgree() {
        assertThat(mirror().differences(sluice.nowNs())).isEmpty();
        sluice.close();
    }

    private OffloadMirror mirror() {
        return Objects.requireNonNull(sluice.datapath().offload());
    }

    private OffloadCounters counters() {
        return mirror().counters();
    }

    private static TestPacket udp(int port) {
        return TestPacket.udp("10.0.0.1:" + port, "10.0.0.2:53").payload("question");
    }

    /** Sends a packet from the client's side through its node to the server; the node that it went through, -1 if it got lost. */
    private int through(TestPacket packet) {
        return through(CLIENT, packet);
    }

    private int through(int from, TestPacket packet) {
        return FastPathWorld.through(sluice, from, packet);
    }

    /** Packets that the fast path repeated while something happened. */
    private long hits(Runnable what) {
        long before = device.hits();
        what.run();
        return device.hits() - before;
    }

    private long frames() {
        return sluice.datapath().counters().frames;
    }

    @Test
    void bothJourneysOfAFlowAreRepeatedFromTheSecondPacketOn() {
        assertThat(hits(() -> through(udp(1)))).as("decided").isZero();
        through(udp(1));
        long before = frames();

        assertThat(hits(() -> through(udp(1)))).as("to the node, and from it").isEqualTo(2);
        assertThat(frames()).isEqualTo(before);
    }

    @Test
    void waitsForAsManyPacketsAsItIsTold() {
        sluice.offload(device, 3);
        through(udp(1));
        through(udp(1));
        assertThat(device.size()).isZero();

        through(udp(1));
        assertThat(device.size()).isEqualTo(2);
        assertThat(counters().refused(OffloadRefusal.NEW_FLOW)).isPositive();
    }

    @Test
    void countsWhereThePacketsWouldHaveCounted() {
        int node = through(udp(1));
        for (int i = 0; i < 9; i++) {
            through(udp(1));
        }
        assertThat(world.nodeCounters[node].sent[0]).as("not read yet").isLessThan(10);

        mirror().readAll(sluice.nowNs());

        var connections = sluice.datapath().connections();
        assertThat(connections.packets(0, 0)).isEqualTo(10);
        assertThat(connections.bytes(0, 0)).isEqualTo(10L * udp(1).bytes().length);
        assertThat(world.nodeCounters[node].sent[0]).isEqualTo(10);
        assertThat(world.nodeCounters[node].returned[0]).isEqualTo(10);
        assertThat(sluice.datapath().snapshot().rules().getFirst().counters().packets)
                .isEqualTo(10);
        assertThat(counters().frames).isEqualTo(device.hits());
    }

    @Test
    void timersReadWhatWasCounted() {
        through(udp(1));
        for (int i = 0; i < 9; i++) {
            through(udp(1));
        }
        sluice.advance(1100 * MS);
        sluice.advance(1100 * MS);

        assertThat(sluice.datapath().connections().packets(0, 0)).isEqualTo(10);
    }

    @Test
    void superFramesAreOneFrameToTheDataPathAndManyPacketsOnTheWire() {
        through(udp(1));
        through(udp(1));
        byte[] bytes = TestPacket.udp("10.0.0.1:1", "10.0.0.2:53")
                .payload(new byte[3000])
                .bytes();
        MemoryFrame frame = MemoryFrame.superFrame(bytes, Batch.GSO_UDP_L4, 1000, 42, 34, 6);

        assertThat(hits(() -> sluice.receive(CLIENT, frame))).isEqualTo(1);
        mirror().readAll(sluice.nowNs());

        assertThat(counters().packets - counters().frames).isEqualTo(2);
        assertThat(sluice.datapath().connections().packets(0, 0)).isEqualTo(3);
    }

    // TCP.

    private void handshake(int port) {
        through(tcp(port, TcpState.SYN));
        through(SERVER, tcp(port, TcpState.SYN | TcpState.ACK).reply());
        through(tcp(port, TcpState.ACK));
    }

    private static TestPacket tcp(int port, int flags) {
        return TestPacket.tcp("10.0.0.1:" + port, "10.0.0.2:80", flags);
    }

    @Test
    void tcpIsRepeatedOnceItIsEstablished() {
        through(tcp(1, TcpState.SYN));
        through(tcp(1, TcpState.ACK));
        assertThat(hits(() -> through(tcp(1, TcpState.ACK))))
                .as("only from the node")
                .isEqualTo(1);
        assertThat(counters().refused(OffloadRefusal.TCP_NOT_ESTABLISHED)).isPositive();

        handshake(2);
        through(tcp(2, TcpState.ACK));
        assertThat(hits(() -> through(tcp(2, TcpState.ACK)))).isEqualTo(2);
    }

    @Test
    void theTrackerSeesEachSynFinAndRst() {
        handshake(1);
        through(tcp(1, TcpState.ACK));
        through(SERVER, tcp(1, TcpState.ACK).reply());
        assertThat(hits(() -> through(tcp(1, TcpState.FIN | TcpState.ACK)))).isZero();
        assertThat(hits(() ->
                        through(SERVER, tcp(1, TcpState.FIN | TcpState.ACK).reply())))
                .isZero();
        assertThat(sluice.datapath().connections().tcpState(0)).isEqualTo(TcpState.CLOSING);
        assertThat(hits(() -> through(tcp(1, TcpState.RST)))).isZero();
        assertThat(sluice.datapath().connections().tcpState(0)).isEqualTo(TcpState.CLOSED);
    }

    @Test
    void aNewConnectionOnTheSamePortsIsDecidedAnew() {
        handshake(1);
        through(tcp(1, TcpState.ACK));
        through(tcp(1, TcpState.ACK));
        through(tcp(1, TcpState.FIN | TcpState.ACK));
        through(SERVER, tcp(1, TcpState.FIN | TcpState.ACK).reply());
        through(tcp(1, TcpState.SYN));

        assertThat(device.size()).as("nothing of the old one").isZero();
    }

    /** Or the tracker would not see that the connection goes on, and forget it at the next pause. */
    @Test
    void anRstBringsTheConnectionBackToTheDataPathUntilItGoesOn() {
        handshake(1);
        through(tcp(1, TcpState.ACK));
        through(tcp(1, TcpState.ACK));
        assertThat(device.size()).isPositive();
        through(tcp(1, TcpState.RST));
        assertThat(device.size()).isZero();
        assertThat(hits(() -> through(tcp(1, TcpState.ACK)))).isZero();
        assertThat(sluice.datapath().connections().tcpState(0)).isEqualTo(TcpState.ESTABLISHED);
        through(tcp(1, TcpState.ACK));
        assertThat(hits(() -> through(tcp(1, TcpState.ACK)))).isEqualTo(2);
    }

    // What ends it.

    @Test
    void aNodeThatDiesConcernsOnlyFlowsOfItsPath() {
        int one = through(udp(1));
        int other = through(udp(2));
        assertThat(one).isNotEqualTo(other);
        through(udp(1));
        through(udp(2));

        sluice.liveness().setInstance(one, false);
        sluice.advance(0);

        assertThat(hits(() -> through(udp(2)))).as("the other path").isEqualTo(2);
        sluice.advance(1001 * MS);
        assertThat(hits(() -> assertThat(through(udp(1))).isEqualTo(other))).isZero();
        assertThat(hits(() -> assertThat(through(udp(1))).isEqualTo(other)))
                .as("its first packet on the other path was enough")
                .isEqualTo(2);
        assertThat(counters().pathMoves).isEqualTo(1);
        assertThat(counters().configMoves).isEqualTo(1);
    }

    @Test
    void aNodeInMaintenanceIsLeft() {
        int one = through(udp(1));
        through(udp(1));
        through(udp(1));
        sluice.advance(1100 * MS);

        sluice.liveness().setLeaving(one, true);
        sluice.advance(0);

        assertThat(through(udp(1))).isEqualTo(1 - one);
    }

    @Test
    void aFlowOnAPathThatIsToBeLeftMovesAsSoonAsAnotherOneIsFit() {
        int one = through(udp(1));
        sluice.liveness().setLeaving(0, true);
        sluice.liveness().setLeaving(1, true);
        through(udp(1));
        assertThat(hits(() -> assertThat(through(udp(1))).isEqualTo(one))).isEqualTo(2);

        sluice.liveness().setLeaving(1 - one, false);
        sluice.advance(0);

        assertThat(through(udp(1))).isEqualTo(1 - one);
    }

    @Test
    void packetsInsideTheOldPathAreKnownEvenIfOnlyTheFastPathSawThem() {
        sluice.apply(world.through(0, 1));
        throughBoth(udp(1), 0, 1);
        throughBoth(udp(1), 0, 1);
        sluice.advance(10 * SECOND);
        assertThat(hits(() -> throughBoth(udp(1), 0, 1))).as("just now").isEqualTo(3);

        sluice.apply(world.through(1, 0));
        sluice.receive(CLIENT, udp(1).bytes());

        assertThat(sluice.drops()).isEqualTo(Map.of(DropReason.PATH_CHANGING, 1L));
        sluice.advance(SECOND);
        throughBoth(udp(1), 1, 0);
    }

    private void throughBoth(TestPacket packet, int first, int second) {
        sluice.receive(CLIENT, packet.bytes());
        for (int node : new int[] {first, second}) {
            List<byte[]> there = sluice.sent(FastPathWorld.nodeIn(node));
            assertThat(there).as("at node %s", node).hasSize(1);
            sluice.receive(FastPathWorld.nodeOut(node), there.getFirst());
        }
        assertThat(sluice.sent(SERVER)).containsExactly(packet.bytes());
    }

    @Test
    void aRecordOfTheSameAddressesAndPortsAnywhereEndsIt() {
        TestPacket sameAsRouted = TestPacket.udp(WEST_HOST + ":1", EAST_HOST + ":53");
        through(sameAsRouted);
        through(sameAsRouted);
        assertThat(device.size()).isEqualTo(2);

        sluice.receive(
                WEST, sameAsRouted.ethernet(HOST_MAC, FastPathWorld.mac(WEST)).bytes());

        assertThat(device.size()).isZero();
    }

    @Test
    void anotherConfigurationIsFollowedAtOnce() {
        through(udp(1));
        through(udp(1));
        sluice.apply(world.snapshot());

        assertThat(hits(() -> through(udp(1)))).as("looked at once more").isZero();
        assertThat(hits(() -> through(udp(1)))).as("and repeated again").isEqualTo(2);
    }

    @Test
    void notOnePacketMorePassesWhenARuleSaysDrop() {
        through(udp(1));
        through(udp(1));
        sluice.apply(world.dropping());

        sluice.receive(CLIENT, udp(1).bytes());
        sluice.receive(CLIENT, udp(1).bytes());

        assertThat(sluice.sentAnywhere()).isEmpty();
        assertThat(sluice.drops()).isEqualTo(Map.of(DropReason.RULE_DROP, 2L));
    }

    @Test
    void whileSomebodyTracesTheDataPathSeesEachPacket() {
        through(udp(1));
        through(udp(1));
        sluice.datapath().trace(nobody());
        assertThat(hits(() -> through(udp(1)))).isZero();
        assertThat(counters().refused(OffloadRefusal.TRACED)).isEqualTo(2);

        sluice.datapath().trace(null);
        through(udp(1));
        assertThat(hits(() -> through(udp(1)))).isEqualTo(2);
    }

    private static PacketTracer nobody() {
        return (PacketTracer) Proxy.newProxyInstance(
                FastPathTest.class.getClassLoader(), new Class<?>[] {PacketTracer.class}, (_, _, _) -> null);
    }

    @Test
    void nodesWithCapsGetTheirPacketsFromTheDataPath() {
        int node = through(udp(1));
        sluice.apply(world.capped(node));
        for (int i = 0; i < 3; i++) {
            through(udp(1));
        }
        assertThat(counters().refused(OffloadRefusal.CAPPED)).isEqualTo(3);
        assertThat(device.size()).as("only what comes back").isEqualTo(1);
    }

    @Test
    void aFlowFromAnotherHostAddressIsNotTakenForTheSame() {
        through(udp(1));
        through(udp(1));
        TestPacket other = udp(1).ethernet(OTHER_MAC, HOST_MAC);

        assertThat(hits(() -> sluice.receive(CLIENT, other.bytes()))).isZero();
    }

    // Ages.

    @Test
    void aFlowThatOnlyTheFastPathSeesStaysAlive() {
        through(udp(1));
        through(udp(1));
        through(SERVER, udp(1).reply());
        through(udp(1));
        long before = frames();
        for (int i = 0; i < 100; i++) {
            sluice.advance(10 * SECOND);
            assertThat(hits(() -> through(udp(1)))).isEqualTo(2);
        }
        assertThat(frames()).isEqualTo(before);
        assertThat(sluice.datapath().connections().size()).isEqualTo(1);
    }

    @Test
    void noFlowExpiresOnlyBecauseItWasNotReadInTime() {
        for (int round = 0; round < 3; round++) {
            for (int flow = 1; flow <= 300; flow++) {
                through(udp(flow));
            }
            sluice.advance(20 * SECOND);
        }
        assertThat(sluice.datapath().connections().size()).isEqualTo(300);
        assertThat(sluice.datapath().connections().expired()).isZero();
    }

    @Test
    void aFlowThatEndsInTheFastPathExpires() {
        through(udp(1));
        through(udp(1));
        sluice.advance(10 * SECOND);
        through(udp(1));

        sluice.advance(600 * SECOND);
        sluice.advance(600 * SECOND);

        assertThat(sluice.datapath().connections().size()).isZero();
        assertThat(device.size()).isZero();
    }

    // Room.

    @Test
    void aFullFastPathTakesNoMoreAndSaysSo() {
        device = new MemoryOffload(3, _ -> true);
        sluice.offload(device, 1);
        for (int i = 1; i <= 3; i++) {
            through(udp(i));
            through(udp(i));
        }
        assertThat(device.size()).isEqualTo(3);
        assertThat(counters().refused(OffloadRefusal.FULL)).isPositive();
        assertThat(through(udp(3))).as("goes on without").isNotNegative();
    }

    @Test
    void portsWithoutFastPathAreLeftAlone() {
        device = new MemoryOffload(100, port -> port != SERVER);
        sluice.offload(device, 1);
        for (int i = 0; i < 3; i++) {
            through(udp(1));
        }
        assertThat(device.size()).as("only to the node").isEqualTo(1);
        assertThat(counters().refused(OffloadRefusal.PORT_NOT_ATTACHED)).isPositive();
    }

    @Test
    void aPortThatGetsItsFastPathLaterIsUsedFromThenOn() {
        BitSet attached = new BitSet();
        attached.set(0, 8);
        attached.clear(SERVER);
        device = new MemoryOffload(100, attached::get);
        sluice.offload(device, 1);
        through(udp(1));
        through(udp(1));
        attached.set(SERVER);
        mirror().portChanged(SERVER);
        through(udp(1));

        assertThat(hits(() -> through(udp(1)))).isEqualTo(2);
    }

    /** The interface of one virtual machine is everyday business of all others. */
    @Test
    void aPortThatIsMadeAnewEndsOnlyWhatLeavesByIt() {
        for (int i = 0; i < 3; i++) {
            through(udp(1));
        }
        long moves = counters().configMoves;
        mirror().portChanged(SERVER);
        assertThat(hits(() -> through(udp(1)))).as("to the node").isEqualTo(1);
        assertThat(hits(() -> through(udp(1)))).isEqualTo(2);
        assertThat(counters().configMoves).isEqualTo(moves);
    }

    /** Nothing is recorded meanwhile, so nothing has to end behind it. */
    @Test
    void traceEndsWhatIsRepeatedOnceOnly() {
        long moves = counters().configMoves;
        PacketTracer tracer = (PacketTracer) Proxy.newProxyInstance(
                PacketTracer.class.getClassLoader(),
                new Class<?>[] {PacketTracer.class},
                (_, method, _) -> method.getReturnType() == long.class ? 0L : null);
        sluice.datapath().trace(tracer);
        sluice.datapath().trace(tracer);
        for (int i = 0; i < 3; i++) {
            through(udp(1));
        }
        assertThat(device.size()).isZero();
        sluice.datapath().trace(null);
        assertThat(counters().configMoves).isEqualTo(moves + 1);
    }

    @Test
    void whatTheDeviceHasFromBeforeIsRemoved() {
        through(udp(1));
        through(udp(1));
        int before = device.size();
        sluice.offload(device, 1);
        assertThat(hits(() -> through(udp(1)))).as("of no use to somebody new").isZero();
        mirror().readAll(sluice.nowNs());

        assertThat(counters().strangersRemoved).isEqualTo(before - 2);
    }

    @Test
    void withoutFastPathEverythingIsWithTheDataPathAgain() {
        through(udp(1));
        through(udp(1));
        sluice.datapath().offload(null, 1);
        assertThat(hits(() -> through(udp(1)))).isZero();
        sluice.offload(device, 1);
    }
}
