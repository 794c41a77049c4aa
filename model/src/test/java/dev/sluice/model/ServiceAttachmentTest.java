package dev.sluice.model;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

/** Service planes as users write them, the chains on them and the rules that lead there (V16, V20). */
class ServiceAttachmentTest {
    private static final String NETWORK = """
            {apiVersion: sluice.dev/v1, kind: Node, metadata: {name: a}}
            ---
            {apiVersion: sluice.dev/v1, kind: Node, metadata: {name: b}}
            ---
            {apiVersion: sluice.dev/v1, kind: Port, metadata: {name: up}, spec: {node: a, interface: eth0}}
            ---
            {apiVersion: sluice.dev/v1, kind: Port, metadata: {name: down}, spec: {node: a, interface: eth1}}
            ---
            {apiVersion: sluice.dev/v1, kind: Port, metadata: {name: left}, spec: {node: b, interface: eth0, peer: right}}
            ---
            {apiVersion: sluice.dev/v1, kind: Port, metadata: {name: right}, spec: {node: b, interface: eth1}}
            ---
            {apiVersion: sluice.dev/v1, kind: LogicalRouter, metadata: {name: t0}, spec: {node: a, interfaces: [{port: up, addresses: [192.0.2.1/24]}]}}
            ---
            {apiVersion: sluice.dev/v1, kind: LogicalRouter, metadata: {name: t1}, spec: {node: a, interfaces: [{port: down, addresses: [10.0.0.1/24]}]}}
            ---
            {apiVersion: sluice.dev/v1, kind: Service, metadata: {name: bridge}, spec: {transport: raw}}
            ---
            {apiVersion: sluice.dev/v1, kind: Service, metadata: {name: router}, spec: {transport: raw, forwarding: route}}
            ---
            {apiVersion: sluice.dev/v1, kind: Service, metadata: {name: tap}, spec: {transport: raw, action: copy}}
            """;

    private static String object(String kind, String name, String spec) {
        return "---\n{apiVersion: sluice.dev/v1, kind: " + kind + ", metadata: {name: " + name + "}, spec: {" + spec
                + "}}\n";
    }

    private static String plane(String spec) {
        return object("ServiceAttachment", "plane", spec);
    }

    private static String chain(String spec) {
        return object("ServiceChain", "c", spec);
    }

    private static List<String> errors(String yaml) {
        return ConfigurationLoader.parse("f", NETWORK + yaml).problems().stream()
                .filter(Problem::isError)
                .map(Problem::toString)
                .toList();
    }

    private static Configuration sound(String yaml) {
        assertThat(errors(yaml)).isEmpty();
        return ConfigurationLoader.parse("f", NETWORK + yaml).configuration().orElseThrow();
    }

    @Test
    void chainIsOnThePlaneThatItNames() {
        Configuration all = sound(plane("svni: 5000, type: l2, appliedTo: {nodes: b, routers: [t0]}")
                + chain("profiles: [bridge], attachment: plane")
                + object("ServiceChain", "d", "profiles: [bridge]"));
        ServiceChain chain = all.chain("c").orElseThrow();
        assertThat(chain.spec().svni()).isEqualTo(5000);
        assertThat(all.forNode("b").chain("c").orElseThrow()).isEqualTo(chain);
        assertThat(List.of("a", "b", "x").stream().map(node -> all.reaches(chain, node)))
                .containsExactly(true, true, false);
        ServiceChain other = all.chain("d").orElseThrow();
        assertThat(other.spec().svni()).isEqualTo(ServiceChain.Spec.SVNI_DEFAULT);
        assertThat(all.reaches(other, "x")).isTrue();
    }

    @Test
    void numbersOfPlanesAreTheirOwn() {
        assertThat(errors(plane("svni: 5000") + object("ServiceAttachment", "other", "svni: 5000")))
                .singleElement()
                .asString()
                .contains("ServiceAttachment/other spec.svni: ServiceAttachment/plane has this number already");
        assertThat(errors(plane("svni: 5000") + chain("profiles: [bridge], svni: 5000")))
                .singleElement()
                .asString()
                .contains(
                        "ServiceChain/c spec.svni: 5000 is the plane of ServiceAttachment/plane, which the chain does not name")
                .contains("attachment: plane in place of svni, or another number");
        assertThat(errors(plane("svni: 4096") + chain("profiles: [bridge]")))
                .singleElement()
                .asString()
                .contains("4096 is the plane of ServiceAttachment/plane");
        assertThat(errors(plane("svni: 5000") + chain("profiles: [bridge], svni: 5000, attachment: plane")))
                .singleElement()
                .asString()
                .contains("spec.svni: stands beside attachment");
    }

    @Test
    void wrongFieldsAreProblemsAndNamesOfNobodyWarnings() {
        assertThat(errors(plane("svni: 0")))
                .singleElement()
                .asString()
                .contains("spec.svni: is out of range", "1..16777215");
        assertThat(errors(plane("type: l2"))).singleElement().asString().contains("spec.svni: is missing");
        assertThat(errors(plane("svni: 1, type: l4, appliedTo: {nodes: [A], hosts: [b]}")))
                .hasSize(3)
                .anyMatch(text -> text.contains("spec.type: is not one of the known words"))
                .anyMatch(text -> text.contains("spec.appliedTo.nodes[0]: is not a name"))
                .anyMatch(text -> text.contains("spec.appliedTo.hosts: unknown field"));
        assertThat(errors(chain("profiles: [bridge], attachment: plan") + plane("svni: 7")))
                .singleElement()
                .asString()
                .contains("there is no ServiceAttachment of that name; did you mean 'plane'?");
        assertThat(ConfigurationLoader.parse(
                                "f", NETWORK + plane("svni: 7, appliedTo: {nodes: [z], routers: [t0, t9]}"))
                        .problems())
                .extracting(Problem::toString)
                .hasSize(2)
                .allMatch(text -> text.contains("warning"))
                .anyMatch(text -> text.contains("spec.appliedTo.nodes[0]: there is no Node/z"))
                .anyMatch(text -> text.contains("spec.appliedTo.routers[1]: there is no LogicalRouter/t9"));
    }

    @Test
    void typeSaysWhatNodesOnThePlaneDoWithFrames() {
        for (String type : List.of("l2", "l3")) {
            String right = type.equals("l2") ? "bridge" : "router";
            String wrong = type.equals("l2") ? "router" : "bridge";
            String of = plane("svni: 7, type: " + type);
            assertThat(errors(of + chain("profiles: [tap, " + right + "], attachment: plane")))
                    .isEmpty();
            assertThat(errors(of + chain("profiles: [tap], reverse: [" + wrong + "], attachment: plane")))
                    .singleElement()
                    .asString()
                    .contains("ServiceChain/c spec.reverse[0]: has Service/" + wrong)
                    .contains("on a plane of type " + type);
        }
        assertThat(errors(plane("svni: 7") + chain("profiles: [bridge, router], attachment: plane")))
                .isEmpty();
    }

    @Test
    void interfacesThatNoPortIsForAreWhereTheirHostIs() {
        String objects = object("Service", "s", "transport: raw")
                + object("ServiceInstance", "fw", "service: s, interfaces: {in: i, out: o}")
                + object("ServiceChain", "c", "profiles: [s], attachment: plane")
                + object("ServicePolicy", "p", "appliedTo: [a/eth0, a/eth1], rules: [{name: r, action: {chain: c}}]");
        for (String node : List.of("a", "b")) {
            List<String> problems =
                    ConfigurationLoader.parse("f", plane("svni: 7, appliedTo: {nodes: [" + node + "]}") + objects)
                            .problems()
                            .stream()
                            .map(Problem::toString)
                            .filter(text -> text.contains("is on the plane of"))
                            .toList();
            if (node.equals("a")) {
                assertThat(problems).isEmpty();
            } else {
                assertThat(problems).singleElement().asString().contains("but Node/a is not");
            }
        }
    }

    @Test
    void rulesLeadToAPlaneOnlyWhereItIs() {
        String chain = chain("profiles: [bridge], attachment: plane");
        for (String[] each : new String[][] {
            {"", "a/up, t1/down, left", ""},
            {"nodes: [a]", "t0/up, t1/down", ""},
            {"nodes: [a]", "t0/up, b/left", "Node/b"},
            {"routers: [t0]", "t0/up", ""},
            {"routers: [t0]", "a/up", ""},
            {"routers: [t0]", "t1/down", "LogicalRouter/t1"},
            {"routers: [t0]", "a/down", "LogicalRouter/t1"},
            {"nodes: [b], routers: [t1]", "left, t0/up", "LogicalRouter/t0"},
        }) {
            for (String action : List.of("{chain: c}", "{path: \"c[fw]\"}")) {
                String policy = object(
                        "ServicePolicy",
                        "p",
                        "appliedTo: [" + each[1]
                                + "], rules: [{name: none, action: {noService: true}}, {name: r, action: " + action
                                + "}]");
                String instance = object("ServiceInstance", "fw", "service: bridge, interfaces: {in: i, out: o}");
                List<String> errors =
                        errors(plane("svni: 7, appliedTo: {" + each[0] + "}") + chain + instance + policy);
                if (each[2].isEmpty()) {
                    assertThat(errors).as(each[0] + " " + each[1]).isEmpty();
                } else {
                    assertThat(errors)
                            .as(each[0] + " " + each[1])
                            .singleElement()
                            .asString()
                            .contains("ServicePolicy/p spec.rules[1].action." + action.substring(1, 5))
                            .contains("is on the plane of ServiceAttachment/plane, but " + each[2] + " is not");
                }
            }
        }
    }
}
