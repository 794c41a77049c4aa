package dev.sluice.manager.rest;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.model.ConfigurationLoader;
import dev.sluice.model.Kind;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import tools.jackson.databind.JsonNode;

@Timeout(60)
class RestApiTest {
    private static final String FIREWALL = """
        apiVersion: sluice.dev/v1
        kind: Service
        metadata: {name: firewall}
        spec: {transport: raw}
        """;
    private static final String CHAIN = """
        apiVersion: sluice.dev/v1
        kind: ServiceChain
        metadata: {name: inspect}
        spec: {profiles: [firewall]}
        """;

    @SuppressWarnings("NullAway.Init") // set before each test
    private Http http;

    @BeforeEach
    void start() throws IOException {
        http = new Http(10_000);
    }

    @AfterEach
    void stop() {
        http.close();
    }

    @Test
    void objectLivesThroughAllOperations() throws Exception {
        Http.Answer created = http.send("POST", "/api/v1/services", FIREWALL);
        assertThat(created.status()).isEqualTo(201);
        assertThat(created.whole().headers().firstValue("Location")).hasValue("/api/v1/services/firewall");
        String tag = created.whole().headers().firstValue("ETag").orElseThrow();
        assertThat(http.send("POST", "/api/v1/services", FIREWALL).status()).isEqualTo(409);
        assertThat(http.get("/api/v1/services/firewall")
                        .json()
                        .path("spec")
                        .path("transport")
                        .asString())
                .isEqualTo("raw");
        String copy = FIREWALL.replace("raw", "raw, action: copy");
        assertThat(http.send("PUT", "/api/v1/services/firewall", copy).status()).isEqualTo(428);
        assertThat(http.send("PATCH", "/api/v1/services/firewall", copy, "If-Match", "\"99\"")
                        .status())
                .isEqualTo(409);
        assertThat(http.send("PATCH", "/api/v1/services/none", copy.replace("firewall", "none"), "If-Match", tag)
                        .status())
                .isEqualTo(409);
        assertThat(http.send("PATCH", "/api/v1/services/firewall?dryRun", copy, "If-Match", tag)
                        .status())
                .isEqualTo(200);
        Http.Answer replaced = http.send("PUT", "/api/v1/services/firewall", copy, "If-Match", tag);
        assertThat(replaced.status()).isEqualTo(200);
        assertThat(replaced.json().path("metadata").path("generation").asInt()).isEqualTo(2);
        assertThat(http.send("PUT", "/api/v1/services/firewall", copy, "If-Match", tag)
                        .status())
                .isEqualTo(409);
        assertThat(http.send("PATCH", "/api/v1/services/firewall?fieldManager=ci", FIREWALL)
                        .status())
                .isEqualTo(200);
        Http.Answer status = http.send(
                "PUT",
                "/api/v1/services/firewall/status",
                FIREWALL + "status: {observedGeneration: 2, conditions: []}\n");
        assertThat(status.json().path("status").path("observedGeneration").asInt())
                .isEqualTo(2);
        assertThat(http.send("DELETE", "/api/v1/services/firewall", "")
                        .json()
                        .path("items")
                        .get(0)
                        .path("result")
                        .asString())
                .isEqualTo("deleted");
        assertThat(http.get("/api/v1/services/firewall").status()).isEqualTo(404);
    }

    @Test
    void severalObjectsAreAppliedAndDeletedTogether() throws Exception {
        JsonNode applied =
                http.send("POST", "/api/v1/apply", CHAIN + "---\n" + FIREWALL).json();
        assertThat(applied.path("items").get(0).path("result").asString()).isEqualTo("created");
        assertThat(applied.path("warnings").toString()).contains("no ServiceInstance");
        assertThat(http.send("DELETE", "/api/v1/services/firewall", "")
                        .json()
                        .path("causes")
                        .get(0)
                        .path("object")
                        .asString())
                .isEqualTo("ServiceChain/inspect");
        assertThat(http.send("POST", "/api/v1/delete", CHAIN + "---\n" + FIREWALL)
                        .status())
                .isEqualTo(200);
    }

    @Test
    void exportIsWhatANodeReads() throws Exception {
        http.send("POST", "/api/v1/apply", CHAIN + "---\n" + FIREWALL);
        String export = http.get("/api/v1/export").text();
        assertThat(ConfigurationLoader.parse("export", export).configuration()).isPresent();
        assertThat(export).doesNotContain("uid").doesNotContain("managedFields");
        assertThat(http.send("POST", "/api/v1/apply", export).json().toString())
                .contains("unchanged")
                .doesNotContain("configured");
    }

    @Test
    void listingIsCutIntoPartsAndChosenByLabels() throws Exception {
        for (int i = 0; i < 5; i++) {
            http.send(
                    "POST",
                    "/api/v1/services",
                    FIREWALL.replace("firewall", "fw-" + i + ", labels: {parity: p" + i % 2 + "}"));
        }
        JsonNode part = http.get("/api/v1/services?limit=3").json();
        assertThat(part.path("kind").asString()).isEqualTo("ServiceList");
        assertThat(part.path("items")).hasSize(3);
        String next = part.path("metadata").path("continue").asString();
        assertThat(http.get("/api/v1/services?limit=3&continue=" + next).json().path("items"))
                .hasSize(2);
        assertThat(http.get("/api/v1/services?labelSelector=parity%3Dp1").json().path("items"))
                .hasSize(2);
    }

    @Test
    void yamlIsGivenToWhoAsksForIt() throws Exception {
        http.send("POST", "/api/v1/services", FIREWALL);
        Http.Answer yaml = http.send(http.request("/api/v1/services/firewall")
                .header("Accept", "application/yaml")
                .build());
        assertThat(yaml.text()).startsWith("apiVersion: sluice.dev/v1\nkind: Service\nmetadata:\n  name: firewall\n");
        assertThat(yaml.whole().headers().firstValue("Content-Type")).hasValue("application/yaml");
    }

    @Test
    void errorsAreProblemsWithObjectFieldValueAndWhatToDo() throws Exception {
        Http.Answer answer = http.send("POST", "/api/v1/services", FIREWALL.replace("transport", "transprt"));
        assertThat(answer.status()).isEqualTo(422);
        assertThat(answer.whole().headers().firstValue("Content-Type")).hasValue("application/problem+json");
        JsonNode problem = answer.json();
        assertThat(problem.path("title").asString()).isEqualTo("not valid");
        assertThat(problem.path("action").asString()).contains("nothing was changed");
        JsonNode cause = problem.path("causes").get(0);
        assertThat(cause.path("object").asString()).isEqualTo("Service/firewall");
        assertThat(cause.path("field").asString()).startsWith("spec.transp");
        assertThat(cause.path("message").asString()).isNotEmpty();
    }

    @Test
    void badRequestsAreRefusedAndChangeNothing() throws Exception {
        http.send("POST", "/api/v1/services", FIREWALL);
        long revision = http.store.revision();
        String deep = "a: ".repeat(1) + "[".repeat(100) + "]".repeat(100);
        for (String body : List.of(
                "", "---\n", "a: {", "- 1", "x", "\u0000", "kind: [1]\nmetadata: 7", deep, "&a [*a]", "!!x y")) {
            Http.Answer answer = http.send("POST", "/api/v1/services", body);
            assertThat(answer.status()).as(body).isIn(400, 422);
            assertThat(answer.json().path("detail").asString()).as(body).isNotEmpty();
            assertThat(http.send("POST", "/api/v1/apply", body).status())
                    .as(body)
                    .isIn(400, 422);
            assertThat(http.send("PATCH", "/api/v1/services/firewall", body).status())
                    .as(body)
                    .isIn(400, 422);
            assertThat(http.send("POST", "/api/v1/delete", body).status())
                    .as(body)
                    .isIn(400, 422);
        }
        assertThat(http.send("PATCH", "/api/v1/services/other", FIREWALL).status())
                .isEqualTo(422);
        assertThat(http.send("PATCH", "/api/v1/ports/firewall", FIREWALL).status())
                .isEqualTo(422);
        assertThat(http.send("POST", "/api/v1/services", FIREWALL, "Content-Type", "text/plain")
                        .status())
                .isEqualTo(415);
        assertThat(http.send("POST", "/api/v1/services", "x".repeat(5 << 20)).status())
                .isEqualTo(413);
        assertThat(http.store.revision()).isEqualTo(revision);
    }

    @Test
    void addressesAndParametersThatAreWrongAreNamed() throws Exception {
        assertThat(http.get("/api/v1/servces").json().path("detail").asString())
                .isEqualTo("there are no servces; did you mean 'services'?");
        http.send("POST", "/api/v1/services", FIREWALL);
        assertThat(http.get("/api/v1/services/firewal").json().path("detail").asString())
                .contains("did you mean 'firewall'?");
        for (String path : List.of(
                "/nowhere",
                "/",
                "//",
                "/api/v1/",
                "/api/v1/services/",
                "/api/v1/services/%C3%A4",
                "/api/v1/services/a%20b",
                "/api/v1/services/..",
                "/api/v1/services/a%2Fb",
                "/api/v1/services/" + "x".repeat(64),
                "/api/v1/services/x/y")) {
            assertThat(http.get(path).status()).as(path).isEqualTo(404);
        }
        Http.Answer method = http.send("PATCH", "/api/v1/services", FIREWALL);
        assertThat(method.status()).isEqualTo(405);
        assertThat(method.whole().headers().firstValue("Allow")).hasValue("GET, POST");
        assertThat(http.send("PATCH", "/api/v1/services/firewall?dryrun=true", FIREWALL)
                        .json()
                        .path("detail")
                        .asString())
                .isEqualTo("unknown parameter dryrun; did you mean 'dryRun'?");
        for (String query : List.of(
                "limit=0", "limit=501", "limit=x", "limit=1&limit=2", "continue=x", "labelSelector=%3D", "x=1")) {
            assertThat(http.get("/api/v1/services?" + query).status()).as(query).isEqualTo(400);
        }
        assertThat(http.send("PATCH", "/api/v1/services/firewall?force=perhaps", FIREWALL)
                        .status())
                .isEqualTo(400);
        assertThat(http.send("PATCH", "/api/v1/services/firewall?fieldManager=a%20b", FIREWALL)
                        .status())
                .isEqualTo(400);
        assertThat(http.send("PUT", "/api/v1/services/firewall", FIREWALL, "If-Match", "\"x\"")
                        .status())
                .isEqualTo(400);
    }

    @Test
    void dryRunChangesNothing() throws Exception {
        assertThat(http.send("POST", "/api/v1/apply?dryRun=true", FIREWALL)
                        .json()
                        .path("dryRun")
                        .asBoolean())
                .isTrue();
        assertThat(http.send("POST", "/api/v1/services?dryRun", FIREWALL).status())
                .isEqualTo(200);
        assertThat(http.store.revision()).isZero();
    }

    @Test
    void pagesOfStrangersCannotNameThisHost() throws Exception {
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), http.port())) {
            OutputStream out = socket.getOutputStream();
            out.write("GET /api/v1 HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n"
                    .getBytes(StandardCharsets.US_ASCII));
            InputStream in = socket.getInputStream();
            assertThat(new String(in.readNBytes(13), StandardCharsets.UTF_8)).isEqualTo("HTTP/1.1 403 ");
        }
    }

    @Test
    void tooManyRequestsHaveToWait() throws Exception {
        try (Http slow = new Http(1)) {
            Http.Answer answer;
            int asked = 0;
            do {
                answer = slow.get("/livez");
                asked++;
            } while (answer.status() == 200 && asked < 100);
            assertThat(answer.status()).isEqualTo(429);
            assertThat(asked).isGreaterThan(10);
            assertThat(answer.whole().headers().firstValue("Retry-After")).isPresent();
        }
    }

    @Test
    void healthSaysWhatWorks() throws Exception {
        assertThat(http.get("/livez").text()).isEqualTo("ok\n");
        assertThat(http.get("/readyz").text()).isEqualTo("ready\n");
        assertThat(http.get("/readyz?verbose").text()).isEqualTo("""
                        store: memory
                        role: the only manager
                        [+] store can be read ok
                        [+] store could be written last time ok
                        ready
                        """);
    }

    @Test
    void kindsAndRecordAreTold() throws Exception {
        assertThat(http.get("/api/v1").json().path("kinds")).hasSize(Kind.values().length);
        assertThat(http.get("/api/v1").json().path("manager").path("role").asString())
                .isEqualTo("only");
        assertThat(http.get("/metrics").text()).contains("\nsluice_manager_leads 1\n");
        http.send("POST", "/api/v1/services?fieldManager=ci", FIREWALL);
        JsonNode entry = http.get("/api/v1/audit").json().path("items").get(0);
        assertThat(entry.path("objects").get(0).asString()).isEqualTo("created Service/firewall");
        assertThat(entry.path("manager").asString()).isEqualTo("ci");
        assertThat(http.get("/api/v1/audit/verification").json().path("whole").asBoolean())
                .isTrue();
    }
}
