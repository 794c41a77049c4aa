package dev.sluice.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.datapath.track.FlowPrograms;
import dev.sluice.datapath.track.InstructedFlow;
import dev.sluice.fuzz.FuzzTarget;
import dev.sluice.wire.IpAddress;
import dev.sluice.wire.IpProtocols;
import java.util.BitSet;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * A thousand flow instructions per second and a node that dies, beside many flows: what comes from the fast path to the data path are packets of the flows that are told something, and of those of the
 * dead node until they are on another, and no others (X1).
 */
class StampedeTest {
    private static final long MS = 1_000_000L;
    private static final int ROUNDS = 10;
    private static final int INSTRUCTIONS_PER_ROUND = 100;
    private static final int ROUND_OF_DEATH = 5;
    private static final IpAddress SERVER = IpAddress.parse("10.0.0.2").orElseThrow();

    @Test
    void whatHappensToSomeFlowsIsNotNoticedByTheOthers() {
        run(5_000, 1);
    }

    @Tag("campaign")
    @Test
    void whatHappensToSomeFlowsIsNotNoticedByTheOthersWithManySeeds() {
        new FuzzTarget(
                        "flows told something behind a fast path",
                        "StampedeTest#whatHappensToSomeFlowsIsNotNoticedByTheOthersWithManySeeds",
                        seed -> run(20_000, seed))
                .run();
    }

    private static IpAddress client(int flow) {
        return IpAddress.ofIpv4(0x0a01_0000 + flow);
    }

    private static byte[] packet(int flow) {
        return TestPacket.udp(client(flow) + ":4000", SERVER + ":53")
                .payload("question")
                .bytes();
    }

    /** One packet of a flow each 100 ms, to its node and on to the server; the node, or -1. */
    private static int send(MemorySwitch sluice, byte[] packet) {
        sluice.receive(FastPathWorld.CLIENT, packet);
        for (int node = 0; node < 2; node++) {
            for (byte[] frame : sluice.sent(FastPathWorld.nodeIn(node))) {
                sluice.receive(FastPathWorld.nodeOut(node), frame);
                List<byte[]> arrived = sluice.sent(FastPathWorld.SERVER);
                return arrived.size() == 1 ? node : -1;
            }
        }
        return -1;
    }

    /** How many packets there were. */
    private static long run(int flows, long seed) {
        Random random = new Random(seed);
        FastPathWorld world = new FastPathWorld();
        try (MemorySwitch sluice = new MemorySwitch(world.snapshot(), flows * 2)) {
            MemoryOffload device = new MemoryOffload(flows * 4, _ -> true);
            sluice.offload(device, 1);
            BitSet onDeadNode = new BitSet();
            for (int round = 0; round < 3; round++) {
                for (int flow = 0; flow < flows; flow++) {
                    onDeadNode.set(flow, send(sluice, packet(flow)) == 0);
                }
                sluice.advance(100 * MS);
            }
            assertThat(onDeadNode.cardinality()).isBetween(flows / 4, flows * 3 / 4);
            BitSet told = new BitSet();
            long ofOthers = 0;
            long all = 0;
            long first = frames(sluice);
            for (int round = 0; round < ROUNDS; round++) {
                for (int i = 0; i < INSTRUCTIONS_PER_ROUND; i++) {
                    int flow = random.nextInt(flows);
                    told.set(flow);
                    tell(sluice, flow);
                }
                if (round == ROUND_OF_DEATH) {
                    sluice.liveness().setInstance(0, false);
                    sluice.advance(1);
                }
                for (int flow = 0; flow < flows; flow++) {
                    long before = frames(sluice);
                    int node = send(sluice, packet(flow));
                    assertThat(node).as("flow %s in round %s", flow, round).isNotNegative();
                    boolean concerned = told.get(flow) || (round >= ROUND_OF_DEATH && onDeadNode.get(flow));
                    ofOthers += concerned ? 0 : frames(sluice) - before;
                    all += 2;
                }
                sluice.advance(100 * MS);
            }
            long toDataPath = frames(sluice) - first;
            System.out.printf(
                    "stampede: %d flows, %d told something, %d on the dead node: %d of %d packets came to the data path, %d of them of other flows%n",
                    flows, told.cardinality(), onDeadNode.cardinality(), toDataPath, all, ofOthers);
            assertThat(ofOthers).as("packets of flows that nothing happened to").isZero();
            // Who is told something comes with a packet or two, on the way to the node and from it, and is repeated
            // again;
            // so does who was on the dead node.
            long most = 3L * (ROUNDS * INSTRUCTIONS_PER_ROUND + onDeadNode.cardinality());
            assertThat(toDataPath).isLessThanOrEqualTo(most);
            return all;
        }
    }

    private static long frames(MemorySwitch sluice) {
        return sluice.datapath().counters().frames;
    }

    private static void tell(MemorySwitch sluice, int flow) {
        InstructedFlow key =
                new InstructedFlow(sluice.datapath().zone(0, 0, 0), IpProtocols.UDP, client(flow), 4000, SERVER, 53);
        sluice.datapath()
                .programs()
                .put(key, FlowPrograms.Action.PATH, 2, false, sluice.nowNs() + 60_000 * MS, sluice.nowNs());
    }
}
