package dev.sluice.lab.demo;

import dev.sluice.agent.NodeException;
import dev.sluice.agent.admin.AdminClient;
import dev.sluice.agent.report.CountersReport;
import dev.sluice.agent.report.FlowsReport.FlowReport;
import dev.sluice.agent.report.StatusReport;
import dev.sluice.lab.LabException;
import dev.sluice.lab.LabProcess;
import dev.sluice.lab.Namespace;
import dev.sluice.lab.Waits;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** The product in a process of its own, as a user starts it, and what it says about itself over its administration socket. One thread. */
final class SluiceProcess {
    private static final Duration START = Duration.ofSeconds(60);
    private static final Duration CHANGE = Duration.ofSeconds(20);

    /** With which its JVM is started. */
    static final List<String> FLAGS = Stream.concat(
                    Stream.of(
                            "--enable-native-access=ALL-UNNAMED",
                            "--sun-misc-unsafe-memory-access=allow",
                            "-XX:+UseSerialGC",
                            "-Xshare:auto",
                            "-Xmx256m"),
                    passedOn())
            .toList();

    private final Namespace namespace;
    private final Class<?> product;
    private final List<String> arguments;
    private LabProcess process;
    private final Path socket;
    private final AdminClient admin;

    private SluiceProcess(Namespace namespace, Class<?> product, List<String> arguments, Path socket) {
        this.namespace = namespace;
        this.product = product;
        this.arguments = arguments;
        this.process = namespace.startJvm("sluice", FLAGS, product, arguments);
        this.socket = socket;
        this.admin = new AdminClient(socket);
    }

    /** What the product has to be told of how it is installed: where the native library of the manager's store is. */
    static Stream<String> passedOn() {
        return Stream.of("org.sqlite.lib.path", "org.sqlite.lib.name")
                .filter(name -> System.getProperty(name) != null)
                .map(name -> "-D" + name + "=" + System.getProperty(name));
    }

    /**
     * Starts it in a namespace, without waiting for anything.
     *
     * @param product the class whose main method is the command line
     * @param words the command, and where its objects come from
     * @param node name of the node that it is
     * @param socket its administration socket; its state is beside it
     */
    static SluiceProcess begin(Namespace namespace, Class<?> product, List<String> words, String node, Path socket) {
        List<String> arguments = new ArrayList<>(words);
        arguments.addAll(List.of(
                "--node",
                node, //
                "--admin",
                socket.toString(),
                "--state",
                socket.resolveSibling("state-" + node).toString()));
        return new SluiceProcess(namespace, product, arguments, socket);
    }

    /**
     * Starts {@code sluice run} with files in a namespace and waits until it answers.
     *
     * @param product the class whose main method is the command line
     * @param files directory of its objects
     * @param node name of the node that it is
     * @param socket its administration socket; its state is beside it
     * @param options further ones
     */
    static SluiceProcess start(
            Namespace namespace, Class<?> product, Path files, String node, Path socket, List<String> options) {
        List<String> words = new ArrayList<>(List.of("run", "-f", files.toString()));
        words.addAll(options);
        SluiceProcess sluice = begin(namespace, product, words, node, socket);
        sluice.awaitStart();
        return sluice;
    }

    /** Waits until it runs with objects and all that they name is up. */
    void awaitStart() {
        await(
                "Sluice has its first snapshot in force and all nodes are alive",
                START,
                status -> status.generation() > 0
                        && !status.instances().isEmpty()
                        && status.instances().stream().allMatch(StatusReport.InstanceReport::alive)
                        && status.ports().stream().allMatch(StatusReport.PortReport::up));
        namespace.prefer(process);
    }

    /** Ends it at once, as a crash would. */
    void kill() {
        process.kill();
    }

    /** Ends it in order. */
    void stop() {
        process.stop();
    }

    boolean isAlive() {
        return process.isAlive();
    }

    /** Starts it again as it was started first. */
    void startAgain() {
        process = namespace.startJvm("sluice", FLAGS, product, arguments);
        awaitStart();
    }

    /** Lets the product remove what it left; what it says. */
    List<String> uninstall(Class<?> command, Path pins, Path memory) {
        LabProcess uninstall = namespace.startJvm(
                "uninstall",
                FLAGS,
                command,
                List.of("uninstall", "--pins", pins.toString(), "--memory", memory.toString()));
        uninstall.awaitExit(START);
        return uninstall.log().lines().toList();
    }

    /** The flows that it knows. */
    List<FlowReport> flows() {
        try {
            return admin.flows(Map.of("limit", 10_000)).flows();
        } catch (NodeException e) {
            throw new LabException("Sluice does not answer: " + e.getMessage() + "\n" + log(), e);
        }
    }

    /** Its administration socket. */
    Path socket() {
        return socket;
    }

    /** What runs, for people: its generation and how it reads its ports. */
    String describe() {
        StatusReport status = status();
        String drivers = status.ports().stream()
                .map(port -> port.description().split("[ :,]", 2)[0])
                .distinct()
                .sorted()
                .collect(Collectors.joining(", "));
        return status.ports().size() + " ports by " + drivers + ", snapshot " + status.generation() + " in force";
    }

    /** What it lost and dropped by its own account, and its log: for a run that was not as expected. */
    String diagnosis() {
        StringBuilder text = new StringBuilder("what Sluice says about it:\n");
        try {
            for (StatusReport.PortReport port : admin.status().ports()) {
                text.append("  port ")
                        .append(port.interfaceName())
                        .append(": ")
                        .append(port.counters())
                        .append('\n');
            }
            for (CountersReport.DropReport drop : admin.counters().drops()) {
                text.append("  dropped ")
                        .append(drop.count())
                        .append(": ")
                        .append(drop.reason())
                        .append(", ")
                        .append(drop.sentence())
                        .append('\n');
            }
        } catch (NodeException e) {
            text.append("  ").append(e.getMessage()).append('\n');
        }
        return text.append(log()).toString();
    }

    /** What it wrote to its log. */
    String log() {
        return process.log();
    }

    StatusReport status() {
        try {
            return admin.status();
        } catch (NodeException e) {
            throw new LabException("Sluice does not answer: " + e.getMessage() + "\n" + log(), e);
        }
    }

    /** A counter of its data path, by name. */
    long counter(String name) {
        try {
            return admin.counters().datapath().getOrDefault(name, 0L);
        } catch (NodeException e) {
            throw new LabException("Sluice does not answer: " + e.getMessage() + "\n" + log(), e);
        }
    }

    /** How many packets it dropped for a reason so far. */
    long dropCount(String reason) {
        try {
            return admin.counters().drops().stream()
                    .filter(drop -> drop.reason().equals(reason))
                    .mapToLong(CountersReport.DropReport::count)
                    .sum();
        } catch (NodeException e) {
            throw new LabException("Sluice does not answer: " + e.getMessage() + "\n" + log(), e);
        }
    }

    /** Packets that went on without at least one of their services so far. */
    long uninspectedCount() {
        return status().totals().uninspected();
    }

    /** Waits until a later generation than this one is in force; fails early when Sluice refuses the change. */
    void awaitGenerationAfter(int generation) {
        await(
                "the change is in force",
                CHANGE,
                status -> status.generation() > generation
                        || !status.configuration().problem().isEmpty());
        String problem = status().configuration().problem();
        if (!problem.isEmpty()) {
            throw new LabException("Sluice refuses the change: " + problem);
        }
    }

    /** Waits until new flows get a path; fails early when Sluice refuses the change. */
    void awaitPath(String name) {
        await(
                "new flows get the path " + name,
                CHANGE,
                status -> !status.configuration().problem().isEmpty()
                        || status.chains().stream()
                                .flatMap(chain -> chain.paths().stream())
                                .anyMatch(path -> path.name().equals(name) && !path.draining()));
        String problem = status().configuration().problem();
        if (!problem.isEmpty()) {
            throw new LabException("Sluice refuses the change: " + problem);
        }
    }

    /** Waits until a service instance is noticed to be dead or alive. */
    void awaitInstance(String name, boolean alive) {
        await(
                "service instance " + name + " is " + (alive ? "alive" : "dead"),
                CHANGE,
                status -> status.instances().stream()
                        .anyMatch(instance -> instance.name().equals(name) && instance.alive() == alive));
    }

    /** Waits until it has heard of all instances of other nodes that they live. */
    void awaitOthers() {
        await(
                "other nodes say that their instances are alive",
                CHANGE,
                status -> status.instances().stream()
                        .allMatch(instance ->
                                instance.node().isEmpty() || instance.told().equals("alive")));
    }

    private void await(String what, Duration atMost, Predicate<StatusReport> condition) {
        Waits.until(what, atMost, () -> !process.isAlive() || holds(condition), this::log);
        if (!process.isAlive()) {
            throw new LabException("Sluice ended:\n" + log());
        }
    }

    /** A node that does not answer yet (or for a moment) may do so at the next look. */
    private boolean holds(Predicate<StatusReport> condition) {
        try {
            return condition.test(admin.status());
        } catch (NodeException e) {
            return false;
        }
    }
}
