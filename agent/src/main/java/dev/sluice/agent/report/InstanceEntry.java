package dev.sluice.agent.report;

import dev.sluice.datapath.PacketCap;
import dev.sluice.model.ServiceInstance.AdminState;
import java.util.List;
import java.util.Optional;

/**
 * A service instance of this node.
 *
 * @param number small number, index into {@link dev.sluice.datapath.Liveness}
 * @param name name of the object
 * @param service name of its service
 * @param adminState what the operator wants of it
 * @param cap packets per second that it is sent at most
 * @param interfaces Linux interfaces that lead to it, in then out; one if they are the same
 * @param ports indices of the ports of those interfaces
 */
public record InstanceEntry(
        int number,
        String name,
        String service,
        AdminState adminState,
        Optional<PacketCap> cap,
        List<String> interfaces,
        List<Integer> ports) {
    /** Copies the lists. */
    public InstanceEntry {
        interfaces = List.copyOf(interfaces);
        ports = List.copyOf(ports);
    }

    /** Whether it gets new flows. */
    public boolean adminUp() {
        return adminState == AdminState.UP;
    }
}
