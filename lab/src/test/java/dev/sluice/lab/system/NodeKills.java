package dev.sluice.lab.system;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.agent.report.FlowsReport.FlowReport;
import dev.sluice.lab.BridgeFirewall;
import dev.sluice.lab.LabException;
import dev.sluice.lab.Namespace;
import dev.sluice.lab.Waits;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** Two bridging nodes with flows through both; one after the other is killed in every way, and the outage of its flows is measured. One user: the test. */
final class NodeKills implements AutoCloseable {
    private static final int FLOWS = 4;
    private static final int PULSE_MS = 4;

    /** Ways to die. The link stays up in the first three. */
    enum Way {
        FILTER_DROPS_ALL,
        BRIDGE_GONE,
        PORT_DETACHED,
        LINKS_DOWN,
        NAMESPACE_DELETED
    }

    private final Network network = Network.transparent();
    private final Map<String, BridgeFirewall> nodes = new HashMap<>();
    private final EchoHost echo;
    private final SluiceNode sluice;
    private final List<Long> outagesNs = new ArrayList<>();
    private final StringBuilder told = new StringBuilder();
    private int lostElsewhere;
    private int movedElsewhere;

    NodeKills() {
        nodes.put("fw", network.bridge("fw"));
        nodes.put("spare", network.bridge("spare"));
        echo = EchoHost.start(network.server, 7);
        sluice = SluiceNode.start(network.sluice, configuration());
        awaitAnswers("fw");
        awaitAnswers("spare");
        // The first packets meet code that has never run, here and there.
        try (Pulses warmUp = Pulses.start(network.client, "10.0.0.2", 7, FLOWS, PULSE_MS)) {
            Waits.until("everything is warm", Duration.ofSeconds(20), () -> warmUp.sent() > 500);
        }
    }

    /** Two instances of one service, probed every 50 ms, dead after 3 lost in a row; no hold-down, because here they die every second. */
    static String configuration() {
        return Yaml.of(
                Yaml.PAIR,
                Yaml.object(
                        "Service",
                        "fw",
                        "{transport: raw, health: {probe: through, intervalMs: 50, failAfter: 3, holdDownMs: 0}}"),
                Yaml.object("ServiceInstance", "fw", "{service: fw, interfaces: {in: fw-in, out: fw-out}}"),
                Yaml.object("ServiceInstance", "spare", "{service: fw, interfaces: {in: spare-in, out: spare-out}}"),
                Yaml.object("ServiceChain", "inspect", "{profiles: [fw]}"),
                Yaml.policy("all", "edge/left", "{name: all, action: {chain: inspect}}"));
    }

    SluiceNode sluice() {
        return sluice;
    }

    void awaitAnswers(String name) {
        Waits.until("node " + name + " answers probes", Duration.ofSeconds(10), () -> {
            var instance = sluice.instance(name);
            return instance.alive()
                    && instance.probe() != null
                    && instance.probe().state().equals("answers");
        });
    }

    /** Flows through both nodes; one node dies and comes back. */
    void kill(String victim, Way way) {
        try (Pulses pulses = Pulses.start(network.client, "10.0.0.2", 7, FLOWS, PULSE_MS)) {
            Waits.until("flows run", Duration.ofSeconds(10), () -> pulses.sent() > 100);
            Map<Integer, String> before = paths();
            int from = pulses.sent() - 20;
            die(victim, way);
            // Long enough for the outage and for answers that are under way.
            int until = pulses.sent() + 500 / PULSE_MS;
            Waits.until("flows go on", Duration.ofSeconds(10), () -> pulses.sent() > until + 50);
            Map<Integer, String> after = paths();
            if (way != Way.NAMESPACE_DELETED) {
                revive(victim, way);
                awaitAnswers(victim);
            }
            account(pulses, victim, way, before, after, from, until);
        }
    }

    private void account(
            Pulses pulses,
            String victim,
            Way way,
            Map<Integer, String> before,
            Map<Integer, String> after,
            int from,
            int until) {
        String other = other(victim);
        long worstNs = 0;
        int onVictim = 0;
        for (int i = 0; i < pulses.flowCount(); i++) {
            int port = pulses.localPort(i);
            String path = before.getOrDefault(port, "");
            assertThat(path).isIn("inspect[" + victim + "]", "inspect[" + other + "]");
            if (path.contains(victim)) {
                onVictim++;
                assertThat(after.get(port)).as("flow of the dead node").isEqualTo("inspect[" + other + "]");
                worstNs = Math.max(worstNs, pulses.longestSilenceNs(i, from, until));
            } else {
                lostElsewhere += pulses.lost(i, from, until);
                movedElsewhere += path.equals(after.get(port)) ? 0 : 1;
            }
        }
        assertThat(onVictim).isBetween(1, pulses.flowCount() - 1);
        outagesNs.add(worstNs);
        told.append(String.format(
                Locale.ROOT,
                "  %-5s %-17s outage %3d ms, lost on others %d so far%n",
                victim,
                way,
                worstNs / 1_000_000,
                lostElsewhere));
    }

    /** Path by source port. */
    private Map<Integer, String> paths() {
        Map<Integer, String> paths = new HashMap<>();
        for (FlowReport flow : sluice.flows()) {
            if (flow.destinationPort() == 7) {
                paths.put(flow.sourcePort(), flow.path());
            }
        }
        return paths;
    }

    private static String other(String victim) {
        return victim.equals("fw") ? "spare" : "fw";
    }

    private void die(String victim, Way way) {
        BridgeFirewall node = node(victim);
        switch (way) {
            case FILTER_DROPS_ALL -> node.filter().drop("meta length > 0");
            case BRIDGE_GONE -> node.kill();
            case PORT_DETACHED -> node.out().namespace().configure("link", "set", "dev", "out", "nomaster");
            case LINKS_DOWN -> node.unplug();
            case NAMESPACE_DELETED ->
                run("ip", "netns", "del", node.in().namespace().fullName());
        }
    }

    private void revive(String victim, Way way) {
        BridgeFirewall node = node(victim);
        Namespace namespace = node.in().namespace();
        switch (way) {
            case FILTER_DROPS_ALL -> node.filter().clearRules();
            case BRIDGE_GONE -> node.restore();
            case PORT_DETACHED -> namespace.configure("link", "set", "dev", "out", "master", "br0");
            case LINKS_DOWN -> node.replug();
            case NAMESPACE_DELETED -> throw new IllegalArgumentException("a deleted node does not come back");
        }
    }

    private BridgeFirewall node(String name) {
        BridgeFirewall node = nodes.get(name);
        if (node == null) {
            throw new IllegalArgumentException(name);
        }
        return node;
    }

    private static void run(String... command) {
        try {
            int status = new ProcessBuilder(command).inheritIO().start().waitFor();
            if (status != 0) {
                throw new LabException(String.join(" ", command) + " ended with " + status);
            }
        } catch (IOException e) {
            throw new LabException(e.toString(), e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** Outages so far, shortest first, in milliseconds. */
    List<Long> outagesMs() {
        return outagesNs.stream().map(ns -> ns / 1_000_000).sorted().toList();
    }

    int lostElsewhere() {
        return lostElsewhere;
    }

    int movedElsewhere() {
        return movedElsewhere;
    }

    /** Histogram and percentiles, for people. */
    String figures() {
        List<Long> sorted = outagesMs();
        return "outage of flows of a killed node, " + sorted.size() + " kills:\n" + told + Outages.text(sorted)
                + "; flows on other nodes: " + lostElsewhere + " packets lost, " + movedElsewhere + " flows moved";
    }

    @Override
    public void close() {
        try (Network n = network;
                SluiceNode s = sluice;
                EchoHost e = echo) {
            for (BridgeFirewall node : nodes.values()) {
                // What was deleted is made anew, empty, so that the topology finds what it removes.
                if (!Namespaces.exists(node.in().namespace())) {
                    run("ip", "netns", "add", node.in().namespace().fullName());
                }
            }
        }
    }

    /** Whether a namespace still has a name. */
    private static final class Namespaces {
        static boolean exists(Namespace namespace) {
            return java.nio.file.Files.exists(java.nio.file.Path.of("/var/run/netns", namespace.fullName()));
        }
    }
}
