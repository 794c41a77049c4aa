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
import dev.sluice.datapath.snapshot.AttachmentCounters;
import dev.sluice.datapath.snapshot.NodeTunnel;
import dev.sluice.datapath.snapshot.OverlayPeer;
import dev.sluice.datapath.snapshot.Path;
import dev.sluice.datapath.snapshot.PathCounters;
import dev.sluice.datapath.snapshot.PlanePath;
import dev.sluice.datapath.snapshot.PortAddress;
import dev.sluice.datapath.snapshot.PortEntry;
import dev.sluice.datapath.snapshot.RouterEntry;
import dev.sluice.datapath.snapshot.ServicePlane;
import dev.sluice.datapath.snapshot.Snapshot;
import dev.sluice.datapath.snapshot.Target;
import dev.sluice.wire.IpAddress;
import dev.sluice.wire.IpPrefix;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;

/**
 * Three hosts on one underlay: a transparent pair between client and server on A, a firewall on B, an intrusion prevention system on C, one chain through both. What
 * one of them sends into the underlay comes in at the others.
 */
final class ThreeHosts implements AutoCloseable {
    static final int A = 0;
    static final int B = 1;
    static final int C = 2;

    private static final int NOBODY = -1;

    static final int UNDERLAY = 0;

    /** On A. */
    static final int CLIENT = 1;

    static final int SERVER = 2;

    /** On B and C. */
    static final int NODE_IN = 1;

    static final int NODE_OUT = 2;

    private static final int NODE_AT_A = 3;

    /** On B, if {@link #letTheWorkloadMoveToB}. */
    static final int CLIENT_AT_B = 3;

    static final int SERVER_AT_B = 4;

    static final int SVNI = 4096;
    static final int FORWARD_SPI = 100;
    static final int REVERSE_SPI = 101;
    static final List<String> ENDPOINTS = List.of("192.0.2.1", "192.0.2.2", "192.0.2.3");

    /** Number of the chain that all paths are of. */
    static final int CHAIN = 0x04a1_0003;

    /** The path of the node on C alone. */
    static final PlanePath SHORT = new PlanePath(8, SVNI, CHAIN, 0x200, 0x201, false);

    /** As the path through both, but for another service at its end; of another rule. Only B knows it, and no flow of A gets it. */
    static final PlanePath RIVAL = new PlanePath(9, SVNI, CHAIN, 0x300, 0x301, false);

    private static final long MAC = 0x0200_0000_1000L;

    final List<MemorySwitch> hosts = new ArrayList<>();

    /** What went over the underlay so far. */
    final List<byte[]> carried = new ArrayList<>();

    /** The firewall on B, as an aware node in the underlay. */
    static final String NODE_ADDRESS = "192.0.2.50";

    static final long NODE_MAC = 0x0200_0000_2050L;

    /** What was sent to aware nodes and not taken by {@link #toNode} yet. */
    private final List<byte[]> toNodes = new ArrayList<>();

    /** Of the service ports in snapshots that are made from now on; 0: not known. */
    int nodeMtuBytes;

    /** Of a node that is reached by Ethernet, likewise; 0: none. */
    private int nodeTag;

    private boolean fixedContext;
    private boolean copies;
    private boolean pairOnB;

    private final boolean hub;
    private final Attachment.Translation translation;
    private final int awareOn;
    private final NodeTunnel.Format format;
    private final boolean choice;

    ThreeHosts(boolean hub) {
        this(hub, Attachment.Translation.NONE);
    }

    /** @param translation of the firewall */
    ThreeHosts(boolean hub, Attachment.Translation translation) {
        this(hub, translation, NOBODY, NodeTunnel.Format.NSH);
    }

    private ThreeHosts(boolean hub, Attachment.Translation translation, int awareOn, NodeTunnel.Format format) {
        this(hub, translation, awareOn, format, false);
    }

    private ThreeHosts(
            boolean hub, Attachment.Translation translation, int awareOn, NodeTunnel.Format format, boolean choice) {
        this.choice = choice;
        this.format = format;
        this.hub = hub;
        this.translation = translation;
        this.awareOn = awareOn;
        for (int host = A; host <= C; host++) {
            hosts.add(new MemorySwitch(snapshot(host, Rule.FailureAction.CLOSED), 1024));
        }
    }

    /** The firewall on B has an agent. */
    static ThreeHosts aware(boolean hub) {
        return new ThreeHosts(hub, Attachment.Translation.NONE, B, NodeTunnel.Format.NSH);
    }

    /** The firewall on B has an agent; a second path, of the node on C alone, is the second choice. */
    static ThreeHosts awareWithChoice() {
        return new ThreeHosts(false, Attachment.Translation.NONE, B, NodeTunnel.Format.NSH, true);
    }

    /** The firewall on B is a bridge, and its path of mode hub; a second path, of the node on C alone, is the second choice. */
    static ThreeHosts hubWithChoice() {
        return new ThreeHosts(true, Attachment.Translation.NONE, NOBODY, NodeTunnel.Format.NSH, true);
    }

    /** The firewall is on A and has an agent. */
    static ThreeHosts awareOnA() {
        return new ThreeHosts(false, Attachment.Translation.NONE, A, NodeTunnel.Format.NSH);
    }

    /** The firewall is on A or B and is an appliance for gateway load balancers. */
    static ThreeHosts gateway(int host, boolean hub) {
        return new ThreeHosts(hub, Attachment.Translation.NONE, host, NodeTunnel.Format.GWLB);
    }

    /**
     * The firewall is on A or B and gets packets in a transport of that kind: with the network service header in front of them, on Ethernet at {@link #nodePort}; or behind two
     * tunnels, with keys or virtual networks 100 and 101.
     */
    static ThreeHosts nodeIn(int host, NodeTunnel.Format format) {
        return new ThreeHosts(false, Attachment.Translation.NONE, host, format);
    }

    /** On A or B, with the service header on Ethernet behind VLAN tag 30. */
    static ThreeHosts tagged(int host) {
        ThreeHosts hosts = nodeIn(host, NodeTunnel.Format.NSH_ETHERNET);
        hosts.nodeTag = 0x8100 << 16 | 30;
        hosts.applyAnew();
        return hosts;
    }

    /** B has a pair of the same tenant as A. */
    void letTheWorkloadMoveToB() {
        pairOnB = true;
        applyAnew();
    }

    /** From now on the node knows metadata type 1 only. */
    void giveFixedContext() {
        fixedContext = true;
        applyAnew();
    }

    /** From now on the node gets copies, and packets go on without it. */
    void giveCopies() {
        copies = true;
        applyAnew();
    }

    private void applyAnew() {
        for (int each = A; each <= C; each++) {
            host(each).apply(snapshot(each, Rule.FailureAction.CLOSED));
        }
    }

    /** The port of the node that is reached by Ethernet. */
    int nodePort() {
        return awareOn == A ? NODE_AT_A : NODE_IN;
    }

    /** The datagrams that aware nodes got since the last call, as frames. */
    List<byte[]> toNode() {
        List<byte[]> all = List.copyOf(toNodes);
        toNodes.clear();
        return all;
    }

    MemorySwitch host(int host) {
        return hosts.get(host);
    }

    /** What a host has counted at a node. */
    AttachmentCounters counters(int host, String node) {
        return host(host).datapath().snapshot().attachments().stream()
                .filter(each -> each.name().equals(node))
                .findFirst()
                .orElseThrow()
                .counters();
    }

    /** A frame comes in from outside; all that follows on the underlay happens. */
    void receive(int host, int port, byte[] frame) {
        receive(host, port, dev.sluice.ports.MemoryFrame.plain(frame));
    }

    void receive(int host, int port, dev.sluice.ports.MemoryFrame frame) {
        host(host).receive(port, frame);
        settle();
    }

    /** Carries frames between the hosts until none is under way. */
    void settle() {
        boolean moved = true;
        while (moved) {
            moved = false;
            // Questions for neighbours, and packets that waited for the answers, leave by timers.
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
        if (frame[12] == 8 && frame[13] == 6 && frame[41] == 50) {
            // Who has the node's address? The node, and it says so to whoever asks.
            host(from).receive(UNDERLAY, AwareNode.arpReply(frame, NODE_MAC));
            return;
        }
        if (frame[4] == 0x20 && frame[5] == 0x50) {
            toNodes.add(frame);
            return;
        }
        for (int to = A; to <= C; to++) {
            boolean broadcast = (frame[0] & 1) != 0;
            if (to != from && (broadcast || frame[5] == (byte) (MAC + macOf(to)))) {
                host(to).receive(UNDERLAY, frame);
            }
        }
    }

    private static int macOf(int host) {
        return host << 4;
    }

    Snapshot snapshot(int host, Rule.FailureAction onFailure) {
        return snapshot(host, onFailure, choice ? List.of(planePath(), SHORT) : List.of(planePath()));
    }

    private PlanePath planePath() {
        return new PlanePath(7, SVNI, CHAIN, FORWARD_SPI, REVERSE_SPI, hub);
    }

    /** B also serves {@link #RIVAL}. */
    void letBServeTheRival() {
        host(B).apply(snapshot(B, Rule.FailureAction.CLOSED, List.of(planePath(), RIVAL)));
    }

    /** A snapshot of a host that knows these paths of the plane. */
    Snapshot snapshot(int host, Rule.FailureAction onFailure, List<PlanePath> planePaths) {
        List<PortEntry> ports = new ArrayList<>();
        ports.add(new PortEntry(
                UNDERLAY,
                "underlay",
                PortEntry.Role.ROUTER,
                0,
                -1,
                MAC + macOf(host),
                List.of(new PortAddress(address(host), 24)),
                false,
                false,
                0,
                0,
                1600));
        if (host == A) {
            ports.add(pair(CLIENT, "client", SERVER));
            ports.add(pair(SERVER, "server", CLIENT));
            ports.add(service(NODE_AT_A, "node"));
        } else {
            ports.add(service(NODE_IN, "in"));
            ports.add(service(NODE_OUT, "out"));
            if (pairOnB && host == B) {
                ports.add(pair(CLIENT_AT_B, "client", SERVER_AT_B));
                ports.add(pair(SERVER_AT_B, "server", CLIENT_AT_B));
            }
        }
        Attachment firewall = attachment(1, "fw-1", awareOn == A ? A : B, host, translation, awareOn != NOBODY);
        Attachment ips = attachment(2, "ips-1", C, host, Attachment.Translation.NONE, false);
        Path path = new Path(
                7,
                "inspect[fw-1,ips-1]",
                2,
                0,
                7,
                List.of(new Path.Hop(firewall, copies, onFailure), new Path.Hop(ips, false, onFailure)),
                new PathCounters());
        Path alone = new Path(
                SHORT.path(), "inspect[ips-1]", 1, List.of(new Path.Hop(ips, false, onFailure)), new PathCounters());
        Attachment other = attachment(3, "dlp-1", C, host, Attachment.Translation.NONE, false);
        Path rival = new Path(
                RIVAL.path(),
                "other[fw-1,dlp-1]",
                1,
                0,
                RIVAL.path(),
                List.of(new Path.Hop(firewall, false, onFailure), new Path.Hop(other, false, onFailure)),
                new PathCounters());
        boolean rivals = planePaths.contains(RIVAL);
        List<Path> paths = choice ? List.of(path, alone) : rivals ? List.of(path, rival) : List.of(path);
        BitSet sides = new BitSet();
        sides.set(2, 6);
        boolean classifies = host == A || (pairOnB && host == B);
        if (pairOnB && host == B) {
            sides.clear();
            sides.set(2 * CLIENT_AT_B, 2 * SERVER_AT_B + 2);
        }
        Rule rule = new Rule(
                1,
                100,
                "web/inspect",
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
        return Snapshot.builder(1)
                .ports(ports)
                .routers(List.of(new RouterEntry(0, "underlay", underlay), new RouterEntry(1, "pair", Routes.EMPTY)))
                .targets(List.of(new Target(0, "inspect", paths, onFailure)))
                .rules(List.of(rule))
                .groups(List.of(new Group(1, Classifier.of(List.of(rule)))))
                .paths(paths)
                .attachments(rivals ? List.of(firewall, ips, other) : List.of(firewall, ips))
                .plane(new ServicePlane(
                        1000 + host, 0, address(host), peers(host), planePaths, List.of(0, classifies ? 77 : 0)))
                .build();
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

    private static PortEntry pair(int index, String name, int peer) {
        return new PortEntry(
                index,
                name,
                PortEntry.Role.TRANSPARENT,
                1,
                peer,
                0x0200_0000_2000L + index,
                List.of(),
                true,
                true,
                1,
                1,
                0);
    }

    private PortEntry service(int index, String name) {
        return new PortEntry(
                index,
                name,
                PortEntry.Role.SERVICE,
                -1,
                -1,
                0x0200_0000_2000L + index,
                List.of(),
                true,
                true,
                0,
                0,
                nodeMtuBytes);
    }

    private Attachment attachment(
            int id, String name, int on, int host, Attachment.Translation translation, boolean aware) {
        boolean here = on == host && !aware;
        boolean onEthernet = aware && format == NodeTunnel.Format.NSH_ETHERNET;
        if (onEthernet) {
            Attachment.Side side = new Attachment.Side(on == host ? nodePort() : -1, nodeTag, 0, NODE_MAC, 0, 0, 0);
            return Attachment.builder(id, name, id, side, side)
                    .routers(host == A || (pairOnB && host == B) ? new int[] {1} : new int[0])
                    .peer(peerOf(host, on))
                    .tunnel(inItsType(NodeTunnel.onEthernet()))
                    .copy(copies)
                    .build();
        }
        return Attachment.builder(
                        id,
                        name,
                        id,
                        new Attachment.Side(here ? NODE_IN : -1, 0, 0, 0x0200_0000_00a1L, 0, 0, 0),
                        new Attachment.Side(here ? NODE_OUT : -1, 0, 0, 0x0200_0000_00a2L, 0, 0, 0))
                .translation(translation)
                .routers(host == A || (pairOnB && host == B) ? new int[] {1} : new int[0])
                .peer(peerOf(host, on))
                .tunnel(
                        aware
                                ? inItsType(new NodeTunnel(
                                        format, IpAddress.parse(NODE_ADDRESS).orElseThrow(), 100))
                                : null)
                .copy(copies && aware)
                .build();
    }

    private NodeTunnel inItsType(NodeTunnel tunnel) {
        return fixedContext ? tunnel.withFixedContext() : tunnel;
    }

    @Override
    public void close() {
        hosts.forEach(MemorySwitch::close);
    }
}
