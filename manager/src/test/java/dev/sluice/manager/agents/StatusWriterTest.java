package dev.sluice.manager.agents;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.controller.NodeState;
import dev.sluice.controller.NodeState.Progress;
import dev.sluice.controller.ObjectState;
import dev.sluice.manager.objects.Caller;
import dev.sluice.manager.objects.Edit;
import dev.sluice.manager.objects.Inventory;
import dev.sluice.manager.store.MemoryStore;
import dev.sluice.manager.store.Store;
import dev.sluice.model.Kind;
import dev.sluice.model.WrittenObject;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What becomes of states that cannot be written. */
@Timeout(60)
class StatusWriterTest {
    private static final Instant NOW = Instant.parse("2026-01-01T00:00:00Z");

    private final Inventory inventory = new Inventory(new MemoryStore(), InstantSource.fixed(NOW));

    /** How many states were looked at, each time that they were. */
    private final AtomicInteger looks = new AtomicInteger();

    private void port(String name) {
        String yaml = "{apiVersion: sluice.dev/v1, kind: Port, metadata: {name: " + name
                + "}, spec: {node: edge, interface: " + name + "}}";
        List<Edit> edits = WrittenObject.read("test", yaml).objects().stream()
                .<Edit>map(object -> new Edit.Apply(object, false))
                .toList();
        inventory.change(edits, new Caller("user", "sluice"), false);
    }

    private static ObjectState state(String name, String message) {
        NodeState node = new NodeState("edge", Progress.REFUSED, 0, message);
        return new ObjectState("ports/" + name, 1, List.of(node), List.of(), Optional.empty());
    }

    private boolean isWritten(String name) {
        return inventory.get(Kind.PORT, name).orElseThrow().tree().has("status");
    }

    private void awaitWritten(String name) throws InterruptedException {
        while (!isWritten(name)) {
            inventory.await(inventory.revision(), 100);
        }
    }

    private void othersAreWritten(ObjectState hopeless) throws InterruptedException {
        List.of("a", "b", "c", "d").forEach(this::port);
        InstantSource clock = () -> {
            looks.incrementAndGet();
            return NOW;
        };
        try (StatusWriter writer = new StatusWriter(inventory, clock, List.<Store.Condition>of())) {
            writer.tell(List.of(state("a", "no room"), hopeless, state("c", "no room")));
            awaitWritten("a");
            awaitWritten("c");
            int before = looks.get();
            writer.tell(List.of(state("d", "no room")));
            awaitWritten("d");
            assertThat(looks.get() - before).as("it is not tried again").isEqualTo(1);
            assertThat(isWritten("b")).isFalse();
        }
    }

    @Test
    void statusThatIsTooLargeHoldsUpNoOther() throws InterruptedException {
        othersAreWritten(state("b", "x".repeat(Store.VALUE_BYTES_MAX + 1)));
    }

    @Test
    void statusThatADefectIsInTheWayOfHoldsUpNoOther() throws InterruptedException {
        NodeState node = new NodeState("edge", Progress.REFUSED, 0, "no room");
        othersAreWritten(new ObjectState("nosuchkind/b", 1, List.of(node), List.of(), Optional.empty()));
    }
}
