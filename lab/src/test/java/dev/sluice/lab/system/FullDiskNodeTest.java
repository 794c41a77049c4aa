package dev.sluice.lab.system;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.agent.admin.AdminClient;
import dev.sluice.lab.Waits;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** A node whose disk is full, then read-only, while its configuration changes and traffic flows (F8). The small file system is in the mount namespace of the node and ends with it. */
@Tag("system")
@Tag("long")
class FullDiskNodeTest {
    private static final Duration PATIENCE = Duration.ofSeconds(15);

    /** Mounts the directory named {@code state} among the arguments, then becomes the program. */
    private static final List<String> SMALL_DISK = List.of(
            "sh",
            "-c",
            "for a in \"$@\"; do case \"$a\" in */state) d=\"$a\";; esac; done;"
                    + " mkdir -p \"$d\" && mount -t tmpfs -o size=256k sluice-test \"$d\" && exec \"$@\"",
            "sluice-small-disk");

    private static String through(String node) {
        return Yaml.of(
                Yaml.PAIR,
                TwoNodes.OBJECTS,
                Yaml.object("ServiceChain", "inspect", "{profiles: [" + node + "]}"),
                Yaml.policy("all", "edge/left", "{name: all, action: {chain: inspect}}"));
    }

    @Test
    void changesAreAppliedWhileTheDiskIsFullAndWrittenWhenItIsNot() throws Exception {
        try (TwoNodes lab = new TwoNodes();
                SluiceNode sluice = SluiceNode.startThrough(SMALL_DISK, lab.network.sluice, through("fw"), "no-watch");
                UdpFlow paced = UdpFlow.open(lab.network.client, "fd00::2", 7)) {
            Path state = Path.of(
                    "/proc",
                    Long.toString(sluice.process().pid()),
                    "root" + sluice.say(AdminClient::history).directory());
            awaitWritten(sluice, state, 1);
            CompletableFuture<UdpFlow.Account> stream = new CompletableFuture<>();
            Thread.ofPlatform().daemon().start(() -> stream.complete(paced.stream(1_000, 250)));

            fill(state.resolve("filling"));
            sluice.configure(through("second"));
            lab.checkNewFlow(false, true);
            Waits.until("history says why", PATIENCE, () -> problem(sluice).contains("No space left"));
            assertThat(String.join("\n", sluice.status().configuration().notices()))
                    .contains("No space left", place(state));
            assertThat(revisionFiles(state)).isEqualTo(1);
            sluice.configure(through("fw"));
            lab.checkNewFlow(true, false);
            assertThat(sluice.say(a -> a.rollback(Map.of("revision", 2))).revision())
                    .as("what is in memory only can be gone back to")
                    .isPositive();
            lab.checkNewFlow(false, true);

            Files.delete(state.resolve("filling"));
            int revisions = sluice.say(AdminClient::history).revisions().size();
            awaitWritten(sluice, state, revisions);
            assertThat(sluice.status().configuration().notices()).noneMatch(n -> n.contains("No space left"));

            inside(sluice, "mount", "-t", "tmpfs", "-o", "ro", "sluice-test", place(state));
            sluice.configure(through("fw"));
            lab.checkNewFlow(true, false);
            Waits.until("history says why", PATIENCE, () -> problem(sluice).contains("Read-only file system"));
            inside(sluice, "umount", place(state));
            awaitWritten(
                    sluice, state, sluice.say(AdminClient::history).revisions().size());

            UdpFlow.Account account = stream.join();
            assertThat(account.lost()).isZero();
            System.out.println("disk full and read-only: " + revisions + " revisions, written when there was room; "
                    + account.sent().size() + " packets, 0 lost");
        }
    }

    private static String problem(SluiceNode sluice) {
        return sluice.say(AdminClient::history).problem();
    }

    private static void awaitWritten(SluiceNode sluice, Path state, int revisions) {
        Waits.until(
                revisions + " revisions are on disk",
                PATIENCE,
                () -> problem(sluice).isEmpty() && revisionFiles(state) == revisions,
                () -> problem(sluice) + revisionFiles(state));
    }

    private static int revisionFiles(Path state) {
        try (var files = Files.list(state)) {
            return (int) files.filter(f -> f.toString().endsWith(".revision")).count();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void fill(Path file) throws IOException {
        byte[] some = new byte[512];
        try (OutputStream out = Files.newOutputStream(file)) {
            for (int i = 0; i < 1 << 16; i++) {
                out.write(some);
            }
            throw new AssertionError("the disk takes more than it has");
        } catch (IOException e) {
            assertThat(e).hasMessageContaining("No space left");
        }
    }

    /** The directory as the node knows it. */
    private static String place(Path state) {
        return state.toString().substring(state.toString().indexOf("/root/") + "/root".length());
    }

    /** Runs a command among the mounts of the node. */
    private static void inside(SluiceNode sluice, String... command) throws Exception {
        List<String> all = new ArrayList<>(
                List.of("nsenter", "--target", Long.toString(sluice.process().pid()), "--mount"));
        all.addAll(List.of(command));
        assertThat(new ProcessBuilder(all).inheritIO().start().waitFor()).isZero();
    }
}
