package dev.sluice.manager.rest;

import dev.sluice.manager.http.HttpAnswer;
import dev.sluice.manager.objects.History;
import dev.sluice.manager.objects.Inventory;
import dev.sluice.manager.objects.Refusal;
import dev.sluice.manager.objects.Rollback;
import dev.sluice.manager.objects.Trees;
import java.io.IOException;
import java.util.List;
import java.util.Set;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** Changes that people made, as far as they are about objects that the caller may read, and going back behind them. */
final class HistoryRoutes {
    /** Differences that are answered; the rest is only counted. */
    private static final int CHANGES_MAX = 200;

    private final Inventory inventory;

    HistoryRoutes(Inventory inventory) {
        this.inventory = inventory;
    }

    List<Route> routes() {
        return List.of(
                new Route("GET", "/api/v1/history", "listHistory", this::list),
                new Route("POST", "/api/v1/rollback", "rollBack", this::rollBack));
    }

    private HttpAnswer list(Call call) {
        call.checkParameters(Set.of("before", "limit"));
        long before = call.number("before", 1, Long.MAX_VALUE, 0);
        int limit = (int) call.number("limit", 1, History.PAGE_MAX, History.PAGE_MAX);
        History.Page page = inventory.history().list(call.who(), before, limit);
        ObjectNode body = Trees.object();
        body.put("newest", page.newest());
        body.put("oldest", page.oldest());
        body.put("kept", page.kept());
        body.put("more", page.more());
        ArrayNode items = body.putArray("items");
        page.changes().forEach(change -> items.add(tree(change)));
        return Answers.value(call, body);
    }

    private static ObjectNode tree(History.Listed change) {
        ObjectNode tree = Trees.object();
        tree.put("number", change.number());
        tree.put("audit", change.audit());
        tree.put("time", change.time());
        tree.put("user", change.user());
        tree.put("manager", change.manager());
        change.rolledBackTo().ifPresent(revision -> tree.put("rolledBackTo", revision));
        tree.set("objects", Trees.tree(change.objects()));
        tree.put("objectCount", change.objectCount());
        return tree;
    }

    /** The revision is in the body: what has none could be sent by a page in a browser without being asked for permission. */
    private HttpAnswer rollBack(Call call) throws IOException {
        call.checkParameters(Set.of("dryRun", "fieldManager"));
        boolean dryRun = call.flag("dryRun");
        JsonNode revision = call.tree().path("revision");
        if (!revision.isIntegralNumber() || !revision.canConvertToLong() || revision.asLong() < 0) {
            throw Refusal.invalid(
                    "the request",
                    "revision",
                    revision.isMissingNode() ? "is missing" : "is no revision",
                    revision.isMissingNode() ? "" : revision.toString(),
                    "a number that GET /api/v1/history gives");
        }
        Rollback.Done done = new Rollback(inventory, revision.asLong(), call.caller()).run(dryRun);
        ObjectNode body = Answers.changes(done.changed());
        List<String> differences = done.changed().differences();
        body.put("revision", revision.asLong());
        body.set("left", Trees.tree(done.left()));
        body.set("changes", Trees.tree(differences.subList(0, Math.min(differences.size(), CHANGES_MAX))));
        body.put("changeCount", differences.size());
        return Answers.value(call, body);
    }
}
