package dev.sluice.model;

/** What happens to packets that should be served but can't be. */
public enum FailureAction implements Word {
    /** They are dropped: nothing leaves uninspected. */
    CLOSED("closed"),

    /** They go on without service and are counted as uninspected. */
    OPEN("open");

    private final String word;

    FailureAction(String word) {
        this.word = word;
    }

    @Override
    public String word() {
        return word;
    }
}
