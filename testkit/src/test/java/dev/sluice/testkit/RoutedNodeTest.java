package dev.sluice.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.datapath.packet.DropReason;
import dev.sluice.datapath.route.NextHop;
import dev.sluice.datapath.route.NextHopGroup;
import dev.sluice.datapath.route.RouteEntry;
import dev.sluice.datapath.route.Routes;
import dev.sluice.datapath.rules.Rule;
import dev.sluice.datapath.snapshot.Attachment;
import dev.sluice.datapath.snapshot.Path;
import dev.sluice.datapath.snapshot.PathCounters;
import dev.sluice.datapath.snapshot.PortEntry;
import dev.sluice.datapath.snapshot.RouterEntry;
import dev.sluice.datapath.snapshot.Snapshot;
import dev.sluice.datapath.snapshot.Target;
import dev.sluice.wire.IpPrefix;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What a service node of a router sends of its own accord (packet-life.md, return and leave). */
class RoutedNodeTest {
    private static final int UPLINK = 0;
    private static final int NODE = 1;
    private static final long NODE_PORT_MAC = 0x0200_0000_1001L;

    private final MemorySwitch sluice = new MemorySwitch(snapshot(), 16);

    @AfterEach
    void close() {
        sluice.close();
    }

    private static Snapshot snapshot() {
        Attachment.Side side = new Attachment.Side(NODE, 0, 0, 0x0200_0000_00a1L, 0, 0, 0);
        Attachment node = Attachment.builder(1, "nat-1", 0, side, side)
                .kind(Attachment.Kind.ROUTE)
                .routeUnmatched(true)
                .routers(0)
                .build();
        Path path = new Path(
                1, "nat", 1, List.of(new Path.Hop(node, false, Rule.FailureAction.CLOSED)), new PathCounters());
        RouteEntry route =
                new RouteEntry(IpPrefix.parse("10.0.0.0/8").orElseThrow(), NextHopGroup.of(NextHop.connected(UPLINK)));
        return Snapshot.builder(1)
                .ports(List.of(port(UPLINK, PortEntry.Role.ROUTER, 0), port(NODE, PortEntry.Role.SERVICE, -1)))
                .routers(List.of(new RouterEntry(0, "edge", Routes.of(List.of(route)))))
                .targets(List.of(new Target(0, "nat", List.of(path), Rule.FailureAction.CLOSED)))
                .paths(List.of(path))
                .attachments(List.of(node))
                .build();
    }

    private static PortEntry port(int index, PortEntry.Role role, int router) {
        return new PortEntry(
                index, "p" + index, role, router, -1, 0x0200_0000_1000L + index, List.of(), true, true, 0, 0, 0);
    }

    @Test
    void doesNotChooseTheVlanInWhichAPacketLeaves() {
        TestPacket packet = TestPacket.udp("10.0.0.1:1000", "10.0.0.2:2000").ethernet(0x0200_0000_00a1L, NODE_PORT_MAC);
        sluice.receive(NODE, packet.vlan(66).bytes());
        assertThat(sluice.drops()).containsOnlyKeys(DropReason.VLAN_UNEXPECTED);
        sluice.receive(NODE, packet.bytes());
        // The untagged one waits for its neighbour.
        assertThat(sluice.drops()).containsOnlyKeys(DropReason.VLAN_UNEXPECTED);
    }
}
