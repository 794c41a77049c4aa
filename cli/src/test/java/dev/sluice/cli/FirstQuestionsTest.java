package dev.sluice.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.File;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import picocli.CommandLine;

/** Commands that only ask a manager, with the libraries that the installed program gives them (P14). */
@Timeout(120)
class FirstQuestionsTest {
    private static final Path PACKAGING = Path.of("..", "packaging");

    private static String found(String file, String pattern) throws Exception {
        Matcher matcher =
                Pattern.compile(pattern, Pattern.MULTILINE).matcher(Files.readString(PACKAGING.resolve(file)));
        assertThat(matcher.find()).as("%s in packaging/%s", pattern, file).isTrue();
        return matcher.group(1);
    }

    @Test
    void nothingThatTheyNeedIsLeftOut() throws Exception {
        Pattern leftOut = Pattern.compile(found("build", "^readonly NOT_FOR_QUESTIONS='(.*)'$"));
        List<String> all = List.of(System.getProperty("java.class.path").split(File.pathSeparator, -1));
        List<String> kept = all.stream()
                .filter(entry -> !leftOut.matcher(String.valueOf(Path.of(entry).getFileName()))
                        .find())
                .toList();
        assertThat(kept).as("something is left out").hasSizeLessThan(all.size());
        Process process = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-XX:+UseSerialGC",
                        "-XX:TieredStopAtLevel=1",
                        "--enable-native-access=ALL-UNNAMED",
                        "-cp",
                        String.join(File.pathSeparator, kept),
                        FirstQuestions.class.getName())
                .redirectErrorStream(true)
                .start();
        String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
        assertThat(process.exitValue()).as(said).isZero();
    }

    @Test
    void everyCommandThatDoesWithoutTheRestAsksAManagerOnly() throws Exception {
        List<String> commands = Stream.of(
                        found("launcher", "^  (apply \\|.*)\\)$").split(" \\| ", -1))
                .toList();
        assertThat(commands).contains("get", "apply", "delete");
        for (String command : commands) {
            CommandLine found = Objects.requireNonNull(
                    Main.commandLine(command).getSubcommands().get(command), command);
            Class<?> type = found.getCommandSpec().userObject().getClass();
            assertThat(ManagerQuestion.class.isAssignableFrom(type)).as(command).isTrue();
        }
    }
}
