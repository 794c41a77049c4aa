package dev.sluice.controller;

import dev.sluice.southbound.Interfaces;
import dev.sluice.southbound.Paths;
import dev.sluice.southbound.Reply;
import dev.sluice.southbound.Runtimes;

/** Who hears of agents what is about no object; what is not overridden is not heard. Called by the controller's thread, which must not wait there. */
public interface AgentWatcher {
    /** Nobody. */
    AgentWatcher NOBODY = new AgentWatcher() {};

    /** The agent of a node has come, or has come again over another stream. */
    default void connected(String node) {}

    /** The agent of a node has gone. */
    default void lost(String node) {}

    /** The agent of a node tells of interfaces that it was to look for. */
    default void interfaces(String node, Interfaces told) {}

    /** The agent of a node tells of its paths; what it told before is of no account. */
    default void paths(String node, Paths told) {}

    /** The agent of a node tells what serves chains there; what it told before is of no account. */
    default void runtimes(String node, Runtimes told) {}

    /** The agent of a node answers a question. */
    default void reply(String node, Reply reply) {}

    /** An agent says something else of a port or an instance than before; the first time, only if it is bad. */
    default void health(String key, Health now) {}

    /**
     * An agent does not take an update.
     *
     * @param object {@code Kind/name} of the one at fault; empty: none in particular
     */
    default void refused(String node, String object, String message) {}
}
