package dev.sluice.manager.objects;

import dev.sluice.manager.objects.Refusal.Reason;
import dev.sluice.manager.store.Store;
import dev.sluice.manager.store.Store.Change;
import dev.sluice.manager.store.Store.Condition;
import dev.sluice.manager.store.Store.Delete;
import dev.sluice.manager.store.Store.Put;
import dev.sluice.model.Kind;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import tools.jackson.databind.node.ObjectNode;

/**
 * A change on trial: the manager that leads takes it back unless somebody confirms it in time (ADR 48). It is kept in the store, so that this outlives managers. One at a
 * time, and people change nothing else meanwhile: so what comes back is what was there. Any thread.
 */
public final class Trials {
    /** Longest time. */
    public static final int SECONDS_MAX = 86_400;

    /** Where it is in the store. */
    static final String KEY = "trial";

    private final Store store;
    private final Inventory inventory;
    private final InstantSource clock;

    Trials(Store store, Inventory inventory, InstantSource clock) {
        this.store = store;
        this.inventory = inventory;
        this.clock = clock;
    }

    /**
     * A change that waits.
     *
     * @param revision its number in the history
     * @param user whose it is
     * @param manager under which name fields were taken
     * @param until when it is taken back
     * @param stored revision of the store that has it
     */
    public record Pending(long revision, String user, String manager, Instant until, long stored) {
        Condition condition() {
            return new Condition(KEY, stored);
        }
    }

    /** The change that waits; empty: none does. */
    public Optional<Pending> pending() {
        return Inventory.guarded(() -> store.get(KEY)).map(entry -> {
            ObjectNode tree = Trees.read(entry.value());
            return new Pending(
                    tree.path("revision").asLong(),
                    tree.path("user").asString(""),
                    tree.path("manager").asString(""),
                    Instant.parse(tree.path("until").asString("")),
                    entry.revision());
        });
    }

    /** Refuses what a person wants to change while something is on trial. */
    void checkFree(Caller caller) {
        if (!caller.rights().areOfUser()) {
            return;
        }
        pending().ifPresent(trial -> {
            String who = caller.rights().everywhere() ? "revision " + trial.revision + " by " + trial.user : "a change";
            throw new Refusal(
                    Reason.CONFLICT,
                    who + " is on trial until " + trial.until + ": nobody changes objects meanwhile",
                    "try again when it is confirmed or taken back; nothing was changed");
        });
    }

    /**
     * What has to hold for a change of tenants: nothing is on trial, since what comes back has to find its tenant as it was.
     *
     * @throws Refusal if something is
     */
    public Condition free() {
        pending().ifPresent(trial -> {
            throw new Refusal(
                    Reason.CONFLICT,
                    "revision " + trial.revision + " by " + trial.user + " is on trial until " + trial.until
                            + ": nobody adds or removes tenants meanwhile",
                    "try again when it is confirmed or taken back; nothing was changed");
        });
        return new Condition(KEY, 0);
    }

    /** What a transaction brings into the store that puts its change on trial. */
    Put begin(Caller caller, long revision, Duration time) {
        // Whole seconds, and not one less than was asked for.
        Instant until = clock.instant().plus(time).plusNanos(999_999_999).truncatedTo(ChronoUnit.SECONDS);
        return new Put(
                KEY,
                Trees.bytes(Map.of(
                        "revision",
                        revision,
                        "user",
                        caller.user(),
                        "manager",
                        caller.manager(),
                        "until",
                        until.toString())));
    }

    /** The trial that a change began; empty: it is on none. */
    public Optional<Pending> of(Changed changed) {
        return pending().filter(trial -> trial.stored == changed.revision() && !changed.dryRun());
    }

    /** What ends it. */
    static Change end() {
        return new Delete(KEY);
    }

    /** Does all edits or none, on trial for some time; see {@link Inventory#change}. */
    public Changed change(List<Edit> edits, Caller caller, boolean dryRun, Duration time) {
        checkMay(caller);
        Inventory.Plan plan = new Inventory.Plan() {
            @Override
            public List<Edit> edits(Map<String, ManagedObject> objects) {
                return edits;
            }

            @Override
            public Optional<Duration> trial() {
                return Optional.of(time);
            }
        };
        return inventory.change(plan, caller, dryRun, List.of());
    }

    /** Nobody else changes anything meanwhile, so it is for those only who change objects of all tenants. */
    static void checkMay(Caller caller) {
        Rights rights = caller.rights();
        boolean changesAll = Kind.written().stream().anyMatch(kind -> rights.may(Rights.Verb.WRITE, kind, ""));
        if (!rights.everywhere() || !changesAll) {
            throw new Refusal(
                    Reason.FORBIDDEN,
                    caller.user() + " may put nothing on trial: it holds up the changes of all tenants",
                    "make the change without, and take it back with a rollback if it has to be");
        }
    }

    /**
     * Keeps the change that is on trial.
     *
     * @param revision its number, so that none is kept that the caller has not seen
     * @param any whether the caller may confirm changes of others
     */
    public void confirm(Caller caller, long revision, boolean any) {
        Pending trial = waiting(revision);
        if (!any && !caller.user().equals(trial.user)) {
            throw new Refusal(
                    Reason.FORBIDDEN,
                    "revision " + revision + " is on trial by " + trial.user,
                    "ask them, or an administrator, to confirm it");
        }
        inventory.store(
                caller,
                new Inventory.Deed(
                        "confirmed revision " + revision, List.of(), List.of(trial.condition()), List.of(end())));
    }

    private Pending waiting(long revision) {
        return pending()
                .filter(trial -> trial.revision == revision)
                .orElseThrow(() -> new Refusal(
                        Reason.CONFLICT,
                        "revision " + revision + " is not on trial: it is confirmed, or was taken back",
                        "see what is in force: sluice history"));
    }

    /**
     * Takes back what was not confirmed in time.
     *
     * @param fence what has to hold besides
     * @throws Refusal if that is not possible now
     */
    public Optional<Pending> step(List<Condition> fence) {
        Optional<Pending> over = pending().filter(trial -> !clock.instant().isBefore(trial.until));
        over.ifPresent(trial -> takeBack(trial, new Caller("manager", "manager"), fence));
        return over;
    }

    /**
     * Takes back what is on trial, before its time.
     *
     * @param caller who does, and what that means for flows in progress
     */
    public Rollback.Done takeBack(Pending trial, Caller caller) {
        return takeBack(trial, caller, List.of());
    }

    private Rollback.Done takeBack(Pending trial, Caller by, List<Condition> fence) {
        // All that the change did comes back, whatever its user may by now.
        Rights all = new Rights() {
            @Override
            public boolean may(Verb verb, Kind kind, String tenant) {
                return true;
            }

            @Override
            public boolean areOfUser() {
                return true;
            }
        };
        Caller caller = new Caller(by.user(), trial.manager, all, by.existingFlows());
        if (trial.revision <= inventory.auditHead().kept()) {
            List<Condition> conditions = new ArrayList<>(fence);
            conditions.add(trial.condition());
            String why = "revision " + trial.revision + " stays: a version without trials changed objects since";
            inventory.store(caller, new Inventory.Deed(why, List.of(), conditions, List.of(end())));
            throw new Refusal(Reason.GONE, why, "look at the objects: sluice export; and correct them");
        }
        Rollback.Done done = new Rollback(inventory, trial.revision - 1, caller, Optional.empty(), Optional.of(trial))
                .run(false, fence);
        if (pending().equals(Optional.of(trial))) {
            // There was nothing to bring back, so nothing was stored.
            List<Condition> conditions = new ArrayList<>(fence);
            conditions.add(trial.condition());
            store.commit(conditions, List.of(end()));
        }
        return done;
    }
}
