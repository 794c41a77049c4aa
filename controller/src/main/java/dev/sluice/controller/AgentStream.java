package dev.sluice.controller;

import dev.sluice.southbound.FromController;

/** The way to an agent. */
public interface AgentStream {
    /** Sends a message; what cannot be sent is lost, and the stream ends. */
    void send(FromController message);

    /** Ends the stream. */
    void end();
}
