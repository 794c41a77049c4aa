package dev.sluice.datapath.paths;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.datapath.rules.PacketFields;
import dev.sluice.datapath.snapshot.TrackerTimeouts;
import dev.sluice.datapath.track.ConnectionTable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What the switch that classifies a flow tells others of the paths that the flow had (packet-life.md, to another switch). */
class LeftPathsTest {
    private static final long HASH = 77;
    private static final long NOW_NS = 1_000_000_000_000L;

    private final ConnectionTable table = ConnectionTable.open(16, 1, TrackerTimeouts.DEFAULT);
    private final PacketFields key = new PacketFields();

    @AfterEach
    void closesTable() {
        table.close();
    }

    private int record(int path) {
        key.protocol = 17;
        key.sourceLo = 1;
        key.destinationLo = 2;
        int slot = table.insert(HASH, key, 0, ConnectionTable.SERVICE, NOW_NS);
        table.setPathId(slot, path);
        return slot;
    }

    private boolean hasLeftOthers(int slot) {
        return PathChanges.hasLeftOthers(table, slot, table.newest(HASH, key, 0, ConnectionTable.SERVICE));
    }

    @Test
    void flowWithOneRecordHasLeftNothing() {
        assertThat(hasLeftOthers(record(1))).isFalse();
    }

    @Test
    void flowHasLeftThePathsOfRecordsThatItsRecordTookThePlaceOf() {
        int first = record(1);
        int second = record(2);
        table.supersede(first);
        assertThat(hasLeftOthers(second)).isTrue();
        int third = record(3);
        table.supersede(second);
        assertThat(hasLeftOthers(third)).isTrue();
    }

    @Test
    void flowThatAnotherRuleHasTooHasLeftNothingWhicheverRuleCameFirst() {
        int rival = record(1);
        int left = record(2);
        int own = record(3);
        table.supersede(left);
        assertThat(hasLeftOthers(own)).isFalse();
        assertThat(hasLeftOthers(rival)).isFalse();
        table.setPathId(rival, 0);
        assertThat(hasLeftOthers(own)).as("the other rule sends it nowhere").isTrue();
    }

    @Test
    void recordBehindANodeThatTranslatesIsLeftWhenTheOneInFrontIs() {
        int origin = record(1);
        int linked = record(1);
        table.setFlags(linked, ConnectionTable.TRANSLATED);
        table.link(origin, linked);
        int own = record(2);
        assertThat(hasLeftOthers(own)).isFalse();
        table.unlink(origin);
        table.supersede(origin);
        assertThat(hasLeftOthers(own)).isTrue();
    }

    @Test
    void recordThatBeganBehindANodeIsOfNoPathThatTheFlowHasLeft() {
        int begun = record(1);
        table.setFlags(begun, ConnectionTable.TRANSLATED);
        table.setRuleId(begun, PathChanges.TRANSLATED_RULE);
        int own = record(2);
        assertThat(hasLeftOthers(own))
                .as("nobody was in front of it who could have gone on")
                .isFalse();
        table.supersede(begun);
        assertThat(hasLeftOthers(own)).isTrue();
    }
}
