package dev.sluice.fastpath;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The compiled programs in the tree are made of the source in the tree: byte by byte with the compiler that made them, as far as compilers agree with any other. */
class ObjectTest {
    private static final Path COMPILED_BY = Path.of("src/main/bpf/compiled-by");

    /** Sections of instructions, and by how much of their length compilers may differ. */
    private static final List<String> CODE = List.of("tc", "xdp", ".text");

    private static final double CODE_SHARE = 0.25;

    @TempDir
    Path directory;

    private static String output(String... command) throws IOException, InterruptedException {
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor()).as(output).isZero();
        return output;
    }

    static boolean isThere(String program) {
        return Arrays.stream(System.getenv("PATH").split(":", -1))
                .anyMatch(d -> Files.isExecutable(Path.of(d, program)));
    }

    /** An object as the compiler of this machine makes it of the source. */
    private byte[] made(String object) throws IOException, InterruptedException {
        assumeTrue(
                isThere("clang") && isThere("llvm-strip"),
                "skipped: nothing of the kept objects is compared with the source, since clang or llvm-strip is not installed");
        output("../tools/build-bpf", directory.toString());
        return Files.readAllBytes(directory.resolve(object));
    }

    @ParameterizedTest
    @ValueSource(strings = {Program.OBJECT, Program.XDP_OBJECT})
    void isWhatItsSourceCompilesTo(String object) throws Exception {
        boolean same = Arrays.equals(made(object), Program.object(object));
        String here = output("clang", "--version").lines().findFirst().orElse("");
        String then = Files.readString(COMPILED_BY).strip();
        // Another compiler makes other code of the same source.
        assumeTrue(
                same || here.equals(then),
                "skipped: the instructions of " + object + " are not compared byte by byte, since they were made by "
                        + then + " and here is " + here + "; its sections, functions, maps and layouts are");
        assertThat(same)
                .as("source and kept object differ: run ./dev bpf and keep what it makes")
                .isTrue();
    }

    /** What any compiler makes of the same source: another layout, map or function cannot hide behind another compiler. */
    @ParameterizedTest
    @ValueSource(strings = {Program.OBJECT, Program.XDP_OBJECT})
    void hasTheSectionsFunctionsMapsAndLayoutsOfItsSource(String object) throws Exception {
        byte[] made = made(object);
        byte[] kept = Program.object(object);
        assertThat(Btf.functions(kept)).as("functions").isEqualTo(Btf.functions(made));
        assertThat(Btf.of(kept)).as("structures").isEqualTo(Btf.of(made));
        Map<String, Long> expected = Btf.sections(made);
        Map<String, Long> actual = Btf.sections(kept);
        assertThat(actual).as("sections").containsOnlyKeys(expected.keySet().toArray(new String[0]));
        // As many maps, each of them a structure of pointers (.BTF says which; libbpf reads them when they are loaded).
        assertThat(actual)
                .containsEntry(".maps", expected.get(".maps"))
                .containsEntry("license", expected.get("license"));
        for (String code : CODE) {
            long bytes = expected.getOrDefault(code, 0L);
            assertThat((double) actual.getOrDefault(code, 0L))
                    .as("bytes of instructions in %s", code)
                    .isCloseTo((double) bytes, within(bytes * CODE_SHARE));
        }
    }

    @Test
    void keptObjectsSayWhatMadeThem() throws IOException {
        assertThat(Files.readString(COMPILED_BY)).contains("clang version ");
    }
}
