package dev.sluice.datapath.rules;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.wire.IpAddress;
import dev.sluice.wire.IpPrefix;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import org.junit.jupiter.api.Test;

/** F10: what a look-up of a rule visits at most, whatever rules someone makes up. How long that takes: {@code ./dev bench crafted}. */
class CraftedRulesTest {
    private static PacketFields flow() {
        PacketFields p = new PacketFields();
        p.family = 4;
        p.protocol = 17;
        p.sourceLo = 0xffff_0a00_0001L;
        p.destinationLo = 0xffff_0a01_0001L;
        p.sourcePort = 1024;
        p.destinationPort = 53;
        return p;
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
        Rule found = classifier.classify(flow());
        assertThat(found).isEqualTo(rules.getLast());
    }
}
