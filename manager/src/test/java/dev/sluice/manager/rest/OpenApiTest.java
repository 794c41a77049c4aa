package dev.sluice.manager.rest;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.manager.objects.Trees;
import dev.sluice.model.JsonSchema;
import dev.sluice.model.Kind;
import dev.sluice.model.WrittenObject;
import dev.sluice.model.YamlText;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

/** The contract in the tree says what the routes do, and the routes do what it says. */
class OpenApiTest {
    private static final Pattern PARAMETERS = Pattern.compile("\\{([a-z]+)\\}");

    private static JsonNode contract() throws Exception {
        WrittenObject.Read read = WrittenObject.read("openapi.yaml", SystemRoutes.contract());
        assertThat(read.problems()).isEmpty();
        return Trees.tree(read.objects().getFirst().fields());
    }

    private static JsonNode resolve(JsonNode contract, JsonNode node) {
        String reference = node.path("$ref").asString("");
        return reference.isEmpty() ? node : contract.at(reference.substring(1));
    }

    @Test
    void everyRouteIsInTheContractAndTheOtherWayRound() throws Exception {
        Set<String> promised = new TreeSet<>();
        for (Map.Entry<String, JsonNode> path : contract().path("paths").properties()) {
            for (Map.Entry<String, JsonNode> operation : path.getValue().properties()) {
                if (!operation.getKey().equals("parameters")) {
                    promised.add(operation.getKey().toUpperCase(Locale.ROOT) + " " + path.getKey() + " "
                            + operation.getValue().path("operationId").asString());
                }
            }
        }
        Set<String> routes = new TreeSet<>();
        try (Http http = new Http(1_000)) {
            http.api
                    .routes()
                    .forEach(route -> routes.add(route.method() + " " + route.template() + " " + route.operation()));
        }
        assertThat(routes).isEqualTo(promised);
    }

    @Test
    void everyReferenceLeadsSomewhereAndNothingIsUnused() throws Exception {
        JsonNode contract = contract();
        Set<String> used = new HashSet<>();
        references(contract, used);
        for (String reference : used) {
            assertThat(contract.at(reference.substring(1)).isMissingNode())
                    .as(reference)
                    .isFalse();
        }
        for (Map.Entry<String, JsonNode> section : contract.path("components").properties()) {
            if (section.getKey().equals("securitySchemes")) {
                continue;
            }
            for (Map.Entry<String, JsonNode> entry : section.getValue().properties()) {
                assertThat(used).contains("#/components/" + section.getKey() + "/" + entry.getKey());
            }
        }
    }

    private static void references(JsonNode at, Set<String> found) {
        for (Map.Entry<String, JsonNode> field : at.properties()) {
            if (field.getKey().equals("$ref")) {
                found.add(field.getValue().asString());
            }
            references(field.getValue(), found);
        }
        if (at.isArray()) {
            at.forEach(item -> references(item, found));
        }
    }

    /** Where the part begins that is made; whoever reads the contract sees it. */
    private static final String MADE =
            "    # From here on made of the tables that read the objects, by ./dev docs; don't edit.\n";

    private static String made() {
        Map<String, Object> schemas = new LinkedHashMap<>();
        for (boolean whole : new boolean[] {true, false}) {
            Map<String, Object> mapping = new LinkedHashMap<>();
            List<Object> any = new ArrayList<>();
            for (Kind kind : Kind.written()) {
                Map<String, Object> reference = JsonSchema.reference(kind.word() + (whole ? "" : "Fields"));
                any.add(reference);
                mapping.put(kind.word(), reference.get("$ref"));
            }
            Map<String, Object> schema = new LinkedHashMap<>();
            schema.put(
                    "description",
                    whole ? "An object as users write it." : "Those of its fields that one wants to own.");
            schema.put("oneOf", any);
            Map<String, Object> discriminator = new LinkedHashMap<>();
            discriminator.put("propertyName", "kind");
            discriminator.put("mapping", mapping);
            schema.put("discriminator", discriminator);
            schemas.put(whole ? "WrittenObject" : "AppliedObject", schema);
        }
        schemas.putAll(JsonSchema.kinds());
        return YamlText.of(schemas).indent(4);
    }

    @Test
    @Tag("generated-docs")
    void schemasOfKindsAreMadeOfTheModel() throws Exception {
        String contract = SystemRoutes.contract();
        int at = contract.indexOf(MADE);
        assertThat(at).isPositive();
        String wanted = contract.substring(0, at) + MADE + made();
        if ("1".equals(System.getenv("SLUICE_WRITE_DOCS"))) {
            Files.writeString(Path.of("src/main/resources/dev/sluice/manager/rest/openapi.yaml"), wanted);
            contract = wanted;
        }
        assertThat(contract).as("made anew by ./dev docs").isEqualTo(wanted);
    }

    @Test
    void kindsOfTheContractAreThoseOfTheModel() throws Exception {
        List<String> kinds = new ArrayList<>();
        contract().at("/components/parameters/kinds/schema/enum").forEach(kind -> kinds.add(kind.asString()));
        assertThat(kinds).isEqualTo(Kind.plurals());
    }

    @Test
    void everyParameterOfTheContractIsTakenAndNoOther() throws Exception {
        JsonNode contract = contract();
        try (Http http = new Http(1_000)) {
            for (Route route : http.api.routes()) {
                JsonNode path = contract.path("paths").path(route.template());
                JsonNode operation = path.path(route.method().toLowerCase(Locale.ROOT));
                Set<String> inPath = new HashSet<>();
                List<JsonNode> all = new ArrayList<>();
                path.path("parameters").forEach(p -> all.add(resolve(contract, p)));
                operation.path("parameters").forEach(p -> all.add(resolve(contract, p)));
                for (JsonNode parameter : all) {
                    String name = parameter.path("name").asString();
                    if (parameter.path("in").asString().equals("path")) {
                        inPath.add(name);
                    } else if (parameter.path("in").asString().equals("query")) {
                        assertThat(detail(http, route, name))
                                .as("%s %s", route, name)
                                .doesNotContain("unknown parameter");
                    }
                }
                Matcher named = PARAMETERS.matcher(route.template());
                Set<String> inTemplate = new HashSet<>();
                while (named.find()) {
                    inTemplate.add(named.group(1));
                }
                assertThat(inPath).as(route.template()).isEqualTo(inTemplate);
                if (route.template().startsWith("/api")) {
                    assertThat(detail(http, route, "pigeon")).as("%s", route).contains("unknown parameter pigeon");
                }
            }
        }
    }

    /** What is wrong with a request that has a parameter; the value is one that no parameter takes as it is. */
    private static String detail(Http http, Route route, String parameter) throws Exception {
        String path = route.template().replace("{kinds}", "services").replace("{name}", "x") + "?" + parameter + "=%3D";
        return http.send(route.method(), path, "").text();
    }

    @Test
    void answersHaveTheFieldsThatTheContractRequires() throws Exception {
        JsonNode contract = contract();
        String object = "{apiVersion: sluice.dev/v1, kind: Service, metadata: {name: fw}, spec: {transport: raw}}";
        try (Http http = new Http(1_000)) {
            assertRequired(
                    contract,
                    "Changed",
                    http.send("POST", "/api/v1/apply", object).json());
            assertRequired(contract, "Object", http.get("/api/v1/services/fw").json());
            assertRequired(contract, "ObjectList", http.get("/api/v1/services").json());
            assertRequired(contract, "Discovery", http.get("/api/v1").json());
            assertRequired(contract, "AuditList", http.get("/api/v1/audit").json());
            assertRequired(
                    contract,
                    "AuditVerdict",
                    http.get("/api/v1/audit/verification").json());
            assertRequired(contract, "HistoryList", http.get("/api/v1/history").json());
            assertRequired(
                    contract,
                    "RolledBack",
                    http.send("POST", "/api/v1/rollback", "revision: 0").json());
            assertRequired(
                    contract,
                    "Changed",
                    http.send("POST", "/api/v1/apply?confirmSeconds=60", object).json());
            assertRequired(contract, "HistoryList", http.get("/api/v1/history").json());
            String newest =
                    http.get("/api/v1/history").json().at("/trial/revision").toString();
            assertRequired(
                    contract,
                    "Done",
                    http.send("POST", "/api/v1/confirm", "revision: " + newest).json());
            assertRequired(contract, "AuditList", http.get("/api/v1/audit").json());
            assertRequired(contract, "ManagerList", http.get("/api/v1/managers").json());
            http.send("POST", "/api/v1/apply", object + """

                    ---
                    {apiVersion: sluice.dev/v1, kind: ServiceManager, metadata: {name: acme}, spec: {services: fw}}
                    ---
                    {apiVersion: sluice.dev/v1, kind: ServiceInstance, metadata: {name: fw-1}, spec: {service: fw, node: a, interfaces: {in: i, out: o}}}
                    ---
                    {apiVersion: sluice.dev/v1, kind: ServiceChain, metadata: {name: c}, spec: {profiles: [fw]}}
                    """);
            assertRequired(
                    contract,
                    "Assignment",
                    http.get("/api/v1/servicemanagers/acme/assignment").json());
            assertRequired(contract, "Self", http.get("/api/v1/self").json());
            assertRequired(
                    contract,
                    "Right",
                    http.get("/api/v1/self/rights?verb=read&kind=service").json());
            assertRequired(
                    contract,
                    "Tenant",
                    http.send("PUT", "/api/v1/tenants/acme", "{}").json());
            assertRequired(contract, "TenantList", http.get("/api/v1/tenants").json());
            assertRequired(
                    contract,
                    "User",
                    http.send("PUT", "/api/v1/users/eve", "roles: [{role: auditor}]")
                            .json());
            assertRequired(contract, "UserList", http.get("/api/v1/users").json());
            assertRequired(
                    contract,
                    "IssuedToken",
                    http.send("POST", "/api/v1/tokens", "user: eve").json());
            assertRequired(contract, "TokenList", http.get("/api/v1/tokens").json());
            assertRequired(
                    contract,
                    "IssuedEnrolment",
                    http.send("POST", "/api/v1/enrolments", "node: a").json());
            assertRequired(
                    contract, "EnrolmentList", http.get("/api/v1/enrolments").json());
            assertRequired(
                    contract,
                    "Done",
                    http.send("DELETE", "/api/v1/users/eve", "").json());
            assertRequired(contract, "Problem", http.get("/api/v1/pigeons").json());
            assertRequired(
                    contract,
                    "Problem",
                    http.send("POST", "/api/v1/apply", "kind: x").json());
        }
    }

    private static void assertRequired(JsonNode contract, String schema, JsonNode value) {
        check(contract, contract.at("/components/schemas/" + schema), value, schema);
    }

    private static void check(JsonNode contract, JsonNode schema, JsonNode value, String where) {
        JsonNode type = resolve(contract, schema);
        switch (type.path("type").asString("")) {
            case "object" -> {
                assertThat(value.isObject()).as(where).isTrue();
                type.path("required")
                        .forEach(name -> assertThat(value.has(name.asString()))
                                .as(where + "." + name.asString())
                                .isTrue());
                if (!type.path("properties").isEmpty()
                        && type.path("additionalProperties").isMissingNode()) {
                    value.properties().forEach(field -> {
                        assertThat(type.path("properties").has(field.getKey()))
                                .as(where + "." + field.getKey())
                                .isTrue();
                        check(
                                contract,
                                type.path("properties").path(field.getKey()),
                                field.getValue(),
                                where + "." + field.getKey());
                    });
                }
            }
            case "array" -> {
                assertThat(value.isArray()).as(where).isTrue();
                value.forEach(item -> check(contract, type.path("items"), item, where + "[]"));
            }
            case "string" -> assertThat(value.isString()).as(where).isTrue();
            case "integer" -> assertThat(value.isIntegralNumber()).as(where).isTrue();
            case "boolean" -> assertThat(value.isBoolean()).as(where).isTrue();
            default -> assertThat(type.isMissingNode()).as(where).isFalse();
        }
    }
}
