package dev.sluice.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.agent.compile.CompileResult;
import dev.sluice.agent.compile.CompiledNode;
import dev.sluice.agent.compile.IdRegistry;
import dev.sluice.agent.compile.InterfaceFacts;
import dev.sluice.agent.compile.PortBinding;
import dev.sluice.agent.compile.SnapshotCompiler;
import dev.sluice.datapath.packet.DropReason;
import dev.sluice.model.Configuration;
import dev.sluice.model.ConfigurationLoader;
import dev.sluice.model.Problem;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * How large an interface towards a service node has to be, by what is put around packets in each transport: what is said when objects are compiled is what the data path needs, to the byte (X6, F12). Ports of the pair
 * have 1500 bytes.
 */
class PlaneMtuTest {
    private static final int PAIR_BYTES = 1500;
    private static final String OBJECTS = """
            {apiVersion: sluice.dev/v1, kind: Node, metadata: {name: here}, spec: {underlay: {address: "NET1"}}}
            ---
            {apiVersion: sluice.dev/v1, kind: Port, metadata: {name: up}, spec: {node: here, interface: eth0}}
            ---
            {apiVersion: sluice.dev/v1, kind: LogicalRouter, metadata: {name: underlay}, spec: {node: here, interfaces: [{port: up, addresses: ["NET1/SIZE"]}]}}
            ---
            {apiVersion: sluice.dev/v1, kind: Node, metadata: {name: there}, spec: {underlay: {address: "NET2"}}}
            ---
            {apiVersion: sluice.dev/v1, kind: Port, metadata: {name: up-there}, spec: {node: there, interface: eth0}}
            ---
            {apiVersion: sluice.dev/v1, kind: LogicalRouter, metadata: {name: underlay-there}, spec: {node: there, interfaces: [{port: up-there, addresses: ["NET2/SIZE"]}]}}
            ---
            {apiVersion: sluice.dev/v1, kind: Port, metadata: {name: left}, spec: {node: here, interface: eth1, peer: right}}
            ---
            {apiVersion: sluice.dev/v1, kind: Port, metadata: {name: right}, spec: {node: here, interface: eth2}}
            ---
            {apiVersion: sluice.dev/v1, kind: Service, metadata: {name: reader}, spec: {SERVICE}}
            ---
            {apiVersion: sluice.dev/v1, kind: ServiceInstance, metadata: {name: reader-1}, spec: {service: reader, INSTANCE}}
            ---
            {apiVersion: sluice.dev/v1, kind: ServiceChain, metadata: {name: inspect}, spec: {profiles: [reader]}}
            ---
            {apiVersion: sluice.dev/v1, kind: ServicePolicy, metadata: {name: all}, spec: {appliedTo: [here/left], rules: [{name: all, action: {chain: inspect}}]}}
            """;
    private static final String AT = "node: here, endpoint: \"NET50\"";
    private static final String ON_ETHERNET =
            "node: here, interfaces: {in: {interface: sf0, mac: \"02:00:00:00:00:50\"}}";

    /** Service, instance, interface that has to be large enough, bytes around packets over IPv4: inner Ethernet 14, IPv4 20, UDP 8, Geneve, VXLAN and GRE with key 8, NSH 60 or 24. */
    record Way(String service, String instance, String interfaceName, int aroundBytes) {}

    private static Stream<Way> ways() {
        return Stream.of(
                new Way("transport: raw", "node: there, interfaces: {in: i, out: o}", "eth0", 110),
                new Way("transport: nsh", AT, "eth0", 110),
                new Way("transport: nsh, mdType: 1", AT, "eth0", 74),
                new Way("transport: nsh-gpe", AT, "eth0", 110),
                new Way("transport: nsh-gpe, mdType: 1", AT, "eth0", 74),
                new Way("transport: gre", AT + ", greKey: 100", "eth0", 42),
                new Way("transport: vxlan", AT + ", vni: 100", "eth0", 50),
                // The options of a gateway load balancer have 32 bytes; it gets no inner Ethernet header.
                new Way("transport: gwlb", AT, "eth0", 68),
                new Way("transport: nsh-ethernet", ON_ETHERNET, "sf0", 74),
                new Way("transport: nsh-ethernet, mdType: 1", ON_ETHERNET, "sf0", 38),
                new Way(
                        "transport: nsh-ethernet, mdType: 1",
                        ON_ETHERNET + ", policies: [{chain: inspect, in: {vlan: 30}}]",
                        "sf0",
                        42));
    }

    static Stream<Arguments> waysOfBothFamilies() {
        return ways().flatMap(way -> IntStream.of(4, 6).mapToObj(version -> Arguments.of(way, version)));
    }

    private static Configuration objects(Way way, int ipVersion) {
        String text = OBJECTS.replace("SERVICE", way.service())
                .replace("INSTANCE", way.instance())
                .replace("NET", ipVersion == 4 ? "192.0.2." : "2001:db8::")
                .replace("SIZE", ipVersion == 4 ? "24" : "64");
        return ConfigurationLoader.parse("test.yaml", text).configuration().orElseThrow();
    }

    private static CompileResult compile(Way way, int ipVersion, int mtuBytes) {
        return new SnapshotCompiler("here", new IdRegistry()).compile(objects(way, ipVersion), name -> {
            int wide = name.equals("eth0") ? 9000 : PAIR_BYTES;
            return new InterfaceFacts(name.hashCode() & 0xffff, name.equals(way.interfaceName()) ? mtuBytes : wide);
        });
    }

    private static List<String> said(CompileResult result) {
        return result.problems().stream()
                .map(Problem::message)
                .filter(message -> message.contains("MTU"))
                .toList();
    }

    /** What became of the largest packet of the pair, by the reasons of drops. */
    private static Iterable<DropReason> dropped(CompileResult result) {
        CompiledNode node = result.node().orElseThrow();
        int left = node.bindings().stream()
                .filter(binding -> binding.interfaceName().equals("eth1"))
                .mapToInt(PortBinding::index)
                .findFirst()
                .orElseThrow();
        TestPacket empty = TestPacket.udp("10.0.0.1:4000", "10.0.0.2:53").dontFragment();
        int payload = PAIR_BYTES - (empty.bytes().length - 14);
        try (MemorySwitch sluice = new MemorySwitch(node.snapshot(), 64)) {
            sluice.receive(left, empty.payload(new byte[payload]).bytes());
            return sluice.drops().keySet();
        }
    }

    @ParameterizedTest(name = "{0}, IPv{1} outside")
    @MethodSource("waysOfBothFamilies")
    void interfaceNeedsExactlyWhatIsSaid(Way way, int ipVersion) {
        boolean inUnderlay = way.interfaceName().equals("eth0");
        int needed = PAIR_BYTES + way.aroundBytes() + (inUnderlay && ipVersion == 6 ? 20 : 0);
        CompileResult enough = compile(way, ipVersion, needed);
        assertThat(said(enough)).isEmpty();
        assertThat(dropped(enough)).isEmpty();
        CompileResult small = compile(way, ipVersion, needed - 1);
        assertThat(said(small))
                .singleElement()
                .asString()
                .contains("has MTU " + (needed - 1) + " and needs " + needed, " mtu " + needed + " (");
        assertThat(dropped(small)).containsExactly(DropReason.MTU_EXCEEDED);
    }
}
