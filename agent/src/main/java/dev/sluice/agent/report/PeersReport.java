package dev.sluice.agent.report;

import java.util.List;
import java.util.Map;

/**
 * The other nodes, and what was not believed of those who speak in their names.
 *
 * @param peers the other nodes
 * @param refused packets refused, by reason; reasons without any are left out
 */
public record PeersReport(List<PeerReport> peers, Map<String, Long> refused) {
    /** A node that is alone. */
    public static final PeersReport NONE = new PeersReport(List.of(), Map.of());

    /**
     * Another node, as BFD sees it.
     *
     * @param name name of the node
     * @param address where its tunnels end
     * @param state up, init, down or admin-down
     * @param forMs how long it has been so
     * @param diagnosis why it was last not up, in the words of RFC 5880
     * @param remoteState what it says of the session
     * @param remoteDiagnosis why it was last not up there
     * @param detectionMs so long a silence means that it is gone; 0 before it was heard
     * @param multihop whether routers may lie between
     * @param signed whether packets have to be signed
     * @param downs how often it was up and then not
     * @param toldMs time since it last said what its instances do, -1: never
     */
    public record PeerReport(
            String name,
            String address,
            String state,
            long forMs,
            String diagnosis,
            String remoteState,
            String remoteDiagnosis,
            long detectionMs,
            boolean multihop,
            boolean signed,
            long downs,
            long toldMs) {}
}
