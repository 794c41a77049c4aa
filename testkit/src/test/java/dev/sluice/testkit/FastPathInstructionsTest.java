package dev.sluice.testkit;

import static dev.sluice.testkit.FastPathWorld.CLIENT;
import static dev.sluice.testkit.FastPathWorld.SERVER;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.datapath.mirror.OffloadMirror;
import dev.sluice.datapath.offload.OffloadRefusal;
import dev.sluice.datapath.packet.DropReason;
import dev.sluice.datapath.track.FlowPrograms;
import dev.sluice.datapath.track.InstructedFlow;
import dev.sluice.datapath.track.Instruction;
import dev.sluice.wire.IpAddress;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What is repeated of flows of which something is told, and when it comes back to the data path (packet-life.md, fast path; V12, X1). */
class FastPathInstructionsTest {
    private static final long SECOND = 1_000_000_000L;

    private final FastPathWorld world = new FastPathWorld();
    private final MemorySwitch sluice = new MemorySwitch(world.snapshot(), 1024);
    private final MemoryOffload device = new MemoryOffload(1000, _ -> true);

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

    private static TestPacket udp(int port) {
        return TestPacket.udp("10.0.0.1:" + port, "10.0.0.2:53").payload("question");
    }

    /** The node that a packet of the client's goes through, -1 if it gets lost. */
    private int through(TestPacket packet) {
        return FastPathWorld.through(sluice, CLIENT, packet);
    }

    /** Packets that the fast path repeated while something happened. */
    private long hits(Runnable what) {
        long before = device.hits();
        what.run();
        return device.hits() - before;
    }

    @Test
    void anInstructionConcernsOnlyItsFlow() {
        through(udp(1));
        through(udp(2));
        through(udp(1));
        through(udp(2));
        int before = device.size();

        tell(1, FlowPrograms.Action.DROP);

        assertThat(device.size()).isEqualTo(before - 2);
        sluice.receive(CLIENT, udp(1).bytes());
        assertThat(sluice.sentAnywhere()).isEmpty();
        assertThat(sluice.drops()).isEqualTo(Map.of(DropReason.FLOW_PROGRAMMED, 1L));
        assertThat(hits(() -> through(udp(2)))).isEqualTo(2);
    }

    @Test
    void whatIsToldForAllPacketsOfAFlowIsRepeatedUntilItIsOver() {
        through(udp(1));
        tell(1, FlowPrograms.Action.ACCEPT);
        long repeated = hits(() -> {
            for (int i = 0; i < 3; i++) {
                sluice.receive(CLIENT, udp(1).bytes());
                assertThat(sluice.sent(SERVER)).hasSize(1);
            }
        });
        assertThat(repeated).as("all but the first").isEqualTo(2);
        mirror().readAll(sluice.nowNs());
        assertThat(sluice.datapath().counters().acceptedByInstruction).isEqualTo(3);
        assertThat(instructionHits()).isEqualTo(3);

        sluice.advance(11 * SECOND);
        assertThat(hits(() -> assertThat(through(udp(1))).isNotNegative())).isZero();
        assertThat(sluice.datapath().counters().acceptedByInstruction).isEqualTo(3);
        through(udp(1));
        assertThat(hits(() -> through(udp(1)))).isEqualTo(2);
    }

    @Test
    void whatIsTakenBackCountsWhatWasRepeatedAndIsRepeatedNoMore() {
        through(udp(1));
        tell(1, FlowPrograms.Action.ACCEPT);
        for (int i = 0; i < 5; i++) {
            sluice.receive(CLIENT, udp(1).bytes());
        }
        sluice.sentAnywhere();
        assertThat(sluice.datapath().programs().clear()).isEqualTo(1);

        assertThat(sluice.datapath().counters().acceptedByInstruction).isEqualTo(5);
        assertThat(hits(() -> assertThat(through(udp(1))).isNotNegative())).isZero();
    }

    @Test
    void aFlowOfWhichSomethingIsToldForOnePacketStaysWithTheDataPath() {
        through(udp(1));
        tell(1, FlowPrograms.Action.ACCEPT, 0, true);
        sluice.receive(CLIENT, udp(1).bytes());
        assertThat(sluice.sent(SERVER)).hasSize(1);
        through(udp(1));

        assertThat(hits(() -> sluice.receive(CLIENT, udp(1).bytes()))).isZero();
        assertThat(mirror().counters().refused(OffloadRefusal.INSTRUCTED)).isEqualTo(3);
    }

    @Test
    void aFlowThatIsToMoveAsSoonAsItCanStaysWithTheDataPath() {
        int node = through(udp(1));
        sluice.liveness().setInstance(1 - node, false);
        tell(1, FlowPrograms.Action.PATH, 2 - node, false);
        through(udp(1));
        assertThat(hits(() -> sluice.receive(CLIENT, udp(1).bytes()))).isZero();
        assertThat(sluice.sentAnywhere()).isNotEmpty();

        sluice.liveness().setInstance(1 - node, true);
        through(udp(1));
        // What is inside of the node that it leaves has time to come out.
        sluice.advance(2 * SECOND);
        assertThat(through(udp(1))).isEqualTo(1 - node);
        through(udp(1));
        assertThat(hits(() -> through(udp(1)))).as("where it is to be").isEqualTo(2);
    }

    private long instructionHits() {
        for (int i = 0; i < FlowPrograms.BUCKETS; i++) {
            Instruction one = sluice.datapath().programs().inBucket(i);
            if (one != null) {
                return one.hits();
            }
        }
        return 0;
    }

    private void tell(int port, FlowPrograms.Action action) {
        tell(port, action, 0, false);
    }

    private void tell(int port, FlowPrograms.Action action, int argument, boolean once) {
        InstructedFlow flow = new InstructedFlow(
                sluice.datapath().zone(0, 0, 0),
                17,
                IpAddress.parse("10.0.0.1").orElseThrow(),
                port,
                IpAddress.parse("10.0.0.2").orElseThrow(),
                53);
        sluice.datapath().programs().put(flow, action, argument, once, sluice.nowNs() + 10 * SECOND, sluice.nowNs());
    }
}
