package dev.sluice.agent.compile;

import static dev.sluice.agent.Hosts.host;
import static dev.sluice.agent.Hosts.pair;
import static dev.sluice.agent.Yaml.object;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.agent.Yaml;
import dev.sluice.datapath.snapshot.PortEntry;
import dev.sluice.datapath.snapshot.Segment;
import dev.sluice.datapath.snapshot.Snapshot;
import dev.sluice.model.Problem;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Logical switches as each node sees them (C1). */
class SegmentPlanTest {
    private static final String SWITCHES =
            Yaml.text(object("LogicalSwitch", "red", "{vni: 5001}"), object("LogicalSwitch", "blue", "{vni: 5002}"));

    private int underlayMtu = 1600;

    private static String port(String name, String node, String segment) {
        return object("Port", name, "{node: " + node + ", interface: i-" + name + ", switch: " + segment + "}");
    }

    private CompileResult result(String node, String... documents) {
        List<String> all = new ArrayList<>(List.of(host("a", 1), host("b", 2), host("c", 3), SWITCHES));
        all.addAll(List.of(documents));
        return new SnapshotCompiler(node, new IdRegistry())
                .compile(
                        Yaml.parse(all.toArray(new String[0])),
                        name -> new InterfaceFacts(name.hashCode() & 0xff, name.equals("eth0") ? underlayMtu : 1500));
    }

    private Snapshot compile(String node, String... documents) {
        CompileResult result = result(node, documents);
        return result.node()
                .orElseThrow(() -> new AssertionError(result.problems()))
                .snapshot();
    }

    /** Ports and other nodes of a segment: {@code vm-1, vm-2 | b, c}. */
    private static String members(Snapshot snapshot, String name) {
        Segment segment = snapshot.segments().all().stream()
                .filter(each -> each.name().equals(name))
                .findFirst()
                .orElseThrow();
        List<String> ports = IntStream.range(0, segment.portCount())
                .mapToObj(i -> snapshot.port(segment.port(i)).name())
                .toList();
        List<String> nodes = IntStream.range(0, segment.peerCount())
                .mapToObj(i -> snapshot.plane().peers().get(segment.peer(i)).name())
                .toList();
        return String.join(", ", ports) + " | " + String.join(", ", nodes);
    }

    @Test
    void segmentHasThePortsOfTheNodeAndTheNodesOfTheOthers() {
        String[] objects = {
            port("r1", "a", "red"), port("r2", "a", "red"), port("r3", "b", "red"), port("b1", "c", "blue")
        };
        assertThat(members(compile("a", objects), "red")).isEqualTo("r1, r2 | b");
        assertThat(members(compile("b", objects), "red")).isEqualTo("r3 | a");
        assertThat(members(compile("c", objects), "red")).isEqualTo(" | a, b");
        assertThat(members(compile("c", objects), "blue")).isEqualTo("b1 | ");
    }

    @Test
    void portWithoutNodeIsOneOnEachNode() {
        String anywhere = object("Port", "vm", "{interface: tap0, switch: red}");
        assertThat(members(compile("b", anywhere), "red")).isEqualTo("vm | a, c");
    }

    @Test
    void allNodesCallASegmentTheSame() {
        String vm = object("Port", "vm", "{interface: tap0, switch: red}");
        Snapshot a = compile("a", vm, object("LogicalSwitch", "green", "{vni: 7}"));
        Snapshot b = compile("b", object("LogicalSwitch", "green", "{vni: 7}"), vm);
        for (Segment segment : a.segments().all()) {
            Segment there = b.segments().all().stream()
                    .filter(each -> each.vni() == segment.vni())
                    .findFirst()
                    .orElseThrow();
            assertThat(b.plane().tenants().get(there.router()))
                    .isEqualTo(a.plane().tenants().get(segment.router()));
        }
    }

    @Test
    void routerHasTheSameMacAddressInSegmentsOfAllNodes() {
        String router = object(
                "LogicalRouter",
                "gw",
                "{interfaces: [{switch: red, addresses: [10.1.0.1/24]}, {switch: blue, addresses: [10.2.0.1/24]}]}");
        List<List<Long>> macs = new ArrayList<>();
        for (String node : List.of("a", "b")) {
            Snapshot snapshot = compile(node, router, port("r1", "a", "red"));
            List<PortEntry> own = IntStream.range(0, snapshot.portCount())
                    .mapToObj(snapshot::port)
                    .filter(port -> port.role() == PortEntry.Role.ROUTER && port.peer() >= 0)
                    .toList();
            assertThat(own)
                    .hasSize(2)
                    .allMatch(port -> snapshot.port(port.peer()).peer() == port.index());
            macs.add(own.stream().map(PortEntry::mac).toList());
        }
        assertThat(macs.getFirst()).isEqualTo(macs.getLast());
    }

    @Test
    void underlayThatIsTooNarrowForTunnelsIsToldOf() {
        underlayMtu = 1557;
        String[] objects = {port("r1", "a", "red"), port("r2", "b", "red")};
        assertThat(result("a", objects).problems())
                .extracting(Problem::message)
                .anyMatch(message -> message.contains("has MTU 1557 and needs 1558"));
        underlayMtu = 1558;
        assertThat(result("a", objects).problems()).isEmpty();
    }

    /** 110 bytes, and 8 more for where the destination is, which is known of packets of segments only. */
    @Test
    void packetsThatGoStraightOnNeedMoreRoomIfTheyAreOfASegment() {
        String chain = Yaml.text(
                object("Service", "firewall", "{transport: raw}"),
                object("ServiceInstance", "fw-1", "{service: firewall, node: b, interfaces: {in: fw-i, out: fw-o}}"),
                object("ServiceChain", "inspect", "{profiles: [firewall], afterLast: destination}"));
        String rule = object(
                "ServicePolicy",
                "web",
                "{appliedTo: [a/PORT], rules: [{name: all, match: {}, action: {chain: inspect}}]}");
        underlayMtu = 1609;
        assertThat(result("a", chain, port("r1", "a", "red"), rule.replace("PORT", "r1"))
                        .problems())
                .extracting(Problem::message)
                .singleElement()
                .asString()
                .contains("has MTU 1609 and needs 1618", "the service plane puts 118 bytes");
        assertThat(result("a", chain, pair("a"), rule.replace("PORT", "left")).problems())
                .extracting(Problem::message)
                .singleElement()
                .asString()
                .contains("has MTU 1609 and needs 1610");
        underlayMtu = 1618;
        assertThat(result("a", chain, port("r1", "a", "red"), rule.replace("PORT", "r1"))
                        .problems())
                .isEmpty();
    }
}
