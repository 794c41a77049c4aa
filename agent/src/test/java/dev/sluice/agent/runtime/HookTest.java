package dev.sluice.agent.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.agent.runtime.RunState.Phase;
import dev.sluice.model.ReadObject;
import dev.sluice.model.ServiceInstance;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.BooleanSupplier;
import java.util.function.Predicate;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Instances that a program of the host's owner makes. */
class HookTest {
    /** Keeps what it is told in a file for each instance, and says so in a log. */
    private static final String HOOK = """
            #!/bin/sh
            cd FOLDER
            input=$(cat)
            echo "$1 $SLUICE_INSTANCE $SLUICE_IMAGE $input" >> log
            case $1 in
              create) [ -e refuse ] && { echo "no more room" >&2; exit 1; }; echo "$input" > made-$SLUICE_INSTANCE ;;
              status) [ -e made-$SLUICE_INSTANCE ] && echo '{"state": "running", "cpuPermille": 120}' ;;
              delete) rm -f made-$SLUICE_INSTANCE ;;
            esac
            """;

    @TempDir
    private Path folder = Path.of("");

    private volatile List<ServiceInstance> wanted = List.of();
    private final Set<String> serving = new HashSet<>();

    private String hook() throws IOException {
        Path file = folder.resolve("hook");
        Files.writeString(file, HOOK.replace("FOLDER", folder.toString()));
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxr-xr-x"));
        return file.toString();
    }

    private static ServiceInstance instance(String name, String node, String hook) {
        return (ServiceInstance) ReadObject.read(
                        ("{apiVersion: sluice.dev/v1, kind: ServiceInstance, metadata: {name: %s}, spec: {service: firewall, node: %s, "
                                        + "interfaces: {in: fi, out: fo}, runtime: {image: \"registry.example/fw:7\", hook: {executable: %s, parameters: {size: small}}}}}")
                                .formatted(name, node, hook))
                .orElseThrow()
                .resource();
    }

    private Runtimes start(String hook) {
        return Runtimes.start(
                "host-a",
                folder.resolve("state"),
                Permits.of(List.of(), hook.isEmpty() ? List.of() : List.of(hook), Permits.USER_USUAL),
                new Runtimes.Objects() {
                    @Override
                    public List<ServiceInstance> instances() {
                        return wanted;
                    }

                    @Override
                    public Set<String> stillServing() {
                        return Set.copyOf(serving);
                    }
                });
    }

    private static void await(BooleanSupplier holds) {
        long deadlineNs = System.nanoTime() + 20_000_000_000L;
        while (!holds.getAsBoolean()) {
            assertThat(System.nanoTime()).isLessThan(deadlineNs);
            Thread.onSpinWait();
        }
    }

    private static void await(Runtimes runtimes, Predicate<List<RunState>> holds) {
        await(() -> holds.test(runtimes.states()));
    }

    private boolean made(String name) {
        return Files.exists(folder.resolve("made-" + name));
    }

    @Test
    void instancesAreCreatedAndDeletedAsObjectsComeAndGo() throws IOException {
        String hook = hook();
        try (Runtimes runtimes = start(hook)) {
            wanted = List.of(instance("fw-1", "host-a", hook), instance("fw-2", "host-b", hook));
            await(runtimes, states -> states.size() == 1 && states.getFirst().phase() == Phase.RUNNING);
            assertThat(Files.readString(folder.resolve("made-fw-1")))
                    .isEqualToIgnoringNewLines(
                            "{\"action\":\"create\",\"instance\":\"fw-1\",\"service\":\"firewall\",\"node\":\"host-a\",\"in\":\"fi\",\"out\":\"fo\",\"image\":\"registry.example/fw:7\",\"parameters\":{\"size\":\"small\"}}");
            // What still serves flows stays although the objects have it no longer.
            serving.add("fw-1");
            wanted = List.of();
            await(() -> runtimes.states().size() == 1);
            assertThat(made("fw-1")).isTrue();
            serving.clear();
            await(runtimes, List::isEmpty);
            assertThat(made("fw-1")).isFalse();
        }
        assertThat(Files.readString(folder.resolve("log")))
                .contains("create fw-1 registry.example/fw:7 {", "delete fw-1 registry.example/fw:7 {")
                .doesNotContain("fw-2");
    }

    @Test
    void aRefusalIsSaidAndTriedAgain() throws IOException {
        String hook = hook();
        Files.createFile(folder.resolve("refuse"));
        wanted = List.of(instance("fw-1", "host-a", hook));
        try (Runtimes runtimes = start(hook)) {
            await(runtimes, states -> !states.isEmpty() && states.getFirst().phase() == Phase.FAILED);
            assertThat(runtimes.states().getFirst().message()).contains("create failed: no more room");
            Files.delete(folder.resolve("refuse"));
            await(runtimes, states -> states.getFirst().phase() == Phase.RUNNING);
            assertThat(runtimes.states().getFirst().restarts()).isPositive();
        }
    }

    @Test
    void withoutPermissionNothingIsCalled() throws IOException {
        String hook = hook();
        wanted = List.of(instance("fw-1", "host-a", hook));
        try (Runtimes runtimes = start("")) {
            await(runtimes, states -> !states.isEmpty() && states.getFirst().phase() == Phase.FAILED);
            assertThat(runtimes.states().getFirst().message()).contains("does not permit the hook");
        }
        assertThat(folder.resolve("log")).doesNotExist();
    }

    /** An agent that ended at any moment: the next one finds what is wanted, and removes what is not. */
    @Test
    void instancesOutliveTheAgentAndNothingIsForgotten() throws IOException {
        String hook = hook();
        wanted = List.of(instance("fw-1", "host-a", hook), instance("fw-2", "host-a", hook));
        try (Runtimes runtimes = start(hook)) {
            await(
                    runtimes,
                    states -> states.size() == 2 && states.stream().allMatch(state -> state.phase() == Phase.RUNNING));
        }
        assertThat(made("fw-1") && made("fw-2")).isTrue();
        wanted = List.of(instance("fw-2", "host-a", hook));
        try (Runtimes runtimes = start(hook)) {
            await(() -> !made("fw-1"));
            await(runtimes, states -> states.size() == 1 && states.getFirst().phase() == Phase.RUNNING);
            assertThat(made("fw-2")).isTrue();
        }
    }
}
