package dev.sluice.agent.compile;

import dev.sluice.model.Configuration;
import dev.sluice.model.PlaneNumbers;
import dev.sluice.model.ServiceInstance;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.IntPredicate;

/**
 * What a change of the objects leaves behind for a while, because hosts apply it one after the other (ADR 14): instances that are gone and still serve, paths that are awaited, and
 * which objects this node had lately, to understand what others say of theirs. Immutable.
 */
final class Transition {
    /** So long an instance that is gone from the objects still serves hosts that do not know it yet, and flows that are on their way out. */
    static final long GONE_NS = 90_000_000_000L;

    /** So long a path waits at most for its hosts; less than {@link #GONE_NS} by more than packets are under way. */
    static final long AWAIT_NS = 60_000_000_000L;

    /** Nothing has changed yet. */
    static final Transition NONE = new Transition(Map.of(), Map.of(), List.of());

    private static final int SETS_MAX = 8;

    /**
     * An instance that the objects have no longer.
     *
     * @param instance as it was
     * @param untilNs when it ends
     */
    record Gone(ServiceInstance instance, long untilNs) {}

    /**
     * The paths of the objects that this node had at some time.
     *
     * @param digest what hosts with the same objects tell
     * @param names of the paths
     */
    record PathSet(long digest, Set<String> names) {}

    /**
     * What is known of others.
     *
     * @param told by host, the digest that it told last
     * @param serves whether an instance, by number, is known to serve
     */
    record Word(Map<String, Long> told, IntPredicate serves) {
        static final Word NONE = new Word(Map.of(), _ -> false);
    }

    private final Map<String, Gone> gone;
    private final Map<Integer, Long> awaited;
    private final List<PathSet> known;

    private Transition(Map<String, Gone> gone, Map<Integer, Long> awaited, List<PathSet> known) {
        this.gone = gone;
        this.awaited = Map.copyOf(awaited);
        this.known = List.copyOf(known);
    }

    /**
     * After a change.
     *
     * @param before the objects of this node before, as {@link Configuration#forNode} gives them
     * @param now those of now
     * @param paths the paths of the objects; empty: there are no others to share them with
     */
    Transition after(Configuration before, Configuration now, Optional<PathSet> paths, long nowNs) {
        if (paths.isEmpty()) {
            return NONE;
        }
        Map<String, Gone> still = new LinkedHashMap<>(gone);
        for (ServiceInstance instance : before.instances()) {
            if (instance.spec().node().isPresent()) {
                still.putIfAbsent(
                        PlaneNumbers.place(
                                instance.name(), instance.spec().node().get()),
                        new Gone(instance, nowNs + GONE_NS));
            }
        }
        still.values()
                .removeIf(each -> each.untilNs() - nowNs <= 0
                        || now.instances().stream()
                                .anyMatch(there -> there.name()
                                                .equals(each.instance().name())
                                        && there.spec()
                                                .node()
                                                .equals(each.instance().spec().node()))
                        || !now.service(each.instance().spec().service())
                                .equals(before.service(each.instance().spec().service())));
        List<PathSet> sets = new ArrayList<>(known);
        sets.removeIf(set -> set.digest() == paths.get().digest());
        sets.add(paths.get());
        return new Transition(still, awaited, sets.subList(Math.max(0, sets.size() - SETS_MAX), sets.size()));
    }

    /** The same with other paths that are awaited, by id with the time at which that ends. */
    Transition awaiting(Map<Integer, Long> paths) {
        return new Transition(gone, paths, known);
    }

    /** Instances that are gone and still serve. */
    List<Gone> gone() {
        return List.copyOf(gone.values());
    }

    /** When it ends that a path is awaited, if it is from now on at the latest. */
    long untilNs(int path, long nowNs) {
        return awaited.getOrDefault(path, nowNs + AWAIT_NS);
    }

    /** Whether the next compilation would come to something else. */
    boolean isDue(CompiledNode node, Word word, long nowNs) {
        return gone.values().stream().anyMatch(each -> each.untilNs() - nowNs <= 0)
                || (!awaited.isEmpty()
                        && node.paths().stream()
                                .anyMatch(path -> path.use() == PathDraft.Use.AWAITED
                                        && (untilNs(path.id(), nowNs) - nowNs <= 0
                                                || missing(path, node.attachments(), word)
                                                        .isEmpty())));
    }

    /**
     * Why packets cannot be sent along a path yet, empty if they can: each of its hosts has to have told that its objects have it, and each of its nodes has to be known to serve.
     *
     * <p>What a host told is a digest, which this node knows if it had the same objects itself. One that it does not know says nothing of the path.
     */
    String missing(PathDraft path, Iterable<AttachmentDraft> attachments, Word word) {
        for (PathDraft.Hop hop : path.content().hops()) {
            for (AttachmentDraft attachment : attachments) {
                if (attachment.id() == hop.attachment()) {
                    String host = attachment.host();
                    if (attachment.remote() && !has(word.told().getOrDefault(host, 0L), path.placedName())) {
                        return "node " + host + " has not said that it serves it";
                    }
                    if (!hop.copy() && !word.serves().test(attachment.content().instance())) {
                        return attachment.content().instanceName() + " is not known to serve";
                    }
                }
            }
        }
        return "";
    }

    private boolean has(long digest, String path) {
        return known.stream()
                .anyMatch(set -> set.digest() == digest && set.names().contains(path));
    }
}
