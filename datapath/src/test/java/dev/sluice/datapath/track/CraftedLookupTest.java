package dev.sluice.datapath.track;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.datapath.packet.FlowHash;
import dev.sluice.datapath.rules.PacketFields;
import dev.sluice.datapath.snapshot.TrackerTimeouts;
import org.junit.jupiter.api.Test;

/** F10: what a look-up of a flow visits at most, whatever packets someone makes up. How long that takes: {@code ./dev bench crafted}. */
class CraftedLookupTest {
    private static final long NOW_NS = 1_000_000_000L;

    /** Two buckets of eight entries. */
    private static final int CANDIDATES_MAX = 16;

    private static PacketFields flow(int i) {
        PacketFields p = new PacketFields();
        p.family = 4;
        p.protocol = 17;
        p.sourceLo = 0xffff_0a00_0000L + i;
        p.destinationLo = 0xffff_0a01_0001L;
        p.sourcePort = 1024;
        p.destinationPort = 53;
        return p;
    }

    @Test
    void flowsOfOneHashFillTheirTwoBucketsAndNothingElse() {
        long hash = 0x1234_5678_9abc_def0L;
        try (ConnectionTable table = ConnectionTable.open(4096, 42, TrackerTimeouts.DEFAULT)) {
            int accepted = 0;
            for (int i = 0; i < 1000; i++) {
                int slot = table.insert(hash, flow(i), 0, ConnectionTable.SERVICE, NOW_NS);
                if (slot >= 0) {
                    table.count(slot, 0, 60, NOW_NS);
                    table.count(slot, 1, 60, NOW_NS);
                    accepted++;
                }
            }
            assertThat(accepted).isEqualTo(CANDIDATES_MAX);
            assertThat(table.refused()).isEqualTo(1000 - CANDIDATES_MAX);
            int others = 0;
            for (int i = 1000; i < 4000; i++) {
                others += table.insert(FlowHash.mix(i), flow(i), 0, ConnectionTable.SERVICE, NOW_NS) >= 0 ? 1 : 0;
            }
            assertThat(others).isGreaterThanOrEqualTo(2990);
        }
    }
}
