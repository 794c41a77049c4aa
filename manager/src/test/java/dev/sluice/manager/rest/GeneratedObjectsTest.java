package dev.sluice.manager.rest;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.manager.access.Binding;
import dev.sluice.manager.access.Role;
import dev.sluice.manager.access.User;
import dev.sluice.manager.objects.Caller;
import dev.sluice.manager.objects.Generated;
import dev.sluice.manager.objects.Generated.Content;
import dev.sluice.manager.objects.Inventory;
import dev.sluice.manager.objects.Trees;
import dev.sluice.manager.store.Store;
import dev.sluice.model.Kind;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Objects that the manager makes, over real HTTP: everybody reads what they may, nobody writes (ADR 42). */
@Timeout(60)
class GeneratedObjectsTest {
    private static final Caller ROOT = new Caller("root", "root");
    private static final String WRITTEN =
            "{apiVersion: sluice.dev/v1, kind: ServicePath, metadata: {name: web-1}, spec: {chain: web}}";

    @SuppressWarnings("NullAway.Init") // set before each test
    private Http http;

    @BeforeEach
    void start() throws Exception {
        http = new Http(10_000, true);
        http.accounts.addTenant("acme", ROOT);
        http.accounts.addTenant("bolt", ROOT);
        paths("web-1", "acme.web-2", "bolt.web-3");
    }

    @AfterEach
    void stop() {
        http.close();
    }

    private void paths(String... names) {
        Map<String, Content> wanted = new TreeMap<>();
        for (String name : names) {
            wanted.put(name, new Content(Trees.object().put("chain", name.replaceAll("-.$", "")), Trees.object()));
        }
        become(new Inventory(http.store, InstantSource.system()), wanted);
    }

    private static void become(Inventory inventory, Map<String, Content> wanted) {
        Generated generated = inventory.generated();
        generated.become(Kind.SERVICE_PATH, Generated.of(Kind.SERVICE_PATH, generated.all(0)), wanted, List.of());
    }

    private String token(Role role, String tenant) {
        String user = "u-" + role.word() + (tenant.equals("*") ? "" : "-" + tenant);
        http.accounts.put(new User(user, List.of(new Binding(role, tenant))), ROOT);
        return http.accounts.issue(user, Duration.ofHours(1), "", ROOT).text();
    }

    private Http.Answer send(String token, String method, String path, String body) throws Exception {
        return http.send(method, path, body, "Authorization", "Bearer " + token, "Content-Type", "application/yaml");
    }

    @Test
    void rolesThatSeeChainsSeePathsOfTheirTenants() throws Exception {
        for (Role role : Role.values()) {
            String all =
                    send(token(role, "*"), "GET", "/api/v1/servicepaths", "").text();
            assertThat(all.contains("bolt.web-3")).as(role.word() + all).isEqualTo(role != Role.MONITOR);
            if (role.ofTenants()) {
                String token = token(role, "acme");
                String seen = send(token, "GET", "/api/v1/servicepaths", "").text();
                assertThat(seen).contains("\"web-1\"", "acme.web-2").doesNotContain("bolt");
                assertThat(send(token, "GET", "/api/v1/servicepaths/acme.web-2", "")
                                .status())
                        .isEqualTo(200);
                assertThat(send(token, "GET", "/api/v1/servicepaths/acme.web-2/references", "")
                                .json()
                                .path("items"))
                        .isEmpty();
                assertThat(send(token, "GET", "/api/v1/servicepaths/bolt.web-3", "")
                                .status())
                        .isEqualTo(404);
            }
        }
    }

    /** What serves several tenants names planes of all of them; what is one tenant's own does not. */
    @Test
    void runtimesThatAllShareAreNotForPeopleOfATenant() throws Exception {
        Generated generated = new Inventory(http.store, InstantSource.system()).generated();
        Map<String, Content> wanted = new TreeMap<>();
        for (String name : List.of("fw-1", "acme.fw-2", "bolt.fw-3")) {
            wanted.put(name, new Content(Trees.object().put("kind", "instance"), Trees.object()));
        }
        generated.become(Kind.SERVICE_INSTANCE_RUNTIME, Map.of(), wanted, List.of());
        String path = "/api/v1/serviceinstanceruntimes";
        for (Role role : Role.values()) {
            String all = send(token(role, "*"), "GET", path, "").text();
            assertThat(all.contains("bolt.fw-3")).as(role.word() + all).isEqualTo(role != Role.MONITOR);
            if (role.ofTenants()) {
                String seen = send(token(role, "acme"), "GET", path, "").text();
                assertThat(seen).contains("acme.fw-2").doesNotContain("bolt", "\"fw-1\"");
            }
        }
        assertThat(send(token(Role.ADMIN, "*"), "DELETE", path + "/fw-1", "").status())
                .isEqualTo(405);
    }

    /** Of managers of two versions over one store the older one passes over what it does not know. */
    @Test
    void kindsThatANewerManagerMakesArePassedOver() {
        Inventory inventory = new Inventory(http.store, InstantSource.system());
        long before = inventory.revision();
        http.store.commit(List.of(), List.of(new Store.Put("generated/laterkinds/x", Trees.bytes(Trees.object()))));
        assertThat(inventory.revision()).isGreaterThan(before);
        assertThat(inventory.generated().all(0)).allMatch(object -> object.kind() == Kind.SERVICE_PATH);
        assertThat(inventory.allEvents(before)).isEmpty();
    }

    @Test
    void nobodyWritesThemAndTheAnswerSaysSo() throws Exception {
        for (Role role : List.of(Role.ADMIN, Role.SECURITY_ADMIN, Role.AGENT, Role.MONITOR)) {
            String token = token(role, "*");
            for (Http.Answer answer : List.of(
                    send(token, "POST", "/api/v1/servicepaths", WRITTEN),
                    send(token, "POST", "/api/v1/apply", WRITTEN),
                    send(
                            token,
                            "PUT",
                            "/api/v1/servicepaths/web-1",
                            WRITTEN.replace("web-1}", "web-1, resourceVersion: '1'}")),
                    send(token, "PATCH", "/api/v1/servicepaths/web-1", WRITTEN),
                    send(token, "PUT", "/api/v1/servicepaths/web-1/status", WRITTEN.replace("spec", "status")),
                    send(token, "POST", "/api/v1/delete", WRITTEN),
                    send(token, "DELETE", "/api/v1/servicepaths/web-1", ""),
                    send(token, "DELETE", "/api/v1/servicepaths/not-there", ""))) {
                assertThat(answer.status()).as(role + answer.text()).isEqualTo(405);
                assertThat(answer.text())
                        .contains("nobody writes ServicePath/", "the manager makes it of what hosts tell");
            }
            assertThat(send(token, "GET", "/api/v1/self/rights?verb=write&kind=servicepaths", "")
                            .text())
                    .contains("\"allowed\":false");
        }
        assertThat(send(token(Role.ADMIN, "*"), "GET", "/api/v1/servicepaths/web-1", "")
                        .status())
                .isEqualTo(200);
    }

    @Test
    void theyAreInNoExportBackupOrRecordOfChanges() throws Exception {
        String token = token(Role.ADMIN, "*");
        assertThat(send(token, "GET", "/api/v1/export", "").text()).doesNotContain("ServicePath");
        assertThat(send(token, "GET", "/api/v1/audit", "").text()).doesNotContain("web-1");
        assertThat(send(token, "GET", "/api/v1/backup", "").text()).doesNotContain("web-1");
    }

    @Test
    void theyAreWatchedInOneStreamWithOthers() throws Exception {
        Inventory inventory = new Inventory(http.store, InstantSource.system());
        long before = inventory.revision();
        http.accounts.addTenant("third", ROOT);
        String token = token(Role.ADMIN, "*");
        String service =
                "{apiVersion: sluice.dev/v1, kind: Service, metadata: {name: firewall}, spec: {transport: raw}}";
        assertThat(send(token, "POST", "/api/v1/apply", service).status()).isEqualTo(200);
        paths("web-1", "web-9");
        assertThat(inventory.allEvents(before))
                .extracting(event -> event.type() + " " + event.object().title())
                .containsExactly(
                        "ADDED Service/firewall",
                        "DELETED ServicePath/acme.web-2",
                        "DELETED ServicePath/bolt.web-3",
                        "ADDED ServicePath/web-9");
        assertThat(inventory.events(before)).hasSize(1);
        try (var body = http.client
                .send(
                        http.request("/api/v1/watch?kinds=servicepaths")
                                .header("Authorization", "Bearer " + token)
                                .build(),
                        java.net.http.HttpResponse.BodyHandlers.ofLines())
                .body()) {
            assertThat(body.filter(line -> line.startsWith("data: ")).limit(2))
                    .allMatch(line -> line.contains("\"kind\":\"ServicePath\""));
        }
    }

    /** More than one read of the store gives, in both kinds of objects at a time. */
    @Test
    void longHistoriesAreToldWholeAndInOrder() {
        Inventory inventory = new Inventory(http.store, InstantSource.system());
        long before = inventory.revision();
        Map<String, Content> wanted = new TreeMap<>();
        for (int i = 0; i < 1_200; i++) {
            wanted.put("p-" + i, new Content(Trees.object(), Trees.object()));
        }
        become(inventory, wanted);
        become(inventory, Map.of());
        long at = before;
        int seen = 0;
        for (var events = inventory.allEvents(at); !events.isEmpty(); events = inventory.allEvents(at)) {
            seen += events.size();
            assertThat(events.getFirst().revision()).isGreaterThan(at);
            at = events.getLast().revision();
        }
        assertThat(at).isEqualTo(inventory.revision());
        // Three that were there and are not wanted, 1,200 that come, and go.
        assertThat(seen).isEqualTo(3 + 2 * 1_200);
    }
}
