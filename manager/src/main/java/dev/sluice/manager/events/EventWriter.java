package dev.sluice.manager.events;

import dev.sluice.manager.events.Happening.Reason;
import dev.sluice.manager.objects.Inventory;
import dev.sluice.manager.objects.ManagedObject;
import dev.sluice.manager.objects.Refusal;
import dev.sluice.model.Kind;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import tools.jackson.databind.JsonNode;

/** Puts what happens to objects into a log, and what it means for chains. Any thread; asks for objects where a service node is concerned. */
public final class EventWriter {
    private static final String INSTANCE = "ServiceInstance/";

    private final EventLog log;
    private final Inventory inventory;

    /** Writes into a log. */
    public EventWriter(EventLog log, Inventory inventory) {
        this.log = log;
        this.inventory = inventory;
    }

    /** The agent of a node has come or gone. */
    public void agent(Reason reason, String node, String message) {
        log.add(new Happening(reason, Kind.NODE, node, node, message));
    }

    /**
     * Something was found, has moved or vanished.
     *
     * @param title {@code Kind/name} of a port or instance
     */
    public void found(Reason reason, String title, String node, String words) {
        add(reason, title, node, words);
        paths(title, node, words);
    }

    /**
     * Something is left alone.
     *
     * @param about {@code Kind/name}, or {@code node/interface}
     */
    public void leftAlone(String about, String words) {
        int slash = about.indexOf('/');
        String first = about.substring(0, slash);
        if (Kind.named(first).filter(kind -> kind.word().equals(first)).isPresent()) {
            add(Reason.LEFT_ALONE, about, "", words);
        } else {
            log.add(new Happening(
                    Reason.LEFT_ALONE, Kind.NODE, first, first, about.substring(slash + 1) + " " + words));
        }
    }

    /** A port or instance works, or does not. */
    public void health(Reason reason, String title, String node, String words) {
        add(reason, title, node, words);
        paths(title, node, words.isEmpty() ? "is " + reason.word().toLowerCase(Locale.ROOT) : words);
    }

    /** A node does not take an object; of none in particular, the node is what it is about. */
    public void refused(String node, String object, String words) {
        if (object.indexOf('/') < 0) {
            log.add(new Happening(Reason.REFUSED, Kind.NODE, node, node, words));
        } else {
            add(Reason.REFUSED, object, node, words);
        }
    }

    private void add(Reason reason, String title, String node, String words) {
        String[] parts = title.split("/", 2);
        Kind.named(parts[0]).ifPresent(kind -> log.add(new Happening(reason, kind, parts[1], node, words)));
    }

    /** Chains that pass the service of an instance have other paths than before. */
    private void paths(String title, String node, String words) {
        if (!title.startsWith(INSTANCE)) {
            return;
        }
        try {
            String name = title.substring(INSTANCE.length());
            Optional<String> service = inventory
                    .get(Kind.SERVICE_INSTANCE, name)
                    .map(instance ->
                            instance.tree().path("spec").path("service").asString(""));
            if (service.isEmpty()) {
                return;
            }
            List<ManagedObject> all = inventory.all().objects();
            Set<String> templates = namesOf(all, Kind.VENDOR_TEMPLATE, "service", Set.of(service.get()));
            Set<String> names = new HashSet<>(Set.of(service.get()));
            names.addAll(namesOf(all, Kind.SERVICE_PROFILE, "service", Set.of(service.get())));
            names.addAll(namesOf(all, Kind.SERVICE_PROFILE, "template", templates));
            for (ManagedObject object : all) {
                if (object.kind() == Kind.SERVICE_CHAIN && passes(object, names)) {
                    log.add(new Happening(
                            Reason.PATHS_CHANGED, Kind.SERVICE_CHAIN, object.name(), node, name + " " + words));
                }
            }
        } catch (Refusal e) {
            // Objects cannot be read now; what happened to the instance itself is in the log.
            return;
        }
    }

    /** The objects of a kind whose field is one of these names. */
    private static Set<String> namesOf(List<ManagedObject> all, Kind kind, String field, Set<String> values) {
        Set<String> names = new HashSet<>();
        for (ManagedObject object : all) {
            String value = object.tree().path("spec").path(field).asString("");
            if (object.kind() == kind && values.contains(value)) {
                names.add(object.name());
            }
        }
        return names;
    }

    /** @param names of the service and of its profiles */
    private static boolean passes(ManagedObject chain, Set<String> names) {
        JsonNode spec = chain.tree().path("spec");
        return passes(spec.path("profiles"), names) || passes(spec.path("reverse"), names);
    }

    private static boolean passes(JsonNode hops, Set<String> names) {
        for (JsonNode hop : hops) {
            String name = hop.isObject()
                    ? hop.path("service").asString(hop.path("profile").asString(""))
                    : hop.asString("");
            if (names.contains(name)) {
                return true;
            }
        }
        return false;
    }
}
