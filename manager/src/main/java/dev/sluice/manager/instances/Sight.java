package dev.sluice.manager.instances;

import dev.sluice.controller.HostWord;
import dev.sluice.controller.ObjectState;
import java.util.Collection;
import java.util.Map;

/**
 * What the controller knows of hosts and instances at one moment.
 *
 * @param hosts what hosts say, by name
 * @param states how far hosts are with instances, by name of the instance
 */
record Sight(Map<String, HostWord> hosts, Map<String, ObjectState> states) {
    /** Copies the maps. */
    Sight {
        hosts = Map.copyOf(hosts);
        states = Map.copyOf(states);
    }

    /** Who can be asked. */
    @FunctionalInterface
    interface Source {
        /** What is known now, of these instances. */
        Sight look(Collection<String> instances) throws InterruptedException;
    }

    boolean isConnected(String host) {
        HostWord word = hosts.get(host);
        return word != null && word.connected();
    }
}
