package dev.sluice.manager.callbacks;

import dev.sluice.manager.callbacks.Callbacks.State;
import dev.sluice.manager.objects.Conditions;
import dev.sluice.manager.objects.ManagedObject;
import dev.sluice.manager.objects.Trees;
import java.time.Instant;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** What the status of a service manager says. Stateless. */
final class CallbackStatus {
    private static final String TOLD = "Told";

    private CallbackStatus() {}

    /** The status of an object after something has happened; empty: it says that already. */
    static Optional<ObjectNode> of(ManagedObject object, State state, Instant now) {
        ObjectNode before = object.tree().get("status") instanceof ObjectNode there ? there : Trees.object();
        ObjectNode status = before.deepCopy();
        status.put("observedGeneration", object.generation());
        status.put("version", state.assignment().version());
        @Nullable JsonNode old = Conditions.drop(status, TOLD);
        Conditions.add(status, 0, condition(state, old, now));
        if (state.told().orElse(false)) {
            status.put("told", state.assignment().version());
        } else {
            // It may have been told elsewhere, and a manager that leads from now on goes by what stands here.
            status.remove("told");
        }
        return status.equals(before) ? Optional.empty() : Optional.of(status);
    }

    private static ObjectNode condition(State state, @Nullable JsonNode old, Instant now) {
        if (state.told().isEmpty()) {
            return Conditions.of(TOLD, "True", "Asks", "it has no callback: it asks when it wants to know", old, now);
        }
        if (state.told().get()) {
            return Conditions.of(TOLD, "True", "Answered", "it has answered for what there is now", old, now);
        }
        String reason = state.failures() == 0 ? "UnderWay" : "CallFailed";
        String message = state.failures() == 0
                ? "it is being called"
                : "called " + state.failures() + (state.failures() == 1 ? " time" : " times")
                        + " in vain, the last time: " + state.failure()
                        + "; it is called again, at least every 5 minutes";
        return Conditions.of(TOLD, "False", reason, message, old, now);
    }
}
