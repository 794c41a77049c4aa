package dev.sluice.manager.rest;

import dev.sluice.manager.access.Role.Permission;
import dev.sluice.manager.http.HttpAnswer;
import dev.sluice.manager.objects.Caller;
import dev.sluice.manager.objects.Changed;
import dev.sluice.manager.objects.History;
import dev.sluice.manager.objects.Inventory;
import dev.sluice.manager.objects.Refusal;
import dev.sluice.manager.objects.Rollback;
import dev.sluice.manager.objects.Tenants;
import dev.sluice.manager.objects.Trees;
import dev.sluice.manager.objects.Trials;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
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
                new Route("POST", "/api/v1/rollback", "rollBack", this::rollBack),
                new Route("POST", "/api/v1/confirm", "confirm", this::confirm));
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
        // Those who do not know of next ask from the last number that they were told.
        body.put("more", page.next() > 0 && !page.changes().isEmpty());
        if (page.next() > 0) {
            body.put("next", page.next());
        }
        // Whoever sees only tenants is not told who of others does what.
        Answers.putTrial(
                body, inventory.trials().pending().filter(_ -> call.who().everywhere()));
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
        if (!change.existingFlows().isEmpty()) {
            tree.put("existingFlows", change.existingFlows());
        }
        tree.set("objects", Trees.tree(change.objects()));
        tree.put("objectCount", change.objectCount());
        return tree;
    }

    /** The revision is in the body: what has none could be sent by a page in a browser without being asked for permission. */
    private HttpAnswer rollBack(Call call) throws IOException {
        call.checkParameters(Set.of("dryRun", "fieldManager", "confirmSeconds", "existingFlows"));
        Caller caller = call.caller();
        boolean dryRun = call.flag("dryRun");
        long seconds = call.number("confirmSeconds", 1, Trials.SECONDS_MAX, 0);
        Optional<Duration> wait = seconds == 0 ? Optional.empty() : Optional.of(Duration.ofSeconds(seconds));
        long revision = revision(call);
        Optional<Trials.Pending> ended = inventory.trials().pending().filter(trial -> ends(call, trial, revision));
        if (ended.isEmpty()) {
            requireChanges(call);
        } else if (wait.isPresent() && !dryRun) {
            throw new Refusal(
                    Refusal.Reason.BAD_REQUEST,
                    "going back to revision " + revision + " takes back what is on trial, and is on none itself",
                    "leave out confirmSeconds (--confirm)");
        }
        Rollback.Done done = ended.isPresent() && !dryRun
                ? seen(call, inventory.trials().takeBack(ended.get(), caller))
                : new Rollback(inventory, revision, caller, wait, Optional.empty()).run(dryRun);
        ObjectNode body = Answers.changes(done.changed());
        List<String> differences = done.changed().differences();
        body.put("revision", revision);
        body.set("left", Trees.tree(done.left()));
        body.set("changes", Trees.tree(differences.subList(0, Math.min(differences.size(), CHANGES_MAX))));
        body.put("changeCount", differences.size());
        Answers.putTrial(body, inventory.trials().of(done.changed()));
        return Answers.value(call, body);
    }

    /** The whole history is read for a rollback: not for those who may change nothing. */
    private static void requireChanges(Call call) {
        if (!call.who().mayChange()) {
            throw new Refusal(
                    Refusal.Reason.FORBIDDEN,
                    call.who().user() + " may change no objects, so there is nothing to bring back",
                    "see what you may: sluice whoami; an administrator changes it: sluice user set");
        }
    }

    /** Whether going back to a revision is to take back what is on trial, and the caller may. */
    private static boolean ends(Call call, Trials.Pending trial, long revision) {
        return trial.revision() - 1 == revision
                && (call.who().may(Permission.ACCESS) || call.who().user().equals(trial.user()));
    }

    /** What is on trial comes back whole, also what its user may not read any more. */
    private Rollback.Done seen(Call call, Rollback.Done done) {
        Tenants tenants = inventory.tenants();
        boolean all = done.changed().items().stream().allMatch(item -> tenants.sees(call.who(), item.object()));
        return all
                ? done
                : new Rollback.Done(
                        new Changed(done.changed().revision(), false, List.of(), List.of(), List.of()), List.of());
    }

    private static long revision(Call call) throws IOException {
        JsonNode revision = call.fields("the request", Set.of("revision")).value("revision");
        if (!revision.isIntegralNumber() || !revision.canConvertToLong() || revision.asLong() < 0) {
            throw Refusal.invalid(
                    "the request",
                    "revision",
                    revision.isMissingNode() ? "is missing" : "is no revision",
                    revision.isMissingNode() ? "" : revision.toString(),
                    "a number that GET /api/v1/history gives");
        }
        return revision.asLong();
    }

    private HttpAnswer confirm(Call call) throws IOException {
        call.checkParameters(Set.of());
        long revision = revision(call);
        inventory.trials().confirm(call.caller(), revision, call.who().may(Permission.ACCESS));
        ObjectNode body = Trees.object();
        body.put("result", "confirmed");
        body.put("what", "revision " + revision);
        return Answers.value(call, body);
    }
}
