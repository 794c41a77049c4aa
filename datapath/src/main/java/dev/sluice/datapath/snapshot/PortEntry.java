package dev.sluice.datapath.snapshot;

import dev.sluice.datapath.packet.NonUnicast;
import dev.sluice.datapath.rules.PortSides;
import java.util.List;

/**
 * A port as the data path sees it.
 *
 * @param index small number of the port in this node
 * @param name name for people: the Port object's, or the interface's
 * @param role what the port is for
 * @param router router (key space) of a ROUTER or LINK port, of the pair of a TRANSPARENT port, of the segment of a SWITCH port; -1 for SERVICE ports
 * @param peer the other port of a transparent pair or link; of a ROUTER port without device the port of the segment that it is joined to, and the
 *     other way round; else -1
 * @param mac own MAC address, 48 bits
 * @param addresses own addresses (router interfaces, service ports towards nodes that route)
 * @param classifyFromPort whether packets coming in from the port are classified (V1)
 * @param classifyToPort whether packets going out to the port are classified
 * @param fromGroup rule group of side fromPort, 0 for none
 * @param toGroup rule group of side toPort, 0 for none
 * @param mtuBytes largest IP packet, 0 if unknown
 * @param refusedKinds of a TRANSPARENT or SWITCH port: bits of the {@link NonUnicast} kinds that are not let in by it
 */
public record PortEntry(
        int index,
        String name,
        Role role,
        int router,
        int peer,
        long mac,
        List<PortAddress> addresses,
        boolean classifyFromPort,
        boolean classifyToPort,
        int fromGroup,
        int toGroup,
        int mtuBytes,
        int refusedKinds) {
    /** What a port is for. */
    public enum Role {
        /** Interface of a router. */
        ROUTER,
        /** One of two ports of one subnet between which Sluice sits without being a hop. */
        TRANSPARENT,
        /** Leads to service nodes. */
        SERVICE,
        /** Port of a logical switch: of an L2 segment over several nodes (C1). */
        SWITCH,
        /** One end of a link between two routers of this node; has no device. */
        LINK
    }

    /** Copies the addresses. */
    public PortEntry {
        addresses = List.copyOf(addresses);
    }

    /** A port that lets in every kind of frame. */
    public PortEntry(
            int index,
            String name,
            Role role,
            int router,
            int peer,
            long mac,
            List<PortAddress> addresses,
            boolean classifyFromPort,
            boolean classifyToPort,
            int fromGroup,
            int toGroup,
            int mtuBytes) {
        this(
                index,
                name,
                role,
                router,
                peer,
                mac,
                addresses,
                classifyFromPort,
                classifyToPort,
                fromGroup,
                toGroup,
                mtuBytes,
                0);
    }

    /** Rule group of a side. */
    public int group(int side) {
        return side == PortSides.FROM_PORT ? fromGroup : toGroup;
    }

    /** Whether packets pass with their own Ethernet header, since Sluice is no hop here. */
    public boolean bridges() {
        return role == Role.TRANSPARENT || role == Role.SWITCH;
    }

    /** Whether a side is classified. */
    public boolean classifies(int side) {
        return side == PortSides.FROM_PORT ? classifyFromPort : classifyToPort;
    }
}
