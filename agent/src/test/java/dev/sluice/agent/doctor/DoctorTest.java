package dev.sluice.agent.doctor;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.agent.doctor.Diagnosis.Line;
import dev.sluice.agent.doctor.Diagnosis.State;
import dev.sluice.model.Configuration;
import dev.sluice.model.ConfigurationLoader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DoctorTest {
    @TempDir
    private Path root = Path.of("");

    private void file(String name, String text) throws IOException {
        Path file = root.resolve(name);
        Files.createDirectories(file.getParent());
        Files.writeString(file, text + "\n");
    }

    private Diagnosis examine(String yaml) {
        Optional<Configuration> objects = yaml.isEmpty()
                ? Optional.empty()
                : ConfigurationLoader.parse("test.yaml", yaml).configuration();
        return Doctor.examine(new HostFiles(root), objects, "", root.resolve("sockets"));
    }

    private static Line line(Diagnosis diagnosis, String subject) {
        return diagnosis.lines().stream()
                .filter(line -> line.subject().equals(subject))
                .findFirst()
                .orElseThrow(() -> new AssertionError(diagnosis));
    }

    private static String port(String name) {
        return "apiVersion: sluice.dev/v1\nkind: Port\nmetadata: {name: " + name + "}\nspec: {interface: " + name
                + "}\n";
    }

    @Test
    void hostThatSaysNothingIsNoReasonToFail() {
        Diagnosis diagnosis = examine("");
        assertThat(line(diagnosis, "kernel").state()).isEqualTo(State.WARNING);
        assertThat(line(diagnosis, "capability CAP_NET_RAW").state()).isEqualTo(State.PROBLEM);
        assertThat(line(diagnosis, "bridge-nf-call-iptables").state()).isEqualTo(State.OK);
    }

    @Test
    void whatIsSetUpBadlyIsNamedWithTheCommandThatMendsIt() throws IOException {
        file("proc/sys/kernel/osrelease", "4.19.0-1");
        file("proc/self/status", "Name:\tjava\nCapEff:\t0000000000002000");
        file("proc/self/limits", "Max locked memory         65536                65536                bytes");
        file("proc/sys/net/ipv4/ip_forward", "1");
        file("proc/sys/net/bridge/bridge-nf-call-iptables", "1");
        Diagnosis diagnosis = examine("");
        assertThat(line(diagnosis, "kernel").advice()).contains("5.9");
        assertThat(line(diagnosis, "capability CAP_NET_RAW").state()).isEqualTo(State.OK);
        assertThat(line(diagnosis, "capability CAP_NET_ADMIN").state()).isEqualTo(State.PROBLEM);
        assertThat(line(diagnosis, "fast path").found()).contains("missing: Linux 6.6, CAP_BPF");
        assertThat(line(diagnosis, "fast path").advice()).contains("only 'sluice run --fast-path' needs it");
        assertThat(line(diagnosis, "locked memory").advice()).contains("LimitMEMLOCK=infinity");
        assertThat(line(diagnosis, "ip_forward").advice()).contains("sysctl -w net.ipv4.ip_forward=0");
        assertThat(line(diagnosis, "bridge-nf-call-iptables").advice()).contains("sysctl -w");
        assertThat(diagnosis.worst()).isEqualTo(State.PROBLEM);
    }

    private static String instance(String name, String service, String interfaces) {
        return """
                apiVersion: sluice.dev/v1
                kind: Service
                metadata: {name: %s}
                spec: %s
                ---
                apiVersion: sluice.dev/v1
                kind: ServiceInstance
                metadata: {name: %s}
                spec: {service: %s, interfaces: %s}
                """.formatted(name, service, name, name, interfaces);
    }

    @Test
    void whoHasNoFastPathIsNamedWithTheReason() {
        String nat = instance("nat", "{transport: raw, translation: learned}", "{in: nat-in, out: nat-out}");
        String fw = instance("fw", "{transport: raw}", "{in: fw-in, out: fw-out}");
        Diagnosis both = examine(nat + "---\n" + fw);
        assertThat(line(both, "fast path of nat").found()).isEqualTo("none: it rewrites addresses");
        assertThat(both.lines()).noneMatch(line -> line.subject().equals("fast path of fw"));
        assertThat(line(examine(fw), "fast path of all nodes").state()).isEqualTo(State.OK);
        String record = """
                ---
                {apiVersion: sluice.dev/v1, kind: ServiceProfile, metadata: {name: record}, spec: {service: fw, action: copy}}
                ---
                {apiVersion: sluice.dev/v1, kind: ServiceChain, metadata: {name: c}, spec: {profiles: [%s]}}
                """;
        assertThat(line(examine(fw + record.formatted("record")), "fast path of fw")
                        .found())
                .isEqualTo("none: it gets copies");
        assertThat(examine(fw + record.formatted("fw")).lines())
                .noneMatch(line -> line.subject().equals("fast path of fw"));
    }

    @Test
    void rulesLinksAndPortsThatTheKernelNeverRepeatsAreNamed() {
        Diagnosis diagnosis = examine("""
                {apiVersion: sluice.dev/v1, kind: Port, metadata: {name: up0}, spec: {interface: up0, driver: tap}}
                ---
                {apiVersion: sluice.dev/v1, kind: Port, metadata: {name: up1}, spec: {interface: up1, fastPath: off}}
                ---
                {apiVersion: sluice.dev/v1, kind: Port, metadata: {name: up3}, spec: {interface: up3}}
                ---
                {apiVersion: sluice.dev/v1, kind: Port, metadata: {name: up4}, spec: {interface: up4, driver: af_xdp}}
                ---
                apiVersion: sluice.dev/v1
                kind: LogicalRouter
                metadata: {name: r}
                spec: {interfaces: [{name: a, link: s/b, addresses: [10.9.0.1/30]}]}
                ---
                apiVersion: sluice.dev/v1
                kind: LogicalRouter
                metadata: {name: s}
                spec: {interfaces: [{name: b, link: r/a, addresses: [10.9.0.2/30]}]}
                ---
                apiVersion: sluice.dev/v1
                kind: ServicePolicy
                metadata: {name: web}
                spec:
                  appliedTo: [up0]
                  rules:
                  - {name: bad, action: {drop: true}}
                  - {name: staff, match: {group: [staff]}, action: {noService: true}}
                  - {name: watch, action: {observe: true}}
                """);
        assertThat(line(diagnosis, "fast path of what policy web drops").found())
                .isEqualTo("none: each packet of a flow that is dropped comes to the process (bad)");
        assertThat(line(diagnosis, "fast path where policy web is asked").found())
                .isEqualTo("none, for no flow that is classified there: rules ask for attributes (staff)");
        assertThat(line(diagnosis, "fast path where policy web observes").found())
                .isEqualTo("none, for no flow that is classified there: rules observe each packet (watch)");
        assertThat(line(diagnosis, "fast path of r/a").found())
                .isEqualTo("none: packets that cross the link to router s pass two routers");
        assertThat(line(diagnosis, "fast path of port up0").found()).contains("tap");
        assertThat(line(diagnosis, "fast path of port up1").found()).contains("fastPath: off");
        assertThat(diagnosis.lines()).noneMatch(line -> line.subject().equals("fast path of port up3"));
        assertThat(line(diagnosis, "fast path of port up4").found()).startsWith("by XDP alone");
    }

    private static String pair(String policyAt) {
        return """
                {apiVersion: sluice.dev/v1, kind: Port, metadata: {name: left}, spec: {interface: left, peer: right}}
                ---
                {apiVersion: sluice.dev/v1, kind: Port, metadata: {name: right}, spec: {interface: right, peer: left}}
                ---
                apiVersion: sluice.dev/v1
                kind: ServicePolicy
                metadata: {name: web}
                spec:
                  appliedTo: [%s]
                  rules:
                  - {name: all, action: {noService: true}}
                """.formatted(policyAt);
    }

    @Test
    void portsWhereNoRuleIsAskedAreNamed() {
        String elsewhere =
                "---\n{apiVersion: sluice.dev/v1, kind: Port, metadata: {name: other}, spec: {interface: other}}";
        assertThat(line(examine(pair("other") + elsewhere), "fast path between left, right")
                        .found())
                .isEqualTo("none: no rule is asked there, so nobody keeps a record of what passes");
        assertThat(examine(pair("left")).lines())
                .noneMatch(line -> line.subject().startsWith("fast path between"));
    }

    @Test
    void interfacesAreExamined() throws IOException {
        file("sys/class/net/a/flags", "0x1003");
        file("sys/class/net/a/carrier", "1");
        file("sys/class/net/a/mtu", "1500");
        file("sys/class/net/b/flags", "0x1002");
        file("sys/class/net/b/mtu", "9000");
        Diagnosis diagnosis = examine(port("a") + "---\n" + port("b") + "---\n" + port("c"));
        assertThat(line(diagnosis, "interface a").state()).isEqualTo(State.OK);
        assertThat(line(diagnosis, "interface b").advice()).isEqualTo("ip link set b up");
        assertThat(line(diagnosis, "interface c").state()).isEqualTo(State.PROBLEM);
        assertThat(line(diagnosis, "MTU").found()).isEqualTo("1500: a; 9000: b");
    }

    @Test
    void socketsThatNobodyListensOnAreLeftovers() throws IOException {
        file("sockets/dead.sock", "");
        Line leftover = line(examine(""), "socket " + root.resolve("sockets/dead.sock"));
        assertThat(leftover.state()).isEqualTo(State.WARNING);
        assertThat(leftover.advice()).startsWith("rm ");
    }

    @Test
    void saysHowSoonNodesAreCalledDeadAndWhetherThatIsTooSoon() {
        StringBuilder objects = new StringBuilder();
        for (String health : new String[] {
            "slow: {probe: bfd}",
            "fast: {probe: bfd, intervalMs: 20}",
            "web: {probe: http, intervalMs: 10}",
            "plain: {}"
        }) {
            String name = health.substring(0, health.indexOf(':'));
            objects.append("apiVersion: sluice.dev/v1\nkind: Service\nmetadata: {name: " + name
                    + "}\nspec: {transport: raw, health: " + health.substring(name.length() + 2)
                    + "}\n---\napiVersion: sluice.dev/v1\nkind: ServiceInstance\nmetadata: {name: " + name
                    + "}\nspec: {service: " + name + ", interfaces: {in: " + name + "-in, out: " + name
                    + "-out}}\n---\n");
        }
        Diagnosis diagnosis = examine(objects.toString());
        assertThat(line(diagnosis, "health of service slow").found()).isEqualTo("bfd, dead after 150 ms");
        assertThat(line(diagnosis, "health of service slow").state()).isEqualTo(State.OK);
        assertThat(line(diagnosis, "health of service fast").state()).isEqualTo(State.WARNING);
        assertThat(line(diagnosis, "health of service web").advice()).contains("Raise intervalMs");
        assertThat(line(diagnosis, "health of service plain").found()).isEqualTo("links only");
    }
}
