package dev.sluice.agent.configuration;

import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What ran before the changes that the node has picked up from its files by itself, so that who asks for a trial a moment later gets one. One user: the control thread.
 *
 * <p>Files are mostly written one after the other: changes that follow each other within {@value #TOGETHER_NS} ns count as one.
 */
final class PickedUp {
    private static final long TOGETHER_NS = 10_000_000_000L;

    /** How long after the last change it can still be put on trial. */
    static final long TRIAL_NS = 300_000_000_000L;

    private @Nullable AppliedConfiguration before;
    private int revision;
    private long lastNs;

    /**
     * A change was picked up.
     *
     * @param replaced what ran before it
     * @param next the revision that runs now
     */
    void note(AppliedConfiguration replaced, int next, long nowNs) {
        boolean together = before != null && revision == replaced.revision() && nowNs - lastNs <= TOGETHER_NS;
        if (!together) {
            before = replaced;
        }
        revision = next;
        lastNs = nowNs;
    }

    /** What a trial of the revision that runs would go back to. */
    Optional<AppliedConfiguration> before(int running, long nowNs) {
        return running == revision && nowNs - lastNs <= TRIAL_NS ? Optional.ofNullable(before) : Optional.empty();
    }

    /** Lets go of what nobody can ask for any more. */
    void tick(long nowNs) {
        if (before != null && nowNs - lastNs > TRIAL_NS) {
            forget();
        }
    }

    void forget() {
        before = null;
        revision = 0;
    }
}
