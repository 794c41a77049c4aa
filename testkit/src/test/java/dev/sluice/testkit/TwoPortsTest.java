package dev.sluice.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.datapath.packet.DropReason;
import dev.sluice.datapath.route.NextHop;
import dev.sluice.datapath.route.NextHopGroup;
import dev.sluice.datapath.route.RouteEntry;
import dev.sluice.datapath.route.Routes;
import dev.sluice.datapath.rules.Classifier;
import dev.sluice.datapath.rules.Group;
import dev.sluice.datapath.rules.Match;
import dev.sluice.datapath.rules.PortSides;
import dev.sluice.datapath.rules.Rule;
import dev.sluice.datapath.snapshot.Attachment;
import dev.sluice.datapath.snapshot.Path;
import dev.sluice.datapath.snapshot.PathCounters;
import dev.sluice.datapath.snapshot.PortEntry;
import dev.sluice.datapath.snapshot.RouterEntry;
import dev.sluice.datapath.snapshot.Snapshot;
import dev.sluice.datapath.snapshot.Target;
import dev.sluice.ports.MemoryFrame;
import dev.sluice.wire.IpPrefix;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A flow that comes in at two ports of a router whose rules send it along different chains of the same nodes: none is passed by (F15; packet-life.md, return). */
class TwoPortsTest {
    private static final long SECOND_NS = 1_000_000_000L;
    private static final long ROUTER_MAC = 0x0200_0000_1000L;
    private static final int SERVER = 2;
    private static final int FIRST_NODE_PORT = 3;
    private static final TestPacket PACKET = TestPacket.udp("10.0.0.1:4000", "10.9.0.2:53");

    private final List<Attachment> nodes = List.of(node(0), node(1));

    private MemorySwitch sluice(String chainOfPort0, String chainOfPort1) {
        List<Path> paths = List.of(path(1, chainOfPort0), path(2, chainOfPort1));
        List<Rule> rules = List.of(rule(0), rule(1));
        List<PortEntry> ports = new ArrayList<>();
        for (int port = 0; port <= SERVER; port++) {
            ports.add(port(port, PortEntry.Role.ROUTER, 0));
        }
        for (int port = FIRST_NODE_PORT; port < FIRST_NODE_PORT + 4; port++) {
            ports.add(port(port, PortEntry.Role.SERVICE, -1));
        }
        RouteEntry route =
                new RouteEntry(IpPrefix.parse("10.9.0.0/16").orElseThrow(), NextHopGroup.of(NextHop.connected(SERVER)));
        return new MemorySwitch(
                Snapshot.builder(1)
                        .ports(ports)
                        .routers(List.of(new RouterEntry(0, "edge", Routes.of(List.of(route)))))
                        .targets(List.of(target(0, paths.get(0)), target(1, paths.get(1))))
                        .rules(rules)
                        .groups(List.of(
                                new Group(1, Classifier.of(rules.subList(0, 1))),
                                new Group(2, Classifier.of(rules.subList(1, 2)))))
                        .paths(paths)
                        .attachments(nodes)
                        .build(),
                64);
    }

    private static Attachment node(int i) {
        return Attachment.builder(
                        i + 1,
                        "n" + i,
                        i,
                        new Attachment.Side(FIRST_NODE_PORT + 2 * i, 0, 0, 0x0200_0000_00a0L + i, 0, 0, 0),
                        new Attachment.Side(FIRST_NODE_PORT + 2 * i + 1, 0, 0, 0x0200_0000_00b0L + i, 0, 0, 0))
                .routers(0)
                .build();
    }

    private Path path(int id, String chain) {
        List<Path.Hop> hops = chain.chars()
                .mapToObj(name -> new Path.Hop(nodes.get(name - 'a'), false, Rule.FailureAction.CLOSED))
                .toList();
        return new Path(id, chain, 1, hops, new PathCounters());
    }

    private static Target target(int index, Path path) {
        return new Target(index, path.name(), List.of(path), Rule.FailureAction.CLOSED);
    }

    /** Sends what comes in at a port along the chain of the same number. */
    private static Rule rule(int port) {
        BitSet sides = new BitSet();
        sides.set(2 * port + PortSides.FROM_PORT);
        return new Rule(
                port + 1,
                100,
                "edge/port" + port,
                List.of(Match.ANY),
                Rule.Action.SERVICE,
                port,
                Rule.FailureAction.INHERIT,
                true,
                PortSides.of(sides));
    }

    private static PortEntry port(int index, PortEntry.Role role, int router) {
        boolean ruled = index < SERVER;
        return new PortEntry(
                index,
                "p" + index,
                role,
                router,
                -1,
                ROUTER_MAC + index,
                List.of(),
                ruled,
                false,
                ruled ? index + 1 : 0,
                0,
                0);
    }

    private static void comeIn(MemorySwitch sluice, int port) {
        sluice.receive(
                port,
                PACKET.ethernet(0x0200_0000_0a00L + port, ROUTER_MAC + port).bytes());
    }

    /** The packet that is inside a node comes out of it. */
    private static void comeOut(MemorySwitch sluice, char node) {
        int in = FIRST_NODE_PORT + 2 * (node - 'a');
        List<MemoryFrame> inside = sluice.sentAnywhere().getOrDefault(in, List.of());
        assertThat(inside).as("inside " + node).isNotEmpty();
        sluice.receive(in + 1, inside.getFirst());
    }

    @ParameterizedTest
    @CsvSource({"ab, ba", "ab, a", "ba, ab", "ba, b"})
    void packetThatMayBeOfEitherRuleIsDroppedWhereItWouldMissANode(String chain, String other) {
        try (MemorySwitch sluice = sluice(chain, other)) {
            comeIn(sluice, 0);
            Map<Integer, List<MemoryFrame>> first = sluice.sentAnywhere();
            comeIn(sluice, 1);
            sluice.sentAnywhere();
            int in = FIRST_NODE_PORT + 2 * (chain.charAt(0) - 'a');
            sluice.receive(in + 1, first.getOrDefault(in, List.of()).getFirst());
            assertThat(sluice.drops()).containsOnly(Map.entry(DropReason.RETURN_AMBIGUOUS, 1L));
        }
    }

    @Test
    void recordInUseCountsHoweverOldItIs() {
        try (MemorySwitch sluice = sluice("ab", "ba")) {
            comeIn(sluice, 0);
            sluice.sentAnywhere();
            comeIn(sluice, 1);
            sluice.sentAnywhere();
            sluice.advance(SECOND_NS);
            comeIn(sluice, 0);
            comeOut(sluice, 'a');
            comeOut(sluice, 'b');
            assertThat(sluice.drops()).isEmpty();
        }
    }

    @Test
    void packetGoesOnWhereBothRulesWantTheSameFromHere() {
        try (MemorySwitch sluice = sluice("ab", "ab")) {
            comeIn(sluice, 0);
            sluice.sentAnywhere();
            comeIn(sluice, 1);
            comeOut(sluice, 'a');
            comeOut(sluice, 'b');
            assertThat(sluice.drops()).isEmpty();
        }
    }
}
