package dev.sluice.agent.bfd;

import dev.sluice.liveness.bfd.BfdState;

/** Hears of sessions that change. Called by the runner's own thread, which sends nothing meanwhile: to return at once, and never to call the runner. */
@FunctionalInterface
public interface BfdEvents {
    /**
     * A session has a new state.
     *
     * @param report of the session as it is now
     * @param before the state that it had
     * @param atNs when, as {@link System#nanoTime} counts
     */
    void changed(BfdReport report, BfdState before, long atNs);
}
