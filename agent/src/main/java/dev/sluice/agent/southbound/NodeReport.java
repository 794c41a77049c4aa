package dev.sluice.agent.southbound;

import dev.sluice.agent.node.NodeRunner;
import dev.sluice.agent.report.CountersReport.DropReport;
import dev.sluice.agent.report.StatusReport;
import dev.sluice.agent.runtime.RunState;
import dev.sluice.southbound.InstanceLoad;
import dev.sluice.southbound.InstanceState;
import dev.sluice.southbound.PortState;
import dev.sluice.southbound.Report;
import dev.sluice.southbound.RuntimeState;
import java.util.List;

/** What a node tells its manager of itself. Stateless. */
final class NodeReport {
    private static final String SERVICE_ROLE = "service";

    private NodeReport() {}

    static Report of(NodeRunner runner, List<RunState> runtimes) {
        StatusReport status = runner.status();
        Report.Builder report = Report.newBuilder()
                .setGeneration(status.generation())
                .setConnections(status.totals().connections())
                .setUninspected(status.totals().uninspected());
        for (StatusReport.PortReport port : status.ports()) {
            if (port.role().equals(SERVICE_ROLE)) {
                // Its name is that of an interface; what it means stands with the instance.
                continue;
            }
            report.addPorts(PortState.newBuilder()
                    .setName(port.name())
                    .setUp(port.up())
                    .setDescription(port.up() ? "" : port.reason())
                    .setReceivedFrames(port.counters().receivedFrames())
                    .setSentFrames(port.counters().sentFrames()));
        }
        for (StatusReport.InstanceReport instance : status.instances()) {
            boolean here = instance.node().isEmpty();
            report.addLoads(InstanceLoad.newBuilder()
                    .setName(instance.name())
                    .setFlows(Math.max(0, instance.flows()))
                    .setFlowsUnknown(instance.flows() < 0)
                    .setPackets(instance.sent().get(0) + instance.sent().get(1) + instance.copies())
                    .setHere(here));
            if (here) {
                report.addInstances(InstanceState.newBuilder()
                        .setName(instance.name())
                        .setAlive(instance.alive())
                        .setReason(instance.reason()));
            }
        }
        runtimes.forEach(state -> report.addRuntimes(runtime(state)));
        for (DropReport drop : runner.counters().drops()) {
            if (drop.count() > 0) {
                report.putDrops(drop.reason(), drop.count());
            }
        }
        return report.build();
    }

    private static RuntimeState.Builder runtime(RunState state) {
        RuntimeState.Builder runtime = RuntimeState.newBuilder()
                .setName(state.name())
                .setPhase(
                        switch (state.phase()) {
                            case STARTING -> RuntimeState.Phase.STARTING;
                            case RUNNING -> RuntimeState.Phase.RUNNING;
                            case FAILED -> RuntimeState.Phase.FAILED;
                            case STOPPING -> RuntimeState.Phase.STOPPING;
                        })
                .setMessage(state.message())
                .setRestarts(state.restarts());
        state.cpuPermille().ifPresent(runtime::setCpuPermille);
        return runtime;
    }
}
