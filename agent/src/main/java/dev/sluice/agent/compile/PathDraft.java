package dev.sluice.agent.compile;

import dev.sluice.datapath.rules.Rule.FailureAction;
import dev.sluice.datapath.snapshot.Path.Visits;
import java.util.ArrayList;
import java.util.List;

/**
 * A path before its attachments are complete.
 *
 * @param id names the content
 * @param content what makes it this path and no other
 * @param name {@code chain[fw-1,ips-2]}
 * @param weight share of new flows; not part of the content, so that a changed weight moves no flow
 * @param metric sum over the nodes; not part of the content either
 * @param placedName name with the places of its instances, by which all hosts know it: {@code chain[fw-1@b,ips-2@c]}
 * @param rank 0 for the paths that the chain's strategy prefers, the larger the later a backup
 * @param onFailure of each hop; not part of the content either: flows on the path follow a change at once
 * @param use what it is for
 */
public record PathDraft(
        int id,
        Content content,
        String name,
        String placedName,
        int weight,
        int metric,
        int rank,
        List<FailureAction> onFailure,
        Use use) {
    /** What a path is for. */
    public enum Use {
        /** Of the objects; new flows get it. */
        OFFERED,

        /** Of the objects, but its hosts have not all said that they serve it: new flows get it when they have (ADR 14). */
        AWAITED,

        /** Of the objects, but no new flows get it here: a node is taken out of use, or others are preferred. */
        RESTING,

        /** No longer of the objects; new flows get it until one that is awaited takes its place. */
        KEPT,

        /** No longer of the objects; there for the flows that have it. */
        GONE
    }

    /**
     * What the id names.
     *
     * @param chain name of the chain
     * @param hops the nodes in forward order
     */
    public record Content(String chain, List<Hop> hops) {
        public Content {
            hops = List.copyOf(hops);
        }

        boolean uses(int attachment) {
            return hops.stream().anyMatch(hop -> hop.attachment == attachment);
        }

        /** What it has in common with paths of other nodes of the same services. */
        Services services() {
            return new Services(
                    chain,
                    hops.stream()
                            .map(hop -> hop.service
                                    + (hop.copy ? " (copy)" : "")
                                    + (hop.visits == Visits.BOTH ? "" : " (" + hop.visits + ")"))
                            .toList());
        }

        boolean forwardsThrough(int attachment) {
            return hops.stream().anyMatch(hop -> hop.attachment == attachment && !hop.copy);
        }
    }

    /**
     * A sequence of services.
     *
     * @param chain name of the chain
     * @param services their names in forward order
     */
    public record Services(String chain, List<String> services) {
        public Services {
            services = List.copyOf(services);
        }
    }

    /**
     * One service of the path.
     *
     * @param service name of the service
     * @param attachment id of the attachment
     * @param copy the node gets a copy
     * @param visits which directions visit it
     */
    public record Hop(String service, int attachment, boolean copy, Visits visits) {}

    public PathDraft {
        onFailure = List.copyOf(onFailure);
    }

    /** The same path for flows that have it already, with failure actions of today. */
    PathDraft retire(List<FailureAction> onFailureNow) {
        return new PathDraft(
                id, content, name, placedName, weight, metric, rank, new ArrayList<>(onFailureNow), Use.GONE);
    }

    /** The same for something else. */
    PathDraft as(Use next) {
        return new PathDraft(id, content, name, placedName, weight, metric, rank, onFailure, next);
    }

    /** Whether it gets no new flows. */
    public boolean retired() {
        return use != Use.OFFERED && use != Use.KEPT;
    }

    /** Whether the objects have it. */
    boolean isWritten() {
        return use != Use.KEPT && use != Use.GONE;
    }
}
