package dev.sluice.manager.discovery;

import dev.sluice.manager.objects.Edit;
import dev.sluice.manager.objects.Inventory;
import dev.sluice.manager.objects.ManagedObject;
import dev.sluice.manager.objects.Refusal;
import dev.sluice.manager.objects.Trees;
import dev.sluice.manager.store.Store.Condition;
import dev.sluice.model.Kind;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** The condition Found in the status of instances with an identifier: where the node is, or why it is nowhere. One thread. */
final class FoundStatus {
    private static final String TYPE = "Found";

    private final Inventory inventory;
    private final List<Condition> fence;
    private final Map<String, String> written = new HashMap<>();

    FoundStatus(Inventory inventory, List<Condition> fence) {
        this.inventory = inventory;
        this.fence = fence;
    }

    /**
     * Writes what is new.
     *
     * @param left what objects do not take, by {@code Kind/name}
     * @return whether all is written; else somebody else was faster, and it is to be said again
     */
    boolean write(Sought sought, Found found, Map<String, String> left, Instant now) {
        Set<String> gone = new HashSet<>(written.keySet());
        gone.removeAll(sought.nodes().keySet());
        gone.forEach(written::remove);
        boolean all = true;
        for (Sought.Instance instance : sought.nodes().values()) {
            String name = instance.name();
            String title = "ServiceInstance/" + name;
            Place place = found.nodes().get(name);
            String more = left.getOrDefault(title, found.notices().getOrDefault(title, ""));
            boolean good = place != null && !left.containsKey(title);
            String where =
                    place == null ? "no interface that leads to " + instance.identifier() + " is there" : "at " + place;
            String message = more.isEmpty() ? where : where + "; it " + more;
            String say = instance.uid() + good + message;
            if (!say.equals(written.get(name))) {
                if (write(name, good, message, now)) {
                    written.put(name, say);
                } else {
                    all = false;
                }
            }
        }
        return all;
    }

    private boolean write(String name, boolean good, String message, Instant now) {
        ManagedObject object = inventory.get(Kind.SERVICE_INSTANCE, name).orElse(null);
        if (object == null) {
            return true;
        }
        ObjectNode status = object.tree().get("status") instanceof ObjectNode there ? there.deepCopy() : Trees.object();
        ArrayNode conditions =
                status.get("conditions") instanceof ArrayNode there ? there : status.putArray("conditions");
        String truth = good ? "True" : "False";
        String since = now.truncatedTo(ChronoUnit.SECONDS).toString();
        for (int i = conditions.size() - 1; i >= 0; i--) {
            JsonNode old = conditions.get(i);
            if (old.path("type").asString("").equals(TYPE)) {
                boolean same = old.path("status").asString("").equals(truth);
                since = same ? old.path("lastTransitionTime").asString(since) : since;
                conditions.remove(i);
            }
        }
        ObjectNode condition = conditions.insertObject(0);
        condition.put("type", TYPE);
        condition.put("status", truth);
        condition.put("reason", good ? TYPE : "NotFound");
        condition.put("message", message);
        condition.put("lastTransitionTime", since);
        try {
            Edit edit = new Edit.SetStatus(Kind.SERVICE_INSTANCE, name, object.revision(), status);
            inventory.change(List.of(edit), FoundObjects.CALLER, false, fence);
            return true;
        } catch (Refusal e) {
            if (e.reason() == Refusal.Reason.CONFLICT || e.reason() == Refusal.Reason.NOT_FOUND) {
                return false;
            }
            throw e;
        }
    }
}
