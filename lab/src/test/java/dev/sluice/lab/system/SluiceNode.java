package dev.sluice.lab.system;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.agent.FastPathMode;
import dev.sluice.agent.NodeException;
import dev.sluice.agent.admin.AdminClient;
import dev.sluice.agent.report.CountersReport;
import dev.sluice.agent.report.CountersReport.DropReport;
import dev.sluice.agent.report.FlowsReport;
import dev.sluice.agent.report.FlowsReport.FlowReport;
import dev.sluice.agent.report.RulesReport;
import dev.sluice.agent.report.StatusReport;
import dev.sluice.agent.report.StatusReport.InstanceReport;
import dev.sluice.agent.report.StatusReport.PortReport;
import dev.sluice.agent.report.TraceReport;
import dev.sluice.datapath.packet.DropReason;
import dev.sluice.lab.LabException;
import dev.sluice.lab.LabProcess;
import dev.sluice.lab.Namespace;
import dev.sluice.lab.Waits;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Collectors;
import tools.jackson.databind.JsonNode;

/** Sluice in a JVM of its own inside a namespace, with a directory of YAML files, seen through its administration socket. One user: the test. */
final class SluiceNode implements AutoCloseable {
    private static final Set<String> OF_HOSTS =
            Set.of("LEFT_TO_HOST", "NON_UNICAST_REFUSED", "LOCAL_UNSUPPORTED", "GROUP_NOT_ROUTED", "SERVICE_CONTROL");

    /** The name of a node that is alone. */
    static final String NAME = "edge";

    private static final Duration START = Duration.ofSeconds(30);
    private static final Duration COUNTED = Duration.ofSeconds(5);
    private static final long SETTLED_NS = 1_500_000_000L;
    private static final long PAUSE_NS = 50_000_000L;
    private static final AtomicInteger SEQUENCE = new AtomicInteger();
    private static final List<String> FLAGS =
            List.of("-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Xmx256m", "--enable-native-access=ALL-UNNAMED");

    private final List<String> through;
    private final Namespace namespace;
    private final List<String> arguments = new ArrayList<>();
    private LabProcess process;
    private boolean ended;
    private final Path directory;
    private final Path socket;
    private final AdminClient admin;

    private SluiceNode(List<String> through, Namespace namespace, String name, String yaml, String... words) {
        this.through = through;
        this.namespace = namespace;
        try {
            directory = Files.createTempDirectory("sluice-systest-");
            socket = directory.resolve("s" + SEQUENCE.incrementAndGet());
            Path files = Files.createDirectory(directory.resolve("conf"));
            admin = new AdminClient(socket);
            write("config.yaml", yaml);
            arguments.addAll(List.of(
                    files.toString(),
                    name,
                    socket.toString(),
                    directory.resolve("state").toString()));
            arguments.addAll(List.of(words));
            if (SluiceMain.fastPath(arguments) == FastPathMode.XDP) {
                NetworkCards.atOtherEnds(namespace);
            }
            process = StartCache.start(namespace, "sluice", through, FLAGS, SluiceMain.class, arguments);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Starts it with one file and waits until its ports are open; the words are those of {@link SluiceMain}. */
    static SluiceNode start(Namespace namespace, String yaml, String... words) {
        return startAs(namespace, NAME, yaml, words);
    }

    /** The same for a node with a name of its own, one of several. */
    static SluiceNode startAs(Namespace namespace, String name, String yaml, String... words) {
        SluiceNode node = new SluiceNode(List.of(), namespace, name, yaml, words);
        node.process.awaitReady(START);
        return node;
    }

    /** As {@link #start}, through a command that starts what follows it. */
    static SluiceNode startThrough(List<String> through, Namespace namespace, String yaml, String... words) {
        SluiceNode node = new SluiceNode(through, namespace, NAME, yaml, words);
        node.process.awaitReady(START);
        return node;
    }

    /** Starts it where it must refuse to start; what it says. */
    static String startInVain(Namespace namespace, String yaml, String... words) {
        return startInVainThrough(List.of(), namespace, yaml, words);
    }

    /** As {@link #startInVain}, through a command that starts what follows it. */
    static String startInVainThrough(List<String> through, Namespace namespace, String yaml, String... words) {
        SluiceNode node = new SluiceNode(through, namespace, NAME, yaml, words);
        assertThat(node.process.awaitExit(START)).isEqualTo(1);
        String said = node.process.lastLine("failed: ").orElseThrow();
        node.deleteFiles();
        return said;
    }

    /** Starts it again with the files and the history it has, after its process was killed. */
    void startAgain() {
        ended = false;
        process = StartCache.start(namespace, "sluice", through, FLAGS, SluiceMain.class, arguments);
        process.awaitReady(START);
    }

    /** Asks it something that only some tests ask. */
    <T> T say(Request<T> request) {
        return ask(request);
    }

    /** Its administration socket. */
    Path socket() {
        return socket;
    }

    /** To ask several nodes together. */
    AdminClient admin() {
        return admin;
    }

    /** Lets the processor serve it before ordinary programs, as the packaged units do. */
    void prefer() {
        namespace.prefer(process);
    }

    /** Lets its process collect garbage now, whole. */
    void collect() {
        namespace.succeeds(
                Path.of(System.getProperty("java.home"), "bin", "jcmd").toString(),
                Long.toString(process.pid()),
                "GC.run");
    }

    /** Its process. */
    LabProcess process() {
        return process;
    }

    // Files.

    /** Writes a file of the configuration by renaming, as careful editors do. */
    void write(String name, String text) {
        try {
            Path files = directory.resolve("conf");
            Path temporary = directory.resolve("new");
            Files.writeString(temporary, text);
            Files.move(temporary, files.resolve(name), StandardCopyOption.ATOMIC_MOVE);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Removes a file of the configuration. */
    void remove(String name) {
        try {
            Files.delete(directory.resolve("conf").resolve(name));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Replaces the only file and waits until it is in force. */
    void configure(String yaml) {
        write("config.yaml", yaml);
        reload();
    }

    /** Asks it to read its files; the generation in force. */
    int reload() {
        return ask(AdminClient::reload);
    }

    /** Gives an instance an administrative state. */
    void administer(String instance, String state) {
        ask(a -> a.administer(instance, state));
    }

    /** Asks for a state that it must refuse; what it says. */
    String administerInVain(String instance, String state) {
        try {
            throw new AssertionError("it was accepted: " + admin.administer(instance, state));
        } catch (NodeException e) {
            return String.valueOf(e.getMessage());
        }
    }

    /** Asks it to read files that it must refuse; what it says. */
    String reloadInVain() {
        try {
            int generation = admin.reload();
            throw new AssertionError("the configuration was applied as generation " + generation);
        } catch (NodeException e) {
            return String.valueOf(e.getMessage());
        }
    }

    /** The same with a field of the request. */
    String reloadInVain(String field, String value) {
        try {
            int generation = admin.reload(Map.of(field, value)).generation();
            throw new AssertionError("the configuration was applied as generation " + generation);
        } catch (NodeException e) {
            return String.valueOf(e.getMessage());
        }
    }

    // What it says.

    interface Request<T> {
        T send(AdminClient admin) throws NodeException;
    }

    private <T> T ask(Request<T> request) {
        try {
            return request.send(admin);
        } catch (NodeException e) {
            throw new LabException(e.getMessage() + "\n" + process.log(), e);
        }
    }

    StatusReport status() {
        return ask(AdminClient::status);
    }

    /** Rules and what they decided. */
    RulesReport rules() {
        return ask(AdminClient::rules);
    }

    /** Any request, with its fields as names and values. */
    JsonNode request(String command, Map<String, ?> fields) {
        return ask(a -> a.request(command, fields));
    }

    CountersReport counters() {
        return ask(AdminClient::counters);
    }

    /** Follows packets to or from an address; waits until so many came, or 10 s. */
    TraceReport trace(int packets, String address) {
        return ask(a -> a.trace(10, Map.of("packets", packets, "address", address)));
    }

    FlowsReport flowsOfPort(int port) {
        return ask(a -> a.flows(Map.of("port", port, "limit", 10_000)));
    }

    List<FlowReport> flows() {
        return ask(a -> a.flows(Map.of("limit", 10_000))).flows();
    }

    /** Packets dropped for a reason since it started. */
    long dropped(DropReason reason) {
        return counters().drops().stream()
                .filter(d -> d.reason().equals(reason.name()))
                .mapToLong(DropReport::count)
                .sum();
    }

    /** Names of the reasons for which packets were dropped, all included that nobody would miss. */
    Set<String> dropReasons() {
        return counters().drops().stream()
                .filter(drop -> drop.count() > 0)
                .map(DropReport::reason)
                .collect(Collectors.toSet());
    }

    /** The same without those of packets that hosts send by themselves and that are for nobody here. */
    Set<String> dropReasonsOfTraffic() {
        Set<String> reasons = new HashSet<>(dropReasons());
        reasons.removeAll(OF_HOSTS);
        return reasons;
    }

    /** A counter of the data path. */
    long counter(String name) {
        return counters().datapath().getOrDefault(name, 0L);
    }

    /** Packets that went on without one of their services. */
    long uninspected() {
        return counter("uninspected");
    }

    InstanceReport instance(String name) {
        return status().instances().stream()
                .filter(i -> i.name().equals(name))
                .findFirst()
                .orElseThrow(() -> new AssertionError("no instance " + name));
    }

    /** Asserts something about counters as soon as it holds: what the kernel repeats is counted about a second later. */
    static void counted(Runnable assertion) {
        long end = System.nanoTime() + COUNTED.toNanos();
        while (true) {
            try {
                assertion.run();
                return;
            } catch (AssertionError e) {
                if (System.nanoTime() > end) {
                    throw e;
                }
                LockSupport.parkNanos(PAUSE_NS);
            }
        }
    }

    /** A counter of all that has happened so far; with a fast path that is when it moves no more. */
    long settled(String counter) {
        long value = counter(counter);
        boolean fast = !status().fastPath().mode().equals("off");
        long since = System.nanoTime();
        while (fast && System.nanoTime() - since < SETTLED_NS) {
            LockSupport.parkNanos(PAUSE_NS);
            long now = counter(counter);
            since = now == value ? since : System.nanoTime();
            value = now;
        }
        return value;
    }

    PortReport port(String interfaceName) {
        return status().ports().stream()
                .filter(p -> p.interfaceName().equals(interfaceName))
                .findFirst()
                .orElseThrow(() -> new AssertionError("no port on " + interfaceName));
    }

    /** Waits until it sees an instance as alive or as dead. */
    void awaitInstance(String name, boolean alive) {
        Waits.until(
                "instance " + name + " is " + (alive ? "alive" : "dead"),
                Duration.ofSeconds(10),
                () -> instance(name).alive() == alive);
    }

    /** Waits until the host of an instance has told it that the instance is alive. */
    void awaitTold(String name) {
        Waits.until(
                "the host of " + name + " says that it is alive",
                Duration.ofSeconds(20),
                () -> instance(name).told().equals("alive"));
    }

    /** Waits until it sees a port as up or down. */
    void awaitPort(String interfaceName, boolean up) {
        Waits.until(
                "port " + interfaceName + " is " + (up ? "up" : "down"),
                Duration.ofSeconds(10),
                () -> port(interfaceName).up() == up);
    }

    /** What the kernel repeats is what the data path knows of it, record by record; and all that it counted until now is read. */
    void checkFastPath() {
        AtomicReference<String> answer = new AtomicReference<>("");
        Waits.until("journeys of the process before are confirmed", START, () -> {
            try {
                JsonNode compared = request("fast-path-compare", Map.of());
                answer.set(compared.path("differences").isEmpty() ? "" : compared.toString());
                return true;
            } catch (LabException e) {
                if (!String.valueOf(e.getMessage()).contains("wait to be confirmed")) {
                    throw e;
                }
                return false;
            }
        });
        assertThat(answer.get()).isEmpty();
    }

    /** Nothing crashed: it runs and no batch ended with an exception. */
    void checkSound() {
        assertThat(process.isAlive()).as(process.log()).isTrue();
        assertThat(status().totals().faults()).as(process.log()).isZero();
    }

    /** Checks that it is sound, then ends it; its files stay until {@link #close}. */
    void end() {
        checkSound();
        ended = true;
        process.stop();
    }

    /** Checks that it is sound, then ends it. */
    @Override
    public void close() {
        try {
            if (!ended) {
                checkSound();
            }
        } finally {
            process.stop();
            deleteFiles();
        }
    }

    private void deleteFiles() {
        try (var tree = Files.walk(directory)) {
            for (Path path : tree.sorted(java.util.Comparator.reverseOrder()).toList()) {
                Files.deleteIfExists(path);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
