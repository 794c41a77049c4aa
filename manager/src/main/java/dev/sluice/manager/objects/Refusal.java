package dev.sluice.manager.objects;

import dev.sluice.model.Kind;
import dev.sluice.model.Problem;
import java.util.List;

/** Something that was asked for is not done, and why: what users get as an error, whichever way they asked. */
public final class Refusal extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final Reason reason;
    private final String action;
    private final transient List<Cause> causes;

    /** Why, in the terms of HTTP (RFC 9110). */
    public enum Reason {
        /** The request makes no sense. */
        BAD_REQUEST(400, "bad request"),

        /** Nobody knows who asks. */
        UNAUTHENTICATED(401, "not authenticated"),

        /** Who asks may not. */
        FORBIDDEN(403, "not allowed"),

        /** There is no such thing. */
        NOT_FOUND(404, "not found"),

        /** It is there, but not for this. */
        METHOD_NOT_ALLOWED(405, "method not allowed"),

        /** What was written contradicts what is there. */
        CONFLICT(409, "conflict"),

        /** It was, and is not kept any more. */
        GONE(410, "gone"),

        /** Too much in one request. */
        TOO_LARGE(413, "too large"),

        /** Not a format that is understood. */
        UNSUPPORTED(415, "unsupported format"),

        /** The objects are wrong. */
        INVALID(422, "not valid"),

        /** It has to be said which version is to be replaced. */
        PRECONDITION_REQUIRED(428, "precondition required"),

        /** Too many requests. */
        TOO_MANY(429, "too many requests"),

        /** A defect. */
        DEFECT(500, "internal error"),

        /** The manager cannot do it now. */
        UNAVAILABLE(503, "unavailable"),

        /** The disk is full or not writable. */
        NO_STORAGE(507, "cannot be stored");

        private final int status;
        private final String title;

        Reason(int status, String title) {
            this.status = status;
            this.title = title;
        }

        /** The status of HTTP. */
        public int status() {
            return status;
        }

        /** The same in words. */
        public String title() {
            return title;
        }
    }

    /**
     * One thing that is wrong.
     *
     * @param object {@code Kind/name}, or empty
     * @param field path in the object, or empty
     * @param message what is wrong
     * @param found the value as written, shortened, or empty
     * @param allowed what is allowed, or empty
     * @param owner who owns the field, in conflicts; else empty
     */
    public record Cause(String object, String field, String message, String found, String allowed, String owner) {
        /** What the model says of an object. */
        static Cause of(Problem problem) {
            return new Cause(
                    problem.object(), problem.field(), problem.message(), problem.found(), problem.allowed(), "");
        }

        /** {@code Kind/name field: message (found; allowed)}; parts that are empty are left out. */
        @Override
        public String toString() {
            return new Problem(Problem.Severity.ERROR, "", 0, 0, object, field, message, found, allowed)
                    .toString()
                    .replaceFirst("^: ", "");
        }
    }

    /**
     * A refusal.
     *
     * @param message what is refused, in one sentence
     * @param action what to do about it
     */
    public Refusal(Reason reason, String message, String action, List<Cause> causes) {
        super(message);
        this.reason = reason;
        this.action = action;
        this.causes = List.copyOf(causes);
    }

    /** A refusal without causes. */
    public Refusal(Reason reason, String message, String action) {
        this(reason, message, action, List.of());
    }

    /** Of something that is written in one field of an object. */
    public static Refusal invalid(String object, String field, String message, String found, String allowed) {
        return new Refusal(
                Reason.INVALID,
                object + " is not valid",
                "correct the fields; nothing was changed",
                List.of(new Cause(object, field, message, found, allowed, "")));
    }

    /** Of an object that is not there, or that the caller does not see. */
    public static Refusal noObject(Kind kind, String name) {
        return noObject(kind, name, "");
    }

    /**
     * The same.
     *
     * @param hint what may be meant, as the end of a sentence; or empty
     */
    public static Refusal noObject(Kind kind, String name, String hint) {
        return new Refusal(
                Reason.NOT_FOUND,
                "there is no " + kind.word() + "/" + name + hint,
                "see which there are: sluice get " + kind.plural() + ", or GET /api/v1/" + kind.plural());
    }

    /** Why. */
    public Reason reason() {
        return reason;
    }

    /** What to do about it. */
    public String action() {
        return action;
    }

    /** What is wrong, one by one. */
    public List<Cause> causes() {
        return causes;
    }
}
