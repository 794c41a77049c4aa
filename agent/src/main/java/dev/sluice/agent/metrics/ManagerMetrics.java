package dev.sluice.agent.metrics;

import dev.sluice.agent.metrics.Metric.Sample;
import java.util.List;

/** The metrics of nodes that follow a manager; others have none of them. Stateless. */
final class ManagerMetrics {
    private ManagerMetrics() {}

    static void add(List<Metric> all) {
        all.add(new Metric(
                "sluice_agent_connected",
                Metric.Type.GAUGE,
                "",
                "1 if the manager that the node follows is connected; only of 'sluice agent'.",
                List.of(),
                s -> s.manager().stream()
                        .map(contact -> new Sample(List.of(), contact.connected() ? 1 : 0))
                        .toList()));
        all.add(new Metric(
                "sluice_certificate_expiry_timestamp_seconds",
                Metric.Type.GAUGE,
                "seconds",
                "When the certificate that the node shows to its manager expires, s since 1970.",
                List.of(),
                s -> s.manager().stream()
                        .flatMap(contact -> contact.certificateExpires().stream())
                        .map(at -> new Sample(List.of(), at.getEpochSecond()))
                        .toList()));
    }
}
