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

/** What the record of changes holds: all that somebody changed, whichever way, and nothing that its readers may not know (S2). */
@Timeout(60)
class AuditContentTest {
    private static final Caller ROOT = new Caller("root", "root");
    private static final String SERVICE =
            "{apiVersion: sluice.dev/v1, kind: Service, metadata: {name: fw}, spec: {transport: %s}}";

    @SuppressWarnings("NullAway.Init") // set before each test
    private Http http;

    private String admin = "";

    @BeforeEach
    void start() throws Exception {
        http = new Http(10_000, true);
        admin = token("root", Role.ADMIN);
    }

    @AfterEach
    void stop() {
        http.close();
    }

    private String token(String user, Role role) {
        http.accounts.put(new User(user, List.of(new Binding(role, Binding.EVERYWHERE))), ROOT);
        return http.accounts.issue(user, Duration.ofHours(1), "", ROOT).text();
    }

    private Http.Answer send(String token, String method, String path, String body) throws Exception {
        return http.send(method, path, body, "Authorization", "Bearer " + token, "Content-Type", "application/yaml");
    }

    private void does(String method, String path, String body) throws Exception {
        Http.Answer answer = send(admin, method, path, body);
        assertThat(answer.status()).as(answer.text()).isBetween(200, 201);
    }

    private String audit() throws Exception {
        return send(token("looks", Role.AUDITOR), "GET", "/api/v1/audit", "").text();
    }

    @Test
    void secretsAreInNoEntry() throws Exception {
        for (String secret : List.of("hush-1", "hush-2")) {
            String health = "raw, forwarding: route, health: {probe: bfd, bfd: {key: {id: 7, secret: " + secret + "}}}";
            does("PATCH", "/api/v1/services/fw", SERVICE.formatted(health));
        }
        does("DELETE", "/api/v1/services/fw", "");
        assertThat(audit())
                .contains("created Service/fw", "deleted Service/fw")
                .contains("spec.health.bfd.key.secret: (not shown) -> (not shown)")
                .doesNotContain("hush");
    }

    @Test
    void whoDeletesAndCreatesLeavesAsMuchAsWhoChanges() throws Exception {
        does("POST", "/api/v1/services", SERVICE.formatted("raw"));
        does("DELETE", "/api/v1/services/fw", "");
        does("POST", "/api/v1/services", SERVICE.formatted("raw, action: copy"));
        assertThat(audit())
                .contains("removed Service/fw: {apiVersion: sluice.dev/v1, kind: Service, metadata: {name: fw}, spec:"
                        + " {transport: raw}}")
                .contains("spec: {action: copy, transport: raw}");
    }

    @Test
    void statusThatAUserWritesLeavesAnEntryAndThatOfAnAgentDoesNot() throws Exception {
        does("POST", "/api/v1/services", SERVICE.formatted("raw"));
        String status = SERVICE.formatted("raw").replaceFirst("}$", ", status: {observedGeneration: %d}}");
        String agent = token("agent", Role.AGENT);
        assertThat(send(agent, "PUT", "/api/v1/services/fw/status", status.formatted(7))
                        .status())
                .isEqualTo(200);
        assertThat(audit()).doesNotContain("observedGeneration");
        does("PUT", "/api/v1/services/fw/status", status.formatted(8));
        assertThat(audit()).contains("changed Service/fw status.observedGeneration: 7 -> 8");
    }
}
