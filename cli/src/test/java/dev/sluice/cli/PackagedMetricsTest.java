package dev.sluice.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import dev.sluice.agent.metrics.Exposition;
import dev.sluice.agent.metrics.Metric;
import dev.sluice.cli.house.Markdown;
import dev.sluice.manager.metrics.ManagerMetric;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Alert rules and dashboard ask for metrics that there are, by labels that these have. */
class PackagedMetricsTest {
    private static final Path PACKAGING = Path.of("..", "packaging");
    private static final Path RULES = PACKAGING.resolve("prometheus").resolve("sluice.rules.yml");
    private static final Path DASHBOARD = PACKAGING.resolve("grafana").resolve("sluice.json");
    private static final Pattern ASKED = Pattern.compile("\\b(sluice_[a-z_]+[a-z])(?:\\{([^}]*)\\})?");
    private static final Pattern LABEL = Pattern.compile("([a-z_]+)\\s*(?:=~|!=|!~|=)");
    private static final Pattern EXPRESSION = Pattern.compile("(?m)^ +expr: (.+)$");

    /** Labels that Prometheus adds, or moves out of the way of its own. */
    private static final Set<String> OF_PROMETHEUS = Set.of("instance", "exported_instance", "job");

    /** Names of samples with their labels. */
    private static Map<String, Set<String>> known() {
        Map<String, Set<String>> known = new HashMap<>();
        Metric.ALL.forEach(metric -> known.put(Exposition.sampleName(metric), Set.copyOf(metric.labels())));
        for (ManagerMetric metric : ManagerMetric.ALL) {
            if (metric.type() == ManagerMetric.Type.HISTOGRAM) {
                Set<String> labels = new HashSet<>(metric.labels());
                labels.add("le");
                List.of("_bucket", "_sum", "_count").forEach(end -> known.put(metric.name() + end, labels));
            } else {
                known.put(metric.name(), Set.copyOf(metric.labels()));
            }
        }
        return known;
    }

    private static List<String> ofRules() throws Exception {
        return EXPRESSION
                .matcher(Files.readString(RULES))
                .results()
                .map(found -> found.group(1))
                .toList();
    }

    private static List<String> ofDashboard() throws Exception {
        JsonNode dashboard = new JsonMapper().readTree(Files.readString(DASHBOARD));
        return dashboard.findValuesAsString("expr");
    }

    private static void check(List<String> expressions) {
        Map<String, Set<String>> known = known();
        Set<String> wrong = new TreeSet<>();
        for (String expression : expressions) {
            Matcher asked = ASKED.matcher(expression);
            while (asked.find()) {
                Set<String> labels = known.get(asked.group(1));
                if (labels == null) {
                    wrong.add(asked.group(1) + ": there is no such metric");
                    continue;
                }
                Matcher label = LABEL.matcher(asked.group(2) == null ? "" : asked.group(2));
                while (label.find()) {
                    if (!labels.contains(label.group(1)) && !OF_PROMETHEUS.contains(label.group(1))) {
                        wrong.add(asked.group(1) + " has no label " + label.group(1));
                    }
                }
            }
        }
        assertThat(wrong).isEmpty();
    }

    @Test
    void alertRulesAskForWhatThereIs() throws Exception {
        assertThat(ofRules()).hasSizeGreaterThan(15);
        check(ofRules());
    }

    @Test
    void dashboardAsksForWhatThereIs() throws Exception {
        assertThat(ofDashboard()).hasSizeGreaterThan(25);
        check(ofDashboard());
    }

    @Test
    void everyAlertSaysWhereToReadOn() throws Exception {
        String rules = Files.readString(RULES);
        List<MatchResult> pages = Pattern.compile(
                        "(?m)^ +runbook: /usr/share/doc/sluice/([a-z]+/[-a-z]+\\.md)(?:#([-a-z]+))?$")
                .matcher(rules)
                .results()
                .toList();
        assertThat(pages).hasSameSizeAs(ofRules());
        for (MatchResult page : pages) {
            String text = Files.readString(Path.of("..", "docs").resolve(page.group(1)));
            if (page.group(2) != null) {
                assertThat(Markdown.anchors(text)).as(page.group()).contains(page.group(2));
            }
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"check rules prometheus/sluice.rules.yml", "test rules prometheus-test.yml"})
    void prometheusTakesTheRulesAndFiresAsTheTestsSay(String arguments) throws Exception {
        assumeThat(Path.of("/usr/bin/promtool")).exists();
        List<String> command = new java.util.ArrayList<>(List.of("/usr/bin/promtool"));
        command.addAll(List.of(arguments.split(" ", -1)));
        Process promtool = new ProcessBuilder(command)
                .directory(PACKAGING.toFile())
                .redirectErrorStream(true)
                .start();
        String said = new String(promtool.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(promtool.waitFor()).as(said).isZero();
    }

    @Test
    void guidesNameMetricsThatThereAre() throws Exception {
        Pattern named = Pattern.compile("\\bsluice_[a-z_]+[a-z](?![a-z0-9_*])");
        Set<String> known = known().keySet();
        Set<String> wrong = new TreeSet<>();
        List<Path> pages;
        try (Stream<Path> files = Files.list(Path.of("..", "docs", "guides"))) {
            pages = files.filter(file -> file.toString().endsWith(".md")).toList();
        }
        assertThat(pages).isNotEmpty();
        for (Path page : pages) {
            named.matcher(Files.readString(page))
                    .results()
                    .map(MatchResult::group)
                    .filter(name -> !known.contains(name))
                    .forEach(name -> wrong.add(page.getFileName() + ": " + name));
        }
        assertThat(wrong).isEmpty();
    }
}
