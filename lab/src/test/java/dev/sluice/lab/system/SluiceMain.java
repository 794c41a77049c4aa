package dev.sluice.lab.system;

import dev.sluice.agent.FastPathMode;
import dev.sluice.agent.NodeException;
import dev.sluice.agent.NodeOptions;
import dev.sluice.agent.ObjectSource;
import dev.sluice.agent.Remains;
import dev.sluice.agent.node.NodeRunner;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Collectors;

/** The product as a process: {@code DIRECTORY NODE SOCKET STATE [strict] [force] [no-watch] [orderly] [fast-path-tc|fast-path-xdp|fast-path-auto|fast-path-off] [remains=DIRECTORY] [loads=FILE]}, as {@code sluice run} starts it (module lab is below the command line). */
public final class SluiceMain {
    private static final long LOOK_NS = 20_000_000L;

    private SluiceMain() {}

    private static Optional<Remains> remains(List<String> words) {
        return words.stream()
                .filter(word -> word.startsWith("remains="))
                .findFirst()
                .map(word -> {
                    Path root = Path.of(word.substring(word.indexOf('=') + 1));
                    return new Remains(root.resolve("bpf"), root.resolve("memory"));
                });
    }

    /** Entry of the child process; status 1 if the node cannot start. */
    public static void main(String[] arguments) {
        List<String> words = List.of(arguments).subList(4, arguments.length);
        try {
            NodeRunner runner = NodeRunner.start(new NodeOptions(
                    ObjectSource.files(Path.of(arguments[0])),
                    Optional.of(arguments[1]),
                    Optional.of(Path.of(arguments[2])),
                    !words.contains("no-watch"),
                    Optional.of(Path.of(arguments[3])),
                    words.contains("strict"),
                    words.contains("force"),
                    fastPath(words),
                    remains(words)));
            if (words.contains("orderly")) {
                // As sluice run does at SIGTERM; without it the process is gone at once.
                Runtime.getRuntime().addShutdownHook(new Thread(runner::close, "stop"));
            }
            words.stream()
                    .filter(word -> word.startsWith("loads="))
                    .map(word -> Path.of(word.substring(word.indexOf('=') + 1)))
                    .forEach(file -> Thread.ofPlatform().daemon().name("loads").start(() -> tellLoads(runner, file)));
            System.out.println("ready");
            runner.awaitEnd();
        } catch (NodeException e) {
            System.out.println("failed: " + e.getMessage());
            System.exit(1);
        }
    }

    /** In the place of a manager: tells load levels, lines {@code INSTANCE LEVEL}, whenever the file has others. */
    private static void tellLoads(NodeRunner runner, Path file) {
        Map<String, Integer> told = Map.of();
        while (!Thread.currentThread().isInterrupted()) {
            Map<String, Integer> levels = read(file);
            if (!levels.equals(told)) {
                told = levels;
                runner.loads(levels);
            }
            LockSupport.parkNanos(LOOK_NS);
        }
    }

    private static Map<String, Integer> read(Path file) {
        try {
            return Files.readAllLines(file).stream()
                    .map(line -> line.split(" ", 2))
                    .collect(Collectors.toMap(words -> words[0], words -> Integer.parseInt(words[1])));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** What the words say; where they say nothing, what {@code ./dev system --fast-path MODE} says for all tests. */
    static FastPathMode fastPath(List<String> words) {
        if (words.contains("fast-path-tc")) {
            return FastPathMode.TC;
        }
        if (words.contains("fast-path-xdp")) {
            return FastPathMode.XDP;
        }
        if (words.contains("fast-path-auto")) {
            return FastPathMode.AUTO;
        }
        String ofAll = words.contains("fast-path-off") ? "off" : System.getenv("SLUICE_TEST_FAST_PATH");
        return ofAll == null ? FastPathMode.OFF : FastPathMode.valueOf(ofAll.toUpperCase(Locale.ROOT));
    }
}
