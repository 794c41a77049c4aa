package dev.sluice.manager.rest;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** In which format a client gets its answer (RFC 9110 12.4.2, 12.5.1). */
class AcceptHeaderTest {
    @ParameterizedTest
    @ValueSource(
            strings = {
                "application/yaml",
                "text/html, Application/YAML",
                "application/x-yaml;q=0.9, application/json;q=0.8",
                "application/yaml, */*;q=0.1",
                "application/json;q=0, */*",
                "text/yaml; charset=utf-8",
            })
    void yamlIsForThoseWhoWantItMore(String header) {
        assertThat(AcceptHeader.prefersYaml(header)).isTrue();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "*/*",
                "application/*",
                "application/json",
                "application/json, application/yaml;q=0",
                "application/json, application/yaml;q=0.000",
                "application/yaml;q=0.5, application/json",
                "application/yaml;q=0.5, */*;q=0.5",
                "application/yaml;q=much",
                "application/vnd.yamly",
                ", ; ,",
            })
    void jsonIsForAllOthers(String header) {
        assertThat(AcceptHeader.prefersYaml(header)).isFalse();
    }
}
