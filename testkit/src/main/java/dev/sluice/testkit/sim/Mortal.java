package dev.sluice.testkit.sim;

import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A simulated process, which ends and begins at any moment: what it was about to do ends with it. One user.
 *
 * @param <R> what ends with the process
 */
abstract class Mortal<R> {
    final Events events;

    /** Null: it is down. */
    @Nullable
    R running;

    Mortal(Events events) {
        this.events = events;
    }

    final boolean isUp() {
        return running != null;
    }

    /** Whether the life lasts that something was begun in: each is an object of its own. */
    private boolean lasts(R life) {
        return life.equals(running);
    }

    /** Ends without a word. */
    abstract void crash(String why);

    /** Does something again and again for as long as this life of the process lasts. */
    final void every(R now, long periodNs, Consumer<R> what) {
        events.after(periodNs, () -> {
            if (lasts(now)) {
                guarded(now, what);
                every(now, periodNs, what);
            }
        });
    }

    /** Does something in a while if this life of the process lasts as long. */
    final void later(R now, long delayNs, Consumer<R> what) {
        events.after(delayNs, () -> guarded(now, what));
    }

    /** Does something, which may be the end of the process. */
    final void guarded(R now, Consumer<R> what) {
        if (lasts(now)) {
            try {
                what.accept(now);
            } catch (Crash e) {
                crash(String.valueOf(e.getMessage()));
            }
        }
    }
}
