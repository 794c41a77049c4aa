package dev.sluice.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.cli.house.GuideBlocks;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What a new user types, in the order in which the guides say it; and what they say that it shows. */
@Tag("system")
@Tag("long")
@Timeout(300)
class TourTest {
    private static final String MARK = "@@ block ";

    @TempDir
    private Path folder = Path.of("");

    @Test
    void tourThroughTheManagerShowsWhatItSays() throws Exception {
        run("tour.md", "tour-", 10);
    }

    @Test
    void gettingStartedByHandWorksToItsEnd() throws Exception {
        run("getting-started.md", "gs-", 7);
    }

    private void run(String guide, String namespaces, int blocksMin) throws Exception {
        List<GuideBlocks.Block> blocks = GuideBlocks.of(guide);
        assertThat(blocks).hasSizeGreaterThanOrEqualTo(blocksMin);
        program();
        StringBuilder script = new StringBuilder("set -e -o pipefail\nPATH=\"" + folder + ":$PATH\"\n");
        for (int i = 0; i < blocks.size(); i++) {
            script.append(blocks.get(i).commands())
                    .append("echo '" + MARK)
                    .append(i)
                    .append("'\n");
        }
        Path log = folder.resolve(guide + ".log");
        Process bash = new ProcessBuilder("bash", "-c", script.toString())
                .directory(folder.toFile())
                .redirectErrorStream(true)
                .redirectOutput(log.toFile())
                .start();
        try {
            boolean ended = bash.waitFor(240, TimeUnit.SECONDS);
            String said = Files.readString(log);
            assertThat(ended).as("ends in time:%n%s", said).isTrue();
            assertThat(bash.exitValue()).as(said).isZero();
            check(blocks, said);
        } finally {
            bash.descendants().forEach(ProcessHandle::destroyForcibly);
            bash.destroyForcibly();
            cleanUp(namespaces);
        }
    }

    /** Each line that a guide shows, with anything where it says so, in this order. */
    private static void check(List<GuideBlocks.Block> blocks, String said) {
        String rest = said;
        for (int i = 0; i < blocks.size(); i++) {
            String mark = MARK + i + "\n";
            String output = rest.substring(0, rest.indexOf(mark));
            rest = rest.substring(output.length() + mark.length());
            List<String> lines = output.lines().toList();
            int from = 0;
            for (String shown : blocks.get(i).shown()) {
                int at = from;
                while (at < lines.size()
                        && !pattern(shown).matcher(lines.get(at)).matches()) {
                    at++;
                }
                assertThat(at).as("'%s' in:%n%s", shown, output).isLessThan(lines.size());
                from = at + 1;
            }
        }
    }

    private static Pattern pattern(String shown) {
        List<String> parts = new ArrayList<>();
        for (String part : shown.strip().split("\\s*\\.\\.\\.\\s*", -1)) {
            parts.add(part.isEmpty() ? "" : Pattern.quote(part));
        }
        return Pattern.compile("\\s*" + String.join(".*", parts) + "\\s*");
    }

    /** The product as this build has it, under the name that guides call it by. */
    private void program() throws IOException {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(PairLab.FLAGS);
        command.addAll(List.of("-cp", System.getProperty("java.class.path"), Main.class.getName()));
        StringBuilder script = new StringBuilder("#!/bin/sh\nexec");
        command.forEach(
                word -> script.append(" '").append(word.replace("'", "'\\''")).append('\''));
        Path program = folder.resolve("sluice");
        Files.write(program, (script + " \"$@\"\n").getBytes(StandardCharsets.UTF_8));
        Files.setPosixFilePermissions(program, PosixFilePermissions.fromString("rwxr-xr-x"));
    }

    /** Whatever a guide did not come to, because something before it failed. */
    private static void cleanUp(String namespaces) throws IOException, InterruptedException {
        String script = "for name in client edge firewall server; do ip netns pids " + namespaces
                + "$name 2>/dev/null | xargs -r kill -9; ip netns delete " + namespaces + "$name 2>/dev/null; done;"
                + " rm -rf /tmp/sluice-tour /tmp/getting-started";
        new ProcessBuilder("bash", "-c", script).inheritIO().start().waitFor();
    }
}
