package dev.sluice.datapath;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.datapath.packet.FlowHash;
import dev.sluice.datapath.rules.PacketFields;
import dev.sluice.datapath.snapshot.TrackerTimeouts;
import dev.sluice.datapath.track.ConnectionTable;
import dev.sluice.datapath.track.ConnectionTableKeys;
import dev.sluice.datapath.track.ConnectionTableRecord;
import dev.sluice.datapath.track.MacPairs;
import dev.sluice.datapath.track.Zones;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What of a damaged memory is taken over: nothing by which a packet would look where nothing is. */
class RecollectionTest {
    private static final int CONNECTIONS = 16;
    private static final int PORTS = 8;

    private final KeptTables left =
            KeptTables.over(Arena.ofAuto().allocate(KeptTables.bytesFor(CONNECTIONS), 64), CONNECTIONS);
    private final ConnectionTable old =
            ConnectionTable.over(left.connections(), left.pieces(), CONNECTIONS, 1, TrackerTimeouts.DEFAULT);

    private int record() {
        PacketFields key = new PacketFields();
        key.sourceLo = 0xffff_0a00_0001L;
        key.destinationLo = 0xffff_0a00_0002L;
        key.sourcePort = 1000;
        key.destinationPort = 53;
        key.protocol = 17;
        key.hash = FlowHash.of(0, key.sourceLo, 1000, 0, key.destinationLo, 53, 17);
        int slot = old.insert(FlowHash.withRouter(key.hash, 0), key, 0, ConnectionTable.SERVICE, 1);
        old.setRuleId(slot, 5);
        return slot;
    }

    private int takenOver() {
        try (ConnectionTable table = ConnectionTable.open(CONNECTIONS, 2, TrackerTimeouts.DEFAULT)) {
            return takeOver(table);
        }
    }

    private int takeOver(ConnectionTable table) {
        return new Recollection(left, table, new Zones(), 0, PORTS, 0).run(null);
    }

    /** A record whose addresses lie outside of it. */
    private int wideRecord(int flow) {
        PacketFields key = new PacketFields();
        key.sourceHi = 0x2001_0db8L << 32;
        key.sourceLo = flow;
        key.destinationHi = 0x2001_0db8L << 32;
        key.destinationLo = 0xffff_0a00_0002L;
        key.sourcePort = 1000;
        key.destinationPort = 53;
        key.protocol = 17;
        int slot = old.insert(ConnectionTableKeys.KeyHash.FLOW.of(key, 0), key, 0, ConnectionTable.SERVICE, 1);
        old.setRuleId(slot, 5);
        return slot;
    }

    @Test
    void connectionsOfIpv6WithLinksAndLargeCountersAreTakenOverAsTheyAre() {
        int origin = wideRecord(1);
        int behind = wideRecord(2);
        old.link(origin, behind);
        old.countRepeated(origin, 0, 1L << 47, 1L << 62, 1);
        old.countRepeated(origin, 1, 3, 1L << 40, 1);
        old.setEgressPort(origin, 1, PORTS);
        old.setL2(origin, 1, 7);
        old.setSkipMask(origin, 0, 0xa5);
        old.setTargetId(origin, 12);
        try (ConnectionTable table = ConnectionTable.open(CONNECTIONS, 2, TrackerTimeouts.DEFAULT)) {
            assertThat(takeOver(table)).isEqualTo(2);
            int slot = table.nextUsed(0);
            int other = table.nextUsed(slot + 1);
            assertThat(table.linked(slot)).isEqualTo(other);
            assertThat(table.linked(other)).isEqualTo(slot);
            assertThat(table.sourceHi(slot)).isEqualTo(0x2001_0db8L << 32);
            assertThat(table.sourceLo(slot)).isEqualTo(1);
            assertThat(table.destinationLo(slot)).isEqualTo(0xffff_0a00_0002L);
            assertThat(table.packets(slot, 0)).isEqualTo(1L << 47);
            assertThat(table.bytes(slot, 0)).isEqualTo(1L << 62);
            assertThat(table.packets(slot, 1)).isEqualTo(3);
            assertThat(table.bytes(slot, 1)).isEqualTo(1L << 40);
            assertThat(table.egressPort(slot, 1)).isEqualTo(PORTS);
            assertThat(table.l2(slot, 1)).isEqualTo(7);
            assertThat(table.skipMask(slot, 0))
                    .as("instructions are not taken over, nor what they left out")
                    .isZero();
            assertThat(table.targetId(slot)).isEqualTo(12);
        }
    }

    @Test
    void recordWhoseAddressesLieWhereNothingIsIsLeftBehind() {
        wideRecord(1);
        int slot = wideRecord(2);
        for (int number : new int[] {-1, 1 << 20, 127}) {
            old.records.set(
                    ValueLayout.JAVA_INT, ConnectionTableRecord.at(slot) + ConnectionTableRecord.ADDRESSES, number);
            assertThat(takenOver()).as("%d", number).isEqualTo(1);
        }
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3})
    void memoryInWhichAnythingIsWrittenIsTakenOverAsFarAsItCanBe(long seed) {
        int one = wideRecord(1);
        int other = wideRecord(2);
        old.link(one, other);
        old.setL2(record(), 0, 3);
        old.countRepeated(one, 0, 1L << 40, 1L << 50, 1);
        byte[] sound = left.connections().toArray(ValueLayout.JAVA_BYTE);
        MemorySegment piece = left.pieces().pieces().getFirst();
        byte[] soundPiece = piece.toArray(ValueLayout.JAVA_BYTE);
        Random random = new Random(seed);
        for (int round = 0; round < 2_000; round++) {
            MemorySegment.copy(sound, 0, left.connections(), ValueLayout.JAVA_BYTE, 0, sound.length);
            MemorySegment.copy(soundPiece, 0, piece, ValueLayout.JAVA_BYTE, 0, soundPiece.length);
            int bytes = 1 + random.nextInt(20);
            for (int i = 0; i < bytes; i++) {
                int at = random.nextInt(3 * ConnectionTableRecord.BYTES);
                left.connections().set(ValueLayout.JAVA_BYTE, at, (byte) random.nextInt());
                piece.set(ValueLayout.JAVA_BYTE, random.nextInt(256), (byte) random.nextInt());
            }
            try (ConnectionTable table = ConnectionTable.open(CONNECTIONS, 2, TrackerTimeouts.DEFAULT)) {
                int taken = takeOver(table);
                assertThat(table.size()).as("seed %d, round %d", seed, round).isEqualTo(taken);
                for (int slot = table.nextUsed(0); slot >= 0; slot = table.nextUsed(slot)) {
                    table.count(slot, 0, 60, 1);
                    table.count(slot, 1, 60, 1);
                    table.supersede(slot);
                    table.remove(slot);
                }
                assertThat(table.size()).as("seed %d, round %d", seed, round).isZero();
                assertThat(table.halfOpenCount())
                        .as("seed %d, round %d", seed, round)
                        .isZero();
            }
        }
    }

    @Test
    void recordWhoseRareFieldsLieWhereNothingIsIsLeftBehind() {
        int slot = record();
        old.setL2(slot, 0, 1);
        assertThat(takenOver()).isEqualTo(1);
        for (int number : new int[] {Integer.MIN_VALUE, 1 << 20, 126}) {
            old.records.set(
                    ValueLayout.JAVA_INT, ConnectionTableRecord.at(slot) + ConnectionTableRecord.EGRESS, number);
            assertThat(takenOver()).as("%d", number).isZero();
        }
    }

    @Test
    void recordWithTheLastPortThereIsAndTheLastPairThatMayBeIsTakenOver() {
        int slot = record();
        old.setEgressPort(slot, 1, PORTS);
        old.setL2(slot, 0, MacPairs.PAIRS_MAX);
        assertThat(takenOver()).isEqualTo(1);
    }

    @Test
    void recordWithAPortThatIsNotThereIsLeftBehind() {
        old.setEgressPort(record(), 1, PORTS + 1);
        assertThat(takenOver()).isZero();
    }

    @Test
    void recordWithAPairOfAddressesThatCannotBeIsLeftBehind() {
        old.setL2(record(), 1, MacPairs.PAIRS_MAX + 1);
        assertThat(takenOver()).isZero();
    }
}
