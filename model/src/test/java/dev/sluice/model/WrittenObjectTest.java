package dev.sluice.model;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class WrittenObjectTest {
    @Test
    void whatIsWrittenReadsBackAsTheSameObjects() {
        for (String text : List.of(Samples.everyKind(), Samples.smallNetwork())) {
            WrittenObject.Read read = WrittenObject.read("a.yaml", text);
            assertThat(read.problems()).isEmpty();
            String again = YamlText.documents(
                    read.objects().stream().map(WrittenObject::fields).toList());
            assertThat(ConfigurationLoader.parse("b.yaml", again).configuration())
                    .as(again)
                    .isPresent()
                    .isEqualTo(ConfigurationLoader.parse("a.yaml", text).configuration());
        }
    }

    @Test
    void textsThatLookLikeSomethingElseAreQuoted() {
        for (String text : List.of(
                "1",
                "01",
                "1e3",
                "0x1f",
                "true",
                "True",
                "null",
                "~",
                "",
                " a",
                "a ",
                "a: b",
                "- a",
                "#",
                "yes",
                "off",
                "1.5",
                ".5",
                "02:00:00:00:00:01",
                "8000-8080",
                "2001:db8::/32",
                "10.0.0.0/8",
                "line\nline",
                "'",
                "\"",
                "{",
                "\u00e4",
                "12",
                "1_000",
                "-1",
                "2h",
                "a #b",
                "*a",
                "&a",
                "!a")) {
            String yaml = YamlText.of(Map.of("x", text));
            assertThat(WrittenObject.read("a", yaml).objects().getFirst().fields())
                    .as(yaml)
                    .isEqualTo(Map.of("x", text));
        }
    }

    @Test
    void fieldHasItsPlace() {
        WrittenObject object = WrittenObject.read(
                        "a.yaml", "kind: Service\nmetadata: {name: fw}\nspec:\n  transport: raw\n")
                .objects()
                .getFirst();
        assertThat(object.place("spec.transport")).isEqualTo("a.yaml:4:14");
        assertThat(object.place("spec.health.probe")).isEqualTo("a.yaml:4:3");
        assertThat(object.title()).isEqualTo("Service/fw");
        assertThat(object.name()).hasValue("fw");
    }

    @Test
    void jsonIsReadToo() {
        WrittenObject.Read read =
                WrittenObject.read("a", "{\"kind\":\"Service\",\"n\":[1,-2,1.5,true,null,\"\\u00e4\\/\"]}");
        assertThat(read.problems()).isEmpty();
        assertThat(String.valueOf(read.objects().getFirst().fields().get("n")))
                .isEqualTo("[1, -2, 1.5, true, null, \u00e4/]");
    }

    @Test
    void whatIsNoObjectIsAProblemWithItsPlace() {
        assertThat(WrittenObject.read("a", "- x\n").problems().toString())
                .contains("a:1:1: is a list where an object is expected");
        assertThat(WrittenObject.read("a", "a: {\n").problems().toString()).contains("not valid YAML");
        assertThat(WrittenObject.read("a", "a: 1\na: 2\n").problems().toString())
                .contains("a:2:1: a: duplicate field");
        assertThat(WrittenObject.read("a", "x".repeat(5 << 20)).problems().toString())
                .contains("too long");
        assertThat(WrittenObject.read("a", "---\n---\n").objects()).isEmpty();
    }

    @Test
    void kindsAreFoundInSingularAndPlural() {
        assertThat(Kind.plurals())
                .containsExactly(
                        "nodes",
                        "ports",
                        "portprofiles",
                        "logicalrouters",
                        "logicalswitches",
                        "services",
                        "serviceinstances",
                        "servicedeployments",
                        "servicemanagers",
                        "vendortemplates",
                        "serviceprofiles",
                        "serviceattachments",
                        "servicechains",
                        "servicepolicies",
                        "traceflows",
                        "captures",
                        "servicepaths",
                        "serviceinstanceruntimes");
        assertThat(Kind.named("ServicePolicies")).hasValue(Kind.SERVICE_POLICY);
        assertThat(Kind.named("servicechain")).hasValue(Kind.SERVICE_CHAIN);
        assertThat(Kind.named("pigeons")).isEmpty();
    }
}
