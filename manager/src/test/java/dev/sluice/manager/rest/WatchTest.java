package dev.sluice.manager.rest;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class WatchTest {
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

    /** A stream of events, each told in short: {@code ID TYPE NAME}. */
    private final class Stream implements AutoCloseable {
        private final InputStream body;
        private final BufferedReader lines;
        final int status;

        Stream(String query, String... headers) throws Exception {
            var request = http.request("/api/v1/watch" + query);
            if (headers.length > 0) {
                request.headers(headers);
            }
            HttpResponse<InputStream> response =
                    http.client.send(request.build(), HttpResponse.BodyHandlers.ofInputStream());
            status = response.statusCode();
            body = response.body();
            lines = new BufferedReader(new InputStreamReader(body, StandardCharsets.UTF_8));
        }

        String next() throws IOException {
            String id = "";
            String event = "";
            String data = "";
            for (String line = lines.readLine();
                    line != null && !(line.isEmpty() && !event.isEmpty());
                    line = lines.readLine()) {
                if (line.startsWith("id: ")) {
                    id = line.substring(4) + " ";
                } else if (line.startsWith("event: ")) {
                    event = line.substring(7);
                } else if (line.startsWith("data: ")) {
                    data = line.replaceAll(".*\"metadata\":\\{\"name\":\"([^\"]*)\".*|.*", " $1");
                }
            }
            return (id + event + data).strip();
        }

        @Override
        public void close() throws IOException {
            body.close();
        }
    }

    @Test
    void streamBeginsWithWhatThereIsAndGoesOnWithWhatHappens() throws Exception {
        http.send("POST", "/api/v1/apply", FIREWALL);
        try (Stream stream = new Stream("")) {
            assertThat(stream.next()).isEqualTo("added firewall");
            assertThat(stream.next()).isEqualTo("1 bookmark");
            http.send("POST", "/api/v1/apply", FIREWALL.replace("raw", "raw, action: copy"));
            assertThat(stream.next()).isEqualTo("2 modified firewall");
            http.send("DELETE", "/api/v1/services/firewall", "");
            assertThat(stream.next()).isEqualTo("3 deleted firewall");
        }
    }

    @Test
    void onlyTheLastEventOfATransactionCanBeResumedFrom() throws Exception {
        http.send("POST", "/api/v1/apply", FIREWALL + "---\n" + CHAIN);
        http.send("POST", "/api/v1/apply", FIREWALL.replace("firewall", "other"));
        try (Stream stream = new Stream("?resourceVersion=0")) {
            assertThat(stream.next()).isEqualTo("added inspect");
            assertThat(stream.next()).isEqualTo("1 added firewall");
            assertThat(stream.next()).isEqualTo("2 added other");
        }
        try (Stream stream = new Stream("?resourceVersion=0", "Last-Event-ID", "1")) {
            assertThat(stream.next()).isEqualTo("2 added other");
        }
    }

    @Test
    void streamShowsTheKindsAskedForAndSaysHowFarItIs() throws Exception {
        try (Stream stream = new Stream("?kinds=servicechains&resourceVersion=0")) {
            http.send("POST", "/api/v1/apply", FIREWALL);
            assertThat(stream.next()).isEqualTo("1 bookmark");
            http.send("POST", "/api/v1/apply", CHAIN);
            assertThat(stream.next()).isEqualTo("2 added inspect");
        }
    }

    @Test
    void versionThatIsNotKeptIsGone() throws Exception {
        http.send("POST", "/api/v1/apply", FIREWALL);
        http.send("POST", "/api/v1/apply", FIREWALL.replace("raw", "raw, action: copy"));
        http.store.compact(2);
        try (Stream stream = new Stream("?resourceVersion=1")) {
            assertThat(stream.status).isEqualTo(410);
        }
        try (Stream stream = new Stream("?resourceVersion=99")) {
            assertThat(stream.status).isEqualTo(410);
        }
        try (Stream stream = new Stream("?kinds=pigeons")) {
            assertThat(stream.status).isEqualTo(400);
        }
    }

    @Test
    void streamEndsWhenTheManagerStops() throws Exception {
        try (Stream stream = new Stream("?resourceVersion=0")) {
            http.send("POST", "/api/v1/apply", FIREWALL);
            assertThat(stream.next()).isEqualTo("1 added firewall");
            http.store.close();
            assertThat(stream.next()).isEqualTo("end");
        }
    }
}
