package dev.sluice.bench;

import dev.sluice.lab.LabException;
import dev.sluice.manager.agents.AgentService;
import dev.sluice.manager.objects.Caller;
import dev.sluice.manager.objects.Edit;
import dev.sluice.manager.objects.Inventory;
import dev.sluice.manager.store.SqliteStore;
import dev.sluice.manager.store.Store;
import dev.sluice.model.WrittenObject;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

/**
 * P13: how long a change of a rule takes to the last of 1,000 agents, with 10,000 rules, over real streams, with a store on disk; and how many bytes an agent is sent for it. The
 * agents are simulated: they check, keep and answer, and compile nothing.
 */
final class ControlBench {
    private static final int AGENTS = 1_000;
    private static final int RULES = 10;
    private static final int CHANGES_PER_ROUND = 20;

    /** The Node object, the port, the rules of the node and those of all. */
    private static final int OBJECTS_OF_A_NODE = 4;

    /** The number of an update has as many bytes as it needs. */
    private static final int NONCE_BYTES_MAX = 10;

    private static final int EDITS_AT_ONCE = 2_000;
    private static final double GOAL_MS = 1_000;
    private static final long AWAIT_MS = 60_000;
    private static final Caller CALLER = new Caller("bench", "bench");

    private ControlBench() {}

    static int run(Options options) {
        Report report = new Report("control", "rule change to the last of 1,000 agents, 10,000 rules");
        Path folder = folder();
        try (Store store = SqliteStore.open(folder)) {
            Inventory inventory = new Inventory(store, InstantSource.system());
            long small = deltaBytes(report, inventory, 10, options);
            long large = deltaBytes(report, inventory, AGENTS, options);
            report.fact("bytes of one rule, 10 agents", small);
            report.fact("bytes of one rule, 1,000 agents", large);
            report.write();
            return Math.abs(small - large) <= NONCE_BYTES_MAX ? 0 : 1;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return 1;
        } finally {
            delete(folder);
        }
    }

    /** Fills up to so many nodes, measures changes there, and says how many bytes the change of one rule of one node takes. */
    private static long deltaBytes(Report report, Inventory inventory, int agents, Options options)
            throws InterruptedException {
        fill(inventory, agents);
        AgentService service = AgentService.start(
                new InetSocketAddress(InetAddress.getLoopbackAddress(), 0),
                inventory,
                InstantSource.system(),
                Duration.ZERO);
        try (SimulatedAgents all = new SimulatedAgents(service.port(), agents)) {
            long begunNs = System.nanoTime();
            all.awaitInStep(OBJECTS_OF_A_NODE, AWAIT_MS);
            report.fact(agents + " agents: ms until all have their first part", ms(begunNs));
            int changes = options.rounds() * CHANGES_PER_ROUND;
            List<Double> everybody = new ArrayList<>();
            List<Double> one = new ArrayList<>();
            for (int i = 0; i < changes; i++) {
                everybody.add(change(inventory, all, rule("everywhere", "left", 1, i), agents));
                one.add(change(inventory, all, rule("rules-7", "n7/left", RULES, i + 1), 1));
            }
            say(report, agents + " agents: ms until a rule for all is at the last one", everybody);
            say(report, agents + " agents: ms until a rule of one node is there", one);
            if (agents == AGENTS) {
                report.fact("P13", percentile(everybody, 99) <= GOAL_MS ? "met" : "not met");
            }
            long before = all.bytes("n7");
            change(inventory, all, rule("rules-7", "n7/left", RULES, changes + 100), 1);
            return all.bytes("n7") - before;
        } finally {
            service.close();
        }
    }

    private static double change(Inventory inventory, SimulatedAgents all, String yaml, int updates)
            throws InterruptedException {
        long target = all.updates() + updates;
        long begunNs = System.nanoTime();
        inventory.change(edits(yaml), CALLER, false);
        all.awaitUpdates(target, AWAIT_MS);
        return ms(begunNs);
    }

    private static double ms(long begunNs) {
        return Math.round((System.nanoTime() - begunNs) / 10_000.0) / 100.0;
    }

    private static void say(Report report, String what, List<Double> values) {
        report.fact(what + ", median", new Series(values).median());
        report.fact(what + ", p99", percentile(values, 99));
        report.fact(what + ", worst", new Series(values).max());
    }

    private static double percentile(List<Double> values, int percent) {
        List<Double> sorted = values.stream().sorted().toList();
        return sorted.get(Math.min(sorted.size() - 1, (sorted.size() * percent + 99) / 100 - 1));
    }

    private static void fill(Inventory inventory, int agents) {
        StringBuilder yaml = new StringBuilder();
        int objects = 0;
        for (int i = 0; i < agents; i++) {
            yaml.append("{apiVersion: sluice.dev/v1, kind: Port, metadata: {name: left-")
                    .append(i)
                    .append("}, spec: {node: n")
                    .append(i)
                    .append(", interface: left}}\n---\n")
                    .append(rule("rules-" + i, "n" + i + "/left", RULES, 0))
                    .append("\n---\n");
            objects += 2;
            if (objects >= EDITS_AT_ONCE) {
                inventory.change(edits(yaml.toString()), CALLER, false);
                yaml.setLength(0);
                objects = 0;
            }
        }
        yaml.append(rule("everywhere", "left", 1, -1));
        inventory.change(edits(yaml.toString()), CALLER, false);
    }

    private static String rule(String name, String place, int rules, int version) {
        StringBuilder yaml = new StringBuilder("{apiVersion: sluice.dev/v1, kind: ServicePolicy, metadata: {name: "
                + name + "}, spec: {appliedTo: [" + place + "], rules: [");
        for (int i = 0; i < rules; i++) {
            yaml.append("{name: r")
                    .append(i)
                    .append(", match: {protocol: tcp, destination: {ports: [")
                    .append(1_000 + Math.floorMod(version * 13 + i, 9_000))
                    .append("]}}, action: {drop: true}},");
        }
        return yaml.append("]}}").toString();
    }

    private static List<Edit> edits(String yaml) {
        return WrittenObject.read("bench", yaml).objects().stream()
                .<Edit>map(object -> new Edit.Apply(object, true))
                .toList();
    }

    private static Path folder() {
        try {
            return Files.createTempDirectory("sluice-bench-control-");
        } catch (IOException e) {
            throw new LabException("there is no room for objects: " + e.getMessage(), e);
        }
    }

    private static void delete(Path folder) {
        try (Stream<Path> files = Files.walk(folder)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.deleteIfExists(file);
            }
        } catch (IOException e) {
            throw new LabException(folder + " is left behind: " + e.getMessage(), e);
        }
    }
}
