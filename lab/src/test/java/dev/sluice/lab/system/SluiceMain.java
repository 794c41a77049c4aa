package dev.sluice.lab.system;

import dev.sluice.agent.FastPathMode;
import dev.sluice.agent.NodeException;
import dev.sluice.agent.NodeOptions;
import dev.sluice.agent.ObjectSource;
import dev.sluice.agent.node.NodeRunner;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/** The product as a process: {@code DIRECTORY NODE SOCKET STATE [strict] [force] [no-watch] [fast-path-tc] [fast-path-auto]}, as {@code sluice run} starts it (module lab is below the command line). */
public final class SluiceMain {
    private SluiceMain() {}

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
                    words.contains("fast-path-tc")
                            ? FastPathMode.TC
                            : words.contains("fast-path-auto") ? FastPathMode.AUTO : FastPathMode.OFF));
            System.out.println("ready");
            runner.awaitEnd();
        } catch (NodeException e) {
            System.out.println("failed: " + e.getMessage());
            System.exit(1);
        }
    }
}
