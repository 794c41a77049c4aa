package dev.sluice.manager.rest;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.manager.objects.Caller;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What belongs to a tenant belongs to it after an export too, or is not taken (C14). */
@Timeout(60)
class ExportedTenantsTest {
    private static final Caller ROOT = new Caller("root", "root");
    private static final String OBJECTS = """
        {apiVersion: sluice.dev/v1, kind: Service, metadata: {name: fw}, spec: {transport: raw}}
        ---
        {apiVersion: sluice.dev/v1, kind: Service, metadata: {name: acme.fw, annotations: {a: b}}, spec: {transport: raw}}
        """;

    @Test
    void objectsOfTenantsAreTakenWhereThereIsTheTenantAndNowhereElse() throws Exception {
        String export;
        try (Http from = new Http(10_000)) {
            from.accounts.addTenant("acme", ROOT);
            assertThat(from.send("POST", "/api/v1/apply", OBJECTS).status()).isEqualTo(200);
            export = from.get("/api/v1/export").text();
            assertThat(export).contains("sluice.dev/tenant: acme").containsOnlyOnce("sluice.dev/tenant");
            assertThat(from.send("POST", "/api/v1/apply?dryRun", export).text())
                    .doesNotContain("configured")
                    .doesNotContain("sluice.dev/tenant");
            assertThat(from.get("/api/v1/export?tenants=false").text()).doesNotContain("sluice.dev/tenant");
        }
        try (Http to = new Http(10_000)) {
            Http.Answer refused = to.send("POST", "/api/v1/apply", export);
            assertThat(refused.status()).isEqualTo(422);
            assertThat(refused.text()).contains("Service/acme.fw").contains("sluice tenant create acme");
            to.accounts.addTenant("acme", ROOT);
            assertThat(to.send("POST", "/api/v1/apply", export).status()).isEqualTo(200);
            assertThat(to.get("/api/v1/services/acme.fw").text())
                    .contains("\"a\":\"b\"")
                    .doesNotContain("sluice.dev/tenant");
        }
    }
}
