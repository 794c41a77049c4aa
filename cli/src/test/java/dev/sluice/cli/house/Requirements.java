package dev.sluice.cli.house;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Rows of docs/specs.md: a table row with a cell {@code closed} names, in code marks, at least one class of a src/main tree and at least one
 * test class ({@code *Test}), perhaps with a method: {@code `ClassifierTest.prefersHigherPriority`}. Whatever it names exists.
 */
final class Requirements {
    private static final Path PAGE = Path.of("docs", "specs.md");
    private static final Pattern NAMED = Pattern.compile("`([A-Z]\\w*)(?:[.#]([a-z]\\w*))?(?:\\(\\))?`");
    private static final Pattern CONSTANT = Pattern.compile("[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+");

    private Requirements() {}

    /** What is wrong with the closed rows: {@code ROW: REASON}. */
    static List<String> unprovenRows(Tree tree) {
        List<String> problems = new ArrayList<>();
        Map<String, String> main = textByClass(tree, "main");
        Map<String, String> test = textByClass(tree, "test");
        for (String line : tree.text(PAGE).split("\n", -1)) {
            List<String> cells = List.of(line.split("(?<!\\\\)\\|", -1)).stream()
                    .map(String::strip)
                    .toList();
            if (line.startsWith("|") && cells.contains("closed")) {
                check(cells.get(1), line, main, test, problems);
            }
        }
        return problems;
    }

    private static void check(
            String row, String line, Map<String, String> main, Map<String, String> test, List<String> problems) {
        Set<String> classes = new HashSet<>();
        Set<String> tests = new HashSet<>();
        Matcher named = NAMED.matcher(line);
        while (named.find()) {
            String type = named.group(1);
            String method = named.group(2);
            if (CONSTANT.matcher(type).matches()) {
                continue;
            }
            String text = test.getOrDefault(type, main.get(type));
            if (text == null) {
                problems.add(row + ": there is no class " + type);
                continue;
            }
            (test.containsKey(type) ? tests : classes).add(type);
            if (method != null
                    && !Pattern.compile("\\b" + method + "\\b").matcher(text).find()) {
                problems.add(row + ": " + type + " has no " + method);
            }
        }
        if (classes.isEmpty()) {
            problems.add(row + ": is closed and names no class");
        }
        if (tests.stream().noneMatch(type -> type.endsWith("Test"))) {
            problems.add(row + ": is closed and names no test");
        }
    }

    private static Map<String, String> textByClass(Tree tree, String set) {
        Map<String, String> texts = new HashMap<>();
        for (Path file : tree.sources(set)) {
            String name = String.valueOf(file.getFileName());
            texts.put(name.substring(0, name.length() - ".java".length()), tree.text(file));
        }
        return texts;
    }

    /**
     * Those of the names that occur as a word in no test. All of testkit is test code: its reference model names the reason of every packet that the
     * comparison with the data path expects to be dropped. The folder of this class does not count.
     */
    static List<String> withoutTest(Tree tree, Collection<String> names) {
        List<String> missing = new ArrayList<>(names);
        List<Path> tests = new ArrayList<>(tree.sources("test"));
        tree.sources("main").stream().filter(file -> file.startsWith("testkit")).forEach(tests::add);
        for (Path file : tests) {
            if (!file.toString().contains("/house/")) {
                String text = tree.text(file);
                missing.removeIf(name -> Pattern.compile("\\b" + Pattern.quote(name) + "\\b")
                        .matcher(text)
                        .find());
            }
        }
        return missing;
    }
}
