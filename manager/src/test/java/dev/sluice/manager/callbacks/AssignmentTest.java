package dev.sluice.manager.callbacks;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.model.Kind;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

/** What service managers have to know (V17, V19). */
class AssignmentTest {
    private final Told told = new Told();

    private JsonNode tree(String name, String... tenants) {
        return told.assignment(name, tenants).tree();
    }

    @Test
    void rulesSayWhatNodesAreToDoByChainDirectionAndIndex() {
        told.apply(Told.manager("acme", ""));
        JsonNode tree = tree("acme");
        assertThat(tree.path("chains")).hasSize(1);
        assertThat(tree.at("/chains/0/name").asString()).isEqualTo("inspect");
        assertThat(tree.at("/chains/0/rules").toString())
                .isEqualTo(
                        "[{\"direction\":\"forward\",\"serviceIndex\":254,\"service\":\"firewall\",\"action\":\"forward\",\"onFailure\":\"closed\"},"
                                + "{\"direction\":\"forward\",\"serviceIndex\":253,\"service\":\"tap\",\"action\":\"copy\",\"onFailure\":\"open\"},"
                                + "{\"direction\":\"reverse\",\"serviceIndex\":255,\"service\":\"tap\",\"action\":\"copy\",\"onFailure\":\"open\"},"
                                + "{\"direction\":\"reverse\",\"serviceIndex\":254,\"service\":\"firewall\",\"action\":\"forward\",\"onFailure\":\"closed\"}]");
        assertThat(tree.path("instances").toString())
                .isEqualTo(
                        "[{\"name\":\"fw-1\",\"generation\":1,\"service\":\"firewall\",\"node\":\"host-b\",\"adminState\":\"up\"}]");
        assertThat(tree.path("services")).hasSize(2);
    }

    @Test
    void chainsWithAReverseListOfTheirOwnCountThatOne() {
        told.apply(Told.manager("acme", ""));
        told.apply(
                "{apiVersion: sluice.dev/v1, kind: ServiceChain, metadata: {name: inspect}, spec: {profiles: [firewall], reverse: [other, tap]}}");
        assertThat(tree("acme").at("/chains/0/rules").toString())
                .isEqualTo(
                        "[{\"direction\":\"forward\",\"serviceIndex\":255,\"service\":\"firewall\",\"action\":\"forward\",\"onFailure\":\"closed\"},"
                                + "{\"direction\":\"reverse\",\"serviceIndex\":254,\"service\":\"tap\",\"action\":\"copy\",\"onFailure\":\"closed\"}]");
    }

    @Test
    void rulesNameTheProfileAndProfilesSayWhatItIs() {
        told.apply(Told.manager("acme", ""));
        told.apply("""
                {apiVersion: sluice.dev/v1, kind: ServiceProfile, metadata: {name: record}, spec: {service: firewall, action: copy, onFailure: open, parameters: {sample: 10, "on": "2"}}}
                ---
                {apiVersion: sluice.dev/v1, kind: ServiceProfile, metadata: {name: listen}, spec: {service: tap}}
                ---
                {apiVersion: sluice.dev/v1, kind: ServiceProfile, metadata: {name: not-mine}, spec: {service: other}}
                ---
                {apiVersion: sluice.dev/v1, kind: ServiceChain, metadata: {name: inspect}, spec: {profiles: [record, {profile: listen, onFailure: closed}], reverse: [tap]}}
                """);
        JsonNode tree = tree("acme");
        assertThat(tree.path("profiles").toString())
                .isEqualTo(
                        "[{\"name\":\"listen\",\"generation\":1,\"service\":\"tap\",\"action\":\"copy\",\"parameters\":{}},"
                                + "{\"name\":\"record\",\"generation\":1,\"service\":\"firewall\",\"action\":\"copy\",\"parameters\":{\"on\":\"2\",\"sample\":\"10\"}}]");
        assertThat(tree.at("/chains/0/rules").toString())
                .isEqualTo(
                        "[{\"direction\":\"forward\",\"serviceIndex\":255,\"service\":\"firewall\",\"profile\":\"record\",\"action\":\"copy\",\"onFailure\":\"open\"},"
                                + "{\"direction\":\"forward\",\"serviceIndex\":254,\"service\":\"tap\",\"profile\":\"listen\",\"action\":\"copy\",\"onFailure\":\"closed\"},"
                                + "{\"direction\":\"reverse\",\"serviceIndex\":255,\"service\":\"tap\",\"action\":\"copy\",\"onFailure\":\"closed\"}]");
        String version = told.assignment("acme").version();
        told.apply(
                "{apiVersion: sluice.dev/v1, kind: ServiceProfile, metadata: {name: record}, spec: {service: firewall, action: copy, onFailure: open, parameters: {sample: 11, \"on\": \"2\"}}}");
        assertThat(told.assignment("acme").version()).isNotEqualTo(version);
    }

    @Test
    void valuesAreToldInTheTypesOfTheTemplateAndItsDefaultsToo() {
        told.apply(Told.manager("acme", ""));
        String template =
                "{apiVersion: sluice.dev/v1, kind: VendorTemplate, metadata: {name: t}, spec: {service: firewall, actions: copy, "
                        + "parameters: [{name: n, type: integer}, {name: b, type: boolean, default: %s}, {name: s, default: \"1\"}]}}";
        told.apply(
                template.formatted("true")
                        + "\n---\n{apiVersion: sluice.dev/v1, kind: ServiceProfile, metadata: {name: p}, spec: {template: t, parameters: {n: 7}}}");
        assertThat(tree("acme").path("profiles").toString())
                .isEqualTo(
                        "[{\"name\":\"p\",\"generation\":1,\"service\":\"firewall\",\"template\":\"t\",\"action\":\"copy\",\"parameters\":{\"b\":true,\"n\":7,\"s\":\"1\"}}]");
        String version = told.assignment("acme").version();
        told.apply(template.formatted("false"));
        assertThat(told.assignment("acme").version()).isNotEqualTo(version);
    }

    @Test
    void versionIsAnotherOneWhenSomethingIsDifferentAndOnlyThen() {
        told.apply(Told.manager("acme", ""));
        String first = told.assignment("acme").version();
        told.apply(
                "{apiVersion: sluice.dev/v1, kind: ServiceChain, metadata: {name: not-mine}, spec: {profiles: [other], onFailure: open}}");
        assertThat(told.assignment("acme").version()).isEqualTo(first);
        told.apply(
                "{apiVersion: sluice.dev/v1, kind: ServiceChain, metadata: {name: not-mine}, spec: {profiles: [other, tap]}}");
        String second = told.assignment("acme").version();
        assertThat(second).isNotEqualTo(first);
        told.delete(Kind.SERVICE_INSTANCE, "fw-1");
        assertThat(told.assignment("acme").version()).isNotEqualTo(second);
    }

    @Test
    void secretsAndOtherTenantsAreNotTold() {
        told.apply("""
                {apiVersion: sluice.dev/v1, kind: Service, metadata: {name: acme.fw}, spec: {transport: raw}}
                ---
                {apiVersion: sluice.dev/v1, kind: ServiceManager, metadata: {name: acme.manager}, spec: {services: [acme.fw, firewall]}}
                ---
                {apiVersion: sluice.dev/v1, kind: ServiceChain, metadata: {name: acme.chain}, spec: {profiles: [acme.fw]}}
                ---
                {apiVersion: sluice.dev/v1, kind: ServiceChain, metadata: {name: bolt.chain}, spec: {profiles: [firewall]}}
                ---
                {apiVersion: sluice.dev/v1, kind: ServiceProfile, metadata: {name: bolt.strict}, spec: {service: firewall, parameters: {a: b}}}
                ---
                {apiVersion: sluice.dev/v1, kind: ServiceInstance, metadata: {name: bolt.fw}, spec: {service: firewall, node: n, interfaces: {in: i, out: o}}}
                """);
        String text = tree("acme.manager", "acme", "bolt").toString();
        assertThat(text).contains("acme.chain", "inspect", "fw-1").doesNotContain("bolt", "interfaces");
    }
}
