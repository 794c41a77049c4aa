package dev.sluice.lab;

/** The lab could not do what was asked; the message names the object, the command and what to do, and is meant for people. */
public final class LabException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    /** A failure of the lab's own. */
    public LabException(String message) {
        super(message);
    }

    /** A failure with its origin. */
    public LabException(String message, Throwable cause) {
        super(message, cause);
    }
}
