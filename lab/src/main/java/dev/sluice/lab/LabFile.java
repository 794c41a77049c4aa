package dev.sluice.lab;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A lab as written in a file; the format is described in {@code docs/guides/lab.md}. A value of this type refers to nothing that is not in it.
 *
 * @param name what the lab is called
 * @param hosts the hosts in the order of the file
 * @param wires the wires in the order of the file
 */
public record LabFile(String name, List<Host> hosts, List<WireLine> wires) {
    /**
     * A host (a namespace), perhaps a service node.
     *
     * @param name its name
     * @param forwarding whether it routes
     * @param interfaces settings of its interfaces, by interface name
     * @param routes its routes
     * @param sysctls kernel settings
     * @param node what service node it is
     * @param httpPort the port of a web server to start, if any
     * @param programs programs to run, by name
     */
    public record Host(
            String name,
            boolean forwarding,
            Map<String, InterfaceLine> interfaces,
            List<RouteLine> routes,
            Map<String, String> sysctls,
            Optional<NodeLine> node,
            Optional<Integer> httpPort,
            Map<String, List<String>> programs) {}

    /**
     * Settings of an interface.
     *
     * @param addresses addresses with prefix length
     * @param mac the MAC address, else one is given out
     */
    public record InterfaceLine(List<String> addresses, Optional<String> mac) {}

    /**
     * A route.
     *
     * @param to a prefix or {@code default}
     * @param via the next hop
     */
    public record RouteLine(String to, String via) {}

    /**
     * A service node.
     *
     * @param kind which one
     * @param in interface of the in side
     * @param out interface of the out side; the same as in for a tap
     * @param wrong the third interface of {@link NodeKind#WRONG_PORT}
     * @param drop nftables expressions of what a firewall drops
     * @param forbid texts that a matcher blocks
     */
    public record NodeLine(
            NodeKind kind, String in, String out, Optional<String> wrong, List<String> drop, List<String> forbid) {}

    /** The service nodes that a file can ask for. */
    public enum NodeKind {
        /** {@link BridgeFirewall}. */
        BRIDGE_FIREWALL,
        /** {@link RoutingFirewall}. */
        ROUTING_FIREWALL,
        /** {@link NatNode}. */
        NAT,
        /** {@link InlineNode#matcher}. */
        MATCHER,
        /** {@link InlineNode#echo}. */
        ECHO,
        /** {@link InlineNode#wrongPort}. */
        WRONG_PORT,
        /** {@link TapNode}. */
        TAP
    }

    /**
     * One end of a wire.
     *
     * @param host name of the host
     * @param interfaceName name of the interface there
     */
    public record End(String host, String interfaceName) {
        @Override
        public String toString() {
            return host + "/" + interfaceName;
        }
    }

    /**
     * A wire.
     *
     * @param a first end
     * @param b second end
     * @param mtuBytes MTU of both ends
     * @param offloads whether the ends may leave checksums and segmentation pending
     * @param impairment how it is impaired, if it is
     */
    public record WireLine(
            End a, End b, int mtuBytes, boolean offloads, Optional<ImpairmentRelay.Settings> impairment) {}

    /** Keeps its lists to itself. */
    public LabFile {
        hosts = List.copyOf(hosts);
        wires = List.copyOf(wires);
    }

    /** Reads a file; throws with all that is wrong in it, each with file, line, field and what is allowed. */
    public static LabFile read(Path file) {
        try {
            return parse(file.toString(), Files.readString(file));
        } catch (IOException e) {
            throw new LabException("lab file " + file + " cannot be read: " + e.getMessage(), e);
        }
    }

    /** Reads the text of a file; the label stands for it in messages. */
    public static LabFile parse(String label, String text) {
        return new LabFileReader(label).read(text);
    }
}
