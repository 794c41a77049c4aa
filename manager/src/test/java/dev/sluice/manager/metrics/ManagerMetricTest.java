package dev.sluice.manager.metrics;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.controller.AgentFigures;
import dev.sluice.manager.metrics.ManagerScrape.Expiry;
import dev.sluice.manager.objects.Inventory;
import java.time.Instant;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

class ManagerMetricTest {
    /** As the Prometheus text format 0.0.4 is written. */
    private static final Pattern SAMPLE = Pattern.compile("([a-z_]+)(\\{[a-z]+=\"([^\"\\\\\\n"
            + "]|\\\\[\\\\\"n])*\"(,[a-z]+=\"([^\"\\\\\\n"
            + "]|\\\\[\\\\\"n])*\")*\\})? (-?[0-9.E-]+)");

    private static String text() {
        RequestFigures requests = new RequestFigures();
        requests.answered("apply", 200, TimeUnit.MILLISECONDS.toNanos(3));
        requests.answered("apply", 200, TimeUnit.MILLISECONDS.toNanos(200));
        requests.answered("apply", 409, TimeUnit.SECONDS.toNanos(60));
        requests.watchBegins();
        return ManagerMetric.text(new ManagerScrape(
                1.5,
                true,
                0,
                42,
                4096,
                Map.of("Service", 3L),
                List.of(new Inventory.Check("store \"x\" can be read\n", "no")),
                List.of(new AgentFigures("edge-1", true, true, 9, 2, 1000)),
                List.of(new Expiry("node", "edge-1", Instant.ofEpochSecond(1_900_000_000L))),
                requests));
    }

    @Test
    void scrapeSaysWhatWasCounted() {
        assertThat(text().lines())
                .contains(
                        "sluice_manager_uptime_seconds 1.5",
                        "sluice_manager_store_revision 42",
                        "sluice_manager_objects{kind=\"Service\"} 3",
                        "sluice_manager_check_ok{check=\"store \\\"x\\\" can be read\\n\"} 0",
                        "sluice_manager_requests_total{operation=\"apply\",status=\"200\"} 2",
                        "sluice_manager_requests_total{operation=\"apply\",status=\"409\"} 1",
                        "sluice_manager_request_seconds_bucket{operation=\"apply\",le=\"0.005\"} 1",
                        "sluice_manager_request_seconds_bucket{operation=\"apply\",le=\"0.25\"} 2",
                        "sluice_manager_request_seconds_bucket{operation=\"apply\",le=\"5\"} 2",
                        "sluice_manager_request_seconds_bucket{operation=\"apply\",le=\"+Inf\"} 3",
                        "sluice_manager_request_seconds_count{operation=\"apply\"} 3",
                        "sluice_manager_request_seconds_sum{operation=\"apply\"} 60.203",
                        "sluice_manager_watches 1",
                        "sluice_manager_agents_connected 1",
                        "sluice_manager_agent_refusals_total{node=\"edge-1\"} 2",
                        "sluice_manager_certificate_expiry_timestamp_seconds{of=\"node\",node=\"edge-1\"} 1900000000");
    }

    @Test
    void everyLineIsAsTheFormatIsWrittenWhateverNamesContain() {
        Set<String> families = new HashSet<>();
        for (String line : text().lines().toList()) {
            if (line.startsWith("# TYPE ")) {
                assertThat(families.add(line.split(" ", -1)[2])).as(line).isTrue();
            } else if (!line.startsWith("# HELP ")) {
                assertThat(line).matches(SAMPLE);
            }
        }
        assertThat(families).hasSize(ManagerMetric.ALL.size());
    }

    @Test
    void namesFollowTheConventions() {
        for (ManagerMetric metric : ManagerMetric.ALL) {
            assertThat(metric.name()).matches("sluice_manager_[a-z_]+[a-z]");
            assertThat(metric.help()).endsWith(".").doesNotContain("\n");
            if (metric.name().endsWith("_total")) {
                assertThat(metric.type()).isEqualTo(ManagerMetric.Type.COUNTER);
            }
        }
        assertThat(ManagerMetric.ALL).extracting(ManagerMetric::name).doesNotHaveDuplicates();
    }
}
