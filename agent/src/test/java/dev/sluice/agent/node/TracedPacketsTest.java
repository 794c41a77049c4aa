package dev.sluice.agent.node;

import static dev.sluice.agent.node.MemoryNode.FORWARD;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.agent.NodeException;
import dev.sluice.agent.Yaml;
import dev.sluice.agent.report.ForetellReport;
import dev.sluice.agent.report.TraceReport;
import dev.sluice.agent.report.TraceReport.PacketReport;
import dev.sluice.ports.MemoryPort;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Traces of a whole node over ports in memory (X3): which packets they tell of, and that they go with them between routers and segments. */
@Timeout(60)
class TracedPacketsTest {
    private static final String ROUTED_SEGMENTS = Yaml.text(
            Yaml.object("LogicalSwitch", "web", "{vni: 5001}"),
            Yaml.object("LogicalSwitch", "db", "{vni: 5002}"),
            Yaml.object("Port", "left", "{node: edge, interface: left, switch: web}"),
            Yaml.object("Port", "right", "{node: edge, interface: right, switch: db}"),
            Yaml.object(
                    "LogicalRouter",
                    "gw",
                    "{node: edge, interfaces: [{switch: web, addresses: [10.0.0.254/24]}, {switch: db, addresses: [10.0.1.254/24]}]}"));

    /** Host 10.0.1.2 asks who has 10.0.1.254, so that the router knows it. */
    private static final byte[] QUESTION = HexFormat.of()
            .parseHex("ffffffffffff02000000000b0806" + "0001080006040001" + "02000000000b0a000102"
                    + "0000000000000a0001fe");

    @TempDir
    @SuppressWarnings("NullAway.Init") // set by JUnit
    Path directory;

    private static String probed() {
        return Yaml.text(
                Yaml.object("Service", "firewall", "{transport: raw, health: {probe: through}}"),
                Yaml.instance("fw-1", ""),
                Yaml.chain("closed"),
                Yaml.inspectAll());
    }

    private static CompletableFuture<TraceReport> trace(MemoryNode node, Map<String, Object> wanted) {
        long begun = traces(node);
        CompletableFuture<TraceReport> trace = CompletableFuture.supplyAsync(() -> {
            try {
                return node.client().trace(30, wanted);
            } catch (NodeException e) {
                throw new CompletionException(e);
            }
        });
        MemoryNode.await(() -> traces(node) > begun);
        return trace;
    }

    private static long traces(MemoryNode node) {
        return counter(node, "traces");
    }

    private static long counter(MemoryNode node, String name) {
        return node.runner.counters().datapath().getOrDefault(name, 0L);
    }

    private static void awaitProbes(MemoryNode node, int more) {
        long before = counter(node, "probesReturned");
        MemoryNode.await(() -> counter(node, "probesReturned") >= before + more);
    }

    @Test
    void probesOfNodesAreToldOnlyToWhoAsksForThem() throws Exception {
        try (MemoryNode node = new MemoryNode(directory, probed(), false)) {
            MemoryPort.link(node.port("fw-1-in"), node.port("fw-1-out"));
            awaitProbes(node, 2);
            CompletableFuture<TraceReport> all = trace(node, Map.of("packets", 2));
            awaitProbes(node, 5);
            node.port("left").inject(FORWARD);
            assertThat(all.join().packets())
                    .extracting(PacketReport::received)
                    .satisfiesExactly(
                            in -> assertThat(in).startsWith("left < udp 10.0.0.1:1000 > 10.0.0.2:53"),
                            back -> assertThat(back).startsWith("fw-1-out < udp 10.0.0.1:1000 > 10.0.0.2:53"));
            TraceReport asked = trace(node, Map.of("packets", 1, "address", "169.254.83.76"))
                    .join();
            assertThat(asked.packets())
                    .singleElement()
                    .satisfies(probe -> assertThat(probe.steps())
                            .containsExactly("watches over nodes: a probe that came back, the answer to one, or BFD"));
        }
    }

    @Test
    void packetThatIsRoutedBetweenSegmentsIsFollowedToWhereItLeaves() throws Exception {
        try (MemoryNode node = new MemoryNode(directory, ROUTED_SEGMENTS, false)) {
            node.port("right").inject(QUESTION);
            byte[] answer = node.sentBy("right");
            String gateway = mac(answer, 6);
            String packet = "udp 10.0.0.1:1000 > 10.0.1.2:53 len=1 smac=02:00:00:00:00:0a dmac=" + gateway;
            ForetellReport foretold = node.client().foretell(Map.of("port", "left", "packet", packet));
            assertThat(foretold.words()).isEqualTo("leaves by right");
            assertThat(foretold.end()).isEqualTo("sent");
            assertThat(foretold.legs())
                    .singleElement()
                    .satisfies(leg -> assertThat(leg.steps())
                            .containsExactly(
                                    "routed web to web/gw",
                                    "routed gw to gw/db",
                                    "routed db to right",
                                    "sent right, " + gateway + " > 02:00:00:00:00:0b, ttl 63"));
            CompletableFuture<TraceReport> trace = trace(node, Map.of("packets", 1));
            node.port("left").inject(routed(answer));
            assertThat(trace.join().packets())
                    .singleElement()
                    .satisfies(happened -> assertThat(happened.steps())
                            .isEqualTo(foretold.legs().getFirst().steps()));
            assertThat(mac(node.sentBy("right"), 0)).isEqualTo("02:00:00:00:00:0b");
        }
    }

    @Test
    void packetThatTheRouterFragmentsLeaves() throws Exception {
        String router = Yaml.text(
                Yaml.object("Port", "left", "{node: edge, interface: left}"),
                Yaml.object("Port", "right", "{node: edge, interface: right}"),
                Yaml.object(
                        "LogicalRouter",
                        "gw",
                        "{node: edge, interfaces: [{port: left, addresses: [10.0.0.254/24]}, {port: right, addresses: [10.0.1.254/24]}]}"));
        try (MemoryNode node = new MemoryNode(directory, router, false)) {
            node.port("right").inject(QUESTION);
            node.sentBy("right");
            String packet = "udp 10.0.0.1:1000 > 10.0.1.2:53 len=3000";
            ForetellReport foretold = node.client().foretell(Map.of("port", "left", "packet", packet));
            assertThat(foretold.words()).isEqualTo("leaves by right");
            assertThat(foretold.legs())
                    .singleElement()
                    .satisfies(leg -> assertThat(leg.steps())
                            .satisfiesExactly(
                                    routed -> assertThat(routed).isEqualTo("routed gw to right"),
                                    cut -> assertThat(cut)
                                            .isEqualTo("cut into 3 fragments, of which the first is followed"),
                                    sent -> assertThat(sent).startsWith("sent right, ")));
        }
    }

    @Test
    void packetForAllOfASegmentGoesToEachOfItsPorts() throws Exception {
        String segment = Yaml.text(
                Yaml.object("LogicalSwitch", "web", "{vni: 5001}"),
                Yaml.object("Port", "left", "{node: edge, interface: left, switch: web}"),
                Yaml.object("Port", "right", "{node: edge, interface: right, switch: web}"),
                Yaml.object("Port", "third", "{node: edge, interface: fw-1-in, switch: web}"));
        try (MemoryNode node = new MemoryNode(directory, segment, false)) {
            String packet = "udp 10.0.0.1:1000 > 10.0.0.9:53 dmac=02:00:00:00:00:77";
            ForetellReport foretold = node.client().foretell(Map.of("port", "left", "packet", packet));
            assertThat(foretold.words()).isEqualTo("goes to all of its segment, as copies");
            assertThat(foretold.end()).isEqualTo("copied");
            assertThat(foretold.legs())
                    .singleElement()
                    .satisfies(leg -> assertThat(leg.steps())
                            .satisfiesExactly(
                                    all -> assertThat(all).isEqualTo("for all of the segment"),
                                    right -> assertThat(right).startsWith("sent right, "),
                                    third -> assertThat(third).startsWith("sent third, ")));
        }
    }

    /** MemoryNode.FORWARD to 10.0.1.2 by the router that has sent this answer. */
    private static byte[] routed(byte[] answer) {
        byte[] frame = FORWARD.clone();
        System.arraycopy(answer, 6, frame, 0, 6);
        frame[32] = 1;
        // One more in the address, one less in the checksum of the header.
        frame[24]--;
        return frame;
    }

    private static String mac(byte[] frame, int offset) {
        return HexFormat.ofDelimiter(":").formatHex(Arrays.copyOfRange(frame, offset, offset + 6));
    }
}
