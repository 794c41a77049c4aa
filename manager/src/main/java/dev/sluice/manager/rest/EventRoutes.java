package dev.sluice.manager.rest;

import dev.sluice.manager.access.Identity;
import dev.sluice.manager.events.EventLog;
import dev.sluice.manager.events.Happening;
import dev.sluice.manager.http.HttpAnswer;
import dev.sluice.manager.objects.Inventory;
import dev.sluice.manager.objects.Refusal;
import dev.sluice.manager.objects.Refusal.Reason;
import dev.sluice.manager.objects.Rights.Verb;
import dev.sluice.manager.objects.Tenants;
import dev.sluice.manager.objects.Trees;
import dev.sluice.model.Kind;
import java.util.List;
import java.util.Set;
import java.util.function.Predicate;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** What happened lately, as far as it is about objects that the caller may read. */
final class EventRoutes {
    private static final int LIMIT_MAX = 1_000;
    private static final int WAIT_S_MAX = 30;

    private final Inventory inventory;
    private final EventLog events;
    private final Gate gate;
    private final Self self;

    EventRoutes(Inventory inventory, EventLog events, Gate gate, Self self) {
        this.self = self;
        this.inventory = inventory;
        this.events = events;
        this.gate = gate;
    }

    List<Route> routes() {
        return List.of(new Route("GET", "/api/v1/events", "listEvents", this::list));
    }

    private HttpAnswer list(Call call) throws InterruptedException {
        call.checkParameters(Set.of("after", "limit", "wait", "kind", "name", "node"));
        long after = call.number("after", 0, Long.MAX_VALUE, 0);
        int limit = (int) call.number("limit", 1, LIMIT_MAX, LIMIT_MAX);
        long untilNs = System.nanoTime() + call.number("wait", 0, WAIT_S_MAX, 0) * 1_000_000_000L;
        Predicate<Happening> asked = asked(call);
        String authorization = call.request().header("Authorization");
        List<EventLog.Event> found;
        long newest;
        do {
            // It may stand by, or begin to while this request waits: then others see what happens.
            self.elsewhere().ifPresent(where -> {
                throw new Refusal(Reason.UNAVAILABLE, "this manager stands by and sees no events", where);
            });
            // Rights may have ended while this request waited.
            Identity who = gate.identify(authorization);
            Tenants tenants = inventory.tenants();
            newest = events.newest();
            found = events.after(
                    after, limit, what -> asked.test(what) && who.may(Verb.READ, what.kind(), tenants.of(what.name())));
        } while (found.isEmpty() && waited(newest, untilNs));
        ObjectNode body = Trees.object();
        body.put("newest", newest);
        ArrayNode items = body.putArray("items");
        found.forEach(event -> items.add(tree(event)));
        return Answers.value(call, body);
    }

    /** Whether something happened before the time was up. */
    private boolean waited(long seen, long untilNs) throws InterruptedException {
        long leftMs = (untilNs - System.nanoTime()) / 1_000_000L;
        return leftMs > 0 && events.await(seen, leftMs) > seen;
    }

    private static Predicate<Happening> asked(Call call) {
        String name = call.request().parameter("name");
        String node = call.request().parameter("node");
        String word = call.request().parameter("kind");
        Kind kind = word.isEmpty()
                ? null
                : Kind.named(word)
                        .orElseThrow(() -> new Refusal(
                                Reason.BAD_REQUEST,
                                "there are no " + word + Kind.hint(word, Kind.plurals()),
                                "kinds are: " + String.join(", ", Kind.plurals())));
        return what -> (kind == null || what.kind() == kind)
                && (name.isEmpty() || what.name().equals(name))
                && (node.isEmpty() || what.node().equals(node));
    }

    private static ObjectNode tree(EventLog.Event event) {
        Happening what = event.what();
        ObjectNode tree = Trees.object();
        tree.put("number", event.number());
        tree.put("first", event.first().toString());
        tree.put("last", event.last().toString());
        tree.put("count", event.count());
        tree.put("type", what.reason().isWarning() ? "Warning" : "Normal");
        tree.put("reason", what.reason().word());
        tree.put("kind", what.kind().word());
        tree.put("name", what.name());
        tree.put("node", what.node());
        tree.put("message", what.message());
        return tree;
    }
}
