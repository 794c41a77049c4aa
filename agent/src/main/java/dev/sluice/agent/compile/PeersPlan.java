package dev.sluice.agent.compile;

import dev.sluice.datapath.snapshot.OverlayPeer;
import dev.sluice.liveness.bfd.BfdPath;
import dev.sluice.liveness.bfd.BfdSettings;
import dev.sluice.model.ServiceInstance.AdminState;
import java.util.List;

/**
 * How a node and the others watch each other (V14).
 *
 * @param peers the others
 * @param own instances of this node, of which the others are told
 * @param paths digest of the paths of the objects, which the others are told too
 */
public record PeersPlan(List<Peer> peers, List<Own> own, long paths) {
    /** A node that is alone. */
    public static final PeersPlan NONE = new PeersPlan(List.of(), List.of(), 0);

    /** Copies the lists. */
    public PeersPlan {
        peers = List.copyOf(peers);
        own = List.copyOf(own);
    }

    /**
     * Another node.
     *
     * @param peer its place in the service plane
     * @param path between which addresses the BFD session runs
     * @param settings of the session
     * @param instances what it has, by ascending plane number
     */
    public record Peer(OverlayPeer peer, BfdPath path, BfdSettings settings, List<Remote> instances) {
        /** Copies the list. */
        public Peer {
            instances = List.copyOf(instances);
        }
    }

    /**
     * An instance of another node.
     *
     * @param number small number, index into {@link dev.sluice.datapath.liveness.Liveness}
     * @param planeNumber what all nodes call it ({@link dev.sluice.model.PlaneNumbers#instance})
     * @param name name of the object
     */
    public record Remote(int number, int planeNumber, String name) {}

    /**
     * An instance of this node.
     *
     * @param number small number, index into {@link dev.sluice.datapath.liveness.Liveness}
     * @param planeNumber what all nodes call it
     * @param admin its administrative state, that given at run time included
     */
    public record Own(int number, int planeNumber, AdminState admin) {}
}
