package dev.sluice.testkit.robust;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.datapath.packet.DropReason;
import dev.sluice.datapath.rules.Match;
import dev.sluice.datapath.rules.Rule;
import dev.sluice.datapath.rules.Rule.Action;
import dev.sluice.testkit.MemorySwitch;
import dev.sluice.testkit.TestPacket;
import org.junit.jupiter.api.Test;

/** A connection table without room (V2). */
class TableFullTest {
    private static final int CONNECTIONS_MAX = 4096;
    private static final int ESTABLISHED = 1000;
    private static final int FLOOD = 1_000_000;

    private static TestPacket segment(int client, int flags) {
        return TestPacket.tcp("10.0.1.9:" + (10_000 + client), "10.0.2.9:80", flags);
    }

    /** Packets of a handshake, each through the node. */
    private static void establish(MemorySwitch sluice, int client) {
        sluice.receive(Worlds.CLIENT, segment(client, 0x02).bytes());
        sluice.receive(Worlds.SERVER, segment(client, 0x12).reply().bytes());
        sluice.receive(Worlds.CLIENT, segment(client, 0x10).bytes());
        sluice.sentAnywhere();
    }

    private static MemorySwitch full(Match match, Rule.FailureAction onFailure) {
        MemorySwitch sluice = new MemorySwitch(Worlds.pair(1, match, onFailure), CONNECTIONS_MAX);
        for (int i = 0; sluice.datapath().connections().size() < CONNECTIONS_MAX && i < 2 * CONNECTIONS_MAX; i++) {
            establish(sluice, i);
        }
        assertThat(sluice.datapath().connections().size()).isEqualTo(CONNECTIONS_MAX);
        assertThat(sluice.datapath().connections().halfOpenCount()).isZero();
        return sluice;
    }

    @Test
    void newFlowThatFailsClosedIsDropped() {
        try (MemorySwitch sluice = full(Match.ANY, Rule.FailureAction.CLOSED)) {
            long before = sluice.drops().getOrDefault(DropReason.TABLE_FULL, 0L);
            sluice.receive(
                    Worlds.CLIENT, TestPacket.udp("10.0.1.9:1", "10.0.2.9:53").bytes());
            assertThat(sluice.sentAnywhere()).isEmpty();
            assertThat(sluice.drops()).containsEntry(DropReason.TABLE_FULL, before + 1);
        }
    }

    @Test
    void newFlowThatFailsOpenPassesAndIsCounted() {
        try (MemorySwitch sluice = full(Match.ANY, Rule.FailureAction.OPEN)) {
            long before = sluice.datapath().counters().uninspected;
            sluice.receive(
                    Worlds.CLIENT, TestPacket.udp("10.0.1.9:1", "10.0.2.9:53").bytes());
            // The packet is due at both sides of the pair, and finds no room at either.
            assertThat(sluice.sentAnywhere()).containsOnlyKeys(Worlds.SERVER);
            assertThat(sluice.datapath().counters().uninspected).isGreaterThan(before);
        }
    }

    @Test
    void newFlowThatNeedsNoServicePassesUntracked() {
        Match tcp = Match.ANY.withProtocol(6, 6);
        try (MemorySwitch sluice = full(tcp, Rule.FailureAction.CLOSED)) {
            sluice.receive(
                    Worlds.CLIENT, TestPacket.udp("10.0.1.9:1", "10.0.2.9:53").bytes());
            assertThat(sluice.sentAnywhere()).containsOnlyKeys(Worlds.SERVER);
            assertThat(sluice.datapath().counters().untracked).isPositive();
        }
    }

    @Test
    void aFloodOfHandshakesTakesNothingFromEstablishedFlows() {
        try (MemorySwitch sluice = new MemorySwitch(Worlds.pair(1, Action.SERVICE), CONNECTIONS_MAX)) {
            for (int i = 0; i < ESTABLISHED; i++) {
                establish(sluice, i);
            }
            long hits = sluice.datapath().counters().recordHits;
            byte[] syn = TestPacket.tcp("172.16.0.1:5", "10.0.2.9:80", 2).bytes();
            int checked = 0;
            for (int i = 0; i < FLOOD; i++) {
                RawFrames.put16(syn, 28, 0xac10 | (i >>> 16));
                RawFrames.put16(syn, 24, 0);
                RawFrames.put16(syn, 24, ~RawFrames.sum(syn, 14, 20, 0) & 0xffff);
                RawFrames.put16(syn, 34, i);
                sluice.receive(Worlds.CLIENT, syn);
                if (i % 100 == 0) {
                    sluice.sentAnywhere();
                    byte[] data =
                            segment(i / 100 % ESTABLISHED, 0x10).payload("data").bytes();
                    sluice.receive(Worlds.CLIENT, data);
                    assertThat(sluice.sent(Worlds.NODE_IN)).containsExactly(data);
                    sluice.receive(Worlds.NODE_OUT, data);
                    assertThat(sluice.sent(Worlds.SERVER)).containsExactly(data);
                    checked++;
                }
            }
            assertThat(sluice.datapath().counters().recordHits).isEqualTo(hits + checked);
            assertThat(sluice.datapath().connections().evictedHalfOpen()).isGreaterThan(FLOOD - 2L * CONNECTIONS_MAX);
            assertThat(sluice.datapath().connections().size()).isLessThanOrEqualTo(CONNECTIONS_MAX);
        }
    }
}
