package dev.sluice.manager.instances;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.controller.Health;
import dev.sluice.controller.HostWord;
import dev.sluice.controller.NodeState;
import dev.sluice.controller.NodeState.Progress;
import dev.sluice.controller.ObjectState;
import dev.sluice.manager.objects.Caller;
import dev.sluice.manager.objects.Edit;
import dev.sluice.manager.objects.Inventory;
import dev.sluice.manager.objects.ManagedObject;
import dev.sluice.manager.store.MemoryStore;
import dev.sluice.model.Kind;
import dev.sluice.model.WrittenObject;
import java.time.Instant;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** Deployments as objects that users write and read, with hosts that say what tests have them say (C15, V28). */
class DeploymentsTest {
    private static final Caller USER = new Caller("user", "user");
    private static final String FLEET =
            "{apiVersion: sluice.dev/v1, kind: ServiceDeployment, metadata: {name: fw}, spec: {service: firewall, %s}}";
    private static final String COMMAND = "command: {argv: [/usr/libexec/fw, --quiet]}";

    private Instant now = Instant.parse("2026-01-01T00:00:00Z");
    private final Inventory inventory = new Inventory(new MemoryStore(), () -> now);
    private final Map<String, Boolean> connected = new TreeMap<>(Map.of("a", true, "b", true));
    private final Map<String, Long> flows = new HashMap<>();
    private final Map<String, Long> packets = new HashMap<>();
    private final Map<String, String> failures = new HashMap<>();
    private final Map<String, Progress> progress = new HashMap<>();
    private Deployments deployments = new Deployments(inventory, List.of(), this::look);
    private long nowNs;

    @BeforeEach
    void objects() {
        apply("{apiVersion: sluice.dev/v1, kind: Service, metadata: {name: firewall}, spec: {transport: raw}}");
        apply("{apiVersion: sluice.dev/v1, kind: Node, metadata: {name: a, labels: {cluster: east}}}");
        apply("{apiVersion: sluice.dev/v1, kind: Node, metadata: {name: b}}");
    }

    private void apply(String yaml) {
        inventory.change(
                List.of(new Edit.Apply(WrittenObject.read("", yaml).objects().getFirst(), true)), USER, false);
    }

    private void deploy(String more) {
        apply(FLEET.formatted(more));
    }

    /** Hosts that have everything and run everything, unless a test says otherwise. */
    private Sight look(Collection<String> names) {
        Map<String, ObjectState> states = new HashMap<>();
        Map<String, HostWord> hosts = new TreeMap<>();
        connected.forEach((host, there) -> {
            Map<String, HostWord.Load> loads = new LinkedHashMap<>();
            Map<String, HostWord.Run> runs = new LinkedHashMap<>();
            Map<String, Health> alive = new LinkedHashMap<>();
            for (String name : names) {
                boolean here = host.equals(node(name));
                if (here && there) {
                    loads.put(
                            name,
                            new HostWord.Load(flows.getOrDefault(name, 0L), packets.getOrDefault(name, 0L), true));
                    String failure = failures.getOrDefault(name, "");
                    HostWord.Phase phase = failure.isEmpty() ? HostWord.Phase.RUNNING : HostWord.Phase.FAILED;
                    runs.put(name, new HostWord.Run(phase, failure, OptionalInt.of(250), 0));
                    alive.put(name, new Health(host, failure.isEmpty(), failure));
                }
            }
            hosts.put(host, new HostWord(host, there, nowNs, loads, runs, alive));
        });
        for (String name : names) {
            Progress is = progress.getOrDefault(name, Progress.APPLIED);
            NodeState state = new NodeState(node(name), is, 1, is == Progress.APPLIED ? "" : "it does not want to");
            states.put(
                    name, new ObjectState("serviceinstances/" + name, 1, List.of(state), List.of(), Optional.empty()));
        }
        return new Sight(hosts, states);
    }

    private String node(String name) {
        return inventory
                .get(Kind.SERVICE_INSTANCE, name)
                .map(object -> object.tree().path("spec").path("node").asString(""))
                .orElse("");
    }

    private void steps(int count) throws InterruptedException {
        for (int i = 0; i < count; i++) {
            now = now.plusSeconds(1);
            nowNs += 1_000_000_000L;
            deployments.step(now, nowNs);
        }
    }

    private Set<String> instances() {
        TreeSet<String> names = new TreeSet<>();
        inventory.list(Kind.SERVICE_INSTANCE, _ -> true, 500, "").objects().forEach(object -> names.add(object.name()));
        return names;
    }

    private JsonNode status() {
        return inventory.get(Kind.SERVICE_DEPLOYMENT, "fw").orElseThrow().tree().path("status");
    }

    @Test
    void instancesAreMadeAsObjectsThatSayHow() throws InterruptedException {
        deploy("replicas: 2, packetsPerSecondMax: 1000, " + COMMAND);
        steps(2);
        assertThat(instances()).containsExactly("fw-1", "fw-2");
        ManagedObject first = inventory.get(Kind.SERVICE_INSTANCE, "fw-1").orElseThrow();
        assertThat(first.tree().path("spec").path("runtime").toString())
                .isEqualTo("{\"deployment\":\"fw\",\"command\":{\"argv\":[\"/usr/libexec/fw\",\"--quiet\"]}}");
        assertThat(first.tree().path("spec").path("packetsPerSecondMax").asInt())
                .isEqualTo(1000);
        assertThat(first.labels()).containsEntry("deployment", "fw");
        assertThat(node("fw-1")).isNotEqualTo(node("fw-2"));
        assertThat(status().path("ready").asInt()).isEqualTo(2);
        assertThat(status().path("conditions").path(0).path("status").asString(""))
                .isEqualTo("True");
        assertThat(status().path("instances").path(0).path("state").asString(""))
                .isEqualTo("Ready");
        assertThat(first.tree().path("status").toString()).doesNotContain("Failed");
    }

    @Test
    void whatIsSaidOfInstancesStandsInBothStatuses() throws InterruptedException {
        deploy("replicas: 1, " + COMMAND);
        failures.put("fw-1", "the agent of this host does not permit the command /usr/libexec/fw");
        steps(3);
        assertThat(status().path("conditions").toString())
                .contains("Failing")
                .contains("fw-1 on a: the agent of this host does not permit the command");
        assertThat(inventory
                        .get(Kind.SERVICE_INSTANCE, "fw-1")
                        .orElseThrow()
                        .tree()
                        .path("status")
                        .toString())
                .contains("\"type\":\"Ready\",\"status\":\"False\",\"reason\":\"Failed\"")
                .contains("does not permit");
        failures.clear();
        steps(2);
        assertThat(status().path("ready").asInt()).isEqualTo(1);
        progress.put("fw-1", Progress.REFUSED);
        steps(2);
        assertThat(status().path("instances").path(0).path("reason").asString(""))
                .contains("it does not want to");
    }

    @Test
    void shrinkingWaitsForFlows() throws InterruptedException {
        deploy("replicas: 2, " + COMMAND);
        steps(2);
        flows.put("fw-1", 5L);
        flows.put("fw-2", 3L);
        steps(1);
        deploy("replicas: 1, " + COMMAND);
        steps(30);
        assertThat(instances()).containsExactly("fw-1", "fw-2");
        assertThat(inventory
                        .get(Kind.SERVICE_INSTANCE, "fw-2")
                        .orElseThrow()
                        .tree()
                        .path("spec")
                        .path("adminState")
                        .asString(""))
                .isEqualTo("drain");
        assertThat(status().path("instances").path(1).path("state").asString(""))
                .isEqualTo("Draining");
        flows.put("fw-2", 0L);
        steps(1);
        assertThat(instances()).contains("fw-2");
        steps(4);
        assertThat(instances()).containsExactly("fw-1");
        assertThat(status().path("gone").path(0).path("reason").asString("")).isEqualTo("no flow is left");
    }

    @Test
    void theDeadlineEndsADrain() throws InterruptedException {
        deploy("replicas: 1, drainDeadline: 20s, " + COMMAND);
        steps(2);
        flows.put("fw-1", 5L);
        deploy("replicas: 0, drainDeadline: 20s, " + COMMAND);
        steps(15);
        assertThat(instances()).containsExactly("fw-1");
        steps(10);
        assertThat(instances()).isEmpty();
        assertThat(status().path("gone").path(0).path("reason").asString("")).contains("with 5 flows left");
    }

    /** The clock of a host is set, or another manager's is another: nobody's flows end for that (F14). */
    @Test
    void aClockThatJumpsEndsNoDrainAndAnotherManagerGivesAllTheTime() throws InterruptedException {
        deploy("replicas: 1, drainDeadline: 20s, " + COMMAND);
        steps(2);
        flows.put("fw-1", 5L);
        deploy("replicas: 0, drainDeadline: 20s, " + COMMAND);
        steps(2);
        now = now.plusSeconds(86_400);
        steps(15);
        assertThat(instances()).containsExactly("fw-1");
        now = now.minusSeconds(2 * 86_400);
        steps(1);
        deployments = new Deployments(inventory, List.of(), this::look);
        steps(18);
        assertThat(instances()).containsExactly("fw-1");
        steps(5);
        assertThat(instances()).isEmpty();
    }

    @Test
    void instanceThatAUserDrainsStaysWhateverAnOlderDrainLeftBehind() throws InterruptedException {
        deploy("replicas: 1, drainDeadline: 20s, " + COMMAND);
        steps(2);
        flows.put("fw-1", 5L);
        deploy("replicas: 0, drainDeadline: 20s, " + COMMAND);
        steps(2);
        ManagedObject draining = inventory.get(Kind.SERVICE_INSTANCE, "fw-1").orElseThrow();
        assertThat(InstanceEdits.drainingSince(draining)).isPresent();
        deploy("replicas: 1, drainDeadline: 20s, " + COMMAND);
        ObjectNode up = draining.written();
        ((ObjectNode) up.path("spec")).remove("adminState");
        inventory.change(
                List.of(new Edit.Replace(
                        WrittenObject.read("", up.toString()).objects().getFirst(), 0)),
                USER,
                false);
        now = now.plusSeconds(1_000);
        apply("{apiVersion: sluice.dev/v1, kind: ServiceInstance, metadata: {name: fw-1}, spec: {adminState: drain}}");
        assertThat(inventory
                        .get(Kind.SERVICE_INSTANCE, "fw-1")
                        .orElseThrow()
                        .tree()
                        .toString())
                .contains(InstanceEdits.DRAINING_SINCE);
        steps(5);
        assertThat(instances()).contains("fw-1");
    }

    @Test
    void whatAHostDoesNotKnowYetIsNoReasonToDelete() throws InterruptedException {
        deploy("replicas: 1, " + COMMAND);
        steps(2);
        deploy("replicas: 0, " + COMMAND);
        progress.put("fw-1", Progress.UNDER_WAY);
        steps(20);
        assertThat(instances()).containsExactly("fw-1");
        progress.clear();
        steps(5);
        assertThat(instances()).isEmpty();
    }

    @Test
    void instancesOfADeploymentThatIsGoneAreDrainedAndDeleted() throws InterruptedException {
        deploy("replicas: 2, " + COMMAND);
        steps(2);
        flows.put("fw-1", 1L);
        inventory.change(List.of(new Edit.Remove(Kind.SERVICE_DEPLOYMENT, "fw", 0)), USER, false);
        steps(6);
        assertThat(instances()).containsExactly("fw-1");
        flows.clear();
        steps(5);
        assertThat(instances()).isEmpty();
        assertThat(deployments.step(now, nowNs)).isFalse();
    }

    @Test
    void anotherCommandComesInPlaceOfTheOldOneWhenItServes() throws InterruptedException {
        deploy("replicas: 1, " + COMMAND);
        steps(2);
        deploy("replicas: 1, command: {argv: [/usr/libexec/fw, --loud]}");
        failures.put("fw-2", "slow");
        steps(3);
        assertThat(instances()).containsExactly("fw-1", "fw-2");
        assertThat(status().path("instances").path(0).path("state").asString(""))
                .isEqualTo("Ready");
        failures.clear();
        steps(6);
        assertThat(instances()).containsExactly("fw-2");
    }

    private void image(String reference) {
        apply("{apiVersion: sluice.dev/v1, kind: Service, metadata: {name: firewall}, spec: {transport: raw, image: "
                + reference + "}}");
    }

    private String imageOf(String name) {
        return inventory
                .get(Kind.SERVICE_INSTANCE, name)
                .orElseThrow()
                .tree()
                .at("/spec/runtime/image")
                .asString("");
    }

    @Test
    void anotherImageOfTheServiceReplacesInstancesOneThatServesFirst() throws InterruptedException {
        image("registry.example/fw:7");
        deploy("replicas: 1, hook: {executable: /usr/libexec/make-vm}");
        steps(2);
        assertThat(imageOf("fw-1")).isEqualTo("registry.example/fw:7");
        image("registry.example/fw:8");
        failures.put("fw-2", "it is being downloaded");
        steps(3);
        assertThat(instances()).containsExactly("fw-1", "fw-2");
        assertThat(imageOf("fw-1")).as("the one that serves stays as it is").isEqualTo("registry.example/fw:7");
        assertThat(imageOf("fw-2")).isEqualTo("registry.example/fw:8");
        failures.clear();
        steps(6);
        assertThat(instances()).containsExactly("fw-2");
    }

    @Test
    void whatRunsAlreadyIsMadeFromNoImage() throws InterruptedException {
        deploy("replicas: 1, existing: [{node: a, in: fw1-in, out: fw1-out}]");
        steps(2);
        image("registry.example/fw:7");
        steps(3);
        assertThat(instances()).containsExactly("fw-1");
        assertThat(imageOf("fw-1")).isEmpty();
    }

    private int number(String name, String field) {
        return inventory
                .get(Kind.SERVICE_INSTANCE, name)
                .orElseThrow()
                .tree()
                .at("/spec/" + field)
                .asInt(0);
    }

    private int metric(String name) {
        return number(name, "metric");
    }

    @Test
    void anotherWeightAndCapReachTheInstancesThatThereAre() throws InterruptedException {
        deploy("replicas: 1, weight: 2, " + COMMAND);
        steps(2);
        assertThat(number("fw-1", "weight")).isEqualTo(2);
        deploy("replicas: 1, weight: 5, packetsPerSecondMax: 2000, " + COMMAND);
        steps(1);
        assertThat(number("fw-1", "weight")).isEqualTo(5);
        assertThat(number("fw-1", "packetsPerSecondMax")).isEqualTo(2000);
        long revision =
                inventory.get(Kind.SERVICE_INSTANCE, "fw-1").orElseThrow().revision();
        steps(3);
        assertThat(inventory.get(Kind.SERVICE_INSTANCE, "fw-1").orElseThrow().revision())
                .as("said once")
                .isEqualTo(revision);
        deploy("replicas: 1, " + COMMAND);
        steps(8);
        assertThat(number("fw-1", "weight")).isEqualTo(1);
        assertThat(number("fw-1", "packetsPerSecondMax")).isZero();
        assertThat(instances()).as("nobody is replaced for that").containsExactly("fw-1");
    }

    @Test
    void weightAndCapThatPeopleWroteStay() throws InterruptedException {
        deploy("replicas: 1, " + COMMAND);
        steps(2);
        apply("{apiVersion: sluice.dev/v1, kind: ServiceInstance, metadata: {name: fw-1}, spec: {weight: 9}}");
        deploy("replicas: 1, weight: 4, packetsPerSecondMax: 500, " + COMMAND);
        steps(2);
        assertThat(number("fw-1", "weight")).isEqualTo(9);
        assertThat(number("fw-1", "packetsPerSecondMax")).isEqualTo(500);
        // A burst stands beside a cap only.
        apply("{apiVersion: sluice.dev/v1, kind: ServiceInstance, metadata: {name: fw-1}, spec: {weight: 9,"
                + " packetsBurstMax: 64}}");
        deploy("replicas: 1, weight: 4, " + COMMAND);
        steps(2);
        assertThat(number("fw-1", "packetsPerSecondMax")).isEqualTo(500);
        assertThat(status().path("conditions").toString()).doesNotContain("Blocked");
        deploy("replicas: 1, weight: 4, packetsPerSecondMax: 700, " + COMMAND);
        steps(2);
        assertThat(number("fw-1", "packetsPerSecondMax")).isEqualTo(700);
        // Who does not say it any more leaves it to the deployment.
        apply("{apiVersion: sluice.dev/v1, kind: ServiceInstance, metadata: {name: fw-1}, spec: {}}");
        steps(2);
        assertThat(number("fw-1", "weight")).isEqualTo(4);
        assertThat(instances()).containsExactly("fw-1");
    }

    @Test
    void whoStandsByIsFurtherAwayAndAnotherModeReplacesThoseThatAreAsFarAsTheyWere() throws InterruptedException {
        deploy("mode: active-standby, " + COMMAND);
        steps(2);
        assertThat(instances()).containsExactly("fw-1", "fw-2");
        assertThat(metric("fw-1")).isZero();
        assertThat(metric("fw-2")).isEqualTo(1);
        deploy("mode: active-active, replicas: 2, " + COMMAND);
        steps(10);
        assertThat(instances()).containsExactly("fw-1", "fw-3");
        assertThat(metric("fw-3")).isZero();
        // What people say of how far one is stays.
        apply("{apiVersion: sluice.dev/v1, kind: ServiceInstance, metadata: {name: fw-3}, spec: {metric: 7}}");
        steps(10);
        assertThat(instances()).containsExactly("fw-1", "fw-3");
    }

    @Test
    void aHostThatIsAwayForLongIsReplacedAndTakenBack() throws InterruptedException {
        deploy("replicas: 1, replaceAfter: 10s, " + COMMAND);
        steps(2);
        String host = node("fw-1");
        connected.put(host, false);
        steps(5);
        assertThat(instances()).containsExactly("fw-1");
        steps(10);
        assertThat(instances()).containsExactly("fw-1", "fw-2");
        assertThat(node("fw-2")).isNotEqualTo(host);
        connected.put(host, true);
        steps(8);
        assertThat(instances()).hasSize(1);
    }

    @Test
    void placementFollowsHostsAndCluster() throws InterruptedException {
        deploy("replicas: 3, placement: {cluster: east}, " + COMMAND);
        steps(2);
        assertThat(instances().stream().map(this::node)).containsOnly("a");
        deploy("replicas: 3, placement: {hosts: [b]}, " + COMMAND);
        apply(FLEET.formatted("replicas: 3, placement: {hosts: [b], cluster: east}, " + COMMAND));
        steps(2);
        assertThat(status().path("conditions").toString()).contains("no host that placement allows");
    }

    @Test
    void whatIsChosenOtherwiseMovesWhileItServes() throws InterruptedException {
        deploy("replicas: 1, placement: {hosts: [a]}, " + COMMAND);
        steps(2);
        assertThat(node("fw-1")).isEqualTo("a");
        flows.put("fw-1", 1L);
        deploy("replicas: 1, placement: {hosts: [b]}, " + COMMAND);
        steps(5);
        assertThat(instances()).containsExactly("fw-1", "fw-2");
        assertThat(node("fw-2")).isEqualTo("b");
        flows.clear();
        steps(5);
        assertThat(instances()).containsExactly("fw-2");
    }

    @Test
    void existingPlacesAreUsedWithoutBeingMade() throws InterruptedException {
        deploy("replicas: 2, existing: [{node: a, in: fw1-in, out: fw1-out}, {node: b, in: fw1-in}]");
        steps(2);
        assertThat(instances()).containsExactly("fw-1", "fw-2");
        JsonNode spec = inventory
                .get(Kind.SERVICE_INSTANCE, "fw-1")
                .orElseThrow()
                .tree()
                .path("spec");
        assertThat(spec.path("interfaces").toString()).isEqualTo("{\"in\":\"fw1-in\",\"out\":\"fw1-out\"}");
        assertThat(spec.path("runtime").toString()).isEqualTo("{\"deployment\":\"fw\"}");
        assertThat(status().path("ready").asInt()).isEqualTo(2);
    }

    @Test
    void whatSomebodyElseNeedsIsNotDeletedAndThatIsSaid() throws InterruptedException {
        deploy("replicas: 1, " + COMMAND);
        steps(2);
        apply("{apiVersion: sluice.dev/v1, kind: ServiceChain, metadata: {name: inspect}, spec: {profiles:"
                + " [firewall]}}");
        apply("{apiVersion: sluice.dev/v1, kind: ServicePolicy, metadata: {name: one}, spec: {appliedTo: [a/eth0],"
                + " rules: [{name: pinned, action: {path: \"inspect[fw-1]\"}}]}}");
        deploy("replicas: 0, " + COMMAND);
        steps(8);
        assertThat(instances()).containsExactly("fw-1");
        assertThat(status().path("conditions").toString()).contains("Blocked").contains("deletes fw-1");
    }

    @Test
    void figuresAreShownAndNotWrittenAllTheTime() throws InterruptedException {
        deploy("replicas: 1, " + COMMAND);
        steps(2);
        long revision = inventory.revision();
        for (int i = 0; i < 9; i++) {
            packets.merge("fw-1", 1_000L + i, Long::sum);
            steps(1);
        }
        assertThat(inventory.revision() - revision).isLessThanOrEqualTo(2);
        steps(3);
        assertThat(status().path("instances").path(0).path("cpuPercent").asInt())
                .isEqualTo(25);
        assertThat(status().path("instances").path(0).has("packetsPerSecond")).isTrue();
    }

    @Test
    void theNumberFollowsTheLoadAndTheStatusSaysWhy() throws InterruptedException {
        deploy("autoscale: {max: 3, flows: 10, upCooldown: 5s, downCooldown: 20s}, " + COMMAND);
        steps(3);
        assertThat(instances()).containsExactly("fw-1");
        flows.put("fw-1", 18L);
        steps(3);
        assertThat(instances()).containsExactly("fw-1", "fw-2");
        JsonNode said = status().path("autoscaler");
        assertThat(said.path("desired").asInt()).isEqualTo(2);
        assertThat(said.path("lastChangeWhy").asString(""))
                .isEqualTo("18 flows in all, 10 for each of 1 instances: from 1 to 2");
        // What drains counts, but is not deleted before it is empty.
        flows.put("fw-1", 5L);
        flows.put("fw-2", 3L);
        steps(30);
        assertThat(status().path("autoscaler").path("desired").asInt()).isEqualTo(1);
        assertThat(instances()).containsExactly("fw-1", "fw-2");
        flows.put("fw-2", 0L);
        steps(5);
        assertThat(instances()).containsExactly("fw-1");
        // Another manager goes on from there.
        Deployments other = new Deployments(inventory, List.of(), this::look);
        flows.put("fw-1", 500L);
        for (int i = 0; i < 10; i++) {
            now = now.plusSeconds(1);
            nowNs += 1_000_000_000L;
            other.step(now, nowNs);
        }
        assertThat(instances()).containsExactly("fw-1", "fw-2", "fw-3");
        assertThat(status().path("autoscaler").path("why").asString("")).contains("max is 3");
    }
}
