package dev.sluice.manager.rest;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.manager.access.Binding;
import dev.sluice.manager.access.Role;
import dev.sluice.manager.access.User;
import dev.sluice.manager.objects.Caller;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** History and rollback as clients ask for them, each with the rights that it has (X9, C14). */
@Timeout(60)
class HistoryRoutesTest {
    private static final Caller ROOT = new Caller("root", "root");

    @SuppressWarnings("NullAway.Init") // set before each test
    private Http http;

    private String admin = "";

    @BeforeEach
    void start() throws Exception {
        http = new Http(10_000, true);
        admin = token("root", Role.ADMIN, Binding.EVERYWHERE);
    }

    @AfterEach
    void stop() {
        http.close();
    }

    private String token(String user, Role role, String tenant) {
        http.accounts.put(new User(user, List.of(new Binding(role, tenant))), ROOT);
        return http.accounts.issue(user, Duration.ofHours(1), "", ROOT).text();
    }

    private Http.Answer send(String token, String method, String path, String body, String type) throws Exception {
        return http.send(method, path, body, "Authorization", "Bearer " + token, "Content-Type", type);
    }

    private Http.Answer send(String token, String method, String path, String body) throws Exception {
        return send(token, method, path, body, "application/yaml");
    }

    private void apply(String name, String action) throws Exception {
        String object = "{apiVersion: sluice.dev/v1, kind: Service, metadata: {name: " + name
                + "}, spec: {transport: raw, action: " + action + "}}";
        assertThat(send(admin, "POST", "/api/v1/apply", object).status()).isEqualTo(200);
    }

    @Test
    void usersTokensAndTenantsAreNoPartOfTheHistory() throws Exception {
        apply("fw", "copy");
        token("eve", Role.READ_ONLY, Binding.EVERYWHERE);
        apply("fw", "forward");
        String history = send(admin, "GET", "/api/v1/history", "").text();
        assertThat(history)
                .contains("configured Service/fw", "created Service/fw")
                .doesNotContain("eve");
        assertThat(send(admin, "POST", "/api/v1/rollback", "revision: 0").status())
                .isEqualTo(200);
        assertThat(send(admin, "GET", "/api/v1/users", "").text()).contains("eve");
        assertThat(send(admin, "GET", "/api/v1/services", "").json().path("items"))
                .isEmpty();
    }

    @Test
    void eachChangeMaySayWhatItMeansForFlowsInProgress() throws Exception {
        String body = "{apiVersion: sluice.dev/v1, kind: Service, metadata: {name: fw}, spec: {transport: %s}}";
        for (String[] each : new String[][] {
            {"POST", "/api/v1/services", "raw"},
            {"PATCH", "/api/v1/services/fw", "wire"},
            {"POST", "/api/v1/delete", "wire"},
            {"POST", "/api/v1/apply", "raw"},
            {"DELETE", "/api/v1/services/fw", ""}
        }) {
            assertThat(send(admin, each[0], each[1] + "?existingFlows=keep", body.formatted(each[2]))
                            .status())
                    .as(each[1])
                    .isBetween(200, 201);
        }
        send(admin, "POST", "/api/v1/rollback?existingFlows=migrate", "revision: 1");
        assertThat(send(admin, "GET", "/api/v1/history", "")
                        .json()
                        .path("items")
                        .valueStream())
                .extracting(item -> item.path("existingFlows").asString(""))
                .containsExactly("migrate", "keep", "keep", "keep", "keep", "keep");
        Http.Answer wrong = send(admin, "POST", "/api/v1/apply?existingFlows=sometimes", body.formatted("wire"));
        assertThat(wrong.status()).isEqualTo(400);
        assertThat(wrong.text()).contains("existingFlows is 'sometimes'", "auto, keep, migrate");
        assertThat(send(admin, "POST", "/api/v1/apply?existingFlows=", body.formatted("wire"))
                        .status())
                .isEqualTo(400);
    }

    @Test
    void readersSeeTheHistoryAndGoNowhere() throws Exception {
        apply("fw", "copy");
        String reader = token("rita", Role.READ_ONLY, Binding.EVERYWHERE);
        assertThat(send(reader, "GET", "/api/v1/history", "")
                        .json()
                        .at("/items/0/objects/0")
                        .asString())
                .isEqualTo("created Service/fw");
        Http.Answer answer = send(reader, "POST", "/api/v1/rollback?dryRun=true", "revision: 0");
        assertThat(answer.status()).isEqualTo(403);
        assertThat(answer.text()).contains("rita may change no objects").doesNotContain("fw");
        String vera = token("vera", Role.NETWORK_ADMIN, Binding.EVERYWHERE);
        Http.Answer other = send(vera, "POST", "/api/v1/rollback", "revision: 0");
        assertThat(other.json().path("left").toString())
                .as("who changes other kinds is told what stays")
                .isEqualTo("[\"Service/fw\"]");
        assertThat(other.json().path("items")).isEmpty();
        assertThat(send(reader, "GET", "/api/v1/services/fw", "").status()).isEqualTo(200);
        String monitor = token("mona", Role.MONITOR, Binding.EVERYWHERE);
        assertThat(send(monitor, "GET", "/api/v1/history", "").json().path("items"))
                .isEmpty();
        assertThat(send(monitor, "POST", "/api/v1/rollback", "revision: 0").status())
                .isEqualTo(403);
        assertThat(http.get("/api/v1/history").status()).isEqualTo(401);
    }

    @Test
    void tenantIsToldNothingOfOthers() throws Exception {
        http.accounts.addTenant("acme", ROOT);
        http.accounts.addTenant("rival", ROOT);
        apply("acme.fw", "copy");
        apply("rival.fw", "copy");
        apply("shared", "copy");
        String ann = token("ann", Role.SECURITY_ADMIN, "acme");
        assertThat(send(ann, "GET", "/api/v1/history", "").text())
                .contains("Service/acme.fw")
                .doesNotContain("rival")
                .doesNotContain("shared");
        String answer = send(ann, "POST", "/api/v1/rollback", "revision: 0").text();
        assertThat(answer).contains("acme.fw").doesNotContain("rival").doesNotContain("shared");
        assertThat(send(admin, "GET", "/api/v1/services", "").json().path("items"))
                .hasSize(2);
    }

    @Test
    void onlyWhoeverPutAChangeOnTrialAndAdministratorsEndIt() throws Exception {
        apply("fw", "copy");
        String sam = token("sam", Role.SECURITY_ADMIN, Binding.EVERYWHERE);
        String object =
                "{apiVersion: sluice.dev/v1, kind: Service, metadata: {name: fw}, spec: {transport: raw, action: forward}}";
        String path = "/api/v1/apply?force=true&confirmSeconds=3600";
        Http.Answer tried = send(sam, "POST", path, object);
        assertThat(tried.json().at("/trial/user").asString()).isEqualTo("sam");
        String vera = token("vera", Role.VENDOR, Binding.EVERYWHERE);
        assertThat(send(vera, "POST", "/api/v1/confirm", "revision: 2").status())
                .isEqualTo(403);
        assertThat(send(vera, "POST", "/api/v1/rollback", "revision: 1").status())
                .isEqualTo(409);
        token("sam", Role.MONITOR, Binding.EVERYWHERE);
        Http.Answer both = send(sam, "POST", "/api/v1/rollback?confirmSeconds=60", "revision: 1");
        assertThat(both.status()).as("no trial of a trial's end").isEqualTo(400);
        assertThat(both.text()).contains("leave out confirmSeconds");
        Http.Answer back = send(sam, "POST", "/api/v1/rollback", "revision: 1");
        assertThat(back.status()).isEqualTo(200);
        assertThat(back.text()).as("what sam may not read any more").doesNotContain("fw");
        assertThat(send(admin, "GET", "/api/v1/services/fw", "")
                        .json()
                        .at("/spec/action")
                        .asString())
                .isEqualTo("copy");
        assertThat(send(admin, "POST", path, object).status()).isEqualTo(200);
        assertThat(send(admin, "POST", "/api/v1/confirm", "revision: 4").status())
                .isEqualTo(200);
        assertThat(send(admin, "GET", "/api/v1/history", "").json().has("trial"))
                .isFalse();
    }

    @Test
    void wrongRequestsSayWhatIsRight() throws Exception {
        apply("fw", "copy");
        for (String body :
                List.of("{}", "revision: -1", "revision: x", "revision: 1.5", "revision: 99999999999999999999")) {
            Http.Answer answer = send(admin, "POST", "/api/v1/rollback", body);
            assertThat(answer.status()).as(body).isEqualTo(422);
            assertThat(answer.text()).contains("\"field\":\"revision\"").contains("GET /api/v1/history");
        }
        assertThat(send(admin, "POST", "/api/v1/rollback", "revision: 2").status())
                .isEqualTo(404);
        assertThat(send(admin, "POST", "/api/v1/rollback", "revision: 0", "text/plain")
                        .status())
                .as("what a page in a browser may send unasked")
                .isEqualTo(415);
        assertThat(send(admin, "GET", "/api/v1/history?limit=101", "").status()).isEqualTo(400);
        Http.Answer tried = send(admin, "POST", "/api/v1/rollback?dryRun=true", "revision: 0");
        assertThat(tried.json().path("dryRun").asBoolean()).isTrue();
        assertThat(tried.json().at("/changes/0").asString()).startsWith("removed Service/fw");
        assertThat(send(admin, "GET", "/api/v1/services/fw", "").status()).isEqualTo(200);
    }
}
