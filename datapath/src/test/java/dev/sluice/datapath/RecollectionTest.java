package dev.sluice.datapath;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.datapath.rules.PacketFields;
import java.lang.foreign.Arena;
import org.junit.jupiter.api.Test;

/** What of a damaged memory is taken over: nothing by which a packet would look where nothing is. */
class RecollectionTest {
    private static final int CONNECTIONS = 16;
    private static final int PORTS = 8;

    private final KeptTables left =
            KeptTables.over(Arena.ofAuto().allocate(KeptTables.bytesFor(CONNECTIONS), 64), CONNECTIONS);
    private final ConnectionTable old =
            ConnectionTable.over(left.connections(), CONNECTIONS, 1, TrackerTimeouts.DEFAULT);

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
            return new Recollection(left, table, new Zones(), 0, PORTS).run(null);
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
