package dev.sluice.agent.worker;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.agent.Yaml;
import dev.sluice.agent.compile.CompiledNode;
import dev.sluice.agent.compile.IdRegistry;
import dev.sluice.agent.compile.IdRegistry.Space;
import dev.sluice.agent.compile.InterfaceFacts;
import dev.sluice.agent.compile.NumbersInUse;
import dev.sluice.agent.compile.SnapshotCompiler;
import dev.sluice.agent.flows.FindNumbers;
import dev.sluice.agent.node.FakeHost;
import dev.sluice.datapath.Datapath;
import dev.sluice.datapath.liveness.Liveness;
import dev.sluice.datapath.packet.PacketPort;
import dev.sluice.datapath.rules.PacketFields;
import dev.sluice.datapath.track.AttributeTable;
import dev.sluice.datapath.track.ConnectionTable;
import dev.sluice.datapath.track.ConnectionTableKeys.KeyHash;
import dev.sluice.datapath.track.FlowPrograms;
import dev.sluice.datapath.track.InstructedFlow;
import dev.sluice.wire.IpAddress;
import java.io.IOException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Whatever refers to a number for longer than minutes is met when flows are looked through. */
class FindNumbersTest {
    private static final int VLAN = 7;

    @SuppressWarnings("NullAway.Init") // set before each test
    private Worker worker;

    @SuppressWarnings("NullAway.Init") // set before each test
    private Datapath datapath;

    @SuppressWarnings("NullAway.Init") // set before each test
    private ConnectionTable table;

    @BeforeEach
    void apply() throws IOException {
        FakeHost host = new FakeHost();
        worker = new Worker(new WorkerSizes(512, 4, 20_000, 42), new Liveness(4096, 4096), host);
        datapath = worker.datapath();
        table = datapath.connections();
        CompiledNode node = new SnapshotCompiler("edge", new IdRegistry())
                .compile(Yaml.parse(Yaml.bridge()), name -> new InterfaceFacts(name.hashCode() & 0xff, 1500))
                .node()
                .orElseThrow();
        datapath.apply(node.snapshot(), new PacketPort[node.snapshot().portCount()]);
    }

    @AfterEach
    void close() {
        worker.close();
    }

    private NumbersInUse find() {
        FindNumbers task = new FindNumbers();
        int steps = 0;
        while (!task.step(datapath, 42)) {
            steps++;
        }
        assertThat(steps).as("pieces between batches").isGreaterThan(10);
        return task.result().join();
    }

    private int insert(int flow, int zone) {
        PacketFields fields = new PacketFields();
        fields.sourceLo = flow;
        fields.destinationLo = 1;
        fields.protocol = 17;
        return table.insert(KeyHash.FLOW.of(fields, zone), fields, zone, ConnectionTable.SERVICE, 42);
    }

    @Test
    void recordsReferToTheirRouterTheirTargetAndThePortsTheyLeaveBy() {
        int slot = insert(1, 11);
        table.setTargetId(slot, 12);
        table.setEgressPort(slot, 0, 13 + 1);
        table.setEgressPort(slot, 1, 14 + 1);
        NumbersInUse found = find();
        assertThat(found.contains(Space.ROUTER, 11)).isTrue();
        assertThat(found.contains(Space.TARGET, 12)).isTrue();
        assertThat(found.contains(Space.PORT, 13)).isTrue();
        assertThat(found.contains(Space.PORT, 14)).isTrue();
        assertThat(found.contains(Space.PORT, 12)).isFalse();
        table.remove(slot);
        assertThat(find().contains(Space.PORT, 13)).isFalse();
    }

    @Test
    void recordsOfTaggedPacketsReferToTheRouterBehindTheirKeySpace() {
        insert(1, datapath.zone(21, VLAN, 0));
        assertThat(find().contains(Space.ROUTER, 21)).isTrue();
    }

    @Test
    void recordsOfFlowsServedForOthersReferToTheInstance() {
        insert(1, 4096 + 31);
        NumbersInUse found = find();
        assertThat(found.contains(Space.INSTANCE, 31)).isTrue();
        assertThat(found.contains(Space.ROUTER, 4096 + 31)).isFalse();
    }

    @Test
    void instructionsReferToTheirRouterAndToTheNodesTheyLeaveOut() {
        IpAddress one = IpAddress.ofIpv4(0x0a00_0001);
        IpAddress other = IpAddress.ofIpv4(0x0a00_0002);
        datapath.programs()
                .put(new InstructedFlow(41, 17, one, 1, other, 2), FlowPrograms.Action.SKIP, 42, false, 1000, 42);
        datapath.programs()
                .put(new InstructedFlow(43, 17, one, 1, other, 2), FlowPrograms.Action.PATH, 44, false, 1000, 42);
        NumbersInUse found = find();
        assertThat(found.contains(Space.ROUTER, 41)).isTrue();
        assertThat(found.contains(Space.INSTANCE, 42)).isTrue();
        assertThat(found.contains(Space.ROUTER, 43)).isTrue();
        assertThat(found.contains(Space.INSTANCE, 44)).isFalse();
    }

    @Test
    void instructionsReferToTheNodeThatMayTakeThemBack() {
        int slot = insert(1, 41);
        long life = FlowPrograms.WITH_THE_RECORD;
        datapath.programs().tell(slot, 45, FlowPrograms.Action.DROP, 0, false, 1, life, 42);
        assertThat(find().contains(Space.INSTANCE, 45)).isTrue();
        datapath.programs().takeBack(slot, 45, 1, 42);
        assertThat(find().contains(Space.INSTANCE, 45)).isFalse();
    }

    @Test
    void attributesReferToTheirPort() {
        AttributeTable attributes = new AttributeTable(table.capacity(), 4096);
        datapath.useAttributes(attributes);
        attributes.setPort(51, 1, 1000);
        assertThat(find().contains(Space.PORT, 51)).isTrue();
        attributes.clearPort(51);
        assertThat(find().contains(Space.PORT, 51)).isFalse();
    }
}
