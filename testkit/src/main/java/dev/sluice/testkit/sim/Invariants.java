package dev.sluice.testkit.sim;

import dev.sluice.agent.southbound.Following;
import dev.sluice.controller.WantedObject;
import dev.sluice.datapath.snapshot.Snapshot;
import dev.sluice.manager.objects.Changed;
import dev.sluice.manager.objects.Inventory;
import dev.sluice.manager.objects.ManagedObject;
import dev.sluice.manager.objects.Trees;
import dev.sluice.model.Configuration;
import dev.sluice.model.LoadResult;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/** What must never be, whatever happens. One user. */
final class Invariants implements World.Watch {
    private final Map<String, Optional<String>> acknowledged = new TreeMap<>();
    private final Map<String, Wanted.Placed> nodes = new TreeMap<>();

    /** Chains that a policy ever said, and until when it may have been in force somewhere. */
    private final Map<List<String>, Long> chains = new LinkedHashMap<>();

    private @Nullable Before before;
    private @Nullable World world;

    /** A host before an update. */
    private record Before(
            Map<String, String> versions,
            boolean runs,
            @Nullable Snapshot snapshot,
            int revision) {}

    /** From now on this is looked at. */
    void of(World newWorld) {
        world = newWorld;
    }

    private long nowNs() {
        return world == null ? 0 : world.events.nowNs();
    }

    Violation violation(String what) {
        return new Violation(what, world == null ? List.of() : world.events.trace());
    }

    // (a) No acknowledged write is lost.

    /** The manager said that this was done. */
    void acknowledged(Changed changed) {
        for (Changed.Item item : changed.items()) {
            acknowledged.put(
                    key(item.object()),
                    item.what() == Changed.What.DELETED
                            ? Optional.empty()
                            : Optional.of(Trees.text(item.object().written())));
        }
    }

    private static String key(ManagedObject object) {
        return WantedObject.key(object.kind(), object.name());
    }

    /** Nobody knows yet what these objects are. */
    void unknown(Iterable<String> keys) {
        keys.forEach(acknowledged::remove);
    }

    /** What was acknowledged is there. */
    void checkWrites(Inventory inventory) {
        Map<String, String> there = new TreeMap<>();
        for (ManagedObject object : inventory.all().objects()) {
            there.put(key(object), Trees.text(object.written()));
        }
        acknowledged.forEach((key, text) -> {
            if (!Optional.ofNullable(there.get(key)).equals(text)) {
                throw violation("an acknowledged write is lost: " + key + " is " + there.getOrDefault(key, "not there")
                        + ", acknowledged was " + text.orElse("its deletion"));
            }
        });
    }

    // (c) No packet gets past a policy.

    /** Objects that may be in force somewhere from now on. */
    void mayBeInForce(Wanted wanted) {
        nodes.putAll(wanted.nodes());
        if (wanted.inspects()) {
            chains.put(wanted.profiles(), Long.MAX_VALUE);
        }
    }

    /** Nothing but these objects is in force anywhere from now on. */
    void onlyInForce(Wanted wanted) {
        long nowNs = nowNs();
        chains.replaceAll((_, untilNs) -> Math.min(untilNs, nowNs));
        mayBeInForce(wanted);
    }

    @Override
    public void left(Fabric.Probe probe, boolean answer) {
        List<String> visited = new ArrayList<>(answer ? probe.reverse : probe.forward);
        List<String> services = new ArrayList<>();
        for (String instance : answer ? visited.reversed() : visited) {
            Wanted.Placed placed = nodes.get(instance);
            services.add(placed == null ? "?" : placed.service());
        }
        // A flow in progress keeps the path that it was given.
        if (chains.getOrDefault(services, 0L) < probe.flowSinceNs) {
            throw violation("probe " + probe.id + (answer ? ", an answer," : "") + " has left " + probe.host + " by "
                    + visited + " (" + services + "), and the policy wants one of " + chains + ", of which at "
                    + probe.flowSinceNs);
        }
    }

    // (d) An agent never holds another node's part; (e) a refusal leaves the host as it was.

    @Override
    public void before(AgentProcess agent) {
        before = look(agent);
    }

    private static Before look(AgentProcess agent) {
        Following following = agent.following();
        NodeProcess node = agent.node();
        return new Before(
                following == null ? Map.of() : following.versions(),
                node != null && node.problem().isEmpty(),
                node == null ? null : node.plane().datapath().snapshot(),
                node == null ? 0 : node.life().applied().revision());
    }

    @Override
    public void after(AgentProcess agent, boolean accepted) {
        Before was = before;
        Before is = look(agent);
        if (accepted && was != null && was.runs && is.versions.equals(was.versions)) {
            throw violation("host " + agent.name + " was given what it had already, and took it again");
        }
        if (!accepted && was != null) {
            boolean same =
                    is.versions.equals(was.versions) && is.snapshot == was.snapshot && is.revision == was.revision;
            if (!same) {
                throw violation("a refusal has changed host " + agent.name + ": revision " + was.revision + " -> "
                        + is.revision + ", objects " + was.versions + " -> " + is.versions);
            }
        }
        Following following = agent.following();
        if (following == null) {
            return;
        }
        LoadResult held = following.objects().load();
        held.configuration().ifPresent(configuration -> checkPart(agent.name, configuration));
        NodeProcess node = agent.node();
        if (accepted && (node == null || !node.runs(held.texts()))) {
            throw violation("host " + agent.name + " has accepted what is not in force");
        }
    }

    /** Said without the controller's own words: what names a node is of that node, or shared on the underlay. */
    private void checkPart(String host, Configuration held) {
        boolean shares = !host.equals(Wanted.ALONE);
        List<String> foreign = new ArrayList<>();
        held.ports()
                .forEach(port -> port.spec()
                        .node()
                        .ifPresent(node -> check(host, shares, node, "Port/" + port.name(), foreign)));
        held.instances()
                .forEach(instance -> instance.spec()
                        .node()
                        .ifPresent(node -> check(host, shares, node, "ServiceInstance/" + instance.name(), foreign)));
        held.policies()
                .forEach(policy -> policy.spec()
                        .appliedTo()
                        .forEach(at -> at.scope()
                                .ifPresent(
                                        node -> check(host, false, node, "ServicePolicy/" + policy.name(), foreign))));
        if (!foreign.isEmpty()) {
            throw violation("host " + host + " holds what is another's: " + foreign);
        }
    }

    private static void check(String host, boolean shares, String node, String object, List<String> foreign) {
        boolean shared = shares && !node.equals(Wanted.ALONE);
        if (!node.equals(host) && !shared) {
            foreign.add(object);
        }
    }

    /** What the manager says of an object that is to be in force as it is now; nothing if it says that it is. */
    static String notApplied(ManagedObject object) {
        JsonNode status = object.tree().path("status");
        for (JsonNode condition : status.path("conditions")) {
            if (condition.path("type").asString("").equals("Applied")
                    && condition.path("status").asString("").equals("True")
                    && condition.path("observedGeneration").asLong(0) == object.generation()) {
                return "";
            }
        }
        return key(object) + " is not said to be applied: " + status;
    }
}
