package dev.sluice.manager.paths;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.manager.objects.Caller;
import dev.sluice.manager.objects.Edit;
import dev.sluice.manager.objects.Generated.Content;
import dev.sluice.manager.objects.Inventory;
import dev.sluice.manager.objects.Tenants;
import dev.sluice.manager.objects.Trees;
import dev.sluice.manager.store.MemoryStore;
import dev.sluice.model.Kind;
import dev.sluice.model.WrittenObject;
import dev.sluice.southbound.InstanceRuntime;
import dev.sluice.southbound.Runtimes;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** From what hosts tell of instances to the state of their service (V16). */
class ServiceStatesTest {
    private static final Instant NOON = Instant.parse("2026-01-01T12:00:00Z");
    private static final Caller USER = new Caller("user", "user");

    private final Inventory inventory = new Inventory(new MemoryStore(), InstantSource.fixed(NOON));
    private final RuntimeTable table = new RuntimeTable(new RoutingWords());
    private final ServiceStates states = new ServiceStates();
    private Tenants tenants = new Tenants(new TreeSet<>());

    @BeforeEach
    void service() {
        apply("{apiVersion: sluice.dev/v1, kind: Service, metadata: {name: firewall}, spec: {transport: raw}}");
    }

    private void apply(String yaml) {
        List<WrittenObject> objects = WrittenObject.read("", yaml).objects();
        inventory.change(List.of(new Edit.Apply(objects.getFirst(), true)), USER, false);
        states.objects(inventory.all().objects());
    }

    private void instance(String name) {
        apply(("{apiVersion: sluice.dev/v1, kind: ServiceInstance, metadata: {name: %s}, spec: {service: firewall,"
                        + " interfaces: {in: %si, out: %so}}}")
                .formatted(name, name, name));
    }

    private static InstanceRuntime runtime(String name, boolean alive) {
        return InstanceRuntime.newBuilder()
                .setInstance(name)
                .setService("firewall")
                .setAdminState("up")
                .setAlive(alive)
                .setProven(true)
                .setReason(alive ? "" : "3 probes were lost")
                .build();
    }

    private void told(String node, InstanceRuntime... instances) {
        table.told(
                node, Runtimes.newBuilder().addAllInstances(List.of(instances)).build());
    }

    private Collection<Content> runtimes() {
        return table.objects(Map.of(), NOON).values();
    }

    private List<Edit> edits() {
        return states.edits(runtimes(), () -> inventory.all().objects(), tenants, NOON);
    }

    /** Writes what is to be written, and shows what the service says then. */
    private JsonNode status() {
        List<Edit> edits = edits();
        if (!edits.isEmpty()) {
            inventory.change(edits, USER, false);
        }
        return inventory.get(Kind.SERVICE, "firewall").orElseThrow().tree().path("status");
    }

    private static String word(JsonNode status) {
        return status.path("serving") + "/" + status.path("instances") + " "
                + status.path("state").asString("") + ", "
                + status.at("/conditions/0/status").asString("") + " "
                + status.at("/conditions/0/reason").asString("") + ": "
                + status.at("/conditions/0/message").asString("");
    }

    @Test
    void aServiceIsAsItsInstancesAre() {
        instance("fw-1");
        instance("fw-2");
        told("host-a", runtime("fw-1", true));
        told("host-b", runtime("fw-2", true));
        assertThat(word(status())).isEqualTo("2/2 available, True Available: 2 of 2 instances serve");
        told("host-b", runtime("fw-2", false));
        assertThat(word(status()))
                .isEqualTo("1/2 degraded, True Degraded: 1 of 2 instances serve; fw-2 on host-b: 3 probes were lost");
        told(
                "host-a",
                runtime("fw-1", true).toBuilder().setAdminState("maintenance").build());
        assertThat(word(status()))
                .isEqualTo("0/2 unavailable, False Unavailable: 0 of 2 instances serve;"
                        + " fw-1 on host-a: its adminState is maintenance; fw-2 on host-b: 3 probes were lost");
        told("host-a", runtime("fw-1", true).toBuilder().setProven(false).build());
        assertThat(word(status())).contains("0/2 unavailable", "fw-1 on host-a: it is unproven");
    }

    /** Hosts go on without the manager, and nobody knows how. */
    @Test
    void whatNobodyTellsIsUnknownAndWhatNoHostEverHadIsNotThere() {
        instance("fw-1");
        assertThat(word(status()))
                .isEqualTo("0/1 unavailable, False Unavailable: 0 of 1 instance serves; fw-1: no host tells of it");
        told("host-a", runtime("fw-1", true));
        told("host-b", runtime("fw-1", true));
        assertThat(word(status()))
                .as("without a node it is on each")
                .isEqualTo("2/2 available, True Available: 2 of 2 instances serve");
        table.lost("host-b");
        assertThat(word(status())).contains("1/2 degraded", "fw-1 on host-b: the agent of its host is not connected");
        table.lost("host-a");
        assertThat(word(status())).contains("0/2 unknown, Unknown NoWord");
    }

    @Test
    void onlyWhatIsDifferentIsWritten() {
        assertThat(edits()).as("nobody waits for instances that nobody made").isEmpty();
        assertThat(status().has("state")).isFalse();
        instance("fw-1");
        told("host-a", runtime("fw-1", true));
        status();
        assertThat(edits()).isEmpty();
        states.objects(inventory.all().objects());
        assertThat(edits()).as("it says that already").isEmpty();
        told("host-a", runtime("fw-1", false));
        assertThat(edits()).hasSize(1);
        assertThat(edits()).as("it was said").isEmpty();
        states.again();
        assertThat(edits()).as("it could not be written").hasSize(1);
        inventory.change(List.of(new Edit.Remove(Kind.SERVICE_INSTANCE, "fw-1", 0)), USER, false);
        told("host-a");
        states.objects(inventory.all().objects());
        assertThat(word(status())).isEqualTo("0/0 unavailable, False NoInstances: no ServiceInstance has this service");
    }

    /** What others wrote into the status stays. */
    @Test
    void theStateStandsBesideWhatElseIsSaidOfTheService() {
        instance("fw-1");
        ObjectNode others = Trees.object();
        others.put("nodesTotal", 1).putArray("conditions").addObject().put("type", "Applied");
        inventory.change(List.of(new Edit.SetStatus(Kind.SERVICE, "firewall", 0, others)), USER, false);
        JsonNode status = status();
        assertThat(status.path("nodesTotal").asInt()).isEqualTo(1);
        assertThat(status.at("/conditions/0/type").asString()).isEqualTo("Applied");
        assertThat(status.at("/conditions/1/type").asString()).isEqualTo("Available");
    }

    @Test
    void instancesOfOtherTenantsAreCountedAndNotNamed() {
        tenants = new Tenants(new TreeSet<>(List.of("acme")));
        told("host-a", runtime("acme.fw-1", false), runtime("fw-2", false));
        instance("fw-2");
        assertThat(word(status()))
                .isEqualTo("0/2 unavailable, False Unavailable: 0 of 2 instances serve;"
                        + " fw-2 on host-a: 3 probes were lost; and 1 more");
    }

    @Test
    void whatIsSaidIsBounded() {
        InstanceRuntime[] many = new InstanceRuntime[500];
        for (int i = 0; i < many.length; i++) {
            many[i] = runtime("fw-" + i, false).toBuilder()
                    .setReason("x".repeat(5_000))
                    .build();
        }
        told("host-a", many);
        JsonNode status = status();
        assertThat(status.path("instances").asInt()).isEqualTo(500);
        assertThat(status.at("/conditions/0/message").asString())
                .hasSizeLessThan(1_100)
                .endsWith("; and 497 more");
    }
}
