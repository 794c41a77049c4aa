package dev.sluice.agent.southbound;

import dev.sluice.agent.node.NodeRunner;
import dev.sluice.agent.report.CountersReport.DropReport;
import dev.sluice.agent.report.StatusReport;
import dev.sluice.southbound.InstanceState;
import dev.sluice.southbound.PortState;
import dev.sluice.southbound.Report;

/** What a node tells its manager of itself. Stateless. */
final class NodeReport {
    private static final String SERVICE_ROLE = "service";

    private NodeReport() {}

    static Report of(NodeRunner runner) {
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
            if (instance.node().isEmpty()) {
                report.addInstances(InstanceState.newBuilder()
                        .setName(instance.name())
                        .setAlive(instance.alive())
                        .setReason(instance.reason()));
            }
        }
        for (DropReport drop : runner.counters().drops()) {
            if (drop.count() > 0) {
                report.putDrops(drop.reason(), drop.count());
            }
        }
        return report.build();
    }
}
