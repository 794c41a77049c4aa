package dev.sluice.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.json.JsonMapper;

/** History and rollback of a real manager, also after it was started anew. */
@Timeout(120)
class ManagerHistoryTest {
    private static final String FIREWALL = """
            apiVersion: sluice.dev/v1
            kind: Service
            metadata: {name: firewall}
            spec: {transport: raw}
            """;

    @TempDir
    private Path folder = Path.of("");

    private String file(String text) throws IOException {
        return Files.writeString(folder.resolve("objects.yaml"), text).toString();
    }

    @Test
    void whatWasAppliedIsListedAndTakenBackAlsoByAManagerThatStartedAnew() throws IOException {
        try (LocalManager manager = new LocalManager(folder.resolve("data"))) {
            assertThat(manager.run("history").out()).startsWith("(nobody changed anything that you may read)\n");
            manager.run("apply", "-f", file(FIREWALL));
            manager.run("apply", "-f", file(FIREWALL.replace("raw", "raw, action: copy")));
            manager.run("apply", "-f", file(FIREWALL.replace("firewall", "ips")));
            Cli tried = manager.run("rollback", "1", "--dry-run");
            assertThat(tried.err()).isEmpty();
            assertThat(tried.out())
                    .contains("changed Service/firewall spec.action: copy -> (not set)\n")
                    .contains("removed Service/ips")
                    .contains("Service/firewall configured (dry run)\nService/ips deleted (dry run)\n")
                    .endsWith("nothing was changed\n");
        }
        try (LocalManager manager = new LocalManager(folder.resolve("data"))) {
            Cli done = manager.run("rollback", "1");
            assertThat(done.status()).isZero();
            assertThat(done.out())
                    .contains("Service/firewall configured\nService/ips deleted\n")
                    .endsWith("objects are as they were at revision 1\n");
            assertThat(manager.run("rollback", "1").out())
                    .isEqualTo("nothing is different from revision 1 of what you may change\n");
            assertThat(manager.run("history").out())
                    .containsSubsequence(
                            "REVISION  TIME",
                            "       4  ",
                            "local  back to 1: configured Service/firewall, deleted Service/ips\n",
                            "       3  ",
                            "local  created Service/ips\n",
                            "       1  ",
                            "local  created Service/firewall\n",
                            "oldest revision to go back to: 0; changes are kept for 30 days, 10000 at most");
            assertThat(manager.run("history", "--last", "1", "--before", "3").out())
                    .contains("       2  ")
                    .doesNotContain("       1  ");
            assertThat(new JsonMapper()
                            .readTree(manager.run("history", "-o", "json").out())
                            .at("/items/0/rolledBackTo")
                            .asLong())
                    .isEqualTo(1);
            assertThat(manager.run("get", "services").out())
                    .contains("firewall")
                    .doesNotContain("ips");
            assertThat(manager.run("delete", "service/firewall", "--existing-flows", "migrate")
                            .out())
                    .isEqualTo("Service/firewall deleted\n");
            assertThat(new JsonMapper()
                            .readTree(manager.run("history", "-o", "json").out())
                            .at("/items/0/existingFlows")
                            .asString())
                    .isEqualTo("migrate");
            assertThat(manager.run("delete", "service/firewall", "--existing-flows", "sometimes")
                            .status())
                    .isEqualTo(ExitCode.USAGE);
            Cli unknown = manager.run("rollback", "9");
            assertThat(unknown.status()).isEqualTo(ExitCode.FAILED);
            assertThat(unknown.err())
                    .startsWith("sluice: there is no revision 9 yet: the newest one is 5: see which there are");
        }
    }

    @Test
    void whatNobodyConfirmsIsTakenBackByAManagerThatStartedMeanwhile() throws Exception {
        try (LocalManager manager = new LocalManager(folder.resolve("data"))) {
            manager.run("apply", "-f", file(FIREWALL));
            Cli tried =
                    manager.run("apply", "-f", file(FIREWALL.replace("raw", "raw, action: copy")), "--confirm", "1h");
            assertThat(tried.out())
                    .contains("revision 2 is on trial: it is taken back at ")
                    .endsWith(" unless you say 'sluice confirm 2 --manager URL'\n");
            assertThat(manager.run("history").out()).contains("revision 2 by local is on trial until ");
            assertThat(manager.run("delete", "service/firewall").err())
                    .startsWith("sluice: revision 2 by local is on trial until ");
            assertThat(manager.run("confirm", "1").err()).startsWith("sluice: revision 1 is not on trial");
            assertThat(manager.run("confirm").out()).isEqualTo("revision 2 is confirmed\n");
            assertThat(manager.run("confirm").err()).startsWith("sluice: nothing is on trial");
            assertThat(manager.run("rollback", "0", "--confirm", "1s").out()).contains("Service/firewall deleted\n");
        }
        try (LocalManager manager = new LocalManager(folder.resolve("data"))) {
            while (!manager.run("history").out().contains("manager  back to 2: created Service/firewall")) {
                Thread.sleep(50);
            }
            assertThat(manager.run("get", "services").out()).contains("copy");
        }
    }

    @Test
    void optionsOfNodesAndManagersAreNotMixed() throws IOException {
        try (LocalManager manager = new LocalManager(folder.resolve("data"))) {
            assertThat(manager.run("rollback").err()).contains("rollback of a manager needs REVISION");
            assertThat(manager.run("rollback", "1", "--force").err()).contains("--force is for a node on this host");
            assertThat(manager.run("history", "--show", "1").err()).contains("--show is for a node on this host");
            assertThat(Cli.run("rollback", "1", "--dry-run").err())
                    .contains("--dry-run is for a manager; give --manager URL too");
            assertThat(Cli.run("confirm", "1").err()).contains("REVISION is for a manager; give --manager URL too");
            assertThat(Cli.run("history", "--last", "1").err()).contains("--last is for a manager");
            assertThat(Cli.run("manager", "--data", folder.toString(), "--history-days", "0")
                            .err())
                    .contains("--history-days 0 is out of range; write 1..3650");
        }
    }
}
