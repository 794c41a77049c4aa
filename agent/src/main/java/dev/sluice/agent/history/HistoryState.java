package dev.sluice.agent.history;

import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Which revision runs, and what operators said beside it.
 *
 * @param running the revision in force; 0: none yet
 * @param good the revision that a node goes back to: the one in force, or the one before it while that waits for its confirmation; 0: none yet
 * @param filesNotApplied {@link Revision#content} of files that are deliberately not in force (rolled back, not confirmed); empty: none
 * @param instances by name, the administrative states, as words, that service instances were given at run time
 */
public record HistoryState(int running, int good, String filesNotApplied, Map<String, String> instances) {
    /** Nothing has run yet. */
    public static final HistoryState NONE = new HistoryState(0, 0, "");

    /** Copies the map; null is what versions wrote that did not remember it. */
    @SuppressWarnings("NullAway") // of a record that was read, a field that is not there is null
    public HistoryState(int running, int good, String filesNotApplied, @Nullable Map<String, String> instances) {
        this.running = running;
        this.good = good;
        this.filesNotApplied = filesNotApplied;
        this.instances = instances == null ? Map.of() : Map.copyOf(instances);
    }

    /** Without states of instances; {@link History#state} keeps those that there are. */
    public HistoryState(int running, int good, String filesNotApplied) {
        this(running, good, filesNotApplied, Map.of());
    }

    HistoryState with(Map<String, String> newInstances) {
        return new HistoryState(running, good, filesNotApplied, newInstances);
    }

    /** What the state must have been, from the outcomes of the revisions, oldest first. */
    static HistoryState guess(Iterable<RevisionHead> heads) {
        int good = 0;
        int running = 0;
        for (RevisionHead head : heads) {
            if (head.outcome().good()) {
                good = head.number();
                running = head.number();
            } else if (head.outcome() == Revision.Outcome.PENDING) {
                running = head.number();
            }
        }
        return new HistoryState(running, good, "");
    }
}
