package dev.sluice.manager.store;

/** What was asked for is not kept any more, or is of another history. Whoever asked has to list anew. */
public final class CompactedException extends Exception {
    private static final long serialVersionUID = 1L;

    private final long oldest;

    /** Asked for one revision, where another is the oldest that can be listed and a third the newest. */
    public CompactedException(long asked, long oldest, long newest) {
        super(
                asked > newest
                        ? "revision " + asked + " has not been yet; the newest is " + newest
                        : "revision " + asked + " is not kept any more; the oldest is " + oldest);
        this.oldest = oldest;
    }

    /** The oldest revision that can be listed. */
    public long oldest() {
        return oldest;
    }
}
