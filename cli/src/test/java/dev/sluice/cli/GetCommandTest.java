package dev.sluice.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.FutureTask;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What {@code sluice get} shows besides tables, what it shows as time goes on, and deleting what it would show. */
@Timeout(120)
class GetCommandTest {
    private static final String OBJECTS = """
            {apiVersion: sluice.dev/v1, kind: Service, metadata: {name: firewall, labels: {rack: r1}}, spec: {transport: raw}}
            ---
            {apiVersion: sluice.dev/v1, kind: Service, metadata: {name: ips}, spec: {transport: raw}}
            ---
            {apiVersion: sluice.dev/v1, kind: ServiceChain, metadata: {name: inspect}, spec: {profiles: [firewall]}}
            """;

    @TempDir
    private Path folder = Path.of("");

    @SuppressWarnings("NullAway.Init") // set before each test
    private LocalManager manager;

    @BeforeEach
    void start() throws IOException {
        manager = new LocalManager(folder.resolve("data"));
        apply(OBJECTS);
    }

    @AfterEach
    void stop() {
        manager.close();
    }

    private void apply(String objects) throws IOException {
        Path file = Files.writeString(folder.resolve("objects.yaml"), objects);
        assertThat(manager.run("apply", "-f", file.toString()).err()).isEmpty();
    }

    @Test
    void namesAreWhatOtherCommandsTake() {
        Cli names = manager.run("get", "services", "-o", "name");
        assertThat(names.out()).isEqualTo("service/firewall\nservice/ips\n");
        List<String> words = new ArrayList<>(List.of("get"));
        words.addAll(names.out().lines().toList());
        words.add("servicechain/inspect");
        assertThat(manager.run(words.toArray(String[]::new)).out())
                .startsWith("Service\nNAME ")
                .contains("\nServiceChain\nNAME ");
        Cli mixed = manager.run("get", "services", "servicechain/inspect");
        assertThat(mixed.status()).isEqualTo(ExitCode.USAGE);
        assertThat(mixed.err()).contains("'services' does not say which kind it is of");
    }

    @Test
    void whatLabelsOrAKindChooseIsDeleted() throws IOException {
        assertThat(manager.run("delete", "services", "-l", "rack=r2").out())
                .isEqualTo("(there is nothing to delete)\n");
        Cli needed = manager.run("delete", "all", "-l", "rack=r1");
        assertThat(needed.status()).isEqualTo(ExitCode.FAILED);
        assertThat(needed.err()).contains("other objects still need Service/firewall");
        assertThat(manager.run("delete", "services", "-l", "!rack", "--dry-run").out())
                .isEqualTo("Service/ips deleted (dry run)\n");
        assertThat(manager.run("delete", "servicechain/inspect", "service/ips").out())
                .isEqualTo("ServiceChain/inspect deleted\nService/ips deleted\n");
        assertThat(manager.run("delete", "services", "--all").out()).isEqualTo("Service/firewall deleted\n");
        for (List<String> wrong : List.of(
                List.of("all", "--all"),
                List.of("services", "ips", "--all"),
                List.of("services", "--all", "-l", "a=b"),
                List.of("-f", "x.yaml", "-l", "a=b"),
                List.of("all"))) {
            List<String> words = new ArrayList<>(List.of("delete"));
            words.addAll(wrong);
            assertThat(manager.run(words.toArray(String[]::new)).status())
                    .as("%s", wrong)
                    .isEqualTo(ExitCode.USAGE);
        }
    }

    @Test
    void wideHasVersionLabelsAndWhatIsWrong() {
        String wide = manager.run("get", "services", "-o", "wide").out();
        assertThat(wide.lines().findFirst().orElseThrow())
                .matches(
                        "NAME +TRANSPORT +ACTION +PROBE +IMAGE +SERVING +STATE +STATUS +AGE +VERSION +LABELS +MESSAGE");
        assertThat(wide).containsPattern("firewall .* 1 +rack=r1 ").containsPattern("ips .* 1 +- ");
    }

    @Test
    void singleValuesAreTakenOut() {
        assertThat(manager.run("get", "services", "-o", "jsonpath={.items[*].metadata.name}")
                        .out())
                .isEqualTo("firewall ips\n");
        assertThat(manager.run("get", "service", "ips", "-o", "jsonpath={.spec.transport}")
                        .out())
                .isEqualTo("raw\n");
        Cli wrong = manager.run("get", "services", "-o", "jsonpath={.items[");
        assertThat(wrong.status()).isEqualTo(ExitCode.USAGE);
        assertThat(wrong.err()).contains("jsonpath at character 9");
        assertThat(manager.run("get", "services", "-o", "xml").err())
                .contains("'xml' is not one of: text, wide, name, yaml, json, jsonpath=TEMPLATE");
    }

    @Test
    void rowsFollowAsObjectsChange() throws Exception {
        FutureTask<Cli> watching = new FutureTask<>(() -> manager.run("get", "services", "-w", "--count", "4"));
        Thread thread = Thread.ofPlatform().start(watching);
        // Whenever it begins to watch, some of these changes come behind.
        for (int change = 0; thread.isAlive(); change++) {
            apply(OBJECTS.replace(
                    "name: ips}, spec: {transport: raw}",
                    "name: ips}, spec: {transport: " + (change % 2 == 0 ? "vlan}" : "raw}")));
        }
        List<String> lines = watching.get().out().lines().toList();
        assertThat(lines).hasSize(5);
        assertThat(lines.get(0)).startsWith("NAME      TRANSPORT  ");
        assertThat(lines.get(1)).startsWith("firewall  raw        ");
        assertThat(lines.subList(2, 5)).allMatch(line -> line.startsWith("ips       "));
        assertThat(lines.get(3).substring(0, 19)).isNotEqualTo(lines.get(4).substring(0, 19));
    }

    @Test
    void everyKindAndManagersAreNotFollowed() {
        assertThat(manager.run("get", "all", "-w").err()).contains("-w shows one kind; 'sluice watch' shows");
        assertThat(manager.run("get", "managers", "-w").status()).isEqualTo(ExitCode.USAGE);
    }

    private static String event(String id, String type, String name, String transport, int version) {
        return (id.isEmpty() ? "" : "id: " + id + "\n")
                + "event: " + type + "\ndata: {\"type\": \"" + type
                + "\", \"object\": {\"kind\": \"Service\", \"metadata\": {\"name\": \"" + name
                + "\", \"resourceVersion\": \"" + version + "\"}, \"spec\": {\"transport\": \"" + transport
                + "\"}}}\n\n";
    }

    private static String bookmark(int id) {
        return "id: " + id + "\nevent: bookmark\ndata: {\"resourceVersion\": \"" + id + "\"}\n\n";
    }

    /** What was missed is not kept: of what comes then, only what is different is shown, and what is not there any more. */
    @Test
    void differencesAreShownAfterAGap() throws IOException {
        try (ScriptedStreams manager = new ScriptedStreams(
                event("", "added", "a", "raw", 1)
                        + event("", "added", "b", "raw", 2)
                        + event("", "added", "c", "raw", 3)
                        + bookmark(3)
                        + event("4", "modified", "c", "raw", 4),
                ScriptedStreams.GONE,
                event("", "added", "a", "raw", 1)
                        + event("", "added", "c", "vlan", 9)
                        + bookmark(9)
                        + event("10", "deleted", "a", "raw", 10))) {
            Cli run = Cli.run("get", "services", "-w", "--count", "6", "--manager", manager.address());
            assertThat(run.out().lines().map(line -> line.replaceAll(" +", " ").strip()))
                    .containsExactly(
                            "NAME TRANSPORT ACTION PROBE IMAGE SERVING STATE STATUS AGE",
                            "a raw - - - - - - -",
                            "b raw - - - - - - -",
                            "c raw - - - - - - -",
                            "b raw - - - - - gone -",
                            "c vlan - - - - - - -",
                            "a raw - - - - - gone -");
            assertThat(run.err()).contains("is not kept any more; what is different now follows");
            assertThat(manager.asked()).containsExactly("null", "4", "null");
        }
    }

    /** A stream that breaks off before everything was told begins again; what was told twice is shown once. */
    @Test
    void halfOfABeginningIsNotShown() throws IOException {
        try (ScriptedStreams manager = new ScriptedStreams(
                event("", "added", "old", "raw", 1),
                event("", "added", "a", "raw", 2) + bookmark(2) + event("3", "modified", "a", "raw", 3))) {
            assertThat(Cli.run(
                                    "get",
                                    "services",
                                    "a",
                                    "-w",
                                    "-o",
                                    "name",
                                    "--count",
                                    "2",
                                    "--manager",
                                    manager.address())
                            .out())
                    .isEqualTo("service/a\nservice/a\n");
        }
    }
}
