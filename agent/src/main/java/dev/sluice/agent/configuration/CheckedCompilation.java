package dev.sluice.agent.configuration;

import dev.sluice.agent.NodeException;
import dev.sluice.agent.WallClock;
import dev.sluice.agent.admin.ReloadRequest;
import dev.sluice.agent.compile.BindingsCheck;
import dev.sluice.agent.compile.CompileLog;
import dev.sluice.agent.compile.CompileResult;
import dev.sluice.agent.compile.HostSafety;
import dev.sluice.agent.compile.InterfaceFacts;
import dev.sluice.agent.compile.PortBinding;
import dev.sluice.agent.compile.SnapshotCompiler;
import dev.sluice.agent.instances.InstanceStates;
import dev.sluice.agent.worker.LinkSource;
import dev.sluice.model.Configuration;
import dev.sluice.model.ExistingFlows;
import dev.sluice.model.Problem;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
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

    /** Compiles unless it would take an interface that the host needs; those that the configuration before has are not asked about again. */
    AppliedConfiguration checked(
            Configuration objects, List<Problem> problems, ReloadRequest request, @Nullable AppliedConfiguration before)
            throws NodeException {
        if (force || request.force()) {
            return unchecked(objects, problems, request.existingFlows());
        }
        Set<String> taken = before == null
                ? Set.of()
                : before.node().bindings().stream()
                        .map(PortBinding::interfaceName)
                        .collect(Collectors.toSet());
        return compile(
                objects, problems, request.existingFlows(), (bindings, log) -> refuseInUse(bindings, taken, log));
    }

    /** Compiles whatever the host needs. */
    AppliedConfiguration unchecked(Configuration objects, List<Problem> problems, Optional<ExistingFlows> existingFlows)
            throws NodeException {
        return compile(objects, problems, existingFlows, BindingsCheck.NONE);
    }

    private void refuseInUse(List<PortBinding> bindings, Set<String> taken, CompileLog log) {
        Map<String, String> inUse = safety.inUse();
        for (PortBinding binding : bindings) {
            String why = inUse.get(binding.interfaceName());
            if (why != null && !taken.contains(binding.interfaceName())) {
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
            Configuration objects, List<Problem> problems, Optional<ExistingFlows> existingFlows, BindingsCheck check)
            throws NodeException {
        Map<String, @Nullable InterfaceFacts> facts = new HashMap<>();
        CompileResult result = compiler.compile(
                states.over(objects),
                interfaceName -> {
                    InterfaceFacts found = links.find(interfaceName);
                    facts.put(interfaceName, found);
                    return found;
                },
                existingFlows,
                check);
        if (result.node().isEmpty()) {
            throw new NodeException(AppliedConfiguration.errors(result.problems()));
        }
        factsUsed = facts;
        List<String> warnings = new ArrayList<>(AppliedConfiguration.warnings(problems));
        warnings.addAll(AppliedConfiguration.warnings(result.problems()));
        warnings.forEach(warning -> LOG.warn("{}", warning));
        return new AppliedConfiguration(objects, result.node().get(), WallClock.now(), warnings, "", 0, "", "");
    }

    /** Whether MAC addresses or MTUs are others than those of the last compilation. */
    boolean factsChanged() {
        return factsUsed.entrySet().stream()
                .anyMatch(entry -> !Objects.equals(entry.getValue(), links.find(entry.getKey())));
    }
}
