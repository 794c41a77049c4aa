package dev.sluice.agent.node;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.agent.FastPathMode;
import dev.sluice.agent.NodeException;
import dev.sluice.agent.NodeOptions;
import dev.sluice.agent.ObjectSource;
import dev.sluice.agent.admin.AdminClient;
import dev.sluice.agent.worker.WorkerSizes;
import dev.sluice.ports.MemoryFrame;
import dev.sluice.ports.MemoryPort;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.function.BooleanSupplier;

/** A whole node over ports in memory, asked over its socket: the pair left/right and one firewall, as in {@code Yaml.bridge}. Waits by polling with a deadline. */
final class MemoryNode implements AutoCloseable {
    static final WorkerSizes SIZES = new WorkerSizes(256, 4, 1024, 42);

    /** UDP 10.0.0.1:1000 -> 10.0.0.2:53, one byte of payload, no UDP checksum. */
    static final byte[] FORWARD = HexFormat.of()
            .parseHex("02000000000b02000000000a0800" + "4500001d00000000401166ce" + "0a0000010a000002"
                    + "03e8003500090000" + "61");

    /** Its answer. */
    static final byte[] REVERSE = HexFormat.of()
            .parseHex("02000000000a02000000000b0800" + "4500001d00000000401166ce" + "0a0000020a000001"
                    + "003503e800090000" + "62");

    private static final long DEADLINE_NS = 10_000_000_000L;

    final FakeHost host = new FakeHost();
    final NodeRunner runner;
    private final Path directory;

    /**
     * Starts one.
     *
     * @param directory of its files, its socket and its history
     * @param watch whether it applies changed files by itself
     */
    MemoryNode(Path directory, String yaml, boolean watch) throws IOException, NodeException {
        this.directory = directory;
        List.of("left", "right", "fw-1-in", "fw-1-out").forEach(name -> host.link(name, true));
        write(yaml);
        runner = NodeRunner.start(options(directory, watch), host, host, SIZES);
    }

    /** How a node in this directory is run. */
    static NodeOptions options(Path directory, boolean watch) {
        return new NodeOptions(
                ObjectSource.files(directory),
                Optional.empty(),
                Optional.of(directory.resolve("s.sock")),
                watch,
                Optional.of(directory.resolve("state")),
                false,
                false,
                FastPathMode.OFF);
    }

    void write(String yaml) throws IOException {
        Files.writeString(directory.resolve("node.yaml"), yaml);
    }

    AdminClient client() {
        return new AdminClient(runner.socket());
    }

    MemoryPort port(String name) {
        return Objects.requireNonNull(host.ports.get(name));
    }

    /** The next frame that a port sends. */
    byte[] sentBy(String name) {
        long deadline = System.nanoTime() + DEADLINE_NS;
        while (System.nanoTime() < deadline) {
            List<MemoryFrame> sent = port(name).takeSent();
            if (!sent.isEmpty()) {
                return sent.getFirst().bytes();
            }
            Thread.onSpinWait();
        }
        throw new AssertionError("nothing was sent by " + name + ": " + runner.counters());
    }

    static void await(BooleanSupplier condition) {
        long deadline = System.nanoTime() + DEADLINE_NS;
        while (!condition.getAsBoolean()) {
            assertThat(System.nanoTime()).as("deadline").isLessThan(deadline);
            Thread.onSpinWait();
        }
    }

    @Override
    public void close() {
        runner.close();
        assertThat(directory.resolve("s.sock")).doesNotExist();
    }
}
