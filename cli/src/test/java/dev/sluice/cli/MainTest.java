package dev.sluice.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;
import tools.jackson.databind.json.JsonMapper;

class MainTest {
    @TempDir
    private Path folder = Path.of("");

    @Test
    void unknownCommandIsWrongUsageWithASuggestion() {
        Cli run = Cli.run("statu");
        assertThat(run.status()).isEqualTo(ExitCode.USAGE);
        assertThat(run.err()).contains("statu").contains("did you mean: status").contains("see: sluice --help");
        assertThat(run.out()).isEmpty();
    }

    @Test
    void missingOptionIsWrongUsage() {
        Cli run = Cli.run("apply");
        assertThat(run.status()).isEqualTo(ExitCode.USAGE);
        assertThat(run.err()).contains("'--file=FILE|DIR'").contains("see: sluice apply --help");
    }

    @Test
    void wrongValueNamesOptionAndValue() {
        Cli run = Cli.run("status", "-o", "xml");
        assertThat(run.status()).isEqualTo(ExitCode.USAGE);
        assertThat(run.err()).contains("--output").contains("xml").contains("'xml' is not one of: text, json");
    }

    @Test
    void filesThatAreNotThereAreSaidNotToBeThere() {
        String nowhere = folder.resolve("nowhere").resolve("web.pcap").toString();
        assertThat(Cli.run("trace", "--pcap", nowhere).err()).contains(nowhere + ": there is no such file");
        assertThat(Cli.run("trace", "--hex", nowhere).err()).contains("there is no such file");
        assertThat(Cli.run("support-bundle", "--output-file", nowhere).err())
                .contains(nowhere + " can't be written: there is no such file");
    }

    @Test
    void everyCommandHasHelp() {
        for (List<String> command : List.of(
                List.of("validate"), List.of("run"), List.of("status"), List.of("lab", "up"), List.of("completion"))) {
            List<String> words = new ArrayList<>(command);
            words.add("--help");
            Cli run = Cli.run(words.toArray(String[]::new));
            assertThat(run.status()).isZero();
            assertThat(run.out()).startsWith("Usage: sluice " + String.join(" ", command));
        }
    }

    @Test
    void commandThatIsReadAloneIsTheSameAsAmongAll() {
        CommandLine whole = Main.commandLine();
        assertThat(whole.getSubcommands()).hasSize(SluiceCommand.COMMANDS.size());
        whole.getSubcommands().forEach((name, command) -> {
            CommandLine alone = Objects.requireNonNull(
                    Main.commandLine(name).getSubcommands().get(name));
            assertThat(alone.getUsageMessage()).isEqualTo(command.getUsageMessage());
        });
        assertThat(Main.commandLine("status").getSubcommands()).containsOnlyKeys("status");
    }

    @Test
    void versionIsThatOfTheBuild() {
        assertThat(Cli.run("version").out())
                .contains("sluice " + Version.number())
                .contains("java ");
        assertThat(Cli.run("--version").out()).isEqualToIgnoringNewLines("sluice " + Version.number());
        assertThat(Version.number()).matches("\\d+\\.\\d+\\.\\d+(-SNAPSHOT)?");
        assertThat(new JsonMapper()
                        .readTree(Cli.run("version", "-o", "json").out())
                        .get("sluice")
                        .asString())
                .isEqualTo(Version.number());
    }

    @Test
    void commandsSayThatNobodyListens() {
        String socket = folder.resolve("gone.sock").toString();
        for (String command : List.of("status", "flows", "counters", "reload", "stop")) {
            Cli run = Cli.run(command, "--admin", socket);
            assertThat(run.status()).isEqualTo(ExitCode.FAILED);
            assertThat(run.err())
                    .startsWith("sluice: no Sluice node listens on " + socket)
                    .contains("sluice run -f DIR");
        }
    }

    @Test
    void runRefusesAConfigurationThatIsNotThere() {
        Cli run = Cli.run("run", "-f", folder.resolve("gone.yaml").toString());
        assertThat(run.status()).isEqualTo(ExitCode.FAILED);
        assertThat(run.err()).contains("gone.yaml").contains("there is no such file");
    }

    @Test
    void labFileThatIsNotThereIsSaid() {
        Cli run = Cli.run("lab", "up", folder.resolve("gone.yaml").toString());
        assertThat(run.status()).isEqualTo(ExitCode.FAILED);
        assertThat(run.err()).startsWith("sluice: lab file").contains("gone.yaml");
    }

    @Test
    void programsAreToldOfEveryFailureWhereTheyExpectTheAnswer() {
        for (List<String> words : List.of(
                List.of("status", "--admin", "/nowhere/s", "-o", "json"),
                List.of("get", "services", "--manager", "pigeon", "-ojson"),
                List.of("status", "--output=json", "--pigeon"),
                List.of("diff", "--admin", "/nowhere/s", "-o", "JSON"))) {
            Cli run = Cli.run(words.toArray(String[]::new));
            assertThat(run.status()).isNotZero();
            assertThat(new JsonMapper().readTree(run.out()).path("error").asString())
                    .as("%s", words)
                    .isNotBlank();
            assertThat(run.err()).startsWith("sluice: ");
        }
        assertThat(Cli.run("status", "--admin", "/nowhere/s").out()).isEmpty();
    }

    @Test
    void whatCannotBeWrittenIsAFailureAndAReaderWhoHasHadEnoughIsNot() {
        assertThat(written("No space left on device").status()).isEqualTo(ExitCode.FAILED);
        assertThat(written("No space left on device").err())
                .isEqualTo("sluice: the answer cannot be written: No space left on device\n");
        assertThat(written("Broken pipe")).isEqualTo(new Cli(ExitCode.OK, "", ""));
    }

    private static Cli written(String trouble) {
        StringWriter err = new StringWriter();
        CommandLine line = Main.commandLine("version");
        line.setErr(new PrintWriter(err, true));
        Output output = new Output(new OutputStream() {
            @Override
            public void write(int one) throws IOException {
                throw new IOException(trouble);
            }
        });
        int status = Main.run(line, output, "version");
        return new Cli(status, "", err.toString());
    }
}
