package dev.sluice.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.manager.AgentOptions;
import dev.sluice.manager.Manager;
import dev.sluice.manager.enrolment.AuthorityException;
import dev.sluice.manager.enrolment.Enrolments;
import dev.sluice.southbound.pki.EnrolmentToken;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** {@code sluice enrol}, what the agent says of tokens, and an authority that is lost. */
@Timeout(120)
class EnrolCommandsTest {
    @TempDir
    private Path folder = Path.of("");

    private static InetSocketAddress any() {
        return new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);
    }

    private Manager manager(boolean newAuthority) throws IOException {
        return Manager.start(Manager.Options.of(folder.resolve("data"), any())
                .withoutAccessControl()
                .with(new AgentOptions(any(), false, Enrolments.LIFE_USUAL, newAuthority)));
    }

    private static Cli run(Manager manager, String... words) {
        List<String> all = new ArrayList<>(List.of(words));
        all.add("--manager");
        all.add("http://127.0.0.1:" + manager.port());
        return Cli.run(all.toArray(String[]::new));
    }

    private Cli agent(String... words) {
        List<String> all = new ArrayList<>(
                List.of("agent", "--state", folder.resolve("state").toString(), "--node", "a"));
        all.addAll(List.of(words));
        return Cli.run(all.toArray(String[]::new));
    }

    @Test
    void tokensAreMadeListedAndTakenBack() throws IOException {
        try (Manager manager = manager(false)) {
            assertThat(run(manager, "enrol", "list").out()).contains("no host is enrolled");
            Cli made = run(manager, "enrol", "create", "a", "--ttl", "30m");
            assertThat(EnrolmentToken.of(made.out())).as(made.err()).isPresent();
            assertThat(run(manager, "enrol", "list").out()).contains("a     waiting");
            assertThat(run(manager, "enrol", "revoke", "a").out()).isEqualTo("Enrolment/a revoked\n");
            assertThat(run(manager, "enrol", "revoke", "b").out())
                    .isEqualTo(
                            "Enrolment/b revoked\nno host was enrolled for it here, and it had no token: look at the name\n");
            assertThat(run(manager, "enrol", "list").out())
                    .contains("a     revoked")
                    .contains("b     revoked");
            assertThat(run(manager, "enrol", "revoke", "A b").err()).contains("is not the name of an object");
            assertThat(run(manager, "enrol", "create", "A b").err()).contains("is no name of a node");
            assertThat(run(manager, "enrol", "create", "a", "--ttl", "8d").err())
                    .contains("1..604800");
            assertThat(run(manager, "enrol", "create", "a", "--ttl", "soon").err())
                    .contains("write 60s, 5m, 12h or 90d");
        }
        try (Manager closed = Manager.start(Manager.Options.of(folder.resolve("closed"), any())
                        .withoutAccessControl()
                        .with(new AgentOptions(any(), true, Enrolments.LIFE_USUAL, false)));
                Manager without = Manager.start(
                        Manager.Options.of(folder.resolve("without"), any()).withoutAccessControl())) {
            for (Manager each : List.of(closed, without)) {
                assertThat(run(each, "enrol", "create", "a").err()).contains("serves no agents over TLS");
            }
        }
    }

    @Test
    void authorityThatIsLostIsNotReplacedUnasked() throws IOException {
        Path file = folder.resolve("data").resolve("authority.pem");
        try (Manager manager = manager(false)) {
            assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
                    .isEqualTo("rw-------");
            assertThat(run(manager, "enrol", "create", "a").err()).isEmpty();
        }
        String saved = Files.readString(file);
        Files.writeString(file, saved.substring(0, 200));
        assertThatThrownBy(() -> manager(false).close())
                .isInstanceOf(AuthorityException.class)
                .hasMessageContaining("is damaged");
        Files.delete(file);
        assertThatThrownBy(() -> manager(false).close())
                .isInstanceOf(AuthorityException.class)
                .hasMessageContaining("put the copy of its authority.pem")
                .hasMessageContaining("--new-authority");
        assertThat(file).doesNotExist();
        try (Manager manager = manager(true)) {
            assertThat(run(manager, "enrol", "list").out()).contains("no host is enrolled");
            assertThat(run(manager, "enrol", "create", "a").err()).isEmpty();
        }
        try (Manager manager = manager(false)) {
            assertThat(run(manager, "enrol", "list").out()).contains("waiting");
        }
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-r--r--"));
        assertThatThrownBy(() -> manager(false).close()).hasMessageContaining("chmod 600");
        Cli refused = Cli.run(
                "manager",
                "--data",
                folder.resolve("data").toString(),
                "--listen",
                "127.0.0.1:0",
                "--agents",
                "127.0.0.1:0");
        assertThat(refused.err()).contains("authority of agents cannot be used").contains("chmod 600");
        assertThat(Cli.run("manager", "--data", folder.resolve("x").toString(), "--agent-certificate-days", "0")
                        .err())
                .contains("1..365");
    }

    @Test
    void agentSaysWhatIsWrongWithItsToken() throws IOException {
        EnrolmentToken token = EnrolmentToken.random("b", "p".repeat(43));
        assertThat(agent("--manager", "127.0.0.1:1", "--enrol", "sluice-enrol_a")
                        .err())
                .contains("not a whole one")
                .contains("sluice enrol create a");
        assertThat(agent("--manager", "127.0.0.1:1", "--enrol", token.text()).err())
                .contains("for node b, not for a")
                .doesNotContain(token.secret());
        assertThat(agent("--manager", "127.0.0.1:1", "--enrol", token.text(), "--enrol-file", "x")
                        .err())
                .contains("give one of them");
        assertThat(agent("--manager", "127.0.0.1:1", "--enrol-file", "x", "--manager-insecure")
                        .err())
                .contains("needs no token");
        assertThat(agent("--manager", "192.0.2.1:1", "--manager-insecure").err())
                .contains("others could be in between");
        Cli nothing = agent("--manager", "127.0.0.1:1");
        assertThat(nothing.status()).isEqualTo(ExitCode.FAILED);
        assertThat(nothing.err()).contains("this host is not enrolled").contains("sluice enrol create a");
        Path file = Files.writeString(folder.resolve("token"), "nonsense");
        assertThat(agent("--manager", "127.0.0.1:1", "--enrol-file", file.toString())
                        .err())
                .contains("this host is not enrolled: what it was given as a token is not one")
                .contains("sluice enrol create a")
                .doesNotContain("nonsense");
        assertThat(agent("--manager", "127.0.0.1:1", "--enrol-file", folder.toString())
                        .err())
                .contains("--enrol-file " + folder + " cannot be read");
        try (Manager manager = manager(false)) {
            String text = run(manager, "enrol", "create", "a").out().strip();
            run(manager, "enrol", "revoke", "a");
            Cli refused = agent("--manager", "127.0.0.1:" + manager.agentsPort(), "--enrol", text);
            assertThat(refused.status()).isEqualTo(ExitCode.FAILED);
            assertThat(refused.err()).contains("does not know this token");
        }
    }
}
