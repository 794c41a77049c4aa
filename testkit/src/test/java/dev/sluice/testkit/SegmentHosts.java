package dev.sluice.testkit;

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
import dev.sluice.datapath.snapshot.OverlayPeer;
import dev.sluice.datapath.snapshot.Path;
import dev.sluice.datapath.snapshot.PathCounters;
import dev.sluice.datapath.snapshot.PlanePath;
import dev.sluice.datapath.snapshot.PortAddress;
import dev.sluice.datapath.snapshot.PortEntry;
import dev.sluice.datapath.snapshot.RouterEntry;
import dev.sluice.datapath.snapshot.Segment;
import dev.sluice.datapath.snapshot.Segments;
import dev.sluice.datapath.snapshot.ServicePlane;
import dev.sluice.datapath.snapshot.Snapshot;
import dev.sluice.datapath.snapshot.Target;
import dev.sluice.wire.IpAddress;
import dev.sluice.wire.IpPrefix;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;

/**
 * Three hosts on one underlay with two segments: red has two ports on each host, blue one on A and B. A firewall is on C. What one of them sends into the underlay
 * comes in at the others.
 */
final class SegmentHosts implements AutoCloseable {
    static final int A = 0;
    static final int B = 1;
    static final int C = 2;

    static final int UNDERLAY = 0;
    static final int RED_1 = 1;
    static final int RED_2 = 2;

    /** Not on C. */
    static final int BLUE = 3;

    /** On C. */
    static final int NODE_IN = 4;

    static final int NODE_OUT = 5;

    static final int RED_VNI = 5001;
    static final int BLUE_VNI = 5002;
    static final int RED = 1;
    static final List<String> ENDPOINTS = List.of("192.0.2.1", "192.0.2.2", "192.0.2.3");

    private static final long MAC = 0x0200_0000_1000L;
    private static final int RED_NUMBER = 777;

    final List<MemorySwitch> hosts = new ArrayList<>();

    /** What went over the underlay so far. */
    final List<byte[]> carried = new ArrayList<>();

    /** Whether what goes to first red ports is classified, in snapshots made from now on. */
    boolean classifyToPort = true;

    /** Of the configuration, in snapshots made from now on. */
    int generation = 1;

    /** Hosts at whose first red port the chain is applied, both directions. */
    private final List<Integer> served;

    private final boolean straight;

    SegmentHosts(List<Integer> served) {
        this(served, 1024);
    }

    SegmentHosts(List<Integer> served, int connectionsMax) {
        this(served, connectionsMax, false);
    }

    private SegmentHosts(List<Integer> served, int connectionsMax, boolean straight) {
        this.served = served;
        this.straight = straight;
        for (int host = A; host <= C; host++) {
            hosts.add(new MemorySwitch(snapshot(host, List.of(A, B, C)), connectionsMax));
        }
    }

    /** Behind the firewall packets go straight to where their destination is. */
    static SegmentHosts straight(List<Integer> served) {
        return new SegmentHosts(served, 1024, true);
    }

    MemorySwitch host(int host) {
        return hosts.get(host);
    }

    /** A frame comes in from outside; all that follows on the underlay happens. */
    void receive(int host, int port, byte[] frame) {
        host(host).receive(port, frame);
        settle();
    }

    /** Carries frames between the hosts until none is under way. */
    void settle() {
        boolean moved = true;
        while (moved) {
            moved = false;
            hosts.forEach(host -> host.advance(1_000_000));
            for (int from = A; from <= C; from++) {
                for (byte[] frame : host(from).sent(UNDERLAY)) {
                    moved = true;
                    carried.add(frame);
                    deliver(from, frame);
                }
            }
        }
    }

    private void deliver(int from, byte[] frame) {
        for (int to = A; to <= C; to++) {
            boolean broadcast = (frame[0] & 1) != 0;
            if (to != from && (broadcast || frame[5] == (byte) (MAC + macOf(to)))) {
                host(to).receive(UNDERLAY, frame);
            }
        }
    }

    /** How many frames of each port's host went out of which port, as {@code A1}: of all ports but the underlay's; forgets them. */
    List<String> received() {
        List<String> all = new ArrayList<>();
        for (int host = A; host <= C; host++) {
            for (int port = RED_1; port <= NODE_OUT; port++) {
                for (int i = host(host).sent(port).size(); i > 0; i--) {
                    all.add("" + (char) ('A' + host) + port);
                }
            }
        }
        return all;
    }

    Map<DropReason, Long> drops() {
        Map<DropReason, Long> all = new EnumMap<>(DropReason.class);
        hosts.forEach(host -> host.drops().forEach((reason, count) -> all.merge(reason, count, Long::sum)));
        return all;
    }

    static int macOf(int host) {
        return host << 4;
    }

    static long underlayMac(int host) {
        return MAC + macOf(host);
    }

    /** @param members hosts that have red ports */
    Snapshot snapshot(int host, List<Integer> members) {
        List<PortEntry> ports = new ArrayList<>();
        ports.add(new PortEntry(
                UNDERLAY,
                "underlay",
                PortEntry.Role.ROUTER,
                0,
                -1,
                underlayMac(host),
                List.of(new PortAddress(address(host), 24)),
                false,
                false,
                0,
                0,
                1700));
        int group = served.contains(host) ? 1 : 0;
        boolean red = members.contains(host);
        ports.add(tenant(RED_1, "red-1", red ? RED : -1, group));
        ports.add(tenant(RED_2, "red-2", red ? RED : -1, 0));
        ports.add(tenant(BLUE, "blue", host == C ? -1 : RED + 1, 0));
        ports.add(service(NODE_IN, "in"));
        ports.add(service(NODE_OUT, "out"));
        Attachment firewall = firewall(host);
        Path path = new Path(
                7,
                "inspect[fw-1]",
                1,
                List.of(new Path.Hop(firewall, false, Rule.FailureAction.CLOSED)),
                new PathCounters());
        BitSet sides = new BitSet();
        sides.set(2 * RED_1, 2 * RED_1 + 2);
        Rule rule = new Rule(
                1,
                100,
                "red/inspect",
                List.of(Match.ANY),
                Rule.Action.SERVICE,
                0,
                Rule.FailureAction.INHERIT,
                true,
                PortSides.of(sides));
        Routes underlay = Routes.of(List.of(
                new RouteEntry(IpPrefix.around(address(host), 32), NextHopGroup.of(NextHop.local(UNDERLAY))),
                new RouteEntry(
                        IpPrefix.parse("192.0.2.0/24").orElseThrow(), NextHopGroup.of(NextHop.connected(UNDERLAY)))));
        return Snapshot.builder(generation)
                .ports(ports)
                .routers(List.of(
                        new RouterEntry(0, "underlay", underlay),
                        new RouterEntry(RED, "red", Routes.EMPTY),
                        new RouterEntry(RED + 1, "blue", Routes.EMPTY)))
                .targets(List.of(new Target(0, "inspect", List.of(path), Rule.FailureAction.CLOSED)))
                .rules(List.of(rule))
                .groups(List.of(new Group(1, Classifier.of(List.of(rule)))))
                .paths(List.of(path))
                .attachments(List.of(firewall))
                .plane(new ServicePlane(
                        1000 + host,
                        0,
                        address(host),
                        peers(host),
                        List.of(new PlanePath(7, 4096, 3000, 100, 101, false, straight)),
                        List.of(70 + host, RED_NUMBER, RED_NUMBER + 1)))
                .segments(new Segments(List.of(
                        new Segment(
                                RED, "red", RED_VNI, red ? List.of(RED_1, RED_2) : List.of(), others(host, members)),
                        new Segment(
                                RED + 1,
                                "blue",
                                BLUE_VNI,
                                host == C ? List.of() : List.of(BLUE),
                                others(host, List.of(A, B))))))
                .build();
    }

    private static List<Integer> others(int host, List<Integer> members) {
        return members.stream()
                .filter(other -> other != host)
                .map(other -> peerOf(host, other))
                .toList();
    }

    private static IpAddress address(int host) {
        return IpAddress.parse(ENDPOINTS.get(host)).orElseThrow();
    }

    private static List<OverlayPeer> peers(int host) {
        List<OverlayPeer> peers = new ArrayList<>();
        for (int other = A; other <= C; other++) {
            if (other != host) {
                peers.add(new OverlayPeer(peers.size(), "host-" + (char) ('a' + other), 1000 + other, address(other)));
            }
        }
        return peers;
    }

    private static int peerOf(int host, int other) {
        return other == host ? Attachment.LOCAL : other < host ? other : other - 1;
    }

    private PortEntry tenant(int index, String name, int router, int group) {
        PortEntry.Role role = router < 0 ? PortEntry.Role.SERVICE : PortEntry.Role.SWITCH;
        return new PortEntry(
                index,
                name,
                role,
                router,
                -1,
                0x0200_0000_2000L + index,
                List.of(),
                true,
                classifyToPort,
                group,
                group,
                1500);
    }

    private static PortEntry service(int index, String name) {
        return new PortEntry(
                index, name, PortEntry.Role.SERVICE, -1, -1, 0x0200_0000_2000L + index, List.of(), true, true, 0, 0, 0);
    }

    private Attachment firewall(int host) {
        boolean here = host == C;
        return Attachment.builder(
                        1,
                        "fw-1",
                        1,
                        new Attachment.Side(here ? NODE_IN : -1, 0, 0, 0x0200_0000_00a1L, 0, 0, 0),
                        new Attachment.Side(here ? NODE_OUT : -1, 0, 0, 0x0200_0000_00a2L, 0, 0, 0))
                .routers(served.contains(host) ? new int[] {RED} : new int[0])
                .peer(peerOf(host, C))
                .build();
    }

    @Override
    public void close() {
        hosts.forEach(MemorySwitch::close);
    }
}
