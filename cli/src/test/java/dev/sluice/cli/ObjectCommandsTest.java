package dev.sluice.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Commands that do more with objects than to ask for them: edit, tree, apply --wait. */
@Timeout(120)
class ObjectCommandsTest {
    private static final String OBJECTS = """
            {apiVersion: sluice.dev/v1, kind: Node, metadata: {name: host-a}}
            ---
            {apiVersion: sluice.dev/v1, kind: Port, metadata: {name: left}, spec: {node: host-a, interface: left}}
            ---
            {apiVersion: sluice.dev/v1, kind: Service, metadata: {name: firewall}, spec: {transport: raw}}
            ---
            apiVersion: sluice.dev/v1
            kind: ServiceInstance
            metadata: {name: fw-1}
            spec: {service: firewall, node: host-a, adminState: drain, interfaces: {in: {interface: i}, out: {interface: o}}}
            ---
            {apiVersion: sluice.dev/v1, kind: ServiceProfile, metadata: {name: strict}, spec: {service: firewall, onFailure: closed}}
            ---
            {apiVersion: sluice.dev/v1, kind: ServiceChain, metadata: {name: inspect}, spec: {profiles: [strict]}}
            ---
            apiVersion: sluice.dev/v1
            kind: ServicePolicy
            metadata: {name: web}
            spec: {appliedTo: [left], rules: [{name: all, action: {chain: inspect}}, {name: rest, action: {noService: true}}]}
            """;

    @TempDir
    private Path folder = Path.of("");

    @SuppressWarnings("NullAway.Init") // set before each test
    private LocalManager manager;

    @BeforeEach
    void start() throws IOException {
        manager = new LocalManager(folder.resolve("data"));
        Files.writeString(folder.resolve("a.yaml"), OBJECTS);
    }

    @AfterEach
    void stop() {
        manager.close();
    }

    private Cli run(String... words) {
        return manager.run(words);
    }

    private void apply() {
        assertThat(run("apply", "-f", folder.resolve("a.yaml").toString()).status())
                .isZero();
    }

    /** An editor that puts another text in place of one, and says what it was shown. */
    private String editor(String from, String to) throws IOException {
        Path program = folder.resolve("editor");
        Files.writeString(
                program, "cat \"$1\" >>" + folder.resolve("shown") + "\nsed -i 's/" + from + "/" + to + "/' \"$1\"\n");
        return "sh " + program;
    }

    @Test
    void whatIsChangedInTheEditorIsStored() throws IOException {
        apply();
        Cli edited = run("edit", "servicechain", "inspect", "--editor", editor("strict", "firewall"));
        assertThat(edited.err()).isEmpty();
        assertThat(edited.out()).startsWith("ServiceChain/inspect stored as version ");
        assertThat(run("get", "servicechain", "inspect", "-o", "yaml").out())
                .contains("firewall")
                .doesNotContain("strict");
        assertThat(Files.readString(folder.resolve("shown")))
                .startsWith("# What stands here is to be the object.")
                .contains("resourceVersion")
                .doesNotContain("managedFields", "status:");
        assertThat(run("edit", "servicechain/inspect", "--editor", "true").out())
                .isEqualTo("nothing was changed\n");
        assertThat(run("edit", "servicechain/inspect", "--editor", "false").err())
                .contains("ended with status 1");
    }

    @Test
    void whatIsRefusedIsShownAgainAndLeftWithoutAChange() throws IOException {
        apply();
        Cli edited = run("edit", "servicechain", "inspect", "--editor", editor("- strict", "- nobody"));
        assertThat(edited.status()).isEqualTo(ExitCode.FAILED);
        assertThat(edited.err()).contains("nothing was changed", "nobody");
        assertThat(Files.readString(folder.resolve("shown"))).contains("# This was refused; nothing is changed yet.");
        assertThat(run("get", "servicechain", "inspect", "-o", "yaml").out()).contains("strict");
    }

    @Test
    void whatSomebodyElseChangedMeanwhileIsNotOverwritten() throws Exception {
        apply();
        Path other = Files.writeString(
                folder.resolve("b.yaml"),
                "{apiVersion: sluice.dev/v1, kind: ServiceChain, metadata: {name: inspect}, spec: {onFailure: open}}");
        Path program = Files.writeString(folder.resolve("slow"), "sed -i 's/- strict/- firewall/' \"$1\"\n");
        // The editor takes so long that the other change is stored first.
        Path bell = folder.resolve("bell");
        Files.writeString(
                program,
                "touch " + bell + "\nwhile [ -e " + bell + " ]; do sleep 0.05; done\n" + Files.readString(program));
        Thread somebody = Thread.ofPlatform().start(() -> {
            while (!Files.exists(bell)) {
                Thread.onSpinWait();
            }
            run("apply", "--field-manager", "other", "-f", other.toString());
            bell.toFile().delete();
        });
        Cli edited = run("edit", "servicechain", "inspect", "--editor", "sh " + program);
        assertThat(edited.status()).isEqualTo(ExitCode.FAILED);
        somebody.join();
        assertThat(edited.err()).contains("your text, of which nothing is stored", "- firewall");
        assertThat(run("get", "servicechain", "inspect", "-o", "yaml").out()).contains("strict", "onFailure: open");
    }

    @Test
    void whatIsInNoFileAnyMoreGoesWhereThatIsAskedFor() throws IOException {
        String all = folder.resolve("a.yaml").toString();
        String less = Files.writeString(
                        folder.resolve("less.yaml"),
                        OBJECTS.substring(0, OBJECTS.indexOf("apiVersion: sluice.dev/v1\nkind: ServicePolicy")))
                .toString();
        assertThat(run("apply", "-f", all, "--field-manager", "ci").status()).isZero();
        Cli unnamed = run("apply", "-f", less, "--prune");
        assertThat(unnamed.status()).isEqualTo(ExitCode.USAGE);
        assertThat(unnamed.err()).contains("say under which with --field-manager");
        assertThat(run("apply", "-f", less, "--prune", "--field-manager", "other", "--dry-run")
                        .out())
                .doesNotContain("deleted");
        assertThat(run("diff", "-f", less, "--prune", "--field-manager", "ci").out())
                .contains("removed ServicePolicy/web");
        assertThat(run("apply", "-f", less, "--prune", "--field-manager", "ci", "--dry-run")
                        .out())
                .contains("ServicePolicy/web deleted (dry run)");
        assertThat(run("apply", "-f", less, "--prune", "--field-manager", "ci").out())
                .contains("Service/firewall unchanged", "ServicePolicy/web deleted\n");
        assertThat(run("get", "servicepolicies").out()).isEqualTo("(there are no servicepolicies)\n");
    }

    @Test
    void treeShowsRulesServicesAndInstances() {
        apply();
        String tree = run("tree").out();
        assertThat(tree.lines().map(line -> line.replaceAll("  .*", "")).toList())
                .first()
                .isEqualTo("ServiceChain/inspect");
        assertThat(tree)
                .contains("├─ rules all of ServicePolicy/web")
                .contains("└─ 1 ServiceProfile/strict of Service/firewall")
                .contains(": 0 of 1 alive")
                .contains("   └─ ServiceInstance/fw-1 on host-a (drain)")
                .doesNotContain("rest");
        assertThat(run("tree", "inspect").out()).isEqualTo(tree);
        assertThat(run("tree", "nothing").err()).contains("there is no ServiceChain/nothing");
        assertThat(run("tree", "-o", "json").out()).contains("\"serviceinstances\"");
    }

    @Test
    void waitingSaysWhichHostHasNotGotIt() {
        Cli applied = run("apply", "-f", folder.resolve("a.yaml").toString(), "--wait", "1s");
        assertThat(applied.out()).contains("Port/left created");
        assertThat(applied.status()).isEqualTo(ExitCode.FAILED);
        assertThat(applied.err()).contains("stored, but not in force after 1 s", "Port/left: ");
    }
}
