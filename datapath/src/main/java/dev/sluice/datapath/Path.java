package dev.sluice.datapath;

import dev.sluice.datapath.rules.Rule;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * A concrete sequence of service nodes (rendered service path). Immutable but for its counters; shared by threads. The id names the content and is never reused.
 *
 * <p>What packets need to know of all hops together is found out once, here.
 */
public final class Path {
    private final int id;
    private final String name;
    private final int weight;
    private final int metric;
    private final int services;
    private final List<Hop> hops;
    private final PathCounters counters;
    private final boolean translates;
    private final boolean rewritesEthernet;

    /**
     * One service of a path.
     *
     * @param attachment the node
     * @param copy the node gets a copy, the packet goes on at once
     * @param onFailure CLOSED or OPEN: the hop's own or the chain's; a rule may override it
     */
    public record Hop(Attachment attachment, boolean copy, Rule.FailureAction onFailure) {}

    /**
     * A path.
     *
     * @param id unique in the node, above 0
     * @param name for people: {@code chain[fw-1,ips-2]}
     * @param weight share of new flows, above 0
     * @param metric how far away it is: the sum of its nodes' metrics; the smaller the nearer
     * @param services number of the sequence of services that it is made of, the same for all paths with the same one; 0: not told
     * @param hops in forward order; the reverse direction takes them in opposite order
     * @param counters kept over snapshots
     */
    public Path(int id, String name, int weight, int metric, int services, List<Hop> hops, PathCounters counters) {
        this.id = id;
        this.name = name;
        this.weight = weight;
        this.metric = metric;
        this.services = services;
        this.hops = List.copyOf(hops);
        this.counters = counters;
        translates = hops.stream().anyMatch(hop -> hop.attachment().translates());
        rewritesEthernet = hops.stream().anyMatch(hop -> hop.attachment().rewritesEthernet());
    }

    /** A path with metric 0. */
    public Path(int id, String name, int weight, List<Hop> hops, PathCounters counters) {
        this(id, name, weight, 0, 0, hops, counters);
    }

    /** The same with counters of its own, and with the attachments given by id. */
    Path withOwnCounters(Map<Integer, Attachment> attachments) {
        List<Hop> own = new ArrayList<>();
        for (Hop hop : hops) {
            Attachment node = attachments.getOrDefault(hop.attachment().id(), hop.attachment());
            own.add(new Hop(node, hop.copy(), hop.onFailure()));
        }
        return new Path(id, name, weight, metric, services, own, new PathCounters());
    }

    /** Unique in the node, above 0. */
    public int id() {
        return id;
    }

    /** For people. */
    public String name() {
        return name;
    }

    /** Share of new flows, above 0. */
    public int weight() {
        return weight;
    }

    /** How far away it is; the smaller the nearer. */
    public int metric() {
        return metric;
    }

    /** Number of the sequence of services that it is made of; 0: not told. */
    public int services() {
        return services;
    }

    /** In forward order. */
    public List<Hop> hops() {
        return hops;
    }

    /** Packets of the path; kept over snapshots. */
    public PathCounters counters() {
        return counters;
    }

    /** Whether a node of it rewrites addresses: behind it packets have another key. */
    boolean translates() {
        return translates;
    }

    /** Whether packets come back from a node of it with another Ethernet header than they had, so that it has to be remembered. */
    boolean rewritesEthernet() {
        return rewritesEthernet;
    }

    @Override
    public String toString() {
        return name + " (path " + id + ")";
    }
}
