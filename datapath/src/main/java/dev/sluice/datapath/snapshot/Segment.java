package dev.sluice.datapath.snapshot;

import java.util.List;

/**
 * The part of this node in a logical switch, one L2 segment over several nodes (C1). Immutable; shared by threads.
 *
 * <p>A segment is a key space of flows like a router: it has an index among the routers.
 */
public final class Segment {
    private final int router;
    private final String name;
    private final int vni;
    private final int[] ports;
    private final int[] peers;

    /**
     * A segment.
     *
     * @param router its index among the routers
     * @param name name of the switch
     * @param vni virtual network that its frames have in tunnels, 1..16777215
     * @param ports indices of its ports on this node, of role SWITCH
     * @param peers indices of the peers that have ports of it, see {@link OverlayPeer#index}
     */
    public Segment(int router, String name, int vni, List<Integer> ports, List<Integer> peers) {
        this.router = router;
        this.name = name;
        this.vni = vni;
        this.ports = ports.stream().mapToInt(Integer::intValue).toArray();
        this.peers = peers.stream().mapToInt(Integer::intValue).toArray();
    }

    /** Index among the routers. */
    public int router() {
        return router;
    }

    /** Name of the switch. */
    public String name() {
        return name;
    }

    /** Virtual network of its frames in tunnels. */
    public int vni() {
        return vni;
    }

    /** How many ports of it this node has. */
    public int portCount() {
        return ports.length;
    }

    /** Index of a port, by its place in 0..{@link #portCount}. */
    public int port(int place) {
        return ports[place];
    }

    /** How many peers have ports of it. */
    public int peerCount() {
        return peers.length;
    }

    /** Index of a peer, by its place in 0..{@link #peerCount}. */
    public int peer(int place) {
        return peers[place];
    }

    /** Whether a port of this node is one of it. */
    public boolean hasPort(int port) {
        return contains(ports, port);
    }

    /** Whether a peer has ports of it. */
    public boolean hasPeer(int peer) {
        return contains(peers, peer);
    }

    private static boolean contains(int[] all, int one) {
        for (int each : all) {
            if (each == one) {
                return true;
            }
        }
        return false;
    }
}
