package dev.sluice.manager.rest;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.manager.access.Accounts;
import dev.sluice.manager.enrolment.Authority;
import dev.sluice.manager.enrolment.Enrolments;
import dev.sluice.manager.events.EventLog;
import dev.sluice.manager.http.HttpServer;
import dev.sluice.manager.objects.Inventory;
import dev.sluice.manager.paths.PathTraffic;
import dev.sluice.manager.store.MemoryStore;
import dev.sluice.manager.store.Store;
import dev.sluice.manager.traces.CaptureFiles;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** A manager in memory behind a real server, and a client of it. */
final class Http implements AutoCloseable {
    private static final JsonMapper MAPPER = new JsonMapper();

    final Store store = new MemoryStore();
    final Accounts accounts;
    final EventLog events = new EventLog(InstantSource.system());
    final CaptureFiles files = new CaptureFiles();
    final PathTraffic traffic = new PathTraffic(System::nanoTime);
    final RestApi api;
    final HttpClient client = HttpClient.newHttpClient();
    private final HttpServer server;

    Http(int requestsPerSecondMax) throws IOException {
        this(requestsPerSecondMax, false);
    }

    Http(int requestsPerSecondMax, boolean closed) throws IOException {
        Inventory inventory = new Inventory(store, InstantSource.system());
        accounts = new Accounts(store, inventory, InstantSource.system());
        api = new RestApi(
                inventory,
                accounts,
                events,
                files,
                traffic,
                Optional.of(Enrolments.open(
                        store,
                        inventory,
                        Authority.inMemory(Instant.now()),
                        false,
                        Enrolments.LIFE_USUAL,
                        InstantSource.system())),
                closed ? Gate.ofTokens(accounts) : Gate.open(),
                Self.alone("memory"),
                requestsPerSecondMax,
                System::nanoTime);
        server = HttpServer.start(
                new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), HttpServer.Limits.USUAL, api);
    }

    /** An answer with its body as JSON, where it is some. */
    record Answer(int status, String text, HttpResponse<String> whole) {
        JsonNode json() {
            return MAPPER.readTree(text);
        }
    }

    int port() {
        return server.port();
    }

    HttpRequest.Builder request(String path) {
        return HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + server.port() + path))
                .timeout(Duration.ofSeconds(20));
    }

    /** What is asked and answered is held against the contract: it is about all that tests do. */
    Answer send(HttpRequest request) throws IOException, InterruptedException {
        return send(request, "");
    }

    private Answer send(HttpRequest request, String body) throws IOException, InterruptedException {
        HttpResponse<String> response = client.send(request, HttpResponse.BodyHandlers.ofString());
        Answer answer = new Answer(response.statusCode(), response.body(), response);
        Contract.Operation.of(api.routes(), request.method(), request.uri().getPath())
                .ifPresent(operation -> check(operation, request, body, answer));
        return answer;
    }

    private static void check(Contract.Operation operation, HttpRequest request, String body, Answer answer) {
        String what = request.method() + " " + request.uri() + " " + body;
        Map<String, String> headers = new TreeMap<>(String.CASE_INSENSITIVE_ORDER);
        request.headers().map().forEach((name, values) -> headers.put(name, values.getFirst()));
        if (answer.status < 300) {
            assertThat(Contract.problems(operation, request.uri(), headers, body))
                    .as("taken, so the contract has to take it: %s", what)
                    .isEmpty();
        }
        String type = answer.whole.headers().firstValue("Content-Type").orElse("");
        assertThat(Contract.answerProblems(operation, answer.status, type, answer.text))
                .as("answer to %s: %s", what, answer.text)
                .isEmpty();
    }

    Answer get(String path) throws IOException, InterruptedException {
        return send(request(path).build());
    }

    Answer send(String method, String path, String body, String... headers) throws IOException, InterruptedException {
        HttpRequest.Builder request = request(path).method(method, HttpRequest.BodyPublishers.ofString(body));
        if (headers.length > 0) {
            request.headers(headers);
        }
        if (!java.util.List.of(headers).contains("Content-Type")) {
            request.header("Content-Type", "application/yaml");
        }
        return send(request.build(), body);
    }

    @Override
    public void close() {
        store.close();
        server.close();
        client.shutdownNow();
    }
}
