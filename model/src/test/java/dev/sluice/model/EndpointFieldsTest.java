package dev.sluice.model;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What has to be said of nodes that are reached at an address in the underlay, by their transport. */
class EndpointFieldsTest {
    private static LoadResult load(String service, String instance) {
        String head = "apiVersion: sluice.dev/v1\nkind: ";
        return ConfigurationLoader.parse(
                "test.yaml",
                String.join(
                        "\n---\n",
                        head + "Node\nmetadata: {name: edge}\nspec: {underlay: {address: 192.0.2.1}}",
                        head + "Port\nmetadata: {name: up}\nspec: {node: edge, interface: eth0}",
                        head
                                + "LogicalRouter\nmetadata: {name: u}\nspec: {node: edge, interfaces: [{port: up, addresses: [192.0.2.1/24]}]}",
                        head + "Service\nmetadata: {name: fw}\nspec: {" + service + "}",
                        head + "ServiceInstance\nmetadata: {name: fw-1}\nspec: {service: fw, node: edge, " + instance
                                + "}"));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "transport: vxlan|endpoint: 192.0.2.50, vni: 100",
                "transport: vxlan|endpoint: 192.0.2.50, vni: 2",
                "transport: vxlan|endpoint: 192.0.2.50, vni: 16777214",
                "transport: gre|endpoint: 192.0.2.50, greKey: 0",
                "transport: gre|endpoint: 192.0.2.50, greKey: 2147483646",
                "transport: nsh|endpoint: 192.0.2.50",
                "'transport: nsh, mdType: 1'|endpoint: 192.0.2.50",
                "'transport: nsh-gpe, mdType: 2'|endpoint: 192.0.2.50",
                "'transport: nsh-ethernet, mdType: 1'|'interfaces: {in: {interface: a, mac: \"02:00:00:00:00:50\"}}'",
                "transport: gwlb|endpoint: 192.0.2.50"
            })
    void whatFitsIsTaken(String service, String instance) {
        assertThat(load(service, instance).problems()).isEmpty();
    }

    @ParameterizedTest(name = "{0}, {1}: {2} {3}")
    @CsvSource(
            delimiter = '|',
            value = {
                "transport: vxlan|endpoint: 192.0.2.50|spec.endpoint|write vni|an even number, 2..16777214",
                "transport: vxlan|endpoint: 192.0.2.50, vni: 101|spec.vni|is odd|an even number, 2..16777214",
                "transport: vxlan|endpoint: 192.0.2.50, vni: 0|spec.vni|out of range|2..16777214",
                "transport: vxlan|endpoint: 192.0.2.50, vni: 16777215|spec.vni|out of range|2..16777214",
                "transport: gre|endpoint: 192.0.2.50, greKey: 100, vni: 100|spec.vni|transport vxlan only|no vni",
                "transport: vxlan|endpoint: 192.0.2.50, greKey: 100, vni: 100|spec.greKey|transport gre only|no greKey",
                "transport: gre|endpoint: 192.0.2.50|spec.endpoint|write greKey|an even number, 0..2147483646",
                "transport: gre|endpoint: 192.0.2.50, greKey: 7|spec.greKey|is odd|an even number, 0..2147483646",
                "transport: raw|interfaces: {in: a}, vni: 100|spec.vni|stands without endpoint|endpoint, with a Service of transport vxlan",
                "transport: raw|interfaces: {in: a}, greKey: 100|spec.greKey|stands without endpoint|endpoint, with a Service of transport gre",
                "transport: vxlan|interfaces: {in: a}|spec.interfaces|write endpoint instead|endpoint",
                "'transport: vxlan, forwarding: route'|endpoint: 192.0.2.50, vni: 100|spec.service|forwarding: route|a Service with forwarding bridge and translation none",
                "'transport: vxlan, translation: learned'|endpoint: 192.0.2.50, vni: 100|spec.service|translation|a Service with forwarding bridge and translation none",
                "transport: vxlan|endpoint: '2001:db8::50', vni: 100|spec.endpoint|another IP version|an IPv4 address"
            })
    void whatDoesNotFitIsRefusedAndSaysWhatWould(
            String service, String instance, String field, String message, String allowed) {
        LoadResult result = load(service, instance);
        assertThat(result.configuration()).isEmpty();
        assertThat(result.problems()).singleElement().satisfies(problem -> {
            assertThat(problem.object()).isEqualTo("ServiceInstance/fw-1");
            assertThat(problem.field()).isEqualTo(field);
            assertThat(problem.message()).contains(message);
            assertThat(problem.allowed()).isEqualTo(allowed);
        });
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "transport: vxlan, mdType: 1|transport vxlan, which has no network service header|no mdType, or transport nsh, nsh-gpe or nsh-ethernet",
                "transport: raw, mdType: 2|transport raw, which has no network service header|no mdType, or transport nsh, nsh-gpe or nsh-ethernet",
                "transport: nsh, mdType: 0|out of range|1..2",
                "transport: nsh, mdType: 15|out of range|1..2",
                "transport: nsh, mdType: one|is not a whole number|1..2"
            })
    void metadataTypeThatDoesNotFitIsRefused(String service, String message, String allowed) {
        LoadResult result = ConfigurationLoader.parse(
                "test.yaml",
                "{apiVersion: sluice.dev/v1, kind: Service, metadata: {name: fw}, spec: {" + service + "}}");
        assertThat(result.configuration()).isEmpty();
        assertThat(result.problems()).singleElement().satisfies(problem -> {
            assertThat(problem.object()).isEqualTo("Service/fw");
            assertThat(problem.field()).isEqualTo("spec.mdType");
            assertThat(problem.message()).contains(message);
            assertThat(problem.allowed()).isEqualTo(allowed);
        });
    }
}
