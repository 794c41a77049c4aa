package dev.sluice.model;

import dev.sluice.wire.MacAddress;
import java.util.Optional;
import java.util.Set;

/**
 * A network interface over which Sluice receives and sends frames of hosts (not of service nodes).
 *
 * @param metadata the name is the one that appliedTo and routers use
 * @param spec which interface and how it is used
 */
public record Port(Metadata metadata, Spec spec) implements Resource {
    @Override
    public Kind kind() {
        return Kind.PORT;
    }

    /**
     * Which interface and how it is used.
     *
     * @param node host that has the interface; empty: any host
     * @param interfaceName Linux name, 1..15 bytes
     * @param profile name of the PortProfile that tells the service of this port
     * @param peer name of the Port on the other side of Sluice (transparent mode); it may be named on one side only
     * @param logicalSwitch name of the LogicalSwitch that it is a port of
     * @param driver how frames are received and sent
     * @param xdpMode where an XDP program is attached, for af_xdp
     * @param zeroCopy whether af_xdp avoids copying
     * @param fastPath which part of the kernel repeats known flows of this port, on a node where it does so
     * @param classify which packets are classified
     * @param mac own MAC address instead of the interface's
     * @param refused kinds of frames that are not unicast IP and are not let in by this port (transparent mode, switches)
     */
    public record Spec(
            Optional<String> node,
            String interfaceName,
            Optional<String> profile,
            Optional<String> peer,
            Optional<String> logicalSwitch,
            PortDriver driver,
            XdpMode xdpMode,
            ZeroCopy zeroCopy,
            FastPath fastPath,
            Classify classify,
            Optional<MacAddress> mac,
            Set<FrameKind> refused) {
        /** Checks the names, copies the set. */
        public Spec {
            refused = Set.copyOf(refused);
            Checks.requireInterfaceName("interface", interfaceName);
            node.ifPresent(name -> Checks.requireName("node", name));
        }

        /** A port with every default. */
        public static Spec ofInterface(Optional<String> node, String interfaceName, Optional<String> peer) {
            return new Spec(
                    node,
                    interfaceName,
                    Optional.empty(),
                    peer,
                    Optional.empty(),
                    PortDriver.AUTO,
                    XdpMode.AUTO,
                    ZeroCopy.AUTO,
                    FastPath.AUTO,
                    Classify.DEFAULT,
                    Optional.empty(),
                    Set.of());
        }
    }

    /**
     * Which packets are classified.
     *
     * @param fromPort packets coming in from the port
     * @param toPort packets going out to the port
     */
    public record Classify(boolean fromPort, boolean toPort) {
        /** Both. */
        public static final Classify DEFAULT = new Classify(true, true);
    }

    /** What a frame that is not unicast IP can be (X11). */
    public enum FrameKind implements Word {
        /** ARP and RARP. */
        ARP("arp"),

        /** Neighbour solicitation, neighbour advertisement, redirect. */
        NEIGHBOR_DISCOVERY("neighborDiscovery"),

        /** Router solicitation and advertisement. */
        ROUTER_ADVERTISEMENT("routerAdvertisement"),

        /** DHCP and DHCPv6 to all. */
        DHCP("dhcp"),

        /** IP packets to a group. */
        MULTICAST("multicast"),

        /** IPv4 packets to 255.255.255.255. */
        BROADCAST("broadcast"),

        /** Spanning tree. */
        STP("stp"),

        /** LACP and other slow protocols. */
        LACP("lacp"),

        /** LLDP. */
        LLDP("lldp"),

        /** Everything else that is not IP. */
        OTHER("other");

        private final String word;

        FrameKind(String word) {
            this.word = word;
        }

        @Override
        public String word() {
            return word;
        }
    }

    /** What happens to frames of a kind. */
    public enum Treatment implements Word {
        /** They cross to the peer, unchanged. */
        PASS("pass"),

        /** They are dropped and counted. */
        DROP("drop");

        private final String word;

        Treatment(String word) {
            this.word = word;
        }

        @Override
        public String word() {
            return word;
        }
    }

    /** Where an XDP program is attached. */
    public enum XdpMode implements Word {
        /** In the driver if it can, else in the stack. */
        AUTO("auto"),

        /** In the driver. */
        NATIVE("native"),

        /** In the stack. */
        GENERIC("generic");

        private final String word;

        XdpMode(String word) {
            this.word = word;
        }

        @Override
        public String word() {
            return word;
        }
    }

    /** What repeats known flows in the kernel, on a node that runs with a fast path. */
    public enum FastPath implements Word {
        /** As the node was told. */
        AUTO("auto"),

        /** Nothing: the process moves each packet. */
        OFF("off"),

        /** The program at tc. */
        TC("tc"),

        /** The program in XDP, and behind it the one at tc. */
        XDP("xdp");

        private final String word;

        FastPath(String word) {
            this.word = word;
        }

        @Override
        public String word() {
            return word;
        }
    }

    /** Whether AF_XDP shares frame memory with the interface. */
    public enum ZeroCopy implements Word {
        /** If the driver can. */
        AUTO("auto"),

        /** Yes, or the port does not start. */
        ON("on"),

        /** No. */
        OFF("off");

        private final String word;

        ZeroCopy(String word) {
            this.word = word;
        }

        @Override
        public String word() {
            return word;
        }
    }
}
