package dev.sluice.manager.objects;

import dev.sluice.manager.objects.Rights.Verb;
import dev.sluice.model.Kind;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Applies all objects that somebody wants, and deletes in the same change what he alone wrote before and does not want any more, of the tenants whose objects he applies. What the caller may not
 * change is left alone without a word. Used by one thread, once.
 */
public final class Pruning {
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
     * @return what was applied, then what was deleted; warnings name what stays because others own fields of it too
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
        List<Edit> edits = new ArrayList<>(applied);
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
                edits.add(new Edit.Remove(object.kind(), object.name(), 0));
            } else {
                left.add(object.title() + " stays though it is not applied any more: " + String.join(", ", others)
                        + " set fields of it too");
            }
        }
        return edits;
    }
}
