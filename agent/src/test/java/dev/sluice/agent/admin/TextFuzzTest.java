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
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Damaged texts for each parser of texts (B1): whatever is in them, a parser says what is wrong and throws nothing. */
class TextFuzzTest {
    private static final List<String> OBJECTS = Stream.concat(
                    Stream.of(
                            Yaml.firewall(),
                            Yaml.instance("fw-1", ", weight: 7, metric: 3"),
                            Yaml.chain("open"),
                            Yaml.bridge()),
                    Documented.blocks().stream())
            .toList();

    private static final List<String> LINES = List.of(
            "{\"command\":\"trace\",\"seconds\":10,\"packets\":5,\"address\":\"10.0.0.1\",\"port\":53}",
            "{\"command\":\"trace\",\"session\":\"0123abcd\",\"origin\":7,\"address\":\"2001:db8::1\"}",
            "{\"command\":\"reload\",\"confirmSeconds\":60,\"force\":true,\"existingFlows\":\"keep\"}");

    private static final List<String> WORDS = List.of(
            "10.0.0.1:80", "[2001:db8::1]:443", "2001:db8::/32", "10.0.0.0/8", "02:00:00:00:00:01", "::ffff:1.2.3.4");

    /** Parsers that nothing but a text is given to. */
    enum Parser {
        OBJECTS_AND_RULES("YAML objects and rules, loaded and compiled", 300, TextFuzzTest.OBJECTS) {
            @Override
            void take(String text) {
                LoadResult result = ConfigurationLoader.parse("fuzz.yaml", text);
                assertThat(result.problems())
                        .allSatisfy(problem -> assertThat(problem.toString()).isNotEmpty());
                result.configuration().ifPresent(TextFuzzTest::compile);
            }
        },
        /** Those that wait for packets; all others are asked of a node: AdministrationFuzzTest. */
        REQUESTS("administration lines that say what to wait for", 2_000, LINES) {
            private final AdminRequests requests = new AdminRequests(List.of(
                    new AdminCommand(
                            "trace",
                            TraceFilter.FIELDS,
                            request -> Map.of("filter", TraceFilter.of(request).toString())),
                    new AdminCommand(
                            "reload",
                            ReloadRequest.FIELDS,
                            request ->
                                    Map.of("request", ReloadRequest.of(request).toString()))));

            @Override
            void take(String text) {
                assertThat(requests.answer(text)).startsWith("{\"ok\":").doesNotContain("defect");
            }
        },
        ADDRESSES("addresses, prefixes, MACs, flow addresses", 5_000, WORDS) {
            @Override
            void take(String text) {
                FlowAddress.parse(text);
                IpAddress.parse(text)
                        .ifPresent(address ->
                                assertThat(IpAddress.parse(address.toString())).contains(address));
                IpPrefix.parse(text)
                        .ifPresent(prefix ->
                                assertThat(IpPrefix.parse(prefix.toString())).contains(prefix));
                MacAddress.parse(text)
                        .ifPresent(mac ->
                                assertThat(MacAddress.parse(mac.toString())).contains(mac));
            }
        };

        private final String target;
        private final int executions;
        private final List<String> seeds;

        Parser(String target, int executions, List<String> seeds) {
            this.target = target;
            this.executions = executions;
            this.seeds = seeds;
        }

        abstract void take(String text);

        private long run(long seed) {
            Random random = new Random(seed);
            for (int i = 0; i < executions; i++) {
                String text = Damage.text(random, seeds);
                try {
                    take(text);
                } catch (RuntimeException | AssertionError | StackOverflowError e) {
                    throw new AssertionError("execution " + i + ": " + text, e);
                }
            }
            return executions;
        }

        FuzzTarget target() {
            return new FuzzTarget(target, "TextFuzzTest#damagedTextsOfManySeeds", this::run);
        }
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
        for (Kind kind : Kind.values()) {
            assertThat(all).contains("kind: " + kind.word());
        }
    }

    @ParameterizedTest
    @EnumSource(Parser.class)
    void parsersOfTextsSayWhatIsWrongWithDamagedOnes(Parser parser) {
        parser.target().once(7);
    }

    @ParameterizedTest
    @EnumSource(Parser.class)
    @Tag("campaign")
    void damagedTextsOfManySeeds(Parser parser) {
        parser.target().run();
    }
}
