package dev.sluice.agent;

import java.io.Serial;

/** A change was asked for and no answer came: it may be in force, come into force yet, or never. The message says so, and how to see which. */
public final class OutcomeUnknownException extends NodeException {
    @Serial
    private static final long serialVersionUID = 1L;

    /** What every such message ends with. */
    public static final String WHAT_TO_DO =
            "; it may still be applied: see what runs with 'sluice history' and 'sluice status' before you ask again";

    public OutcomeUnknownException(String what, Throwable cause) {
        super(what + WHAT_TO_DO, cause);
    }

    /** As the node says it. */
    public OutcomeUnknownException(String message) {
        super(message);
    }
}
