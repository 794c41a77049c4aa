package dev.sluice.lab.demo;

import dev.sluice.lab.LabException;
import dev.sluice.lab.LabProcess;
import dev.sluice.lab.Namespace;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** Commands to a manager, as its administrator types them on its machine: each a process of its own, over the REST interface. One thread. */
final class ManagerCommands {
    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final String TOKEN = "sluice-enrol_";

    /** Enough for a command: small and fast to start. */
    private static final List<String> FLAGS = List.of(
            "-Xshare:auto",
            "-XX:TieredStopAtLevel=1",
            "-XX:+UseSerialGC",
            "-Xmx256m",
            "--enable-native-access=ALL-UNNAMED");

    private final Namespace machine;
    private final Class<?> product;
    private final Path token;

    /**
     * Commands.
     *
     * @param machine where the manager runs
     * @param product the class whose main method is the command line
     * @param data directory of the manager
     */
    ManagerCommands(Namespace machine, Class<?> product, Path data) {
        this.machine = machine;
        this.product = product;
        token = data.resolve("admin.token");
    }

    /** A command as it is typed in a terminal of this machine. */
    String typed(String words) {
        return "ip netns exec " + machine.fullName() + " ./sluice " + words + " --token-file " + token;
    }

    /** Starts one. */
    LabProcess start(String... words) {
        List<String> all = new ArrayList<>(List.of(words));
        all.addAll(List.of("--token-file", token.toString()));
        return machine.startJvm("command-" + words[0], FLAGS, product, all);
    }

    /** Waits for the end of one; what it said. Throws with that if its status is not 0. */
    private static String finish(String name, LabProcess command) {
        int status = command.awaitExit(PATIENCE);
        if (status != 0) {
            throw new LabException("'sluice " + name + "' ended with status " + status + ":\n" + command.log());
        }
        return command.log();
    }

    /** Applies all objects of a directory. */
    void apply(Path directory) {
        finish("apply", start("apply", "-f", directory.toString()));
    }

    /** Deletes an object. */
    void delete(String kind, String name) {
        finish("delete", start("delete", kind, name));
    }

    /** All objects as people wrote them. */
    String export() {
        return finish("export", start("export"));
    }

    /** A token for each of these nodes, in their order. */
    List<String> tokens(List<String> nodes) {
        List<LabProcess> commands =
                nodes.stream().map(node -> start("enrol", "create", node)).toList();
        return commands.stream()
                .map(command -> finish("enrol create", command)
                        .lines()
                        .filter(line -> line.startsWith(TOKEN))
                        .findFirst()
                        .orElseThrow(
                                () -> new LabException("'sluice enrol create' prints no token:\n" + command.log())))
                .toList();
    }
}
