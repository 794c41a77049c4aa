package dev.sluice.testkit.robust;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.controller.AgentStream;
import dev.sluice.controller.Distribution;
import dev.sluice.controller.WantedObject;
import dev.sluice.datapath.rules.Match;
import dev.sluice.datapath.snapshot.Selection;
import dev.sluice.model.Kind;
import dev.sluice.southbound.FromController;
import dev.sluice.southbound.Hello;
import dev.sluice.southbound.InstanceLoad;
import dev.sluice.southbound.InstanceState;
import dev.sluice.southbound.Loads;
import dev.sluice.southbound.Protocol;
import dev.sluice.southbound.Report;
import dev.sluice.testkit.MemorySwitch;
import dev.sluice.testkit.TestPacket;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/**
 * A controller and a data path around one loop: what passes nodes is reported, what the controller makes of it changes which node new flows get (ADR 41). Each flow sends a packet in each step of five seconds,
 * which stands for as many as the flow has in a second.
 */
class LoadSpreadTest {
    private static final int STEP_S = 5;
    private static final String[] NODES = {"fw-0", "fw-1"};

    private final MemorySwitch sluice =
            new MemorySwitch(FloodWorld.snapshot(NODES.length, Match.ANY, Selection.LEAST_LOAD), 4096);
    private final Distribution controller = new Distribution(0, 0);
    private final Agent agent = new Agent();
    private final long[] packets = new long[NODES.length];
    private final Map<Integer, Flow> flows = new LinkedHashMap<>();
    private long nowNs;

    /** What a flow sends in a second, and the node that its packets passed. */
    private record Flow(int packetsPerSecond, int node) {}

    /** Does with loads what an agent does. */
    private final class Agent implements AgentStream {
        final List<Loads> told = new ArrayList<>();

        @Override
        public void send(FromController message) {
            if (message.hasLoads()) {
                told.add(message.getLoads());
                byte[] levels = new byte[NODES.length];
                for (int i = 0; i < levels.length; i++) {
                    levels[i] = (byte) level(i);
                }
                sluice.liveness().setLoadLevels(levels);
            }
        }

        int level(int node) {
            return told.isEmpty() ? 0 : told.getLast().getLevelsOrDefault(NODES[node], 0);
        }

        @Override
        public void end() {
            throw new AssertionError("nobody is turned away here");
        }
    }

    LoadSpreadTest() {
        controller.change(
                List.of(
                        object(Kind.SERVICE, "firewall", "transport: raw"),
                        object(
                                Kind.SERVICE_INSTANCE,
                                NODES[0],
                                "service: firewall, node: a, interfaces: {in: a, out: b}"),
                        object(
                                Kind.SERVICE_INSTANCE,
                                NODES[1],
                                "service: firewall, node: a, interfaces: {in: c, out: d}"),
                        object(Kind.SERVICE_CHAIN, "inspect", "profiles: [firewall], selection: least-load")),
                List.of(),
                Optional.empty(),
                nowNs);
        controller.hello(
                agent,
                Hello.newBuilder().setNode("a").setProtocol(Protocol.NUMBER).build(),
                nowNs);
    }

    private static WantedObject object(Kind kind, String name, String spec) {
        return new WantedObject(
                kind,
                name,
                1,
                "{apiVersion: sluice.dev/v1, kind: " + kind.word() + ", metadata: {name: " + name + "}, spec: {" + spec
                        + "}}");
    }

    @AfterEach
    void close() {
        sluice.close();
    }

    /** Sends a packet of a flow; the node that it passes. */
    private int send(int flow) {
        sluice.receive(
                FloodWorld.CLIENT,
                TestPacket.udp("10.1." + (flow >> 8) + "." + (flow & 255) + ":4000", "10.0.0.2:53")
                        .payload("question")
                        .bytes());
        for (int node = 0; node < NODES.length; node++) {
            for (byte[] frame : sluice.sent(FloodWorld.in(node))) {
                sluice.receive(FloodWorld.in(node) + 1, frame);
                assertThat(sluice.sent(FloodWorld.SERVER)).hasSize(1);
                return node;
            }
        }
        throw new AssertionError("flow " + flow + " was dropped: " + sluice.drops());
    }

    /** Begins flows; how many of them got the first node. */
    private int begin(int count, int packetsPerSecond) {
        int onFirst = 0;
        for (int i = 0; i < count; i++) {
            int flow = flows.size();
            int node = send(flow);
            flows.put(flow, new Flow(packetsPerSecond, node));
            onFirst += node == 0 ? 1 : 0;
        }
        return onFirst;
    }

    /** Lets time pass: each flow stays where it is, whatever is told. */
    private void pass(int seconds) {
        for (int passed = 0; passed < seconds; passed += STEP_S) {
            flows.forEach((flow, is) -> {
                assertThat(send(flow)).as("node of flow " + flow).isEqualTo(is.node());
                packets[is.node()] += (long) is.packetsPerSecond() * STEP_S;
            });
            sluice.advance(1_000_000L);
            nowNs += STEP_S * 1_000_000_000L;
            Report.Builder report = Report.newBuilder();
            for (int i = 0; i < NODES.length; i++) {
                report.addLoads(InstanceLoad.newBuilder()
                                .setName(NODES[i])
                                .setPackets(packets[i])
                                .setHere(true))
                        .addInstances(
                                InstanceState.newBuilder().setName(NODES[i]).setAlive(true));
            }
            controller.report(agent, report.build(), nowNs);
            controller.tick(nowNs);
            // A worker looks between two batches.
            sluice.advance(1_000_000L);
        }
    }

    private void sendFrom(int node, int packetsPerSecond) {
        flows.replaceAll((_, is) -> is.node() == node ? new Flow(packetsPerSecond, node) : is);
    }

    @Test
    void newFlowsGetLessLoadedNodesThoseThatAreThereStayAndNothingFlaps() {
        assertThat(begin(40, 50)).as("nobody is loaded").isEqualTo(20);
        pass(120);
        assertThat(agent.told).as("the first word only").containsExactly(Loads.getDefaultInstance());
        sendFrom(0, 500);
        pass(60);
        assertThat(agent.level(0)).isEqualTo(1);
        assertThat(begin(30, 50)).as("half the share of the other").isEqualTo(10);
        pass(600);
        assertThat(agent.level(0)).isEqualTo(2);
        int told = agent.told.size();
        assertThat(begin(50, 50)).as("a quarter").isEqualTo(10);
        pass(600);
        assertThat(agent.told).as("a load that stays").hasSize(told);
        sendFrom(0, 60);
        pass(600);
        assertThat(agent.level(0)).isZero();
        assertThat(agent.level(1)).isZero();
        assertThat(begin(20, 50)).as("even again").isEqualTo(10);
        told = agent.told.size();
        pass(1_200);
        assertThat(agent.told).hasSize(told);
    }
}
