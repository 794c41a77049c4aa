package dev.sluice.manager.agents;

import dev.sluice.controller.ObjectState;
import dev.sluice.manager.objects.Caller;
import dev.sluice.manager.objects.Edit;
import dev.sluice.manager.objects.Inventory;
import dev.sluice.manager.objects.ManagedObject;
import dev.sluice.manager.objects.Refusal;
import dev.sluice.manager.store.Store.Condition;
import dev.sluice.model.Kind;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import tools.jackson.databind.node.ObjectNode;

/** Brings states into the status of objects, many in one transaction. Without state of its own. */
public final class StatusEdits {
    private static final Caller CALLER = new Caller("controller", "controller");

    private final Inventory inventory;
    private final InstantSource clock;
    private final List<Condition> fence;

    /** What became of states. */
    public enum Outcome {
        /** They are written. */
        WRITTEN,

        /** One was deleted meanwhile; it is left out when they are looked up again. */
        AGAIN
    }

    /** Of these objects. */
    public StatusEdits(Inventory inventory, InstantSource clock) {
        this(inventory, clock, List.of());
    }

    /** Of these objects, as long as something holds in the store. */
    StatusEdits(Inventory inventory, InstantSource clock, List<Condition> fence) {
        this.inventory = inventory;
        this.clock = clock;
        this.fence = fence;
    }

    /**
     * Writes what is new of them.
     *
     * @throws Refusal if that cannot be done now
     */
    public Outcome write(List<ObjectState> states) {
        List<Edit> edits = new ArrayList<>();
        for (ObjectState state : states) {
            edit(state).ifPresent(edits::add);
        }
        if (edits.isEmpty()) {
            return Outcome.WRITTEN;
        }
        try {
            inventory.change(edits, CALLER, false, fence);
            return Outcome.WRITTEN;
        } catch (Refusal e) {
            if (e.reason() == Refusal.Reason.NOT_FOUND) {
                return Outcome.AGAIN;
            }
            throw e;
        }
    }

    private Optional<Edit> edit(ObjectState state) {
        String[] key = state.key().split("/", 2);
        Kind kind = Kind.named(key[0]).orElseThrow();
        Optional<ManagedObject> object = inventory.get(kind, key[1]);
        if (object.isEmpty() || object.get().generation() != state.generation()) {
            // Another state of it is on its way.
            return Optional.empty();
        }
        ObjectNode before = object.get().tree().get("status") instanceof ObjectNode there ? there : null;
        Optional<ObjectNode> status = StatusTree.of(before, state, clock.instant());
        return status.map(tree -> new Edit.SetStatus(kind, key[1], 0, tree));
    }
}
