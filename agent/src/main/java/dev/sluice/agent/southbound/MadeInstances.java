package dev.sluice.agent.southbound;

import dev.sluice.agent.node.NodeRunner;
import dev.sluice.agent.report.StatusReport.InstanceReport;
import dev.sluice.agent.runtime.Runtimes;
import dev.sluice.model.ServiceInstance;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * What a node says of instances to whoever makes them.
 *
 * @param runner the node; null as long as there is none
 */
record MadeInstances(Supplier<@Nullable NodeRunner> runner) implements Runtimes.Objects {
    @Override
    public @Nullable List<ServiceInstance> instances() {
        NodeRunner running = runner.get();
        return running == null ? null : running.objects().instances();
    }

    /** One that is gone serves on for a while, for flows on their way out and hosts that do not know it yet (ADR 14). */
    @Override
    public Set<String> stillServing() {
        NodeRunner running = runner.get();
        Set<String> serving = new HashSet<>();
        if (running != null && !running.hasEnded()) {
            for (InstanceReport instance : running.status().instances()) {
                if (instance.node().isEmpty() && instance.flows() != 0) {
                    serving.add(instance.name());
                }
            }
        }
        return serving;
    }
}
