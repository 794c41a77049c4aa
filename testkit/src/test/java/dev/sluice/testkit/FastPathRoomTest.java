package dev.sluice.testkit;

import static dev.sluice.testkit.FastPathWorld.CLIENT;
import static dev.sluice.testkit.FastPathWorld.SERVER;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.datapath.mirror.OffloadMirror;
import dev.sluice.datapath.offload.OffloadRefusal;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What happens at the bound of the fast path: those in use stay, those that were idle longest give way, nothing is lost or forgotten (packet-life.md, fast path; X1). */
class FastPathRoomTest {
    private static final long MS = 1_000_000L;

    /** Of a flow towards the server: to its node, and from there. */
    private static final int EACH = 2;

    private static final int FLOWS = 3;
    private static final int EBUSY = 16;

    private final FastPathWorld world = new FastPathWorld();
    private final MemorySwitch sluice = new MemorySwitch(world.snapshot(), 1024);
    private final MemoryOffload device = new MemoryOffload(FLOWS * EACH, _ -> true);

    @BeforeEach
    void fill() {
        sluice.offload(device, 1);
        for (int flow = 1; flow <= FLOWS; flow++) {
            send(flow);
            send(flow);
        }
        assertThat(device.size()).isEqualTo(FLOWS * EACH);
    }

    @AfterEach
    void fastPathAndDataPathAgree() {
        assertThat(mirror().differences(sluice.nowNs())).isEmpty();
        sluice.close();
    }

    private OffloadMirror mirror() {
        return Objects.requireNonNull(sluice.datapath().offload());
    }

    /** Sends a packet of a flow from the client through a node to the server; how many of its two journeys were repeated. */
    private long send(int flow) {
        long before = device.hits();
        byte[] packet = TestPacket.udp("10.0.0.1:" + flow, "10.0.0.2:53")
                .payload("question")
                .bytes();
        sluice.receive(CLIENT, packet);
        for (int node = 0; node < 2; node++) {
            for (byte[] frame : sluice.sent(FastPathWorld.nodeIn(node))) {
                sluice.receive(FastPathWorld.nodeOut(node), frame);
            }
        }
        List<byte[]> arrived = sluice.sent(SERVER);
        assertThat(arrived).containsExactly(packet);
        return device.hits() - before;
    }

    private long gaveWay() {
        return mirror().counters().gaveWay;
    }

    @Test
    void flowsBeyondTheBoundStayInTheDataPathAsLongAsTheOthersAreInUse() {
        for (int i = 0; i < 20; i++) {
            for (int flow = 1; flow <= FLOWS; flow++) {
                assertThat(send(flow)).isEqualTo(EACH);
            }
            assertThat(send(9)).isZero();
            sluice.advance(100 * MS);
        }
        assertThat(mirror().counters().refused(OffloadRefusal.FULL)).isGreaterThanOrEqualTo(19 * EACH);
        assertThat(gaveWay()).isZero();
    }

    /** Memory of the kernel may be short, or its table busy. */
    @Test
    void whatTheDeviceDoesNotHandBackIsRemovedAllTheSame() {
        long moves = mirror().counters().configMoves;
        device.takesFail(EBUSY, true);
        sluice.advance(1_200 * MS);
        send(9);
        send(9);
        assertThat(gaveWay()).isEqualTo(EACH);
        assertThat(device.size()).isEqualTo(FLOWS * EACH);
        assertThat(mirror().counters().configMoves).isEqualTo(moves);
    }

    @Test
    void nothingHoldsAnyMoreIfADeviceKeepsWhatIsTakenBack() {
        long moves = mirror().counters().configMoves;
        device.takesFail(EBUSY, false);
        sluice.advance(1_200 * MS);
        send(9);
        assertThat(gaveWay()).isPositive();
        assertThat(mirror().counters().configMoves).isGreaterThan(moves);
        for (int flow = 1; flow <= FLOWS; flow++) {
            assertThat(send(flow)).isZero();
        }
        device.takesFail(0, true);
        sluice.advance(2_000 * MS);
    }

    @Test
    void theOneThatWasIdleLongestGivesWay() {
        sluice.advance(600 * MS);
        // Repeated, and not read yet when room is needed.
        send(1);
        send(3);
        sluice.advance(600 * MS);
        send(9);
        send(9);
        assertThat(gaveWay()).isEqualTo(EACH);
        assertThat(send(9)).isEqualTo(EACH);
        assertThat(send(1)).isEqualTo(EACH);
        assertThat(send(3)).isEqualTo(EACH);
        assertThat(send(2)).as("gave way, and finds no idle one").isZero();
        assertThat(mirror().size()).isEqualTo(FLOWS * EACH);
    }

    @Test
    void whatAFlowThatGaveWayHadCountedIsKept() {
        for (int i = 0; i < 8; i++) {
            send(1);
        }
        sluice.advance(1_100 * MS);
        for (int flow = 11; flow < 11 + FLOWS; flow++) {
            send(flow);
            send(flow);
        }
        assertThat(gaveWay()).isEqualTo(FLOWS * EACH);
        assertThat(sluice.datapath().connections().packets(0, 0)).isEqualTo(10);
        assertThat(send(1)).isZero();
        sluice.advance(1_100 * MS);
        send(1);
        assertThat(send(1)).as("comes back when there is room again").isEqualTo(EACH);
        assertThat(sluice.datapath().connections().size()).isEqualTo(2 * FLOWS);
    }

    @Test
    void moreFlowsThanThereIsRoomForTakeTurnsWithoutAnyGettingLost() {
        for (int round = 0; round < 5; round++) {
            for (int flow = 1; flow <= 40; flow++) {
                send(flow);
                sluice.advance(100 * MS);
            }
        }
        assertThat(mirror().size()).isEqualTo(FLOWS * EACH);
        assertThat(gaveWay()).isPositive();
    }

    @Test
    void numberOfPacketsThatAreWaitedForMayChange() {
        sluice.advance(1_100 * MS);
        sluice.datapath().offloadAfter(3);
        for (int i = 0; i < 3; i++) {
            assertThat(send(5)).isZero();
        }
        assertThat(send(5)).as("after three in the data path").isEqualTo(EACH);
        assertThat(send(3)).as("what the device has stays").isEqualTo(EACH);
    }
}
