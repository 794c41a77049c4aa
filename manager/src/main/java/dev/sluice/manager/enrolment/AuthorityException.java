package dev.sluice.manager.enrolment;

/** The authority of a manager cannot be used; says what to do. */
public final class AuthorityException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    /** Its file is not what it should be. */
    public AuthorityException(String message, Throwable cause) {
        super(message, cause);
    }

    /** What is in the store was signed by another one. */
    AuthorityException(int nodes) {
        super(
                "the authority that enrolled " + nodes + (nodes == 1 ? " host" : " hosts")
                        + " is missing; put the copy of its " + Authority.FILE
                        + " into this directory (that of another manager, if several have one store), or, if there is none, start once with --new-authority and enrol each host again");
    }
}
