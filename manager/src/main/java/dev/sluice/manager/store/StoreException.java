package dev.sluice.manager.store;

/** The store cannot do what was asked. Nothing was changed, and what it holds is intact unless the reason says otherwise. */
public final class StoreException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final Reason reason;

    /** Why. */
    public enum Reason {
        /** No room on the disk. */
        FULL,

        /** The file system or the file does not let it write. */
        READ_ONLY,

        /** What is on the disk is not what was written. */
        CORRUPT,

        /** Another process has the store open. */
        IN_USE,

        /** The store is closed. */
        CLOSED,

        /** More at once than the store takes. */
        TOO_LARGE,

        /** Nobody has said whether it was changed; it may be done, as a whole, or not. */
        UNCERTAIN,

        /** The disk failed otherwise. */
        FAILED
    }

    /** A reason, and a sentence that says where and what to do. */
    public StoreException(Reason reason, String message) {
        super(message);
        this.reason = reason;
    }

    /** The same, with what was caught. */
    public StoreException(Reason reason, String message, Throwable cause) {
        super(message, cause);
        this.reason = reason;
    }

    /** Why. */
    public Reason reason() {
        return reason;
    }
}
