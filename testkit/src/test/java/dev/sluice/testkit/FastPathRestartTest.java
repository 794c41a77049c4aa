package dev.sluice.testkit;

import static dev.sluice.testkit.FastPathWorld.CLIENT;
import static dev.sluice.testkit.FastPathWorld.SERVER;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.datapath.KeptTables;
import dev.sluice.datapath.mirror.OffloadMirror;
import dev.sluice.datapath.offload.OffloadAction;
import dev.sluice.datapath.offload.OffloadDevice;
import dev.sluice.datapath.offload.OffloadKey;
import dev.sluice.datapath.offload.OffloadReader;
import dev.sluice.datapath.snapshot.Snapshot;
import dev.sluice.datapath.track.ConnectionTable;
import dev.sluice.datapath.track.FlowPrograms;
import dev.sluice.datapath.track.InstructedFlow;
import dev.sluice.fuzz.FuzzTarget;
import dev.sluice.ports.MemoryFrame;
import dev.sluice.wire.IpAddress;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** One data path ends at any moment, and another one goes on with its connections and with what the fast path repeats (ADR 23, F4). */
class FastPathRestartTest {
    private static final long MS = 1_000_000L;
    private static final long SECOND = 1000 * MS;
    private static final int CONNECTIONS = 64;
    private static final int FLOWS = 10;

    private final FastPathWorld world = new FastPathWorld();
    private final Snapshot snapshot = world.snapshot();
    private final MemorySegment memory = memory(CONNECTIONS);
    private final KeptTables kept = KeptTables.over(memory, CONNECTIONS);
    private final MemoryOffload device = new MemoryOffload(1000, _ -> true);
    private MemorySwitch sluice = new MemorySwitch(snapshot, kept);

    @AfterEach
    void end() {
        sluice.close();
    }

    private static MemorySegment memory(int connections) {
        return Arena.ofAuto().allocate(KeptTables.bytesFor(connections), 64);
    }

    private static TestPacket udp(int port) {
        return TestPacket.udp("10.0.0.1:" + port, "10.0.0.2:53").payload("question");
    }

    private static TestPacket answer(int port) {
        return TestPacket.udp("10.0.0.2:53", "10.0.0.1:" + port).payload("answer");
    }

    private OffloadMirror mirror() {
        return Objects.requireNonNull(sluice.datapath().offload());
    }

    /** The node that a packet goes through on its way to the other side, -1 if it gets lost. */
    private int through(int from, TestPacket packet) {
        sluice.receive(from, packet.bytes());
        for (int node = 0; node < 2; node++) {
            int in = from == CLIENT ? FastPathWorld.nodeIn(node) : FastPathWorld.nodeOut(node);
            int out = from == CLIENT ? FastPathWorld.nodeOut(node) : FastPathWorld.nodeIn(node);
            for (byte[] frame : sluice.sent(in)) {
                sluice.receive(out, frame);
                List<byte[]> arrived = sluice.sent(from == CLIENT ? SERVER : CLIENT);
                return arrived.size() == 1 ? node : -1;
            }
        }
        return -1;
    }

    /** The nodes of some flows, each of which has had packets in both directions. */
    private int[] establish() {
        sluice.offload(device, 1);
        int[] nodes = new int[FLOWS];
        for (int flow = 0; flow < FLOWS; flow++) {
            for (int i = 0; i < 3; i++) {
                nodes[flow] = through(CLIENT, udp(1000 + flow));
                assertThat(through(SERVER, answer(1000 + flow))).isEqualTo(nodes[flow]);
            }
        }
        return nodes;
    }

    private int restart(Snapshot with, int connections, long downNs) {
        long now = sluice.nowNs() + downNs;
        sluice.close();
        sluice = new MemorySwitch(with, KeptTables.over(memory(connections), connections));
        return sluice.goOn(kept, now, device);
    }

    @Test
    void whatWasLeftIsConfirmedWithoutASinglePacket() {
        int[] nodes = establish();
        int journeys = device.size();

        assertThat(restart(world.snapshot(), CONNECTIONS, SECOND)).isEqualTo(FLOWS);
        assertThat(mirror().unconfirmed()).isEqualTo(journeys).isEqualTo(4 * FLOWS);
        long hits = device.hits();
        assertThat(through(CLIENT, udp(1000))).isEqualTo(nodes[0]);
        assertThat(device.hits() - hits).as("before it is confirmed").isEqualTo(2);

        sluice.advance(100 * MS);
        assertThat(mirror().unconfirmed()).isZero();
        assertThat(mirror().differences(sluice.nowNs())).isEmpty();
        for (int flow = 0; flow < FLOWS; flow++) {
            assertThat(through(CLIENT, udp(1000 + flow))).isEqualTo(nodes[flow]);
            assertThat(through(SERVER, answer(1000 + flow))).isEqualTo(nodes[flow]);
        }
        assertThat(device.hits() - hits).isEqualTo(2 + 4 * FLOWS);
        assertThat(device.size()).isEqualTo(journeys);
        assertThat(sluice.datapath().counters().frames)
                .as("seen by the data path")
                .isZero();
    }

    /** What was told is not taken over, so it may not go on in the kernel either. */
    @Test
    void nodesThatWereLeftOutAreVisitedAgain() {
        int[] nodes = establish();
        InstructedFlow flow = new InstructedFlow(
                sluice.datapath().zone(0, 0, 0),
                17,
                IpAddress.parse("10.0.0.1").orElseThrow(),
                1000,
                IpAddress.parse("10.0.0.2").orElseThrow(),
                53);
        int instance = Objects.requireNonNull(snapshot.path(nodes[0] + 1))
                .hops()
                .getFirst()
                .attachment()
                .instance();
        sluice.datapath()
                .programs()
                .put(flow, FlowPrograms.Action.SKIP, instance, false, sluice.nowNs() + 100 * SECOND, sluice.nowNs());
        for (int i = 0; i < 3; i++) {
            sluice.receive(CLIENT, udp(1000).bytes());
            assertThat(sluice.sent(SERVER)).as("left out").hasSize(1);
        }
        assertThat(restart(world.snapshot(), CONNECTIONS, SECOND)).isEqualTo(FLOWS);
        sluice.advance(100 * MS);
        assertThat(through(CLIENT, udp(1000))).isEqualTo(nodes[0]);
        assertThat(through(CLIENT, udp(1000))).isEqualTo(nodes[0]);
        assertThat(mirror().differences(sluice.nowNs())).isEmpty();
    }

    @Test
    void madeUpPacketsAreCountedNowhere() {
        establish();
        mirror().readAll(sluice.nowNs());
        long packets = snapshot.rules().getFirst().counters().packets;
        long sent = world.nodeCounters[0].sent[0] + world.nodeCounters[1].sent[0];
        int lastSeenMs = sluice.datapath().connections().lastSeenMs(0, 0);

        restart(world.snapshot(), CONNECTIONS, SECOND);
        sluice.advance(100 * MS);
        assertThat(mirror().unconfirmed()).isZero();

        var connections = sluice.datapath().connections();
        for (int slot = 0; slot < FLOWS; slot++) {
            assertThat(connections.packets(slot, 0)).isEqualTo(3);
            assertThat(connections.packets(slot, 1)).isEqualTo(3);
            assertThat(connections.bytes(slot, 0)).isEqualTo(3L * udp(1000).bytes().length);
        }
        assertThat(connections.lastSeenMs(0, 0)).isEqualTo(lastSeenMs);
        assertThat(packets).isEqualTo(6 * FLOWS);
        assertThat(sluice.datapath().snapshot().rules().getFirst().counters().packets)
                .isZero();
        assertThat(world.nodeCounters[0].sent[0] + world.nodeCounters[1].sent[0])
                .isEqualTo(sent);
    }

    @Test
    void flowsThatTheDeviceRepeatedAllTheTimeAreNotTooOld() {
        establish();
        for (int flow = 0; flow < FLOWS / 2; flow++) {
            device.repeat(CLIENT, MemoryFrame.plain(udp(1000 + flow).bytes()), sluice.nowNs() + 590 * SECOND);
        }
        restart(world.snapshot(), CONNECTIONS, 600 * SECOND);
        for (int i = 0; i < 20; i++) {
            sluice.advance(100 * MS);
        }
        assertThat(sluice.datapath().connections().size()).isEqualTo(FLOWS / 2);
    }

    @Test
    void configurationThatDropsEndsWhatWasLeft() {
        establish();
        restart(world.dropping(), CONNECTIONS, SECOND);
        sluice.advance(100 * MS);
        assertThat(device.size()).isZero();
        assertThat(through(CLIENT, udp(1000))).isEqualTo(-1);
    }

    /** What the device counted before is a figure of the process before, whatever becomes of the journey. */
    @Test
    void whatTheProcessBeforeSawRepeatedIsNotCountedAgain() {
        int[] nodes = establish();
        assertThat(through(CLIENT, udp(1000))).isEqualTo(nodes[0]);
        mirror().readAll(sluice.nowNs());
        assertThat(mirror().counters().frames).isPositive();

        restart(world.snapshot(), CONNECTIONS, SECOND);
        assertThat(through(CLIENT, udp(1000))).isEqualTo(nodes[0]);
        mirror().readAll(sluice.nowNs());
        sluice.advance(100 * MS);
        assertThat(mirror().unconfirmed()).isZero();
        assertThat(mirror().counters().frames).as("by this process").isEqualTo(2);

        restart(world.dropping(), CONNECTIONS, SECOND);
        sluice.advance(100 * MS);
        assertThat(device.size()).isZero();
        assertThat(mirror().counters().frames).isZero();
        assertThat(mirror().counters().packets).isZero();
        assertThat(mirror().counters().bytes).isZero();
    }

    /** What users have changed meanwhile holds from the first packet on, however long it would take to confirm all that was left. */
    @Test
    void nothingGoesOnUnconfirmedUnderAnotherConfiguration() {
        establish();
        restart(world.dropping(), CONNECTIONS, SECOND);
        long hits = device.hits();
        mirror().allMoved();
        assertThat(through(CLIENT, udp(1000))).isEqualTo(-1);
        assertThat(device.hits()).isEqualTo(hits);
        sluice.advance(5 * SECOND);
        assertThat(mirror().unconfirmed()).isZero();
        assertThat(device.size()).isZero();
    }

    @Test
    void smallerTableTakesWhatFits() {
        establish();
        assertThat(restart(world.snapshot(), 4, SECOND)).isEqualTo(4);
        for (int i = 0; i < 60; i++) {
            sluice.advance(100 * MS);
        }
        assertThat(device.size()).isEqualTo(4 * 4);
    }

    private FuzzTarget damagedMemory(int rounds) {
        establish();
        byte[] sound = memory.toArray(ValueLayout.JAVA_BYTE);
        return new FuzzTarget(
                "memory of flows that a process left", "FastPathRestartTest#damagedMemoryOfManySeeds", seed -> {
                    Random random = new Random(seed);
                    for (int round = 0; round < rounds; round++) {
                        MemorySegment.copy(sound, 0, memory, ValueLayout.JAVA_BYTE, 0, sound.length);
                        int bytes = 1 + random.nextInt(4000);
                        for (int i = 0; i < bytes; i++) {
                            long at = random.nextLong(ConnectionTable.bytesFor(CONNECTIONS));
                            memory.set(ValueLayout.JAVA_BYTE, at, (byte) random.nextInt());
                        }
                        assertThat(restart(world.snapshot(), CONNECTIONS, SECOND))
                                .as("round %d", round)
                                .isBetween(0, CONNECTIONS);
                        sluice.advance(100 * MS);
                        through(CLIENT, udp(1000 + random.nextInt(FLOWS)));
                    }
                    return rounds;
                });
    }

    @Test
    void memoryInWhichAnythingIsWrittenDoesNoHarm() {
        assertThat(damagedMemory(100).once(23)).isEqualTo(100);
    }

    /** 536801384756: a target had been overwritten in a record that was otherwise as it should be, and whoever asked for its paths found none. */
    @Test
    void memoryThatDidHarmBeforeDoesNone() {
        assertThat(damagedMemory(20).once(536_801_384_756L)).isEqualTo(20);
    }

    @Test
    @Tag("campaign")
    void damagedMemoryOfManySeeds() {
        damagedMemory(200).run();
    }

    /** A record as it lies in a device. */
    @SuppressWarnings("ArrayRecordComponent") // never compared
    private record Left(byte[] key, byte[] action) {}

    private static List<Left> records(MemoryOffload of) {
        List<Left> all = new ArrayList<>();
        OffloadReader reader = (keys, keyBase, actions, base) -> all.add(new Left(
                keys.asSlice(keyBase, OffloadKey.BYTES).toArray(ValueLayout.JAVA_BYTE),
                actions.asSlice(base, OffloadAction.BYTES).toArray(ValueLayout.JAVA_BYTE)));
        while (of.read(reader, Integer.MAX_VALUE) != OffloadDevice.WALK_ENDED) {
            // One walk over all.
        }
        return all;
    }

    private static byte[] damaged(byte[] sound, Random random) {
        byte[] bytes = sound.clone();
        if (random.nextInt(4) == 0) {
            random.nextBytes(bytes);
        }
        for (int i = random.nextInt(6); i > 0; i--) {
            bytes[random.nextInt(bytes.length)] = (byte) random.nextInt();
        }
        return bytes;
    }

    /** What somebody wrote into the maps meanwhile is asked about like everything else: only what the data path would do itself stays. */
    private FuzzTarget damagedJourneys(int rounds) {
        int[] nodes = establish();
        List<Left> sound = records(device);
        long beganNs = sluice.nowNs();
        return new FuzzTarget(
                "journeys that a process left", "FastPathRestartTest#damagedJourneysOfManySeeds", seed -> {
                    Random random = new Random(seed);
                    for (int round = 0; round < rounds; round++) {
                        records(device).forEach(left -> device.remove(MemorySegment.ofArray(left.key)));
                        for (Left left : sound) {
                            boolean key = random.nextInt(3) == 0;
                            device.install(
                                    MemorySegment.ofArray(key ? damaged(left.key, random) : left.key),
                                    MemorySegment.ofArray(damaged(left.action, random)));
                        }
                        damageGenerations(random);
                        // Each round begins where the first one did.
                        assertThat(restart(snapshot, CONNECTIONS, beganNs + SECOND - sluice.nowNs()))
                                .isEqualTo(FLOWS);
                        for (int i = 0; i < 60; i++) {
                            sluice.advance(100 * MS);
                        }
                        String which = "round " + round;
                        assertThat(mirror().unconfirmed()).as(which).isZero();
                        assertThat(mirror().differences(sluice.nowNs()))
                                .as(which)
                                .isEmpty();
                        assertThat(device.size()).as(which).isLessThanOrEqualTo(4 * FLOWS);
                        for (int flow = 0; flow < FLOWS; flow++) {
                            assertThat(through(CLIENT, udp(1000 + flow)))
                                    .as(which)
                                    .isEqualTo(nodes[flow]);
                            assertThat(through(SERVER, answer(1000 + flow)))
                                    .as(which)
                                    .isEqualTo(nodes[flow]);
                        }
                    }
                    return rounds;
                });
    }

    private void damageGenerations(Random random) {
        if (random.nextInt(3) == 0) {
            device.setConfigGeneration(random.nextInt());
        }
        for (int i = random.nextInt(4); i > 0; i--) {
            device.setPathGeneration(random.nextInt(device.pathCapacity()), random.nextInt());
            device.setPortGeneration(1 + random.nextInt(6), random.nextInt());
        }
    }

    @Test
    void journeysInWhichAnythingIsWrittenDoNoHarm() {
        assertThat(damagedJourneys(25).once(29)).isEqualTo(25);
    }

    @Test
    @Tag("campaign")
    void damagedJourneysOfManySeeds() {
        damagedJourneys(200).run();
    }
}
