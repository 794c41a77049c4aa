package dev.sluice.manager.discovery;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.sluice.manager.discovery.FoundObjects.Wish;
import dev.sluice.manager.objects.Caller;
import dev.sluice.manager.objects.Edit;
import dev.sluice.manager.objects.Inventory;
import dev.sluice.manager.objects.Refusal;
import dev.sluice.manager.store.MemoryStore;
import dev.sluice.model.Kind;
import dev.sluice.model.WrittenObject;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** Objects that are changed by others between being read and being written. */
class FoundStatusTest {
    private static final Instant NOW = Instant.parse("2026-01-01T00:00:00Z");
    private static final Caller USER = new Caller("user", "sluice");
    private static final String FIREWALL =
            "{apiVersion: sluice.dev/v1, kind: Service, metadata: {name: firewall}, spec: {transport: raw}}";
    private static final String INSTANCE =
            "{apiVersion: sluice.dev/v1, kind: ServiceInstance, metadata: {name: fw-1}, spec: {service: firewall, identifier: fw}}";
    private static final String PORT =
            "{apiVersion: sluice.dev/v1, kind: Port, metadata: {name: vm-1}, spec: {node: a, interface: tap0}}";
    private static final Found NOTHING = new Found(Map.of(), Map.of(), Map.of(), Optional.empty());

    private final Inventory inventory = new Inventory(new MemoryStore(), () -> NOW);

    private void apply(Caller caller, String... yaml) {
        List<Edit> edits = new ArrayList<>();
        WrittenObject.read("test", String.join("\n---\n", yaml))
                .objects()
                .forEach(object -> edits.add(new Edit.Apply(object, true)));
        inventory.change(edits, caller, false);
    }

    private Sought sought() {
        return FoundObjects.read(inventory.all().objects(), inventory.tenants());
    }

    private String status() {
        return inventory
                .get(Kind.SERVICE_INSTANCE, "fw-1")
                .orElseThrow()
                .tree()
                .path("status")
                .toString();
    }

    @Test
    void instanceThatIsDeletedAndMadeAnewGetsItsCondition() {
        apply(USER, FIREWALL, INSTANCE);
        FoundStatus status = new FoundStatus(inventory, List.of());
        assertThat(status.write(sought(), NOTHING, Map.of(), NOW)).isTrue();
        assertThat(status()).contains("NotFound");
        long revision = inventory.revision();
        assertThat(status.write(sought(), NOTHING, Map.of(), NOW)).isTrue();
        assertThat(inventory.revision()).as("nothing is new").isEqualTo(revision);
        inventory.change(List.of(new Edit.Remove(Kind.SERVICE_INSTANCE, "fw-1", 0)), USER, false);
        apply(USER, INSTANCE);
        assertThat(status.write(sought(), NOTHING, Map.of(), NOW)).isTrue();
        assertThat(status()).contains("NotFound");
    }

    @Test
    void portThatAUserTakesOverMeanwhileStays() {
        apply(FoundObjects.CALLER, PORT);
        Sought read = sought();
        assertThat(read.ports()).containsOnlyKeys("vm-1");
        apply(USER, PORT.replace("tap0", "tap1"));
        List<Edit> edits = FoundObjects.edits(read, NOTHING).values().stream()
                .map(Wish::edit)
                .toList();
        assertThat(edits).hasSize(1);
        Refusal refusal =
                catchThrowableOfType(Refusal.class, () -> inventory.change(edits, FoundObjects.CALLER, false));
        assertThat(refusal).isNotNull();
        assertThat(refusal.reason()).isEqualTo(Refusal.Reason.CONFLICT);
        assertThat(inventory.get(Kind.PORT, "vm-1")).isPresent();
    }
}
