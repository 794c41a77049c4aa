package dev.sluice.agent;

import java.util.List;

/**
 * A service instance of this node.
 *
 * @param number small number, index into {@link dev.sluice.datapath.Liveness}
 * @param name name of the object
 * @param service name of its service
 * @param adminUp whether it gets new flows
 * @param interfaces Linux interfaces that lead to it, in then out; one if they are the same
 * @param ports indices of the ports of those interfaces
 */
public record InstanceEntry(
        int number, String name, String service, boolean adminUp, List<String> interfaces, List<Integer> ports) {
    /** Copies the lists. */
    public InstanceEntry {
        interfaces = List.copyOf(interfaces);
        ports = List.copyOf(ports);
    }
}
