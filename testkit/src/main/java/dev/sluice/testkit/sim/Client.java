package dev.sluice.testkit.sim;

import dev.sluice.manager.objects.Edit;
import dev.sluice.manager.objects.Inventory;
import dev.sluice.manager.objects.Refusal;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;

/** A user who wants something, and asks again until the manager says that it is so. One user. */
final class Client {
    private static final long AGAIN_NS = 300 * Events.MS;

    private final World world;
    private final Invariants invariants;
    private final Deque<Wanted> next = new ArrayDeque<>();
    private Wanted wanted;
    private boolean asking;
    private int acknowledged;

    /** Wants something from nothing. */
    Client(World world, Invariants invariants, Wanted first) {
        this.world = world;
        this.invariants = invariants;
        wanted = first;
        invariants.mayBeInForce(first);
        invariants.acknowledged(world.manager.change(first.edits()));
    }

    /** What was acknowledged last. */
    Wanted wanted() {
        return wanted;
    }

    /** How many changes were acknowledged. */
    int acknowledged() {
        return acknowledged;
    }

    boolean isDone() {
        return next.isEmpty();
    }

    /** Wants something else once what was wanted before is acknowledged. */
    void want(Wanted other) {
        next.add(other);
        if (!asking) {
            ask();
        }
    }

    private void ask() {
        Wanted wish = next.peek();
        if (wish == null) {
            asking = false;
            return;
        }
        asking = true;
        try {
            attempt(wish);
            wanted = wish;
            next.remove();
            acknowledged++;
            world.events.say(() -> "acknowledged: " + wish);
            ask();
        } catch (Refusal e) {
            world.events.say(() -> "refused: " + e.getMessage());
            world.events.after(AGAIN_NS, this::ask);
        } catch (Crash e) {
            world.events.say(() -> "no answer: " + e.getMessage());
            world.events.after(AGAIN_NS, this::ask);
        }
    }

    private void attempt(Wanted wish) {
        if (!world.manager.isUp()) {
            throw new Crash("of a manager that is down");
        }
        Inventory inventory = world.manager.inventory();
        invariants.checkWrites(inventory);
        List<Edit> edits = wanted.editsTo(wish).stream()
                .filter(edit -> !(edit instanceof Edit.Remove gone)
                        || inventory.get(gone.kind(), gone.name()).isPresent())
                .toList();
        if (edits.isEmpty()) {
            return;
        }
        invariants.mayBeInForce(wish);
        try {
            invariants.acknowledged(world.manager.change(edits));
        } catch (Crash e) {
            invariants.unknown(wanted.keysTo(wish));
            throw e;
        }
    }
}
