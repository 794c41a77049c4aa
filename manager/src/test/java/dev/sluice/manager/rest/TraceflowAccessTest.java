package dev.sluice.manager.rest;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.manager.access.Binding;
import dev.sluice.manager.access.Role;
import dev.sluice.manager.access.User;
import dev.sluice.manager.objects.Caller;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Who may trace (C14, S2): a story names whatever the packet meets, whoever it belongs to. */
@Timeout(60)
class TraceflowAccessTest {
    private static final Caller ROOT = new Caller("root", "root");
    private static final String TRACE =
            "{apiVersion: sluice.dev/v1, kind: Traceflow, metadata: {name: %s}, spec: {port: left, packet: icmp 10.0.0.1 > 10.0.0.2}}";
    private static final Set<Role> WRITE = Set.of(Role.ADMIN, Role.NETWORK_ADMIN, Role.SECURITY_ADMIN);
    private static final Set<Role> READ_NOTHING = Set.of(Role.VENDOR, Role.MONITOR);

    @SuppressWarnings("NullAway.Init") // set before each test
    private Http http;

    @BeforeEach
    void start() throws Exception {
        http = new Http(10_000, true);
        http.accounts.addTenant("acme", ROOT);
        String admin = token(Role.ADMIN, "*");
        for (String name : List.of("shared", "acme.own")) {
            assertThat(send(admin, "POST", "/api/v1/apply", TRACE.formatted(name))
                            .status())
                    .isEqualTo(200);
        }
    }

    @AfterEach
    void stop() {
        http.close();
    }

    private String token(Role role, String tenant) {
        String user = "u-" + role.word() + (tenant.equals("*") ? "" : "-" + tenant);
        http.accounts.put(new User(user, List.of(new Binding(role, tenant))), ROOT);
        return http.accounts.issue(user, Duration.ofHours(1), "", ROOT).text();
    }

    private Http.Answer send(String token, String method, String path, String body) throws Exception {
        return http.send(method, path, body, "Authorization", "Bearer " + token, "Content-Type", "application/yaml");
    }

    private int traces(String token, String name) throws Exception {
        return send(token, "POST", "/api/v1/traceflows?dryRun", TRACE.formatted(name))
                .status();
    }

    private int reads(String token, String name) throws Exception {
        return send(token, "GET", "/api/v1/traceflows/" + name, "").status();
    }

    @Test
    void thoseWhoRunNetworkOrSecurityOfAllTraceAndOthersDoNot() throws Exception {
        for (Role role : Role.values()) {
            String token = token(role, "*");
            assertThat(traces(token, "new")).as(role.word()).isEqualTo(WRITE.contains(role) ? 200 : 403);
            assertThat(reads(token, "shared")).as(role.word()).isEqualTo(READ_NOTHING.contains(role) ? 404 : 200);
        }
    }

    @Test
    void peopleOfATenantNeitherTraceNorReadWhatAllShare() throws Exception {
        for (Role role : Role.values()) {
            if (role.ofTenants()) {
                String token = token(role, "acme");
                assertThat(traces(token, "acme.new")).as(role.word()).isEqualTo(403);
                assertThat(traces(token, "new")).as(role.word()).isEqualTo(403);
                assertThat(reads(token, "shared")).as(role.word()).isEqualTo(404);
                assertThat(reads(token, "acme.own")).as(role.word()).isEqualTo(200);
                assertThat(send(token, "GET", "/api/v1/traceflows", "").text())
                        .contains("acme.own")
                        .doesNotContain("shared");
            }
        }
    }
}
