package dev.sluice.cli.house;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import dev.sluice.datapath.packet.DropReason;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@Tag("house")
class DocumentationTest {
    private static final Tree OURS = Tree.ours();

    @TempDir
    private Path planted = Path.of("");

    @Test
    void linksAndAnchorsLeadSomewhere() {
        assertThat(Markdown.brokenLinks(OURS)).isEmpty();
    }

    @Test
    void findsLinksAndAnchorsThatLeadNowhere() throws IOException {
        plant("a.md", """
                # One two: *three*!
                ## Twice
                ## Twice
                [file](b.md) [gone](c.md) [anchor](#one-two-three) [again](b.md#twice) [second](#twice-1) [third](#twice-2)
                [away](https://example.com/x) [out](../x.md) `[code](gone.md)`
                ```
                [block](gone.md)
                ```
                """);
        plant("b.md", "# B\n");
        assertThat(Markdown.brokenLinks(new Tree(planted)))
                .containsExactly("a.md: c.md", "a.md: b.md#twice", "a.md: #twice-2", "a.md: ../x.md");
    }

    @Test
    void everyPageIsInAnIndex() {
        Path docs = Path.of("docs");
        Path decisions = docs.resolve("adr");
        assertThat(Markdown.unlisted(
                        OURS, docs.resolve("README.md"), page -> page.startsWith(docs) && !page.startsWith(decisions)))
                .isEmpty();
        assertThat(Markdown.unlisted(OURS, decisions.resolve("README.md"), page -> page.startsWith(decisions)))
                .isEmpty();
    }

    @Test
    void findsPagesThatNoIndexNames() throws IOException {
        plant("docs/README.md", "[here](a/b.md#part) `[code](c.md)`\n");
        plant("docs/a/b.md", "# B\n");
        plant("docs/c.md", "# C\n");
        assertThat(Markdown.unlisted(new Tree(planted), Path.of("docs", "README.md"), _ -> true))
                .containsExactly(Path.of("docs", "c.md"));
    }

    @Test
    void publicTypesAreDocumented() {
        assertThat(SourceRules.undocumentedTypes(OURS)).isEmpty();
    }

    @Test
    void findsPublicTypesThatAreNotDocumented() throws IOException {
        plant("m/src/main/java/A.java", """
                /** Documented. */
                public class A {
                    public record Inner(int x) {}

                    class Hidden {}
                }
                """);
        plant("m/src/main/java/B.java", "import java.util.List;\n\n// no documentation\npublic interface B {}\n");
        assertThat(SourceRules.undocumentedTypes(new Tree(planted))).containsExactly("A.java: Inner", "B.java: B");
    }

    @Test
    void noFileKnowsTheMachineItWasWrittenOn() {
        assertThat(SourceRules.machinePaths(OURS)).isEmpty();
    }

    @Test
    void findsPathsOfAMachine() throws IOException {
        String path = "/ho" + "me/somebody/x";
        plant("a.md", "see " + path + "\n");
        plant("run", "#!/bin/sh\ncd " + path + "\n");
        plant("b.yaml", "url: https://example.com" + path + "\n");
        assertThat(SourceRules.machinePaths(new Tree(planted)))
                .containsExactly("a.md:1: see " + path, "run:2: cd " + path);
    }

    @Test
    void nothingIsMarkedAsUnfinished() {
        assertThat(SourceRules.unfinished(OURS)).isEmpty();
    }

    @Test
    void findsWhatIsMarkedAsUnfinished() throws IOException {
        String mark = "TO" + "DO";
        plant("A.java", "// " + mark + " later\n");
        plant("a.md", "No " + mark + " without an issue.\n" + mark + ": write this\n");
        assertThat(SourceRules.unfinished(new Tree(planted)))
                .containsExactly("A.java:1: // " + mark + " later", "a.md:2: " + mark + ": write this");
    }

    @Test
    void sourcesAreReadInOneSitting() {
        assertThat(SourceRules.longFiles(OURS)).isEmpty();
    }

    @Test
    void findsSourcesThatAreTooLong() throws IOException {
        plant("A.java", "//\n".repeat(SourceRules.LINES_MAX));
        plant("B.java", "//\n".repeat(SourceRules.LINES_MAX + 1));
        assertThat(SourceRules.longFiles(new Tree(planted))).containsExactly("B.java: 601 lines");
    }

    @Test
    void everyDropReasonHasATest() {
        assertThat(Requirements.withoutTest(OURS, dropReasons())).isEmpty();
    }

    @Test
    void findsDropReasonsWithoutATest() throws IOException {
        plant("m/src/test/java/ATest.java", "class ATest { Object x = DropReason.RULE_DROP; }\n");
        plant("m/src/main/java/A.java", "class A { Object x = DropReason.NO_ROUTE; }\n");
        plant("testkit/src/main/java/Model.java", "class Model { Object x = DropReason.NO_PATH; }\n");
        assertThat(Requirements.withoutTest(new Tree(planted), List.of("RULE_DROP", "NO_ROUTE", "NO_PATH", "RULE")))
                .containsExactly("NO_ROUTE", "RULE");
    }

    @Test
    void everyDropReasonIsInTheReference() {
        String page = OURS.text(Path.of("docs", "reference", "drop-reasons.md"));
        assertThat(dropReasons()).allSatisfy(reason -> assertThat(page).contains("`" + reason + "`"));
    }

    @Test
    void launcherLooksForNewSourcesInEveryModuleOfTheProduct() {
        String watched = OURS.text(Path.of("sluice"))
                .lines()
                .filter(line -> line.contains("src/main,pom.xml"))
                .findFirst()
                .orElseThrow();
        assertThat(Architecture.MODULES)
                .filteredOn(module -> !List.of("testkit", "bench").contains(module.name()))
                .isNotEmpty()
                .allSatisfy(module -> assertThat(watched).containsPattern("[{,]" + module.name() + "[,}]"));
    }

    @Test
    void closedRequirementsNameClassesAndTestsThatExist() {
        assumeThat(OURS.exists(Path.of("docs", "specs.md"))).isTrue();
        assertThat(Requirements.unprovenRows(OURS)).isEmpty();
    }

    @Test
    void findsClosedRequirementsWithoutProof() throws IOException {
        plant("m/src/main/java/A.java", "class A {}\n");
        plant("m/src/test/java/ATest.java", "class ATest { void works() {} }\n");
        plant("docs/specs.md", """
                | id | what | state | where | test |
                |---|---|---|---|---|
                | V1 | fine | closed | `A` | `ATest.works` |
                | V2 | no test | closed | `A` | |
                | V3 | gone | closed | `B`, `A` | `ATest.fails` |
                | V4 | not yet | open | | |
                """);
        assertThat(Requirements.unprovenRows(new Tree(planted)))
                .containsExactly(
                        "V2: is closed and names no test", "V3: there is no class B", "V3: ATest has no fails");
    }

    private static List<String> dropReasons() {
        return Stream.of(DropReason.values()).map(DropReason::name).toList();
    }

    private void plant(String file, String text) throws IOException {
        Path path = planted.resolve(file);
        Path folder = path.getParent();
        if (folder != null) {
            Files.createDirectories(folder);
        }
        Files.writeString(path, text);
    }
}
