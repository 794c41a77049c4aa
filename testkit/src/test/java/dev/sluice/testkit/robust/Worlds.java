package dev.sluice.testkit.robust;

import dev.sluice.datapath.route.NextHop;
import dev.sluice.datapath.route.NextHopGroup;
import dev.sluice.datapath.route.RouteEntry;
import dev.sluice.datapath.route.Routes;
import dev.sluice.datapath.rules.Classifier;
import dev.sluice.datapath.rules.Group;
import dev.sluice.datapath.rules.Match;
import dev.sluice.datapath.rules.PortSides;
import dev.sluice.datapath.rules.Rule;
import dev.sluice.datapath.rules.Rule.Action;
import dev.sluice.datapath.rules.Rule.FailureAction;
import dev.sluice.datapath.snapshot.Attachment;
import dev.sluice.datapath.snapshot.Attachment.Kind;
import dev.sluice.datapath.snapshot.Attachment.Side;
import dev.sluice.datapath.snapshot.Attachment.Translation;
import dev.sluice.datapath.snapshot.Path;
import dev.sluice.datapath.snapshot.PathCounters;
import dev.sluice.datapath.snapshot.PortAddress;
import dev.sluice.datapath.snapshot.PortEntry;
import dev.sluice.datapath.snapshot.PortEntry.Role;
import dev.sluice.datapath.snapshot.RouterEntry;
import dev.sluice.datapath.snapshot.Snapshot;
import dev.sluice.datapath.snapshot.Target;
import dev.sluice.wire.IpAddress;
import dev.sluice.wire.IpPrefix;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;

/** Snapshots made by hand: one with every kind of port and node, and a transparent pair whose every packet has to pass one node. */
final class Worlds {
    // Ports of the rich world. Router 0: LEFT and RIGHT, linked with router 1: FAR. Pair: ONE and OTHER.
    static final int LEFT = 0;
    static final int RIGHT = 1;
    static final int LINK_NEAR = 2;
    static final int LINK_FAR = 3;
    static final int FAR = 4;
    static final int ONE = 5;
    static final int OTHER = 6;
    static final int BRIDGE_IN = 7;
    static final int BRIDGE_OUT = 8;
    static final int ARM = 9;
    static final int COPY = 10;
    static final int WIRE_IN = 11;
    static final int WIRE_OUT = 12;
    static final int ROUTE_IN = 13;
    static final int ROUTE_OUT = 14;
    static final int LEARNED_IN = 15;
    static final int LEARNED_OUT = 16;
    static final int NEW_FLOW_IN = 17;
    static final int NEW_FLOW_OUT = 18;
    static final int SILENT_IN = 19;
    static final int SILENT_OUT = 20;
    static final int PORTS = 21;

    // Ports of the small worlds.
    static final int CLIENT = 0;
    static final int SERVER = 1;
    static final int NODE_IN = 2;
    static final int NODE_OUT = 3;

    private static final int ROUTER = 0;
    private static final int ROUTER_FAR = 1;
    private static final int PAIR = 2;
    private static final int ROUTER_GROUP = 1;
    private static final int PAIR_GROUP = 2;

    private final List<Attachment> nodes = new ArrayList<>();
    private final List<Path> paths = new ArrayList<>();
    private final List<Target> targets = new ArrayList<>();
    private final List<Rule> rules = new ArrayList<>();

    private Worlds() {}

    static long mac(int port) {
        return 0x0200_0000_1000L + port;
    }

    /** Every kind of port and node. The pair's node is on SILENT_IN and SILENT_OUT and has to see everything. */
    static Snapshot rich(int generation) {
        return new Worlds().buildRich(generation);
    }

    private Snapshot buildRich(int generation) {
        Attachment bridge = node("bridge", BRIDGE_IN, 0, 0, BRIDGE_OUT, 0, 0, Kind.BRIDGE, Translation.NONE, false, 0);
        Attachment vlan =
                node("vlan", BRIDGE_IN, tag(100), 0, BRIDGE_OUT, tag(101), 0, Kind.BRIDGE, Translation.NONE, false, 0);
        Attachment qinq = node(
                "qinq",
                BRIDGE_IN,
                0x88a8 << 16 | 200,
                tag(201),
                BRIDGE_OUT,
                0x88a8 << 16 | 300,
                tag(301),
                Kind.BRIDGE,
                Translation.NONE,
                false,
                0);
        Attachment arm = node("arm", ARM, tag(50), 0, ARM, tag(50), 0, Kind.BRIDGE, Translation.NONE, false, 0);
        Attachment copy = node("copy", COPY, tag(9), 0, COPY, tag(9), 0, Kind.BRIDGE, Translation.NONE, true, 0);
        Attachment wire = node("wire", WIRE_IN, 0, 0, WIRE_OUT, 0, 0, Kind.WIRE, Translation.NONE, false, 0);
        Attachment route = node("route", ROUTE_IN, 0, 0, ROUTE_OUT, 0, 0, Kind.ROUTE, Translation.NONE, false, 0);
        Attachment learned =
                node("learned", LEARNED_IN, 0, 0, LEARNED_OUT, 0, 0, Kind.BRIDGE, Translation.LEARNED, false, 0);
        Attachment newFlow =
                node("new-flow", NEW_FLOW_IN, 0, 0, NEW_FLOW_OUT, 0, 0, Kind.BRIDGE, Translation.NEW_FLOW, false, 0);
        Attachment silent =
                node("silent", SILENT_IN, 0, 0, SILENT_OUT, 0, 0, Kind.BRIDGE, Translation.NONE, false, PAIR);
        BitSet routerSides = sides(LEFT, RIGHT, FAR, LINK_NEAR);
        rule(6, 80, 80, path(bridge, wire), routerSides);
        rule(6, 81, 81, path(route), routerSides);
        rule(6, 82, 82, path(copy, vlan), routerSides);
        rule(6, 83, 83, path(qinq), routerSides);
        rule(6, 84, 84, path(arm, bridge), routerSides);
        rule(6, 85, 85, path(learned), routerSides);
        rule(6, 86, 86, path(newFlow), routerSides);
        rule(17, 53, 53, -1, routerSides);
        rule(17, 5000, 6000, path(wire), routerSides);
        rule(58, 0, 65535, path(qinq), routerSides);
        int routerRules = rules.size();
        rule(-1, 0, 65535, path(silent), sides(ONE, OTHER));
        List<Group> groups = List.of(
                new Group(ROUTER_GROUP, Classifier.of(rules.subList(0, routerRules))),
                new Group(PAIR_GROUP, Classifier.of(rules.subList(routerRules, rules.size()))));
        return Snapshot.builder(generation)
                .ports(richPorts())
                .routers(List.of(
                        new RouterEntry(
                                ROUTER, "near", routes(LEFT, "1", RIGHT, "2", LINK_NEAR, "100.64.0.2", "fd64::2")),
                        new RouterEntry(
                                ROUTER_FAR, "far", routes(FAR, "3", FAR, "4", LINK_FAR, "100.64.0.1", "fd64::1")),
                        new RouterEntry(PAIR, "pair", Routes.EMPTY)))
                .targets(targets)
                .rules(rules)
                .groups(groups)
                .paths(paths)
                .attachments(nodes)
                .build();
    }

    private static List<PortEntry> richPorts() {
        List<PortEntry> ports = new ArrayList<>();
        for (int i = 0; i < PORTS; i++) {
            ports.add(
                    switch (i) {
                        case LEFT -> routerPort(i, Role.ROUTER, ROUTER, -1, ROUTER_GROUP, "10.0.1.1/24", "fd01::1/64");
                        case RIGHT -> routerPort(i, Role.ROUTER, ROUTER, -1, ROUTER_GROUP, "10.0.2.1/24", "fd02::1/64");
                        case LINK_NEAR ->
                            routerPort(i, Role.LINK, ROUTER, LINK_FAR, ROUTER_GROUP, "100.64.0.1/30", "fd64::1/64");
                        case LINK_FAR ->
                            routerPort(i, Role.LINK, ROUTER_FAR, LINK_NEAR, 0, "100.64.0.2/30", "fd64::2/64");
                        case FAR ->
                            routerPort(i, Role.ROUTER, ROUTER_FAR, -1, ROUTER_GROUP, "10.0.3.1/24", "fd03::1/64");
                        case ONE -> pairPort(i, PAIR, OTHER, PAIR_GROUP);
                        case OTHER -> pairPort(i, PAIR, ONE, PAIR_GROUP);
                        case ROUTE_IN -> routerPort(i, Role.SERVICE, -1, -1, 0, "10.0.13.1/24", "fd13::1/64");
                        case ROUTE_OUT -> routerPort(i, Role.SERVICE, -1, -1, 0, "10.0.14.1/24", "fd14::1/64");
                        default -> pairPort(i, -1, -1, 0);
                    });
        }
        return ports;
    }

    /** Two ports of one subnet; every packet between them has to pass one bridge, closed; or none if {@code action} is not SERVICE. */
    static Snapshot pair(int generation, Action action) {
        return new Worlds().buildPair(generation, action, Match.ANY, FailureAction.CLOSED);
    }

    /** The same for packets that a match takes only. */
    static Snapshot pair(int generation, Match match, FailureAction onFailure) {
        return new Worlds().buildPair(generation, Action.SERVICE, match, onFailure);
    }

    private Snapshot buildPair(int generation, Action action, Match match, FailureAction onFailure) {
        Attachment node = node("node", NODE_IN, 0, 0, NODE_OUT, 0, 0, Kind.BRIDGE, Translation.NONE, false, 0);
        Path path = new Path(1, "node", 1, List.of(new Path.Hop(node, false, onFailure)), new PathCounters());
        boolean service = action == Action.SERVICE;
        Rule rule = new Rule(
                1,
                100,
                "all",
                List.of(match),
                action,
                service ? 0 : -1,
                FailureAction.INHERIT,
                true,
                PortSides.of(sides(CLIENT, SERVER)));
        return Snapshot.builder(generation)
                .ports(List.of(
                        pairPort(CLIENT, 0, SERVER, 1),
                        pairPort(SERVER, 0, CLIENT, 1),
                        pairPort(NODE_IN, -1, -1, 0),
                        pairPort(NODE_OUT, -1, -1, 0)))
                .routers(List.of(new RouterEntry(0, "pair", Routes.EMPTY)))
                .targets(List.of(new Target(0, "chain", List.of(path), onFailure)))
                .rules(List.of(rule))
                .groups(List.of(new Group(1, Classifier.of(List.of(rule)))))
                .paths(List.of(path))
                .attachments(List.of(node))
                .build();
    }

    private static PortEntry routerPort(int index, Role role, int router, int peer, int group, String... addresses) {
        List<PortAddress> own = new ArrayList<>();
        for (String address : addresses) {
            String[] parts = address.split("/", 2);
            own.add(new PortAddress(address(parts[0]), Integer.parseInt(parts[1])));
        }
        return new PortEntry(index, "p" + index, role, router, peer, mac(index), own, true, true, group, group, 1500);
    }

    private static PortEntry pairPort(int index, int router, int peer, int group) {
        Role role = peer >= 0 ? Role.TRANSPARENT : Role.SERVICE;
        return new PortEntry(
                index, "p" + index, role, router, peer, mac(index), List.of(), true, true, group, group, 0);
    }

    private static Routes routes(int a, String subnetA, int b, String subnetB, int link, String via4, String via6) {
        List<RouteEntry> all = new ArrayList<>();
        for (String[] own : new String[][] {{subnetA, "" + a}, {subnetB, "" + b}}) {
            NextHopGroup connected = NextHopGroup.of(NextHop.connected(Integer.parseInt(own[1])));
            NextHopGroup local = NextHopGroup.of(NextHop.local(Integer.parseInt(own[1])));
            all.add(new RouteEntry(prefix("10.0." + own[0] + ".0/24"), connected));
            all.add(new RouteEntry(prefix("10.0." + own[0] + ".1/32"), local));
            all.add(new RouteEntry(prefix("fd0" + own[0] + "::/64"), connected));
            all.add(new RouteEntry(prefix("fd0" + own[0] + "::1/128"), local));
        }
        all.add(new RouteEntry(prefix("0.0.0.0/0"), NextHopGroup.of(NextHop.gateway(link, address(via4)))));
        all.add(new RouteEntry(prefix("::/0"), NextHopGroup.of(NextHop.gateway(link, address(via6)))));
        all.add(new RouteEntry(prefix("192.0.2.0/24"), NextHopGroup.of(NextHop.blackhole())));
        return Routes.of(all);
    }

    private Attachment node(
            String name,
            int in,
            int inTag,
            int inInner,
            int out,
            int outTag,
            int outInner,
            Kind kind,
            Translation translation,
            boolean copy,
            int... routers) {
        int id = nodes.size() + 1;
        boolean routes = kind == Kind.ROUTE;
        Attachment node = Attachment.builder(
                        id,
                        name,
                        nodes.size(),
                        side(in, inTag, inInner, routes, 0xa0_00 + id),
                        side(out, outTag, outInner, routes, 0xb0_00 + id))
                .kind(kind)
                .translation(translation)
                .copy(copy)
                .routeUnmatched("route".equals(name))
                .routers(routers)
                .returnPaths(translation == Translation.NEW_FLOW ? new int[] {paths.size() + 7} : new int[0])
                .build();
        nodes.add(node);
        return node;
    }

    private static Side side(int port, int outer, int inner, boolean routes, int number) {
        IpAddress v6 = address("fd" + port + "::2");
        return new Side(
                port,
                outer,
                inner,
                routes ? -1 : 0x0200_0000_0000L + number,
                routes ? 0x0a00_0002 | port << 8 : 0,
                routes ? v6.hi() : 0,
                routes ? v6.lo() : 0);
    }

    /** A path through the nodes and a target that has only this path; the target's number. */
    private int path(Attachment... hops) {
        List<Path.Hop> all = new ArrayList<>();
        for (Attachment hop : hops) {
            all.add(new Path.Hop(hop, hop.copy(), FailureAction.CLOSED));
        }
        Path path = new Path(paths.size() + 1, "path", 1, all, new PathCounters());
        paths.add(path);
        targets.add(new Target(targets.size(), "target", List.of(path), FailureAction.CLOSED));
        return targets.size() - 1;
    }

    private void rule(int protocol, int portLow, int portHigh, int target, BitSet where) {
        Match match = protocol < 0
                ? Match.ANY
                : Match.ANY.withProtocol(protocol, protocol).withPorts(0, 65535, portLow, portHigh);
        int id = rules.size() + 1;
        rules.add(new Rule(
                id,
                1000 - id,
                "rule" + id,
                List.of(match),
                target < 0 ? Action.DROP : Action.SERVICE,
                target,
                FailureAction.INHERIT,
                true,
                PortSides.of(where)));
    }

    private static BitSet sides(int... ports) {
        BitSet sides = new BitSet();
        for (int port : ports) {
            sides.set(2 * port, 2 * port + 2);
        }
        return sides;
    }

    private static int tag(int vlan) {
        return 0x8100 << 16 | vlan;
    }

    private static IpAddress address(String text) {
        return IpAddress.parse(text).orElseThrow();
    }

    private static IpPrefix prefix(String text) {
        return IpPrefix.parse(text).orElseThrow();
    }
}
