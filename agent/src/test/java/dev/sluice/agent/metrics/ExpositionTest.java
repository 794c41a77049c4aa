package dev.sluice.agent.metrics;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.agent.report.CountersReport;
import dev.sluice.agent.report.CountersReport.DropReport;
import dev.sluice.agent.report.FastPathReport;
import dev.sluice.agent.report.FastPathReport.ReasonReport;
import dev.sluice.agent.report.PeersReport;
import dev.sluice.agent.report.PeersReport.PeerReport;
import dev.sluice.agent.report.RulesReport;
import dev.sluice.agent.report.RulesReport.RuleReport;
import dev.sluice.agent.report.StatusReport;
import dev.sluice.agent.report.StatusReport.ChainReport;
import dev.sluice.agent.report.StatusReport.ConfigurationReport;
import dev.sluice.agent.report.StatusReport.InstanceReport;
import dev.sluice.agent.report.StatusReport.PathReport;
import dev.sluice.agent.report.StatusReport.PortCountersReport;
import dev.sluice.agent.report.StatusReport.PortReport;
import dev.sluice.agent.report.StatusReport.TotalsReport;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class ExpositionTest {
    private static final String EVIL = "a\"b\\c\nd{},=";

    private static Scrape scrape() {
        return scrape(1);
    }

    private static RuleReport rule(int number) {
        return new RuleReport("web/" + number, List.of("up fromPort"), "drop", false, 4, 40, 4000, "", -1, 0);
    }

    private static Scrape scrape(int rules) {
        return new Scrape(
                new StatusReport(
                        "edge",
                        "1.0",
                        61_500,
                        7,
                        new ConfigurationReport("/etc/x", "2026-01-01T00:00:00Z", "", List.of(), 1, List.of()),
                        List.of(new PortReport(
                                EVIL,
                                "left",
                                "router",
                                "",
                                true,
                                "",
                                true,
                                new PortCountersReport(1, 64, 3, 192, 0, 0, 0, 2))),
                        List.of(new InstanceReport(
                                "fw-1",
                                "firewall",
                                "",
                                false,
                                true,
                                "up",
                                false,
                                "gone",
                                List.of(5L, 6L),
                                List.of(4L, 3L),
                                0,
                                0,
                                0,
                                0,
                                null,
                                "")),
                        new PeersReport(
                                List.of(new PeerReport(
                                        "b",
                                        "10.0.0.2",
                                        "up",
                                        1500,
                                        "no diagnostic",
                                        "up",
                                        "no diagnostic",
                                        150,
                                        false,
                                        true,
                                        2,
                                        300)),
                                Map.of("bfd wrong-ttl", 3L)),
                        List.of(new ChainReport(
                                "inspect",
                                "closed",
                                "round-robin",
                                "round-robin",
                                List.of(new PathReport("inspect[fw-1]", 1, 0, false, false, 4, 9, 0)))),
                        List.of(),
                        List.of(),
                        new TotalsReport(10, 0, 2, 3, 1000, 0),
                        new FastPathReport(
                                "tc",
                                "",
                                70,
                                7000,
                                30,
                                1,
                                4,
                                100,
                                8,
                                4096,
                                9,
                                List.of(new ReasonReport("NEW_FLOW", "a sentence", 5)),
                                List.of(new ReasonReport("NO_RECORD", "a sentence", 6)))),
                new CountersReport(
                        List.of(new DropReport("SERVICE_DOWN", "C13", "a sentence", 2, Map.of(EVIL, 2L))),
                        Map.of("frames", 10L)),
                new RulesReport(
                        IntStream.range(0, rules).mapToObj(ExpositionTest::rule).toList()),
                ProcessFigures.now());
    }

    @ParameterizedTest
    @EnumSource(Exposition.class)
    void scrapeIsWellFormedWhateverNamesContain(Exposition format) {
        boolean openMetrics = format == Exposition.OPEN_METRICS;
        ExpositionParser parsed = ExpositionParser.parse(format.text(scrape()), openMetrics);
        assertThat(parsed.samples)
                .containsEntry("sluice_instance_up{instance=\"fw-1\",service=\"firewall\",node=\"\"}", 0.0)
                .containsEntry("sluice_uptime_seconds{}", 61.5)
                .containsEntry("sluice_rule_flows_total{rule=\"web/0\"}", 4.0)
                .containsEntry("sluice_rule_bytes_total{rule=\"web/0\"}", 4000.0)
                .containsEntry("sluice_rules_without_series{}", 0.0)
                .containsEntry("sluice_peer_up{peer=\"b\"}", 1.0)
                .containsEntry("sluice_peer_downs_total{peer=\"b\"}", 2.0)
                .containsEntry("sluice_peer_refused_packets_total{reason=\"bfd wrong-ttl\"}", 3.0)
                .containsEntry(
                        "sluice_instance_returned_packets_total{instance=\"fw-1\",service=\"firewall\",node=\"\",direction=\"reverse\"}",
                        3.0)
                .containsEntry(
                        "sluice_dropped_packets_total{reason=\"SERVICE_DOWN\",port=\"a\\\"b\\\\c\\nd{},=\"}", 2.0);
        assertThat(parsed.types).hasSize(Metric.ALL.size());
    }

    @Test
    void rulesBeyondTheFirstThousandHaveNoSeries() {
        ExpositionParser parsed = ExpositionParser.parse(Exposition.OPEN_METRICS.text(scrape(1003)), true);
        assertThat(parsed.samples)
                .containsEntry("sluice_rule_packets_total{rule=\"web/999\"}", 40.0)
                .doesNotContainKey("sluice_rule_packets_total{rule=\"web/1000\"}")
                .containsEntry("sluice_rules_without_series{}", 3.0);
    }

    @Test
    void namesFollowTheConventions() {
        for (Metric metric : Metric.ALL) {
            assertThat(metric.name()).matches("sluice_[a-z_]+[a-z]").doesNotEndWith("_total");
            assertThat(metric.help()).endsWith(".").doesNotContain("\n");
            if (!metric.unit().isEmpty()) {
                assertThat(metric.name()).endsWith("_" + metric.unit());
            }
        }
        assertThat(Metric.ALL).extracting(Metric::name).doesNotHaveDuplicates();
    }

    private static HttpResponse<String> get(MetricsServer server, String path, String accept) throws Exception {
        try (HttpClient client = HttpClient.newHttpClient()) {
            HttpRequest request = HttpRequest.newBuilder(
                            URI.create("http://127.0.0.1:" + server.address().getPort() + path))
                    .header("Accept", accept)
                    .build();
            return client.send(request, BodyHandlers.ofString());
        }
    }

    private static MetricsServer serve() throws IOException {
        MetricsServer server = MetricsServer.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
        server.serve(ExpositionTest::scrape);
        return server;
    }

    @Test
    void serverAnswersInTheFormatAskedForAndRefusesTheRest() throws Exception {
        try (MetricsServer server = serve()) {
            HttpResponse<String> text = get(server, "/metrics", "*/*");
            assertThat(text.headers().firstValue("Content-Type")).hasValue("text/plain; version=0.0.4; charset=utf-8");
            assertThat(ExpositionParser.parse(text.body(), false).samples).isNotEmpty();
            HttpResponse<String> open = get(server, "/metrics", "application/openmetrics-text; version=1.0.0");
            assertThat(ExpositionParser.parse(open.body(), true).samples).isNotEmpty();
            assertThat(get(server, "/etc/passwd", "*/*").statusCode()).isEqualTo(404);
            assertThat(raw(server, "POST /metrics HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n"))
                    .startsWith("HTTP/1.1 405");
        }
    }

    @Test
    void nonsenseAndHeadersWithoutEndDoNotStopTheServer() throws Exception {
        try (MetricsServer server = serve()) {
            for (int i = 0; i < 3; i++) {
                assertThat(raw(server, "\u0000\u0001garbage\r\n\r\n")).doesNotContain("200 OK");
                assertThat(raw(server, "GET /metrics HTTP/1.1\r\nX: " + "y".repeat(100_000) + "\r\n\r\n"))
                        .doesNotContain("200 OK");
            }
            assertThat(get(server, "/metrics", "*/*").statusCode()).isEqualTo(200);
        }
    }

    private static String raw(MetricsServer server, String request) throws IOException {
        try (Socket socket =
                new Socket(InetAddress.getLoopbackAddress(), server.address().getPort())) {
            socket.setSoTimeout(3_000);
            socket.getOutputStream().write(request.getBytes(StandardCharsets.ISO_8859_1));
            InputStream in = socket.getInputStream();
            byte[] answer = in.readNBytes(12);
            return new String(answer, StandardCharsets.ISO_8859_1);
        } catch (IOException e) {
            return "cut off: " + e.getMessage();
        }
    }
}
