package dev.sluice.agent.history;

/**
 * Which revision runs.
 *
 * @param running the revision in force; 0: none yet
 * @param good the revision that a node goes back to: the one in force, or the one before it while that waits for its confirmation; 0: none yet
 * @param filesNotApplied {@link Revision#content} of files that are deliberately not in force (rolled back, not confirmed); empty: none
 */
public record HistoryState(int running, int good, String filesNotApplied) {
    /** Nothing has run yet. */
    public static final HistoryState NONE = new HistoryState(0, 0, "");
}
