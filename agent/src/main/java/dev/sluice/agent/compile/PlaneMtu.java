package dev.sluice.agent.compile;

import dev.sluice.datapath.route.NextHop;
import dev.sluice.datapath.route.Routes;
import dev.sluice.datapath.snapshot.Attachment;
import dev.sluice.datapath.snapshot.NodeTunnel;
import dev.sluice.datapath.snapshot.OverlayPeer;
import dev.sluice.datapath.snapshot.PlanePath;
import dev.sluice.datapath.snapshot.PortEntry;
import dev.sluice.datapath.snapshot.Segment;
import dev.sluice.datapath.snapshot.ServicePlane;
import dev.sluice.datapath.snapshot.Snapshot;
import dev.sluice.model.Configuration;
import dev.sluice.model.Kind;
import dev.sluice.model.Resource;
import dev.sluice.wire.Ethernet;
import dev.sluice.wire.IpAddress;
import dev.sluice.wire.Nsh;
import dev.sluice.wire.NshContext;
import dev.sluice.wire.ServiceMetadata;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableSet;
import java.util.Optional;
import java.util.TreeSet;
import java.util.function.Predicate;

/** Whether the interfaces towards other nodes take the largest packets that are sent there, with all that is put around them (X6). Stateless. */
final class PlaneMtu {
    /** In front of a packet for a node at a port: inner Ethernet 14, NSH with its metadata 60. */
    static final int ON_ETHERNET_BYTES = Ethernet.BYTES + ServiceMetadata.USUAL_BYTES;

    /** Around a packet over IPv4: IPv4 20, UDP 8, Geneve or VXLAN-GPE 8, and what is there on Ethernet. */
    static final int OVERHEAD_V4_BYTES = 20 + 8 + 8 + ON_ETHERNET_BYTES;

    /** More in packets that say where their destination is: a context header. */
    static final int EGRESS_BYTES = NshContext.BYTES + 4;

    /** The same over IPv6, whose header is 20 bytes longer. */
    static final int OVERHEAD_V6_BYTES = OVERHEAD_V4_BYTES + 20;

    /** Around a packet of a segment over IPv4: inner Ethernet 14, IPv4 20, UDP 8, Geneve 8, serviced mark 8. */
    static final int SEGMENT_V4_BYTES = 14 + 20 + 8 + 8 + 8;

    private PlaneMtu() {}

    /** Warns of each interface that is too small; those whose MTU is not known are left out. */
    static void check(Configuration configuration, String node, CompiledNode compiled, CompileLog log) {
        Snapshot snapshot = compiled.snapshot();
        Optional<Resource> object = configuration.find(Kind.NODE, node);
        if (object.isEmpty()) {
            return;
        }
        int more = snapshot.plane().endpoint().isIpv4() ? 0 : OVERHEAD_V6_BYTES - OVERHEAD_V4_BYTES;
        largest(snapshot, at -> at.isRemote() || isInUnderlay(at))
                .ifPresent(port -> check(
                        object.get(),
                        compiled,
                        port,
                        OVERHEAD_V4_BYTES + more + (goesStraight(snapshot) ? EGRESS_BYTES : 0),
                        "the service plane puts",
                        log));
        largestOfSegments(snapshot)
                .ifPresent(port ->
                        check(object.get(), compiled, port, SEGMENT_V4_BYTES + more, "its switch's tunnels put", log));
        largest(snapshot, PlaneMtu::isOnEthernet)
                .ifPresent(port -> check(
                        object.get(),
                        compiled,
                        port,
                        onEthernetBytes(snapshot),
                        "the service header puts",
                        portsToNodes(snapshot),
                        "service nodes",
                        log));
    }

    private static boolean isInUnderlay(Attachment node) {
        NodeTunnel tunnel = node.tunnel();
        return !node.isRemote() && tunnel != null && tunnel.address() != null;
    }

    private static boolean isOnEthernet(Attachment node) {
        NodeTunnel tunnel = node.tunnel();
        return !node.isRemote() && tunnel != null && tunnel.address() == null;
    }

    /** What stands in front of packets for nodes at ports: less if all of them have metadata type 1. */
    private static int onEthernetBytes(Snapshot snapshot) {
        boolean fixed = snapshot.attachments().stream()
                .filter(PlaneMtu::isOnEthernet)
                .map(Attachment::tunnel)
                .allMatch(tunnel -> tunnel != null && tunnel.fixedContext());
        return fixed ? Ethernet.BYTES + Nsh.FIXED_BYTES : ON_ETHERNET_BYTES;
    }

    private static boolean goesStraight(Snapshot snapshot) {
        return snapshot.plane().paths().stream().anyMatch(PlanePath::straight);
    }

    private static void check(
            Resource object, CompiledNode compiled, PortEntry largest, int overhead, String puts, CompileLog log) {
        NavigableSet<Integer> ports = portsToPeers(compiled.snapshot());
        check(object, compiled, largest, overhead, puts, ports, "other nodes", log);
    }

    private static void check(
            Resource object,
            CompiledNode compiled,
            PortEntry largest,
            int overhead,
            String puts,
            NavigableSet<Integer> ports,
            String towards,
            CompileLog log) {
        Snapshot snapshot = compiled.snapshot();
        int needed = largest.mtuBytes() + overhead;
        Map<Integer, String> interfaces = new HashMap<>();
        compiled.bindings().forEach(binding -> interfaces.put(binding.index(), binding.interfaceName()));
        for (int port : ports) {
            String name = interfaces.getOrDefault(port, "");
            int found = snapshot.port(port).mtuBytes();
            if (!name.isEmpty() && found > 0 && found < needed) {
                log.warning(
                        object,
                        "spec.underlay",
                        "interface " + name + " towards " + towards + " has MTU " + found + " and needs " + needed
                                + ": port " + largest.name() + " has packets of "
                                + largest.mtuBytes() + " bytes and " + puts + " " + overhead
                                + " bytes around them; run: ip link set dev " + name + " mtu " + needed
                                + " (and the same in the network between the nodes), or give the hosts behind the port an MTU of "
                                + (found - overhead),
                        Integer.toString(found));
            }
        }
    }

    /** The port with the largest MTU among those whose traffic may have to go to such service nodes. */
    private static Optional<PortEntry> largest(Snapshot snapshot, Predicate<Attachment> which) {
        return MtuAudit.largestByTarget(snapshot).entrySet().stream()
                .filter(entry -> MtuAudit.attachments(snapshot.target(entry.getKey())).stream()
                        .anyMatch(which))
                .map(Map.Entry::getValue)
                .reduce((a, b) -> b.mtuBytes() > a.mtuBytes() ? b : a);
    }

    /** The port with the largest MTU among those whose frames may have to go to ports of other hosts. */
    private static Optional<PortEntry> largestOfSegments(Snapshot snapshot) {
        PortEntry largest = null;
        for (Segment segment : snapshot.segments().all()) {
            for (int i = 0; segment.peerCount() > 0 && i < segment.portCount(); i++) {
                PortEntry port = snapshot.port(segment.port(i));
                largest = largest == null || port.mtuBytes() > largest.mtuBytes() ? port : largest;
            }
        }
        return Optional.ofNullable(largest);
    }

    private static NavigableSet<Integer> portsToNodes(Snapshot snapshot) {
        NavigableSet<Integer> ports = new TreeSet<>();
        snapshot.attachments().stream()
                .filter(PlaneMtu::isOnEthernet)
                .forEach(node -> ports.add(node.in().port()));
        return ports;
    }

    /** The ports by which the underlay router reaches the other nodes, and service nodes. */
    private static NavigableSet<Integer> portsToPeers(Snapshot snapshot) {
        NavigableSet<Integer> ports = new TreeSet<>();
        ServicePlane plane = snapshot.plane();
        Routes routes = plane.router() < 0
                ? Routes.EMPTY
                : snapshot.router(plane.router()).routes();
        List<IpAddress> addresses =
                new ArrayList<>(plane.peers().stream().map(OverlayPeer::address).toList());
        for (Attachment node : snapshot.attachments()) {
            NodeTunnel tunnel = node.tunnel();
            IpAddress address = tunnel == null || node.isRemote() ? null : tunnel.address();
            if (address != null) {
                addresses.add(address);
            }
        }
        for (IpAddress address : addresses) {
            int group = routes.lookup(address.hi(), address.lo());
            if (group != Routes.NO_ROUTE) {
                routes.group(group).hops().stream()
                        .filter(hop -> hop.kind() != NextHop.Kind.BLACKHOLE)
                        .forEach(hop -> ports.add(hop.port()));
            }
        }
        return ports;
    }
}
