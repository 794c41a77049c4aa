package dev.sluice.agent.admin;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.agent.Yaml;
import dev.sluice.agent.flows.FlowAddress;
import dev.sluice.model.ConfigurationLoader;
import dev.sluice.wire.IpAddress;
import dev.sluice.wire.IpPrefix;
import dev.sluice.wire.MacAddress;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.Consumer;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Damaged texts for each parser of texts (B1): whatever is in them, a parser says what is wrong and throws nothing. */
class TextFuzzTest {
    private static final List<String> PIECES = List.of(
            "\u0000",
            "\uffff",
            "{",
            "}",
            "[",
            "]",
            ":",
            "- ",
            "---\n",
            "&a ",
            "*a",
            "!!java ",
            "\"",
            "'",
            "\\u",
            "1e999",
            "-1",
            "99999999999999999999",
            "::",
            "/129",
            ".",
            "\n",
            "\t",
            "null",
            "~",
            "0x",
            "[".repeat(300),
            "\ud800");

    private static final List<String> OBJECTS = List.of(
            Yaml.firewall(),
            Yaml.instance("fw-1", ", weight: 7, metric: 3"),
            Yaml.chain("open"),
            Yaml.inspectAll(),
            Yaml.bridge());

    private static final List<String> LINES = List.of(
            "{\"command\":\"flows\",\"limit\":10,\"address\":\"10.0.0.1\",\"port\":53}",
            "{\"command\":\"flows\",\"address\":\"2001:db8::1\",\"deep\":{\"a\":[1,2,{\"b\":null}]}}",
            "{\"command\":\"flows\",\"ttl\":\"10s\",\"once\":true}");

    private static final List<String> WORDS = List.of(
            "10.0.0.1:80", "[2001:db8::1]:443", "2001:db8::/32", "10.0.0.0/8", "02:00:00:00:00:01", "::ffff:1.2.3.4");

    private static Map<String, Consumer<String>> targets() {
        AdminRequests requests = new AdminRequests(List.of(new AdminCommand(
                "flows",
                List.of("limit", "address", "port", "ttl", "once"),
                request -> Map.of(
                        "limit", request.number("limit", 1, 10).orElse(0),
                        "address",
                                request.address("address")
                                        .map(IpAddress::toString)
                                        .orElse(""),
                        "ttl", request.text("ttl", 20).orElse(""),
                        "once", request.flag("once")))));
        Map<String, Consumer<String>> targets = new LinkedHashMap<>();
        targets.put("YAML objects and rules", text -> ConfigurationLoader.parse("fuzz.yaml", text));
        targets.put(
                "administration lines",
                line -> assertThat(requests.answer(line)).startsWith("{\"ok\":").doesNotContain("defect"));
        targets.put("flow addresses", FlowAddress::parse);
        targets.put("addresses, prefixes, MACs", text -> {
            IpAddress.parse(text);
            IpPrefix.parse(text);
            MacAddress.parse(text);
        });
        return targets;
    }

    private static List<String> seeds(String target) {
        return switch (target) {
            case "YAML objects and rules" -> OBJECTS;
            case "administration lines" -> LINES;
            default -> WORDS;
        };
    }

    private static String damaged(Random random, List<String> seeds) {
        StringBuilder text = new StringBuilder(seeds.get(random.nextInt(seeds.size())));
        for (int i = 1 + random.nextInt(6); i > 0; i--) {
            int at = random.nextInt(text.length() + 1);
            switch (random.nextInt(5)) {
                case 0 -> text.insert(at, PIECES.get(random.nextInt(PIECES.size())));
                case 1 -> text.setLength(at);
                case 2 -> text.delete(at, Math.min(text.length(), at + 1 + random.nextInt(8)));
                case 3 -> text.insert(at, (char) random.nextInt(0x1_0000));
                default -> {
                    String other = seeds.get(random.nextInt(seeds.size()));
                    text.insert(at, other, 0, random.nextInt(other.length() + 1));
                }
            }
        }
        return text.toString();
    }

    private static long run(String name, Consumer<String> target, long seed, int executions) {
        Random random = new Random(seed);
        for (int i = 0; i < executions; i++) {
            String text = damaged(random, seeds(name));
            try {
                target.accept(text);
            } catch (RuntimeException | StackOverflowError e) {
                throw new AssertionError(name + ", seed " + seed + ", execution " + i + ": " + text, e);
            }
        }
        return executions;
    }

    @Test
    void parsersOfTextsSayWhatIsWrongWithDamagedOnes() {
        targets().forEach((name, target) -> run(name, target, 7, 2_000));
    }

    @Test
    @Tag("campaign")
    void damagedTextsOfManySeeds() {
        String given = System.getProperty("sluice.seed", "random");
        long first = given.equals("random") ? System.nanoTime() : Long.parseLong(given);
        Map<String, Consumer<String>> targets = targets();
        List<String> lines = new ArrayList<>();
        long perTargetNs = Long.getLong("sluice.fuzz.minutes", 1) * 60_000_000_000L / (3L * targets.size());
        targets.forEach((name, target) -> {
            long end = System.nanoTime() + perTargetNs;
            long executions = 0;
            long seed = first;
            while (System.nanoTime() < end) {
                executions += run(name, target, seed++, 1_000);
            }
            lines.add(
                    "fuzz " + name + ": " + executions + " executions, 0 findings, seeds " + first + ".." + (seed - 1));
        });
        lines.forEach(System.out::println);
        assertThat(lines).hasSameSizeAs(targets.keySet());
    }
}
