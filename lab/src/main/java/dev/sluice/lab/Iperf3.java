package dev.sluice.lab;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Throughput by iperf3 between two namespaces. */
public final class Iperf3 {
    /**
     * What a run measured.
     *
     * @param receivedBitsPerSecond as the receiver saw it
     * @param retransmitCount TCP segments sent again; 0 for UDP
     * @param lostCount UDP datagrams lost; 0 for TCP
     */
    public record Figures(double receivedBitsPerSecond, long retransmitCount, long lostCount) {}

    private static final Duration START = Duration.ofSeconds(10);

    private final String address;

    private Iperf3(String address) {
        this.address = address;
    }

    /** Starts a server in a namespace that is reached by this address. */
    public static Iperf3 serve(Namespace namespace, String address) {
        LabProcess server = namespace.start("iperf3", List.of(Tool.IPERF3.path(), "-s", "--forceflush"));
        server.awaitLine("that it listens", START, line -> line.contains("listening"));
        return new Iperf3(address);
    }

    /** Measures from another namespace; further options as iperf3 takes them, for example {@code -u -b 10M} or {@code -R}. */
    public Figures run(Namespace from, Duration time, String... options) {
        List<String> command = new ArrayList<>(
                List.of(Tool.IPERF3.path(), "-J", "-c", address, "-t", Long.toString(Math.max(1, time.toSeconds()))));
        command.addAll(List.of(options));
        return parse(from.exec(command));
    }

    static Figures parse(String json) {
        JsonNode end = new JsonMapper().readTree(json).path("end");
        JsonNode tcp = end.path("sum_received");
        JsonNode sum = tcp.isMissingNode() ? end.path("sum") : tcp;
        return new Figures(
                sum.path("bits_per_second").asDouble(0),
                end.path("sum_sent").path("retransmits").asLong(0),
                end.path("sum").path("lost_packets").asLong(0));
    }
}
