package dev.sluice.ports;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Asks the kernel how the thread that collects garbage is scheduled. */
@Tag("system")
class RealtimePausesSystemTest {
    private static final String ROUND_ROBIN = "2";

    /** Of /proc/PID/stat behind the name of the thread, which may hold blanks: proc_pid_stat(5) counts policy as the 41st, the name as the second. */
    private static final int POLICY = 41 - 3;

    @Test
    void theThreadThatCollectsGarbageGoesFirstOrItIsSaidWhyNot() throws Exception {
        Assumptions.assumeTrue(
                new ProcessBuilder("chrt", "--rr", "1", "true").start().waitFor() == 0,
                "nobody may be scheduled in real time here");

        assertThat(RealtimePauses.enter()).isEmpty();

        assertThat(policyOf("VM Thread")).isEqualTo(ROUND_ROBIN);
        assertThat(policyOf("java")).isNotEqualTo(ROUND_ROBIN);
    }

    private static String policyOf(String name) throws IOException {
        try (DirectoryStream<Path> threads = Files.newDirectoryStream(Path.of("/proc/self/task"))) {
            for (Path thread : threads) {
                if (Files.readString(thread.resolve("comm")).strip().equals(name)) {
                    String stat = Files.readString(thread.resolve("stat"));
                    return stat.substring(stat.lastIndexOf(')') + 2).split(" ", -1)[POLICY];
                }
            }
        }
        throw new AssertionError("no thread " + name);
    }
}
