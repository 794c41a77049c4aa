package dev.sluice.manager.rest;

import dev.sluice.manager.access.Identity;
import dev.sluice.manager.http.HttpAnswer;
import dev.sluice.manager.objects.Inventory;
import dev.sluice.manager.objects.LabelSelector;
import dev.sluice.manager.objects.ManagedObject;
import dev.sluice.manager.objects.ObjectEvent;
import dev.sluice.manager.objects.Refusal;
import dev.sluice.manager.objects.Tenants;
import dev.sluice.manager.objects.Trees;
import dev.sluice.model.Kind;
import java.io.IOException;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;
import java.util.stream.Stream;
import tools.jackson.databind.node.ObjectNode;

/**
 * A stream of what happens to objects, as server-sent events: {@code added}, {@code modified}, {@code deleted}, {@code bookmark} and, when it cannot go on,
 * {@code end}. Only the last event of a transaction has an id, so that whoever resumes never misses half of one. Used by the thread of its client.
 */
final class Watch implements HttpAnswer.Writer {
    /** How often a client that hears nothing is told how far it is; also how soon one that left is noticed. */
    private static final long SILENCE_MS = 10_000;

    private final Inventory inventory;
    private final Supplier<Identity> viewer;
    private final Set<Kind> kinds;
    private final LabelSelector selector;
    private final boolean fromState;
    private long at;
    private long told;

    /** Goes on behind a revision; with the state first, that revision is of no account. */
    Watch(
            Inventory inventory,
            Supplier<Identity> viewer,
            Set<Kind> kinds,
            LabelSelector selector,
            boolean fromState,
            long after) {
        this.inventory = inventory;
        this.viewer = viewer;
        this.kinds = kinds;
        this.selector = selector;
        this.fromState = fromState;
        this.at = after;
        this.told = after;
        if (!fromState) {
            // Here the client can still be answered with a status.
            inventory.allEvents(after);
        }
    }

    @Override
    public void write(HttpAnswer.Sink sink) throws IOException, InterruptedException {
        // Headers leave with the first bytes; a client that waits for them must not wait for the first event.
        sink.send(": watching\n\n");
        try {
            if (fromState) {
                state(sink, viewer.get());
            }
            while (true) {
                List<ObjectEvent> events = inventory.allEvents(at);
                // Behind the events, and also for who hears nothing for long: rights may have ended meanwhile.
                Identity who = viewer.get();
                if (!events.isEmpty()) {
                    send(sink, events, who);
                    at = events.getLast().revision();
                    continue;
                }
                long newest = inventory.await(at, SILENCE_MS);
                if (newest == at) {
                    bookmark(sink);
                } else if (inventory.allEvents(at).isEmpty()) {
                    // Something that is no object was written.
                    at = newest;
                }
            }
        } catch (Refusal e) {
            sink.send("event: end\ndata: " + Trees.text(Answers.problem(e)) + "\n\n");
        }
    }

    private void state(HttpAnswer.Sink sink, Identity who) throws IOException {
        Tenants tenants = inventory.tenants();
        Inventory.All all = inventory.all();
        List<ManagedObject> generated = inventory.generated().all(all.revision());
        for (ManagedObject object :
                Stream.concat(all.objects().stream(), generated.stream()).toList()) {
            if (kinds.contains(object.kind()) && selector.matches(object) && tenants.sees(who, object)) {
                sink.send(event("added", object));
            }
        }
        at = all.revision();
        bookmark(sink);
    }

    private void bookmark(HttpAnswer.Sink sink) throws IOException {
        told = at;
        sink.send("id: " + at + "\nevent: bookmark\ndata: {\"resourceVersion\":\"" + at + "\"}\n\n");
    }

    private void send(HttpAnswer.Sink sink, List<ObjectEvent> events, Identity who) throws IOException {
        Tenants tenants = inventory.tenants();
        for (int i = 0; i < events.size(); i++) {
            ObjectEvent event = events.get(i);
            boolean ends = i == events.size() - 1 || events.get(i + 1).revision() != event.revision();
            boolean looked = kinds.contains(event.object().kind()) && tenants.sees(who, event.object());
            Optional<ObjectEvent> seen = looked ? event.through(selector) : Optional.empty();
            if (seen.isPresent()) {
                String type = seen.get().type().name().toLowerCase(Locale.ROOT);
                String id = ends ? "id: " + event.revision() + "\n" : "";
                sink.send(id + event(type, seen.get().object()));
                told = ends ? event.revision() : told;
            } else if (ends && told < event.revision()) {
                at = event.revision();
                bookmark(sink);
            }
        }
    }

    private static String event(String type, ManagedObject object) {
        ObjectNode data = Trees.object();
        data.put("type", type);
        data.set("object", object.shown());
        return "event: " + type + "\ndata: " + Trees.text(data) + "\n\n";
    }
}
