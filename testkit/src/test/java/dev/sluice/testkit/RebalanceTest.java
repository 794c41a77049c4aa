package dev.sluice.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.datapath.paths.RebalanceRound;
import dev.sluice.datapath.paths.RebalanceRound.State;
import dev.sluice.datapath.track.FlowPrograms;
import dev.sluice.datapath.track.InstructedFlow;
import dev.sluice.wire.IpAddress;
import dev.sluice.wire.IpProtocols;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Flows in progress move to a node that is back, a few at a time, and lose nothing (V6; ADR 31). Two nodes; flows are UDP, one packet each per round. */
class RebalanceTest {
    private static final long MS = 1_000_000L;
    private static final int FLOWS = 200;
    private static final int PER_SECOND = 50;
    private static final IpAddress SERVER = IpAddress.parse("10.0.0.2").orElseThrow();

    private final FastPathWorld world = new FastPathWorld();
    private final MemorySwitch sluice = new MemorySwitch(world.snapshot(), 1024);

    @AfterEach
    void close() {
        sluice.close();
    }

    private static IpAddress client(int flow) {
        return IpAddress.ofIpv4(0x0a01_0000 + flow);
    }

    private static byte[] packet(int flow) {
        return TestPacket.udp(client(flow) + ":4000", SERVER + ":53")
                .payload("question")
                .bytes();
    }

    /** The node that gets a packet of a flow, which goes on to the server. */
    private int send(int flow) {
        sluice.receive(FastPathWorld.CLIENT, packet(flow));
        for (int node = 0; node < 2; node++) {
            for (byte[] frame : sluice.sent(FastPathWorld.nodeIn(node))) {
                sluice.receive(FastPathWorld.nodeOut(node), frame);
                assertThat(sluice.sent(FastPathWorld.SERVER)).hasSize(1);
                return node;
            }
        }
        throw new AssertionError("flow " + flow + " was dropped: " + sluice.drops());
    }

    /** Flows of the first node, each having sent one packet. */
    private int onFirst() {
        int count = 0;
        for (int flow = 0; flow < FLOWS; flow++) {
            count += send(flow) == 0 ? 1 : 0;
        }
        return count;
    }

    /** Lets time pass as a worker does, with a packet of each flow all 100 ms. */
    private void run(long ms) {
        for (long passed = 0; passed < ms; passed += 100) {
            onFirst();
            rest(100);
        }
    }

    private void rest(long ms) {
        for (long i = 0; i < ms; i++) {
            sluice.advance(MS);
        }
    }

    /** All flows are on the second node, and the first one is back. */
    private void killAndReturn() {
        assertThat(onFirst()).isEqualTo(FLOWS / 2);
        sluice.liveness().setInstance(0, false);
        sluice.advance(MS);
        assertThat(onFirst()).isZero();
        rest(1_500);
        sluice.liveness().setInstance(0, true);
        sluice.advance(MS);
        assertThat(onFirst()).isZero();
    }

    private RebalanceRound round() {
        return sluice.datapath().rebalance().rounds().getLast();
    }

    private List<String> ask(String name, int flowsPerSecond) {
        return sluice.datapath().rebalance().ask(name, flowsPerSecond, sluice.nowNs());
    }

    private long moved() {
        return sluice.datapath().counters().flowsRebalanced;
    }

    @Test
    void nodeThatIsBackGetsNewFlowsOnlyIfNothingIsSaid() {
        killAndReturn();
        run(5_000);
        assertThat(onFirst()).isZero();
        assertThat(sluice.datapath().rebalance().rounds()).isEmpty();
    }

    @Test
    void flowsMoveToANodeThatIsBackUntilBothHaveAsManyAndNoneFasterThanSaid() {
        sluice.apply(world.returning(0, PER_SECOND));
        killAndReturn();
        assertThat(round().state()).isEqualTo(State.WAITING);
        run(900);
        assertThat(onFirst()).as("it has to show that it stays").isZero();
        List<Integer> course = new ArrayList<>();
        for (int i = 0; i < 4; i++) {
            run(500);
            course.add(onFirst());
        }
        for (int i = 1; i < course.size(); i++) {
            assertThat(course.get(i) - course.get(i - 1))
                    .as("in half a second: %s", course)
                    .isBetween(PER_SECOND / 2 - 7, PER_SECOND / 2 + 7);
        }
        run(3_000);
        assertThat(onFirst()).isEqualTo(FLOWS / 2);
        assertThat(round().state()).isEqualTo(State.EVEN);
        assertThat(round().moved()).isEqualTo(FLOWS / 2).isEqualTo(round().asked());
        assertThat(moved()).isEqualTo(FLOWS / 2);
        assertThat(sluice.drops()).isEmpty();
        assertThat(sluice.datapath().programs().size()).as("instructions").isZero();
    }

    @Test
    void packetsThatAreInsideTheNodeBeforeComeOutByTheWayTheyCame() {
        sluice.apply(world.returning(0, 10_000));
        killAndReturn();
        run(1_000);
        List<byte[]> inside = new ArrayList<>();
        for (int flow = 0; flow < FLOWS; flow++) {
            sluice.receive(FastPathWorld.CLIENT, packet(flow));
        }
        inside.addAll(sluice.sent(FastPathWorld.nodeIn(1)));
        assertThat(inside).hasSize(FLOWS);
        for (int i = 0; i < 5; i++) {
            rest(20);
            onFirst();
        }
        assertThat(moved()).isPositive();
        inside.forEach(frame -> sluice.receive(FastPathWorld.nodeOut(1), frame));
        assertThat(sluice.sent(FastPathWorld.SERVER)).hasSize(FLOWS);
        assertThat(sluice.drops()).isEmpty();
    }

    @Test
    void nodeThatDiesAgainBeforeItHasSettledGetsNone() {
        sluice.apply(world.returning(0, PER_SECOND));
        killAndReturn();
        run(500);
        sluice.liveness().setInstance(0, false);
        run(5_000);
        assertThat(onFirst()).isZero();
        assertThat(moved()).isZero();
        assertThat(round().state()).isEqualTo(State.EVEN);
    }

    @Test
    void silentFlowsStayAndTheRoundEndsWithoutThem() {
        sluice.apply(world.returning(0, 1_000));
        killAndReturn();
        rest(6_000);
        assertThat(round().state()).isEqualTo(State.UNEVEN);
        assertThat(round().asked()).as("a second ago they had packets").isEqualTo(FLOWS / 2);
        assertThat(round().moved()).isZero();
        assertThat(onFirst()).isZero();
        rest(3_000);
        ask("inspect", 1_000);
        rest(3_000);
        assertThat(round().asked()).isZero();
    }

    @Test
    void operatorAsksForAChainOrANodeAndCanStopIt() {
        killAndReturn();
        assertThat(ask("nobody", 10)).isEmpty();
        assertThat(ask("fw-0", 10)).containsExactly("inspect");
        run(1_000);
        assertThat(sluice.datapath().rebalance().stop("inspect")).containsExactly("inspect");
        assertThat(round().state()).isEqualTo(State.STOPPED);
        run(500);
        int stopped = onFirst();
        assertThat(stopped).isBetween(5, 20);
        run(1_000);
        assertThat(onFirst()).isEqualTo(stopped);
        assertThat(ask("inspect", 1_000)).containsExactly("inspect");
        run(2_000);
        assertThat(onFirst()).isEqualTo(FLOWS / 2);
    }

    @Test
    void whatAnOperatorToldOfAFlowStands() {
        killAndReturn();
        for (int flow = 0; flow < FLOWS; flow++) {
            InstructedFlow key = new InstructedFlow(
                    sluice.datapath().zone(0, 0, 0), IpProtocols.UDP, client(flow), 4000, SERVER, 53);
            sluice.datapath()
                    .programs()
                    .put(key, FlowPrograms.Action.PATH, 2, false, sluice.nowNs() + 60_000 * MS, sluice.nowNs());
        }
        ask("inspect", 1_000);
        run(3_000);
        assertThat(onFirst()).isZero();
        assertThat(round().state()).isEqualTo(State.UNEVEN);
    }

    @Test
    void anotherConfigurationMeanwhileChangesNothingOfIt() {
        sluice.apply(world.returning(0, PER_SECOND));
        killAndReturn();
        run(2_000);
        sluice.apply(world.returning(0, PER_SECOND));
        run(8_000);
        assertThat(onFirst()).isEqualTo(FLOWS / 2);
        assertThat(round().state()).isEqualTo(State.EVEN);
        assertThat(sluice.drops()).isEmpty();
    }

    @Test
    void roundEndsWithItsChainWhoeverGetsTheNumber() {
        sluice.apply(world.returning(0, PER_SECOND));
        killAndReturn();
        run(2_000);
        assertThat(round().state()).isEqualTo(State.MOVING);
        sluice.apply(world.renumbered("other"));
        long before = moved();
        run(3_000);
        assertThat(moved()).isEqualTo(before);
        assertThat(round().targetName())
                .as("that both serve is nothing new of it")
                .isEqualTo("inspect");
        assertThat(round().state()).isEqualTo(State.STOPPED);
        assertThat(sluice.datapath().rebalance().stop("other")).isEmpty();
        assertThat(ask("other", 1_000)).containsExactly("other");
        assertThat(sluice.drops()).isEmpty();
    }

    @Test
    void flowsThatOnlyTheFastPathSeesMoveToo() {
        MemoryOffload device = new MemoryOffload(4 * FLOWS, _ -> true);
        sluice.offload(device, 1);
        sluice.apply(world.returning(0, 1_000));
        killAndReturn();
        run(4_000);
        assertThat(onFirst()).isEqualTo(FLOWS / 2);
        long before = sluice.datapath().counters().frames;
        onFirst();
        assertThat(sluice.datapath().counters().frames - before)
                .as("with the fast path again")
                .isZero();
    }
}
