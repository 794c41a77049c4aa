package dev.sluice.lab.system;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Reliability goals F1 and F2: a killed node is noticed and its flows are moved within 200 ms at 50 ms x 3; other flows notice nothing. */
@Tag("system")
class NodeKillTest {
    /** The goal is 200 ms; a machine that is busy with other tests gets as much again. */
    private static final long OUTAGE_MS_MAX = 400;

    @Test
    void flowsOfAKilledNodeMoveAndOthersStayInEachWayToDie() {
        try (NodeKills kills = new NodeKills()) {
            kills.kill("fw", NodeKills.Way.FILTER_DROPS_ALL);
            kills.kill("spare", NodeKills.Way.BRIDGE_GONE);
            kills.kill("fw", NodeKills.Way.PORT_DETACHED);
            kills.kill("spare", NodeKills.Way.LINKS_DOWN);
            kills.kill("fw", NodeKills.Way.NAMESPACE_DELETED);
            System.out.println(kills.figures());
            assertThat(kills.outagesMs()).hasSize(5).allMatch(ms -> ms <= OUTAGE_MS_MAX);
            assertThat(kills.lostElsewhere()).isZero();
            assertThat(kills.movedElsewhere()).isZero();
        }
    }

    /** {@code ./dev kills}; {@code -Dsluice.kills=100}. */
    @Tag("campaign")
    @Test
    void hundredKillsKeepTheGoal() {
        int count = Integer.getInteger("sluice.kills", 100);
        NodeKills.Way[] ways = {
            NodeKills.Way.FILTER_DROPS_ALL,
            NodeKills.Way.BRIDGE_GONE,
            NodeKills.Way.PORT_DETACHED,
            NodeKills.Way.LINKS_DOWN
        };
        try (NodeKills kills = new NodeKills()) {
            for (int i = 0; i < count; i++) {
                kills.kill(i % 2 == 0 ? "fw" : "spare", ways[i / 2 % ways.length]);
            }
            System.out.println(kills.figures());
            assertThat(Outages.percentile(kills.outagesMs(), 99)).isLessThanOrEqualTo(200);
            assertThat(kills.lostElsewhere()).isZero();
            assertThat(kills.movedElsewhere()).isZero();
        }
    }
}
