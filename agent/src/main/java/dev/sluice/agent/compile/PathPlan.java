package dev.sluice.agent.compile;

import dev.sluice.agent.compile.IdRegistry.Space;
import dev.sluice.datapath.Rule.FailureAction;
import dev.sluice.model.Configuration;
import dev.sluice.model.ServiceAction;
import dev.sluice.model.ServiceChain;
import dev.sluice.model.ServiceChain.Hop;
import dev.sluice.model.ServiceInstance;
import dev.sluice.model.ServiceInstance.AdminState;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** The paths of each chain: every combination of the instances of its services. One writer: the compilation. */
final class PathPlan {
    /** Most paths of one chain. */
    static final int PATHS_MAX = 1024;

    /** Most paths that are kept for the flows that have them already. */
    static final int RETIRED_MAX = 4096;

    /** Largest weight of a path; the sum over {@value #PATHS_MAX} paths stays an int. */
    private static final double WEIGHT_MAX = 1_000_000;

    private final Configuration configuration;
    private final InstancePlan instances;
    private final IdRegistry ids;
    private final CompileLog log;
    private final Map<Integer, PathDraft> paths = new LinkedHashMap<>();

    PathPlan(Configuration configuration, InstancePlan instances, IdRegistry ids, CompileLog log) {
        this.configuration = configuration;
        this.instances = instances;
        this.ids = ids;
        this.log = log;
        for (ServiceChain chain : configuration.chains()) {
            ids.index(Space.TARGET, chain.name());
            add(chain);
        }
    }

    private record Choice(ServiceInstance instance, AttachmentDraft attachment) {}

    private void add(ServiceChain chain) {
        List<List<Choice>> choices = new ArrayList<>();
        long count = 1;
        for (Hop hop : chain.spec().hops()) {
            List<Choice> ofHop = choices(chain, hop);
            choices.add(ofHop);
            count = Math.min(count * ofHop.size(), Integer.MAX_VALUE);
        }
        if (count > PATHS_MAX) {
            log.error(
                    chain,
                    "spec.profiles",
                    "the instances of its services make too many paths; use fewer instances or split the chain",
                    Long.toString(count),
                    "at most " + PATHS_MAX);
            return;
        }
        List<List<Choice>> combinations = new ArrayList<>();
        combine(choices, new ArrayList<>(), combinations);
        double heaviest =
                combinations.stream().mapToDouble(PathPlan::weight).max().orElse(1);
        double scale = Math.min(1, WEIGHT_MAX / heaviest);
        for (List<Choice> combination : combinations) {
            add(chain, combination, (int) Math.max(1, Math.round(weight(combination) * scale)));
        }
    }

    private List<Choice> choices(ServiceChain chain, Hop hop) {
        List<Choice> choices = new ArrayList<>();
        for (ServiceInstance instance : configuration.instancesOf(hop.service())) {
            AttachmentDraft attachment = instances.attachment(instance, chain.name());
            if (attachment != null && instance.spec().adminState() == AdminState.UP) {
                choices.add(new Choice(instance, attachment));
            } else if (attachment == null && !instance.spec().policies().isEmpty()) {
                log.warning(
                        instance,
                        "spec.policies",
                        "has tags for other chains but not for this one, so it does not serve it",
                        chain.name());
            }
        }
        if (choices.isEmpty()) {
            log.warning(
                    chain,
                    "spec.profiles",
                    "has no path on this node: no instance of this service is up, so flows sent to the chain are dropped",
                    hop.service());
        }
        return choices;
    }

    private static void combine(List<List<Choice>> choices, List<Choice> begun, List<List<Choice>> all) {
        if (begun.size() == choices.size()) {
            all.add(List.copyOf(begun));
            return;
        }
        for (Choice choice : choices.get(begun.size())) {
            begun.addLast(choice);
            combine(choices, begun, all);
            begun.removeLast();
        }
    }

    private static double weight(List<Choice> combination) {
        double weight = 1;
        for (Choice choice : combination) {
            weight *= choice.instance.spec().weight();
        }
        return weight;
    }

    private void add(ServiceChain chain, List<Choice> combination, int weight) {
        List<PathDraft.Hop> hops = new ArrayList<>();
        List<FailureAction> onFailure = new ArrayList<>();
        List<String> names = new ArrayList<>();
        int metric = 0;
        for (int i = 0; i < combination.size(); i++) {
            Hop hop = chain.spec().hops().get(i);
            Choice choice = combination.get(i);
            hops.add(new PathDraft.Hop(hop.service(), choice.attachment.id(), isCopy(hop)));
            onFailure.add(onFailure(chain, Optional.of(hop)));
            names.add(choice.instance.name());
            metric += choice.instance.spec().metric();
        }
        PathDraft.Content content = new PathDraft.Content(chain.name(), hops);
        int id = ids.id(content);
        String name = chain.name() + "[" + String.join(",", names) + "]";
        paths.put(id, new PathDraft(id, content, name, weight, metric, onFailure, false));
    }

    private boolean isCopy(Hop hop) {
        ServiceAction ofService =
                configuration.service(hop.service()).map(s -> s.spec().action()).orElse(ServiceAction.FORWARD);
        return hop.action().orElse(ofService) == ServiceAction.COPY;
    }

    private static FailureAction onFailure(ServiceChain chain, Optional<Hop> hop) {
        return failureAction(hop.flatMap(Hop::onFailure).orElse(chain.spec().onFailure()));
    }

    static FailureAction failureAction(dev.sluice.model.FailureAction written) {
        return switch (written) {
            case CLOSED -> FailureAction.CLOSED;
            case OPEN -> FailureAction.OPEN;
        };
    }

    /** Keeps paths of earlier snapshots whose attachments all stand, for the flows that are pinned to them; the latest come first. */
    void retain(Iterable<PathDraft> earlier) {
        int retained = 0;
        for (PathDraft path : earlier) {
            boolean stands = path.content().hops().stream()
                    .allMatch(hop -> instances.attachments().containsKey(hop.attachment()));
            if (stands && !paths.containsKey(path.id()) && retained < RETIRED_MAX) {
                ids.id(path.content()); // still in use: the id must not be forgotten
                paths.put(path.id(), path.retire(onFailureNow(path)));
                retained++;
            }
        }
    }

    private List<FailureAction> onFailureNow(PathDraft path) {
        Optional<ServiceChain> chain = configuration.chain(path.content().chain());
        if (chain.isEmpty()) {
            return path.onFailure();
        }
        List<FailureAction> now = new ArrayList<>();
        for (PathDraft.Hop hop : path.content().hops()) {
            now.add(onFailure(
                    chain.get(),
                    chain.get().spec().hops().stream()
                            .filter(h -> h.service().equals(hop.service()))
                            .findFirst()));
        }
        return now;
    }

    /** All paths, those that take new flows first. */
    Map<Integer, PathDraft> all() {
        return paths;
    }
}
