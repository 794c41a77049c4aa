package dev.sluice.bench;

import dev.sluice.datapath.route.NextHop;
import dev.sluice.datapath.route.NextHopGroup;
import dev.sluice.datapath.route.RouteEntry;
import dev.sluice.datapath.route.Routes;
import dev.sluice.datapath.rules.Rule;
import dev.sluice.datapath.snapshot.Attachment;
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
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Objects;

/**
 * P11: what the classifying switch pays for a node that is behind another switch: a packet out into the overlay and back from it, beside a packet out to a node of its own and back.
 * The other switch is a few stores: it says that the service was done and returns the packet.
 */
final class OverlayBench {
    private static final long PACKETS = 4_000_000;
    private static final double GOAL = 0.7;
    private static final int UNDERLAY = BridgePath.NODE_IN;
    private static final int ARP = 0x0806;
    private static final int SERVICE_INDEX_AT = 57;
    private static final IpAddress OWN = IpAddress.ofIpv4(0xc000_0201);
    private static final IpAddress PEER = IpAddress.ofIpv4(0xc000_0202);
    private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN);
    private static final ValueLayout.OfShort SHORT = ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN);

    private OverlayBench() {}

    static int run(Options options) {
        int flows = options.flows(1 << 16);
        Report report = new Report("overlay", "a node behind another switch beside a node of this host, in memory");
        report.fact("flows", flows);
        List<Double> local = new ArrayList<>();
        List<Double> overlay = new ArrayList<>();
        try (MemoryTraffic near = new MemoryTraffic(flows);
                MemoryTraffic far = new MemoryTraffic(flows, snapshot())) {
            far.turnBack(UNDERLAY, OverlayBench::serve);
            // Asks for the peer's MAC address once, before all flows come at once.
            far.run(256, MemoryTraffic.HITS_ONLY);
            far.run(20_480, MemoryTraffic.HITS_ONLY);
            for (MemoryTraffic traffic : List.of(near, far)) {
                traffic.establish();
                traffic.time(PACKETS, MemoryTraffic.HITS_ONLY);
            }
            for (int round = 1; round <= options.rounds(); round++) {
                local.add(time(near));
                overlay.add(time(far));
                report.line(String.format(
                        Locale.ROOT,
                        "round %d  node here %7.1f ns per packet   node behind another switch %7.1f ns",
                        round,
                        local.getLast(),
                        overlay.getLast()));
            }
        }
        Series ratio = new Series(local).dividedBy(new Series(overlay));
        report.fact("node here, ns per packet out and back", new Series(local).toString());
        report.fact("behind another switch, ns per packet out and back", new Series(overlay).toString());
        report.fact("throughput with the overlay to that without", ratio.toString());
        report.fact("P11", ratio.median() >= GOAL ? "met" : "not met (0.7)");
        report.write();
        return 0;
    }

    private static double time(MemoryTraffic traffic) {
        long before = traffic.delivered();
        double ns = (double) traffic.time(PACKETS, MemoryTraffic.HITS_ONLY) / PACKETS;
        long delivered = traffic.delivered() - before;
        if (delivered < PACKETS) {
            throw new IllegalStateException("of " + PACKETS + " packets only " + delivered + " were delivered");
        }
        return ns;
    }

    /** The other switch: answers for its MAC address; of a packet says that its only service was done, and sends it back. */
    private static void serve(MemorySegment m, long start, int bytes) {
        int sourceHigh = m.get(INT, start + 6);
        short sourceLow = m.get(SHORT, start + 10);
        boolean question = (m.get(SHORT, start + 12) & 0xffff) == ARP;
        m.set(INT, start, sourceHigh);
        m.set(SHORT, start + 4, sourceLow);
        m.set(INT, start + 6, 0x0200_0000);
        m.set(SHORT, start + 10, (short) 0x00bb);
        if (question) {
            m.set(SHORT, start + 20, (short) 2);
            int asker = m.get(INT, start + 28);
            m.set(INT, start + 22, 0x0200_0000);
            m.set(SHORT, start + 26, (short) 0x00bb);
            m.set(INT, start + 28, m.get(INT, start + 38));
            m.set(INT, start + 32, sourceHigh);
            m.set(SHORT, start + 36, sourceLow);
            m.set(INT, start + 38, asker);
            return;
        }
        // Addresses that change places leave the sum of the header as it is.
        int from = m.get(INT, start + 26);
        m.set(INT, start + 26, m.get(INT, start + 30));
        m.set(INT, start + 30, from);
        long at = start + SERVICE_INDEX_AT;
        m.set(ValueLayout.JAVA_BYTE, at, (byte) (m.get(ValueLayout.JAVA_BYTE, at) - 1));
    }

    /** {@link BridgePath} with the node on another host: the port to the node is the underlay. */
    private static Snapshot snapshot() {
        Snapshot here = BridgePath.snapshot();
        List<PortEntry> ports = List.of(
                here.port(BridgePath.CLIENT),
                here.port(BridgePath.SERVER),
                new PortEntry(
                        UNDERLAY,
                        "underlay",
                        PortEntry.Role.ROUTER,
                        1,
                        -1,
                        0x0200_0000_00aaL,
                        List.of(new PortAddress(OWN, 24)),
                        false,
                        false,
                        0,
                        0,
                        0),
                here.port(BridgePath.NODE_OUT));
        Attachment node = Attachment.builder(
                        1,
                        "node",
                        0,
                        new Attachment.Side(-1, 0, 0, 0, 0, 0, 0),
                        new Attachment.Side(-1, 0, 0, 0, 0, 0, 0))
                .routers(0)
                .peer(0)
                .build();
        Path path = new Path(
                1,
                "inspect[node]",
                1,
                List.of(new Path.Hop(node, false, Rule.FailureAction.CLOSED)),
                new PathCounters());
        Routes underlay = Routes.of(List.of(
                new RouteEntry(IpPrefix.around(OWN, 32), NextHopGroup.of(NextHop.local(UNDERLAY))),
                new RouteEntry(IpPrefix.around(PEER, 32), NextHopGroup.of(NextHop.connected(UNDERLAY)))));
        return Snapshot.builder(1)
                .ports(ports)
                .routers(List.of(here.router(0), new RouterEntry(1, "underlay", underlay)))
                .targets(List.of(new Target(0, "inspect", List.of(path), Rule.FailureAction.CLOSED)))
                .rules(here.rules())
                .groups(List.of(Objects.requireNonNull(here.group(1))))
                .paths(List.of(path))
                .attachments(List.of(node))
                .plane(new ServicePlane(
                        1,
                        1,
                        OWN,
                        List.of(new OverlayPeer(0, "peer", 2, PEER)),
                        List.of(new PlanePath(1, 4096, 3000, 100, 101, false)),
                        List.of(7, 0)))
                .build();
    }
}
