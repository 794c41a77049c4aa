package dev.sluice.model;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.fuzz.SchemaCheck;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** What a schema refuses, readers refuse; and what it takes they take, as far as a schema can say. */
class JsonSchemaTest {
    private static final Map<String, Map<String, Object>> KINDS = JsonSchema.kinds();
    private static final SchemaCheck CHECK = new SchemaCheck(Map.of("components", Map.of("schemas", KINDS)));

    /** Values that some fields take, that none takes, and at the ends of what they take. */
    private static List<@Nullable Object> values() {
        List<@Nullable Object> values = new ArrayList<>();
        values.add(null);
        for (long number :
                new long[] {-1, 0, 1, 2, 64, 1000, 4094, 4095, 65_535, 65_536, 16_777_215, 999_999_999_999L}) {
            values.add(number);
        }
        values.addAll(List.of(1.5, true, false, List.of(), Map.of(), Map.of("name", "x"), List.of(1L), List.of("fw")));
        values.addAll(List.of(
                "",
                " ",
                "fw",
                "fw-1.a",
                "-fw",
                "fw-",
                "FW",
                "eth0",
                "br:0",
                "a/b",
                "a b",
                "tap*",
                "x".repeat(15),
                "x".repeat(16),
                "x".repeat(63),
                "x".repeat(64),
                "x".repeat(255),
                "x".repeat(1025),
                "x".repeat(5000),
                "new\nline",
                "fw\n",
                "\u0000",
                "\u00e4\u00f6",
                "12",
                "80-90",
                "90 - 80",
                "1-70000",
                "80-",
                "30s",
                "500ms",
                "0ms",
                "400d",
                "5 m",
                "10000000000s",
                "tcp",
                "sctp",
                "closed",
                "open",
                "off",
                "auto",
                "keep",
                "raw",
                "copy",
                "in",
                "any",
                "strict",
                "02:00:00:00:00:01",
                "03:00:00:00:00:01",
                "02-00-00-00-00-01",
                "02:1A:*",
                "10.0.0.1",
                "10.0.0.1/24",
                "10.0.0.0/8",
                "10.0.0.0/33",
                "::",
                "2001:DB8::1",
                "::ffff:10.0.0.1",
                "fe80::1%eth0",
                "2001:db8::/32",
                "224.0.0.1",
                "256.1.1.1",
                "01.2.3.4",
                "https://acme.example:8443/sluice",
                "http://acme.example/",
                "http://localhost/x",
                "HTTPS://acme.example/\u00e4",
                "/healthz",
                "/usr/bin/fw",
                "healthz",
                "aa".repeat(32),
                "aa:".repeat(31) + "aa",
                "chain[fw-1,ips-2]",
                "17",
                "1",
                "t1/to-t0",
                "*",
                "sluice.dev/v1",
                "Service"));
        return values;
    }

    private static YamlNode node(@Nullable Object value) {
        return YamlReader.read(YamlText.of(value)).documents().getFirst();
    }

    private static boolean reads(ValueType<?> type, @Nullable Object value) {
        YamlNode node = node(value);
        Document document = new Document("f", "", node, new ProblemLog());
        return type.read(new FieldReader(document, node, "")) != null;
    }

    /** All types of fields, in objects in objects too. */
    private static void collect(ObjectType<?> object, String path, Map<String, ValueType<?>> types) {
        for (Field<?> field : object.fields()) {
            types.put(path + field.name(), field.type());
            ObjectType<?> inner = field.type().object();
            if (inner != null) {
                collect(inner, path + field.name() + field.type().step() + ".", types);
            }
        }
    }

    @Test
    void whatTheSchemaOfAFieldRefusesItsReaderRefuses() {
        Set<String> looser = new TreeSet<>();
        int[] taken = new int[2];
        for (KindReader kind : KindReader.ALL) {
            Map<String, ValueType<?>> types = new LinkedHashMap<>();
            collect(kind.object(), kind.kind().word() + ".", types);
            types.forEach((path, type) -> {
                Object schema = JsonSchema.whole(type);
                for (Object value : values()) {
                    boolean fits = CHECK.fits(schema, value);
                    boolean reads = reads(type, value);
                    if (reads) {
                        assertThat(CHECK.problems(schema, value))
                                .as(path + " takes " + value)
                                .isEmpty();
                        taken[0]++;
                    } else if (fits) {
                        looser.add(type.allowed());
                    } else {
                        taken[1]++;
                    }
                }
            });
        }
        assertThat(taken[0]).isGreaterThan(1_000);
        assertThat(taken[1]).isGreaterThan(10_000);
        // Only what is parsed, has its range in a text or says one thing of two may be refused beyond its schema.
        assertThat(looser)
                .allMatch(allowed -> Stream.of(
                                "address",
                                "duration",
                                "number or",
                                "prefix",
                                "object",
                                "https://",
                                "secret",
                                "path",
                                "place",
                                "list",
                                "interface",
                                "spaces at its ends")
                        .anyMatch(allowed::contains));
    }

    @Test
    void numbersWordsTruthValuesAndNamesAreWhatTheirSchemasSay() {
        List<ValueType<?>> exact = List.of(
                Types.integer(1, 4094),
                Types.BOOLEAN,
                Types.NAME,
                Types.word(FailureAction.class),
                Types.text(253),
                Types.reference(Kind.SERVICE),
                Types.TEXTS,
                Lists.of(Types.NAME, 1, 2),
                Lists.orOne(Types.integer(0, 1), 0, 1),
                ServiceProfileReader.PARAMETER_NAME);
        for (ValueType<?> type : exact) {
            for (Object value : values()) {
                assertThat(CHECK.fits(type.schema(), value))
                        .as(type.allowed() + ": " + value)
                        .isEqualTo(reads(type, value));
            }
        }
    }

    private static boolean sound(Map<String, @Nullable Object> object) {
        return ObjectReader.alone("f", node(object)).resource() != null;
    }

    private static Map<String, Object> schema(Map<String, ?> object) {
        return Objects.requireNonNull(KINDS.get(String.valueOf(object.get("kind"))));
    }

    private static List<Map<String, @Nullable Object>> samples() {
        List<Map<String, @Nullable Object>> samples = new ArrayList<>();
        Stream<String> texts = Stream.concat(
                Stream.of(Samples.everyKind()), KindReader.ALL.stream().map(KindReader::example));
        texts.forEach(text -> WrittenObject.read("f", text).objects().forEach(object -> samples.add(object.fields())));
        return samples;
    }

    @Test
    void samplesOfAllKindsFit() {
        Set<String> kinds = new TreeSet<>();
        for (Map<String, @Nullable Object> sample : samples()) {
            assertThat(CHECK.problems(schema(sample), sample))
                    .as(String.valueOf(sample))
                    .isEmpty();
            assertThat(sound(sample)).as(String.valueOf(sample)).isTrue();
            kinds.add(String.valueOf(sample.get("kind")));
        }
        assertThat(kinds).hasSize(Kind.written().size());
    }

    /** The same value with one thing in it changed, in all ways: a field or item is gone, is something else, or there is one more. */
    private static void broken(@Nullable Object value, List<@Nullable Object> results) {
        if (value instanceof Map<?, ?> map) {
            for (Map.Entry<?, ?> field : map.entrySet()) {
                Map<Object, @Nullable Object> without = new LinkedHashMap<>(map);
                without.remove(field.getKey());
                results.add(without);
                List<@Nullable Object> inner =
                        new ArrayList<>(Arrays.asList(null, -1L, "No Name!", List.of(), Map.of(), true, 1.5));
                broken(field.getValue(), inner);
                for (Object other : inner) {
                    Map<Object, @Nullable Object> changed = new LinkedHashMap<>(map);
                    changed.put(field.getKey(), other);
                    results.add(changed);
                }
            }
            Map<Object, @Nullable Object> more = new LinkedHashMap<>(map);
            more.put("pigeon", "x");
            results.add(more);
        } else if (value instanceof List<?> list) {
            for (int i = 0; i < list.size(); i++) {
                List<@Nullable Object> inner = new ArrayList<>();
                broken(list.get(i), inner);
                for (Object other : inner) {
                    List<@Nullable Object> changed = new ArrayList<>(list);
                    changed.set(i, other);
                    results.add(changed);
                }
            }
        }
    }

    @Test
    @SuppressWarnings("unchecked") // a broken object is an object
    void whatTheSchemaOfAKindRefusesTheModelRefuses() {
        Map<String, Integer> refused = new HashMap<>();
        for (Map<String, @Nullable Object> sample : samples()) {
            List<@Nullable Object> results = new ArrayList<>();
            broken(sample, results);
            for (Object result : results) {
                Map<String, @Nullable Object> object = (Map<String, @Nullable Object>) result;
                List<Problem> problems =
                        ObjectReader.alone("f", node(object)).problems().sorted();
                boolean simple = problems.stream()
                        .anyMatch(problem -> problem.message().startsWith("unknown field")
                                || problem.message().startsWith("is not one of the known words")
                                || (problem.message().equals("is out of range")
                                        && problem.allowed().matches("[0-9]+\\.\\.[0-9]+")));
                if (simple) {
                    assertThat(CHECK.fits(schema(sample), object))
                            .as(problems + " " + object)
                            .isFalse();
                }
                if (!CHECK.fits(schema(sample), object)) {
                    assertThat(sound(object))
                            .as(sample.get("kind") + ": " + CHECK.problems(schema(sample), object) + " " + object)
                            .isFalse();
                    refused.merge(String.valueOf(sample.get("kind")), 1, Integer::sum);
                }
            }
        }
        assertThat(refused)
                .hasSize(Kind.written().size())
                .allSatisfy((kind, count) -> assertThat(count).isGreaterThan(20));
    }

    @Test
    void appliedObjectsMayLeaveOutFieldsThatOthersOwnButNoneOfAnItem() {
        Map<String, Object> fields = Objects.requireNonNull(KINDS.get("LogicalRouterFields"));
        Map<String, ?> identity =
                Map.of("apiVersion", "sluice.dev/v1", "kind", "LogicalRouter", "metadata", Map.of("name", "t0"));
        Map<String, Object> object = new LinkedHashMap<>(identity);
        object.put("spec", Map.of("routes", List.of(Map.of("prefix", "10.0.0.0/8", "blackhole", true))));
        assertThat(CHECK.problems(fields, object)).isEmpty();
        assertThat(CHECK.problems(schema(object), object)).containsExactly(".spec.interfaces: is missing");
        object.put("spec", Map.of("routes", List.of(Map.of("blackhole", true))));
        assertThat(CHECK.problems(fields, object)).containsExactly(".spec.routes[0].prefix: is missing");
    }
}
