package dev.sluice.datapath.segment;

import dev.sluice.datapath.neighbors.PortAddresses;
import dev.sluice.datapath.snapshot.PortAddress;
import dev.sluice.datapath.snapshot.PortEntry;
import dev.sluice.datapath.snapshot.Segment;
import dev.sluice.datapath.snapshot.Snapshot;
import java.util.ArrayList;
import java.util.List;

/**
 * Where routers are joined to segments (C1, distributed routing). A router has the same MAC address on every node, so its place is never learned: it is here. One user: the
 * worker.
 */
public final class SegmentGates {
    private static final int NONE = -1;

    /** By gate: the segment, its port towards the router, and the router's addresses there. */
    private int[] segments = new int[0];

    private int[] ports = new int[0];
    private PortAddresses[] addresses = new PortAddresses[0];

    void apply(Snapshot next) {
        List<PortEntry> gates = new ArrayList<>();
        for (Segment segment : next.segments().all()) {
            for (int i = 0; i < segment.portCount(); i++) {
                PortEntry port = next.port(segment.port(i));
                if (port.peer() >= 0) {
                    gates.add(port);
                }
            }
        }
        segments = gates.stream().mapToInt(PortEntry::router).toArray();
        ports = gates.stream().mapToInt(PortEntry::index).toArray();
        addresses = new PortAddresses[ports.length];
        for (int i = 0; i < ports.length; i++) {
            PortEntry router = next.port(gates.get(i).peer());
            List<PortAddress> own = new ArrayList<>(router.addresses());
            own.add(PortAddresses.linkLocal(router.mac()));
            addresses[i] = new PortAddresses(router.mac(), own);
        }
    }

    /** The port towards the router that has a MAC address in a segment, -1 if none has. */
    int ofMac(Segment segment, long mac) {
        for (int i = 0; i < ports.length; i++) {
            if (segments[i] == segment.router() && addresses[i].mac() == mac) {
                return ports[i];
            }
        }
        return NONE;
    }

    /** The port towards the router that has an IP address in a segment, -1 if none has. */
    int ofAddress(Segment segment, long hi, long lo) {
        for (int i = 0; i < ports.length; i++) {
            if (segments[i] == segment.router() && addresses[i].owns(hi, lo)) {
                return ports[i];
            }
        }
        return NONE;
    }

    /** Whether a port leads to a router. */
    public boolean isGate(int port) {
        for (int each : ports) {
            if (each == port) {
                return true;
            }
        }
        return false;
    }
}
