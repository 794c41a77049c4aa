package dev.sluice.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.manager.Manager;
import dev.sluice.model.ConfigurationLoader;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.json.JsonMapper;

/** Every command that talks to a manager, to a real one. */
@Timeout(120)
class ManagerCommandsTest {
    private static final String OBJECTS = """
        apiVersion: sluice.dev/v1
        kind: Service
        metadata: {name: firewall}
        spec: {transport: raw}
        ---
        apiVersion: sluice.dev/v1
        kind: ServiceChain
        metadata: {name: inspect, labels: {team: red}}
        spec: {profiles: [firewall], onFailure: closed}
        """;

    @TempDir
    private Path folder = Path.of("");

    @SuppressWarnings("NullAway.Init") // set before each test
    private LocalManager manager;

    @BeforeEach
    void start() throws IOException {
        manager = new LocalManager(folder.resolve("data"));
    }

    @AfterEach
    void stop() {
        manager.close();
    }

    private Cli run(String... words) {
        return manager.run(words);
    }

    private String file(String name, String text) throws IOException {
        return Files.writeString(folder.resolve(name), text).toString();
    }

    @Test
    void whatIsAppliedCanBeSeenAndDeleted() throws IOException {
        Cli applied = run("apply", "-f", file("a.yaml", OBJECTS));
        assertThat(applied.err()).isEmpty();
        assertThat(applied.out())
                .startsWith("Service/firewall created\nServiceChain/inspect created\nwarning: ServiceChain/inspect");
        assertThat(run("apply", "-f", file("a.yaml", OBJECTS)).out()).contains("Service/firewall unchanged");
        Cli table = run("get", "services");
        assertThat(table.out().lines().findFirst())
                .hasValue("NAME      TRANSPORT  ACTION  PROBE  IMAGE  SERVING  STATE  STATUS  AGE");
        assertThat(table.out()).contains("firewall  raw        -       -      -");
        assertThat(run("get", "all").out()).contains("ServiceChain\n").contains("inspect  firewall  closed");
        assertThat(run("get", "ports").out()).isEqualTo("(there are no ports)\n");
        assertThat(run("get", "servicechains", "-l", "team=blue").out()).isEqualTo("(there are no servicechains)\n");
        Cli refused = run("delete", "service/firewall");
        assertThat(refused.status()).isEqualTo(ExitCode.FAILED);
        assertThat(refused.err())
                .startsWith("sluice: other objects still need Service/firewall")
                .contains("ServiceChain/inspect spec.profiles[0]: there is no Service or ServiceProfile of that name");
        assertThat(run("delete", "-f", file("a.yaml", OBJECTS)).out())
                .isEqualTo("Service/firewall deleted\nServiceChain/inspect deleted\n");
        assertThat(run("get", "service", "firewall").err()).startsWith("sluice: there is no Service/firewall");
    }

    @Test
    void packetsOfACaptureAreFetchedByItsName() {
        String target = folder.resolve("c.pcapng").toString();
        Cli unknown = run("capture", "nothing", "-w", target);
        assertThat(unknown.status()).isEqualTo(ExitCode.FAILED);
        assertThat(unknown.err()).startsWith("sluice: there is no Capture/nothing");
        assertThat(folder.resolve("c.pcapng")).doesNotExist();
        assertThat(run("capture", "web", "-w", target, "--port", "left").err())
                .contains("--port is for captures of a node on this host; what Capture/web captures is in its spec");
        assertThat(run("capture", "-w", target).err())
                .contains("--manager is for a Capture of a manager; write its name too");
    }

    @Test
    void yamlOfOneCommandIsTakenByTheOther() throws IOException {
        run("apply", "-f", file("a.yaml", OBJECTS));
        String yaml = run("get", "all", "-o", "yaml").out();
        assertThat(run("apply", "-f", file("b.yaml", yaml)).out())
                .startsWith("Service/firewall unchanged\nServiceChain/inspect unchanged\n");
        String export = run("export").out();
        assertThat(ConfigurationLoader.parse("export", export).configuration()).isPresent();
        assertThat(new JsonMapper()
                        .readTree(run("get", "service/firewall", "-o", "json").out())
                        .at("/spec/transport")
                        .asString())
                .isEqualTo("raw");
        assertThat(new JsonMapper()
                        .readTree(run("get", "services", "-o", "json").out())
                        .at("/items/0/kind")
                        .asString())
                .isEqualTo("Service");
    }

    @Test
    void errorsHaveFileLineColumnFieldAndWhatToDo() throws IOException {
        String file = file(
                "bad.yaml",
                OBJECTS.replace("[firewall]", "[firewal]").replace("raw}", "raw, health: {intervalMs: 5}}"));
        Cli run = run("apply", "-f", file);
        assertThat(run.status()).isEqualTo(ExitCode.FAILED);
        assertThat(run.err())
                .startsWith("sluice: the configuration would not be valid: correct the fields; nothing was changed\n")
                .contains(file
                        + ":4:45: Service/firewall spec.health.intervalMs: is out of range (found '5';"
                        + " allowed: 10..60000)")
                .contains(file
                        + ":9:19: ServiceChain/inspect spec.profiles[0]: there is no Service or ServiceProfile"
                        + " of that name; did you mean 'firewall'?");
        assertThat(run("apply", "-f", file("broken.yaml", "a: {")).err())
                .contains("broken.yaml:")
                .contains("not valid YAML");
        assertThat(run("apply", "-f", folder.resolve("gone.yaml").toString()).err())
                .contains("there is no such file");
        assertThat(run("apply", "-f", file("empty.yaml", "---\n")).err()).contains("there are no objects in");
        assertThat(run("get", "services").out()).isEqualTo("(there are no services)\n");
    }

    @Test
    void applyAndValidatePointAtTheSamePlacesInTheSameOrderAndTakeTheSameObjects() throws IOException {
        String bad = file(
                "bad.yaml",
                OBJECTS.replace("[firewall]", "[firewal]")
                        .replace("{transport: raw}", "{pigeon: {a: 1}, transport: post}"));
        List<String> places = Cli.run("validate", bad)
                .out()
                .lines()
                .filter(line -> line.startsWith(bad))
                .map(line -> line.split(" ", 2)[0])
                .toList();
        assertThat(places).hasSizeGreaterThanOrEqualTo(2).contains(bad + ":4:8:");
        assertThat(run("apply", "-f", bad)
                        .err()
                        .lines()
                        .filter(line -> line.startsWith(bad))
                        .map(line -> line.split(" ", 2)[0]))
                .isSubsetOf(places)
                .contains(bad + ":4:8:")
                .isSortedAccordingTo(Comparator.comparingInt(places::indexOf));
        run("apply", "-f", file("a.yaml", OBJECTS));
        String shown = file("shown.yaml", run("get", "all", "-o", "yaml").out() + "status: {conditions: []}\n");
        assertThat(Cli.run("validate", shown).status()).isZero();
        assertThat(run("apply", "-f", shown).status()).isZero();
    }

    /** What a manager says of a change may be more than anybody may write, and so may a part of a listing. */
    @Test
    void answersThatAreLargerThanFilesMayBeAreUnderstood() throws IOException {
        StringBuilder text = new StringBuilder();
        String note = "x".repeat(62_300);
        for (int i = 0; i < 67; i++) {
            text.append("apiVersion: sluice.dev/v1\nkind: Service\nmetadata: {name: fw-")
                    .append(i)
                    .append(", annotations: {note: ")
                    .append(note)
                    .append("}}\nspec: {transport: raw}\n---\n");
        }
        Cli applied = run("apply", "-f", file("large.yaml", text.toString()));
        assertThat(applied.err()).isEmpty();
        assertThat(applied.out().lines()).hasSize(67).contains("Service/fw-66 created");
        Cli got = run("get", "services", "-o", "json");
        assertThat(got.err()).isEmpty();
        assertThat(got.out()).hasSizeGreaterThan(ConfigurationLoader.FILE_BYTES_MAX);
        assertThat(new JsonMapper().readTree(got.out()).path("items")).hasSize(67);
    }

    @Test
    void conflictsNameTheOwner() throws IOException {
        run("apply", "-f", file("a.yaml", OBJECTS), "--field-manager", "alice");
        String other = file("b.yaml", OBJECTS.replace("closed", "open"));
        Cli refused = run("apply", "-f", other, "--field-manager", "bob");
        assertThat(refused.err())
                .contains(other
                        + ":9:41: ServiceChain/inspect spec.onFailure: belongs to alice, who set it to \"closed\"")
                .contains("--force");
        assertThat(run("diff", "-f", other, "--field-manager", "bob").err())
                .as("it shows what applying would do")
                .contains("belongs to alice");
        assertThat(run("diff", "-f", other, "--field-manager", "bob", "--force").out())
                .contains("1 difference\n")
                .contains("closed -> open");
        assertThat(run(
                                "diff",
                                "-f",
                                file("less.yaml", OBJECTS.replace(", onFailure: closed", "")),
                                "--field-manager",
                                "alice")
                        .out())
                .as("a field that she does not write any more goes")
                .contains("spec.onFailure: closed -> (not set)");
        assertThat(run("apply", "-f", other, "--field-manager", "bob", "--force")
                        .out())
                .contains("ServiceChain/inspect configured");
    }

    @Test
    void differencesAreShownBeforeTheyAreMade() throws IOException {
        run("apply", "-f", file("a.yaml", OBJECTS));
        String next = file(
                "b.yaml",
                OBJECTS.replace("closed", "open")
                        .replace("name: firewall}", "name: ips}")
                        .replace("[firewall]", "[firewall, ips]"));
        Cli diff = run("diff", "-f", next);
        assertThat(diff.status()).isEqualTo(1);
        assertThat(diff.out())
                .startsWith("manager -> manager with these files: 3 differences\n")
                .contains("changed ServiceChain/inspect spec.onFailure: closed -> open")
                .contains("changed ServiceChain/inspect spec.profiles: [firewall] -> [firewall, ips]")
                .contains("added   Service/ips");
        assertThat(run("diff", "-f", file("a.yaml", OBJECTS)).status()).isZero();
        assertThat(run("apply", "-f", next, "--dry-run").out()).contains("Service/ips created (dry run)");
        assertThat(run("get", "services").out()).doesNotContain("ips");
        Cli broken = run("diff", "-f", file("c.yaml", OBJECTS.replace("raw", "pigeon")));
        assertThat(broken.status()).isEqualTo(ExitCode.NOT_READABLE);
        assertThat(broken.err()).contains("pigeon");
    }

    @Test
    void descriptionSaysWhoOwnsAndWhoRefers() throws IOException {
        run("apply", "-f", file("a.yaml", OBJECTS), "--field-manager", "alice");
        assertThat(run("describe", "service", "firewall").out())
                .startsWith("Service/firewall\n  created     ")
                .contains("spec\n  transport: raw\n")
                .contains("status\n  (nothing is known yet)\n")
                .contains("): spec.transport\n")
                .contains("  alice (Apply ")
                .endsWith("referred to by\n  ServiceChain/inspect spec.profiles[0]\n");
        assertThat(run("get", "service/firewall").status()).isZero();
    }

    @Test
    void watchShowsWhatThereIs() throws IOException {
        run("apply", "-f", file("a.yaml", OBJECTS));
        assertThat(run("watch", "--count", "2").out())
                .isEqualTo("added     ServiceChain/inspect version 1\nadded     Service/firewall version 1\n");
        assertThat(run("watch", "services", "--count", "1", "-o", "json").out())
                .startsWith("{\"type\":\"added\",\"object\":");
    }

    /** A manager that was restored has another history: what it had last is not to be gone on with. */
    @Test
    void watchBeginsAnewWhereWhatWasMissedIsNotKept() throws IOException {
        String event = """
                id: 7
                event: added
                data: {"object": {"kind": "Service", "metadata": {"name": "fw"}}}

                """;
        try (ScriptedStreams restored = new ScriptedStreams(event, ScriptedStreams.GONE, event)) {
            Cli run = Cli.run("watch", "--count", "2", "--manager", restored.address());
            assertThat(run.status()).isZero();
            assertThat(run.out().lines()).hasSize(2).allMatch(line -> line.startsWith("added     Service/fw"));
            assertThat(run.err()).contains("is not kept any more; all objects follow");
            assertThat(restored.asked()).containsExactly("null", "7", "null");
        }
    }

    @Test
    void nobodyThereAndWrongAddressesAreSaid() {
        manager.close();
        for (List<String> command : List.of(
                List.of("get", "services"),
                List.of("describe", "service", "x"),
                List.of("delete", "service", "x"),
                List.of("export"),
                List.of("watch"))) {
            Cli run = run(command.toArray(String[]::new));
            assertThat(run.status()).as("%s", command).isEqualTo(ExitCode.FAILED);
            assertThat(run.err())
                    .startsWith("sluice: no manager answers at http://127.0.0.1:" + manager.port())
                    .contains("sluice manager --data DIR");
        }
        for (String wrong : List.of("pigeon", "ftp://x", "http://", "http://a/b", "http://a b")) {
            assertThat(Cli.run("get", "services", "--manager", wrong).err())
                    .contains("is not the address of a manager");
        }
    }

    @Test
    void wordsThatAreNoKindsAreWrongUsage() {
        Cli run = run("get", "servces");
        assertThat(run.status()).isEqualTo(ExitCode.USAGE);
        assertThat(run.err()).contains("'servces' is not a kind; did you mean 'services'?");
        assertThat(run("delete").status()).isEqualTo(ExitCode.USAGE);
        assertThat(run("delete", "services").status()).isEqualTo(ExitCode.USAGE);
        assertThat(run("get", "service", "../x").status()).isEqualTo(ExitCode.USAGE);
        assertThat(run("describe", "all").status()).isEqualTo(ExitCode.USAGE);
        assertThat(run("apply").status()).isEqualTo(ExitCode.USAGE);
    }

    @Test
    void managerSaysWhyItCannotStart() throws IOException {
        assertThat(Cli.run("manager", "--data", folder.resolve("data").toString(), "--listen", "127.0.0.1:0")
                        .err())
                .contains("another manager uses");
        assertThat(Cli.run("manager", "--data", folder.resolve("other").toString(), "--listen", "0.0.0.0:0")
                        .err())
                .contains("give --tls-cert and --tls-key");
        assertThat(withStore("--store", "http://127.0.0.1:2379")).contains("is no store; write etcd://HOST:PORT");
        assertThat(withStore("--store", "etcd://127.0.0.1")).contains("'127.0.0.1' is not a host and a port");
        assertThat(withStore("--store", "etcd://192.0.2.1:2379"))
                .contains("others could read and change what goes there; give --store-ca");
        assertThat(withStore("--store", "etcd://127.0.0.1:1", "--store-cert", "x"))
                .contains("--store-cert and --store-key go together");
        assertThat(withStore("--store", "etcd://127.0.0.1:1", "--store-cert", "x", "--store-key", "y"))
                .contains("--store-cert needs --store-ca");
        assertThat(withStore("--name", "a")).contains("are about a store in etcd; give --store too");
        assertThat(withStore("--store", "etcd://127.0.0.1:1", "--name", "a b")).contains("name 'a b' is not one of");
        assertThat(Cli.run("manager", "--data", file("f", "x"), "--listen", "127.0.0.1:0")
                        .err())
                .contains("cannot be used: ")
                .contains("is a file, not a directory")
                .doesNotContain("java.");
        assertThat(Cli.run(
                                "manager",
                                "--data",
                                folder.resolve("o").toString(),
                                "--listen",
                                "127.0.0.1:" + manager.port())
                        .err())
                .contains("--listen: cannot listen on");
        assertThat(Cli.run(
                                "manager",
                                "--data",
                                folder.resolve("p").toString(),
                                "--listen",
                                "127.0.0.1:0",
                                "--agents",
                                "127.0.0.1:" + manager.port())
                        .err())
                .contains("--agents: cannot listen on 127.0.0.1:");
        assertThat(Cli.run(
                                "manager",
                                "--data",
                                folder.resolve("q").toString(),
                                "--agents",
                                "0.0.0.0:0",
                                "--agents-insecure")
                        .err())
                .contains("--agents 0.0.0.0:0: others could reach this address");
    }

    @Test
    void backupBringsObjectsAndRecordBack() throws IOException {
        run("apply", "-f", file("a.yaml", OBJECTS));
        Path backup = folder.resolve("save");
        assertThat(run("backup", backup.toString()).out()).contains("save: ");
        assertThat(Files.getPosixFilePermissions(backup))
                .containsExactlyInAnyOrder(PosixFilePermission.OWNER_READ, PosixFilePermission.OWNER_WRITE);
        assertThat(run("backup", backup.toString()).err()).contains("is there already");
        String before = run("export").out();
        manager.close();
        Path other = folder.resolve("other");
        Manager.Options options = Manager.Options.of(other, new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
        assertThat(Manager.restore(options, Files.readAllBytes(backup)))
                .as("objects, changes, what was before them, record and its end")
                .isEqualTo(6);
        manager = new LocalManager(other);
        assertThat(run("export").out()).isEqualTo(before);
        assertThat(run("apply", "-f", file("b.yaml", OBJECTS.replace("closed", "open")))
                        .out())
                .contains("configured");
        assertThat(Cli.run("manager", "--data", folder.resolve("data").toString(), "--restore", backup.toString())
                        .err())
                .contains("there are objects already");
        assertThat(Cli.run(
                                "manager",
                                "--data",
                                folder.resolve("x").toString(),
                                "--restore",
                                folder.resolve("gone").toString())
                        .err())
                .contains("can't be read");
    }

    private String withStore(String... more) {
        List<String> words =
                new ArrayList<>(List.of("manager", "--data", folder.resolve("o").toString()));
        words.addAll(List.of("--listen", "127.0.0.1:0"));
        words.addAll(List.of(more));
        return Cli.run(words.toArray(String[]::new)).err();
    }
}
