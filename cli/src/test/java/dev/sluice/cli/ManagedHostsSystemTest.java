package dev.sluice.cli;

import static dev.sluice.cli.PairLab.WAIT;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.lab.LabProcess;
import dev.sluice.lab.Waits;
import dev.sluice.wire.capture.CaptureReader;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A manager and two agents as a running system: hosts that are enrolled, rules that take effect, refusals that are shown, and hosts that go on without the manager (V17, X2, S3, F5). */
@Tag("system")
class ManagedHostsSystemTest {
    private static final String POLICY = """
            apiVersion: sluice.dev/v1
            kind: ServicePolicy
            metadata: {name: all}
            spec:
              appliedTo: [host-a/left]
              rules:
              - {name: telnet, match: {protocol: tcp, destination: {ports: [23]}}, action: {drop: true}}
              - {name: all, action: {%s}}
            """;

    @TempDir
    private Path folder = Path.of("");

    @Test
    void hostsFollowTheManagerAndGoOnWithoutIt() throws IOException {
        try (TwoHostsLab lab = new TwoHostsLab(folder)) {
            LabProcess manager = lab.startManager();
            String token = lab.token(0);
            LabProcess a = lab.startAgent(0, "--enrol", token);
            LabProcess b = lab.startAgent(1, "--enrol", lab.token(1));
            lab.apply(TwoHostsLab.OBJECTS + "---\n" + POLICY.formatted("chain: inspect"));
            lab.await("host A has its ports", 0, a, status -> status.ports().size() == 3);
            lab.await(
                    "host B has the firewall",
                    1,
                    b,
                    status -> status.instances().stream()
                            .anyMatch(each -> each.name().equals("fw") && each.alive()));
            Waits.until("packets pass", WAIT, () -> lab.client.pings("10.0.0.2"), a::log);
            assertThat(lab.passed()).isPositive();
            awaitShown(lab, "servicechain", "inspect", "in force on 2 of 2 nodes");
            awaitShown(lab, "servicepolicy", "all", "in force on 1 of 1 node");
            String table = lab.command(0, "get", "servicepolicies");
            assertThat(table).contains("Applied");
            awaitPath(lab, "fw@host-b", "in use");

            carried(lab);
            serving(lab);
            traced(lab);
            captured(lab);
            profiles(lab, a);
            withoutAManager(lab, manager, a);
            revoked(lab, b);
        }
    }

    /** X3: packets of the path, and on both sides of its node as the node's own host counts them. */
    private static void carried(TwoHostsLab lab) {
        String path = pathName(lab);
        String shown = lab.command(0, "describe", "servicepath", path).replaceAll("\\s+", " ");
        assertThat(shown)
                .contains("uninspected: 0")
                .containsPattern("flows: [1-9]")
                .containsPattern("forward: packets: [1-9][0-9]* bytes: [1-9]")
                .containsPattern(
                        "hops: - instance: fw node: host-b sent: forward: ([1-9][0-9]*) reverse: [1-9][0-9]* returned: forward: [1-9]");
        assertThat(shown).doesNotContain("problem:");
    }

    private static String pathName(TwoHostsLab lab) {
        return lab.command(0, "get", "servicepaths")
                .lines()
                .skip(1)
                .findFirst()
                .orElseThrow()
                .split(" ", 2)[0];
    }

    /** V20, V31: the pair that classifies is on the plane, and first and last hop, which the firewall's host hears; the firewall's own host says how that is. */
    private static void serving(TwoHostsLab lab) {
        Waits.until(
                "the pair and the firewall serve",
                WAIT,
                () -> {
                    String runtimes = lab.command(0, "get", "serviceinstanceruntimes");
                    return runtimes.lines()
                                    .anyMatch(line -> line.matches("left-right-.* left/right +host-a +4096 +active .*"))
                            && runtimes.lines().anyMatch(line -> line.matches("fw-.* fw +host-b +4096 +active .*"));
                },
                () -> lab.command(0, "get", "serviceinstanceruntimes", "-o", "yaml"));
        Waits.until(
                "the firewall's host hears the one that classifies",
                WAIT,
                () -> lab.command(0, "get", "servicepaths", "-o", "yaml")
                        .replaceAll("\\s+", " ")
                        .contains("router: left/right node: host-a state: alive onFailure: closed"),
                () -> lab.command(0, "get", "servicepaths", "-o", "yaml"));
    }

    /** X3: what would happen to a packet, over both hosts, asked at the manager. */
    private static void traced(TwoHostsLab lab) throws IOException {
        lab.apply("""
                {apiVersion: sluice.dev/v1, kind: Traceflow, metadata: {name: web}, spec: {port: left, node: host-a, packet: "tcp 10.0.0.1:4000 > 10.0.0.2:80 syn"}}
                ---
                {apiVersion: sluice.dev/v1, kind: Traceflow, metadata: {name: telnet}, spec: {port: left, node: host-a, packet: "tcp 10.0.0.1:4000 > 10.0.0.2:23 syn"}}
                ---
                {apiVersion: sluice.dev/v1, kind: Traceflow, metadata: {name: nonsense}, spec: {port: left, node: host-a, packet: "tcp of some kind"}}
                """);
        assertThat(awaitShown(lab, "traceflow", "web", "Answered")).contains("node: host-b", "leaves by");
        assertThat(awaitShown(lab, "traceflow", "telnet", "RULE_DROP")).doesNotContain("node: host-b");
        awaitShown(lab, "traceflow", "nonsense", "host-a: ");
        lab.command(0, "delete", "traceflow", "web", "telnet", "nonsense");
    }

    /** X3: packets as they pass both hosts, for somebody who reaches only the manager. */
    private void captured(TwoHostsLab lab) throws IOException {
        lab.apply("""
                {apiVersion: sluice.dev/v1, kind: Capture, metadata: {name: pings}, spec: {nodes: [host-a, host-b], address: 10.0.0.2, packets: 6, duration: 2m}}
                """);
        Waits.until(
                "both hosts have captured",
                WAIT,
                () -> {
                    lab.client.pings("10.0.0.2");
                    return lab.command(0, "describe", "capture", "pings").contains("Complete");
                },
                () -> lab.command(0, "describe", "capture", "pings"));
        Path file = folder.resolve("pings.pcapng");
        lab.command(0, "capture", "pings", "-w", file.toString());
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
                .isEqualTo("rw-------");
        assertThat(Files.readString(file, StandardCharsets.ISO_8859_1))
                .contains("Sluice, node host-a", "in by left", "Sluice, node host-b", "steered to fw");
        try (InputStream in = Files.newInputStream(file)) {
            CaptureReader reader = new CaptureReader(in);
            for (int i = 0; i < 12; i++) {
                assertThat(reader.frame()).isNotNull();
            }
            assertThat(reader.frame()).isNull();
        }
        lab.command(0, "delete", "capture", "pings");
        assertThat(lab.command(1, "capture", "pings", "-w", file.toString())).contains("there is no Capture/pings");
    }

    /** V16: a profile of the same service gives the firewall copies, so traffic goes on without it; it stays as long as a chain needs it. */
    private static void profiles(TwoHostsLab lab, LabProcess a) throws IOException {
        String chain =
                "---\n{apiVersion: sluice.dev/v1, kind: ServiceChain, metadata: {name: inspect}, spec: {profiles: [%s], onFailure: closed}}\n";
        lab.firewall.unplug();
        Waits.until("nothing passes without the firewall", WAIT, () -> !lab.client.pings("10.0.0.2"), a::log);
        awaitPath(lab, "fw@host-b", "dead");
        lab.apply(
                "{apiVersion: sluice.dev/v1, kind: ServiceProfile, metadata: {name: record}, spec: {service: firewall, action: copy}}\n"
                        + chain.formatted("record"));
        Waits.until("packets pass beside the firewall", WAIT, () -> lab.client.pings("10.0.0.2"), a::log);
        assertThat(lab.command(1, "delete", "serviceprofile", "record"))
                .contains("other objects still need ServiceProfile/record")
                .contains("ServiceChain/inspect spec.profiles[0]");
        lab.firewall.replug();
        lab.apply(chain.formatted("firewall"));
        lab.command(0, "delete", "serviceprofile", "record");
        long passed = lab.passed();
        Waits.until(
                "packets pass the firewall again",
                WAIT,
                () -> lab.client.pings("10.0.0.2") && lab.passed() > passed,
                a::log);
    }

    /** F5: forwarding and new flows go on, and a host that starts anew starts with what it had. */
    private static void withoutAManager(TwoHostsLab lab, LabProcess manager, LabProcess a) throws IOException {
        manager.kill();
        long before = lab.passed();
        assertThat(lab.client.pings("10.0.0.2")).isTrue();
        assertThat(lab.passed()).isGreaterThan(before);
        a.kill();
        LabProcess again = lab.startAgent(0);
        Waits.until("a host without a manager passes packets", WAIT, () -> lab.client.pings("10.0.0.2"), again::log);
        assertThat(lab.status(0).configuration().notices()).isEmpty();

        LabProcess second = lab.startManager();
        // What both have already is not sent again, and what changes is.
        lab.apply(POLICY.formatted("drop: true"));
        Waits.until("the new rule drops", WAIT, () -> !lab.client.pings("10.0.0.2"), second::log);
        refusal(lab, second);
    }

    /** What a host cannot take is refused as a whole and said where users look. */
    private static void refusal(TwoHostsLab lab, LabProcess manager) throws IOException {
        lab.hosts.get(1).route("default", "198.51.100.9");
        lab.apply("""
                {apiVersion: sluice.dev/v1, kind: Port, metadata: {name: cut-off}, spec: {node: host-b, interface: mgmt, peer: other}}
                ---
                {apiVersion: sluice.dev/v1, kind: Port, metadata: {name: other}, spec: {node: host-b, interface: other}}
                """);
        String shown = awaitShown(lab, "port", "cut-off", "Refused");
        assertThat(shown).contains("host-b: interface mgmt").contains("default route");
        assertThat(lab.status(1).ports()).noneMatch(each -> each.interfaceName().equals("mgmt"));
        assertThat(lab.command(0, "get", "ports")).contains("not Applied");
        assertThat(manager.isAlive()).isTrue();
    }

    /** S3: who is not to be a node any more is told nothing, and goes on with what it has. */
    private static void revoked(TwoHostsLab lab, LabProcess b) {
        assertThat(lab.command(0, "enrol", "revoke", "host-b")).contains("Enrolment/host-b revoked");
        b.awaitLine("the agent says so", WAIT, line -> line.contains("the certificate of node host-b was revoked"));
        assertThat(lab.status(1).instances()).anyMatch(each -> each.name().equals("fw") && each.alive());
    }

    /** X3: the only path of the chain, as an object that hosts fill. */
    private static void awaitPath(TwoHostsLab lab, String hops, String state) {
        Waits.until(
                "the path is " + state,
                WAIT,
                () -> lab.command(0, "get", "servicepaths")
                        .lines()
                        .anyMatch(line -> line.startsWith("inspect-") && line.contains(hops) && line.contains(state)),
                () -> lab.command(0, "get", "servicepaths", "-o", "yaml"));
        assertThat(lab.command(0, "describe", "servicepath", pathName(lab))).contains(state);
    }

    private static String awaitShown(TwoHostsLab lab, String kind, String name, String text) {
        long deadlineNs = System.nanoTime() + WAIT.toNanos();
        String shown;
        do {
            shown = lab.command(0, "describe", kind, name);
        } while (!shown.contains(text) && System.nanoTime() < deadlineNs);
        assertThat(shown).contains(text);
        return shown;
    }
}
