package dev.sluice.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

/** The unit for systemd says what the command line takes, and gives the node no more than it needs (S4). */
class UnitFileTest {
    private static final Path UNIT = Path.of("..", "packaging", "sluice@.service");

    @TempDir
    private Path folder = Path.of("");

    private static List<String> values(String key) throws Exception {
        return Files.readAllLines(UNIT).stream()
                .filter(line -> line.startsWith(key + "="))
                .map(line -> line.substring(key.length() + 1))
                .toList();
    }

    @Test
    void commandLineTakesWhatTheUnitStarts() throws Exception {
        List<String> words = new ArrayList<>(
                List.of(values("ExecStart").getFirst().replace("%i", "edge").split(" ", -1)));
        assertThat(words.removeFirst()).isEqualTo("/opt/sluice/sluice");
        CommandLine.ParseResult parsed = Main.commandLine().parseArgs(words.toArray(String[]::new));
        assertThat(parsed.subcommand().commandSpec().name()).isEqualTo("run");
        assertThat(parsed.subcommand().unmatched()).isEmpty();
        assertThat(parsed.subcommand().matchedOptionValue("--state", Path.of("")))
                .isEqualTo(Path.of("/var/lib/sluice/edge"));
        assertThat(parsed.subcommand().matchedOptionValue("--socket", Path.of("")))
                .isEqualTo(Path.of("/run/sluice/edge.sock"));
    }

    @Test
    void nodeHasThreeCapabilitiesAndNoWayToMore() throws Exception {
        String three = "CAP_NET_RAW CAP_NET_ADMIN CAP_BPF";
        assertThat(values("AmbientCapabilities")).containsExactly(three);
        assertThat(values("CapabilityBoundingSet")).containsExactly(three);
        assertThat(values("NoNewPrivileges")).containsExactly("yes");
        assertThat(values("ProtectSystem")).containsExactly("strict");
        assertThat(values("User")).containsExactly("sluice");
        assertThat(values("RestrictAddressFamilies").getFirst())
                .contains("AF_UNIX", "AF_NETLINK", "AF_PACKET", "AF_XDP");
        assertThat(values("MemoryDenyWriteExecute")).as("the JVM compiles").isEmpty();
    }

    @Test
    void systemdUnderstandsEveryLine() throws Exception {
        assumeThat(Path.of("/usr/bin/systemd-analyze")).exists();
        Path unit = folder.resolve("sluice@edge.service");
        // The user and the product are not there where this is built.
        Files.writeString(
                unit,
                Files.readString(UNIT)
                        .replaceAll("(?m)^ExecStart=\\S+", "ExecStart=/bin/true")
                        .replaceAll("(?m)^(User|Group)=.*", "$1=root"));
        Process verify = new ProcessBuilder("systemd-analyze", "verify", unit.toString())
                .redirectErrorStream(true)
                .start();
        String said = new String(verify.getInputStream().readAllBytes(), java.nio.charset.StandardCharsets.UTF_8);
        assertThat(verify.waitFor()).as(said).isZero();
        assertThat(said).doesNotContain("sluice@edge.service");
    }
}
