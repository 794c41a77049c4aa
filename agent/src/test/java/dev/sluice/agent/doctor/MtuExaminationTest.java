package dev.sluice.agent.doctor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import dev.sluice.agent.Hosts;
import dev.sluice.agent.doctor.Diagnosis.Line;
import dev.sluice.agent.doctor.Diagnosis.State;
import dev.sluice.model.Configuration;
import dev.sluice.model.ConfigurationLoader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is said of sizes is what a change of the configuration would be refused for. */
class MtuExaminationTest {
    private static final String WIRES = """
            {apiVersion: sluice.dev/v1, kind: Port, metadata: {name: left}, spec: {interface: left, peer: right}}
            ---
            {apiVersion: sluice.dev/v1, kind: Port, metadata: {name: right}, spec: {interface: right, peer: left}}
            ---
            {apiVersion: sluice.dev/v1, kind: Port, metadata: {name: big1}, spec: {interface: big1, peer: big2}}
            ---
            {apiVersion: sluice.dev/v1, kind: Port, metadata: {name: big2}, spec: {interface: big2, peer: big1}}
            ---
            """;

    private static final String CHAIN = """
            {apiVersion: sluice.dev/v1, kind: Service, metadata: {name: fw}, spec: {transport: TRANSPORT}}
            ---
            {apiVersion: sluice.dev/v1, kind: ServiceInstance, metadata: {name: fw-1}, spec: {service: fw, interfaces: {in: {interface: fwIN}, out: {interface: fwOUT}}}}
            ---
            {apiVersion: sluice.dev/v1, kind: ServiceChain, metadata: {name: c}, spec: {profiles: [fw]}}
            ---
            apiVersion: sluice.dev/v1
            kind: ServicePolicy
            metadata: {name: web}
            spec: {appliedTo: [left], rules: [{name: all, action: {chain: c}}]}
            """;

    @TempDir
    private Path root;

    private List<Line> look(Map<String, Integer> mtus, String yaml) throws IOException {
        for (var mtu : mtus.entrySet()) {
            Path file = root.resolve("sys/class/net/" + mtu.getKey() + "/mtu");
            Files.createDirectories(file.getParent());
            Files.writeString(file, mtu.getValue() + "\n");
        }
        Configuration objects =
                ConfigurationLoader.parse("test.yaml", yaml).configuration().orElseThrow();
        List<Line> lines = new ArrayList<>();
        new MtuExamination(new HostFiles(root), lines).look(objects, "", new TreeSet<>(mtus.keySet()));
        return lines;
    }

    private static String chain(String transport, String in, String out) {
        return CHAIN.replace("TRANSPORT", transport).replace("fwIN", in).replace("fwOUT", out);
    }

    @Test
    void tagsOfANodeNeedRoom() throws IOException {
        Map<String, Integer> all = Map.of("left", 1500, "right", 1500, "trunk", 1500);
        String in = "trunk, vlan: 100, innerVlan: 1";
        assertThat(look(all, WIRES + chain("qinq", in, in.replace("innerVlan: 1", "innerVlan: 2"))))
                .extracting(Line::state, Line::subject)
                .contains(tuple(State.WARNING, "MTU of trunk"));
    }

    @Test
    void aWireWithTwoSizesIsNamedAndWiresApartAreNot() throws IOException {
        assertThat(look(Map.of("left", 1500, "right", 1500, "big1", 9000, "big2", 9000), WIRES))
                .extracting(Line::state, Line::found)
                .containsExactly(tuple(State.OK, "1500: left, right; 9000: big1, big2"));
        assertThat(look(Map.of("left", 1500, "right", 9000, "big1", 9000, "big2", 9000), WIRES))
                .extracting(Line::state, Line::subject, Line::found)
                .containsExactly(tuple(
                        State.WARNING,
                        "MTU of ports left and right",
                        "1500 and 9000, though they are two ends of one wire"));
    }

    /** In VXLAN: inner Ethernet 14, IPv4 20, UDP 8, VXLAN 8. */
    @Test
    void underlayThatIsTooSmallForTheTransportOfANodeIsNamedWithWhatItNeeds() throws IOException {
        String objects = WIRES + Hosts.host("edge", 1) + "---\n"
                + CHAIN.replace("TRANSPORT", "vxlan")
                        .replace(
                                "interfaces: {in: {interface: fwIN}, out: {interface: fwOUT}}",
                                "node: edge, endpoint: 10.0.0.50, vni: 100");
        Map<String, Integer> mtus = new HashMap<>(Map.of("left", 1500, "right", 1500, "eth0", 1549));
        assertThat(look(mtus, objects))
                .extracting(Line::state, Line::subject, Line::found)
                .containsExactly(
                        tuple(
                                State.WARNING,
                                "MTU of eth0",
                                "1549, too small: port left has packets of 1500 bytes and the way to fw-1 puts 50 bytes around them"));
        assertThat(look(mtus, objects).getFirst().advice()).contains("ip link set dev eth0 mtu 1550");
        mtus.put("eth0", 1550);
        assertThat(look(mtus, objects)).extracting(Line::state).containsExactly(State.OK);
    }
}
