package dev.sluice.testkit.sim;

import java.util.List;

/** Something that must never be, in a simulation that can be replayed. */
public final class Violation extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final transient List<String> trace;

    /**
     * What is wrong.
     *
     * @param trace what happened before, if it was noted
     */
    Violation(String what, List<String> trace) {
        super(what);
        this.trace = trace;
    }

    /** What happened before; empty unless it was asked for. */
    public List<String> trace() {
        return trace;
    }
}
