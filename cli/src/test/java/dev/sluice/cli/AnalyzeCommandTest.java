package dev.sluice.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

class AnalyzeCommandTest {
    private static final String OBJECTS = """
            apiVersion: sluice.dev/v1
            kind: Service
            metadata: {name: firewall}
            spec: {transport: raw}
            ---
            apiVersion: sluice.dev/v1
            kind: ServiceInstance
            metadata: {name: fw}
            spec: {service: firewall, interfaces: {in: fw-in, out: fw-out}}
            ---
            apiVersion: sluice.dev/v1
            kind: ServiceChain
            metadata: {name: inspect}
            spec: {profiles: [firewall], onFailure: closed}
            ---
            apiVersion: sluice.dev/v1
            kind: ServicePolicy
            metadata: {name: web}
            spec:
              appliedTo: [left]
              direction: DIRECTION
              rules: [RULES]
            ---
            apiVersion: sluice.dev/v1
            kind: Port
            metadata: {name: left}
            spec: {interface: left, peer: right}
            ---
            apiVersion: sluice.dev/v1
            kind: Port
            metadata: {name: right}
            spec: {interface: right}
            """;
    private static final String ALL = "{name: all, action: {chain: inspect}}";

    @TempDir
    private Path folder = Path.of("");

    private String objects(String direction, String rules) throws IOException {
        String text = OBJECTS.replace("DIRECTION", direction).replace("RULES", rules);
        return Files.writeString(folder.resolve("o.yaml"), text).toString();
    }

    @Test
    void cleanRulesHaveNoFinding() throws IOException {
        Cli run = Cli.run("analyze", "--fail-on", "note", objects("both", ALL));
        assertThat(run.status()).as(run.out()).isZero();
        assertThat(run.out()).isEqualTo("1 rule on local: 0 problems, 0 warnings, 0 notes\n");
    }

    @Test
    void ruleShadowedByTheUnionOfTwoIsAProblemWithAnExample() throws IOException {
        Cli run = Cli.run("analyze", objects("both", """
                {name: low, match: {protocol: tcp, destination: {ports: [0-1023]}}, action: {chain: inspect}},
                {name: high, match: {protocol: tcp, destination: {ports: [1024-65535]}}, action: {chain: inspect}},
                {name: tcp, match: {protocol: tcp}, action: {drop: true}}"""));
        assertThat(run.status()).isEqualTo(ExitCode.FAILED);
        assertThat(run.out())
                .contains("problem shadowed: web/tcp: every packet it matches is taken by 2 rules together")
                .contains("for example source 192.0.2.1, destination 198.51.100.1, protocol tcp")
                .contains("decided by web/low");
    }

    @Test
    void duplicateWithTheSameOutcomeIsAWarning() throws IOException {
        Cli run = Cli.run("analyze", objects("both", ALL + ", {name: again, action: {chain: inspect}}"));
        assertThat(run.status()).isZero();
        assertThat(run.out()).contains("warning duplicate: web/again: has the same match as rule web/all");
    }

    @Test
    void exceptionWithoutServiceIsABypassOfTheChainThatFailsClosed() throws IOException {
        String rules = "{name: admin, match: {source: {prefixes: [10.0.0.0/24]}}, action: {noService: true}}, " + ALL;
        Cli run = Cli.run("analyze", "-f", objects("both", rules), "--fail-on", "warning");
        assertThat(run.status()).isEqualTo(ExitCode.FAILED);
        assertThat(run.out())
                .contains("warning bypass: web/admin: packets that rule web/all sends through chain inspect")
                .contains("for example source 10.0.0.1");
    }

    @Test
    void directionWhoseAnswersNoRuleCatchesIsABypass() throws IOException {
        Cli run = Cli.run("analyze", "--notes", objects("fromPort", ALL));
        assertThat(run.out())
                .contains("warning bypass: web/all: answers on the way from right to left do not pass chain inspect")
                .contains("decided by no rule");
    }

    @Test
    void oneDirectionRuleWhoseAnswersNoOtherRuleCatchesIsABypass() throws IOException {
        String oneWay =
                "{name: out, match: {protocol: udp, destination: {ports: [53]}}, action: {chain: inspect}, bothDirections: false}";
        Cli run = Cli.run("analyze", objects("both", oneWay));
        assertThat(run.out())
                .contains("the rule is for one direction and no other one catches them")
                .contains("sourcePort 53");
    }

    @Test
    void jsonHoldsFieldsOfTheExample() throws IOException {
        Cli run = Cli.run("analyze", "-o", "json", objects("fromPort", ALL));
        JsonNode finding = new JsonMapper().readTree(run.out()).get("findings").get(0);
        assertThat(finding.get("kind").asString()).isEqualTo("BYPASS");
        assertThat(finding.get("example").get("protocol").asString()).isEqualTo("tcp");
        assertThat(finding.get("decidedBy").asString()).isEqualTo("default");
    }

    @Test
    void invalidObjectsAreRefusedWithTheirProblems() throws IOException {
        Cli run = Cli.run("analyze", objects("sideways", ALL));
        assertThat(run.status()).isEqualTo(ExitCode.FAILED);
        assertThat(run.err()).contains("is not valid").contains("sideways");
    }

    @Test
    void nodeThatDoesNotRunIsSaid() {
        Cli run = Cli.run("analyze", "--admin", folder.resolve("none.sock").toString());
        assertThat(run.status()).isEqualTo(ExitCode.FAILED);
        assertThat(run.err()).contains("no Sluice node listens on");
    }
}
