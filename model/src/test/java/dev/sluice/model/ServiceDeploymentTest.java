package dev.sluice.model;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

/** Deployments and instances that hosts make, as users write them. */
class ServiceDeploymentTest {
    private static final String SERVICE =
            "{apiVersion: sluice.dev/v1, kind: Service, metadata: {name: firewall}, spec: {transport: %s}}\n---\n";

    private static List<String> problems(String yaml) {
        return ConfigurationLoader.parse("f", SERVICE.formatted("raw") + yaml).problems().stream()
                .map(Problem::toString)
                .toList();
    }

    private static String deployment(String spec) {
        return "{apiVersion: sluice.dev/v1, kind: ServiceDeployment, metadata: {name: fw}, spec: {service: firewall, "
                + spec + "}}";
    }

    private static String instance(String spec) {
        return "{apiVersion: sluice.dev/v1, kind: ServiceInstance, metadata: {name: fw-1}, spec: {service: firewall, "
                + spec + "}}";
    }

    private static void refused(String yaml, String... words) {
        assertThat(problems(yaml)).as(yaml).singleElement().asString().contains(words);
    }

    @Test
    void defaultsAreThoseOfTheReference() {
        ServiceDeployment read = (ServiceDeployment) ReadObject.read(deployment("command: {argv: [/fw]}"))
                .orElseThrow()
                .resource();
        assertThat(read.spec().replicas()).isEqualTo(1);
        assertThat(read.spec().placement()).isEqualTo(ServiceDeployment.Placement.ANYWHERE);
        assertThat(read.spec().template().arms()).isEqualTo(2);
        assertThat(read.spec().drainDeadlineNs()).isEqualTo(300_000_000_000L);
        assertThat(problems(deployment("command: {argv: [/fw]}"))).isEmpty();
    }

    private static ServiceDeployment.Spec spec(String yaml) {
        return ((ServiceDeployment)
                        ReadObject.read(deployment(yaml)).orElseThrow().resource())
                .spec();
    }

    @Test
    void modeSaysHowManyThereAreAndWhoOfThemServes() {
        assertThat(spec("command: {argv: [/fw]}").mode()).isEqualTo(ServiceDeployment.Mode.ACTIVE_ACTIVE);
        assertThat(spec("mode: standalone, command: {argv: [/fw]}").replicas()).isEqualTo(1);
        assertThat(spec("mode: active-standby, command: {argv: [/fw]}").replicas())
                .isEqualTo(2);
        refused(deployment("mode: standalone, replicas: 2, command: {argv: [/fw]}"), "spec.replicas", "standalone");
        refused(
                deployment("mode: active-standby, autoscale: {min: 1, max: 2, flows: 100}, command: {argv: [/fw]}"),
                "spec.autoscale",
                "one instance has all flows");
        String chain =
                "{apiVersion: sluice.dev/v1, kind: ServiceChain, metadata: {name: c}, spec: {profiles: [firewall], selection: %s}}\n---\n";
        String standby = deployment("mode: active-standby, command: {argv: [/fw]}");
        assertThat(problems(chain.formatted("round-robin") + standby))
                .anySatisfy(warning -> assertThat(warning).contains("ServiceChain/c has selection round-robin"));
        assertThat(problems(chain.formatted("nearest") + standby))
                .noneMatch(warning -> warning.contains("has selection"));
    }

    @Test
    void anImageIsAReferenceForWhoeverMakesTheNode() {
        ServiceInstance made = (ServiceInstance) ReadObject.read(
                        instance(
                                "node: a, interfaces: {in: i}, runtime: {image: \"registry.example/fw:7@sha256:0a\", hook: {executable: /h}}"))
                .orElseThrow()
                .resource();
        assertThat(made.spec().runtime().orElseThrow().image()).hasValue("registry.example/fw:7@sha256:0a");
        refused(
                instance("node: a, interfaces: {in: i}, runtime: {image: fw}"),
                "spec.runtime.image",
                "stands without command and hook");
        for (String wrong : List.of("''", "'fw 7'", "f\u00fc", "f".repeat(513))) {
            refused(
                    instance("node: a, interfaces: {in: i}, runtime: {image: " + wrong + ", hook: {executable: /h}}"),
                    "spec.runtime.image",
                    "is no reference to an image");
        }
        assertThat(
                        problems(
                                "{apiVersion: sluice.dev/v1, kind: Service, metadata: {name: ips}, spec: {transport: raw, image: 'fw 7'}}"))
                .singleElement()
                .asString()
                .contains("spec.image", "is no reference to an image");
    }

    @Test
    void oneWayOfMakingIsNamed() {
        refused(deployment("replicas: 1"), "has neither command nor hook nor existing");
        refused(deployment("command: {argv: [/fw]}, hook: {executable: /h}"), "more than one way");
        refused(
                instance("node: a, interfaces: {in: i}, runtime: {command: {argv: [/fw]}, hook: {executable: /h}}"),
                "one of command and hook");
    }

    @Test
    void programsAreNamedByTheirPathAndNoShellReadsThem() {
        refused(deployment("command: {argv: [fw]}"), "argv[0]", "is not the absolute path of a program");
        refused(deployment("command: {argv: []}"), "has 0 items");
        refused(deployment("hook: {executable: ./hook}"), "spec.hook.executable", "absolute path");
        refused(deployment("command: {argv: [/fw, \"a\\u0000b\"]}"), "control characters");
        refused(
                deployment("command: {argv: [/fw], environment: {LD_PRELOAD: /x.so}}"),
                "cannot stand in the environment");
        refused(
                deployment("command: {argv: [/fw], environment: {SLUICE_RUNTIME: x}}"),
                "cannot stand in the environment");
        refused(deployment("command: {argv: [/fw], environment: {\"A=B\": x}}"), "cannot stand in the environment");
    }

    @Test
    void boundsHold() {
        refused(deployment("replicas: 257, command: {argv: [/fw]}"), "0..256");
        refused(deployment("replicas: -1, command: {argv: [/fw]}"), "0..256");
        refused(deployment("arms: 3, command: {argv: [/fw]}"), "1..2");
        refused(deployment("command: {argv: [/fw], mtu: 1000}"), "1280..65535");
        refused(deployment("command: {argv: [/fw], stopGrace: 20m}"), "out of range");
        refused(deployment("placement: {spread: racks}, command: {argv: [/fw]}"), "prefer-hosts, hosts");
        refused(
                "{apiVersion: sluice.dev/v1, kind: ServiceDeployment, metadata: {name: " + "x".repeat(60)
                        + "}, spec: {service: firewall, command: {argv: [/fw]}}}",
                "leaves no room for the numbers");
    }

    @Test
    void servicesWhoseInstancesNeedMoreAreRefused() {
        assertThat(ConfigurationLoader.parse("f", SERVICE.formatted("vlan") + deployment("command: {argv: [/fw]}"))
                        .problems())
                .singleElement()
                .asString()
                .contains("its transport vlan needs tags");
        assertThat(ConfigurationLoader.parse(
                                "f", SERVICE.formatted("raw, forwarding: route") + deployment("command: {argv: [/fw]}"))
                        .problems())
                .singleElement()
                .asString()
                .contains("its nodes route");
        assertThat(ConfigurationLoader.parse(
                                "f", SERVICE.formatted("wire") + deployment("arms: 1, command: {argv: [/fw]}"))
                        .problems())
                .singleElement()
                .asString()
                .contains("needs two interfaces");
    }

    @Test
    void placesAreUsedOnceAndTooFewAreSaid() {
        refused(
                deployment("existing: [{node: a, in: i, out: o}, {node: a, in: o}]"),
                "existing[1]",
                "uses an interface of a place before");
        refused(deployment("replicas: 2, existing: [{node: a, in: i, out: o}]"), "there are only 1 places");
        refused(deployment("placement: {hosts: [nowhere]}, command: {argv: [/fw]}"), "there is no Node/nowhere");
    }

    @Test
    void whatAHostMakesIsOnThatHostAndHasInterfaces() {
        refused(instance("interfaces: {in: i}, runtime: {command: {argv: [/fw]}}"), "stands without node");
        refused(instance("node: a, identifier: x, runtime: {hook: {executable: /h}}"), "stands without interfaces");
        assertThat(problems(instance("interfaces: {in: i}, runtime: {deployment: fw}")))
                .isEmpty();
    }

    @Test
    void aNumberFollowsOneLoadWithinBounds() {
        String made = ", command: {argv: [/fw]}";
        assertThat(problems(deployment("autoscale: {max: 4, flows: 1000}" + made)))
                .isEmpty();
        refused(deployment("replicas: 2, autoscale: {max: 4, flows: 1000}" + made), "stands beside autoscale");
        refused(deployment("autoscale: {max: 4}" + made), "says no load to aim at");
        refused(deployment("autoscale: {max: 4, flows: 1, cpuPercent: 50}" + made), "more than one load");
        refused(deployment("autoscale: {min: 5, max: 4, flows: 1}" + made), "is below min", "5..256");
        refused(deployment("autoscale: {min: 0, max: 4, flows: 1}" + made), "1..256");
        refused(deployment("autoscale: {max: 4, flows: 1, tolerancePercent: 50}" + made), "0..40");
    }
}
