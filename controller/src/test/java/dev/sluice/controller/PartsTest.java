package dev.sluice.controller;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.controller.Parts.Affected;
import dev.sluice.model.Configuration;
import dev.sluice.model.ConfigurationLoader;
import dev.sluice.model.Kind;
import dev.sluice.model.LoadResult;
import dev.sluice.model.Resource;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** What belongs to a node, and what a change is about. */
class PartsTest {
    private static final String NETWORK = """
            {apiVersion: sluice.dev/v1, kind: Service, metadata: {name: firewall}, spec: {transport: raw}}
            ---
            {apiVersion: sluice.dev/v1, kind: Service, metadata: {name: ips}, spec: {transport: raw}}
            ---
            {apiVersion: sluice.dev/v1, kind: ServiceChain, metadata: {name: inspect}, spec: {profiles: [firewall]}}
            ---
            {apiVersion: sluice.dev/v1, kind: ServiceChain, metadata: {name: deep}, spec: {profiles: [ips]}}
            ---
            {apiVersion: sluice.dev/v1, kind: ServiceInstance, metadata: {name: fw-1}, spec: {service: firewall, node: a, interfaces: {in: fi, out: fo}}}
            ---
            {apiVersion: sluice.dev/v1, kind: ServiceInstance, metadata: {name: ips-1}, spec: {service: ips, node: b, interfaces: {in: ii, out: io}}}
            ---
            {apiVersion: sluice.dev/v1, kind: Port, metadata: {name: a-left}, spec: {node: a, interface: left, peer: a-right}}
            ---
            {apiVersion: sluice.dev/v1, kind: Port, metadata: {name: a-right}, spec: {node: a, interface: right}}
            ---
            {apiVersion: sluice.dev/v1, kind: Port, metadata: {name: b-left}, spec: {node: b, interface: left, peer: b-right}}
            ---
            {apiVersion: sluice.dev/v1, kind: Port, metadata: {name: b-right}, spec: {node: b, interface: right}}
            ---
            apiVersion: sluice.dev/v1
            kind: ServicePolicy
            metadata: {name: web}
            spec:
              appliedTo: [a/left]
              rules:
              - {name: web, match: {protocol: tcp}, action: {chain: inspect}}
              - {name: other, appliedTo: [b/left, a/right], match: {protocol: udp}, action: {chain: deep}}
              - {name: only-b, appliedTo: [b/right], action: {drop: true}}
            """;

    private static final String UNDERLAY = """
            ---
            {apiVersion: sluice.dev/v1, kind: Node, metadata: {name: a}, spec: {underlay: {address: 192.0.2.1}}}
            ---
            {apiVersion: sluice.dev/v1, kind: Node, metadata: {name: b}, spec: {underlay: {address: 192.0.2.2}}}
            ---
            {apiVersion: sluice.dev/v1, kind: Port, metadata: {name: a-under}, spec: {node: a, interface: under}}
            ---
            {apiVersion: sluice.dev/v1, kind: Port, metadata: {name: b-under}, spec: {node: b, interface: under}}
            ---
            {apiVersion: sluice.dev/v1, kind: LogicalRouter, metadata: {name: ra}, spec: {node: a, interfaces: [{port: a-under, addresses: [192.0.2.1/24]}]}}
            ---
            {apiVersion: sluice.dev/v1, kind: LogicalRouter, metadata: {name: rb}, spec: {node: b, interfaces: [{port: b-under, addresses: [192.0.2.2/24]}]}}
            """;

    private static Parts parts(String yaml) {
        Parts parts = new Parts();
        parts.change(Objects.of(yaml), List.of());
        return parts;
    }

    private static String text(Parts parts, String node, String key) {
        Parts.Piece piece = parts.part(node).get(key);
        return piece == null ? "" : piece.text();
    }

    private static Configuration sound(Parts parts, String node) {
        Map<String, String> texts = new LinkedHashMap<>();
        parts.part(node).forEach((key, piece) -> texts.put(key, piece.text()));
        LoadResult result = ConfigurationLoader.parse(texts);
        assertThat(result.configuration())
                .as(() -> node + ": " + result.problems())
                .isPresent();
        return result.configuration().get();
    }

    @Test
    void nodeGetsItsOwnObjectsItsRulesAndWhatTheyReferTo() {
        Parts parts = parts(NETWORK);
        assertThat(parts.nodes()).containsExactly("a", "b");
        assertThat(parts.part("a").keySet())
                .containsExactly(
                        "nodes/a",
                        "ports/a-left",
                        "ports/a-right",
                        "servicechains/deep",
                        "servicechains/inspect",
                        "serviceinstances/fw-1",
                        "servicepolicies/web",
                        "services/firewall",
                        "services/ips");
        assertThat(text(parts, "a", "servicepolicies/web"))
                .contains("web")
                .contains("other")
                .contains("a/right")
                .doesNotContain("only-b")
                .doesNotContain("b/left");
        assertThat(parts.part("b").keySet())
                .containsExactly(
                        "nodes/b",
                        "ports/b-left",
                        "ports/b-right",
                        "servicechains/deep",
                        "serviceinstances/ips-1",
                        "servicepolicies/web",
                        "services/ips");
        assertThat(parts.part("c").keySet()).containsExactly("nodes/c");
        sound(parts, "c");
    }

    /** Hosts of a version that does not know the kind go on as long as no chain of theirs needs it. */
    @Test
    void serviceProfilesComeToThoseWhoseChainsNameThem() {
        String profiles = """
                ---
                {apiVersion: sluice.dev/v1, kind: Service, metadata: {name: tap}, spec: {transport: raw, action: copy}}
                ---
                {apiVersion: sluice.dev/v1, kind: VendorTemplate, metadata: {name: acme}, spec: {service: tap}}
                ---
                {apiVersion: sluice.dev/v1, kind: ServiceProfile, metadata: {name: record}, spec: {template: acme}}
                ---
                {apiVersion: sluice.dev/v1, kind: ServiceProfile, metadata: {name: unused}, spec: {service: ips}}
                """;
        String network = NETWORK.replace("{profiles: [firewall]}", "{profiles: [record, firewall]}") + profiles;
        Parts parts = parts(network);
        assertThat(parts.part("a").keySet())
                .contains("serviceprofiles/record", "vendortemplates/acme", "services/tap")
                .doesNotContain("serviceprofiles/unused");
        assertThat(parts.part("b").keySet()).noneMatch(key -> key.startsWith("serviceprofiles/"));
        assertThat(sound(parts, "a").chain("inspect").orElseThrow().spec().services())
                .containsExactly("tap", "firewall");
        Affected affected = parts.change(
                Objects.of(
                        "{apiVersion: sluice.dev/v1, kind: ServiceProfile, metadata: {name: record}, spec: {template: acme, onFailure: open}}"),
                List.of());
        assertThat(affected.everywhere()).isFalse();
        assertThat(affected.underlay()).isFalse();
        assertThat(affected.holdersOf()).containsExactly("serviceprofiles/record");
        Parts underlay = parts(network + UNDERLAY);
        assertThat(underlay.part("b").keySet())
                .contains("serviceprofiles/record")
                .doesNotContain("serviceprofiles/unused");
    }

    @Test
    void nodeMakesOfItsPartWhatItWouldMakeOfEverything() {
        for (String yaml : List.of(NETWORK, NETWORK + UNDERLAY)) {
            Configuration whole =
                    ConfigurationLoader.parse("all", yaml).configuration().orElseThrow();
            Parts parts = parts(yaml);
            for (String node : List.of("a", "b")) {
                assertThat(own(sound(parts, node), node)).isEqualTo(own(whole, node));
            }
        }
    }

    /** What a node takes of a configuration, without what nothing of it refers to. */
    private static List<Resource> own(Configuration all, String node) {
        return all.forNode(node).resources().stream()
                .filter(each -> each.kind() != Kind.NODE || each.name().equals(node))
                .filter(each -> each.kind() != Kind.NODE
                        || !((dev.sluice.model.Node) each).spec().equals(dev.sluice.model.Node.Spec.DEFAULT))
                .filter(each -> each.kind() != Kind.SERVICE && each.kind() != Kind.SERVICE_CHAIN)
                .sorted((x, y) -> x.title().compareTo(y.title()))
                .collect(Collectors.toList());
    }

    @Test
    void nodesWithAnUnderlayShareEverythingButRules() {
        Parts parts = parts(NETWORK + UNDERLAY);
        assertThat(parts.part("a").keySet())
                .contains("serviceinstances/ips-1", "nodes/b", "logicalrouters/rb", "ports/b-left", "services/ips");
        assertThat(text(parts, "a", "servicepolicies/web")).doesNotContain("only-b");
        sound(parts, "a");
        sound(parts, "b");
    }

    @Test
    void changeOfARuleIsAboutTheNodesItAppliesTo() {
        Parts parts = parts(NETWORK);
        String rule = """
                {apiVersion: sluice.dev/v1, kind: ServicePolicy, metadata: {name: more}, spec: {appliedTo: [b/left], rules: [{name: r, action: {drop: true}}]}}
                """;
        Affected affected = parts.change(Objects.of(rule), List.of());
        assertThat(affected.everywhere()).isFalse();
        assertThat(affected.nodes()).containsExactly("b");
        assertThat(parts.change(Objects.of(rule), List.of()).nodes()).isEmpty();
        assertThat(parts.change(List.of(), List.of("servicepolicies/more")).nodes())
                .containsExactly("b");
        assertThat(parts.part("b")).doesNotContainKey("servicepolicies/more");
    }

    @Test
    void rulesFollowAPortThatMoves() {
        Parts parts = parts("""
                {apiVersion: sluice.dev/v1, kind: Port, metadata: {name: p}, spec: {node: a, interface: eth0}}
                ---
                {apiVersion: sluice.dev/v1, kind: Port, metadata: {name: q}, spec: {node: b, interface: eth0}}
                ---
                {apiVersion: sluice.dev/v1, kind: ServicePolicy, metadata: {name: r}, spec: {appliedTo: [p], rules: [{name: r, action: {drop: true}}]}}
                """);
        assertThat(parts.part("a")).containsKey("servicepolicies/r");
        assertThat(parts.part("b")).doesNotContainKey("servicepolicies/r");
        Affected affected = parts.change(
                Objects.of(
                        "{apiVersion: sluice.dev/v1, kind: Port, metadata: {name: p}, spec: {node: b, interface: eth1}}"),
                List.of());
        assertThat(affected.everywhere()).isTrue();
        assertThat(parts.part("a")).doesNotContainKey("servicepolicies/r");
        assertThat(parts.part("b")).containsKey("servicepolicies/r");
    }

    @Test
    void nodeWithoutPortsMakesNoneOfRulesThatAreForOthers() {
        Parts parts = parts("""
                {apiVersion: sluice.dev/v1, kind: Port, metadata: {name: p}, spec: {node: a, interface: eth0}}
                ---
                {apiVersion: sluice.dev/v1, kind: ServicePolicy, metadata: {name: r}, spec: {appliedTo: [p], rules: [{name: r, action: {drop: true}}]}}
                ---
                {apiVersion: sluice.dev/v1, kind: Service, metadata: {name: s}, spec: {transport: raw}}
                ---
                {apiVersion: sluice.dev/v1, kind: ServiceInstance, metadata: {name: i}, spec: {service: s, node: b, interfaces: {in: x, out: y}}}
                """);
        assertThat(parts.part("b").keySet()).containsExactly("nodes/b", "serviceinstances/i", "services/s");
        assertThat(sound(parts, "b").forNode("b").ports()).isEmpty();
    }

    @Test
    void partsAfterManyChangesAreThoseOfAFreshStart() {
        long seed = Long.getLong("sluice.seed", System.nanoTime());
        Random random = new Random(seed);
        List<WantedObject> all = Objects.of(NETWORK + UNDERLAY);
        Parts parts = new Parts();
        Map<String, WantedObject> there = new LinkedHashMap<>();
        for (int step = 0; step < 400; step++) {
            WantedObject object = all.get(random.nextInt(all.size()));
            if (random.nextInt(3) == 0) {
                there.remove(object.key());
                parts.change(List.of(), List.of(object.key()));
            } else {
                there.put(object.key(), object);
                parts.change(List.of(object), List.of());
            }
            Parts fresh = new Parts();
            List<WantedObject> objects = new ArrayList<>(there.values());
            fresh.change(objects, List.of());
            for (String node : List.of("a", "b", "c")) {
                assertThat(parts.part(node))
                        .as("seed " + seed + " step " + step)
                        .isEqualTo(fresh.part(node));
            }
        }
    }

    private static String profiled(String node) {
        return "{apiVersion: sluice.dev/v1, kind: Port, metadata: {name: vm}, spec: {node: " + node
                + ", interface: tap0, profile: web}}";
    }

    @Test
    void rulesAtAProfileGoWithThePortsThatHaveIt() {
        Parts parts = parts("""
                {apiVersion: sluice.dev/v1, kind: PortProfile, metadata: {name: web}, spec: {serviceNode: x, discover: {interfaces: none}}}
                ---
                {apiVersion: sluice.dev/v1, kind: Port, metadata: {name: a0}, spec: {node: a, interface: e0}}
                ---
                {apiVersion: sluice.dev/v1, kind: Port, metadata: {name: b0}, spec: {node: b, interface: e0}}
                ---
                {apiVersion: sluice.dev/v1, kind: ServicePolicy, metadata: {name: p}, spec: {appliedTo: [{profile: web}], rules: [{name: r, action: {drop: true}}]}}
                """);
        assertThat(parts.nodes()).containsExactly("a", "b");
        assertThat(parts.part("a")).doesNotContainKey("servicepolicies/p");
        parts.change(Objects.of(profiled("a")), List.of());
        assertThat(parts.part("a")).containsKeys("servicepolicies/p", "portprofiles/web");
        assertThat(parts.part("b")).doesNotContainKey("servicepolicies/p");
        parts.change(Objects.of(profiled("b")), List.of());
        assertThat(parts.part("a")).doesNotContainKey("servicepolicies/p");
        assertThat(parts.part("b")).containsKey("servicepolicies/p");
        parts.change(List.of(), List.of("ports/vm"));
        assertThat(parts.part("b")).doesNotContainKey("servicepolicies/p");
    }
}
