package dev.sluice.manager.rest;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.manager.access.Accounts;
import dev.sluice.manager.access.Binding;
import dev.sluice.manager.access.Role;
import dev.sluice.manager.access.User;
import dev.sluice.manager.events.Happening;
import dev.sluice.manager.events.Happening.Reason;
import dev.sluice.manager.objects.Caller;
import dev.sluice.manager.objects.Inventory;
import dev.sluice.model.Kind;
import java.io.IOException;
import java.io.InputStream;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Base64;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Who may do what (C14, S2): every route, every role, two tenants, over real HTTP. */
@Timeout(120)
class AccessTest {
    private static final Caller ROOT = new Caller("root", "root");

    @SuppressWarnings("NullAway.Init") // set before each test
    private Http http;

    private String admin = "";

    @BeforeEach
    void start() throws Exception {
        http = new Http(100_000, true);
        http.accounts.addTenant("acme", ROOT);
        http.accounts.addTenant("bolt", ROOT);
        admin = token("root", new Binding(Role.ADMIN, Binding.EVERYWHERE));
        for (String owner : List.of("", "acme.", "bolt.")) {
            Http.Answer answer = send(admin, "POST", "/api/v1/apply", objects(owner));
            assertThat(answer.status()).as(answer.text()).isEqualTo(200);
        }
    }

    /** Of each tenant and of all, every kind that needs nothing else. */
    private static String objects(String owner) {
        String prefix = owner.isEmpty() ? "" : owner.substring(0, 1);
        return """
                {apiVersion: sluice.dev/v1, kind: Service, metadata: {name: %1$sfw}, spec: {transport: raw}}
                ---
                {apiVersion: sluice.dev/v1, kind: ServiceManager, metadata: {name: %1$smanager}, spec: {services: [%1$sfw]}}
                ---
                {apiVersion: sluice.dev/v1, kind: VendorTemplate, metadata: {name: %1$stemplate}, spec: {service: %1$sfw}}
                ---
                {apiVersion: sluice.dev/v1, kind: ServiceProfile, metadata: {name: %1$sstrict}, spec: {template: %1$stemplate}}
                ---
                {apiVersion: sluice.dev/v1, kind: ServiceAttachment, metadata: {name: %1$splane}, spec: {svni: %3$d}}
                ---
                {apiVersion: sluice.dev/v1, kind: ServiceChain, metadata: {name: %1$schain}, spec: {profiles: [%1$sfw]}}
                ---
                {apiVersion: sluice.dev/v1, kind: PortProfile, metadata: {name: %1$sprofile}, spec: {chain: %1$schain}}
                ---
                {apiVersion: sluice.dev/v1, kind: Port, metadata: {name: %1$sport}, spec: {interface: %2$seth0}}
                ---
                {apiVersion: sluice.dev/v1, kind: LogicalSwitch, metadata: {name: %1$sswitch}, spec: {vni: %3$d}}
                ---
                {apiVersion: sluice.dev/v1, kind: Node, metadata: {name: %1$snode}}
                ---
                {apiVersion: sluice.dev/v1, kind: ServicePolicy, metadata: {name: %1$spolicy}, spec: {appliedTo: [%1$sport], rules: [{name: r, action: {chain: %1$schain}}]}}
                """.formatted(owner, prefix, 100 + owner.hashCode() % 50);
    }

    @AfterEach
    void stop() {
        http.close();
    }

    private String token(String user, Binding... bindings) {
        http.accounts.put(new User(user, List.of(bindings)), ROOT);
        return http.accounts.issue(user, Duration.ofHours(1), "", ROOT).text();
    }

    private Http.Answer send(String token, String method, String path, String body) throws Exception {
        return token.isEmpty()
                ? http.send(method, path, body)
                : http.send(method, path, body, "Authorization", "Bearer " + token, "Content-Type", "application/yaml");
    }

    private static String one(Kind kind, String owner) {
        return List.of(objects(owner).split("---\n", -1)).stream()
                .filter(text -> text.contains("kind: " + kind.word() + ","))
                .findFirst()
                .orElse("");
    }

    private static String name(Kind kind, String owner) {
        String text = one(kind, owner);
        int at = text.indexOf("name: ") + 6;
        return text.substring(at, text.indexOf('}', at));
    }

    /** What each role may change; written down once more, apart from the code. */
    private static final Map<Role, Set<String>> WRITES = new EnumMap<>(Map.of(
            Role.ADMIN,
                    Set.of(
                            "Service",
                            "ServiceManager",
                            "VendorTemplate",
                            "ServiceProfile",
                            "ServiceAttachment",
                            "ServiceChain",
                            "PortProfile",
                            "Port",
                            "LogicalSwitch",
                            "Node",
                            "ServicePolicy"),
            Role.NETWORK_ADMIN, Set.of("PortProfile", "Port", "LogicalSwitch", "ServiceAttachment", "Node"),
            Role.SECURITY_ADMIN,
                    Set.of(
                            "Service",
                            "ServiceManager",
                            "VendorTemplate",
                            "ServiceProfile",
                            "ServiceChain",
                            "ServicePolicy"),
            Role.VENDOR, Set.of("Service", "ServiceManager", "VendorTemplate", "ServiceProfile"),
            Role.AGENT, Set.of(),
            Role.AUDITOR, Set.of(),
            Role.READ_ONLY, Set.of(),
            Role.MONITOR, Set.of()));

    private static final Set<String> TENANTS_OWN = Set.of(
            "Service",
            "VendorTemplate",
            "ServiceProfile",
            "ServiceChain",
            "PortProfile",
            "LogicalSwitch",
            "ServicePolicy");

    @Test
    void rolesDoWhatTheyMayAndNothingElse() throws Exception {
        for (Role role : Role.values()) {
            for (String tenant : role.ofTenants() ? List.of("*", "acme") : List.of("*")) {
                String token = token("u-" + role.word(), new Binding(role, tenant));
                for (Kind kind : Kind.values()) {
                    for (String owner : List.of("", "acme.", "bolt.")) {
                        if (one(kind, owner).isEmpty()) {
                            continue;
                        }
                        boolean writes = WRITES.getOrDefault(role, Set.of()).contains(kind.word())
                                && (tenant.equals("*") || (owner.equals("acme.") && TENANTS_OWN.contains(kind.word())));
                        String what = role + "@" + tenant + " " + kind + " " + owner;
                        String path = "/api/v1/" + kind.plural() + "/" + name(kind, owner);
                        Http.Answer applied = send(token, "PATCH", path + "?dryRun=true", one(kind, owner));
                        assertThat(applied.status()).as(what).isEqualTo(writes ? 200 : 403);
                        Http.Answer bulk = send(token, "POST", "/api/v1/apply?dryRun=true", one(kind, owner));
                        assertThat(bulk.status()).as(what).isEqualTo(writes ? 200 : 403);
                        // What is not there gets the same answer as what is.
                        String other = one(kind, owner).replace("name: " + owner, "name: " + owner + "not-there-");
                        Http.Answer missing = send(token, "POST", "/api/v1/" + kind.plural() + "?dryRun=true", other);
                        assertThat(missing.status() == 403)
                                .as(what + missing.text())
                                .isEqualTo(!writes);
                        int deleted =
                                send(token, "DELETE", path + "?dryRun=true", "").status();
                        assertThat(deleted == 403).as(what).isEqualTo(!writes);
                        int status = send(
                                        token,
                                        "PUT",
                                        path + "/status",
                                        one(kind, owner).replaceFirst("}\\s*$", ", status: {observedGeneration: 1}}"))
                                .status();
                        boolean tells = role == Role.ADMIN
                                || role == Role.AGENT
                                || (role == Role.VENDOR
                                        && Set.of(
                                                        Kind.SERVICE,
                                                        Kind.SERVICE_MANAGER,
                                                        Kind.VENDOR_TEMPLATE,
                                                        Kind.SERVICE_PROFILE)
                                                .contains(kind));
                        assertThat(status).as(what).isEqualTo(tells ? 200 : 403);
                        boolean reads = role != Role.MONITOR
                                && (tenant.equals("*") || !owner.equals("bolt."))
                                && (kind != Kind.NODE
                                        || (tenant.equals("*")
                                                && Set.of(Role.ADMIN, Role.NETWORK_ADMIN, Role.AGENT)
                                                        .contains(role)))
                                && (role != Role.VENDOR
                                        || Set.of(
                                                        "Service",
                                                        "ServiceManager",
                                                        "VendorTemplate",
                                                        "ServiceProfile",
                                                        "ServiceAttachment",
                                                        "ServiceChain")
                                                .contains(kind.word()));
                        for (String asked : List.of(path, path + "/references")) {
                            assertThat(send(token, "GET", asked, "").status())
                                    .as(what)
                                    .isEqualTo(reads ? 200 : 404);
                        }
                        String right = send(
                                        token,
                                        "GET",
                                        "/api/v1/self/rights?verb=write&kind=" + kind.word() + "&name="
                                                + name(kind, owner),
                                        "")
                                .text();
                        assertThat(right.contains("\"allowed\":true")).as(what).isEqualTo(writes);
                    }
                }
            }
        }
    }

    @Test
    void nothingOfAnotherTenantIsSeenAnywhere() throws Exception {
        String token = token(
                "eve",
                new Binding(Role.SECURITY_ADMIN, "acme"),
                new Binding(Role.NETWORK_ADMIN, "acme"),
                new Binding(Role.READ_ONLY, "acme"));
        List<String> seen = new ArrayList<>();
        for (Kind kind : Kind.values()) {
            seen.add(send(token, "GET", "/api/v1/" + kind.plural(), "").text());
            seen.add(send(token, "GET", "/api/v1/" + kind.plural() + "/bolt.fv", "")
                    .text()
                    .replace("/bolt.fv", ""));
        }
        seen.add(send(token, "GET", "/api/v1/export", "").text());
        seen.add(send(token, "GET", "/api/v1/tenants", "").text());
        for (String name : List.of("bolt.web", "acme.web")) {
            http.events.add(new Happening(Reason.PATHS_CHANGED, Kind.SERVICE_CHAIN, name, "", name + " changed"));
        }
        http.events.add(new Happening(Reason.LOST, Kind.NODE, "bolt-host", "bolt-host", "gone"));
        String events = send(token, "GET", "/api/v1/events", "").text();
        assertThat(events).contains("acme.web");
        seen.add(events);
        // References to what is there and to what is not are answered alike, without a hint at what there is.
        String chain =
                "{apiVersion: sluice.dev/v1, kind: ServiceChain, metadata: {name: acme.x}, spec: {profiles: [%s]}}";
        Http.Answer there = send(token, "POST", "/api/v1/servicechains", chain.formatted("bolt.fw"));
        Http.Answer notThere = send(token, "POST", "/api/v1/servicechains", chain.formatted("bolt.xy"));
        assertThat(there.status()).isEqualTo(422);
        assertThat(there.text().replace("bolt.fw", ""))
                .isEqualTo(notThere.text().replace("bolt.xy", ""));
        seen.add(there.text().replace("bolt.fw", ""));
        // A number that another tenant has is refused without saying who has it.
        Http.Answer collision = send(
                token,
                "PATCH",
                "/api/v1/logicalswitches/acme.switch",
                one(Kind.LOGICAL_SWITCH, "bolt.").replace("bolt.switch", "acme.switch"));
        assertThat(collision.status()).isEqualTo(409);
        seen.add(collision.text());
        assertThat(seen).noneMatch(text -> text.contains("bolt"));
        assertThat(String.join("", seen)).contains("acme.fw");
        for (String path : List.of("/api/v1/audit", "/api/v1/audit/verification", "/api/v1/backup", "/api/v1/users")) {
            assertThat(send(token, "GET", path, "").status()).as(path).isEqualTo(403);
        }
    }

    @Test
    void watchersSeeTheirOwnOnlyAndAreEndedWithTheirToken() throws Exception {
        String token = token("eve", new Binding(Role.READ_ONLY, "acme"));
        String id = token.split("_", 3)[1];
        HttpResponse<InputStream> watch = http.client.send(
                http.request("/api/v1/watch")
                        .header("Authorization", "Bearer " + token)
                        .build(),
                HttpResponse.BodyHandlers.ofInputStream());
        assertThat(watch.statusCode()).isEqualTo(200);
        send(
                admin,
                "PATCH",
                "/api/v1/services/bolt.new",
                one(Kind.SERVICE, "bolt.").replace("bolt.fw", "bolt.new"));
        send(
                admin,
                "PATCH",
                "/api/v1/services/acme.new",
                one(Kind.SERVICE, "acme.").replace("acme.fw", "acme.new"));
        http.accounts.revoke(id, Optional.empty(), ROOT);
        String all = new String(watch.body().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(all).contains("acme.fw").contains("event: end").contains("\"status\":401");
        assertThat(all).doesNotContain("bolt");
    }

    @Test
    void rulesOfATenantApplyToItsOwnPlacesOnly() throws Exception {
        String token = token("sec", new Binding(Role.SECURITY_ADMIN, "acme"));
        for (String place : List.of("port", "bolt.port", "eth0", "{interface: port}")) {
            String policy = one(Kind.SERVICE_POLICY, "acme.").replace("[acme.port]", "[" + place + "]");
            Http.Answer refused = send(token, "PATCH", "/api/v1/servicepolicies/acme.policy?force=true", policy);
            assertThat(refused.status()).as(place + refused.text()).isEqualTo(422);
            assertThat(refused.text()).contains("is not a port, router or profile of tenant acme");
            assertThat(send(admin, "PATCH", "/api/v1/servicepolicies/acme.policy?force=true", policy)
                            .status())
                    .isEqualTo(422);
        }
    }

    @Test
    void whoIsNotKnownGetsNothing() throws Exception {
        String expired = token("late", new Binding(Role.ADMIN, Binding.EVERYWHERE));
        http.accounts.remove("late", ROOT);
        String revoked = token("gone", new Binding(Role.ADMIN, Binding.EVERYWHERE));
        http.accounts.revoke(revoked.split("_", 3)[1], Optional.empty(), ROOT);
        String forged = admin.substring(0, admin.length() - 1) + (admin.endsWith("A") ? "B" : "A");
        Set<String> open = new TreeSet<>();
        for (Route route : http.api.routes()) {
            String path = route.template().replace("{kinds}", "services").replace("{name}", "fw");
            for (String token : List.of("", "x", expired, revoked, forged)) {
                Http.Answer answer = send(token, route.method(), path, "");
                if (answer.status() == 401) {
                    assertThat(answer.whole().headers().firstValue("WWW-Authenticate"))
                            .isPresent();
                    assertThat(answer.json().path("action").asString()).contains("sluice token create");
                } else {
                    open.add(route.template());
                }
            }
        }
        assertThat(open).containsExactly("/livez", "/openapi.yaml", "/readyz");
        assertThat(http.get("/readyz?verbose").text()).isEqualTo("ready\n");
        assertThat(http.get("/api/v1/nothing").status()).isEqualTo(401);
        assertThat(http.get("/nothing").status()).isEqualTo(401);
    }

    @Test
    void onlyAdministratorsChangeWhoMayDoWhat() throws Exception {
        for (Role role : Role.values()) {
            String token = token("u-" + role.word(), new Binding(role, Binding.EVERYWHERE));
            int allowed = role == Role.ADMIN ? 200 : 403;
            String roles = "roles: [{role: admin}]";
            assertThat(send(token, "PUT", "/api/v1/users/u-" + role.word(), roles)
                            .status())
                    .as(role.word())
                    .isEqualTo(allowed);
            assertThat(send(token, "PUT", "/api/v1/tenants/acme", "").status()).isEqualTo(allowed);
            assertThat(send(token, "POST", "/api/v1/tokens", "user: root").status())
                    .isEqualTo(role == Role.ADMIN ? 201 : 403);
            assertThat(send(token, "DELETE", "/api/v1/tenants/acme", "").status())
                    .isEqualTo(role == Role.ADMIN ? 409 : 403);
            assertThat(send(token, "GET", "/api/v1/backup", "").status()).isEqualTo(allowed);
            assertThat(send(token, "POST", "/api/v1/enrolments", "node: a").status())
                    .isEqualTo(role == Role.ADMIN ? 201 : 403);
            assertThat(send(token, "GET", "/api/v1/enrolments", "").status()).isEqualTo(allowed);
            assertThat(send(token, "DELETE", "/api/v1/enrolments/a", "").status())
                    .isEqualTo(allowed);
            assertThat(send(token, "GET", "/api/v1/audit", "").status())
                    .isEqualTo(role == Role.AUDITOR ? 200 : allowed);
            // One's own tokens may be seen and ended, those of others not.
            String rootToken = admin.split("_", 3)[1];
            assertThat(send(token, "GET", "/api/v1/tokens", "").text().contains(rootToken))
                    .isEqualTo(role == Role.ADMIN);
            if (role != Role.ADMIN) {
                assertThat(send(token, "DELETE", "/api/v1/tokens/" + rootToken, "")
                                .status())
                        .isEqualTo(404);
                assertThat(send(token, "DELETE", "/api/v1/tokens/" + token.split("_", 3)[1], "")
                                .status())
                        .isEqualTo(200);
                assertThat(send(token, "GET", "/api/v1/self", "").status()).isEqualTo(401);
            }
        }
    }

    @Test
    void rolesThatAreTakenAwayEndAtOnceAndEverythingIsOnRecord() throws Exception {
        String token = token("eve", new Binding(Role.SECURITY_ADMIN, Binding.EVERYWHERE));
        assertThat(send(token, "DELETE", "/api/v1/servicepolicies/policy?dryRun=true", "")
                        .status())
                .isEqualTo(200);
        assertThat(send(admin, "PUT", "/api/v1/users/eve", "roles: [{role: read-only, tenant: acme}]")
                        .status())
                .isEqualTo(200);
        assertThat(send(token, "DELETE", "/api/v1/servicepolicies/policy?dryRun=true", "")
                        .status())
                .isEqualTo(403);
        String audit = send(admin, "GET", "/api/v1/audit", "").text();
        assertThat(audit)
                .contains("configured User/eve")
                .contains("roles: [security-admin] -> [read-only@acme]")
                .contains("created Token/")
                .contains("created Tenant/acme")
                .contains("\"user\":\"root\"");
        assertThat(audit).doesNotContain(token.split("_", 3)[2]);
        assertThat(send(admin, "GET", "/api/v1/audit/verification", "").text()).contains("\"whole\":true");
        assertThat(new String(
                        http.store
                                .get("access/tokens/" + token.split("_", 3)[1])
                                .orElseThrow()
                                .value(),
                        StandardCharsets.UTF_8))
                .doesNotContain(token.split("_", 3)[2]);
    }

    @Test
    void badInputIsNamed() throws Exception {
        Map<String, String> wrong = Map.of(
                "/api/v1/users/eve|roles: [{role: king}]", "is no role",
                "/api/v1/users/eve|roles: [{role: auditor, tenant: nobody}]", "there is no such tenant",
                "/api/v1/users/eve|roles: [{role: admin, tenant: acme}]", "for all tenants only",
                "/api/v1/users/eve|{}", "is missing",
                "/api/v1/users/eve|roles: admin", "is no list",
                "/api/v1/users/e.e|roles: []", "is not a name",
                "/api/v1/tenants/a.b|{}", "is not a name");
        for (Map.Entry<String, String> entry : wrong.entrySet()) {
            String[] parts = entry.getKey().split("\\|", 2);
            Http.Answer answer = send(admin, "PUT", parts[0], parts[1]);
            assertThat(answer.status()).as(entry.getKey()).isEqualTo(422);
            assertThat(answer.text()).contains(entry.getValue());
        }
        for (String body : List.of(
                "user: nobody",
                "{user: root, ttlSeconds: 0}",
                "{user: root, ttlSeconds: 99999999}",
                "[]",
                "{user: root, note: \"a\\nb\"}")) {
            assertThat(send(admin, "POST", "/api/v1/tokens", body).status())
                    .as(body)
                    .isBetween(400, 422);
        }
        for (String header : List.of("Basic abc", "Bearer", "Bearer ", "bearer " + "x".repeat(5_000))) {
            assertThat(http.send("GET", "/api/v1/self", "", "Authorization", header)
                            .status())
                    .isIn(401, 431);
        }
    }

    @Test
    void tokensEndWhenTheyAreOld() throws IOException {
        assertThat(http.accounts.identify("")).isEmpty();
        long[] later = {0};
        Accounts accounts = new Accounts(
                http.store,
                new Inventory(http.store, InstantSource.system()),
                () -> Instant.now().plusSeconds(later[0]));
        String text = accounts.issue("root", Duration.ofHours(1), "", ROOT).text();
        assertThat(accounts.identify(text)).isPresent();
        later[0] = 3_601;
        assertThat(accounts.identify(text)).isEmpty();
        assertThat(accounts.tokens(Optional.empty())).isEmpty();
    }

    /** Figures name the nodes of all tenants and count objects of kinds that a role may not read. */
    @Test
    void metricsAreForThoseWhoWatchTheWholeAndForNobodyElse() throws Exception {
        Set<Role> may = Set.of(Role.ADMIN, Role.NETWORK_ADMIN, Role.AUDITOR, Role.READ_ONLY, Role.MONITOR);
        for (Role role : Role.values()) {
            String everywhere = token("all-" + role.word(), new Binding(role, Binding.EVERYWHERE));
            assertThat(send(everywhere, "GET", "/metrics", "").status())
                    .as(role.word())
                    .isEqualTo(may.contains(role) ? 200 : 403);
            if (role.ofTenants()) {
                String ofOne = token("one-" + role.word(), new Binding(role, "acme"));
                assertThat(send(ofOne, "GET", "/metrics", "").status())
                        .as(role.word() + "@acme")
                        .isEqualTo(403);
            }
        }
        String monitor = token("prometheus", new Binding(Role.MONITOR, Binding.EVERYWHERE));
        assertThat(send(monitor, "GET", "/api/v1/export", "").text()).doesNotContain("kind:");
        assertThat(send(monitor, "GET", "/api/v1/events", "").json().path("items"))
                .isEmpty();
    }

    /** What stands between two parts of a listing may belong to others. */
    @Test
    void continuationOfAListingNamesNothingThatTheCallerDoesNotSee() throws Exception {
        for (String name : List.of("acme.a", "bolt.secret", "cc.x", "zz")) {
            send(
                    admin,
                    "PATCH",
                    "/api/v1/services/" + name,
                    one(Kind.SERVICE, "").replace("name: fw", "name: " + name));
        }
        String token = token("eve", new Binding(Role.READ_ONLY, "acme"));
        List<String> names = new ArrayList<>();
        String next = "";
        do {
            Http.Answer part = send(token, "GET", "/api/v1/services?limit=1&continue=" + next, "");
            part.json()
                    .path("items")
                    .forEach(item -> names.add(item.at("/metadata/name").asString()));
            next = part.json().at("/metadata/continue").asString("");
            assertThat(new String(Base64.getUrlDecoder().decode(next), StandardCharsets.US_ASCII))
                    .doesNotContain("bolt");
        } while (!next.isEmpty());
        assertThat(names).contains("acme.a", "acme.fw", "zz").doesNotHaveDuplicates();
        assertThat(names).noneMatch(name -> name.startsWith("bolt."));
    }

    /** Numbers and continuations are no secrets: whoever guesses those of others gets no more than with his own. */
    @Test
    void placesOfOthersInListingsWatchesAndEventsShowNothingOfTheirs() throws Exception {
        String token = token("eve", new Binding(Role.READ_ONLY, "acme"));
        String foreign = Base64.getUrlEncoder()
                .withoutPadding()
                .encodeToString("1:objects/services/bolt.".getBytes(StandardCharsets.US_ASCII));
        long revision =
                send(admin, "GET", "/api/v1", "").json().path("resourceVersion").asLong(0);
        String newest = Base64.getUrlEncoder()
                .withoutPadding()
                .encodeToString((revision + ":objects/services/b").getBytes(StandardCharsets.US_ASCII));
        List<String> seen = new ArrayList<>();
        for (String next : List.of(foreign, newest)) {
            seen.add(send(token, "GET", "/api/v1/services?continue=" + next, "").text());
        }
        seen.add(send(token, "GET", "/api/v1/services?labelSelector=owner%3Dbolt", "")
                .text());
        // Owners of fields, versions and places that refer are told of what may be seen only.
        for (String path : List.of("services/bolt.fw", "servicechains/bolt.chain")) {
            for (String method : List.of("GET", "DELETE", "PATCH", "PUT")) {
                Kind kind = path.startsWith("services/") ? Kind.SERVICE : Kind.SERVICE_CHAIN;
                String there = send(token, method, "/api/v1/" + path, method.startsWith("P") ? one(kind, "bolt.") : "")
                        .text();
                String missing = send(
                                token,
                                method,
                                "/api/v1/" + path + "x",
                                method.startsWith("P")
                                        ? one(kind, "bolt.")
                                                .replace("name: bolt.fw", "name: bolt.fwx")
                                                .replace("name: bolt.chain", "name: bolt.chainx")
                                        : "")
                        .text();
                assertThat(missing.replace("fwx", "fw").replace("chainx", "chain"))
                        .as(method + " " + path)
                        .isEqualTo(there);
            }
        }
        String bulk = send(
                        token,
                        "POST",
                        "/api/v1/delete",
                        "{apiVersion: sluice.dev/v1, kind: Service, metadata: {name: acme.fw}}\n---\n{apiVersion: sluice.dev/v1, kind: Service, metadata: {name: fw}}")
                .text();
        seen.add(bulk);
        assertThat(seen).noneMatch(text -> text.contains("bolt"));
    }

    /** Found by random requests: it was a defect, 500. */
    @Test
    void tokensOfUsersWhoseNamesAreNoNamesAreRefusedLikeThoseOfNobody() throws Exception {
        for (String user : List.of("\u69d8", "../x", "a/b", "")) {
            Http.Answer answer = send(admin, "POST", "/api/v1/tokens", "user: \"" + user + "\"");
            assertThat(answer.status()).as(user + answer.text()).isEqualTo(404);
        }
    }

    @Test
    void assignmentsOfServiceManagersAreForThoseWhoReadAllThatTheyTell() throws Exception {
        String path = "/api/v1/servicemanagers/%smanager/assignment";
        String vendor = token("vendor", new Binding(Role.VENDOR, Binding.EVERYWHERE));
        assertThat(send(vendor, "GET", path.formatted(""), "")
                        .json()
                        .at("/chains/0/name")
                        .asString())
                .isEqualTo("chain");
        String ofAcme = token("eve", new Binding(Role.SECURITY_ADMIN, "acme"));
        assertThat(send(ofAcme, "GET", path.formatted("acme."), "").text())
                .contains("acme.chain")
                .doesNotContain("bolt");
        assertThat(send(ofAcme, "GET", path.formatted(""), "").status())
                .as("it tells of chains of all tenants")
                .isEqualTo(403);
        String there = send(ofAcme, "GET", path.formatted("bolt."), "").text();
        assertThat(there).contains("\"status\":404");
        assertThat(send(ofAcme, "GET", "/api/v1/servicemanagers/bolt.xanager/assignment", "")
                        .text())
                .isEqualTo(there.replace("bolt.manager", "bolt.xanager"));
        Http.Answer answer = send(vendor, "GET", path.formatted(""), "");
        String version = answer.json().path("version").asString();
        assertThat(answer.whole().headers().firstValue("ETag")).contains("\"" + version + "\"");
        long beginNs = System.nanoTime();
        assertThat(send(vendor, "GET", path.formatted("") + "?wait=30&version=other", "")
                        .status())
                .isEqualTo(200);
        assertThat(System.nanoTime() - beginNs)
                .as("there is another one already")
                .isLessThan(20_000_000_000L);
    }
}
