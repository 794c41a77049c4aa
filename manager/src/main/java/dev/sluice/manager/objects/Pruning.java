package dev.sluice.manager.objects;

import dev.sluice.manager.objects.Rights.Verb;
import dev.sluice.model.Kind;
import dev.sluice.model.ReadObject;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;

/**
 * Applies all objects that somebody wants, and deletes in the same change what he alone wrote before and does not want any more, of the tenants whose objects he applies. What the caller may not
 * change is left alone without a word. What instances still need whose deployment goes stays until they are drained and gone, and is deleted by the next one. Used by one thread, once.
 */
public final class Pruning {
    private static final int NAMED_MAX = 3;

    private final Inventory inventory;
    private final List<Edit> applied;
    private final Caller caller;
    private final Optional<Duration> trial;
    private final Set<String> wanted = new HashSet<>();
    private final Set<String> names = new HashSet<>();
    private final List<String> left = new ArrayList<>();

    /**
     * A change that is not done yet.
     *
     * @param applied all that the owner wants; what is not {@link Edit.Apply} says nothing of that
     * @param trial how long the change is on trial; empty: it is not
     */
    public Pruning(Inventory inventory, List<Edit> applied, Caller caller, Optional<Duration> trial) {
        this.inventory = inventory;
        this.applied = List.copyOf(applied);
        this.caller = caller;
        this.trial = trial;
        if (applied.isEmpty()) {
            throw new Refusal(
                    Refusal.Reason.BAD_REQUEST,
                    "the request holds 0 objects, and whatever is not in it would go",
                    "send all objects that are to stay, or delete those that are to go by their names; nothing was changed");
        }
        if (trial.isPresent()) {
            Trials.checkMay(caller);
        }
        for (Edit edit : applied) {
            if (edit instanceof Edit.Apply apply) {
                Optional<String> name = apply.written().name();
                name.ifPresent(names::add);
                Kind.named(apply.written().kind())
                        .ifPresent(kind -> name.ifPresent(text -> wanted.add(ManagedObject.key(kind, text))));
            }
        }
    }

    /**
     * Does it.
     *
     * @return what was applied, then what was deleted; warnings name what stays because others own fields of it too, or instances that are drained need it
     * @throws Refusal if what would be is not valid, or others need what would go
     */
    public Changed run(boolean dryRun) {
        Inventory.Plan plan = new Inventory.Plan() {
            @Override
            public List<Edit> edits(Map<String, ManagedObject> objects) {
                return Pruning.this.edits(objects);
            }

            @Override
            public Optional<Duration> trial() {
                return trial;
            }
        };
        Changed changed = inventory.change(plan, caller, dryRun, List.of());
        List<String> warnings = new ArrayList<>(changed.warnings());
        warnings.addAll(left);
        return new Changed(changed.revision(), changed.dryRun(), changed.items(), warnings, changed.differences());
    }

    private List<Edit> edits(Map<String, ManagedObject> objects) {
        Tenants tenants = inventory.tenants();
        Set<String> here = names.stream().map(tenants::of).collect(Collectors.toSet());
        left.clear();
        Map<String, ManagedObject> going = new TreeMap<>();
        for (ManagedObject object : objects.values()) {
            String tenant = tenants.of(object.name());
            Set<String> others = object.ownersAmongPeople();
            boolean mine = !wanted.contains(object.key())
                    && !object.isMade()
                    && caller.rights().may(Verb.WRITE, object.kind(), tenant)
                    && others.remove(caller.manager());
            if (!mine) {
                continue;
            }
            if (!here.contains(tenant)) {
                left.add(object.title() + " stays though it is not applied any more: nothing of "
                        + (tenant.isEmpty() ? "what no tenant has" : "tenant " + tenant) + " is applied here");
            } else if (others.isEmpty()) {
                going.put(object.key(), object);
            } else {
                left.add(object.title() + " stays though it is not applied any more: " + String.join(", ", others)
                        + " set fields of it too");
            }
        }
        keepForInstances(going, objects);
        List<Edit> edits = new ArrayList<>(applied);
        going.values().forEach(object -> edits.add(new Edit.Remove(object.kind(), object.name(), 0)));
        return edits;
    }

    /** Takes out what instances refer to that are drained first, since their deployment goes now or is gone. */
    private void keepForInstances(Map<String, ManagedObject> going, Map<String, ManagedObject> objects) {
        Map<String, SortedSet<String>> needed = new TreeMap<>();
        for (ManagedObject object : objects.values()) {
            String deployment = object.tree()
                    .path("spec")
                    .path("runtime")
                    .path("deployment")
                    .asString("");
            String key = ManagedObject.key(Kind.SERVICE_DEPLOYMENT, deployment);
            if (object.isMade() && !deployment.isEmpty() && (going.containsKey(key) || !objects.containsKey(key))) {
                for (String each : references(object)) {
                    if (going.containsKey(each)) {
                        needed.computeIfAbsent(each, _ -> new TreeSet<>()).add(object.title());
                    }
                }
            }
        }
        needed.forEach((key, instances) -> {
            ManagedObject kept = Objects.requireNonNull(going.remove(key));
            left.add(kept.title() + " stays until what its deployment made is drained and gone: "
                    + String.join(", ", instances.stream().limit(NAMED_MAX).toList())
                    + (instances.size() > NAMED_MAX ? " and " + (instances.size() - NAMED_MAX) + " more" : "")
                    + "; apply the same again then");
        });
    }

    /** Keys of the objects that one needs to be there. */
    private static List<String> references(ManagedObject object) {
        return ReadObject.read(Trees.text(object.written())).stream()
                .flatMap(read -> read.references().stream())
                .map(each -> ManagedObject.key(each.kind(), each.name()))
                .toList();
    }
}
