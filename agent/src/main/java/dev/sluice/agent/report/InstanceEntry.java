package dev.sluice.agent.report;

import dev.sluice.datapath.snapshot.PacketCap;
import dev.sluice.model.ServiceInstance.AdminState;
import java.util.List;
import java.util.Optional;

/**
 * A service instance of this node, or of another one that shares its own.
 *
 * @param number small number, index into {@link dev.sluice.datapath.liveness.Liveness}
 * @param name name of the object
 * @param service name of its service
 * @param adminState what the operator wants of it
 * @param cap packets per second that it is sent at most
 * @param interfaces Linux interfaces that lead to it, in then out; one if they are the same
 * @param ports indices of the ports of those interfaces
 * @param host name of the other node that it is on, which has its interfaces; empty: this one
 * @param lingers gone from the objects; it serves flows that it has, and hosts that do not know it yet
 * @param leaves flows leave it for others that serve
 */
public record InstanceEntry(
        int number,
        String name,
        String service,
        AdminState adminState,
        Optional<PacketCap> cap,
        List<String> interfaces,
        List<Integer> ports,
        String host,
        boolean lingers,
        boolean leaves) {
    /** One of the objects. */
    public InstanceEntry(
            int number,
            String name,
            String service,
            AdminState adminState,
            Optional<PacketCap> cap,
            List<String> interfaces,
            List<Integer> ports,
            String host) {
        this(
                number,
                name,
                service,
                adminState,
                cap,
                interfaces,
                ports,
                host,
                false,
                adminState == AdminState.MAINTENANCE);
    }

    /** The same when it is gone from the objects. */
    public InstanceEntry lingering() {
        return new InstanceEntry(
                number,
                name,
                service,
                adminState,
                cap,
                interfaces,
                ports,
                host,
                true,
                adminState == AdminState.MAINTENANCE);
    }

    /** The same with flows leaving it. */
    public InstanceEntry leaving() {
        return new InstanceEntry(number, name, service, adminState, cap, interfaces, ports, host, lingers, true);
    }

    /** Copies the lists. */
    public InstanceEntry {
        interfaces = List.copyOf(interfaces);
        ports = List.copyOf(ports);
    }

    /** Whether it is on another node. */
    public boolean remote() {
        return !host.isEmpty();
    }

    /** Whether it gets new flows. */
    public boolean adminUp() {
        return adminState == AdminState.UP && !lingers;
    }
}
