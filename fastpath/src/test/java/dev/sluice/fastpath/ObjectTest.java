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

/** The compiled programs in the tree are made of the source in the tree. */
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
    void areWhatTheirSourceCompilesTo() throws Exception {
        assumeTrue(
                isThere("clang") && isThere("llvm-strip"),
                "clang or llvm-strip is not installed: the kept objects are not compared");
        output("../tools/build-bpf", directory.toString());
        boolean same = true;
        for (String object : new String[] {Program.OBJECT, Program.XDP_OBJECT}) {
            same &= Arrays.equals(Files.readAllBytes(directory.resolve(object)), Program.object(object));
        }
        String here = output("clang", "--version").lines().findFirst().orElse("");
        String then = Files.readString(Path.of("src/main/bpf/compiled-by")).strip();
        // Another compiler makes other code of the same source.
        assumeTrue(same || here.equals(then), "the kept objects were compiled by " + then + ", here is " + here);
        assertThat(same).as("source and kept objects differ: run ./dev bpf").isTrue();
    }
}
