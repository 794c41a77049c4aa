package dev.sluice.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class JsonPathTest {
    private static final Map<String, Object> OBJECTS = Map.of(
            "items",
            List.of(
                    Map.of(
                            "metadata",
                            Map.of("name", "a", "labels", Map.of("sluice.dev/x", "1")),
                            "spec",
                            Map.of("weight", 7),
                            "status",
                            Map.of(
                                    "conditions",
                                    List.of(
                                            Map.of("type", "Found", "status", "True"),
                                            Map.of("type", "Alive", "status", "False")))),
                    Map.of("metadata", Map.of("name", "b"), "spec", Map.of("weight", 8))));

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                ".items[0].metadata.name | a",
                "items[1].metadata.name | b",
                "{.items[*].metadata.name} | a b",
                "{$.items[-1].spec.weight} | 8",
                "{.items[7].metadata.name} | ``",
                "{.items[*].nothing.at.all} | ``",
                "{.items[0].spec} | {\"weight\":7}",
                "{.items[0].spec.*} | 7",
                "{.items[0].metadata.labels.sluice\\.dev/x} | 1",
                "{.items[0].metadata.labels['sluice.dev/x']} | 1",
                "{.items[0].status.conditions[?(@.type==\"Alive\")].status} | False",
                "{.items[0].status.conditions[?(@.type!='Alive')].status} | True",
                "{.items[?(@.spec.weight==8)].metadata.name} | b",
                "{range .items[*]}{.metadata.name}={.spec.weight};{end}. | a=7;b=8;.",
                "{range .items[*]}{range .status.conditions[*]}{@.type} {end}{end} | `Found Alive `",
                "x{\"{}\"}y | x{}y"
            })
    void templateBecomesText(String template, String text) {
        assertThat(JsonPath.parse(template).of(OBJECTS)).isEqualTo(text);
    }

    @Test
    void linesAndTabulatorsAreWrittenInQuotes() {
        assertThat(JsonPath.parse("{range .items[*]}{.metadata.name}{\"\\t\"}{.spec.weight}{\"\\n\"}{end}")
                        .of(OBJECTS))
                .isEqualTo("a\t7\nb\t8\n");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{.items",
                "{..name}",
                "{.items[}",
                "{.items[x]}",
                "{.items[?(@.a)]}",
                "{.items[?(@.a==\"x)]}",
                "{range .items[*]}{.a}",
                "{.a}{end}",
                "{\"x}",
                "{.items[0:1]}",
                "{.a.}",
                "{.a,.b}"
            })
    void whatIsNotUnderstoodIsSaidWithItsPlace(String template) {
        assertThatThrownBy(() -> JsonPath.parse(template))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageMatching("jsonpath at character \\d+.*");
    }
}
