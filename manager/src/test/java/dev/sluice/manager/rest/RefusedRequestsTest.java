package dev.sluice.manager.rest;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.fuzz.SchemaCheck;
import dev.sluice.manager.objects.Trees;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** What the contract refuses the manager refuses: parameters and bodies that are wrong in one place. That it takes what the contract takes, and answers as it says, each {@link Http#send} checks. */
class RefusedRequestsTest {
    private static final SchemaCheck CHECK = new SchemaCheck(Contract.root());
    private static final List<@Nullable Object> VALUES = Arrays.asList(
            null,
            true,
            -1L,
            0L,
            1.5,
            99_999_999_999L,
            "",
            "x",
            "No Name!",
            "x".repeat(300),
            List.of(),
            List.of("x"),
            List.of(Map.of("pigeon", 1L)),
            Map.of());

    /** A body of each schema that is no object of a kind. */
    private static final Map<String, String[]> BODIES = Map.of(
            "UserRoles",
                    new String[] {
                        "PUT", "/api/v1/users/eve", "{\"roles\": [{\"role\": \"auditor\", \"tenant\": \"*\"}]}"
                    },
            "TokenWish",
                    new String[] {"POST", "/api/v1/tokens", "{\"user\": \"eve\", \"ttlSeconds\": 60, \"note\": \"x\"}"},
            "EnrolmentWish", new String[] {"POST", "/api/v1/enrolments", "{\"node\": \"a\", \"ttlSeconds\": 60}"},
            "RollbackWish", new String[] {"POST", "/api/v1/rollback", "{\"revision\": 0}"},
            "ObjectName",
                    new String[] {"POST", "/api/v1/delete", "{\"kind\": \"Service\", \"metadata\": {\"name\": \"fw\"}}"
                    },
            "ObjectStatus",
                    new String[] {"PUT", "/api/v1/services/fw/status", "{\"kind\": \"Service\", \"status\": {}}"},
            "AppliedObject",
                    new String[] {
                        "POST",
                        "/api/v1/apply",
                        "{\"apiVersion\": \"sluice.dev/v1\", \"kind\": \"Service\", \"metadata\": {\"name\": \"fw\"}, \"spec\": {\"transport\": \"raw\", \"health\": {\"failAfter\": 3}}}"
                    },
            "WrittenObject",
                    new String[] {
                        "POST",
                        "/api/v1/ports",
                        "{\"apiVersion\": \"sluice.dev/v1\", \"kind\": \"Port\", \"metadata\": {\"name\": \"p\"}, \"spec\": {\"interface\": \"eth0\"}}"
                    });

    private static void broken(@Nullable Object value, List<@Nullable Object> results) {
        if (!(value instanceof Map<?, ?> map) || map.isEmpty()) {
            results.addAll(VALUES);
            return;
        }
        for (Map.Entry<?, ?> field : map.entrySet()) {
            Map<Object, @Nullable Object> without = new LinkedHashMap<>(map);
            without.remove(field.getKey());
            results.add(without);
            List<@Nullable Object> inner = new ArrayList<>();
            broken(field.getValue(), inner);
            for (Object other : inner) {
                Map<Object, @Nullable Object> changed = new LinkedHashMap<>(map);
                changed.put(field.getKey(), other);
                results.add(changed);
            }
        }
        Map<Object, @Nullable Object> more = new LinkedHashMap<>(map);
        more.put("pigeon", 1L);
        results.add(more);
    }

    @Test
    void bodiesThatAreWrongInOnePlaceAreRefused() throws Exception {
        try (Http http = new Http(100_000)) {
            http.send("PUT", "/api/v1/users/eve", "roles: []");
            http.send(
                    "POST",
                    "/api/v1/apply",
                    "{apiVersion: sluice.dev/v1, kind: Service, metadata: {name: fw}, spec: {transport: raw}}");
            for (Map.Entry<String, String[]> each : BODIES.entrySet()) {
                String[] call = each.getValue();
                List<@Nullable Object> results = new ArrayList<>();
                broken(Contract.json(call[2]), results);
                int refused = 0;
                for (Object result : results) {
                    if (!Contract.problems(each.getKey(), result).isEmpty()) {
                        Http.Answer answer = http.send(
                                call[0],
                                call[1],
                                Trees.text(Objects.requireNonNull(result)),
                                "Content-Type",
                                "application/json");
                        assertThat(answer.status())
                                .as(each.getKey() + " " + result + ": " + answer.text())
                                .isBetween(400, 499);
                        refused++;
                    }
                }
                assertThat(refused).as(each.getKey()).isGreaterThan(5);
            }
        }
    }

    @Test
    void parametersThatAreOutOfRangeAreRefusedAndThoseAtItsEndsTaken() throws Exception {
        int refused = 0;
        try (Http http = new Http(100_000)) {
            for (Route route : http.api.routes()) {
                String path = route.template().replace("{kinds}", "services").replace("{name}", "x");
                for (Map<?, ?> parameter : Contract.Operation.of(http.api.routes(), route.method(), path)
                        .orElseThrow()
                        .parameters("query")) {
                    String name = (String) Objects.requireNonNull(parameter.get("name"));
                    Map<?, ?> schema = (Map<?, ?>) Objects.requireNonNull(parameter.get("schema"));
                    for (String text : texts(schema)) {
                        boolean fits = CHECK.fits(schema, Contract.typed(schema, text));
                        String query = name + "=" + URLEncoder.encode(text, StandardCharsets.UTF_8);
                        Http.Answer answer = http.send(route.method(), path + "?" + query, "");
                        String what = route + " " + query + ": " + answer.text();
                        if (!fits) {
                            assertThat(answer.status()).as(what).isEqualTo(400);
                            assertThat(answer.text()).as(what).contains(name);
                            refused++;
                        } else {
                            assertThat(answer.text()).as(what).doesNotContain(name + " is '");
                        }
                    }
                }
            }
        }
        assertThat(refused).isGreaterThan(50);
    }

    /** Nothing that a route would wait for. */
    private static List<String> texts(Map<?, ?> schema) {
        List<String> texts = new ArrayList<>();
        if ("integer".equals(schema.get("type"))) {
            texts.addAll(List.of("-1", "x", "1.5", String.valueOf(schema.get("minimum"))));
            if (schema.get("maximum") instanceof Number most) {
                texts.add(String.valueOf(most.longValue() + 1));
            }
        } else if ("boolean".equals(schema.get("type"))) {
            texts.addAll(List.of("true", "false", "maybe", "1"));
        } else if (schema.get("enum") instanceof List<?> words) {
            words.forEach(word -> texts.add(String.valueOf(word)));
            texts.addAll(List.of("no such word", "READ"));
        } else if (schema.containsKey("maxLength") || schema.containsKey("pattern")) {
            texts.addAll(List.of("x".repeat(200), "a b"));
        }
        return texts;
    }
}
