package dev.sluice.cli;

import static dev.sluice.cli.PairLab.WAIT;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.lab.LabProcess;
import dev.sluice.lab.Waits;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * Figures 15, 16 and 17 of document 002 over the manager's public interface alone: who brings which object, what the system makes of them, who is told what, which router joins which service plane (V16, V17, V19,
 * V20), and the packets that follow.
 */
@Tag("system")
class PlaneFiguresSystemTest {
    /** Figure 15, solid lines: what the vendor of the firewall brings. */
    private static final String OF_THE_VENDOR = """
            {apiVersion: sluice.dev/v1, kind: Service, metadata: {name: firewall}, spec: {transport: raw}}
            ---
            {apiVersion: sluice.dev/v1, kind: ServiceManager, metadata: {name: acme}, spec: {vendor: Acme, vendorId: acme-7, services: [firewall]}}
            ---
            {apiVersion: sluice.dev/v1, kind: VendorTemplate, metadata: {name: acme-firewall}, spec: {service: firewall, actions: [forward, copy], parameters: [{name: policy, values: [strict, log-all], default: strict}]}}
            ---
            {apiVersion: sluice.dev/v1, kind: ServiceDeployment, metadata: {name: fleet}, spec: {service: firewall, existing: [{node: host-b, in: fw-in, out: fw-out}]}}
            """;

    /** What the network's administrator brings: ports, and a plane for each of two tenants. */
    private static final String OF_THE_NETWORK = """
            {apiVersion: sluice.dev/v1, kind: ServiceAttachment, metadata: {name: red}, spec: {svni: 5000, type: l2, appliedTo: {nodes: [host-a, host-b]}}}
            ---
            {apiVersion: sluice.dev/v1, kind: ServiceAttachment, metadata: {name: blue}, spec: {svni: 5001, type: l2, appliedTo: {nodes: [host-a, host-b]}}}
            """;

    /** What the administrator of security brings: profiles, chains of them, rules. */
    private static final String OF_SECURITY = """
            {apiVersion: sluice.dev/v1, kind: ServiceProfile, metadata: {name: strict}, spec: {template: acme-firewall}}
            ---
            {apiVersion: sluice.dev/v1, kind: ServiceProfile, metadata: {name: logging}, spec: {template: acme-firewall, parameters: {policy: log-all}}}
            ---
            {apiVersion: sluice.dev/v1, kind: ServiceChain, metadata: {name: red}, spec: {profiles: [strict], attachment: red}}
            ---
            {apiVersion: sluice.dev/v1, kind: ServiceChain, metadata: {name: blue}, spec: {profiles: [logging], attachment: blue}}
            ---
            apiVersion: sluice.dev/v1
            kind: ServicePolicy
            metadata: {name: tenants}
            spec:
              appliedTo: [host-a/left]
              rules:
              - {name: blue, match: {protocol: udp}, action: {chain: blue}}
              - {name: red, action: {chain: red}}
            """;

    @TempDir
    private Path folder = Path.of("");

    private Path token(TwoHostsLab lab, String user, String role) throws IOException {
        lab.command(0, "user", "set", user, role);
        Path file = folder.resolve(user + ".token");
        // As people keep it: whatever else the command says is on other lines.
        return Files.writeString(
                file,
                lab.command(0, "token", "create", user)
                        .lines()
                        .filter(line -> line.startsWith("sluice_"))
                        .findFirst()
                        .orElseThrow());
    }

    @Test
    void threePeopleBringObjectsAndTheSystemMakesPathsPlanesAndRulesOfThem() throws IOException {
        try (TwoHostsLab lab = new TwoHostsLab(folder)) {
            lab.startManager();
            LabProcess a = lab.startAgent(0, "--enrol", lab.token(0));
            lab.startAgent(1, "--enrol", lab.token(1));
            Path vendor = token(lab, "acme", "vendor");
            Path network = token(lab, "nora", "network-admin");
            Path security = token(lab, "sam", "security-admin");

            lab.applyAs(network, 0, TwoHostsLab.HOSTS);
            assertThat(lab.applyAs(vendor, 1, OF_SECURITY)).contains("ServiceChain");
            lab.applyAs(vendor, 0, OF_THE_VENDOR);
            assertThat(lab.applyAs(security, 1, OF_THE_NETWORK)).contains("ServiceAttachment");
            lab.applyAs(network, 0, OF_THE_NETWORK);
            lab.applyAs(security, 0, OF_SECURITY);

            Waits.until(
                    "packets pass the firewall",
                    WAIT,
                    () -> lab.client.pings("10.0.0.2") && lab.passed() > 0,
                    () -> a.log() + lab.command(0, "get", "all"));
            made(lab);
            told(lab, vendor);
            planes(lab);
        }
    }

    /** Figure 15, dashed lines, by the path generator of figure 16: instances, runtimes, paths with their hops. */
    private static void made(TwoHostsLab lab) {
        assertThat(lab.command(0, "get", "serviceinstances")).containsPattern("fleet-\\S+ +.*host-b");
        Waits.until(
                "each chain has its path, in use",
                WAIT,
                () -> {
                    String paths = lab.command(0, "get", "servicepaths");
                    return paths.lines()
                                    .filter(line -> line.matches("(red|blue)-.*fleet-\\S+@host-b.*in use.*"))
                                    .count()
                            == 2;
                },
                () -> lab.command(0, "get", "servicepaths"));
    }

    /** Figure 16: the service manager is told which profile (chain, direction, service index) stands for, with its parameters; packets carry no profile. */
    private static void told(TwoHostsLab lab, Path vendor) {
        String answer = lab.manager.exec(
                "/usr/bin/python3",
                "-c",
                "import sys, urllib.request as web; print(web.urlopen(web.Request('http://127.0.0.1:9470/api/v1/servicemanagers/acme/assignment', headers={'Authorization': 'Bearer ' + open(sys.argv[1]).read().strip()}), timeout=20).read().decode())",
                vendor.toString());
        JsonNode told = new JsonMapper().readTree(answer);
        for (String[] chain : new String[][] {{"red", "strict", "strict"}, {"blue", "logging", "log-all"}}) {
            JsonNode rules = element(told.path("chains"), chain[0]).path("rules");
            assertThat(rules).hasSize(2).allSatisfy(rule -> {
                assertThat(rule.path("serviceIndex").asInt()).isEqualTo(255);
                assertThat(rule.path("profile").asString()).isEqualTo(chain[1]);
            });
            assertThat(element(told.path("profiles"), chain[1])
                            .at("/parameters/policy")
                            .asString())
                    .isEqualTo(chain[2]);
        }
    }

    private static JsonNode element(JsonNode list, String name) {
        for (JsonNode each : list) {
            if (each.path("name").asString().equals(name)) {
                return each;
            }
        }
        throw new AssertionError("no " + name + " in " + list);
    }

    /** Figure 17: the pair that classifies and the firewall are on both planes, apart by their virtual networks. */
    private static void planes(TwoHostsLab lab) {
        String runtimes =
                lab.command(0, "get", "serviceinstanceruntimes", "-o", "yaml").replaceAll("\\s+", " ");
        // The map of figure 17: which chains of the pair go to which plane.
        assertThat(runtimes)
                .contains("svni: 5000 attachment: red chains: - red ports: - left")
                .contains("svni: 5001 attachment: blue chains: - blue ports: - left");
        for (String who : new String[] {"router: left/right node: host-a", "instance: fleet-1 node: host-b"}) {
            int at = runtimes.indexOf(who);
            assertThat(at).as(who + " in " + runtimes).isNotNegative();
            assertThat(runtimes.substring(at, runtimes.indexOf("status:", at)))
                    .contains("svni: 5000 attachment: red", "svni: 5001 attachment: blue");
        }
    }
}
