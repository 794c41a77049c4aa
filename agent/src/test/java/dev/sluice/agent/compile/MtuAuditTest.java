package dev.sluice.agent.compile;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.agent.Hosts;
import dev.sluice.agent.Yaml;
import dev.sluice.model.Problem;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Nodes whose interfaces are too small for the ports whose traffic they get (X6). */
class MtuAuditTest {
    private static final String PORTS = Yaml.object("Port", "left", "{node: edge, interface: left, peer: right}")
            + "---\n" + Yaml.object("Port", "right", "{node: edge, interface: right}");
    private static final String CHAIN = Yaml.object("ServiceChain", "inspect", "{profiles: [firewall]}");
    private static final String POLICY = Yaml.object(
            "ServicePolicy",
            "web",
            "{appliedTo: [edge/left, edge/right], rules: [{name: all, match: {}, action: {chain: inspect}}]}");
    private static final String NO_POLICY = Yaml.object(
            "ServicePolicy",
            "web",
            "{appliedTo: [edge/left], rules: [{name: all, match: {}, action: {noService: true}}]}");

    private final SnapshotCompiler compiler = new SnapshotCompiler("edge", new IdRegistry());
    private final Map<String, Integer> mtus = new HashMap<>();

    private CompileResult compile(String... documents) {
        return compiler.compile(
                Yaml.parse(documents),
                name -> new InterfaceFacts(name.hashCode() & 0xff, mtus.getOrDefault(name, 1500)));
    }

    private static String qinq(String more) {
        return Yaml.object("Service", "firewall", "{transport: qinq" + more + "}");
    }

    private static String node(String name) {
        return Yaml.object(
                "ServiceInstance",
                name,
                "{service: firewall, interfaces: {in: {interface: " + name
                        + "-in, vlan: 10, innerVlan: 1}, out: {interface: " + name + "-out, vlan: 10, innerVlan: 2}}}");
    }

    private static List<String> warnings(CompileResult result) {
        return result.problems().stream()
                .filter(p -> !p.isError())
                .map(Problem::toString)
                .toList();
    }

    @Test
    void namesInterfaceMtuFoundMtuNeededAndTheCommand() {
        mtus.put("fw-1-in", 1400);
        CompileResult result = compile(PORTS, Yaml.firewall(), Yaml.instance("fw-1", ""), CHAIN, POLICY);
        MtuAudit.Finding finding = MtuAudit.check(result.node().orElseThrow()).getFirst();
        assertThat(finding.interfaceName()).isEqualTo("fw-1-in");
        assertThat(finding.sentence())
                .contains("fw-1-in has MTU 1400 and needs 1500", "ip link set dev fw-1-in mtu 1500");
    }

    @Test
    void startsWithAWarningWhateverTheNodesMtu() {
        mtus.put("fw-1-in", 1400);
        CompileResult result = compile(PORTS, Yaml.firewall(), Yaml.instance("fw-1", ""), CHAIN, POLICY);
        assertThat(result.node()).isPresent();
        assertThat(warnings(result)).anyMatch(w -> w.contains("ServiceInstance/fw-1") && w.contains("needs 1500"));
    }

    @Test
    void refusesAReloadThatInsertsATooSmallNodeAndKeepsWhatWasInForce() {
        mtus.put("fw-1-out", 1400);
        assertThat(compile(PORTS, NO_POLICY).node()).isPresent();
        CompileResult refused = compile(PORTS, Yaml.firewall(), Yaml.instance("fw-1", ""), CHAIN, POLICY);
        assertThat(refused.node()).isEmpty();
        assertThat(refused.problems())
                .filteredOn(Problem::isError)
                .singleElement()
                .asString()
                .contains(
                        "fw-1-out",
                        "found 1400",
                        "at least 1500",
                        "ip link set dev fw-1-out mtu 1500",
                        "mtuAudit: warn");
        mtus.put("fw-1-out", 1500);
        assertThat(compile(PORTS, Yaml.firewall(), Yaml.instance("fw-1", ""), CHAIN, POLICY)
                        .node())
                .isPresent();
    }

    @Test
    void insertsATooSmallNodeIfTheServiceSaysSo() {
        mtus.put("fw-1-out", 1400);
        compile(PORTS, NO_POLICY);
        String firewall = Yaml.object("Service", "firewall", "{transport: raw, mtuAudit: warn}");
        CompileResult result = compile(PORTS, firewall, Yaml.instance("fw-1", ""), CHAIN, POLICY);
        assertThat(result.node()).isPresent();
        assertThat(warnings(result)).anyMatch(w -> w.contains("needs 1500"));
    }

    @Test
    void warnsWhenANodeInUseBecomesTooSmall() {
        assertThat(compile(PORTS, Yaml.firewall(), Yaml.instance("fw-1", ""), CHAIN, POLICY)
                        .problems())
                .isEmpty();
        mtus.put("left", 9000);
        CompileResult result = compile(PORTS, Yaml.firewall(), Yaml.instance("fw-1", ""), CHAIN, POLICY);
        assertThat(result.node()).isPresent();
        assertThat(warnings(result)).hasSize(2).allMatch(w -> w.contains("port left has packets of 9000 bytes"));
    }

    @Test
    void countsTagsButNotAnOutermost8021q() {
        CompileResult two = compile(PORTS, qinq(""), node("fw-1"), CHAIN, POLICY);
        assertThat(MtuAudit.check(two.node().orElseThrow()))
                .hasSize(2)
                .allMatch(f -> f.mtuNeeded() == 1508 && f.sentence().contains("2 tags that count"));
        String vlan = Yaml.object("Service", "firewall", "{transport: vlan}");
        String tagged = Yaml.object(
                "ServiceInstance",
                "fw-1",
                "{service: firewall, interfaces: {in: {interface: fw-1-in, vlan: 10}, out: {interface: fw-1-in, vlan: 11}}}");
        CompileResult one = compile(PORTS, vlan, tagged, CHAIN, POLICY);
        assertThat(MtuAudit.check(one.node().orElseThrow())).isEmpty();
    }

    /** The service header on Ethernet: inner Ethernet 14, NSH of metadata type 1 24, and a tag that counts. */
    @Test
    void refusesANodeThatGetsAServiceHeaderAndHasNoRoomForIt() {
        String host = Hosts.host("edge", 1);
        mtus.put("eth0", 9000);
        String service = Yaml.object("Service", "firewall", "{transport: nsh-ethernet, mdType: 1}");
        String instance = Yaml.object(
                "ServiceInstance",
                "fw-1",
                "{service: firewall, node: edge, interfaces: {in: {interface: sf0, mac: \"02:00:00:00:00:50\"}}, policies: [{chain: inspect, in: {vlan: 30}}]}");
        mtus.put("sf0", 1541);
        assertThat(compile(PORTS, host, NO_POLICY).node()).isPresent();
        CompileResult refused = compile(PORTS, host, service, instance, CHAIN, POLICY);
        assertThat(refused.node()).isEmpty();
        assertThat(refused.problems())
                .filteredOn(Problem::isError)
                .singleElement()
                .asString()
                .contains("found 1541", "at least 1542", "the service header puts 42 bytes", "mtuAudit: warn");
        mtus.put("sf0", 1542);
        assertThat(compile(PORTS, host, service, instance, CHAIN, POLICY).node())
                .isPresent();
    }
}
