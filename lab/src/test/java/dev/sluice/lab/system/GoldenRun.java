package dev.sluice.lab.system;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.agent.report.FlowsReport.FlowReport;
import dev.sluice.agent.report.TraceReport;
import dev.sluice.agent.report.TraceReport.PacketReport;
import dev.sluice.lab.LabException;
import dev.sluice.lab.LabInterface;
import dev.sluice.lab.Waits;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Makes a golden text of what Sluice says about packets, and holds each word against what its peers captured on their own interfaces: for each port of
 * Sluice the frames that the far end sent and got, in order, with their MAC addresses, tags, TTL, addresses and ports, are exactly those of the trace. So a frame
 * that the trace does not tell of, on any interface, fails the test too. One user: the test.
 */
final class GoldenRun implements AutoCloseable {
    private static final Pattern TO_NODE = Pattern.compile("^sent (\\w+)-(in|out), (\\S+) > ([0-9a-f:]+)");

    private final SluiceNode sluice;
    private final String address;
    private final Map<String, Witness> peers = new LinkedHashMap<>();
    private final Map<String, String> names = new LinkedHashMap<>();
    private final StringBuilder text = new StringBuilder();

    /**
     * A run without peers.
     *
     * @param address packets to and from it are followed
     */
    GoldenRun(SluiceNode sluice, String address) {
        this.sluice = sluice;
        this.address = address;
    }

    /** Watches the far end of a port; its MAC address is called {@code name}. */
    GoldenRun host(String port, LabInterface far, String name) {
        peers.put(port, Witness.start(far));
        return mac(far.mac(), name);
    }

    /** Watches both interfaces of a service node, which are NAME-in and NAME-out here. */
    GoldenRun node(String name, LabInterface in, LabInterface out) {
        peers.put(name + "-in", Witness.start(in));
        peers.put(name + "-out", Witness.start(out));
        return this;
    }

    /** Calls a MAC address by a name. */
    GoldenRun mac(String mac, String name) {
        names.put(mac, name);
        return this;
    }

    /** Replaces the only file and waits until Sluice has noticed by itself, so that the generation moves once. */
    static void change(SluiceNode sluice, String yaml) {
        int before = sluice.status().generation();
        sluice.write("config.yaml", yaml);
        Waits.until(
                "the changed file is in force",
                Duration.ofSeconds(10),
                () -> sluice.status().generation() > before);
    }

    /** Follows exactly so many frames (one per port that it comes in on) while something is done. */
    void trace(String title, int frames, Runnable action) {
        try {
            follow(title, frames, action);
        } catch (AssertionError e) {
            throw new AssertionError(e.getMessage() + "\nafter\n" + text, e);
        }
    }

    private void follow(String title, int frames, Runnable action) {
        peers.values().forEach(Witness::clear);
        long before = sluice.counter("traces");
        FutureTask<TraceReport> trace = new FutureTask<>(() -> sluice.trace(frames, address));
        Thread.ofPlatform().daemon().start(trace);
        Waits.until("the trace is in place", Duration.ofSeconds(10), () -> sluice.counter("traces") > before);
        try {
            action.run();
        } finally {
            tell(title, result(trace));
        }
    }

    private void tell(String title, TraceReport report) {
        text.append("== ").append(title).append('\n');
        for (PacketReport packet : report.packets()) {
            packet.steps().forEach(this::nameSides);
            text.append(named(packet.received())).append('\n');
            packet.steps().forEach(step -> text.append("  ").append(named(step)).append('\n'));
        }
        text.append('\n');
        checkPeers(report);
    }

    private static TraceReport result(FutureTask<TraceReport> trace) {
        try {
            return trace.get();
        } catch (ExecutionException e) {
            throw new LabException("the trace failed: " + e.getCause(), e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new LabException("interrupted", e);
        }
    }

    private void checkPeers(TraceReport report) {
        Map<String, List<String>> from = new LinkedHashMap<>();
        Map<String, List<String>> to = new LinkedHashMap<>();
        for (PacketReport packet : report.packets()) {
            String[] received = packet.received().split(" < ", 2);
            add(from, received[0], received[1]);
            String flow = received[1].substring(0, received[1].indexOf(','));
            for (String step : packet.steps()) {
                if (step.startsWith("sent ")) {
                    String[] sent = step.substring("sent ".length()).split(", ", 2);
                    add(to, sent[0], flow + ", " + sent[1]);
                }
            }
        }
        assertThat(peers.keySet())
                .as("every port is watched")
                .containsAll(from.keySet())
                .containsAll(to.keySet());
        peers.forEach((port, peer) -> {
            assertThat(peer.out(f -> f.id() != 0).stream().map(GoldenRun::words))
                    .as("what the peer of %s sent, and what came in there", port)
                    .isEqualTo(from.getOrDefault(port, List.of()));
            assertThat(peer.in(f -> f.id() != 0).stream().map(GoldenRun::words))
                    .as("what the peer of %s got, and what was sent there", port)
                    .isEqualTo(to.getOrDefault(port, List.of()));
        });
    }

    private static void add(Map<String, List<String>> lists, String port, String words) {
        lists.computeIfAbsent(port, _ -> new ArrayList<>()).add(words);
    }

    /** A captured frame in the words of a trace, by the reader of the tests. */
    private static String words(SeenFrame f) {
        StringBuilder words = new StringBuilder("udp " + f.source() + ":" + f.sourcePort() + " > " + f.destination()
                + ":" + f.destinationPort() + ", " + f.sourceMac() + " > " + f.destinationMac());
        for (String vlan : f.vlans()) {
            words.append(vlan.startsWith("88a8:") ? ", svlan " : ", vlan ").append(vlan.substring(5));
        }
        return words.append(", ttl ").append(f.ttl()).toString();
    }

    /** The UDP connections of the node, as {@code sluice flows} lists them. */
    void flows() {
        text.append("== connections\n");
        sluice.flows().stream()
                .filter(f -> f.protocol().equals("udp"))
                .map(GoldenRun::words)
                .sorted()
                .forEach(line -> text.append(line).append('\n'));
        text.append('\n');
    }

    private static String words(FlowReport f) {
        return f.router() + ": " + f.protocol() + " " + f.source() + ":" + f.sourcePort() + " > " + f.destination()
                + ":" + f.destinationPort() + ", " + f.state() + ", rule " + f.rule() + ", "
                + (f.path().isEmpty() ? "no path" : "path " + f.path()) + ", packets "
                + f.packets().get(0) + " forward " + f.packets().get(1) + " reverse";
    }

    /** MAC addresses that stand for the sides of a node are called by the node when they are first sent to it. */
    private void nameSides(String step) {
        Matcher sent = TO_NODE.matcher(step);
        if (sent.find() && !names.containsKey(sent.group(3))) {
            boolean in = sent.group(2).equals("in");
            names.put(sent.group(3), sent.group(1) + (in ? ".in" : ".out"));
            names.put(sent.group(4), sent.group(1) + (in ? ".out" : ".in"));
        }
    }

    private String named(String words) {
        String result = words;
        for (Map.Entry<String, String> name : names.entrySet()) {
            result = result.replace(name.getKey(), name.getValue());
        }
        return result;
    }

    /** Begins another text. */
    void restart() {
        text.setLength(0);
    }

    /** Compares all that was found with a file. */
    void check(String file) {
        GoldenFile.of(file).check(text.toString());
    }

    @Override
    public void close() {
        peers.values().forEach(Witness::close);
    }
}
