package dev.sluice.agent.node;

import dev.sluice.agent.NodeOptions;
import dev.sluice.agent.Remains;
import dev.sluice.agent.compile.IdRegistry;
import dev.sluice.agent.compile.NumbersFile;
import dev.sluice.agent.worker.KeptMemory;
import java.io.IOException;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What a node knows of flows beyond the end of its process (ADR 23): opened once, at the start. Where that is impossible, the log says why and the node runs without. */
final class KeptFlows {
    private static final Logger LOG = LoggerFactory.getLogger(KeptFlows.class);

    private final Path directory;
    private final @Nullable NumbersFile numbers;

    private KeptFlows(Path directory, @Nullable NumbersFile numbers) {
        this.directory = directory;
        this.numbers = numbers;
    }

    /** Goes on with the numbers that records of the process before are made of. */
    static KeptFlows of(NodeOptions options, String node, IdRegistry ids) {
        if (options.remains().isEmpty()) {
            return new KeptFlows(Path.of(""), null);
        }
        Remains remains = options.remains().get();
        Path directory = remains.memoryOf(node);
        try {
            KeptMemory.make(directory);
        } catch (IOException e) {
            LOG.warn("flows will not outlive this process: {} cannot be made: {}", directory, e.toString());
            return new KeptFlows(directory, null);
        }
        NumbersFile numbers = NumbersFile.read(directory.resolve("numbers"));
        ids.keepIn(numbers);
        return new KeptFlows(directory, numbers);
    }

    /** The tables; null if they cannot be kept. */
    @Nullable
    KeptMemory memory(int connectionsMax) {
        if (numbers == null) {
            return null;
        }
        try {
            return KeptMemory.open(directory, numbers.epoch(), connectionsMax);
        } catch (IOException e) {
            LOG.warn("flows will not outlive this process: {}", e.toString());
            return null;
        }
    }
}
