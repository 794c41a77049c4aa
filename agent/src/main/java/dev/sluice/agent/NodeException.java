package dev.sluice.agent;

import java.io.Serial;

/** A node that could not start, or a request to one that could not be served; the message is for people and says what to do. */
public class NodeException extends Exception {
    @Serial
    private static final long serialVersionUID = 1L;

    public NodeException(String message) {
        super(message);
    }

    public NodeException(String message, Throwable cause) {
        super(message, cause);
    }
}
