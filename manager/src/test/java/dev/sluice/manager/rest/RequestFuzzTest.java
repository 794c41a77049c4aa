package dev.sluice.manager.rest;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.fuzz.Damage;
import dev.sluice.fuzz.FuzzTarget;
import dev.sluice.manager.access.Accounts;
import dev.sluice.manager.enrolment.Authority;
import dev.sluice.manager.enrolment.Enrolments;
import dev.sluice.manager.events.EventLog;
import dev.sluice.manager.http.HttpAnswer;
import dev.sluice.manager.http.HttpRequest;
import dev.sluice.manager.objects.Inventory;
import dev.sluice.manager.objects.LabelSelector;
import dev.sluice.manager.objects.Refusal;
import dev.sluice.manager.paths.PathTraffic;
import dev.sluice.manager.store.MemoryStore;
import dev.sluice.manager.traces.CaptureFiles;
import dev.sluice.model.ConfigurationLoader;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * Damaged requests to a manager in memory: bodies, paths, parameters and headers. No answer is a defect, each body of an answer is what its type says, and what is exported in the end is what a node
 * can read.
 */
class RequestFuzzTest {
    private static final int REQUESTS = 1_000;
    private static final int REQUESTS_OF_CHECK = 250;
    private static final int SELECTORS = 20_000;
    private static final JsonMapper JSON = JsonMapper.builder().build();

    private static final List<String> SELECTOR_TEXTS =
            List.of("rack=r1,stage!=test,owner,!old", "a==b", "parity=p0", "", "!a,!b,c=d,e!=f,g");

    private static final String FIREWALL =
            "apiVersion: sluice.dev/v1\nkind: Service\nmetadata: {name: firewall, labels: {rack: r1}}\nspec: {transport: raw}\n";
    private static final String FIREWALL_JSON =
            "{\"apiVersion\":\"sluice.dev/v1\",\"kind\":\"Service\",\"metadata\":{\"name\":\"firewall\",\"annotations\":{\"a\":\"b\"}},\"spec\":{\"transport\":\"raw\",\"action\":\"copy\"}}";
    private static final String CHAIN =
            "apiVersion: sluice.dev/v1\nkind: ServiceChain\nmetadata: {name: inspect, tenant: blue}\nspec: {profiles: [firewall], onFailure: open}\n";
    private static final String INSTANCE =
            "{\"apiVersion\":\"sluice.dev/v1\",\"kind\":\"ServiceInstance\",\"metadata\":{\"name\":\"fw-1\"},\"spec\":{\"service\":\"firewall\",\"node\":\"a\",\"interfaces\":{\"in\":\"i\",\"out\":\"o\"}}}";
    private static final String STATUS = FIREWALL + "status: {observedGeneration: 2, conditions: []}\n";
    private static final String USER = "{\"roles\":[{\"role\":\"admin\"},{\"role\":\"viewer\",\"tenant\":\"blue\"}]}";
    private static final String TENANT = "{\"nodes\":[\"a\"],\"portsMax\":7}";
    private static final String TOKEN = "{\"user\":\"ann\",\"ttlSeconds\":3600,\"note\":\"ci\"}";
    private static final String ENROLMENT = "{\"node\":\"a\",\"ttlSeconds\":60}";

    /** What is asked for, as a client would; damaged by turns. */
    private record Asked(String method, String path, String query, String body) {}

    private static final List<Asked> SEEDS = List.of(
            new Asked("POST", "/api/v1/services", "dryRun=true", FIREWALL),
            new Asked("POST", "/api/v1/services", "", FIREWALL_JSON),
            new Asked(
                    "POST",
                    "/api/v1/apply",
                    "force=true&fieldManager=ci",
                    FIREWALL + "---\n" + CHAIN + "---\n" + INSTANCE),
            new Asked("POST", "/api/v1/apply", "", "[" + FIREWALL_JSON + "," + INSTANCE + "]"),
            new Asked("POST", "/api/v1/delete", "", CHAIN),
            new Asked("PATCH", "/api/v1/services/firewall", "fieldManager=ann", FIREWALL_JSON),
            new Asked("PATCH", "/api/v1/servicechains/inspect", "", CHAIN),
            new Asked("PUT", "/api/v1/services/firewall", "", FIREWALL_JSON),
            new Asked("PUT", "/api/v1/services/firewall/status", "", STATUS),
            new Asked("DELETE", "/api/v1/services/firewall", "dryRun=false", ""),
            new Asked("GET", "/api/v1/services", "limit=3&labelSelector=rack=r1,!old&continue=x", ""),
            new Asked("GET", "/api/v1/services/firewall", "", ""),
            new Asked("GET", "/api/v1/export", "", ""),
            new Asked("GET", "/api/v1/watch", "kinds=services,ports&resourceVersion=1", ""),
            new Asked("GET", "/api/v1/self", "", ""),
            new Asked("GET", "/api/v1/self/rights", "verb=get&kind=services", ""),
            new Asked("PUT", "/api/v1/users/ann", "", USER),
            new Asked("GET", "/api/v1/users/ann", "", ""),
            new Asked("PUT", "/api/v1/tenants/blue", "", TENANT),
            new Asked("POST", "/api/v1/tokens", "", TOKEN),
            new Asked("POST", "/api/v1/enrolments", "", ENROLMENT),
            new Asked("DELETE", "/api/v1/tokens/x", "", ""),
            new Asked("GET", "/api/v1/audit", "limit=5&after=2", ""),
            new Asked("GET", "/api/v1/audit/verification", "", ""));

    private static final List<String> HEADERS = List.of(
            "application/json",
            "application/yaml",
            "Bearer abc.def",
            "\"7\"",
            "*",
            "localhost:8443",
            "text/html;q=1",
            "7");

    private static HttpRequest request(Random random) {
        Asked asked = SEEDS.get(random.nextInt(SEEDS.size()));
        String path = random.nextInt(8) == 0 ? Damage.text(random, List.of(asked.path)) : asked.path;
        String query = random.nextInt(4) == 0 ? Damage.text(random, List.of(asked.query)) : asked.query;
        List<String> bodies = List.of(asked.body, asked.body, FIREWALL_JSON, CHAIN);
        String text = random.nextInt(4) == 0 ? asked.body : Damage.text(random, bodies);
        byte[] plain = text.getBytes(StandardCharsets.UTF_8);
        byte[] body = random.nextInt(10) == 0 ? Damage.bytes(random, plain) : plain;
        Map<String, String> headers = new TreeMap<>(Map.of(
                "Content-Type", text.startsWith("{") ? "application/json" : "application/yaml", "Host", "localhost"));
        if (random.nextInt(3) == 0) {
            String name = List.of("If-Match", "Accept", "Last-Event-ID", "Authorization", "Content-Type", "Host")
                    .get(random.nextInt(6));
            String value = HEADERS.get(random.nextInt(HEADERS.size()));
            headers.put(name, random.nextBoolean() ? value : Damage.text(random, HEADERS));
        }
        return new HttpRequest(
                asked.method,
                path,
                query(query),
                "127.0.0.1",
                name -> Optional.ofNullable(headers.get(name)),
                max -> body.length > max ? Optional.empty() : Optional.of(body));
    }

    private static Map<String, List<String>> query(String text) {
        Map<String, List<String>> query = new TreeMap<>();
        Arrays.stream(text.split("&", -1)).filter(part -> !part.isEmpty()).forEach(part -> {
            int at = part.indexOf('=');
            query.computeIfAbsent(at < 0 ? part : part.substring(0, at), _ -> new ArrayList<>())
                    .add(at < 0 ? "" : part.substring(at + 1));
        });
        return query;
    }

    private static RestApi api(MemoryStore store) {
        Inventory inventory = new Inventory(store, InstantSource.system());
        return new RestApi(
                inventory,
                new Accounts(store, inventory, InstantSource.system()),
                new EventLog(InstantSource.system()),
                new CaptureFiles(),
                new PathTraffic(System::nanoTime),
                Optional.of(Enrolments.open(
                        store,
                        inventory,
                        Authority.inMemory(Instant.now()),
                        false,
                        Enrolments.LIFE_USUAL,
                        InstantSource.system())),
                Gate.open(),
                Self.alone("memory"),
                1_000_000,
                System::nanoTime);
    }

    private static long requests(long seed, int executions) throws Exception {
        Random random = new Random(seed);
        RestApi api = api(new MemoryStore());
        int good = 0;
        for (int i = 0; i < executions; i++) {
            HttpRequest request = request(random);
            try {
                good += check(api.answer(request)) < 300 ? 1 : 0;
            } catch (RuntimeException | AssertionError | StackOverflowError e) {
                String body = request.body()
                        .read(Integer.MAX_VALUE)
                        .map(bytes -> new String(bytes, StandardCharsets.UTF_8))
                        .orElse("");
                throw new AssertionError(
                        "request " + i + ": " + request.method() + " " + request.path() + " " + request.query() + "\n"
                                + body,
                        e);
            }
        }
        assertThat(good).as("requests that were met").isGreaterThan(executions / 20);
        String export = new String(
                ((HttpAnswer.Whole) api.answer(new HttpRequest(
                                "GET",
                                "/api/v1/export",
                                Map.of(),
                                "127.0.0.1",
                                name -> Optional.of("localhost").filter(_ -> name.equals("Host")),
                                _ -> Optional.of(new byte[0]))))
                        .body(),
                StandardCharsets.UTF_8);
        // Nothing is no configuration of a node.
        if (!export.isBlank()) {
            assertThat(ConfigurationLoader.parse("export", export).problems())
                    .as(export)
                    .noneMatch(problem -> problem.isError());
        }
        return executions;
    }

    /** The status of an answer that is as it should be. */
    private static int check(HttpAnswer answer) {
        return switch (answer) {
            case HttpAnswer.Streamed(String type, HttpAnswer.Writer writer) -> {
                assertThat(writer).isNotNull();
                assertThat(type).isEqualTo("text/event-stream");
                yield 200;
            }
            case HttpAnswer.Whole(int status, String type, Map<String, String> headers, byte[] body) -> {
                assertThat(status).isBetween(200, 499);
                assertThat(headers).doesNotContainKey("");
                if (type.contains("json")) {
                    JsonNode tree = JSON.readTree(body);
                    if (status >= 400) {
                        assertThat(tree.path("title").asString()
                                        + tree.path("detail").asString())
                                .isNotBlank();
                    }
                }
                yield status;
            }
        };
    }

    private static long selectors(long seed, int executions) {
        Random random = new Random(seed);
        for (int i = 0; i < executions; i++) {
            String text = Damage.text(random, SELECTOR_TEXTS);
            try {
                assertThat(LabelSelector.parse(text)).isNotNull();
            } catch (Refusal e) {
                assertThat(e.getMessage()).startsWith("labelSelector");
            } catch (RuntimeException | AssertionError | StackOverflowError e) {
                throw new AssertionError("selector " + i + ": " + text, e);
            }
        }
        return executions;
    }

    private static FuzzTarget requestTarget(int executions) {
        return new FuzzTarget(
                "requests to a manager",
                "RequestFuzzTest#damagedRequestsOfManySeeds",
                seed -> requests(seed, executions));
    }

    private static FuzzTarget selectorTarget(int executions) {
        return new FuzzTarget(
                "label selectors", "RequestFuzzTest#damagedSelectorsOfManySeeds", seed -> selectors(seed, executions));
    }

    @Test
    void noDamagedRequestBringsADefectToLight() {
        requestTarget(REQUESTS_OF_CHECK).once(1);
    }

    @Test
    void damagedSelectorsAreRefusedOrUnderstood() {
        selectorTarget(SELECTORS).once(1);
    }

    @Test
    @Tag("campaign")
    void damagedRequestsOfManySeeds() {
        requestTarget(REQUESTS).run();
    }

    @Test
    @Tag("campaign")
    void damagedSelectorsOfManySeeds() {
        selectorTarget(SELECTORS).run();
    }
}
