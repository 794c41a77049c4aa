package dev.sluice.manager.rest;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.fuzz.SchemaCheck;
import dev.sluice.manager.objects.Trees;
import dev.sluice.model.WrittenObject;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.json.JsonMapper;

/** The contract as tests hold requests and answers against it. Any thread. */
final class Contract {
    private static final JsonMapper MAPPER = new JsonMapper();
    private static final Map<String, @Nullable Object> ROOT = read();
    private static final SchemaCheck CHECK = new SchemaCheck(ROOT);

    private Contract() {}

    private static Map<String, @Nullable Object> read() {
        try {
            WrittenObject.Read read = WrittenObject.read("openapi.yaml", SystemRoutes.contract());
            assertThat(read.problems()).isEmpty();
            return read.objects().getFirst().fields();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** All of it. */
    static Map<String, @Nullable Object> root() {
        return ROOT;
    }

    /** A value as schemas are about it. */
    static Object json(String text) {
        return Trees.plain(MAPPER.readTree(text));
    }

    /** What is wrong with a value by a schema of the contract. */
    static List<String> problems(String schema, @Nullable Object value) {
        return CHECK.problems(Map.of("$ref", "#/components/schemas/" + schema), value);
    }

    private static Map<?, ?> map(@Nullable Object value) {
        return value instanceof Map<?, ?> map
                ? map.get("$ref") instanceof String reference ? map(CHECK.resolve(reference)) : map
                : Map.of();
    }

    private static List<?> list(@Nullable Object value) {
        return value instanceof List<?> list ? list : List.of();
    }

    /** What a request does, and where the contract says so. */
    record Operation(Route route, Map<?, ?> path, Map<?, ?> said) {
        static Optional<Operation> of(List<Route> routes, String method, String path) {
            // A body of HEAD is nobody's.
            return routes.stream()
                    .filter(route ->
                            route.method().equals(method) && route.match(path).isPresent())
                    .findFirst()
                    .map(route -> {
                        Map<?, ?> paths = map(map(ROOT.get("paths")).get(route.template()));
                        return new Operation(route, paths, map(paths.get(method.toLowerCase(Locale.ROOT))));
                    });
        }

        List<Map<?, ?>> parameters(String in) {
            List<Map<?, ?>> found = new ArrayList<>();
            list(path.get("parameters")).forEach(each -> found.add(map(each)));
            list(said.get("parameters")).forEach(each -> found.add(map(each)));
            return found.stream().filter(each -> in.equals(each.get("in"))).toList();
        }

        /** Schema of the body; empty: there is none. */
        Optional<Object> body(String contentType) {
            Map<?, ?> content = map(map(said.get("requestBody")).get("content"));
            return Optional.ofNullable(content.get(contentType))
                    .map(each -> Objects.requireNonNull(map(each).get("schema")));
        }

        boolean hasBody() {
            return said.containsKey("requestBody");
        }
    }

    /** A parameter's text as the value that its schema is about. */
    static Object typed(Map<?, ?> schema, String text) {
        if ("integer".equals(schema.get("type")) && text.matches("-?[0-9]{1,18}")) {
            return Long.parseLong(text);
        }
        return "boolean".equals(schema.get("type")) && (text.equals("true") || text.equals("false") || text.isEmpty())
                ? (Object) Boolean.valueOf(text)
                : text;
    }

    /** What the contract has against a request; empty: nothing. */
    static List<String> problems(Operation operation, URI uri, Map<String, String> headers, String body) {
        List<String> problems = new ArrayList<>();
        Map<String, String> query = new LinkedHashMap<>();
        if (uri.getRawQuery() != null && !uri.getRawQuery().isEmpty()) {
            for (String pair : uri.getRawQuery().split("&", -1)) {
                String[] parts = pair.split("=", 2);
                query.put(decoded(parts[0]), parts.length > 1 ? decoded(parts[1]) : "");
            }
        }
        check(operation.parameters("query"), query, problems);
        check(
                operation.parameters("path"),
                operation.route().match(uri.getPath()).orElseThrow(),
                problems);
        check(operation.parameters("header"), headers, problems);
        query.keySet().stream()
                .filter(name -> operation.parameters("query").stream().noneMatch(each -> name.equals(each.get("name"))))
                .forEach(name -> problems.add("parameter " + name + " is unknown"));
        if (operation.hasBody()) {
            String type =
                    headers.getOrDefault("Content-Type", "").split(";", 2)[0].strip();
            Optional<Object> schema = operation.body(type);
            if (schema.isEmpty()) {
                problems.add("Content-Type " + type);
            } else {
                for (WrittenObject object : WrittenObject.read("", body).objects()) {
                    problems.addAll(CHECK.problems(schema.get(), object.fields()));
                }
            }
        }
        return problems;
    }

    private static String decoded(String text) {
        return URLDecoder.decode(text, StandardCharsets.UTF_8);
    }

    private static void check(List<Map<?, ?>> parameters, Map<String, String> given, List<String> problems) {
        for (Map<?, ?> parameter : parameters) {
            String name = (String) Objects.requireNonNull(parameter.get("name"));
            String text = given.get(name);
            Map<?, ?> schema = map(parameter.get("schema"));
            // Left out and empty are the same for all but flags.
            if (text != null && (!text.isEmpty() || Boolean.TRUE.equals(parameter.get("allowEmptyValue")))) {
                CHECK.problems(schema, typed(schema, text)).forEach(each -> problems.add("parameter " + name + each));
            } else if (Boolean.TRUE.equals(parameter.get("required"))) {
                problems.add("parameter " + name + " is missing");
            }
        }
    }

    /** What the contract has against an answer. */
    static List<String> answerProblems(Operation operation, int status, String contentType, String body) {
        Map<?, ?> responses = map(operation.said().get("responses"));
        Object said = responses.get(String.valueOf(status));
        Map<?, ?> response = map(said == null && status >= 400 ? responses.get("default") : said);
        if (response.isEmpty()) {
            return List.of("status " + status + " is not in the contract");
        }
        String type = contentType.split(";", 2)[0].strip();
        Map<?, ?> content = map(map(response.get("content")).get(type));
        if (content.isEmpty()) {
            return List.of("status " + status + " with Content-Type " + type + " is not in the contract");
        }
        Object schema = Objects.requireNonNull(content.get("schema"));
        if (type.endsWith("json")) {
            return CHECK.problems(schema, Trees.plain(MAPPER.readTree(body)));
        }
        // Texts are texts; objects in YAML are read.
        boolean text =
                !type.equals("application/yaml") || "string".equals(map(schema).get("type"));
        return text
                ? List.of()
                : CHECK.problems(
                        schema,
                        WrittenObject.read("", body).objects().getFirst().fields());
    }
}
