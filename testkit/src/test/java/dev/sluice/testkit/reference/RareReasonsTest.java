package dev.sluice.testkit.reference;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.datapath.packet.DropReason;
import dev.sluice.datapath.snapshot.PortEntry;
import dev.sluice.ports.MemoryFrame;
import dev.sluice.testkit.MemorySwitch;
import dev.sluice.testkit.TestPacket;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Bounds that random packets do not reach. */
class RareReasonsTest {
    private static final int ZONES = 65_536 - 8192;

    @Test
    void dropsPacketsOfVlansForWhichThereIsNoNumberLeft() {
        WorldBuilder parts = new WorldBuilder();
        for (int i = 0; i < 2; i++) {
            parts.ports.add(new WorldBuilder.PortSpec("pair" + i, PortEntry.Role.TRANSPARENT, 0));
            parts.ports.get(i).peer = 1 - i;
        }
        parts.routes.add(new ArrayList<>());
        TestPacket packet = TestPacket.udp("10.0.0.1:1", "10.0.0.2:2");
        try (MemorySwitch sluice = new MemorySwitch(parts.build().snapshot(), 16)) {
            for (int i = 1; i <= ZONES + 3; i++) {
                sluice.receive(0, packet.vlan(1 + i / 4000).vlan(1 + i % 4000).bytes());
            }
            assertThat(sluice.drops()).containsOnly(Map.entry(DropReason.ZONES_FULL, 3L));
            assertThat(sluice.sent(1)).hasSize(ZONES);
            // Nobody's records are in them: within two rounds of a second each they are free for others.
            for (int ms = 0; ms < 2000; ms++) {
                sluice.advance(1_000_000L);
            }
            sluice.receive(0, packet.vlan(3000).bytes());
            assertThat(sluice.sent(1)).hasSize(1);
            assertThat(sluice.drops()).containsOnly(Map.entry(DropReason.ZONES_FULL, 3L));
        }
    }

    /** The model counts what waits: 4 for each neighbour, 256 in all. */
    @Test
    void holdsAtMost256PacketsForUnknownNeighbors() {
        WorldBuilder parts = new WorldBuilder();
        parts.ports.add(new WorldBuilder.PortSpec("router", PortEntry.Role.ROUTER, 0));
        parts.routes.add(new ArrayList<>(
                List.of(WorldBuilder.route("10.0.0.0/16", dev.sluice.datapath.route.NextHop.connected(0)))));
        Coverage coverage = new Coverage();
        try (Comparison comparison = new Comparison(parts.build(), 16, Map.of(), coverage)) {
            for (int i = 0; i < 300; i++) {
                TestPacket packet = TestPacket.udp("10.1.0.1:1", "10.0.1." + i % 75 + ":2")
                        .ethernet(0x0a00_0000_0001L, WorldBuilder.portMac(0));
                Event event = new Event.Arrives(0, MemoryFrame.plain(packet.bytes()), 256, false);
                assertThat(comparison.happens(event)).as("packet %s", i).isNull();
            }
            assertThat(coverage.drops(DropReason.NEIGHBOR_QUEUE_FULL)).isEqualTo(300 - 256);
            for (int i = 0; i < 5; i++) {
                assertThat(comparison.happens(new Event.Elapses(1_000_000_000L, true)))
                        .isNull();
            }
            assertThat(coverage.drops(DropReason.NEIGHBOR_UNRESOLVED)).isEqualTo(256);
        }
    }
}
