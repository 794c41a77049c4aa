package dev.sluice.manager.rest;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.manager.events.Happening;
import dev.sluice.manager.events.Happening.Reason;
import dev.sluice.model.Kind;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import tools.jackson.databind.JsonNode;

/** Events over REST: who sees which, and waiting for the next. */
@Timeout(60)
class EventsTest {
    private final Http http;

    EventsTest() throws Exception {
        http = new Http(10_000);
    }

    @AfterEach
    void stop() {
        http.close();
    }

    private JsonNode events(String query) throws Exception {
        Http.Answer answer = http.get("/api/v1/events" + query);
        assertThat(answer.status()).as(answer.text()).isEqualTo(200);
        return answer.json();
    }

    private void happens(Kind kind, String name, String node) {
        http.events.add(new Happening(Reason.FOUND, kind, name, node, "was found at " + node + "/tap0"));
    }

    @Test
    void tellsWhatIsAskedForAndWaitsForMore() throws Exception {
        happens(Kind.PORT, "vm-1", "a");
        happens(Kind.SERVICE_INSTANCE, "fw-1", "b");
        JsonNode all = events("");
        assertThat(all.path("items")).hasSize(2);
        assertThat(events("?kind=port").path("items")).hasSize(1);
        assertThat(events("?name=fw-1&node=b")
                        .path("items")
                        .get(0)
                        .path("reason")
                        .asString())
                .isEqualTo("Found");
        String newest = all.path("newest").asString("");
        assertThat(events("?after=" + newest).path("items")).isEmpty();
        CompletableFuture<JsonNode> waiting = CompletableFuture.supplyAsync(() -> {
            try {
                return events("?wait=30&after=" + newest);
            } catch (Exception e) {
                throw new IllegalStateException(e);
            }
        });
        happens(Kind.PORT, "vm-2", "a");
        assertThat(waiting.get().path("items").get(0).path("name").asString()).isEqualTo("vm-2");
    }

    @Test
    void refusesWhatMakesNoSense() throws Exception {
        for (String query : List.of("?after=-1", "?wait=31", "?limit=0", "?kind=cars", "?since=1")) {
            assertThat(http.get("/api/v1/events" + query).status()).as(query).isEqualTo(400);
        }
    }
}
