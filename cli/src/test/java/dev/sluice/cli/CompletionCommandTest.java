package dev.sluice.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

/** Scripts for shells, all made from the commands themselves. */
class CompletionCommandTest {
    private static final String QUOTED = "'(?:[^'\\\\]|\\\\.)*'";
    private static final Pattern FISH_LINE = Pattern.compile("complete -c sluice(?: -n " + QUOTED
            + "(?: -[sl] [-\\w]+)*(?: -[xrF])*(?: -a (?:[-\\w]+|" + QUOTED + "))?(?: -d " + QUOTED + ")?| -f)");

    @TempDir
    private Path folder = Path.of("");

    private static String script(String shell) {
        Cli run = Cli.run("completion", shell);
        assertThat(run.err()).isEmpty();
        return run.out();
    }

    private static List<CommandLine> all(CommandLine root) {
        List<CommandLine> all = new ArrayList<>();
        root.getSubcommands().values().forEach(sub -> {
            all.add(sub);
            all.addAll(all(sub));
        });
        return all;
    }

    @Test
    void bashKnowsCommandsOptionsAndKinds() {
        assertThat(script("bash"))
                .startsWith("#!/usr/bin/env bash")
                .contains("validate", "--log-level", "servicepolicies", "logicalswitches");
    }

    @Test
    void zshKnowsEveryCommandWithItsOptionsAndWhatMayStandBehindThem() throws Exception {
        String script = script("zsh");
        assertThat(script)
                .startsWith("#compdef sluice\n")
                .contains(
                        "'get:Shows objects of a manager\\: all of a kind, those with some names, or all of every kind'")
                .contains("'(-w --watch)--watch[Go on with what changes]'")
                .contains(
                        "'(-o --output)--output=[text for people, wide with labels, version and what is wrong]:FORMAT:(text wide name yaml json jsonpath=)'")
                .contains(
                        "'*-f+[Objects\\: a file, a directory with *.yaml and *.yml files, or - for the standard input]:FILE|DIR:_files'");
        for (CommandLine command : all(Main.commandLine())) {
            String function = "_" + command.getCommandSpec().qualifiedName("_").replace('-', '_');
            assertThat(script).contains("\n" + function + "() {\n").contains(" " + function + " ;;\n");
        }
        assertThat(problems(script)).as("quotes and brackets").isEmpty();
    }

    /** What bash takes for a script is one for zsh too, as far as these words go. */
    private String problems(String script) throws IOException, InterruptedException {
        Path file = Files.writeString(folder.resolve("script"), script);
        Process check = new ProcessBuilder("bash", "-n", file.toString())
                .redirectErrorStream(true)
                .start();
        String said = new String(check.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(check.waitFor()).as(said).isZero();
        return said;
    }

    @Test
    void fishKnowsEveryCommandWithItsOptionsAndWhatMayStandBehindThem() {
        List<String> lines = script("fish").lines().toList();
        assertThat(lines.stream().filter(line -> line.startsWith("complete")).toList())
                .hasSizeGreaterThan(300)
                .allMatch(line -> FISH_LINE.matcher(line).matches());
        assertThat(lines)
                .contains(
                        "complete -c sluice -n '__sluice_at' -a get -d 'Shows objects of a manager: all of a kind, those with some names, or all of every kind'")
                .contains("complete -c sluice -n '__sluice_below get' -s w -l watch -d 'Go on with what changes'")
                .contains(
                        "complete -c sluice -n '__sluice_below apply' -s f -l file -r -F -d 'Objects: a file, a directory with *.yaml and *.yml files, or - for the standard input'");
        for (CommandLine command : all(Main.commandLine())) {
            String path = command.getCommandSpec().qualifiedName(" ").replaceFirst("sluice ?", "");
            int last = path.lastIndexOf(' ');
            String at =
                    "complete -c sluice -n '__sluice_at" + (last < 0 ? "" : " " + path.substring(0, last)) + "' -a ";
            assertThat(lines).anyMatch(line -> line.startsWith(at + path.substring(last + 1)));
        }
    }
}
