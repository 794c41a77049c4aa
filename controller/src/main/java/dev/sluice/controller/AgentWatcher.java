package dev.sluice.controller;

import dev.sluice.southbound.Interfaces;
import dev.sluice.southbound.Paths;
import dev.sluice.southbound.Reply;

/** Who hears of agents what is about no object. Called by the controller's thread, which must not wait there. */
public interface AgentWatcher {
    /** Nobody. */
    AgentWatcher NOBODY = new AgentWatcher() {
        @Override
        public void connected(String node) {}

        @Override
        public void lost(String node) {}

        @Override
        public void interfaces(String node, Interfaces told) {}

        @Override
        public void paths(String node, Paths told) {}

        @Override
        public void reply(String node, Reply reply) {}

        @Override
        public void health(String key, Health now) {}

        @Override
        public void refused(String node, String object, String message) {}
    };

    /** The agent of a node has come, or has come again over another stream. */
    void connected(String node);

    /** The agent of a node has gone. */
    void lost(String node);

    /** The agent of a node tells of interfaces that it was to look for. */
    void interfaces(String node, Interfaces told);

    /** The agent of a node tells of its paths; what it told before is of no account. */
    void paths(String node, Paths told);

    /** The agent of a node answers a question. */
    void reply(String node, Reply reply);

    /** An agent says something else of a port or an instance than before; the first time, only if it is bad. */
    void health(String key, Health now);

    /**
     * An agent does not take an update.
     *
     * @param object {@code Kind/name} of the one at fault; empty: none in particular
     */
    void refused(String node, String object, String message);
}
