package dev.sluice.agent.report;

import java.util.List;

/**
 * Answer to the request {@code runtimes}: what of the service nodes runs on this host (V16).
 *
 * @param instances those of the objects that are on this host
 */
public record RuntimesReport(List<RuntimeReport> instances) {
    /** Copies the list. */
    public RuntimesReport {
        instances = List.copyOf(instances);
    }

    /**
     * A service instance on this host.
     *
     * @param instance its name
     * @param service name of its service
     * @param interfaces what leads to it, none if it is in the underlay
     * @param endpoint its address in the underlay; empty: it has interfaces
     * @param adminState up, down, drain or maintenance
     * @param alive whether it serves
     * @param proven whether it was heard of since it came
     * @param reason why it is not alive, else empty
     * @param planes the planes of the chains whose paths lead through it
     */
    public record RuntimeReport(
            String instance,
            String service,
            List<InterfaceReport> interfaces,
            String endpoint,
            String adminState,
            boolean alive,
            boolean proven,
            String reason,
            List<PlaneReport> planes) {
        /** Copies the lists. */
        public RuntimeReport {
            interfaces = List.copyOf(interfaces);
            planes = List.copyOf(planes);
        }
    }

    /**
     * An interface that leads to a service node, and to nothing else.
     *
     * @param side in, out or both
     * @param name of Linux
     * @param mac MAC address that frames on this side have for the node or for its neighbour, 48 bits; -1: it is asked for
     * @param trouble why no frame can cross it, else empty
     */
    public record InterfaceReport(String side, String name, long mac, String trouble) {}

    /**
     * A service plane.
     *
     * @param svni its virtual network, 1..16777215
     * @param attachment name of its ServiceAttachment; empty: chains give the number themselves
     */
    public record PlaneReport(int svni, String attachment) {}
}
