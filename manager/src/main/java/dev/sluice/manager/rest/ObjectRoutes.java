package dev.sluice.manager.rest;

import dev.sluice.manager.access.Identity;
import dev.sluice.manager.http.HttpAnswer;
import dev.sluice.manager.objects.Caller;
import dev.sluice.manager.objects.Changed;
import dev.sluice.manager.objects.Edit;
import dev.sluice.manager.objects.Inventory;
import dev.sluice.manager.objects.LabelSelector;
import dev.sluice.manager.objects.ManagedObject;
import dev.sluice.manager.objects.Pruning;
import dev.sluice.manager.objects.Refusal;
import dev.sluice.manager.objects.Refusal.Cause;
import dev.sluice.manager.objects.Refusal.Reason;
import dev.sluice.manager.objects.Tenants;
import dev.sluice.manager.objects.Trees;
import dev.sluice.manager.objects.Trials;
import dev.sluice.model.Kind;
import dev.sluice.model.WrittenObject;
import dev.sluice.model.YamlText;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** Listing, reading, changing, watching and exporting objects. */
final class ObjectRoutes {
    private static final String KIND = "/api/v1/{kinds}";
    private static final String ONE = "/api/v1/{kinds}/{name}";

    /** Who asks what would be without an object, so that the answer does not depend on who wants to know. */
    private static final Caller SELF = new Caller("manager", "manager");

    private final Inventory inventory;
    private final Gate gate;

    ObjectRoutes(Inventory inventory, Gate gate) {
        this.inventory = inventory;
        this.gate = gate;
    }

    List<Route> routes() {
        return List.of(
                new Route("POST", "/api/v1/apply", "applyObjects", this::applyMany),
                new Route("POST", "/api/v1/delete", "deleteObjects", this::deleteMany),
                new Route("GET", "/api/v1/export", "exportObjects", this::export),
                new Route("GET", "/api/v1/watch", "watchObjects", this::watch),
                new Route("GET", KIND, "listObjects", this::list),
                new Route("POST", KIND, "createObject", this::create),
                new Route("GET", ONE, "getObject", this::get),
                new Route("GET", ONE + "/references", "listReferences", this::references),
                new Route("PUT", ONE, "replaceObject", this::replace),
                new Route("PATCH", ONE, "applyObject", this::apply),
                new Route("DELETE", ONE, "deleteObject", this::delete),
                new Route("PUT", ONE + "/status", "replaceStatus", this::status));
    }

    private HttpAnswer list(Call call) {
        call.checkParameters(Set.of("labelSelector", "limit", "continue"));
        Kind kind = call.kind();
        int limit = (int) call.number("limit", 1, Inventory.PAGE_MAX, Inventory.PAGE_MAX);
        Inventory.Page page =
                inventory.list(kind, wanted(call), limit, call.request().parameter("continue"));
        ObjectNode body = Trees.object();
        body.put("apiVersion", ManagedObject.API_VERSION);
        body.put("kind", kind.word() + "List");
        ObjectNode metadata = body.putObject("metadata");
        metadata.put("resourceVersion", String.valueOf(page.revision()));
        if (!page.next().isEmpty()) {
            metadata.put("continue", page.next());
        }
        ArrayNode items = body.putArray("items");
        page.objects().forEach(object -> items.add(object.shown()));
        return Answers.value(call, body);
    }

    /** What the caller asks for and may see. */
    private Predicate<ManagedObject> wanted(Call call) {
        Tenants tenants = inventory.tenants();
        LabelSelector selector = call.selector();
        return object -> selector.matches(object) && tenants.sees(call.who(), object);
    }

    private HttpAnswer get(Call call) {
        call.checkParameters(Set.of());
        Kind kind = call.kind();
        Tenants tenants = inventory.tenants();
        ManagedObject object = inventory
                .get(kind, call.name())
                .filter(found -> tenants.sees(call.who(), found))
                .orElseThrow(() -> unknown(call, kind, call.name()));
        return Answers.object(call, 200, object, List.of());
    }

    /** Where other objects refer to it, of those that the caller sees: what would be wrong without it. */
    private HttpAnswer references(Call call) {
        call.checkParameters(Set.of());
        Kind kind = call.kind();
        Tenants tenants = inventory.tenants();
        if (inventory
                .get(kind, call.name())
                .filter(found -> tenants.sees(call.who(), found))
                .isEmpty()) {
            throw unknown(call, kind, call.name());
        }
        Set<String> seen = inventory.all().objects().stream()
                .filter(object -> tenants.sees(call.who(), object))
                .map(ManagedObject::title)
                .collect(Collectors.toSet());
        ObjectNode body = Trees.object();
        ArrayNode items = body.putArray("items");
        for (Cause cause : withoutIt(kind, call.name())) {
            if (seen.contains(cause.object())) {
                items.addObject().put("object", cause.object()).put("field", cause.field());
            }
        }
        return Answers.value(call, body);
    }

    private List<Cause> withoutIt(Kind kind, String name) {
        if (kind.isGenerated()) {
            return List.of();
        }
        try {
            inventory.change(List.of(new Edit.Remove(kind, name, 0)), SELF, true);
            return List.of();
        } catch (Refusal e) {
            if (e.reason() != Reason.CONFLICT && e.reason() != Reason.INVALID) {
                throw e;
            }
            return e.causes();
        }
    }

    private Refusal unknown(Call call, Kind kind, String name) {
        Tenants tenants = inventory.tenants();
        List<String> names = inventory.all().objects().stream()
                .filter(object -> object.kind() == kind && tenants.sees(call.who(), object))
                .map(ManagedObject::name)
                .toList();
        return Refusal.noObject(kind, name, Kind.hint(name, names));
    }

    /** What is wrong with a parameter of a change is said before its body is looked at. */
    private static void checkChange(Call call, String... more) {
        Set<String> known = new HashSet<>(Set.of("dryRun", "fieldManager", "existingFlows"));
        known.addAll(List.of(more));
        call.checkParameters(known);
        call.caller();
        call.flag("dryRun");
        call.flag("force");
    }

    private HttpAnswer create(Call call) throws IOException {
        checkChange(call);
        Changed changed = inventory.change(List.of(new Edit.Create(call.object())), call.caller(), call.flag("dryRun"));
        return Answers.object(
                call, changed.dryRun() ? 200 : 201, changed.items().getFirst().object(), changed.warnings());
    }

    private HttpAnswer replace(Call call) throws IOException {
        checkChange(call);
        WrittenObject object = call.object();
        long revision = call.ifMatch();
        boolean said = revision != 0
                || (object.fields().get("metadata") instanceof Map<?, ?> metadata
                        && metadata.containsKey("resourceVersion"));
        if (!said) {
            throw new Refusal(
                    Reason.PRECONDITION_REQUIRED,
                    "it is not said which version of the object is to be replaced",
                    "send the version that you read, as If-Match or in metadata.resourceVersion; or apply (PATCH)");
        }
        return one(call, new Edit.Replace(object, revision));
    }

    private HttpAnswer apply(Call call) throws IOException {
        checkChange(call, "force");
        return one(call, new Edit.Apply(call.object(), call.flag("force"), call.ifMatch()));
    }

    private HttpAnswer one(Call call, Edit edit) {
        Changed changed = inventory.change(List.of(edit), call.caller(), call.flag("dryRun"));
        Changed.Item item = changed.items().getFirst();
        boolean created = item.what() == Changed.What.CREATED && !changed.dryRun();
        return Answers.object(call, created ? 201 : 200, item.object(), changed.warnings());
    }

    private HttpAnswer delete(Call call) {
        checkChange(call);
        Edit edit = new Edit.Remove(call.kind(), call.name(), call.ifMatch());
        return Answers.changed(call, inventory.change(List.of(edit), call.caller(), call.flag("dryRun")));
    }

    private HttpAnswer status(Call call) throws IOException {
        call.checkParameters(Set.of());
        ObjectNode body = (ObjectNode) Trees.tree(call.object().fields());
        Edit edit = new Edit.SetStatus(call.kind(), call.name(), call.ifMatch(), body.path("status"));
        return one(call, edit);
    }

    private HttpAnswer applyMany(Call call) throws IOException {
        checkChange(call, "force", "confirmSeconds", "prune");
        boolean force = call.flag("force");
        long seconds = call.number("confirmSeconds", 1, Trials.SECONDS_MAX, 0);
        List<Edit> edits = new ArrayList<>();
        call.objects().forEach(object -> edits.add(new Edit.Apply(object, force)));
        Trials trials = inventory.trials();
        boolean dryRun = call.flag("dryRun");
        Optional<Duration> trial = seconds == 0 ? Optional.empty() : Optional.of(Duration.ofSeconds(seconds));
        Changed changed = call.flag("prune")
                ? pruning(call, edits, trial).run(dryRun)
                : trial.isPresent()
                        ? trials.change(edits, call.caller(), dryRun, trial.get())
                        : inventory.change(edits, call.caller(), dryRun);
        if (trial.isEmpty()) {
            return Answers.changed(call, changed);
        }
        ObjectNode body = Answers.changes(changed);
        Answers.putTrial(body, trials.of(changed));
        return Answers.value(call, body);
    }

    private Pruning pruning(Call call, List<Edit> edits, Optional<Duration> trial) {
        if (call.request().parameter("fieldManager").isEmpty()) {
            throw new Refusal(
                    Reason.BAD_REQUEST,
                    "it is not said whose objects are to go that are not applied any more",
                    "name fieldManager, one that applies these objects and no others; nothing was changed");
        }
        return new Pruning(inventory, edits, call.caller(), trial);
    }

    private HttpAnswer deleteMany(Call call) throws IOException {
        checkChange(call);
        List<Edit> edits = new ArrayList<>();
        List<Cause> wrong = new ArrayList<>();
        for (WrittenObject object : call.objects()) {
            var kind = Kind.named(object.kind()).filter(k -> k.word().equals(object.kind()));
            boolean named = Trees.tree(object.fields()).at("/metadata/name").isString();
            if (kind.isEmpty() || !named || object.name().isEmpty()) {
                wrong.add(new Cause(
                        object.title(),
                        kind.isEmpty() ? "kind" : "metadata.name",
                        "does not say which object is meant",
                        "",
                        "",
                        ""));
            } else {
                edits.add(new Edit.Remove(kind.get(), object.name().get(), 0));
            }
        }
        if (!wrong.isEmpty()) {
            throw new Refusal(
                    Reason.INVALID,
                    "objects are not told",
                    "say kind and metadata.name of each; nothing was changed",
                    wrong);
        }
        return Answers.changed(call, inventory.change(edits, call.caller(), call.flag("dryRun")));
    }

    private HttpAnswer export(Call call) {
        call.checkParameters(Set.of("tenants"));
        boolean marked = call.request().parameter("tenants").isEmpty() || call.flag("tenants");
        Tenants tenants = inventory.tenants();
        List<Map<String, ?>> documents = new ArrayList<>();
        for (ManagedObject object : inventory.all().objects()) {
            if (tenants.sees(call.who(), object)) {
                object.writtenByUsers().ifPresent(written -> {
                    if (marked) {
                        tenants.mark(written);
                    }
                    documents.add(Trees.plain(written));
                });
            }
        }
        return HttpAnswer.text(200, "application/yaml", YamlText.documents(documents));
    }

    private HttpAnswer watch(Call call) {
        call.checkParameters(Set.of("kinds", "labelSelector", "resourceVersion"));
        Set<Kind> kinds = EnumSet.allOf(Kind.class);
        String wanted = call.request().parameter("kinds");
        if (!wanted.isEmpty()) {
            kinds.clear();
            Arrays.stream(wanted.split(",", -1))
                    .forEach(word -> kinds.add(Kind.named(word)
                            .orElseThrow(() -> new Refusal(
                                    Reason.BAD_REQUEST,
                                    "there are no " + word + Kind.hint(word, Kind.plurals()),
                                    "kinds are: " + String.join(", ", Kind.plurals())))));
        }
        // A browser that lost its connection says by itself how far it was.
        String last = call.request().header("Last-Event-ID");
        String from = last.isEmpty() ? call.request().parameter("resourceVersion") : last;
        long after = Call.number(last.isEmpty() ? "resourceVersion" : "Last-Event-ID", from, 0, Long.MAX_VALUE, 0);
        return new HttpAnswer.Streamed(
                "text/event-stream", new Watch(inventory, viewer(call), kinds, call.selector(), from.isEmpty(), after));
    }

    /** Who watches, looked at anew from time to time: tokens end while somebody watches. */
    private Supplier<Identity> viewer(Call call) {
        String authorization = call.request().header("Authorization");
        return () -> gate.identify(authorization);
    }
}
