package dev.sluice.agent.compile;

import dev.sluice.agent.compile.IdRegistry.Space;
import dev.sluice.datapath.rules.Rule;
import dev.sluice.datapath.rules.Rule.FailureAction;
import dev.sluice.datapath.snapshot.Attachment;
import dev.sluice.datapath.snapshot.Path;
import dev.sluice.datapath.snapshot.PortEntry;
import dev.sluice.datapath.snapshot.Selection;
import dev.sluice.datapath.snapshot.Target;
import dev.sluice.model.Configuration;
import dev.sluice.model.ServiceChain;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableSet;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Makes attachments, paths and targets of their drafts, once it is known which router's rules lead where. One writer: the compilation. */
final class SnapshotAssembly {
    private static final int[] NONE = {};

    /** Metrics of two ranks are apart by more than the metrics of one path can be: 8 times 65535. */
    private static final int RANK_SHIFT = 20;

    private final Configuration configuration;
    private final IdRegistry ids;
    private final Map<Integer, PathDraft> pathDrafts;
    private final Predicate<PathDraft> free;
    private final PlanePlan plane;
    private final TagReturns tagReturns;
    private final Map<Integer, Attachment> attachments = new LinkedHashMap<>();
    private final Map<Integer, Path> paths = new LinkedHashMap<>();
    private final Set<String> rankedChains;

    SnapshotAssembly(
            Configuration configuration,
            IdRegistry ids,
            List<PortEntry> ports,
            List<Rule> rules,
            Map<Integer, AttachmentDraft> attachmentDrafts,
            Map<Integer, PathDraft> pathDrafts,
            Predicate<PathDraft> free,
            PlanePlan plane,
            TagReturns tagReturns,
            @Nullable CompiledNode previous) {
        this.configuration = configuration;
        this.ids = ids;
        this.pathDrafts = pathDrafts;
        this.free = free;
        this.plane = plane;
        this.tagReturns = tagReturns;
        rankedChains = pathDrafts.values().stream()
                .filter(path -> !path.retired() && path.rank() > 0)
                .map(path -> path.content().chain())
                .collect(Collectors.toSet());
        Map<Integer, List<PathDraft>> users = users();
        Map<String, NavigableSet<Integer>> chainRouters = chainRouters(ports, rules);
        for (AttachmentDraft draft : attachmentDrafts.values()) {
            List<PathDraft> using = users.getOrDefault(draft.id(), List.of());
            int[] leading = leading(using, chainRouters);
            attachments.put(draft.id(), attachment(draft, using, leading, kept(draft, leading, previous)));
        }
        for (PathDraft draft : pathDrafts.values()) {
            paths.put(draft.id(), path(draft));
        }
    }

    private Map<Integer, List<PathDraft>> users() {
        Map<Integer, List<PathDraft>> users = new HashMap<>();
        for (PathDraft path : pathDrafts.values()) {
            for (PathDraft.Hop hop : path.content().hops()) {
                List<PathDraft> of = users.computeIfAbsent(hop.attachment(), _ -> new ArrayList<>());
                if (of.isEmpty() || of.getLast().id() != path.id()) {
                    of.add(path);
                }
            }
        }
        return users;
    }

    /** The routers whose port sides have a rule that leads to the chain. */
    private Map<String, NavigableSet<Integer>> chainRouters(List<PortEntry> ports, List<Rule> rules) {
        List<String> chains = ids.allNames(Space.TARGET);
        Map<String, NavigableSet<Integer>> routers = new HashMap<>();
        for (Rule rule : rules) {
            if (rule.action() == Rule.Action.SERVICE) {
                NavigableSet<Integer> ofChain =
                        routers.computeIfAbsent(chainOf(chains.get(rule.targetId())), _ -> new TreeSet<>());
                rule.appliedTo().toBitSet().stream()
                        .filter(side -> side >> 1 < ports.size())
                        .map(side -> ports.get(side >> 1).router())
                        .filter(router -> router >= 0)
                        .forEach(ofChain::add);
            }
        }
        return routers;
    }

    /** The routers whose rules lead to one of the paths. */
    private static int[] leading(List<PathDraft> using, Map<String, NavigableSet<Integer>> chainRouters) {
        NavigableSet<Integer> routers = new TreeSet<>();
        for (PathDraft path : using) {
            routers.addAll(chainRouters.getOrDefault(path.content().chain(), new TreeSet<>()));
        }
        return routers.stream().mapToInt(Integer::intValue).toArray();
    }

    /** If no rule leads to the node any more, packets of flows that are in it still come back: the routers of before stay. */
    private static int[] kept(AttachmentDraft draft, int[] leading, @Nullable CompiledNode previous) {
        Attachment before = previous == null ? null : previous.snapshot().attachment(draft.id());
        return leading.length == 0 && before != null ? before.routers() : leading;
    }

    /** What is of no flow belongs to those whose rules lead here, not to those whose did. */
    private Attachment attachment(AttachmentDraft draft, List<PathDraft> using, int[] leading, int[] routers) {
        AttachmentDraft.Content content = draft.content();
        boolean copiesOnly = !using.isEmpty()
                && using.stream().noneMatch(path -> path.content().forwardsThrough(draft.id()));
        return new Attachment(
                draft.id(),
                content.name(),
                content.instance(),
                content.in(),
                content.out(),
                content.kind(),
                content.translation(),
                copiesOnly,
                draft.routeUnmatched(),
                routers,
                returnPaths(draft.id(), using),
                ids.attachmentCounters(draft.id()),
                plane.peer(draft.host()),
                content.tunnel(),
                tagReturns.of(draft, using, leading));
    }

    private static int[] returnPaths(int attachment, List<PathDraft> using) {
        List<PathDraft> through = using.stream()
                .filter(path -> path.content().forwardsThrough(attachment))
                .toList();
        List<PathDraft> current =
                through.stream().filter(path -> !path.retired()).toList();
        List<PathDraft> counted = current.isEmpty() ? through : current;
        long chains =
                counted.stream().map(path -> path.content().chain()).distinct().count();
        return chains == 1 ? counted.stream().mapToInt(PathDraft::id).toArray() : NONE;
    }

    private Path path(PathDraft draft) {
        List<Path.Hop> hops = new ArrayList<>();
        for (int i = 0; i < draft.content().hops().size(); i++) {
            PathDraft.Hop hop = draft.content().hops().get(i);
            Attachment attachment = attachments.get(hop.attachment());
            if (attachment == null) {
                throw new IllegalStateException("path " + draft.name() + " has no attachment " + hop.attachment());
            }
            hops.add(new Path.Hop(attachment, hop.copy(), draft.onFailure().get(i), hop.visits()));
        }
        return new Path(
                draft.id(),
                draft.name(),
                draft.weight(),
                metric(draft),
                ids.id(draft.content().services()),
                hops,
                ids.pathCounters(draft.id()));
    }

    /** How far away the data path takes it to be: a path of a later rank is farther than all of earlier ones. */
    private int metric(PathDraft draft) {
        String chain = draft.content().chain();
        return draft.rank() == 0 && !ranked(chain) && written(chain) != ServiceChain.Selection.LEAST_LOAD
                ? draft.metric()
                : (draft.rank() << RANK_SHIFT)
                        + (written(chain) == ServiceChain.Selection.NEAREST ? draft.metric() : 0);
    }

    private ServiceChain.Selection written(String chain) {
        return configuration.chain(chain).map(c -> c.spec().selection()).orElse(ServiceChain.Selection.ROUND_ROBIN);
    }

    /** Whether the chain has backups: then the nearest rank is chosen first, and in it as the chain says. */
    private boolean ranked(String chain) {
        return rankedChains.contains(chain);
    }

    List<Attachment> attachments() {
        return List.copyOf(attachments.values());
    }

    List<Path> paths() {
        return List.copyOf(paths.values());
    }

    /** Targets for every index that was ever given; those of vanished chains have no paths. */
    List<Target> targets() {
        Map<String, List<Path>> ofChain = new HashMap<>();
        for (PathDraft draft : pathDrafts.values()) {
            Path path = paths.get(draft.id());
            if (path != null && !draft.retired()) {
                ofChain.computeIfAbsent(draft.content().chain(), _ -> new ArrayList<>())
                        .add(path);
            }
        }
        List<Target> targets = new ArrayList<>();
        for (String target : ids.allNames(Space.TARGET)) {
            String chain = chainOf(target);
            boolean isChain = target.equals(chain);
            Optional<ServiceChain> written = configuration.chain(chain);
            targets.add(new Target(
                    targets.size(),
                    target,
                    isChain ? ofChain.getOrDefault(chain, List.of()) : named(target),
                    written.map(c -> PathPlan.failureAction(c.spec().onFailure()))
                            .orElse(FailureAction.CLOSED),
                    ranked(chain) && !selection(chain).ranks() ? Selection.NEAREST : selection(chain)));
        }
        return targets;
    }

    /** The chain of a target: itself, or that of the one path that it is. */
    private static String chainOf(String target) {
        int bracket = target.indexOf('[');
        return bracket < 0 ? target : target.substring(0, bracket);
    }

    /** The path with a name, if new flows may get it. */
    private List<Path> named(String name) {
        return pathDrafts.values().stream()
                .filter(draft ->
                        (draft.name().equals(name) || draft.placedName().equals(name)) && free.test(draft))
                .map(draft -> paths.get(draft.id()))
                .filter(Objects::nonNull)
                .limit(1)
                .toList();
    }

    private Selection selection(String chain) {
        boolean any = configuration
                .chain(chain)
                .filter(c -> c.spec().strategy() == ServiceChain.Strategy.ANY)
                .isPresent();
        if (any) {
            return Selection.ANY;
        }
        return switch (written(chain)) {
            case ROUND_ROBIN -> Selection.ROUND_ROBIN;
            case LEAST_FLOWS -> Selection.LEAST_FLOWS;
            case NEAREST -> Selection.NEAREST;
            case LEAST_LOAD -> Selection.LEAST_LOAD;
        };
    }
}
