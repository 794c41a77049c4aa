package dev.sluice.manager.instances;

import dev.sluice.manager.instances.Fleet.Instance;
import dev.sluice.manager.instances.FleetPlan.Plan;
import dev.sluice.manager.objects.Conditions;
import dev.sluice.manager.objects.Edit;
import dev.sluice.manager.objects.Inventory;
import dev.sluice.manager.objects.ManagedObject;
import dev.sluice.manager.objects.Refusal;
import dev.sluice.manager.objects.Trees;
import dev.sluice.manager.store.Store.Condition;
import dev.sluice.model.Kind;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** Writes what becomes of deployments and their instances into their status: at once what is new, figures now and then. One user. */
final class FleetStatus {
    private static final Logger LOG = LoggerFactory.getLogger(FleetStatus.class);

    /** Figures change all the time: they are written so often. */
    private static final Duration FIGURES = Duration.ofSeconds(10);

    private static final int GONE_MAX = 10;
    private static final String READY = "Ready";

    private final Map<String, Instant> written = new HashMap<>();
    private final Map<String, Deque<ObjectNode>> gone = new HashMap<>();
    private final List<Condition> fence;

    /**
     * Nothing is written yet.
     *
     * @param fence what has to hold in the store for what it writes
     */
    FleetStatus(List<Condition> fence) {
        this.fence = fence;
    }

    /**
     * What is to be said of a deployment.
     *
     * @param trouble why something that is planned cannot be done; empty: it can
     * @param decision how the load decides about the number; empty: it does not
     */
    record Said(int desired, Fleet fleet, Plan plan, String trouble, Optional<Autoscaler.Decision> decision) {}

    /** An instance was deleted. */
    void gone(String deployment, String instance, String why, Instant now) {
        ObjectNode entry = Trees.object();
        entry.put("name", instance);
        entry.put("state", "Gone");
        entry.put("since", time(now));
        entry.put("reason", why);
        Deque<ObjectNode> of = gone.computeIfAbsent(deployment, _ -> new ArrayDeque<>());
        of.addFirst(entry);
        if (of.size() > GONE_MAX) {
            of.removeLast();
        }
    }

    private static String time(Instant now) {
        return now.truncatedTo(ChronoUnit.SECONDS).toString();
    }

    /** Writes the status of a deployment if it is to be said now. */
    void deployment(Inventory inventory, ManagedObject deployment, Said said, Instant now) {
        ObjectNode before = deployment.tree().get("status") instanceof ObjectNode there ? there : Trees.object();
        ObjectNode status = status(before, deployment, said, now);
        if (status.equals(before)) {
            return;
        }
        Instant last = written.getOrDefault(deployment.name(), Instant.EPOCH);
        boolean figuresOnly = withoutFigures(status).equals(withoutFigures(before));
        if (figuresOnly && Duration.between(last, now).compareTo(FIGURES) < 0) {
            return;
        }
        written.put(deployment.name(), now);
        write(inventory, deployment, status);
    }

    private static JsonNode withoutFigures(ObjectNode status) {
        ObjectNode rest = status.deepCopy();
        for (JsonNode instance : rest.path("instances")) {
            if (instance instanceof ObjectNode object) {
                object.remove(List.of("flows", "packetsPerSecond", "cpuPercent"));
            }
        }
        if (rest.get("autoscaler") instanceof ObjectNode autoscaler) {
            autoscaler.remove(List.of("recommended", "why"));
        }
        return rest;
    }

    private ObjectNode status(ObjectNode before, ManagedObject deployment, Said said, Instant now) {
        ObjectNode status = before.deepCopy();
        List<Member> members = said.fleet().members();
        int ready = (int) members.stream().filter(Member::isReady).count();
        status.put("observedGeneration", Math.toIntExact(deployment.generation()));
        status.put("desired", said.desired());
        status.put("ready", ready);
        ArrayNode instances = Trees.object().putArray("instances");
        for (Member member : members) {
            instances.add(instance(member, said.fleet().loads().get(member.name()), before, now));
        }
        status.set("instances", instances);
        Deque<ObjectNode> ended = gone.getOrDefault(deployment.name(), new ArrayDeque<>());
        if (!ended.isEmpty()) {
            ArrayNode list = status.putArray("gone");
            ended.forEach(list::add);
        }
        said.decision()
                .ifPresentOrElse(decision -> autoscaler(status, decision, now), () -> status.remove("autoscaler"));
        condition(status, 0, "Available", available(said, ready), now);
        condition(status, 1, "Placed", placed(said), now);
        return status;
    }

    /** The last change with its reason stays to be read, whatever is said after it. */
    private static void autoscaler(ObjectNode status, Autoscaler.Decision decision, Instant now) {
        ObjectNode said = status.get("autoscaler") instanceof ObjectNode there ? there : status.putObject("autoscaler");
        if (said.path("desired").asInt(0) != decision.desired()) {
            said.put("lastChange", time(now));
            said.put("lastChangeWhy", decision.why());
        }
        said.put("desired", decision.desired());
        said.put("recommended", decision.recommended());
        said.put("why", decision.why());
    }

    /** A condition as it is to be said. */
    private record Word(boolean holds, String reason, String message) {}

    private static void condition(ObjectNode status, int at, String type, Word word, Instant now) {
        JsonNode old = Conditions.drop(status, type);
        Conditions.add(
                status, at, Conditions.of(type, word.holds ? "True" : "False", word.reason, word.message, old, now));
    }

    private static Word available(Said said, int ready) {
        String count = ready + " of " + said.desired() + " instances are ready";
        if (!said.trouble().isEmpty()) {
            return new Word(ready >= said.desired(), "Blocked", count + "; " + said.trouble());
        }
        if (ready >= said.desired()) {
            return new Word(true, "Available", count);
        }
        String failed = said.fleet().members().stream()
                .filter(member -> member.state() == Member.State.FAILED)
                .findFirst()
                .map(member -> "; " + member.name() + " on " + member.reason())
                .orElse("");
        return new Word(false, failed.isEmpty() ? "Progressing" : "Failing", count + failed);
    }

    private static Word placed(Said said) {
        return said.plan().missing() == 0
                ? new Word(true, "Placed", "")
                : new Word(
                        false,
                        "NoHost",
                        said.plan().missing() + " of " + said.desired() + " instances find no place: "
                                + said.plan().why());
    }

    private static ObjectNode instance(Member member, FleetWatch.@Nullable Load load, ObjectNode before, Instant now) {
        ObjectNode entry = Trees.object();
        entry.put("name", member.name());
        entry.put("node", member.node());
        entry.put("state", member.state().word());
        entry.put("since", since(member, before, now));
        if (!member.reason().isEmpty() && member.state() != Member.State.DRAINING) {
            entry.put("reason", member.reason());
        }
        if (load != null && load.flows() >= 0) {
            entry.put("flows", load.flows());
        }
        if (load != null && load.packetsPerSecond() >= 0) {
            entry.put("packetsPerSecond", Math.round(load.packetsPerSecond()));
        }
        if (load != null && load.cpuPermille().isPresent()) {
            entry.put("cpuPercent", load.cpuPermille().getAsInt() / 10);
        }
        return entry;
    }

    private static String since(Member member, ObjectNode before, Instant now) {
        for (JsonNode old : before.path("instances")) {
            if (old.path("name").asString("").equals(member.name())
                    && old.path("state").asString("").equals(member.state().word())) {
                return old.path("since").asString("");
            }
        }
        return time(now);
    }

    /** Writes the condition Ready of instances where it is another one now. */
    void instances(Inventory inventory, List<Instance> instances, Fleet fleet, Instant now) {
        Map<String, Member> members = new HashMap<>();
        fleet.members().forEach(member -> members.put(member.name(), member));
        for (Instance instance : new ArrayList<>(instances)) {
            Member member = members.get(instance.read().name());
            ManagedObject object = instance.object();
            if (member == null) {
                continue;
            }
            ObjectNode status =
                    object.tree().get("status") instanceof ObjectNode there ? there.deepCopy() : Trees.object();
            JsonNode old = Conditions.drop(status, READY);
            // How many flows are left stands with the deployment.
            String message = member.state() == Member.State.DRAINING ? "" : member.reason();
            ObjectNode condition = Conditions.of(
                    READY, member.isReady() ? "True" : "False", member.state().word(), message, old, now);
            if (!condition.equals(old)) {
                Conditions.add(status, Integer.MAX_VALUE, condition);
                write(inventory, object, status);
            }
        }
    }

    private void write(Inventory inventory, ManagedObject object, ObjectNode status) {
        try {
            Kind kind = object.kind();
            inventory.change(
                    List.of(new Edit.SetStatus(kind, object.name(), object.revision(), status)),
                    Deployments.CALLER,
                    false,
                    fence);
        } catch (Refusal e) {
            // Somebody else wrote at the same time, or the store cannot be written now: it is said next time.
            LOG.debug("the status of {} is written next time: {}", object.title(), e.getMessage());
        }
    }
}
