package dev.sluice.manager.objects;

import dev.sluice.manager.objects.Changed.What;
import dev.sluice.manager.objects.Refusal.Cause;
import dev.sluice.manager.objects.Refusal.Reason;
import dev.sluice.manager.objects.Rights.Verb;
import dev.sluice.model.ConfigurationLoader;
import dev.sluice.model.Kind;
import dev.sluice.model.ObjectDiff;
import dev.sluice.model.Problem;
import dev.sluice.model.WrittenObject;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** The objects as they would be after some edits, worked out from how they are; used by one thread, for one request. */
final class Draft {
    private final Map<String, ManagedObject> before;
    private final NavigableMap<String, ManagedObject> after;
    private final Caller caller;
    private final Tenants tenants;
    private final String time;
    private final List<Changed.Item> items = new ArrayList<>();
    private final Set<String> touched = new HashSet<>();
    private final List<Cause> conflicts = new ArrayList<>();
    private final List<Cause> invalid = new ArrayList<>();
    private boolean configurationChanged;
    private boolean statusByUser;
    private boolean removes;

    Draft(NavigableMap<String, ManagedObject> before, Caller caller, Tenants tenants, String time) {
        this.before = before;
        this.after = new TreeMap<>(before);
        this.caller = caller;
        this.tenants = tenants;
        this.time = time;
    }

    List<Changed.Item> items() {
        return items;
    }

    /** Keys of the store that the edits were about. */
    Set<String> touched() {
        return touched;
    }

    /** Whether it leaves an entry in the record of changes. */
    boolean isRecorded() {
        return configurationChanged || statusByUser;
    }

    /** Works the edits in, and says all that is wrong with them. */
    void edit(List<Edit> edits) {
        for (Edit edit : edits) {
            switch (edit) {
                case Edit.Create(WrittenObject written) -> identify(written).ifPresent(this::create);
                case Edit.Replace(WrittenObject written, long revision) ->
                    identify(written).ifPresent(wanted -> replace(wanted, revision));
                case Edit.Apply(WrittenObject written, boolean force, long revision) ->
                    identify(written).ifPresent(wanted -> apply(wanted, force, revision));
                case Edit.Remove(Kind kind, String name, long revision) -> remove(kind, name, revision);
                case Edit.SetStatus status -> setStatus(status);
            }
        }
        if (!invalid.isEmpty()) {
            throw new Refusal(
                    Reason.INVALID, "objects are not valid", "correct the fields; nothing was changed", invalid);
        }
        if (!conflicts.isEmpty()) {
            throw new Refusal(
                    Reason.CONFLICT,
                    "others own fields that you want to set",
                    "leave these fields out, set them to what they are, or take them over with force (--force);"
                            + " nothing was changed",
                    conflicts);
        }
    }

    /** An object that somebody wants: which one it is, and what it is to be without what the manager adds. */
    private record Wanted(Kind kind, String name, long revision, ObjectNode tree) {
        String key() {
            return ManagedObject.key(kind, name);
        }
    }

    private Optional<Wanted> identify(WrittenObject written) {
        Optional<Kind> kind = Kind.named(written.kind()).filter(k -> k.word().equals(written.kind()));
        Optional<String> name = written.name();
        ObjectNode tree = Trees.of(written);
        if (kind.isEmpty()
                || name.isEmpty()
                || !tree.path("metadata").path("name").isString()) {
            // The model knows best what is wrong with kind and name.
            List<Cause> causes =
                    ConfigurationLoader.parse("", Trees.text(ManagedObject.written(tree))).problems().stream()
                            .filter(Problem::isError)
                            .map(Cause::of)
                            .toList();
            invalid.addAll(causes);
            if (causes.isEmpty()) {
                invalid.add(new Cause(written.title(), "metadata.name", "is not a name", "", "", ""));
            }
            return Optional.empty();
        }
        refuseGenerated(kind.get(), name.get());
        allow(Verb.WRITE, kind.get(), name.get());
        String version = tree.path("apiVersion").asString("");
        if (!version.equals(ManagedObject.API_VERSION)) {
            String message = version.isEmpty() ? "is missing" : "is not a version that is known here";
            invalid.add(new Cause(written.title(), "apiVersion", message, version, ManagedObject.API_VERSION, ""));
            return Optional.empty();
        }
        checkTenant(written.title(), name.get(), Tenants.unmark(tree));
        Wanted wanted =
                new Wanted(kind.get(), name.get(), revision(written.title(), tree), ManagedObject.written(tree));
        if (!touched.add(wanted.key())) {
            invalid.add(new Cause(written.title(), "", "stands in the request more than once", "", "once", ""));
            return Optional.empty();
        }
        return Optional.of(wanted);
    }

    /** What one tenant had where it was exported is not for all to share. */
    private void checkTenant(String title, String name, String exported) {
        if (!exported.isEmpty() && !exported.equals(tenants.of(name))) {
            invalid.add(new Cause(
                    title,
                    "metadata.annotations",
                    "belonged to tenant " + exported + " where it comes from, and would be shared by all here",
                    exported,
                    "a tenant of that name: sluice tenant create " + exported + "; or no annotation sluice.dev/tenant",
                    ""));
        }
    }

    /** What the object itself says about which version of it is meant; 0: nothing. */
    private long revision(String title, ObjectNode tree) {
        JsonNode version = tree.path("metadata").path("resourceVersion");
        if (version.isMissingNode()) {
            return 0;
        }
        String text = version.asString("");
        if (!text.matches("[1-9][0-9]{0,17}")) {
            String message = "is not a version that the manager gave";
            invalid.add(
                    new Cause(title, "metadata.resourceVersion", message, version.toString(), "text of a number", ""));
            return 0;
        }
        return Long.parseLong(text);
    }

    /** Whoever asks, whether or not there is such an object. */
    private static void refuseGenerated(Kind kind, String name) {
        if (kind.isGenerated()) {
            throw new Refusal(
                    Reason.METHOD_NOT_ALLOWED,
                    "nobody writes " + kind.word() + "/" + name + ": the manager makes it of what hosts tell",
                    "leave it out; what it shows is changed by changing chains, services and instances; nothing was"
                            + " changed");
        }
    }

    /** Whether or not there is such an object must not be seen from the answer. */
    private void allow(Verb verb, Kind kind, String name) {
        String tenant = tenants.of(name);
        if (!caller.rights().may(verb, kind, tenant)) {
            throw new Refusal(
                    Reason.FORBIDDEN,
                    caller.user() + " may not " + (verb == Verb.STATUS ? "set the status of " : "change ") + kind.word()
                            + "/" + name + (tenant.isEmpty() ? ", which all tenants share" : " of tenant " + tenant),
                    "see what you may: sluice whoami; an administrator changes it: sluice user set; nothing was"
                            + " changed");
        }
    }

    private void checkVersion(ManagedObject live, long revision) {
        if (revision != 0 && revision != live.revision()) {
            throw new Refusal(
                    Reason.CONFLICT,
                    live.title() + " has changed since you read it: it has version " + live.revision() + ", not "
                            + revision,
                    "read it again, and repeat your change on what it is now");
        }
    }

    private void create(Wanted wanted) {
        ManagedObject live = before.get(wanted.key());
        if (live != null) {
            throw new Refusal(
                    Reason.CONFLICT,
                    live.title() + " exists already",
                    "replace it, apply to it, or choose another name");
        }
        put(wanted, null, Merge.replace(title(wanted), blank(wanted), wanted.tree(), caller.manager(), time));
    }

    private void replace(Wanted wanted, long revision) {
        ManagedObject live = before.get(wanted.key());
        if (live == null) {
            throw Refusal.noObject(wanted.kind(), wanted.name());
        }
        checkVersion(live, revision);
        checkVersion(live, wanted.revision());
        put(wanted, live, Merge.replace(title(wanted), live.tree(), wanted.tree(), caller.manager(), time));
    }

    private void apply(Wanted wanted, boolean force, long revision) {
        ManagedObject live = before.get(wanted.key());
        if (live == null && (wanted.revision() != 0 || revision != 0)) {
            throw new Refusal(
                    Reason.CONFLICT,
                    title(wanted)
                            + " does not exist any more, but If-Match or metadata.resourceVersion says that it does",
                    "leave these out to create it anew");
        }
        if (live != null) {
            checkVersion(live, revision);
            checkVersion(live, wanted.revision());
        }
        ObjectNode tree = live == null ? blank(wanted) : live.tree();
        put(wanted, live, Merge.apply(title(wanted), tree, wanted.tree(), caller.manager(), force, time));
    }

    private static String title(Wanted wanted) {
        return wanted.kind().word() + "/" + wanted.name();
    }

    private ObjectNode blank(Wanted wanted) {
        ObjectNode blank = Trees.object();
        blank.set("apiVersion", wanted.tree().path("apiVersion"));
        blank.put("kind", wanted.kind().word());
        ObjectNode metadata = blank.putObject("metadata");
        metadata.put("name", wanted.name());
        metadata.put("uid", UUID.randomUUID().toString());
        metadata.put("creationTimestamp", time);
        return blank;
    }

    private void put(Wanted wanted, @Nullable ManagedObject live, Merge.Merged merged) {
        conflicts.addAll(merged.conflicts());
        if (!merged.conflicts().isEmpty()) {
            return;
        }
        ObjectNode tree = merged.tree();
        boolean newSpec = live == null || !tree.path("spec").equals(live.tree().path("spec"));
        if (tree.get("metadata") instanceof ObjectNode metadata) {
            metadata.put("generation", Math.toIntExact((live == null ? 0 : live.generation()) + (newSpec ? 1 : 0)));
        }
        if (live != null && tree.equals(live.tree())) {
            items.add(new Changed.Item(What.UNCHANGED, live));
            return;
        }
        ManagedObject object = new ManagedObject(wanted.kind(), wanted.name(), 0, tree);
        invalid.addAll(TenantBounds.problems(object, tenants.of(object.name())));
        if (!caller.rights().everywhere()) {
            invalid.addAll(TenantBounds.holds(object, live));
        }
        configurationChanged |= live == null || !object.written().equals(live.written());
        after.put(object.key(), object);
        items.add(new Changed.Item(live == null ? What.CREATED : What.CONFIGURED, object));
    }

    private void remove(Kind kind, String name, long revision) {
        refuseGenerated(kind, name);
        allow(Verb.WRITE, kind, name);
        ManagedObject live = before.get(ManagedObject.key(kind, name));
        if (live == null) {
            throw Refusal.noObject(kind, name);
        }
        checkVersion(live, revision);
        if (touched.add(live.key())) {
            after.remove(live.key());
            items.add(new Changed.Item(What.DELETED, live));
            configurationChanged = true;
            removes = true;
        }
    }

    private void setStatus(Edit.SetStatus edit) {
        refuseGenerated(edit.kind(), edit.name());
        allow(Verb.STATUS, edit.kind(), edit.name());
        ManagedObject live = before.get(ManagedObject.key(edit.kind(), edit.name()));
        if (live == null) {
            throw Refusal.noObject(edit.kind(), edit.name());
        }
        checkVersion(live, edit.revision());
        if (!(edit.status() instanceof ObjectNode)) {
            throw new Refusal(
                    Reason.INVALID,
                    "status of " + live.title() + " is not an object",
                    "send status: {conditions: [...]}");
        }
        touched.add(live.key());
        if (edit.status().equals(live.tree().get("status"))) {
            items.add(new Changed.Item(What.UNCHANGED, live));
            return;
        }
        ObjectNode tree = live.tree().deepCopy();
        tree.set("status", edit.status().deepCopy());
        statusByUser |= caller.rights().areOfUser();
        ManagedObject object = new ManagedObject(live.kind(), live.name(), 0, tree);
        after.put(object.key(), object);
        items.add(new Changed.Item(What.CONFIGURED, object));
    }

    /**
     * Has the model look at everything as it would be, and for each tenant concerned at what this tenant sees: it must be valid without the objects of others.
     *
     * @return the warnings about objects of this request
     */
    List<String> check(WholeCheck model, TenantChecks tenantChecks) {
        if (!configurationChanged) {
            return List.of();
        }
        Set<String> mine = new HashSet<>();
        Set<String> concerned = new TreeSet<>();
        for (Changed.Item item : items) {
            mine.add(item.object().title());
            concerned.add(tenants.of(item.object().name()));
        }
        List<String> seen = new ArrayList<>();
        for (String tenant : concerned) {
            if (!tenant.isEmpty()) {
                TenantChecks.Verdict verdict = tenantChecks.check(tenants, tenant, before.values(), after.values());
                if (!verdict.errors().isEmpty()) {
                    refuse(verdict.errors(), mine);
                }
                seen.addAll(warnings(verdict.problems(), mine));
            }
        }
        List<Problem> problems = model.problems(after.values());
        List<Problem> errors = model.newErrors(before.values(), problems);
        if (!caller.rights().everywhere()) {
            refuseUnseen(errors, mine);
            return seen;
        }
        if (!errors.isEmpty()) {
            refuse(errors, mine);
        }
        return warnings(problems, mine);
    }

    private static List<String> warnings(List<Problem> problems, Set<String> mine) {
        return problems.stream()
                .filter(problem -> !problem.isError() && mine.contains(problem.object()))
                .map(problem -> Cause.of(problem).toString())
                .toList();
    }

    /** Errors that come from objects which the caller does not see: said without saying anything of these. */
    private static void refuseUnseen(List<Problem> errors, Set<String> mine) {
        if (!errors.isEmpty()) {
            throw new Refusal(
                    Reason.CONFLICT,
                    "this does not go together with objects that you may not see",
                    "choose other values, or ask an administrator; nothing was changed",
                    errors.stream()
                            .filter(error -> mine.contains(error.object()))
                            .map(error -> new Cause(
                                    error.object(), error.field(), "collides with what belongs to others", "", "", ""))
                            .toList());
        }
    }

    private void refuse(List<Problem> errors, Set<String> mine) {
        List<Cause> causes = errors.stream().map(Cause::of).toList();
        boolean othersNeedIt = removes && errors.stream().noneMatch(error -> mine.contains(error.object()));
        if (othersNeedIt) {
            String gone = String.join(
                    ", ",
                    items.stream()
                            .filter(item -> item.what() == What.DELETED)
                            .map(item -> item.object().title())
                            .toList());
            throw new Refusal(
                    Reason.CONFLICT,
                    "other objects still need " + gone,
                    "change or delete these first, or all in one request; nothing was changed",
                    causes);
        }
        throw new Refusal(
                Reason.INVALID,
                "the configuration would not be valid",
                "correct the fields; nothing was changed",
                causes);
    }

    /** What becomes of which object, for the record. */
    List<String> titles() {
        return items.stream()
                .map(item -> item.what().word() + " " + item.object().title())
                .toList();
    }

    /** What goes into the history: objects of which another thing is written, if it was a user who did so. */
    List<History.Was> undone() {
        if (!caller.rights().areOfUser()) {
            return List.of();
        }
        List<History.Was> undone = new ArrayList<>();
        for (Changed.Item item : items) {
            ManagedObject object = item.object();
            ManagedObject was = before.get(object.key());
            boolean same = was != null
                    && (item.what() == What.UNCHANGED
                            || (item.what() == What.CONFIGURED && was.written().equals(object.written())));
            if (!same) {
                undone.add(new History.Was(
                        item.what(),
                        object.kind(),
                        object.name(),
                        tenants.of(object.name()),
                        Optional.ofNullable(was)));
            }
        }
        return undone;
    }

    /** What users write of an object, and what a user says is known of it. */
    private String recorded(ManagedObject object) {
        ObjectNode tree = object.written();
        JsonNode status = object.tree().get("status");
        if (statusByUser && status != null) {
            tree.set("status", status);
        }
        return Trees.text(tree);
    }

    /** What is different, field by field, for the record. */
    List<String> differences() {
        Map<String, String> old = new LinkedHashMap<>();
        Map<String, String> now = new LinkedHashMap<>();
        for (String key : touched) {
            ManagedObject was = before.get(key);
            ManagedObject is = after.get(key);
            if (was != null) {
                old.put(key, recorded(was));
            }
            if (is != null) {
                now.put(key, recorded(is));
            }
        }
        return ObjectDiff.recorded(old, now).stream()
                .map(ObjectDiff.Change::toString)
                .toList();
    }
}
