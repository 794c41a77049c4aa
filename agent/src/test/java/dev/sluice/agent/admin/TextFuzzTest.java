package dev.sluice.agent.admin;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.agent.Documented;
import dev.sluice.agent.NodeException;
import dev.sluice.agent.NodeName;
import dev.sluice.agent.Yaml;
import dev.sluice.agent.compile.IdRegistry;
import dev.sluice.agent.compile.InterfaceFacts;
import dev.sluice.agent.compile.SnapshotCompiler;
import dev.sluice.agent.flows.FlowAddress;
import dev.sluice.fuzz.Damage;
import dev.sluice.fuzz.FuzzTarget;
import dev.sluice.model.Configuration;
import dev.sluice.model.ConfigurationLoader;
import dev.sluice.model.Kind;
import dev.sluice.model.LoadResult;
import dev.sluice.wire.IpAddress;
import dev.sluice.wire.IpPrefix;
import dev.sluice.wire.MacAddress;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Damaged texts for each parser of texts (B1): whatever is in them, a parser says what is wrong and throws nothing. */
class TextFuzzTest {
    private static final List<String> OBJECTS = Stream.concat(
                    Stream.of(
                            Yaml.firewall(),
                            Yaml.instance("fw-1", ", weight: 7, metric: 3"),
                            Yaml.chain("open"),
                            Yaml.bridge(),
                            Yaml.object(
                                    "Traceflow",
                                    "why",
                                    "{port: left, packet: \"tcp 10.0.0.1:1 > 10.1.0.2:80 syn\", timeToLive: 5m}"),
                            Yaml.object(
                                    "Capture",
                                    "web",
                                    "{nodes: [a, b], port: left, stage: dropped, address: 10.0.0.1, portNumber: 80, packets: 9, duration: 5s, packetBytes: 99}")),
                    Documented.blocks().stream())
            .toList();

    private static final List<String> LINES = List.of(
            "{\"command\":\"trace\",\"seconds\":10,\"packets\":5,\"address\":\"10.0.0.1\",\"port\":53}",
            "{\"command\":\"trace\",\"session\":\"0123abcd\",\"origin\":7,\"address\":\"2001:db8::1\"}",
            "{\"command\":\"reload\",\"confirmSeconds\":60,\"force\":true,\"existingFlows\":\"keep\"}");

    private static final List<String> WORDS = List.of(
            "10.0.0.1:80", "[2001:db8::1]:443", "2001:db8::/32", "10.0.0.0/8", "02:00:00:00:00:01", "::ffff:1.2.3.4");

    /** Those that wait for packets; all others are asked of a node: AdministrationFuzzTest. */
    private static final AdminRequests WAITING = new AdminRequests(List.of(
            new AdminCommand(
                    "trace",
                    TraceFilter.FIELDS,
                    request -> Map.of("filter", TraceFilter.of(request).toString())),
            new AdminCommand(
                    "reload",
                    ReloadRequest.FIELDS,
                    request -> Map.of("request", ReloadRequest.of(request).toString()))));

    /** A parser that nothing but a text is given to. */
    record Parser(String name, int executions, List<String> seeds, Consumer<String> parse) {
        private long run(long seed) {
            Random random = new Random(seed);
            for (int i = 0; i < executions; i++) {
                String text = Damage.text(random, seeds);
                try {
                    parse.accept(text);
                } catch (RuntimeException | AssertionError | StackOverflowError e) {
                    throw new AssertionError("execution " + i + ": " + text, e);
                }
            }
            return executions;
        }

        FuzzTarget target() {
            return new FuzzTarget(name, "TextFuzzTest#damagedTextsOfManySeeds", this::run);
        }

        @Override
        public String toString() {
            return name;
        }
    }

    static Stream<Parser> parsers() {
        return Stream.of(
                new Parser("YAML objects and rules, loaded and compiled", 300, OBJECTS, TextFuzzTest::load),
                new Parser(
                        "administration lines that say what to wait for",
                        2_000,
                        LINES,
                        line -> assertThat(answer(line)).startsWith("{\"ok\":").doesNotContain("defect")),
                new Parser("addresses, prefixes, MACs, flow addresses", 5_000, WORDS, TextFuzzTest::addresses));
    }

    private static String answer(String line) {
        List<String> said = new ArrayList<>();
        try {
            WAITING.answer(line, said::add);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        assertThat(said).hasSize(1);
        return said.getFirst();
    }

    private static void load(String text) {
        LoadResult result = ConfigurationLoader.parse("fuzz.yaml", text);
        assertThat(result.problems())
                .allSatisfy(problem -> assertThat(problem.toString()).isNotEmpty());
        result.configuration().ifPresent(TextFuzzTest::compile);
    }

    private static void addresses(String text) {
        FlowAddress.parse(text);
        IpAddress.parse(text)
                .ifPresent(address ->
                        assertThat(IpAddress.parse(address.toString())).contains(address));
        IpPrefix.parse(text)
                .ifPresent(
                        prefix -> assertThat(IpPrefix.parse(prefix.toString())).contains(prefix));
        MacAddress.parse(text)
                .ifPresent(mac -> assertThat(MacAddress.parse(mac.toString())).contains(mac));
    }

    private static void compile(Configuration objects) {
        List<String> nodes = new ArrayList<>(objects.nodes());
        nodes.add("edge");
        for (String node : nodes) {
            var compiled = new SnapshotCompiler(node, new IdRegistry())
                    .compile(objects, name -> new InterfaceFacts(name.hashCode() & 0xff, 1500));
            assertThat(compiled.node().isPresent() || !compiled.problems().isEmpty())
                    .isTrue();
        }
        try {
            NodeName.choose(objects, Optional.empty());
        } catch (NodeException e) {
            assertThat(e.getMessage()).isNotBlank();
        }
    }

    @Test
    void seedsHoldEveryKind() {
        String all = String.join("\n", OBJECTS);
        for (Kind kind : Kind.written()) {
            assertThat(all).contains("kind: " + kind.word());
        }
    }

    @ParameterizedTest
    @MethodSource("parsers")
    void parsersOfTextsSayWhatIsWrongWithDamagedOnes(Parser parser) {
        parser.target().once(7);
    }

    @ParameterizedTest
    @MethodSource("parsers")
    @Tag("campaign")
    void damagedTextsOfManySeeds(Parser parser) {
        parser.target().run();
    }
}
