package dev.sluice.agent.configuration;

import dev.sluice.agent.NodeException;
import dev.sluice.agent.RefusedException;
import dev.sluice.agent.WallClock;
import dev.sluice.agent.compile.BindingsCheck;
import dev.sluice.agent.compile.CompileLog;
import dev.sluice.agent.compile.CompileResult;
import dev.sluice.agent.compile.FlowsInProgress;
import dev.sluice.agent.compile.HostSafety;
import dev.sluice.agent.compile.InterfaceFacts;
import dev.sluice.agent.compile.PortBinding;
import dev.sluice.agent.compile.SnapshotCompiler;
import dev.sluice.agent.instances.InstanceStates;
import dev.sluice.agent.worker.LinkSource;
import dev.sluice.model.Configuration;
import dev.sluice.model.Problem;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.function.IntPredicate;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Compiles objects on what is known of the interfaces, after asking whether the host can spare them; remembers what it used. One user: the control thread.
 */
final class CheckedCompilation {
    private static final Logger LOG = LoggerFactory.getLogger(CheckedCompilation.class);

    private final SnapshotCompiler compiler;
    private final InstanceStates states;
    private final LinkSource links;
    private final HostSafety safety;
    private final boolean force;
    private Map<String, @Nullable InterfaceFacts> factsUsed = new HashMap<>();

    /**
     * A compilation that has compiled nothing.
     *
     * @param states of service instances, as given at run time
     * @param force whether interfaces may always be taken that the host itself needs
     */
    CheckedCompilation(
            SnapshotCompiler compiler, InstanceStates states, LinkSource links, HostSafety safety, boolean force) {
        this.compiler = compiler;
        this.states = states;
        this.links = links;
        this.safety = safety;
        this.force = force;
    }

    /**
     * Which interfaces that the host needs a configuration may take.
     *
     * @param any whether all, because somebody said so just now
     * @param taken these too: they are ports already
     * @param forced these too: somebody said so before; remembered for as long as they are ports
     * @param login the login sessions of who asks
     */
    record Permission(boolean any, Set<String> taken, Set<String> forced, String login) {
        /** What a start from a revision, or from files that follow it, may take. */
        static Permission atStart(List<String> forced) {
            return new Permission(false, Set.of(), Set.copyOf(forced), "");
        }

        /** What may follow a configuration in force. */
        static Permission after(AppliedConfiguration before, boolean force, String login) {
            return new Permission(
                    force,
                    before.node().bindings().stream()
                            .map(PortBinding::interfaceName)
                            .collect(Collectors.toSet()),
                    Set.copyOf(before.forced()),
                    login);
        }

        Permission or(List<String> more) {
            Set<String> all = new HashSet<>(forced);
            all.addAll(more);
            return new Permission(any, taken, Set.copyOf(all), login);
        }

        boolean allows(String name) {
            return any || taken.contains(name) || forced.contains(name);
        }
    }

    /** Compiles unless it would take an interface that the host needs and that it may not take. */
    AppliedConfiguration checked(
            Configuration objects, List<Problem> problems, FlowsInProgress flows, Permission permission)
            throws NodeException {
        Map<String, String> inUse = safety.inUse(permission.login());
        boolean any = force || permission.any();
        AppliedConfiguration compiled = compile(
                objects,
                problems,
                flows,
                any ? BindingsCheck.NONE : (bindings, log) -> refuseInUse(bindings, inUse, permission, log));
        return compiled.forced(compiled.node().bindings().stream()
                .map(PortBinding::interfaceName)
                .filter(name -> permission.forced().contains(name) || (any && inUse.containsKey(name)))
                .toList());
    }

    /** Compiles whatever the host needs. */
    AppliedConfiguration unchecked(
            Configuration objects, List<Problem> problems, FlowsInProgress flows, List<String> forced)
            throws NodeException {
        return compile(objects, problems, flows, BindingsCheck.NONE).forced(forced);
    }

    private static void refuseInUse(
            List<PortBinding> bindings, Map<String, String> inUse, Permission permission, CompileLog log) {
        for (PortBinding binding : bindings) {
            String why = inUse.get(binding.interfaceName());
            if (why != null && !permission.allows(binding.interfaceName())) {
                log.error(
                        "interface " + binding.interfaceName() + " " + why
                                + "; as a port of Sluice it could cut this host off",
                        binding.interfaceName(),
                        "an interface that the host itself does not need; or, if this is meant, 'sluice run --force' or"
                                + " 'sluice reload --force --confirm 60s'");
            }
        }
    }

    private AppliedConfiguration compile(
            Configuration objects, List<Problem> problems, FlowsInProgress flows, BindingsCheck check)
            throws NodeException {
        Map<String, @Nullable InterfaceFacts> facts = new HashMap<>();
        CompileResult result = compiler.compile(
                states.over(objects),
                interfaceName -> {
                    InterfaceFacts found = links.find(interfaceName);
                    facts.put(interfaceName, found);
                    return found;
                },
                flows,
                check);
        if (result.node().isEmpty()) {
            throw new RefusedException(result.problems());
        }
        factsUsed = facts;
        List<String> warnings = new ArrayList<>(AppliedConfiguration.warnings(problems));
        warnings.addAll(AppliedConfiguration.warnings(result.problems()));
        warnings.forEach(warning -> LOG.warn("{}", warning));
        return new AppliedConfiguration(
                objects, result.node().get(), WallClock.now(), warnings, "", 0, "", "", List.of());
    }

    /** Whether what is known of other nodes, or the time, makes something else of the same objects; as in {@link SnapshotCompiler#isDue}. */
    boolean isDue(Map<String, Long> told, IntPredicate serves) {
        return compiler.isDue(told, serves);
    }

    /** By id, why paths that are awaited are not given to new flows yet. */
    Map<Integer, String> missing() {
        return compiler.missing();
    }

    /** Whether MAC addresses or MTUs are others than those of the last compilation. */
    boolean factsChanged() {
        return factsUsed.entrySet().stream()
                .anyMatch(entry -> !Objects.equals(entry.getValue(), links.find(entry.getKey())));
    }
}
