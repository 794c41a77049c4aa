package dev.sluice.datapath.snapshot;

import dev.sluice.datapath.rules.Rule;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

/**
 * A concrete sequence of service nodes (rendered service path). Immutable but for its counters; shared by threads. The id names the content and is never reused.
 *
 * <p>What packets need to know of all hops together is found out once, here.
 */
public final class Path {
    /** Bit of {@link #reached}: nodes on service ports of this host. */
    public static final int BY_PORTS = 1;

    /** Bit: nodes that are reached through tunnels. */
    public static final int BY_TUNNELS = 2;

    private final int id;
    private final String name;
    private final int weight;
    private final int metric;
    private final int services;
    private final List<Hop> hops;
    private final PathCounters counters;
    private final boolean translates;
    private final boolean rewritesEthernet;
    private final int reached;
    private final int[] instances;

    /** By direction: the hops that it visits, in its order. */
    private final int[][] order = new int[2][];

    /** By direction and hop: how many hops the direction visits before. */
    private final int[][] ordinals = new int[2][];

    /**
     * One service of a path.
     *
     * @param attachment the node
     * @param copy the node gets a copy, the packet goes on at once
     * @param onFailure CLOSED or OPEN: the hop's own or the chain's; a rule may override it
     * @param visits which directions visit it
     */
    public record Hop(Attachment attachment, boolean copy, Rule.FailureAction onFailure, Visits visits) {
        /** A hop for both directions. */
        public Hop(Attachment attachment, boolean copy, Rule.FailureAction onFailure) {
            this(attachment, copy, onFailure, Visits.BOTH);
        }

        /** Whether a direction visits it: 0 forward, 1 reverse. */
        public boolean takes(int direction) {
            return visits == Visits.BOTH || (visits == Visits.FORWARD) == (direction == 0);
        }
    }

    /** Which directions of a flow visit a hop. */
    public enum Visits {
        /** Both. */
        BOTH,

        /** Forward packets only. */
        FORWARD,

        /** Reverse packets only. */
        REVERSE
    }

    /**
     * A path.
     *
     * @param id unique in the node, above 0
     * @param name for people: {@code chain[fw-1,ips-2]}
     * @param weight share of new flows, above 0
     * @param metric how far away it is: the sum of its nodes' metrics; the smaller the nearer
     * @param services number of the sequence of services that it is made of, the same for all paths with the same one; 0: not told
     * @param hops in forward order; the reverse direction takes them in opposite order, each direction those that it visits; no node twice in a direction
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
        int ways = 0;
        for (Hop hop : hops) {
            ways |= hop.attachment().isTunnelled() ? BY_TUNNELS : BY_PORTS;
        }
        reached = ways;
        instances = hops.stream()
                .mapToInt(hop -> hop.attachment().instance())
                .distinct()
                .toArray();
        for (int direction = 0; direction < 2; direction++) {
            order(direction);
        }
    }

    private void order(int direction) {
        int[] visited = new int[hops.size()];
        int[] before = new int[hops.size()];
        int count = 0;
        for (int i = 0; i < hops.size(); i++) {
            int hop = direction == 0 ? i : hops.size() - 1 - i;
            before[hop] = count;
            if (hops.get(hop).takes(direction)) {
                checkFirst(hop, visited, count, direction);
                visited[count++] = hop;
            }
        }
        order[direction] = Arrays.copyOf(visited, count);
        ordinals[direction] = before;
    }

    private void checkFirst(int hop, int[] visited, int count, int direction) {
        for (int i = 0; i < count; i++) {
            if (hops.get(visited[i]).attachment().id()
                    == hops.get(hop).attachment().id()) {
                throw new IllegalArgumentException("path " + name + ": "
                        + hops.get(hop).attachment().name() + " stands twice in the "
                        + (direction == 0 ? "forward" : "reverse") + " direction; a direction visits a node once");
            }
        }
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
            own.add(new Hop(node, hop.copy(), hop.onFailure(), hop.visits()));
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

    /** How its nodes are reached: {@link #BY_PORTS}, {@link #BY_TUNNELS}, or both. */
    public int reached() {
        return reached;
    }

    /** Numbers of its instances, each once; not to be changed. */
    public int[] instances() {
        return instances;
    }

    /** How many hops a direction visits. */
    public int visited(int direction) {
        return order[direction].length;
    }

    /** The hop that a direction visits after so many others; beyond the ends of the path if there is none. */
    public int hopAt(int direction, int ordinal) {
        if (ordinal < 0) {
            return direction == 0 ? -1 : hops.size();
        }
        if (ordinal >= order[direction].length) {
            return direction == 0 ? hops.size() : -1;
        }
        return order[direction][ordinal];
    }

    /** Whether one of the first so many hops that a direction visits is on a peer's host. */
    public boolean isOnBefore(int direction, int ordinal, int peer) {
        for (int i = 0; i < ordinal; i++) {
            if (hops.get(order[direction][i]).attachment().peer() == peer) {
                return true;
            }
        }
        return false;
    }

    /**
     * How many switches a packet that visits each hop has come to when it leaves the last node of this host, which classified it, among the first so many hops of a
     * direction: others and, coming back, this one. 0 if none of them is here.
     *
     * @param hub it comes back here after each node of another host
     */
    public int switchesBefore(int direction, int ordinal, boolean hub) {
        int switches = 0;
        int behind = 0;
        int at = Attachment.LOCAL;
        for (int i = 0; i < ordinal; i++) {
            Hop hop = hops.get(order[direction][i]);
            int peer = hop.attachment().peer();
            if (hop.copy()) {
                continue;
            }
            switches += hub && peer != Attachment.LOCAL ? 2 : !hub && peer != at ? 1 : 0;
            at = peer;
            behind = peer == Attachment.LOCAL ? switches : behind;
        }
        return behind;
    }

    /** How many hops a direction visits before one. */
    public int ordinal(int direction, int hop) {
        return ordinals[direction][hop];
    }

    /** Packets of the path; kept over snapshots. */
    public PathCounters counters() {
        return counters;
    }

    /** Whether a node of it rewrites addresses: behind it packets have another key. */
    public boolean translates() {
        return translates;
    }

    /** Whether packets come back from a node of it with another Ethernet header than they had, so that it has to be remembered. */
    public boolean rewritesEthernet() {
        return rewritesEthernet;
    }

    @Override
    public String toString() {
        return name + " (path " + id + ")";
    }

    /** Index of a node where a direction visits it, -1 if that does not or only copies do. */
    public int hopIn(Attachment node, int direction) {
        for (int i = 0; i < hops.size(); i++) {
            Hop hop = hops.get(i);
            if (!hop.copy() && hop.attachment().id() == node.id() && hop.takes(direction)) {
                return i;
            }
        }
        return -1;
    }

    /** Whether packets come back from a node on this path. */
    public boolean returnsFrom(Attachment node) {
        return hopIn(node, 0) >= 0 || hopIn(node, 1) >= 0;
    }
}
