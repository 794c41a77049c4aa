package dev.sluice.lab;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Whatever ends the process that holds a lab, nothing of the lab is left. */
@Tag("system")
class CleanupSystemTest {
    private static final Duration LONG = Duration.ofSeconds(20);

    @TempDir
    Path folder;

    private LabProcess hold(List<String> wrapper, String mode) {
        List<String> command = new ArrayList<>(wrapper);
        command.addAll(JavaProgram.command(LabHolderMain.class, List.of("--mode", mode)));
        return LabProcess.start("holder", command, folder.resolve("holder.log"));
    }

    private static List<String> namespacesOf(long pid) {
        return Namespaces.ofLabs().stream()
                .filter(name -> LabName.in(name).orElseThrow().ownerPid() == pid)
                .toList();
    }

    @ParameterizedTest
    @CsvSource({"INT, hold", "TERM, hold", "INT, grow", "TERM, grow"})
    void signalRemovesTheLabEvenWhileItIsBeingBuilt(String signal, String mode) {
        // A shell in the background ignores SIGINT for its children; the terminal of a user does not.
        try (LabProcess holder = hold(List.of("env", "--default-signal=INT"), mode)) {
            holder.awaitReady(LONG);
            assertThat(namespacesOf(holder.pid())).hasSizeGreaterThanOrEqualTo(2);
            Commands.run(List.of("kill", "-" + signal, Long.toString(holder.pid())));
            holder.awaitExit(LONG);
            assertThat(namespacesOf(holder.pid())).isEmpty();
        }
    }

    @Test
    void sweepRemovesWhatAKilledOwnerLeftAndSparesTheLiving() {
        try (Topology living = Topology.create();
                LabProcess holder = hold(List.of(), "hold")) {
            living.namespace("alive");
            holder.awaitReady(LONG);
            holder.kill();
            assertThat(namespacesOf(holder.pid())).hasSize(2);
            assertThat(Lab.status())
                    .anySatisfy(lab -> assertThat(lab.ownerLives()).isTrue())
                    .anySatisfy(lab -> {
                        assertThat(lab.ownerPid()).isEqualTo(holder.pid());
                        assertThat(lab.ownerLives()).isFalse();
                    });
            assertThat(Lab.sweep()).hasSize(2);
            assertThat(living.get("alive").succeeds("true")).isTrue();
        }
    }

    @Test
    void downEndsTheLabOfAnotherProcess() {
        try (LabProcess holder = hold(List.of(), "hold")) {
            holder.awaitReady(LONG);
            String id = LabName.in(namespacesOf(holder.pid()).getFirst())
                    .orElseThrow()
                    .toString();
            assertThat(Lab.down(Optional.of(id))).contains(id);
            assertThat(namespacesOf(holder.pid())).isEmpty();
            holder.awaitExit(LONG);
        }
    }

    @Test
    void closedTopologyRefusesFurtherParts() {
        Topology topology = Topology.create();
        topology.namespace("only");
        topology.close();
        topology.close();
        assertThatThrownBy(() -> topology.namespace("late"))
                .isInstanceOf(LabException.class)
                .hasMessageContaining("is closed");
    }

    @Test
    void worksForAnOrdinaryUserInAUserNamespace() {
        List<String> asNobody = new ArrayList<>(
                List.of("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "--inh-caps=-all"));
        asNobody.addAll(Privilege.reexecCommand(List.of()));
        assertLabWorksUnder(asNobody);
    }

    @Test
    void coversRunItselfInAUserNamespaceThatDidNot() {
        assertLabWorksUnder(List.of(
                "setpriv",
                "--reuid=65534",
                "--regid=65534",
                "--clear-groups",
                "--inh-caps=-all",
                "unshare",
                "-Ur",
                "-n",
                "-m"));
    }

    private void assertLabWorksUnder(List<String> wrapper) {
        try (LabProcess holder = hold(wrapper, "ping")) {
            holder.awaitExit(Duration.ofSeconds(60));
            assertThat(holder.lines())
                    .contains(
                            "privilege IN_USER_NAMESPACE", //
                            "pings true true 1000",
                            "firewall true true",
                            "left 0");
        }
    }
}
