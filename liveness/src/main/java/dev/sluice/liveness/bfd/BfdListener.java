package dev.sluice.liveness.bfd;

/** Hears of state changes. Called by the thread that owns the sessions: to return soon, and not to change the sessions. */
@FunctionalInterface
public interface BfdListener {
    /**
     * A session has a new {@link BfdSession#state}, for the reason {@link BfdSession#diagnostic}.
     *
     * @param nowNs time of the sessions' clock
     */
    void changed(BfdSession session, long nowNs);
}
