package dev.sluice.model;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What rules may say of attributes, of observing and of their log. */
class RuleFieldsTest {
    private static LoadResult load(String rule) {
        return ConfigurationLoader.parse(
                "test.yaml",
                "{apiVersion: sluice.dev/v1, kind: ServicePolicy, metadata: {name: p}, spec: {appliedTo: [left, right],"
                        + " rules: [" + rule + "]}}");
    }

    private static ServicePolicy.Rule rule(String text) {
        LoadResult result = load(text);
        return result.configuration()
                .orElseThrow(() -> new AssertionError(result.problems()))
                .policies()
                .getFirst()
                .spec()
                .rules()
                .getFirst();
    }

    @Test
    void attributesAreOneTextOrAList() {
        ServicePolicy.Rule rule = rule("{name: a, match: {application: [web, voice over IP], user: bob},"
                + " action: {observe: true}, log: true}");
        assertThat(rule.match().context())
                .isEqualTo(new Match.Context(List.of("web", "voice over IP"), List.of(), List.of("bob")));
        assertThat(rule.action()).isEqualTo(new ServicePolicy.Observe());
        assertThat(rule.log()).isTrue();
        assertThat(rule("{name: a, action: {drop: true}}").log()).isFalse();
        assertThat(rule("{name: a, match: {group: '" + "x".repeat(253) + "'}, action: {drop: true}}")
                        .match()
                        .context()
                        .groups())
                .hasSize(1);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{name: a, match: {application: ''}, action: {drop: true}}",
                "{name: a, match: {application: []}, action: {drop: true}}",
                "{name: a, match: {user: [bob, ' bob']}, action: {drop: true}}",
                "{name: a, match: {group: \"a\\nb\"}, action: {drop: true}}",
                "{name: a, match: {group: {name: x}}, action: {drop: true}}",
                "{name: a, action: {observe: true, drop: true}}",
                "{name: a, action: {observe: false}}",
                "{name: a, action: {observe: true}, onFailure: open}",
                "{name: a, action: {drop: true}, log: often}"
            })
    void refusesWhatMeansNothing(String rule) {
        LoadResult result = load(rule);
        assertThat(result.configuration()).isEmpty();
        assertThat(result.problems())
                .isNotEmpty()
                .allSatisfy(problem -> assertThat(problem.toString()).contains("ServicePolicy/p spec.rules[0]"));
    }

    @Test
    void refusesTextsThatAreTooLong() {
        LoadResult result = load("{name: a, match: {user: '" + "x".repeat(254) + "'}, action: {drop: true}}");
        assertThat(result.problems())
                .singleElement()
                .satisfies(problem -> assertThat(problem.toString())
                        .contains("spec.rules[0].match.user")
                        .contains("1..253"));
    }
}
