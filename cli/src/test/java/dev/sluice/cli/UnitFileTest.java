package dev.sluice.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import dev.sluice.lab.LabProcess;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine;

/** The units for systemd say what the command line takes, and give each service no more than it needs (S4). */
class UnitFileTest {
    private static final Path PACKAGING = Path.of("..", "packaging");
    private static final String NODE = "sluice@.service";
    private static final String AGENT = "sluice-agent.service";
    private static final String MANAGER = "sluice-manager.service";

    @TempDir
    private Path folder = Path.of("");

    private static String text(String unit) throws Exception {
        return Files.readString(PACKAGING.resolve("systemd").resolve(unit));
    }

    private static List<String> values(String unit, String key) throws Exception {
        return text(unit)
                .lines()
                .filter(line -> line.startsWith(key + "="))
                .map(line -> line.substring(key.length() + 1))
                .toList();
    }

    /** What /etc/default/sluice says, also behind a comment sign. */
    private static String option(String variable) throws Exception {
        return Pattern.compile("(?m)^(?:# )?" + variable + "=\"([^\"]+)\"")
                .matcher(Files.readString(PACKAGING.resolve("debian").resolve("default")))
                .results()
                .map(found -> found.group(1))
                .findFirst()
                .orElseThrow();
    }

    private static CommandLine.ParseResult started(String unit, String variable) throws Exception {
        String line =
                values(unit, "ExecStart").getFirst().replace("%i", "edge").replace("$" + variable, option(variable));
        List<String> words = new ArrayList<>(List.of(line.split(" ", -1)));
        assertThat(words.removeFirst()).isEqualTo("/usr/bin/sluice");
        CommandLine.ParseResult parsed =
                Main.commandLine().parseArgs(words.toArray(String[]::new)).subcommand();
        assertThat(parsed.unmatched()).isEmpty();
        return parsed;
    }

    @ParameterizedTest
    @ValueSource(strings = {NODE, AGENT, MANAGER})
    void serviceCountsAsStartedWhenItSaysSo(String unit) throws Exception {
        assertThat(values(unit, "Type")).containsExactly("notify");
        assertThat(values(unit, "RestrictAddressFamilies").getFirst()).contains("AF_UNIX");
    }

    @Test
    void commandLineTakesWhatTheUnitOfNodesStarts() throws Exception {
        CommandLine.ParseResult parsed = started(NODE, "SLUICE_RUN_OPTIONS");
        assertThat(parsed.commandSpec().name()).isEqualTo("run");
        assertThat(parsed.matchedOptionValue("--state", Path.of(""))).isEqualTo(Path.of("/var/lib/sluice/edge"));
        assertThat(parsed.matchedOptionValue("--socket", Path.of(""))).isEqualTo(Path.of("/run/sluice/edge.sock"));
        assertThat(parsed.hasMatchedOption("--fast-path"))
                .as("else an upgrade cuts flows")
                .isTrue();
    }

    @Test
    void reloadingTheUnitAsksTheNodeThatItStarts() throws Exception {
        List<String> words = List.of(values(NODE, "ExecReload").getFirst().split(" ", -1));
        CommandLine.ParseResult parsed = Main.commandLine()
                .parseArgs(words.subList(1, words.size()).toArray(String[]::new))
                .subcommand();
        assertThat(parsed.commandSpec().name()).isEqualTo("reload");
        assertThat(parsed.matchedOptionValue("--socket", Path.of(""))).isEqualTo(Path.of("/run/sluice/%i.sock"));
        assertThat(values(NODE, "ExecStart").getFirst()).contains("--socket /run/sluice/%i.sock");
    }

    @Test
    void commandLineTakesWhatTheUnitOfTheAgentStarts() throws Exception {
        CommandLine.ParseResult parsed = started(AGENT, "SLUICE_AGENT_OPTIONS");
        assertThat(parsed.commandSpec().name()).isEqualTo("agent");
        assertThat(parsed.matchedOptionValue("--state", Path.of(""))).isEqualTo(Path.of("/var/lib/sluice/agent"));
    }

    @Test
    void commandLineTakesWhatTheUnitOfTheManagerStarts() throws Exception {
        CommandLine.ParseResult parsed = started(MANAGER, "SLUICE_MANAGER_OPTIONS");
        assertThat(parsed.commandSpec().name()).isEqualTo("manager");
        assertThat(parsed.matchedOptionValue("--data", Path.of("")))
                .as("where commands look for the token of this machine's administrator")
                .isEqualTo(Path.of("/var/lib/sluice/manager"));
    }

    @ParameterizedTest
    @ValueSource(strings = {NODE, AGENT})
    void nodesHaveFourCapabilitiesAndNoWayToMore(String unit) throws Exception {
        String four = "CAP_NET_RAW CAP_NET_ADMIN CAP_BPF CAP_PERFMON";
        assertThat(values(unit, "AmbientCapabilities")).containsExactly(four);
        assertThat(values(unit, "CapabilityBoundingSet")).containsExactly(four);
        assertThat(values(unit, "User")).containsExactly("sluice");
        assertThat(values(unit, "RestrictAddressFamilies").getFirst())
                .contains("AF_UNIX", "AF_NETLINK", "AF_PACKET", "AF_XDP");
    }

    @ParameterizedTest
    @ValueSource(strings = {NODE, AGENT})
    void nodesThatTestsAndDemonstrationsPreferAreAsNiceAsInstalledOnes(String unit) throws Exception {
        assertThat(values(unit, "Nice")).containsExactly(Integer.toString(LabProcess.NICE));
    }

    @ParameterizedTest
    @ValueSource(strings = {NODE, AGENT})
    void whatOutlivesTheProcessIsMountedWhereTheWholeHostSeesIt(String unit) throws Exception {
        // Even with full privileges (+) a command of a unit with a sandbox has mounts of its own.
        assertThat(values(unit, "ExecStartPre"))
                .containsExactly("+/usr/bin/nsenter --target 1 --mount /usr/lib/sluice/bin/sluice-bpf");
    }

    @Test
    void managerHasNoCapabilityAndAUserOfItsOwn() throws Exception {
        assertThat(values(MANAGER, "AmbientCapabilities")).containsExactly("");
        assertThat(values(MANAGER, "CapabilityBoundingSet")).containsExactly("");
        assertThat(values(MANAGER, "User")).containsExactly("sluice-manager");
        assertThat(values(MANAGER, "RestrictAddressFamilies")).containsExactly("AF_UNIX AF_INET AF_INET6");
    }

    @ParameterizedTest
    @ValueSource(strings = {NODE, AGENT, MANAGER})
    void everyServiceIsShutIn(String unit) throws Exception {
        assertThat(values(unit, "NoNewPrivileges")).containsExactly("yes");
        assertThat(values(unit, "ProtectSystem")).containsExactly("strict");
        assertThat(values(unit, "SystemCallFilter").getFirst()).startsWith("@system-service");
        assertThat(values(unit, "StateDirectory").getFirst()).startsWith("sluice/");
        assertThat(values(unit, "MemoryDenyWriteExecute"))
                .as("the JVM compiles")
                .isEmpty();
    }

    @ParameterizedTest
    @CsvSource({NODE + ",sluice@edge.service", AGENT + "," + AGENT, MANAGER + "," + MANAGER})
    void systemdUnderstandsEveryLine(String unit, String name) throws Exception {
        assumeThat(Path.of("/usr/bin/systemd-analyze")).exists();
        Path file = folder.resolve(name);
        // The users and the product are not there where this is built.
        Files.writeString(
                file,
                text(unit)
                        .replaceAll("(?m)^(ExecStart|ExecStartPre|ExecReload)=\\S+", "$1=/bin/true")
                        .replaceAll("(?m)^(User|Group)=.*", "$1=root"));
        Process verify = new ProcessBuilder("systemd-analyze", "verify", "--man=no", file.toString())
                .redirectErrorStream(true)
                .start();
        String said = new String(verify.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(verify.waitFor()).as(said).isZero();
        assertThat(said).doesNotContain(name);
    }

    @Test
    void manPageHasEveryCommand() {
        String page = ManPage.page();
        assertThat(Main.commandLine().getSubcommands().keySet())
                .allSatisfy(command -> assertThat(page).contains(".SS sluice " + command.replace("-", "\\-")));
        assertThat(page.lines().filter(line -> line.startsWith(".")).map(line -> line.split(" ", 2)[0]))
                .as("nothing of a description is taken for a request")
                .isSubsetOf(
                        Stream.of(".TH", ".SH", ".SS", ".PP", ".TP", ".B", ".I").toList());
    }
}
