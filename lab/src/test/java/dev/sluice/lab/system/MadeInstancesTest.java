package dev.sluice.lab.system;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.agent.runtime.Permits;
import dev.sluice.agent.runtime.RunState;
import dev.sluice.agent.runtime.RunState.Phase;
import dev.sluice.agent.runtime.Runtimes;
import dev.sluice.lab.Inside;
import dev.sluice.lab.Namespace;
import dev.sluice.lab.Topology;
import dev.sluice.lab.Waits;
import dev.sluice.model.ReadObject;
import dev.sluice.model.ServiceInstance;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Processes that an agent makes instances of: what they may, what happens when they end, and when the agent does (C15). */
@Tag("system")
class MadeInstancesTest {
    private static final Duration WAIT = Duration.ofSeconds(20);
    private static final String INSTANCE =
            "{apiVersion: sluice.dev/v1, kind: ServiceInstance, metadata: {name: fw-1}, spec: {service: firewall, node: host, "
                    + "interfaces: {in: fw-in, out: fw-out}, runtime: {command: {argv: [PROGRAM, \"1000\"], stopGrace: 1s, environment: {MODE: bridge}}}}}";

    private final Set<String> before = namespaces();
    private volatile List<ServiceInstance> wanted = List.of();

    private static Set<String> namespaces() {
        try (Stream<Path> files = Files.list(Path.of("/run/netns"))) {
            return files.map(file -> file.getFileName().toString())
                    .filter(name -> name.startsWith("sluice-"))
                    .collect(Collectors.toSet());
        } catch (IOException e) {
            return Set.of();
        }
    }

    /** The one that was made. */
    private String made() {
        Set<String> now = new HashSet<>(namespaces());
        now.removeAll(before);
        assertThat(now).hasSize(1);
        return now.iterator().next();
    }

    /** The process in a namespace, once it is what it was started for. */
    private static long pid(Namespace host, String namespace) {
        Waits.until("it sleeps", WAIT, () -> !sleeper(host, namespace).isEmpty());
        return Long.parseLong(sleeper(host, namespace));
    }

    private static String sleeper(Namespace host, String namespace) {
        String pids = host.exec("ip", "netns", "pids", namespace).strip();
        try {
            boolean sleeps = pids.matches("[0-9]+")
                    && Files.readString(Path.of("/proc/" + pids + "/comm")).equals("sleep\n");
            return sleeps ? pids : "";
        } catch (IOException e) {
            return "";
        }
    }

    private Runtimes agent(Namespace host, Path state, String program) {
        return Inside.call(
                host,
                () -> Runtimes.start(
                        "host",
                        state,
                        Permits.of(List.of(program), List.of(), Permits.USER_USUAL),
                        new Runtimes.Objects() {
                            @Override
                            public List<ServiceInstance> instances() {
                                return wanted;
                            }

                            @Override
                            public Set<String> stillServing() {
                                return Set.of();
                            }
                        }));
    }

    private static void await(Runtimes agent, String what, Predicate<RunState> holds) {
        Waits.until(
                what,
                WAIT,
                () -> agent.states().stream().anyMatch(holds),
                () -> agent.states().toString());
    }

    @Test
    void processesHaveFewRightsAreStartedAgainAndOutliveTheAgent() throws IOException {
        Path folder = Files.createTempDirectory(
                "sluice-made-", PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwxr-xr-x")));
        Path program = Files.writeString(folder.resolve("node"), "#!/bin/sh\necho serving $MODE\nexec sleep $1\n");
        Files.setPosixFilePermissions(program, PosixFilePermissions.fromString("rwxr-xr-x"));
        wanted = List.of((ServiceInstance) ReadObject.read(INSTANCE.replace("PROGRAM", program.toString()))
                .orElseThrow()
                .resource());
        try (Topology topology = Topology.create()) {
            Namespace host = topology.namespace("host");
            long second;
            try (Runtimes agent = agent(host, folder.resolve("state"), program.toString())) {
                await(agent, "it runs", state -> state.phase() == Phase.RUNNING);
                assertThat(host.configure("link", "show")).contains("fw-in@").contains("fw-out@");
                long first = pid(host, made());
                assertRights(first);
                ProcessHandle.of(first).orElseThrow().destroyForcibly();
                await(agent, "it is started again", state -> state.restarts() == 1 && state.phase() == Phase.RUNNING);
                second = pid(host, made());
                assertThat(second).isNotEqualTo(first);
                assertThat(Files.readString(folder.resolve("state/fw-1.log"))).contains("serving bridge");
            }
            // The next agent finds it; one that wants it no longer leaves nothing.
            try (Runtimes agent = agent(host, folder.resolve("state"), program.toString())) {
                await(agent, "it is found", state -> state.phase() == Phase.RUNNING);
                assertThat(pid(host, made())).isEqualTo(second);
            }
            wanted = List.of();
            try (Runtimes agent = agent(host, folder.resolve("state"), program.toString())) {
                Waits.until(
                        "nothing is left",
                        WAIT,
                        () -> before.containsAll(namespaces()),
                        () -> agent.states().toString());
                Waits.until(
                        "its process has ended",
                        WAIT,
                        () -> ProcessHandle.of(second).isEmpty());
                assertThat(host.configure("link", "show"))
                        .doesNotContain("fw-in")
                        .doesNotContain("fw-out");
            }
        }
    }

    /** CAP_NET_ADMIN and CAP_NET_RAW are bits 12 and 13 (capabilities(7)). */
    private static void assertRights(long pid) throws IOException {
        String status = Files.readString(Path.of("/proc/" + pid + "/status"));
        assertThat(status)
                .contains("Uid:\t65534\t65534\t65534\t65534")
                .contains("CapEff:\t0000000000003000")
                .contains("CapBnd:\t0000000000003000")
                .contains("NoNewPrivs:\t1");
        assertThat(Files.readString(Path.of("/proc/" + pid + "/environ")).split("\0", -1))
                .contains("MODE=bridge", "SLUICE_INSTANCE=fw-1")
                .noneMatch(each -> each.startsWith("HOME="));
    }
}
