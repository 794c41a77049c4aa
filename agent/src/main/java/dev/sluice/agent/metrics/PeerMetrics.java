package dev.sluice.agent.metrics;

import dev.sluice.agent.metrics.Metric.Sample;
import dev.sluice.agent.report.PeersReport.PeerReport;
import java.util.List;
import java.util.function.ToDoubleFunction;

/** The metrics of the other nodes (V14). Stateless. */
final class PeerMetrics {
    private static final List<String> LABELS = List.of("peer");

    private PeerMetrics() {}

    static void add(List<Metric> all) {
        all.add(new Metric(
                "sluice_peer_up",
                Metric.Type.GAUGE,
                "",
                "1 if the BFD session with the other node is up.",
                LABELS,
                s -> ofPeers(s, peer -> peer.state().equals("up") ? 1 : 0)));
        all.add(new Metric(
                "sluice_peer_state_seconds",
                Metric.Type.GAUGE,
                "seconds",
                "How long the BFD session has had its state.",
                LABELS,
                s -> ofPeers(s, peer -> peer.forMs() / 1e3)));
        all.add(new Metric(
                "sluice_peer_downs",
                Metric.Type.COUNTER,
                "",
                "How often the BFD session was up and then not.",
                LABELS,
                s -> ofPeers(s, PeerReport::downs)));
        all.add(new Metric(
                "sluice_peer_refused_packets",
                Metric.Type.COUNTER,
                "",
                "BFD packets and messages about instances from addresses of other nodes, and BFD packets of service nodes, that were refused, by reason; reasons that occurred.",
                List.of("reason"),
                s -> s.status().peers().refused().entrySet().stream()
                        .map(entry -> new Sample(List.of(entry.getKey()), entry.getValue()))
                        .toList()));
    }

    private static List<Sample> ofPeers(Scrape scrape, ToDoubleFunction<PeerReport> value) {
        return scrape.status().peers().peers().stream()
                .map(peer -> new Sample(List.of(peer.name()), value.applyAsDouble(peer)))
                .toList();
    }
}
