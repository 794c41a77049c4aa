package dev.sluice.testkit;

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
import dev.sluice.datapath.snapshot.OverlayPeer;
import dev.sluice.datapath.snapshot.Path;
import dev.sluice.datapath.snapshot.PathCounters;
import dev.sluice.datapath.snapshot.PlanePath;
import dev.sluice.datapath.snapshot.PortAddress;
import dev.sluice.datapath.snapshot.PortEntry;
import dev.sluice.datapath.snapshot.Retained;
import dev.sluice.datapath.snapshot.RouterEntry;
import dev.sluice.datapath.snapshot.ServicePlane;
import dev.sluice.datapath.snapshot.Snapshot;
import dev.sluice.datapath.snapshot.TagReturn;
import dev.sluice.datapath.snapshot.Target;
import dev.sluice.wire.IpAddress;
import dev.sluice.wire.IpPrefix;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;

/**
 * Any number of hosts on one underlay, with nodes anywhere: a client and a server at host 0, which classifies. Builds the snapshots that an agent would build from one set
 * of objects, and delivers neighbour questions; packets are carried by who uses it.
 */
final class PlaneHosts implements AutoCloseable {
    static final int UNDERLAY = 0;
    static final int CLIENT = 1;
    static final int SERVER = 2;
    static final int SVNI = 4711;
    static final int TENANT = 77;
    static final long CLIENT_MAC = 0x0200_0000_aa01L;
    static final long SERVER_MAC = 0x0200_0000_aa02L;
    static final long PORT_MAC = 0x0200_0000_5000L;
    private static final long UNDERLAY_MAC = 0x0200_0000_4000L;
    private static final int CONNECTIONS_MAX = 1024;

    /**
     * A service node.
     *
     * @param id above 0, also its instance number
     * @param host where it is
     * @param tag what its frames are tagged with, 0 for none: TPID and VLAN id
     * @param oneArmed one port for both sides
     */
    record Node(
            int id, int host, int tag, boolean oneArmed, Attachment.Kind kind, Attachment.Translation translation) {}

    /** A place in a chain: whichever of the nodes is chosen for a flow. */
    record Service(String name, boolean copy, Rule.FailureAction onFailure, List<Node> nodes, Path.Visits visits) {
        Service(String name, boolean copy, Rule.FailureAction onFailure, List<Node> nodes) {
            this(name, copy, onFailure, nodes, Path.Visits.BOTH);
        }

        /** With any failure action and, if none of the chain translates, for any directions. */
        static Service any(Random random, String name, boolean copy, List<Node> nodes, boolean translates) {
            boolean open = random.nextInt(3) == 0;
            int any = translates ? 0 : random.nextInt(6);
            Path.Visits visits = any == 4 ? Path.Visits.FORWARD : any == 5 ? Path.Visits.REVERSE : Path.Visits.BOTH;
            return new Service(name, copy, open ? Rule.FailureAction.OPEN : Rule.FailureAction.CLOSED, nodes, visits);
        }

        Service with(List<Node> others) {
            return new Service(name, copy, onFailure, others, visits);
        }

        boolean takes(boolean reverse) {
            return visits != (reverse ? Path.Visits.FORWARD : Path.Visits.REVERSE);
        }

        boolean isForBoth() {
            return visits == Path.Visits.BOTH;
        }
    }

    /** How many copies a packet of a direction leaves at the services of a chain. */
    static long copies(List<Service> chain, boolean reverse) {
        return chain.stream()
                .filter(service -> service.copy() && service.takes(reverse))
                .count();
    }

    /**
     * What stays as it is.
     *
     * @param underlayVersion 4 or 6
     * @param routed the classifying host routes between client and server; else they are a transparent pair
     * @param atServer rules hold at the server's port only
     * @param underlayMtuBytes 0: any
     */
    record Plan(
            int hosts,
            boolean hub,
            int underlayVersion,
            boolean routed,
            boolean atServer,
            int underlayMtuBytes,
            List<Node> nodes) {}

    final Plan plan;
    final List<MemorySwitch> hosts = new ArrayList<>();
    private final Map<List<Integer>, Integer> pathIds = new LinkedHashMap<>();
    private final List<List<Service>> earlier = new ArrayList<>();
    private int generation;

    /** Whether paths have names on the plane, and the underlay routes, from the next configuration on. */
    boolean hasNames = true;

    boolean hasRoutes = true;

    /** By node, where from the next configuration on its packets of no flow go; of nodes in it other hosts route what is brought to them. */
    final Map<Integer, TagReturn> tagReturns = new HashMap<>();

    PlaneHosts(Plan plan, List<Service> chain) {
        this.plan = plan;
        generation = 1;
        remember(chain);
        for (int host = 0; host < plan.hosts(); host++) {
            hosts.add(new MemorySwitch(snapshot(host, chain, false), CONNECTIONS_MAX, 160, 4));
        }
        teach();
    }

    /** Lets all hear who their neighbours are. */
    void teach() {
        for (int to = 0; to < plan.hosts(); to++) {
            for (int from = 0; from < plan.hosts(); from++) {
                if (from != to) {
                    hosts.get(to).receive(UNDERLAY, neighbor(underlayMac(from), endpoint(from), endpoint(to)));
                }
            }
        }
        if (plan.routed()) {
            for (int version : new int[] {4, 6}) {
                hosts.get(0).receive(CLIENT, neighbor(CLIENT_MAC, client(version), gateway(version, CLIENT)));
                hosts.get(0).receive(SERVER, neighbor(SERVER_MAC, server(version), gateway(version, SERVER)));
            }
        }
        for (MemorySwitch host : hosts) {
            host.advance(1);
            host.sentAnywhere();
        }
    }

    /** How often the configuration was made. */
    int generation() {
        return generation;
    }

    static String client(int version) {
        return version == 4 ? "10.0.1.2" : "fd01::2";
    }

    static String server(int version) {
        return version == 4 ? "10.0.2.2" : "fd02::2";
    }

    private static String gateway(int version, int port) {
        return version == 4 ? "10.0." + port + ".1" : "fd0" + port + "::1";
    }

    String endpoint(int host) {
        return plan.underlayVersion() == 4 ? "192.0.2." + (host + 1) : "2001:db8::" + (host + 1);
    }

    static long underlayMac(int host) {
        return UNDERLAY_MAC + ((long) host << 4);
    }

    private void remember(List<Service> chain) {
        if (!earlier.contains(chain)) {
            earlier.add(chain);
        }
    }

    /**
     * Another configuration for all hosts.
     *
     * @param keepEarlier paths of earlier chains stay, offered by another target, and flows migrate
     */
    void apply(List<Service> chain, boolean keepEarlier) {
        generation++;
        remember(chain);
        for (int host = 0; host < plan.hosts(); host++) {
            hosts.get(host).apply(snapshot(host, chain, keepEarlier));
        }
    }

    /** Index of the port that leads to a side of a node on its host. */
    int port(Node node, int side) {
        int port = node.host() == 0 ? SERVER + 1 : UNDERLAY + 1;
        for (Node other : plan.nodes()) {
            if (other.id() == node.id()) {
                return port + (node.oneArmed() ? 0 : side);
            }
            port += other.host() == node.host() ? 2 : 0;
        }
        throw new IllegalArgumentException("no node " + node);
    }

    private Snapshot snapshot(int host, List<Service> chain, boolean keepEarlier) {
        Map<Integer, Attachment> attachments = new LinkedHashMap<>();
        List<Path> offered = paths(host, chain, attachments);
        List<Path> all = new ArrayList<>(offered);
        List<Path> others = new ArrayList<>();
        if (keepEarlier) {
            for (List<Service> before : earlier) {
                for (Path path : paths(host, before, attachments)) {
                    if (all.stream().noneMatch(known -> known.id() == path.id())) {
                        all.add(path);
                        others.add(path);
                    }
                }
            }
        }
        Rule rule = rule();
        List<PlanePath> names = all.stream()
                .filter(_ -> hasNames)
                .map(path -> new PlanePath(path.id(), SVNI, 3000, 100 + 2 * path.id(), 101 + 2 * path.id(), plan.hub()))
                .toList();
        return Snapshot.builder(generation)
                .ports(ports(host))
                .routers(List.of(
                        new RouterEntry(0, "underlay", underlay(host)),
                        new RouterEntry(1, "tenant", plan.routed() && host == 0 ? tenantRoutes() : Routes.EMPTY)))
                .targets(List.of(
                        new Target(0, "chain", offered, Rule.FailureAction.CLOSED),
                        new Target(1, "others", others, Rule.FailureAction.CLOSED)))
                .rules(List.of(rule))
                .groups(List.of(new Group(1, Classifier.of(List.of(rule)))))
                .paths(all)
                .attachments(List.copyOf(attachments.values()))
                .retained(keepEarlier ? Retained.auto(1).thenMigrate(generation) : Retained.auto(generation))
                .plane(new ServicePlane(
                        1000 + host, 0, address(endpoint(host)), peers(host), names, List.of(0, host == 0 ? 77 : 0)))
                .build();
    }

    private Rule rule() {
        BitSet sides = new BitSet();
        sides.set(PortSides.index(plan.atServer() ? SERVER : CLIENT, 0), PortSides.index(SERVER, 1) + 1);
        return new Rule(
                1,
                100,
                "all",
                List.of(Match.ANY),
                Rule.Action.SERVICE,
                0,
                Rule.FailureAction.INHERIT,
                true,
                PortSides.of(sides));
    }

    private List<Path> paths(int host, List<Service> chain, Map<Integer, Attachment> attachments) {
        List<List<Node>> choices = new ArrayList<>();
        choices.add(List.of());
        for (Service service : chain) {
            List<List<Node>> longer = new ArrayList<>();
            for (List<Node> choice : choices) {
                for (Node node : service.nodes()) {
                    List<Node> next = new ArrayList<>(choice);
                    next.add(node);
                    longer.add(next);
                }
            }
            choices = longer;
        }
        List<Path> paths = new ArrayList<>();
        for (List<Node> choice : choices) {
            List<Path.Hop> hops = new ArrayList<>();
            for (int i = 0; i < choice.size(); i++) {
                Service service = chain.get(i);
                Attachment attachment = attachments.computeIfAbsent(
                        choice.get(i).id(), _ -> attachment(host, choice.get(hops.size()), service.copy()));
                hops.add(new Path.Hop(attachment, service.copy(), service.onFailure(), service.visits()));
            }
            List<Integer> ids = choice.stream().map(Node::id).toList();
            pathIds.putIfAbsent(ids, pathIds.size() + 1);
            paths.add(new Path(pathIds.get(ids), "path" + ids, 1, hops, new PathCounters()));
        }
        return paths;
    }

    private Attachment attachment(int host, Node node, boolean copy) {
        boolean here = node.host() == host;
        return Attachment.builder(
                        node.id(),
                        "node-" + node.id(),
                        node.id(),
                        side(here, node, Attachment.IN),
                        side(here, node, Attachment.OUT))
                .kind(node.kind())
                .translation(node.translation())
                .copy(copy)
                .routers(host == 0 ? new int[] {1} : new int[0])
                .routeUnmatched(tagReturns.containsKey(node.id()))
                .tagReturn(here ? tagReturns.get(node.id()) : null)
                .peer(here ? Attachment.LOCAL : node.host() < host ? node.host() : node.host() - 1)
                .build();
    }

    private Attachment.Side side(boolean here, Node node, int side) {
        return new Attachment.Side(here ? port(node, side) : -1, node.tag(), 0, nodeMac(node, side), 0, 0, 0);
    }

    static long nodeMac(Node node, int side) {
        return 0x0200_0000_7000L + 2L * node.id() + side;
    }

    private List<PortEntry> ports(int host) {
        List<PortEntry> ports = new ArrayList<>();
        int bits = plan.underlayVersion() == 4 ? 24 : 64;
        ports.add(new PortEntry(
                UNDERLAY,
                "underlay",
                PortEntry.Role.ROUTER,
                0,
                -1,
                underlayMac(host),
                List.of(new PortAddress(address(endpoint(host)), bits)),
                false,
                false,
                0,
                0,
                plan.underlayMtuBytes()));
        if (host == 0) {
            ports.add(tenantPort(CLIENT, SERVER));
            ports.add(tenantPort(SERVER, CLIENT));
        }
        for (Node node : plan.nodes()) {
            for (int side = 0; side < 2 && node.host() == host; side++) {
                int index = ports.size();
                ports.add(new PortEntry(
                        index,
                        "p" + index,
                        PortEntry.Role.SERVICE,
                        -1,
                        -1,
                        PORT_MAC + index,
                        List.of(),
                        true,
                        true,
                        0,
                        0,
                        0));
            }
        }
        return ports;
    }

    private PortEntry tenantPort(int index, int peer) {
        int group = plan.atServer() && index == CLIENT ? 0 : 1;
        List<PortAddress> addresses = List.of(
                new PortAddress(address(gateway(4, index)), 24), new PortAddress(address(gateway(6, index)), 64));
        return new PortEntry(
                index,
                "p" + index,
                plan.routed() ? PortEntry.Role.ROUTER : PortEntry.Role.TRANSPARENT,
                1,
                plan.routed() ? -1 : peer,
                PORT_MAC + index,
                plan.routed() ? addresses : List.of(),
                true,
                true,
                group,
                group,
                0);
    }

    private static Routes tenantRoutes() {
        List<RouteEntry> routes = new ArrayList<>();
        for (int port : new int[] {CLIENT, SERVER}) {
            routes.add(route("10.0." + port + ".0/24", NextHop.connected(port)));
            routes.add(route("fd0" + port + "::/64", NextHop.connected(port)));
            routes.add(route(gateway(4, port) + "/32", NextHop.local(port)));
            routes.add(route(gateway(6, port) + "/128", NextHop.local(port)));
        }
        return Routes.of(routes);
    }

    private Routes underlay(int host) {
        if (!hasRoutes) {
            return Routes.EMPTY;
        }
        boolean four = plan.underlayVersion() == 4;
        return Routes.of(List.of(
                route(endpoint(host) + (four ? "/32" : "/128"), NextHop.local(UNDERLAY)),
                route(four ? "192.0.2.0/24" : "2001:db8::/64", NextHop.connected(UNDERLAY))));
    }

    private static RouteEntry route(String prefix, NextHop hop) {
        return new RouteEntry(IpPrefix.parse(prefix).orElseThrow(), NextHopGroup.of(hop));
    }

    private List<OverlayPeer> peers(int host) {
        List<OverlayPeer> peers = new ArrayList<>();
        for (int other = 0; other < plan.hosts(); other++) {
            if (other != host) {
                peers.add(new OverlayPeer(peers.size(), "host-" + other, 1000 + other, address(endpoint(other))));
            }
        }
        return peers;
    }

    static IpAddress address(String text) {
        return IpAddress.parse(text).orElseThrow();
    }

    /** A question for a neighbour, which tells who asks: ARP or neighbour solicitation. */
    static byte[] neighbor(long mac, String from, String to) {
        IpAddress asks = address(from);
        IpAddress asked = address(to);
        if (asks.isIpv4()) {
            java.nio.ByteBuffer b = java.nio.ByteBuffer.allocate(60);
            b.putShort((short) -1).putInt(-1).putShort((short) (mac >>> 32)).putInt((int) mac);
            b.putShort((short) 0x0806).putInt(0x0001_0800).putInt(0x0604_0001);
            b.putShort((short) (mac >>> 32)).putInt((int) mac).putInt(asks.ipv4Bits());
            b.putShort((short) 0).putInt(0).putInt(asked.ipv4Bits());
            return b.array();
        }
        java.nio.ByteBuffer b = java.nio.ByteBuffer.allocate(86);
        b.putShort((short) 0x3333).putInt(0xff00_0000 | ((int) asked.lo() & 0xff_ffff));
        b.putShort((short) (mac >>> 32)).putInt((int) mac).putShort((short) 0x86dd);
        b.putInt(0x6000_0000).putShort((short) 32).put((byte) 58).put((byte) 255);
        b.putLong(asks.hi()).putLong(asks.lo());
        b.putLong(0xff02_0000_0000_0000L).putLong(0x0000_0001_ff00_0000L | (asked.lo() & 0xff_ffff));
        b.putShort((short) 0x8700)
                .putShort((short) 0)
                .putInt(0)
                .putLong(asked.hi())
                .putLong(asked.lo());
        b.putShort((short) 0x0101).putShort((short) (mac >>> 32)).putInt((int) mac);
        Sums.fixIcmpv6(b.array(), 14);
        return b.array();
    }

    /** What a host with a MAC address answers to a question for it. */
    static byte[] answer(byte[] question, long mac) {
        java.nio.ByteBuffer q = java.nio.ByteBuffer.wrap(question);
        long asks = ((q.getShort(6) & 0xffffL) << 32) | (q.getInt(8) & 0xffff_ffffL);
        boolean arp = question[12] == 8;
        java.nio.ByteBuffer b = java.nio.ByteBuffer.allocate(arp ? 60 : 86);
        b.putShort((short) (asks >>> 32))
                .putInt((int) asks)
                .putShort((short) (mac >>> 32))
                .putInt((int) mac);
        if (arp) {
            b.putShort((short) 0x0806).putInt(0x0001_0800).putInt(0x0604_0002);
            b.putShort((short) (mac >>> 32)).putInt((int) mac).putInt(q.getInt(38));
            b.putShort((short) (asks >>> 32)).putInt((int) asks).putInt(q.getInt(28));
            return b.array();
        }
        b.putShort((short) 0x86dd)
                .putInt(0x6000_0000)
                .putShort((short) 32)
                .put((byte) 58)
                .put((byte) 255);
        b.put(question, 62, 16).put(question, 22, 16);
        b.putShort((short) 0x8800).putShort((short) 0).putInt(0x6000_0000).put(question, 62, 16);
        b.putShort((short) 0x0201).putShort((short) (mac >>> 32)).putInt((int) mac);
        Sums.fixIcmpv6(b.array(), 14);
        return b.array();
    }

    @Override
    public void close() {
        hosts.forEach(MemorySwitch::close);
    }
}
