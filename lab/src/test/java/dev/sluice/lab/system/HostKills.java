package dev.sluice.lab.system;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.lab.Namespace;
import dev.sluice.lab.Waits;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Flows that enter at host A through firewalls on B and C; one of those, or its whole host, dies under load, and the outage of its flows is measured. One user: the test.
 */
final class HostKills implements AutoCloseable {
    private static final int FLOWS = 4;
    private static final int PULSE_MS = 4;

    /** Ways to die. */
    enum Way {
        /** The node's interface goes down. */
        NODE_PULLED,
        /** Sluice of the node's host is killed: kill -9. */
        SLUICE_KILLED,
        /** The host's underlay carries nothing any more; its link stays up. */
        UNDERLAY_CUT
    }

    private final HostsNetwork network = new HostsNetwork();
    private final Map<Long, String> inspected = new ConcurrentHashMap<>();
    private final ProgramNode fw = node(network.fw, "fw");
    private final ProgramNode ips = node(network.ips, "ips");
    private final EchoHost echo = EchoHost.start(network.server, 7);
    private final SluiceNode a;
    private final Map<String, SluiceNode> hosts;
    private final List<Long> outagesNs = new ArrayList<>();
    private final StringBuilder told = new StringBuilder();
    private int lostElsewhere;
    private int movedElsewhere;
    private int starved;

    HostKills() {
        String objects = HostsNetwork.oneService();
        a = network.start(0, objects);
        hosts = Map.of("fw", network.start(1, objects), "ips", network.start(2, objects));
        awaitBoth();
        // The first packets meet code that has never run, here and there.
        try (Pulses warmUp = Pulses.start(network.client, "10.0.0.2", 7, FLOWS, PULSE_MS)) {
            Waits.until("everything is warm", Duration.ofSeconds(20), () -> warmUp.sent() > 500);
        }
    }

    private ProgramNode node(Namespace namespace, String name) {
        return ProgramNode.start(
                (from, frame, sender) -> {
                    SeenFrame seen = SeenFrame.of(frame.bytes());
                    if (seen.destinationPort() == 7) {
                        inspected.put(seen.id(), name);
                    }
                    sender.send(1 - from, frame);
                },
                namespace.interfaceNamed("in"),
                namespace.interfaceNamed("out"));
    }

    SluiceNode classifier() {
        return a;
    }

    SluiceNode hostOf(String node) {
        SluiceNode host = hosts.get(node);
        if (host == null) {
            throw new IllegalArgumentException(node);
        }
        return host;
    }

    void awaitBoth() {
        for (String name : List.of("fw", "ips")) {
            Waits.until(
                    "the node of " + name + " says that it is alive",
                    Duration.ofSeconds(20),
                    () -> a.instance(name).alive() && a.instance(name).told().equals("alive"));
        }
    }

    /** Flows through both nodes; one dies and comes back. A round in which this machine left the other host without processor time is done once more. */
    void kill(String victim, Way way) {
        for (int attempt = 0; !attempt(victim, way); attempt++) {
            starved++;
            assertThat(attempt).as("rounds without processor time\n" + told).isLessThan(5);
        }
    }

    private boolean attempt(String victim, Way way) {
        long downs = downsOfHost(other(victim));
        long downsOfVictim = downsOfHost(victim);
        try (Pulses pulses = Pulses.start(network.client, "10.0.0.2", 7, FLOWS, PULSE_MS)) {
            Waits.until("flows run", Duration.ofSeconds(10), () -> pulses.sent() > 100);
            boolean calmBefore = downsOfHost(victim) == downsOfVictim;
            int from = pulses.sent() - 20;
            List<String> before = nodes(pulses, from);
            die(victim, way);
            int until = pulses.sent() + 500 / PULSE_MS;
            Waits.until("flows go on", Duration.ofSeconds(10), () -> pulses.sent() > until + 50);
            boolean calm = calmBefore && downsOfHost(other(victim)) == downs;
            List<String> after = nodes(pulses, until);
            revive(victim, way);
            awaitBoth();
            int back = pulses.sent();
            Waits.until("flows go on", Duration.ofSeconds(10), () -> pulses.sent() > back + 50);
            // Also while the victim came back: what moved then was not for its sake.
            calm &= downsOfHost(other(victim)) == downs;
            if (calm) {
                account(pulses, victim, way, before, after, nodes(pulses, back + 10), from, until);
            }
            return calm;
        }
    }

    private long downsOfHost(String node) {
        String name = node.equals("fw") ? "host-b" : "host-c";
        return a.status().peers().peers().stream()
                .filter(peer -> peer.name().equals(name))
                .mapToLong(peer -> peer.downs())
                .sum();
    }

    /** The node of each flow, from a packet on: of the first that any node had. */
    private List<String> nodes(Pulses pulses, int from) {
        List<String> nodes = new ArrayList<>();
        for (int flow = 0; flow < pulses.flowCount(); flow++) {
            String node = "";
            for (int i = from; i < pulses.sent() && node.isEmpty(); i++) {
                node = inspected.getOrDefault(pulses.id(flow, i), "");
            }
            nodes.add(node);
        }
        return nodes;
    }

    private void account(
            Pulses pulses,
            String victim,
            Way way,
            List<String> before,
            List<String> after,
            List<String> back,
            int from,
            int until) {
        long worstNs = 0;
        int onVictim = 0;
        for (int i = 0; i < pulses.flowCount(); i++) {
            assertThat(before.get(i)).isIn("fw", "ips");
            if (before.get(i).equals(victim)) {
                onVictim++;
                assertThat(after.get(i)).as("flow of the dead node").isEqualTo(other(victim));
                assertThat(back.get(i)).as("flow after its return").isEqualTo(other(victim));
                worstNs = Math.max(worstNs, pulses.longestSilenceNs(i, from, until));
            } else {
                lostElsewhere += pulses.lost(i, from, until);
                movedElsewhere += before.get(i).equals(after.get(i)) ? 0 : 1;
            }
        }
        assertThat(onVictim)
                .as(
                        "flows of %s, %s, nodes of flows before %s%n%s%s",
                        victim, way, before, told, a.status().peers())
                .isBetween(1, pulses.flowCount() - 1);
        outagesNs.add(worstNs);
        told.append(String.format(
                Locale.ROOT,
                "  %-4s %-14s outage %3d ms, lost on others %d so far%n",
                victim,
                way,
                worstNs / 1_000_000,
                lostElsewhere));
    }

    private static String other(String victim) {
        return victim.equals("fw") ? "ips" : "fw";
    }

    private Namespace namespace(String node) {
        return node.equals("fw") ? network.fw : network.ips;
    }

    private static String wire(String node) {
        return node.equals("fw") ? "to-b" : "to-c";
    }

    private void die(String victim, Way way) {
        switch (way) {
            case NODE_PULLED -> namespace(victim).interfaceNamed("in").down();
            case SLUICE_KILLED -> hostOf(victim).process().kill();
            case UNDERLAY_CUT -> network.fabric.bridge.configure("link", "set", "dev", wire(victim), "nomaster");
        }
    }

    private void revive(String victim, Way way) {
        switch (way) {
            case NODE_PULLED -> namespace(victim).interfaceNamed("in").up();
            case SLUICE_KILLED -> hostOf(victim).startAgain();
            case UNDERLAY_CUT -> network.fabric.bridge.configure("link", "set", "dev", wire(victim), "master", "br0");
        }
    }

    /** Packets that reached the server and no node had. */
    long uninspected() {
        return echo.ids().stream().filter(id -> !inspected.containsKey(id)).count();
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

    /** For people. */
    String figures() {
        List<Long> sorted = outagesMs();
        return "outage of flows of a dead node or host, " + sorted.size() + " deaths, " + starved
                + " rounds done again for want of processor time:\n" + told + Outages.text(sorted)
                + "; flows on the other host: " + lostElsewhere + " packets lost, "
                + movedElsewhere + " moved; uninspected at the server: " + uninspected();
    }

    @Override
    public void close() {
        try (HostsNetwork _ = network;
                ProgramNode _ = fw;
                ProgramNode _ = ips;
                EchoHost _ = echo;
                SluiceNode _ = a;
                SluiceNode _ = hostOf("fw");
                SluiceNode _ = hostOf("ips")) {
            // Each is closed, the network last, whatever the others throw.
        }
    }
}
