package dev.sluice.model;

import dev.sluice.model.Port.Classify;
import dev.sluice.model.Port.FastPath;
import dev.sluice.model.Port.FrameKind;
import dev.sluice.model.Port.Spec;
import dev.sluice.model.Port.Treatment;
import dev.sluice.model.Port.XdpMode;
import dev.sluice.model.Port.ZeroCopy;
import dev.sluice.wire.MacAddress;
import java.util.EnumSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Reads {@link Port}. */
final class PortReader {
    private static final Field<Optional<String>> NODE =
            Field.optional("node", Types.NAME, "Host that has the interface; without it, any host.");
    private static final Field<String> INTERFACE =
            Field.required("interface", Types.INTERFACE, "The network interface.");
    private static final Field<Optional<String>> PROFILE = Field.optional(
            "profile", Types.reference(Kind.PORT_PROFILE), "The service that this port gets without a rule.");
    private static final Field<Optional<String>> PEER = Field.optional(
            "peer",
            Types.reference(Kind.PORT),
            "Transparent mode: Sluice sits between this port and that one. One of the two may name the other, or both.");
    private static final Field<Optional<String>> SWITCH = Field.optional(
            "switch",
            Types.reference(Kind.LOGICAL_SWITCH),
            "The L2 segment that this is a port of, together with ports of this and other hosts.");
    private static final Field<PortDriver> DRIVER = Field.defaulted(
            "driver", Types.word(PortDriver.class), PortDriver.AUTO, "How frames are received and sent.");
    private static final Field<XdpMode> XDP_MODE = Field.defaulted(
            "xdpMode", Types.word(XdpMode.class), XdpMode.AUTO, "Where the XDP program is attached, for af_xdp.");
    private static final Field<ZeroCopy> ZERO_COPY = Field.defaulted(
            "zeroCopy", Types.word(ZeroCopy.class), ZeroCopy.AUTO, "Whether af_xdp avoids copying frames.");
    private static final Field<FastPath> FAST_PATH = Field.defaulted(
            "fastPath",
            Types.word(FastPath.class),
            FastPath.AUTO,
            "Where the kernel repeats known flows of this port, on a node with --fast-path; auto: where that says. tc: not with driver: af_xdp; tc and xdp: not with tap.");
    private static final Field<Boolean> FROM_PORT =
            Field.defaulted("fromPort", Types.BOOLEAN, true, "true", "Packets coming in from the port are classified.");
    private static final Field<Boolean> TO_PORT =
            Field.defaulted("toPort", Types.BOOLEAN, true, "true", "Packets going out to the port are classified.");
    private static final Field<Classify> CLASSIFY = Field.defaulted(
            "classify",
            ObjectType.of(v -> new Classify(v.get(FROM_PORT), v.get(TO_PORT)), FROM_PORT, TO_PORT),
            Classify.DEFAULT,
            "",
            "Which packets rules are asked for.");
    private static final Field<Optional<MacAddress>> MAC =
            Field.optional("mac", Types.MAC, "Own MAC address instead of the interface's.");

    private static final Field<Treatment> ARP = kind("arp", "ARP and RARP.");
    private static final Field<Treatment> NEIGHBOR_DISCOVERY =
            kind("neighborDiscovery", "ICMPv6 neighbour solicitation, neighbour advertisement and redirect.");
    private static final Field<Treatment> ROUTER_ADVERTISEMENT =
            kind("routerAdvertisement", "ICMPv6 router solicitation and router advertisement.");
    private static final Field<Treatment> DHCP =
            kind("dhcp", "DHCP and DHCPv6 to all; what goes to one address is unicast IP and classified.");
    private static final Field<Treatment> MULTICAST = kind("multicast", "IP packets to a group.");
    private static final Field<Treatment> BROADCAST = kind("broadcast", "IPv4 packets to 255.255.255.255.");
    private static final Field<Treatment> STP =
            kind("stp", "Spanning tree: 01:80:c2:00:00:00, 01:80:c2:00:00:08, 01:00:0c:cc:cc:cd.");
    private static final Field<Treatment> LACP = kind("lacp", "LACP and the other slow protocols, EtherType 0x8809.");
    private static final Field<Treatment> LLDP = kind("lldp", "LLDP, EtherType 0x88cc.");
    private static final Field<Treatment> OTHER =
            kind("other", "Everything else that is not IP, the other addresses 01:80:c2:00:00:0x included.");
    private static final Field<Set<FrameKind>> NON_UNICAST = Field.defaulted(
            "nonUnicast",
            ObjectType.of(
                    PortReader::refused,
                    ARP,
                    NEIGHBOR_DISCOVERY,
                    ROUTER_ADVERTISEMENT,
                    DHCP,
                    MULTICAST,
                    BROADCAST,
                    STP,
                    LACP,
                    LLDP,
                    OTHER),
            Set.of(),
            "",
            "Transparent mode and switches: which frames that are not unicast IP are let in by this port. What is let in crosses to the peer, or into the segment, unchanged, past every service.");

    static final ObjectType<Spec> SPEC = ObjectType.of(
            PortReader::spec,
            NODE,
            INTERFACE,
            PROFILE,
            PEER,
            SWITCH,
            DRIVER,
            XDP_MODE,
            ZERO_COPY,
            FAST_PATH,
            CLASSIFY,
            MAC,
            NON_UNICAST);

    private PortReader() {}

    private static Field<Treatment> kind(String name, String description) {
        return Field.defaulted(name, Types.word(Treatment.class), Treatment.PASS, description);
    }

    private static Set<FrameKind> refused(Values v) {
        Map<FrameKind, Field<Treatment>> fields = Map.of(
                FrameKind.ARP, ARP,
                FrameKind.NEIGHBOR_DISCOVERY, NEIGHBOR_DISCOVERY,
                FrameKind.ROUTER_ADVERTISEMENT, ROUTER_ADVERTISEMENT,
                FrameKind.DHCP, DHCP,
                FrameKind.MULTICAST, MULTICAST,
                FrameKind.BROADCAST, BROADCAST,
                FrameKind.STP, STP,
                FrameKind.LACP, LACP,
                FrameKind.LLDP, LLDP,
                FrameKind.OTHER, OTHER);
        Set<FrameKind> refused = EnumSet.noneOf(FrameKind.class);
        fields.forEach((kind, field) -> {
            if (v.get(field) == Treatment.DROP) {
                refused.add(kind);
            }
        });
        return refused;
    }

    private static @Nullable Spec spec(Values v) {
        String place = "cannot be with driver: ";
        FastPath fast = v.get(FAST_PATH);
        boolean told = fast == FastPath.TC || fast == FastPath.XDP;
        if (told && v.get(DRIVER) == PortDriver.TAP) {
            return v.refuse(
                    "fastPath",
                    place + "tap, whose packets the kernel never has; leave it out, or take another driver",
                    "auto, off");
        }
        if (fast == FastPath.TC && v.get(DRIVER) == PortDriver.AF_XDP) {
            return v.refuse(
                    "fastPath",
                    place + "af_xdp, which takes packets before tc; leave it out, or take driver: af_packet",
                    "auto, off, xdp");
        }
        if (fast == FastPath.XDP && v.get(DRIVER) == PortDriver.AF_XDP && v.get(XDP_MODE) == XdpMode.GENERIC) {
            return v.refuse(
                    "fastPath",
                    place
                            + "af_xdp in xdpMode: generic, where XDP cannot pass packets on; leave it out, or leave xdpMode out",
                    "auto, off");
        }
        return new Spec(
                v.get(NODE),
                v.get(INTERFACE),
                v.get(PROFILE),
                v.get(PEER),
                v.get(SWITCH),
                v.get(DRIVER),
                v.get(XDP_MODE),
                v.get(ZERO_COPY),
                v.get(FAST_PATH),
                v.get(CLASSIFY),
                v.get(MAC),
                v.get(NON_UNICAST));
    }
}
