package dev.sluice.testkit;

import static dev.sluice.testkit.FastPathWorld.CLIENT;
import static dev.sluice.testkit.FastPathWorld.SERVER;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.datapath.track.TcpState;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Who forges an RST, with whatever sequence number, moves no connection to another node: hosts would not have taken it (RFC 5961 3.2; V2). */
class ForgedResetsTest {
    private static final long SECOND_NS = 1_000_000_000L;

    /** Longer than a closed connection is remembered, shorter than an established one. */
    private static final long PAUSE_NS = 600 * SECOND_NS;

    private static final int DATA = TcpState.ACK | 0x08;

    private final MemorySwitch sluice = new MemorySwitch(new FastPathWorld().snapshot(), 1024);
    private final MemoryOffload device = new MemoryOffload(1000, _ -> true);

    @AfterEach
    void close() {
        sluice.close();
    }

    private static TestPacket question(int flags) {
        return TestPacket.tcp("10.0.0.1:4000", "10.0.0.2:22", flags);
    }

    private static TestPacket answer(int flags) {
        return TestPacket.tcp("10.0.0.2:22", "10.0.0.1:4000", flags);
    }

    /** Sends a packet of the client, or of the server, through its node; the node. */
    private int through(int from, TestPacket packet) {
        sluice.receive(from, packet.bytes());
        for (int node = 0; node < 2; node++) {
            boolean forward = from == CLIENT;
            List<byte[]> inside = sluice.sent(forward ? FastPathWorld.nodeIn(node) : FastPathWorld.nodeOut(node));
            if (!inside.isEmpty()) {
                sluice.receive(forward ? FastPathWorld.nodeOut(node) : FastPathWorld.nodeIn(node), inside.getFirst());
                assertThat(sluice.sent(forward ? SERVER : CLIENT)).hasSize(1);
                return node;
            }
        }
        throw new AssertionError("went through no node: " + sluice.drops());
    }

    /** A connection, and some traffic; its node. */
    private int connect() {
        int node = through(CLIENT, question(TcpState.SYN));
        through(SERVER, answer(TcpState.SYN | TcpState.ACK));
        for (int i = 0; i < 3; i++) {
            through(CLIENT, question(DATA));
            through(SERVER, answer(DATA));
        }
        return node;
    }

    private void pause() {
        for (int i = 0; i < 600; i++) {
            sluice.advance(PAUSE_NS / 600);
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void connectionThatGoesOnKeepsItsNodeOverAPause(boolean fastPath) {
        if (fastPath) {
            sluice.offload(device, 1);
        }
        int node = connect();
        assertThat(device.hits() > 0).isEqualTo(fastPath);
        for (int side : new int[] {CLIENT, SERVER}) {
            through(side, side == CLIENT ? question(TcpState.RST) : answer(TcpState.RST));
            through(CLIENT, question(DATA));
            through(SERVER, answer(DATA));
            pause();
            assertThat(through(CLIENT, question(DATA))).isEqualTo(node);
            assertThat(through(SERVER, answer(DATA))).isEqualTo(node);
        }
    }

    @Test
    void resetAndOpeningTogetherDoNotMoveItEither() {
        int node = connect();
        through(CLIENT, question(TcpState.RST));
        assertThat(through(CLIENT, question(TcpState.SYN))).isEqualTo(node);
        assertThat(through(SERVER, answer(TcpState.ACK))).as("RFC 5961 4.2").isEqualTo(node);
        assertThat(through(CLIENT, question(DATA))).isEqualTo(node);
        pause();
        assertThat(through(SERVER, answer(DATA))).isEqualTo(node);
        assertThat(sluice.datapath().connections().size()).isOne();
    }

    @Test
    void hostThatHasStartedAnewConnectsFromTheSamePort() {
        int node = connect();
        through(CLIENT, question(TcpState.RST));
        assertThat(through(CLIENT, question(TcpState.SYN))).isEqualTo(node);
        through(SERVER, answer(TcpState.SYN | TcpState.ACK));
        through(CLIENT, question(TcpState.ACK));
        pause();
        assertThat(through(SERVER, answer(DATA))).isEqualTo(node);
    }

    @Test
    void connectionThatIsOverIsForgotten() {
        connect();
        through(SERVER, answer(TcpState.RST));
        through(CLIENT, question(DATA));
        pause();
        assertThat(sluice.datapath().connections().size()).isZero();
    }

    /** Who opens decides what is forward, and by which rules. */
    @Test
    void openingOfTheOtherSideIsDecidedAnew() {
        int node = connect();
        through(CLIENT, question(TcpState.RST));
        sluice.receive(SERVER, answer(TcpState.SYN).bytes());
        assertThat(sluice.sent(FastPathWorld.nodeIn(1 - node)))
                .as("as a forward packet of a new flow")
                .hasSize(1);
    }
}
