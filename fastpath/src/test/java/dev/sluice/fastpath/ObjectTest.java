package dev.sluice.fastpath;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The compiled program in the tree is made of the source in the tree. */
class ObjectTest {
    @TempDir
    Path directory;

    private static String output(String... command) throws IOException, InterruptedException {
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor()).as(output).isZero();
        return output;
    }

    private static boolean isThere(String program) {
        return Arrays.stream(System.getenv("PATH").split(":", -1))
                .anyMatch(d -> Files.isExecutable(Path.of(d, program)));
    }

    @Test
    void isWhatItsSourceCompilesTo() throws Exception {
        assumeTrue(
                isThere("clang") && isThere("llvm-strip"),
                "clang or llvm-strip is not installed: the kept object is not compared");
        Path rebuilt = directory.resolve(Program.OBJECT);
        output("../tools/build-bpf", rebuilt.toString());
        boolean same = Arrays.equals(Files.readAllBytes(rebuilt), Program.object());
        String here = output("clang", "--version").lines().findFirst().orElse("");
        String then = Files.readString(Path.of("src/main/bpf/compiled-by")).strip();
        // Another compiler makes other code of the same source.
        assumeTrue(same || here.equals(then), "the kept object was compiled by " + then + ", here is " + here);
        assertThat(same).as("source and kept object differ: run ./dev bpf").isTrue();
    }
}
