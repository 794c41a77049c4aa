package dev.sluice.agent.runtime;

/** Something with an instance did not work; the message says what, for people. */
final class RuntimeFailure extends Exception {
    private static final long serialVersionUID = 1L;

    RuntimeFailure(String message) {
        super(message);
    }
}
