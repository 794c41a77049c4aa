package dev.sluice.model;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

class BadInputTest {
    private static final String SPICE = "{}[]:,-&*!|>'\"%@`#?~ \n\t\0\u0007\ufeff\ud8000123456789abcxyz/.";

    @TempDir
    @SuppressWarnings("NullAway.Init") // set by JUnit
    Path directory;

    @Test
    void mutatedTextNeverThrows() {
        long seed = 20_251;
        Random random = new Random(seed);
        String[] sources = {Samples.smallNetwork(), Samples.everyKind()};
        for (int i = 0; i < 8_000; i++) {
            // Most cases on the short text, which reads five times as fast.
            String text = mutated(sources[i % 8 == 0 ? 1 : 0], random);
            try {
                requireConsistent(ConfigurationLoader.parse("m.yaml", text));
            } catch (Throwable e) {
                throw new AssertionError("seed " + seed + ", case " + i + ":\n" + text, e);
            }
        }
    }

    private static String mutated(String source, Random random) {
        StringBuilder text = new StringBuilder(source);
        for (int n = 1 + random.nextInt(4); n > 0; n--) {
            int at = random.nextInt(text.length());
            int end = Math.min(text.length(), at + 1 + random.nextInt(12));
            switch (random.nextInt(5)) {
                case 0 -> text.deleteCharAt(at);
                case 1 -> text.delete(at, end);
                case 2 -> text.insert(at, text.substring(at, end));
                case 3 -> text.setCharAt(at, SPICE.charAt(random.nextInt(SPICE.length())));
                default -> text.insert(at, SPICE.charAt(random.nextInt(SPICE.length())));
            }
            if (text.isEmpty()) {
                return "";
            }
        }
        return text.toString();
    }

    private static void requireConsistent(LoadResult result) {
        assertThat(result.usable()).isEqualTo(result.problems().stream().noneMatch(Problem::isError));
        for (Problem problem : result.problems()) {
            assertThat(problem.toString()).doesNotContain("\n");
        }
        result.configuration().ifPresent(all -> all.nodes().forEach(all::forNode));
    }

    @Test
    void textTruncatedAtAnyByteNeverThrows() throws IOException {
        Path file = directory.resolve("t.yaml");
        byte[] bytes = (Samples.smallNetwork() + "# \u00fc \u20ac \ud83d\ude00\n").getBytes(StandardCharsets.UTF_8);
        for (int length = 0; length < bytes.length; length++) {
            Files.write(file, Arrays.copyOf(bytes, length));
            requireConsistent(ConfigurationLoader.load(file));
        }
        String every = Samples.everyKind();
        for (int length = 0; length < every.length(); length++) {
            requireConsistent(ConfigurationLoader.parse("t.yaml", every.substring(0, length)));
        }
    }

    @Test
    void randomBytesAreAProblem() throws IOException {
        Random random = new Random(7);
        Path file = directory.resolve("junk.yaml");
        for (int i = 0; i < 500; i++) {
            byte[] junk = new byte[1 + random.nextInt(300)];
            random.nextBytes(junk);
            Files.write(file, junk);
            assertThat(ConfigurationLoader.load(file).usable()).isFalse();
        }
    }

    @Test
    void textThatIsNotUtf8IsAProblemAtItsPlace() throws IOException {
        Path file = directory.resolve("latin1.yaml");
        Files.write(file, "kind: Port\nnote: \u00fc\n".getBytes(StandardCharsets.ISO_8859_1));
        assertThat(only(ConfigurationLoader.load(file)))
                .hasToString(
                        file + ":2:7: not a UTF-8 text: byte 0xfc has no meaning here (allowed: YAML 1.2 in UTF-8)");
    }

    @Test
    void fileThatIsTooLongIsAProblem() throws IOException {
        Path file = directory.resolve("long.yaml");
        Files.write(file, new byte[ConfigurationLoader.FILE_BYTES_MAX + 1]);
        assertThat(only(ConfigurationLoader.load(file)).message()).startsWith("the file is too long");
    }

    @Test
    void fileOfGarbageAsLongAsAllowedIsReadInTimeAndMemory() {
        String garbage = "- x\n".repeat(ConfigurationLoader.FILE_BYTES_MAX / 4 - 100);
        String text = "apiVersion: sluice.dev/v1\nkind: ServicePolicy\nmetadata: {name: p}\nspec:\n  rules:\n  "
                + garbage.replace("\n", "\n  ").substring(0, ConfigurationLoader.FILE_BYTES_MAX - 200);
        LoadResult result = ConfigurationLoader.parse("g.yaml", text);
        assertThat(result.problems()).hasSize(ProblemLog.PROBLEMS_MAX + 1);
        assertThat(result.problems().getLast().message()).contains("more problems are not shown");
    }

    @Test
    @Timeout(60)
    void thousandsOfWrongReferencesAreNotComparedWithThousandsOfNames() {
        StringBuilder text = new StringBuilder();
        for (int i = 0; text.length() < ConfigurationLoader.FILE_BYTES_MAX - 200; i++) {
            text.append("--- {apiVersion: sluice.dev/v1, kind: Port, metadata: {name: p" + i + "}, spec: {interface: e"
                    + i + ", peer: q" + i + "}}\n");
        }
        assertThat(ConfigurationLoader.parse("r.yaml", text.toString()).problems())
                .hasSize(ProblemLog.PROBLEMS_MAX + 1);
    }

    @Test
    void missingFileIsAProblem() {
        assertThat(only(ConfigurationLoader.load(directory.resolve("none.yaml")))
                        .message())
                .isEqualTo("can't be read: there is no such file or directory");
    }

    @Test
    void directoryWithoutObjectsIsAProblem() {
        assertThat(only(ConfigurationLoader.load(directory)).message()).isEqualTo("holds no objects");
    }

    @Test
    void emptyDocumentIsAWarning() {
        LoadResult result = ConfigurationLoader.parse("e.yaml", "---\n---\n" + Samples.smallNetwork());
        assertThat(result.usable()).isTrue();
        assertThat(only(result).severity()).isEqualTo(Problem.Severity.WARNING);
        assertThat(only(result).message()).startsWith("empty document");
    }

    @Test
    void nestedAliasesAreRefusedBeforeTheyAreExpanded() {
        StringBuilder bomb = new StringBuilder("a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n");
        for (int i = 1; i < 10; i++) {
            String alias = "*a" + (i - 1);
            bomb.append("a" + i + ": &a" + i + " [" + (alias + ", ").repeat(5) + alias + "]\n");
        }
        assertThat(only(ConfigurationLoader.parse("b.yaml", bomb.toString())).message())
                .isEqualTo("the aliases of this file stand for more than 10000 values");
    }

    @Test
    void moreAliasesThanAllowedAreRefused() {
        Problem problem = only(ConfigurationLoader.parse("b.yaml", "a: &a 1\nb: [" + "*a ,".repeat(65) + "]"));
        assertThat(problem.message()).isEqualTo("more than 64 aliases in one file");
    }

    @Test
    void valueThatHoldsItselfIsRefused() {
        assertThat(only(ConfigurationLoader.parse("b.yaml", "a: &a [*a]")).message())
                .isEqualTo("alias *a refers to no complete value before it");
    }

    @Test
    void depthIsLimited() {
        String text = "a: " + "[".repeat(100_000) + "]".repeat(100_000);
        Problem problem = only(ConfigurationLoader.parse("d.yaml", text));
        assertThat(problem.message()).isEqualTo("lists and objects are nested too deeply");
        assertThat(problem.column()).isEqualTo(35);
    }

    @Test
    void tagsAreRefused() {
        assertThat(only(ConfigurationLoader.parse("t.yaml", "kind: !java.lang.Runtime {}"))
                        .message())
                .startsWith("tag '!java.lang.Runtime' is not supported");
    }

    @Test
    void syntaxErrorHasItsPlaceAndObjectsBeforeItAreStillChecked() {
        LoadResult result = ConfigurationLoader.parse("s.yaml", "kind: Prot\n---\na: [1, 2\nb: 3\n");
        assertThat(result.problems()).hasSize(2);
        assertThat(result.problems().get(0).message()).contains("did you mean 'Port'?");
        assertThat(result.problems().get(1).toString()).startsWith("s.yaml:4:2: not valid YAML: ");
    }

    private static Problem only(LoadResult result) {
        assertThat(result.problems()).hasSize(1);
        return result.problems().getFirst();
    }
}
