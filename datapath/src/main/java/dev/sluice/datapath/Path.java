package dev.sluice.datapath;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * A concrete sequence of service nodes (rendered service path). The id names the content and is never reused.
 *
 * @param id unique in the node, above 0
 * @param name for people: {@code chain[fw-1,ips-2]}
 * @param weight share of new flows, above 0
 * @param metric how far away it is: the sum of its nodes' metrics; the smaller the nearer
 * @param services number of the sequence of services that it is made of, the same for all paths with the same one; 0: not told
 * @param hops in forward order; the reverse direction takes them in opposite order
 * @param counters kept over snapshots
 */
public record Path(int id, String name, int weight, int metric, int services, List<Hop> hops, PathCounters counters) {
    /**
     * One service of a path.
     *
     * @param attachment the node
     * @param copy the node gets a copy, the packet goes on at once
     * @param onFailure CLOSED or OPEN: the hop's own or the chain's; a rule may override it
     */
    public record Hop(Attachment attachment, boolean copy, Rule.FailureAction onFailure) {}

    /** The same with counters of its own, and with the attachments given by id. */
    Path withOwnCounters(Map<Integer, Attachment> attachments) {
        List<Hop> own = new ArrayList<>();
        for (Hop hop : hops) {
            Attachment node = attachments.getOrDefault(hop.attachment().id(), hop.attachment());
            own.add(new Hop(node, hop.copy(), hop.onFailure()));
        }
        return new Path(id, name, weight, metric, services, own, new PathCounters());
    }

    /** Copies the hops. */
    public Path {
        hops = List.copyOf(hops);
    }

    /** A path with metric 0. */
    public Path(int id, String name, int weight, List<Hop> hops, PathCounters counters) {
        this(id, name, weight, 0, 0, hops, counters);
    }
}
