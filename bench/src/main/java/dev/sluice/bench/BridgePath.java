package dev.sluice.bench;

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
import dev.sluice.wire.IpAddress;
import dev.sluice.wire.IpPrefix;
import dev.sluice.wire.IpProtocols;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;

/** The configuration all paths are measured with: all IPv4 between two transparent ports goes through one node that bridges. */
final class BridgePath {
    static final int CLIENT = 0;
    static final int SERVER = 1;
    static final int NODE_IN = 2;
    static final int NODE_OUT = 3;
    static final int PORTS = 4;

    /** The second node's, where there is one. */
    static final int OTHER_IN = 4;

    static final int OTHER_OUT = 5;

    private BridgePath() {}

    static Snapshot snapshot() {
        return snapshot(1, List.of());
    }

    /** The same with a second node, over which and the first one flows are spread: instances 0 and 1, paths 1 and 2. */
    static Snapshot snapshotOfTwoNodes() {
        Attachment first = node(1, 0, NODE_IN, NODE_OUT);
        Attachment second = node(2, 1, OTHER_IN, OTHER_OUT);
        List<Path> paths = List.of(path(1, first), path(2, second));
        List<PortEntry> ports = new ArrayList<>(ports());
        ports.add(port(OTHER_IN, PortEntry.Role.SERVICE, -1, -1, 0));
        ports.add(port(OTHER_OUT, PortEntry.Role.SERVICE, -1, -1, 0));
        return steering(1, ports, paths, List.of(first, second), List.of());
    }

    /** The same with so many rules for other traffic before the one for all. */
    static Snapshot snapshotOfRules(int count) {
        return snapshotOfRules(1, count);
    }

    /** The same as a later generation. */
    static Snapshot snapshotOfRules(int generation, int count) {
        return snapshot(generation, otherRules(count));
    }

    private static List<Rule> otherRules(int count) {
        List<Rule> rules = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            int port = otherPort(i);
            Match match = Match.ANY
                    .withFamily(4)
                    .withProtocol(otherProtocol(i), otherProtocol(i))
                    .withPrefixes(null, otherDestination(i))
                    .withPorts(0, 0xffff, port, port);
            rules.add(rule(2 + i, 1_000 + i, match, Rule.Action.NONE));
        }
        return rules;
    }

    /** Only the two transparent ports, between which everything passes by the last of so many rules. */
    static Snapshot passingOfRules(int count) {
        List<Rule> rules = new ArrayList<>(otherRules(count));
        rules.add(rule(1, 100, Match.ANY.withFamily(4), Rule.Action.NONE));
        return Snapshot.builder(1)
                .ports(List.of(
                        port(CLIENT, PortEntry.Role.TRANSPARENT, 0, SERVER, 1),
                        port(SERVER, PortEntry.Role.TRANSPARENT, 0, CLIENT, 1)))
                .routers(List.of(new RouterEntry(0, "pair", Routes.EMPTY)))
                .rules(rules)
                .groups(List.of(new Group(1, Classifier.of(rules))))
                .build();
    }

    /** The destination of rule i of those for other traffic. */
    static IpPrefix otherDestination(int i) {
        return IpPrefix.around(IpAddress.ofIpv4(0xac10_0000 | (i * 61) << 4), 28 - i % 5);
    }

    static int otherProtocol(int i) {
        return i % 3 == 0 ? IpProtocols.TCP : IpProtocols.UDP;
    }

    static int otherPort(int i) {
        return 1 + i % 1_000;
    }

    /** The same with other rules before the one for all; their ids begin at 2. */
    static Snapshot snapshot(int generation, List<Rule> more) {
        Attachment node = node(1, 0, NODE_IN, NODE_OUT);
        return steering(generation, ports(), List.of(path(1, node)), List.of(node), more);
    }

    private static List<PortEntry> ports() {
        return List.of(
                port(CLIENT, PortEntry.Role.TRANSPARENT, 0, SERVER, 1),
                port(SERVER, PortEntry.Role.TRANSPARENT, 0, CLIENT, 1),
                port(NODE_IN, PortEntry.Role.SERVICE, -1, -1, 0),
                port(NODE_OUT, PortEntry.Role.SERVICE, -1, -1, 0));
    }

    private static Attachment node(int id, int instance, int in, int out) {
        return Attachment.builder(
                        id,
                        "node" + (instance == 0 ? "" : "-" + id),
                        instance,
                        new Attachment.Side(in, 0, 0, 0x0200_0000_00a1L + 2L * instance, 0, 0, 0),
                        new Attachment.Side(out, 0, 0, 0x0200_0000_00a2L + 2L * instance, 0, 0, 0))
                .routers(0)
                .build();
    }

    private static Path path(int id, Attachment node) {
        return new Path(
                id,
                "inspect[" + node.name() + "]",
                1,
                List.of(new Path.Hop(node, false, Rule.FailureAction.CLOSED)),
                new PathCounters());
    }

    private static Snapshot steering(
            int generation, List<PortEntry> ports, List<Path> paths, List<Attachment> nodes, List<Rule> more) {
        List<Rule> rules = new ArrayList<>(more);
        rules.add(rule(1, 100, Match.ANY.withFamily(4), Rule.Action.SERVICE));
        return Snapshot.builder(generation)
                .ports(ports)
                .routers(List.of(new RouterEntry(0, "pair", Routes.EMPTY)))
                .targets(List.of(new Target(0, "inspect", paths, Rule.FailureAction.CLOSED)))
                .rules(rules)
                .groups(List.of(new Group(1, Classifier.of(rules))))
                .paths(paths)
                .attachments(nodes)
                .build();
    }

    private static Rule rule(int id, int precedence, Match match, Rule.Action action) {
        BitSet sides = new BitSet();
        sides.set(0, 2 * PORTS);
        return new Rule(
                id,
                precedence,
                "all/" + id,
                List.of(match),
                action,
                action == Rule.Action.SERVICE ? 0 : -1,
                Rule.FailureAction.INHERIT,
                true,
                PortSides.of(sides));
    }

    private static PortEntry port(int index, PortEntry.Role role, int router, int peer, int group) {
        return new PortEntry(
                index,
                "p" + index,
                role,
                router,
                peer,
                0x0200_0000_1000L + index,
                List.of(),
                true,
                true,
                group,
                group,
                0);
    }
}
