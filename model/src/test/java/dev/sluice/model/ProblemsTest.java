package dev.sluice.model;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/** Every rule with a text that breaks it, in {@code problems.txt}: the whole problem, with line, column and field, is compared. */
class ProblemsTest {
    private static final Path CASES = Path.of("src/test/resources/dev/sluice/model/problems.txt");
    private static final Pattern SHORT = Pattern.compile("@(\\w+) (\\S+) (.*)");

    private record Case(String title, String yaml, List<String> expected) {}

    @TestFactory
    List<DynamicTest> textThatBreaksARuleHasExactlyTheseProblems() throws IOException {
        return cases().stream()
                .map(c -> DynamicTest.dynamicTest(
                        c.title(), () -> assertThat(problems(c)).containsExactlyElementsOf(c.expected())))
                .toList();
    }

    @Test
    void everyProblemNamesALineAFieldAndAnObject() throws IOException {
        for (Case c : cases()) {
            for (Problem problem : ConfigurationLoader.parse("f", c.yaml()).problems()) {
                assertThat(problem.line()).as(c.title()).isPositive();
                assertThat(problem.column()).as(c.title()).isPositive();
                assertThat(problem.field() + problem.message()).as(c.title()).isNotEmpty();
            }
        }
    }

    private static List<String> problems(Case c) {
        return ConfigurationLoader.parse("f", c.yaml()).problems().stream()
                .map(problem -> problem.toString().substring(2))
                .toList();
    }

    private static List<Case> cases() throws IOException {
        List<Case> cases = new ArrayList<>();
        String text = Files.readString(CASES, StandardCharsets.UTF_8);
        for (String part : text.substring(text.indexOf("=== ") + 4).split("\n=== ", -1)) {
            List<String> lines = part.lines().toList();
            StringBuilder yaml = new StringBuilder();
            List<String> expected = new ArrayList<>();
            for (String line : lines.subList(1, lines.size())) {
                if (line.startsWith("> ")) {
                    expected.add(line.substring(2));
                } else {
                    yaml.append(expanded(line)).append('\n');
                }
            }
            cases.add(new Case(lines.getFirst(), yaml.toString(), expected));
        }
        return cases;
    }

    private static String expanded(String line) {
        Matcher matcher = SHORT.matcher(line);
        return matcher.matches()
                ? "--- {apiVersion: sluice.dev/v1, kind: " + matcher.group(1) + ", metadata: {name: " + matcher.group(2)
                        + "}, spec: " + matcher.group(3) + "}"
                : line;
    }
}
