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

/** Which interfaces of hosts a profile takes, and what these are then, is not for a tenant's own people (C9, C14). */
@Timeout(60)
class TenantHoldsTest {
    private static final Caller ROOT = new Caller("root", "root");
    private static final String PATH = "/api/v1/portprofiles/acme.vms";

    @SuppressWarnings("NullAway.Init") // set before each test
    private Http http;

    private String admin = "";
    private String tenants = "";

    @BeforeEach
    void start() throws Exception {
        http = new Http(10_000, true);
        http.accounts.addTenant("acme", ROOT);
        admin = token("root", new Binding(Role.ADMIN, Binding.EVERYWHERE));
        tenants = token("net", new Binding(Role.NETWORK_ADMIN, "acme"));
        Http.Answer answer = send(admin, "POST", "/api/v1/apply", """
                {apiVersion: sluice.dev/v1, kind: Service, metadata: {name: acme.fw}, spec: {transport: raw}}
                ---
                {apiVersion: sluice.dev/v1, kind: ServiceChain, metadata: {name: acme.chain}, spec: {profiles: [acme.fw]}}
                ---
                {apiVersion: sluice.dev/v1, kind: ServiceChain, metadata: {name: acme.other}, spec: {profiles: [acme.fw]}}
                """);
        assertThat(answer.status()).as(answer.text()).isEqualTo(200);
    }

    @AfterEach
    void stop() {
        http.close();
    }

    private String token(String user, Binding binding) {
        http.accounts.put(new User(user, List.of(binding)), ROOT);
        return http.accounts.issue(user, Duration.ofHours(1), "", ROOT).text();
    }

    private Http.Answer send(String token, String method, String path, String body) throws Exception {
        return http.send(method, path, body, "Authorization", "Bearer " + token, "Content-Type", "application/yaml");
    }

    private static String profile(String spec) {
        return "{apiVersion: sluice.dev/v1, kind: PortProfile, metadata: {name: acme.vms}, spec: " + spec + "}";
    }

    private void stands(String spec) throws Exception {
        send(admin, "DELETE", PATH, "");
        assertThat(send(admin, "POST", "/api/v1/portprofiles", profile(spec)).status())
                .isEqualTo(201);
    }

    private Http.Answer replace(String spec) throws Exception {
        String version = send(tenants, "GET", PATH, "")
                .json()
                .at("/metadata/resourceVersion")
                .asString();
        String body = profile(spec).replace("acme.vms}", "acme.vms, resourceVersion: '" + version + "'}");
        return send(tenants, "PUT", PATH, body);
    }

    private void refuses(String spec, String field) throws Exception {
        Http.Answer answer = replace(spec);
        assertThat(answer.status()).as(spec + answer.text()).isEqualTo(422);
        assertThat(answer.text()).contains("\"" + field + "\"").contains("takes hold of interfaces");
    }

    @Test
    void profileThatFindsInterfacesBecomesNoServiceNodeAtTheWishOfATenant() throws Exception {
        stands("{chain: acme.chain, discover: {aliases: 'vm-*'}}");
        refuses("{serviceNode: fw-1, discover: {aliases: 'vm-*'}}", "spec.serviceNode");
        refuses("{serviceNode: fw-1}", "spec.serviceNode");
        refuses("{chain: acme.chain, discover: {aliases: '*'}}", "spec.discover");
        assertThat(replace("{chain: acme.other, discover: {aliases: 'vm-*'}}").status())
                .as("what is its own to say")
                .isEqualTo(200);
    }

    @Test
    void profileThatLeadsToANodeStaysWithItAndItsSide() throws Exception {
        stands("{serviceNode: acme-fw, side: in, discover: {interfaces: fw0}}");
        refuses("{serviceNode: fw-1, side: in, discover: {interfaces: fw0}}", "spec.serviceNode");
        refuses("{serviceNode: acme-fw, side: out, discover: {interfaces: fw0}}", "spec.side");
        refuses("{serviceNode: acme-fw, discover: {interfaces: fw0}}", "spec.side");
        refuses("{chain: acme.chain, discover: {interfaces: fw0}}", "spec.serviceNode");
        assertThat(replace("{chain: acme.chain}").status())
                .as("it lets go of all")
                .isEqualTo(200);
    }
}
