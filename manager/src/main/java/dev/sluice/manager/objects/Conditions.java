package dev.sluice.manager.objects;

import java.time.Instant;
import java.time.temporal.ChronoUnit;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** The conditions in a status: one of each type, with the time since when it is as it is. Stateless. */
public final class Conditions {
    private Conditions() {}

    /** Takes one out; what it was. */
    public static @Nullable JsonNode drop(ObjectNode status, String type) {
        if (status.get("conditions") instanceof ArrayNode conditions) {
            for (int i = 0; i < conditions.size(); i++) {
                if (conditions.get(i).path("type").asString("").equals(type)) {
                    return conditions.remove(i);
                }
            }
        }
        return null;
    }

    /** Puts one in at a place, counted from the first. */
    public static void add(ObjectNode status, int at, ObjectNode condition) {
        ArrayNode conditions =
                status.get("conditions") instanceof ArrayNode there ? there : status.putArray("conditions");
        conditions.insert(Math.min(at, conditions.size()), condition);
    }

    /**
     * A condition.
     *
     * @param truth True, False or Unknown
     * @param old the same one as it was before, whose time it keeps if it is no other truth
     */
    public static ObjectNode of(
            String type, String truth, String reason, String message, @Nullable JsonNode old, Instant now) {
        ObjectNode condition = Trees.object();
        condition.put("type", type);
        condition.put("status", truth);
        condition.put("reason", reason);
        condition.put("message", message);
        boolean same = old != null && old.path("status").asString("").equals(truth);
        condition.put(
                "lastTransitionTime",
                same && old != null
                        ? old.path("lastTransitionTime").asString("")
                        : now.truncatedTo(ChronoUnit.SECONDS).toString());
        return condition;
    }
}
