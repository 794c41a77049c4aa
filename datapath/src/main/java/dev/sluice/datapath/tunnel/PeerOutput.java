package dev.sluice.datapath.tunnel;

import dev.sluice.datapath.neighbors.Neighbors;
import dev.sluice.datapath.packet.Batch;
import dev.sluice.datapath.packet.FlowHash;
import dev.sluice.datapath.route.NextHop;
import dev.sluice.datapath.snapshot.Snapshot;
import dev.sluice.datapath.stage.Frames;
import dev.sluice.wire.Ethernet;
import dev.sluice.wire.IpAddress;
import org.jspecify.annotations.Nullable;

/**
 * Sends frames of the caller's own making to other switches and to nodes in the underlay: by the underlay's route, to the MAC address of its next hop (V14). One user: the worker.
 *
 * <p>Hot path: no allocation.
 */
public final class PeerOutput {
    private final Frames frames;
    private final UnderlayRoutes routes;
    private final Neighbors neighbors;
    private final Batch own = new Batch();
    private Snapshot snapshot = Snapshot.empty();

    public PeerOutput(Frames frames, UnderlayRoutes routes, Neighbors neighbors) {
        this.frames = frames;
        this.routes = routes;
        this.neighbors = neighbors;
    }

    public void apply(Snapshot next) {
        snapshot = next;
    }

    /** MAC address of the port by which frames to an address leave, -1 if there is no way. */
    long ownMac(IpAddress to) {
        NextHop hop = hop(to);
        return hop == null ? -1 : snapshot.port(hop.port()).mac();
    }

    /** Of several equal routes all packets to one address take the same. */
    private @Nullable NextHop hop(IpAddress to) {
        return routes.to(to, FlowHash.mix(to.lo()));
    }

    /**
     * Takes over a frame that is complete but for its MAC addresses, without tag. While the next hop's address is not known the frame waits, as any does.
     *
     * @return whether it left or waits
     */
    boolean send(IpAddress to, long start, int frameBytes, long nowNs) {
        NextHop hop = hop(to);
        if (hop == null || !frames.hasDevice(hop.port())) {
            frames.pool().give(start);
            return false;
        }
        boolean connected = hop.kind() == NextHop.Kind.CONNECTED;
        long hi = connected ? to.hi() : hop.addressHi();
        long lo = connected ? to.lo() : hop.addressLo();
        int port = hop.port();
        long mac = neighbors.resolve(port, hi, lo, nowNs);
        if (mac == Neighbors.UNREACHABLE) {
            // Whether it lives is just what is to be found out: it is asked again at once.
            neighbors.forget(port, hi, lo);
            mac = neighbors.resolve(port, hi, lo, nowNs);
        }
        Ethernet.setAddresses(
                frames.memory(), start, Math.max(mac, 0), snapshot.port(port).mac());
        own.count = 0;
        int slot = own.append(start, frameBytes, port);
        own.l3[slot] = Ethernet.BYTES;
        own.l4[slot] = 0;
        if (mac >= 0) {
            frames.sendOwn(own, slot, port);
            return true;
        }
        long given = neighbors.hold(port, hi, lo, own, slot);
        if (given >= 0) {
            frames.pool().give(given);
        } else if (given == Neighbors.REFUSED) {
            frames.pool().give(start);
        }
        return given != Neighbors.REFUSED;
    }
}
