package dev.sluice.model;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Configurations that are checked again and again, of which little has changed. */
class ParsedTextsTest {
    private final ParsedTexts parsed = new ParsedTexts();
    private final Map<String, String> texts = new LinkedHashMap<>();

    private static String object(String kind, String name, String spec) {
        return "{apiVersion: sluice.dev/v1, kind: " + kind + ", metadata: {name: " + name + "}, spec: {" + spec + "}}";
    }

    private List<String> problems() {
        List<String> kept = ConfigurationLoader.parse(texts, parsed).problems().stream()
                .map(Problem::toString)
                .toList();
        assertThat(kept)
                .as("the same as without anything kept")
                .isEqualTo(ConfigurationLoader.parse(texts).problems().stream()
                        .map(Problem::toString)
                        .toList());
        return kept;
    }

    private Resource first() {
        return ConfigurationLoader.parse(texts, parsed)
                .configuration()
                .orElseThrow()
                .resources()
                .getFirst();
    }

    @Test
    void whatHasNotChangedIsNotReadAgain() {
        texts.put("a", object("Service", "a", "transport: raw"));
        texts.put("b", object("Service", "b", "transport: raw"));
        Resource before = first();
        texts.put("b", object("Service", "b", "transport: wire"));
        assertThat(first()).isSameAs(before);
        texts.put("a", object("Service", "a", "transport: wire"));
        assertThat(first()).isNotSameAs(before);
    }

    @Test
    void problemsOfObjectsThatWereNotReadAgainAreSaidAgain() {
        texts.put("a", object("Service", "a", "transport: pigeon"));
        texts.put("b", object("ServiceChain", "b", "profiles: [a, c]"));
        assertThat(problems()).hasSize(2);
        texts.put("c", object("Service", "c", "transport: raw"));
        assertThat(problems())
                .anyMatch(text -> text.contains("pigeon"))
                .noneMatch(text -> text.contains("there is no"));
        texts.put("a", object("Service", "a", "transport: raw"));
        assertThat(problems()).allMatch(text -> text.contains("warning"));
    }

    /** References, duplicates and interfaces that two ports use come and go with other objects. */
    @Test
    void whatHoldsBetweenObjectsIsLookedAtAnewEachTime() {
        texts.put("a", object("Port", "a", "node: n, interface: eth0"));
        texts.put("b", object("Port", "b", "node: m, interface: eth0"));
        assertThat(problems()).isEmpty();
        texts.put("c", object("Port", "c", "interface: eth0"));
        assertThat(problems()).singleElement().asString().contains("Port/c", "is used by Port/a already");
        texts.put("d", object("Port", "d", "node: m, interface: eth0"));
        assertThat(problems()).hasSize(2).anyMatch(text -> text.contains("Port/d") && text.contains("Port/b already"));
        texts.remove("b");
        assertThat(problems()).hasSize(2).anyMatch(text -> text.contains("Port/d") && text.contains("Port/c already"));
        texts.put("e", object("Port", "a", "node: o, interface: eth1"));
        assertThat(problems()).hasSize(3).anyMatch(text -> text.contains("duplicate name"));
    }
}
