package dev.sluice.manager.discovery;

import java.util.Map;
import java.util.Optional;

/**
 * What is where.
 *
 * @param ports by name
 * @param nodes service nodes, by name of their instance; those that are nowhere are not among them
 * @param notices what people should know, by the object ({@code Kind/name}) or interface that it is about
 * @param againNs when to look again though nothing has happened; empty: not before something happens
 */
record Found(
        Map<String, FoundPort> ports, Map<String, Place> nodes, Map<String, String> notices, Optional<Long> againNs) {
    /** Copies the maps. */
    Found {
        ports = Map.copyOf(ports);
        nodes = Map.copyOf(nodes);
        notices = Map.copyOf(notices);
    }

    /**
     * A port.
     *
     * @param place its host and interface
     * @param profile name of the PortProfile that found it
     * @param segment name of the LogicalSwitch that it is a port of
     * @param alias what is written on the interface; empty if nothing
     */
    record FoundPort(Place place, String profile, Optional<String> segment, String alias) {}
}
