package dev.sluice.agent.compile;

import dev.sluice.datapath.route.NextHop;
import dev.sluice.datapath.route.Routes;
import dev.sluice.datapath.snapshot.Attachment;
import dev.sluice.datapath.snapshot.Path;
import dev.sluice.datapath.snapshot.PortEntry;
import dev.sluice.datapath.snapshot.Segment;
import dev.sluice.datapath.snapshot.ServicePlane;
import dev.sluice.datapath.snapshot.Snapshot;
import dev.sluice.wire.IpAddress;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/**
 * Whether the interfaces into the underlay take the largest packets that are sent there, with all that is put around them (X6): to other nodes, and to service nodes with an address there. One
 * user: who asks; {@link #check} is stateless. Service nodes at interfaces: {@link MtuAudit}.
 */
public final class PlaneMtu {
    private final Snapshot snapshot;
    private final Map<Integer, String> interfaces = new HashMap<>();
    private final Map<Integer, Finding> worst = new TreeMap<>();

    private PlaneMtu(CompiledNode node) {
        snapshot = node.snapshot();
        node.bindings().forEach(binding -> interfaces.put(binding.index(), binding.interfaceName()));
    }

    /**
     * An interface that is too small.
     *
     * @param interfaceName Linux interface of this host
     * @param mtuFound its MTU in bytes
     * @param aroundBytes what is put around the largest packets
     * @param puts what puts it there, as a sentence begins
     * @param port the port with those packets
     * @param portMtu MTU of that port
     */
    public record Finding(String interfaceName, int mtuFound, int aroundBytes, String puts, String port, int portMtu) {
        /** The MTU that takes those packets. */
        public int mtuNeeded() {
            return portMtu + aroundBytes;
        }

        /** What does not fit. */
        public String reason() {
            return "port " + port + " has packets of " + portMtu + " bytes and " + puts + " " + aroundBytes
                    + " bytes around them";
        }

        /** What to do. */
        public String advice() {
            return "ip link set dev " + interfaceName + " mtu " + mtuNeeded()
                    + " (and the same in the network between the nodes), or give the hosts behind the port an MTU of "
                    + (mtuFound - aroundBytes);
        }

        /** What is wrong and what to do, for people. */
        String sentence() {
            return "interface " + interfaceName + " towards other nodes has MTU " + mtuFound + " and needs "
                    + mtuNeeded() + ": " + reason() + "; run: " + advice();
        }
    }

    /** Interfaces that are too small, each once, with the largest need; interfaces and ports whose MTU is not known are left out. */
    public static List<Finding> check(CompiledNode node) {
        PlaneMtu plane = new PlaneMtu(node);
        plane.lookAtPaths(false, MtuAudit.largestByTarget(plane.snapshot));
        if (!plane.snapshot.segments().all().isEmpty()) {
            plane.lookAtPaths(true, MtuAudit.largestOfSegments(plane.snapshot));
        }
        for (Segment segment : plane.snapshot.segments().all()) {
            plane.lookAtSegment(segment);
        }
        return List.copyOf(plane.worst.values());
    }

    private void lookAtPaths(boolean ofSegments, Map<Integer, PortEntry> largestByTarget) {
        largestByTarget.forEach((target, largest) -> {
            Set<List<Object>> seen = new HashSet<>();
            for (Path path : snapshot.target(target).paths()) {
                for (Path.Hop hop : path.hops()) {
                    Attachment node = hop.attachment();
                    TunnelRoom room = TunnelRoom.toNode(snapshot, path, node, ofSegments);
                    if (room != null && seen.add(List.of(node.id(), room.bytes()))) {
                        String puts =
                                node.isRemote() ? "the service plane puts" : "the way to " + node.name() + " puts";
                        look(room, largest, puts);
                    }
                }
            }
        });
    }

    private void lookAtSegment(Segment segment) {
        for (int i = 0; i < segment.portCount(); i++) {
            PortEntry port = snapshot.port(segment.port(i));
            for (int peer = 0; peer < segment.peerCount(); peer++) {
                TunnelRoom room = TunnelRoom.ofSegment(snapshot, segment, segment.peer(peer));
                if (room != null) {
                    look(room, port, "its switch's tunnels put");
                }
            }
        }
    }

    private void look(TunnelRoom room, PortEntry from, String puts) {
        ServicePlane plane = snapshot.plane();
        if (room.tunnel().isOnPort() || plane.router() < 0) {
            return;
        }
        Routes routes = snapshot.router(plane.router()).routes();
        IpAddress to = room.tunnel().to();
        int group = routes.lookup(to.hi(), to.lo());
        if (group == Routes.NO_ROUTE) {
            return;
        }
        for (NextHop hop : routes.group(group).hops()) {
            if (hop.kind() != NextHop.Kind.BLACKHOLE) {
                compare(hop.port(), room.bytes(), from, puts);
            }
        }
    }

    private void compare(int port, int aroundBytes, PortEntry from, String puts) {
        String name = interfaces.getOrDefault(port, "");
        int found = snapshot.port(port).mtuBytes();
        boolean known = found > 0 && from.mtuBytes() > 0 && !name.isEmpty();
        if (known && found < from.mtuBytes() + aroundBytes) {
            worst.merge(
                    port,
                    new Finding(name, found, aroundBytes, puts, from.name(), from.mtuBytes()),
                    (a, b) -> b.mtuNeeded() > a.mtuNeeded() ? b : a);
        }
    }
}
