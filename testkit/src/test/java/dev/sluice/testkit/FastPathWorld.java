package dev.sluice.testkit;

import static org.assertj.core.api.Assertions.assertThat;

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
import dev.sluice.datapath.snapshot.AttachmentCounters;
import dev.sluice.datapath.snapshot.PacketCap;
import dev.sluice.datapath.snapshot.Path;
import dev.sluice.datapath.snapshot.PathCounters;
import dev.sluice.datapath.snapshot.PortAddress;
import dev.sluice.datapath.snapshot.PortEntry;
import dev.sluice.datapath.snapshot.ReturningNode;
import dev.sluice.datapath.snapshot.RouterEntry;
import dev.sluice.datapath.snapshot.Snapshot;
import dev.sluice.datapath.snapshot.Target;
import dev.sluice.wire.IpAddress;
import dev.sluice.wire.IpPrefix;
import java.util.BitSet;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A transparent pair whose TCP and UDP goes through one of two bridging nodes, and a router between two networks that only tracks. Changes by methods, each of which ends in a new
 * snapshot. One user: the test.
 */
final class FastPathWorld {
    static final int CLIENT = 0;
    static final int SERVER = 1;
    static final int WEST = 6;
    static final int EAST = 7;

    /** Hosts behind the router. */
    static final IpAddress WEST_HOST = IpAddress.parse("10.1.0.10").orElseThrow();

    static final IpAddress ANYWHERE_HOST = IpAddress.parse("10.3.0.10").orElseThrow();

    static final IpAddress EAST_HOST = IpAddress.parse("10.2.0.10").orElseThrow();

    final AttachmentCounters[] nodeCounters = {new AttachmentCounters(), new AttachmentCounters()};
    private Rule.Action action = Rule.Action.SERVICE;
    private int generation;
    private int ruleId = 1;
    private List<PacketCap> caps = List.of();
    private List<ReturningNode> returning = List.of();
    private String target = "inspect";

    /** Nodes of the only path, in their order; null: two paths, of one node each. */
    private int @Nullable [] chain;

    /** Sends a packet from {@link #CLIENT} or {@link #SERVER} through its node to the other side; the node that it went through, -1 if it got lost. */
    static int through(MemorySwitch sluice, int from, TestPacket packet) {
        sluice.receive(from, packet.bytes());
        for (int node = 0; node < 2; node++) {
            int in = from == CLIENT ? nodeIn(node) : nodeOut(node);
            int out = from == CLIENT ? nodeOut(node) : nodeIn(node);
            for (byte[] frame : sluice.sent(in)) {
                sluice.receive(out, frame);
                List<byte[]> arrived = sluice.sent(from == CLIENT ? SERVER : CLIENT);
                assertThat(arrived).hasSize(1);
                assertThat(arrived.getFirst()).isEqualTo(packet.bytes());
                return node;
            }
        }
        return -1;
    }

    static int nodeIn(int node) {
        return 2 + 2 * node;
    }

    static int nodeOut(int node) {
        return 3 + 2 * node;
    }

    static long mac(int port) {
        return 0x0200_0000_1000L + port;
    }

    /** What matched the rule is dropped from now on. */
    Snapshot dropping() {
        action = Rule.Action.DROP;
        ruleId++;
        return snapshot();
    }

    /** All flows go through both nodes, in this order. */
    Snapshot through(int first, int second) {
        chain = new int[] {first, second};
        return snapshot();
    }

    Snapshot capped(int node) {
        caps = List.of(new PacketCap(node, 1_000_000, 1000));
        return snapshot();
    }

    /** Flows move to a node that is back. */
    Snapshot returning(int node, int flowsPerSecond) {
        returning = List.of(new ReturningNode(node, flowsPerSecond));
        return snapshot();
    }

    /** The chain is gone, and another one has got its number. */
    Snapshot renumbered(String chain) {
        target = chain;
        ruleId++;
        return snapshot();
    }

    Snapshot snapshot() {
        generation++;
        List<PortEntry> ports = List.of(
                port(CLIENT, PortEntry.Role.TRANSPARENT, 0, SERVER, 1),
                port(SERVER, PortEntry.Role.TRANSPARENT, 0, CLIENT, 1),
                port(nodeIn(0), PortEntry.Role.SERVICE, -1, -1, 0),
                port(nodeOut(0), PortEntry.Role.SERVICE, -1, -1, 0),
                port(nodeIn(1), PortEntry.Role.SERVICE, -1, -1, 0),
                port(nodeOut(1), PortEntry.Role.SERVICE, -1, -1, 0),
                port(WEST, PortEntry.Role.ROUTER, 1, -1, 2),
                port(EAST, PortEntry.Role.ROUTER, 1, -1, 2));
        List<Attachment> nodes = List.of(node(0), node(1));
        int[] order = chain;
        List<Path> paths = order == null
                ? List.of(path(1, nodes.get(0)), path(2, nodes.get(1)))
                : List.of(path(3 + order[0], nodes.get(order[0]), nodes.get(order[1])));
        BitSet sides = new BitSet();
        sides.set(0, 4);
        Rule rule = new Rule(
                ruleId,
                100,
                "inspect",
                List.of(Match.ANY),
                action,
                action == Rule.Action.DROP ? -1 : 0,
                Rule.FailureAction.INHERIT,
                true,
                PortSides.of(sides));
        return Snapshot.builder(generation)
                .ports(ports)
                .routers(List.of(new RouterEntry(0, "pair", Routes.EMPTY), new RouterEntry(1, "router", routes())))
                .targets(List.of(new Target(0, target, paths, Rule.FailureAction.CLOSED)))
                .rules(List.of(rule))
                .groups(List.of(new Group(1, Classifier.of(List.of(rule))), new Group(2, Classifier.of(List.of()))))
                .paths(paths)
                .attachments(nodes)
                .caps(caps)
                .returning(returning)
                .build();
    }

    private static Routes routes() {
        NextHopGroup either = NextHopGroup.of(NextHop.connected(WEST), NextHop.connected(EAST));
        return Routes.of(List.of(
                route("10.1.0.0/24", WEST),
                route("10.2.0.0/24", EAST),
                new RouteEntry(IpPrefix.parse("10.3.0.0/24").orElseThrow(), either)));
    }

    private static RouteEntry route(String prefix, int port) {
        return new RouteEntry(IpPrefix.parse(prefix).orElseThrow(), NextHopGroup.of(NextHop.connected(port)));
    }

    private Attachment node(int i) {
        return Attachment.builder(
                        1 + i,
                        "fw-" + i,
                        i,
                        new Attachment.Side(nodeIn(i), 0x8100 << 16 | 100 + i, 0, 0x0200_0000_00a0L + i, 0, 0, 0),
                        new Attachment.Side(nodeOut(i), 0x8100 << 16 | 100 + i, 0, 0x0200_0000_00b0L + i, 0, 0, 0))
                .routers(0)
                .counters(nodeCounters[i])
                .build();
    }

    private static Path path(int id, Attachment... nodes) {
        List<Path.Hop> hops = Stream.of(nodes)
                .map(node -> new Path.Hop(node, false, Rule.FailureAction.CLOSED))
                .toList();
        return new Path(id, "inspect-" + id, 1, hops, new PathCounters());
    }

    private static PortEntry port(int index, PortEntry.Role role, int router, int peer, int group) {
        List<PortAddress> addresses = role == PortEntry.Role.ROUTER
                ? List.of(new PortAddress(
                        IpAddress.parse(index == WEST ? "10.1.0.1" : "10.2.0.1").orElseThrow(), 24))
                : List.of();
        return new PortEntry(
                index, "p" + index, role, router, peer, mac(index), addresses, true, true, group, group, 1500);
    }
}
