package dev.sluice.datapath;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.wire.IpAddress;
import dev.sluice.wire.IpPrefix;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import org.junit.jupiter.api.Test;

/** F10: what look-ups visit at most, whatever rules and packets someone makes up. How long that takes: {@code ./dev bench crafted}. */
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

    @Test
    void rulesOfEveryShapeMakeABoundedNumberOfTables() {
        BitSet sides = new BitSet();
        sides.set(0);
        List<Rule> rules = new ArrayList<>();
        for (int source = 0; source <= 32; source++) {
            for (int destination = 0; destination <= 32; destination++) {
                for (int ports = 0; ports < 4; ports++) {
                    Match match = Match.ANY
                            .withFamily(4)
                            .withProtocol(17, 17)
                            .withPrefixes(
                                    IpPrefix.around(IpAddress.ofIpv4(0x0a00_0001), source),
                                    IpPrefix.around(IpAddress.ofIpv4(0x0a01_0001), destination))
                            .withPorts(0, 65535, ports < 2 ? 53 : 0, (ports & 1) == 0 ? 53 : 65535);
                    rules.add(new Rule(
                            rules.size() + 1,
                            rules.size() + 1,
                            "r",
                            List.of(match),
                            Rule.Action.NONE,
                            -1,
                            Rule.FailureAction.INHERIT,
                            true,
                            PortSides.of(sides)));
                }
            }
        }
        Classifier classifier = Classifier.of(rules);
        System.out.println("F10: " + rules.size() + " rules of every shape, " + classifier.tables()
                + " tables, longest slot " + classifier.longestSlot());
        assertThat(classifier.tables()).isLessThanOrEqualTo(Classifier.TABLES_MAX + 2);
        Rule found = classifier.classify(flow(1));
        assertThat(found).isEqualTo(rules.getLast());
    }
}
