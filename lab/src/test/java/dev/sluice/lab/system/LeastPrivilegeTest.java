package dev.sluice.lab.system;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.agent.NodeException;
import dev.sluice.agent.admin.AdminClient;
import dev.sluice.agent.node.NodeRunner;
import dev.sluice.datapath.Datapath;
import dev.sluice.fastpath.FastPath;
import dev.sluice.lab.LabProcess;
import dev.sluice.liveness.ProbeSession;
import dev.sluice.model.Configuration;
import dev.sluice.ports.PortOpener;
import dev.sluice.wire.IpAddress;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A node as the unit of {@code packaging} runs it: a user of its own with three capabilities, without the way to more (S4). */
@Tag("system")
class LeastPrivilegeTest {
    private static final String CAPABILITIES = "-all,+net_raw,+net_admin,+bpf";
    private static final String NOBODY = "65534";

    /** CAP_NET_ADMIN 12, CAP_NET_RAW 13, CAP_BPF 39. */
    private static final String MASK = "0000008000003000";

    @TempDir
    Path directory;

    /** The product where another user can read it, whatever the rights of the folders that it was built in. */
    private String copyOfTheProduct() throws Exception {
        Set<String> places = new LinkedHashSet<>();
        for (Class<?> type : List.of(
                SluiceMain.class,
                NodeRunner.class,
                FastPath.class,
                PortOpener.class,
                Datapath.class,
                Configuration.class,
                IpAddress.class,
                ProbeSession.class,
                Class.forName("tools.jackson.databind.json.JsonMapper"),
                Class.forName("tools.jackson.core.JsonParser"),
                Class.forName("com.fasterxml.jackson.annotation.JsonProperty"),
                Class.forName("org.snakeyaml.engine.v2.api.LoadSettings"),
                Class.forName("org.slf4j.Logger"))) {
            places.add(location(type));
        }
        List<String> copies = new ArrayList<>();
        for (String place : places) {
            Path copy = directory.resolve("lib" + copies.size() + (place.endsWith(".jar") ? ".jar" : ""));
            run("cp", "-rL", place, copy.toString());
            copies.add(copy.toString());
        }
        return String.join(":", copies);
    }

    private static String location(Class<?> type) throws URISyntaxException {
        return Path.of(type.getProtectionDomain().getCodeSource().getLocation().toURI())
                .toString();
    }

    private static void run(String... command) throws IOException, InterruptedException {
        assertThat(new ProcessBuilder(command).inheritIO().start().waitFor()).isZero();
    }

    private static String field(LabProcess process, String name) throws IOException {
        return Files.readAllLines(Path.of("/proc", Long.toString(process.pid()), "status")).stream()
                .filter(line -> line.startsWith(name + ":"))
                .map(line -> line.substring(name.length() + 1).strip())
                .findFirst()
                .orElseThrow();
    }

    @Test
    void nodeOfAnOrdinaryUserWithThreeCapabilitiesSteersTraffic() throws Exception {
        Path files = Files.createDirectory(directory.resolve("conf"));
        Files.writeString(
                files.resolve("config.yaml"),
                Yaml.of(
                        Yaml.PAIR,
                        Yaml.bridge("fw"),
                        Yaml.policy("all", "edge/left", "{name: all, action: {chain: fw}}")));
        String classPath = copyOfTheProduct();
        Path run = Files.createDirectory(directory.resolve("run"));
        Path state = Files.createDirectory(directory.resolve("state"));
        run("chown", "-R", NOBODY + ":" + NOBODY, run.toString(), state.toString());
        run("chmod", "-R", "a+rX", directory.toString());
        try (Network network = Network.transparent();
                Witness witness = Witness.start(network.bridge("fw").in());
                EchoHost _ = EchoHost.start(network.server, 7);
                UdpFlow flow = UdpFlow.open(network.client, "10.0.0.2", 7)) {
            LabProcess sluice = network.sluice.start(
                    "sluice",
                    List.of(
                            "setpriv",
                            "--reuid=" + NOBODY,
                            "--regid=" + NOBODY,
                            "--clear-groups",
                            "--inh-caps=" + CAPABILITIES,
                            "--ambient-caps=" + CAPABILITIES,
                            "--bounding-set=" + CAPABILITIES,
                            "--no-new-privs",
                            Path.of(System.getProperty("java.home"), "bin", "java")
                                    .toString(),
                            "-XX:+UseSerialGC",
                            "-XX:TieredStopAtLevel=1",
                            "-Xmx256m",
                            "--enable-native-access=ALL-UNNAMED",
                            "-cp",
                            classPath,
                            SluiceMain.class.getName(),
                            files.toString(),
                            "edge",
                            run.resolve("s").toString(),
                            state.toString(),
                            // The kernel's program needs CAP_PERFMON too.
                            "fast-path-off"));
            sluice.awaitReady(Duration.ofSeconds(30));
            assertThat(field(sluice, "Uid")).startsWith(NOBODY);
            assertThat(List.of("CapEff", "CapPrm", "CapBnd", "CapAmb"))
                    .allSatisfy(set -> assertThat(field(sluice, set)).isEqualTo(MASK));
            assertThat(field(sluice, "NoNewPrivs")).isEqualTo("1");
            UdpFlow.Account account = flow.exchange(20);
            assertThat(account.lost()).isZero();
            assertThat(witness.ids()).containsAll(account.sent());
            checkHistory(new AdminClient(run.resolve("s")));
            sluice.stop();
        }
    }

    private static void checkHistory(AdminClient admin) throws NodeException {
        assertThat(admin.status().configuration().notices()).isEmpty();
        assertThat(admin.history().problem()).isEmpty();
        assertThat(admin.history().revisions()).hasSize(1);
    }
}
