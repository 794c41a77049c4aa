package dev.sluice.datapath.packet;

/**
 * Why a packet was dropped: the one table that counters, command line and documentation are generated from.
 *
 * <p>Each reason has a counter per port ({@link DropCounters}), the section of its specification and a sentence for people.
 */
public enum DropReason {
    FRAME_TRUNCATED("IEEE 802.3 3.1", "The frame ends inside its Ethernet header or a VLAN tag."),
    SOURCE_MAC_INVALID("IEEE 802 8.2", "The source MAC address is a group address."),
    IPV4_HEADER_INVALID("RFC 791 3.1", "The IPv4 version, header length, total length or an option is wrong."),
    IPV4_CHECKSUM("RFC 791 3.1", "The IPv4 header checksum is wrong."),
    IPV6_HEADER_INVALID("RFC 8200 3", "The IPv6 version or payload length is wrong."),
    IPV6_EXTENSION_INVALID("RFC 8200 4", "An IPv6 extension header is cut off, too long, or one of too many."),
    TRANSPORT_TRUNCATED(
            "RFC 9293 3.1, RFC 768", "The packet ends inside its transport header, or the header's length is wrong."),
    FRAGMENT_TINY(
            "RFC 1858 3, RFC 3128",
            "The first fragment of a datagram ends inside its transport header, so that nobody could tell its ports."),
    ADDRESS_INVALID(
            "RFC 1122 3.2.1.3, RFC 4291 2.7", "The source address is a group, loopback or unspecified address."),

    PORT_UNKNOWN("packet-life: ports", "The frame came in on a port that the configuration does not use."),
    NOT_FOR_US("packet-life: router ports", "The destination MAC address belongs to somebody else."),
    VLAN_UNEXPECTED(
            "packet-life: router ports",
            "A tagged frame came in on a router port, which takes untagged frames, or one with more than two tags on a transparent port."),
    GROUP_NOT_ROUTED("packet-life: router ports", "Multicast and broadcast packets are not routed."),
    NON_IP_NOT_ROUTED("packet-life: router ports", "A router port takes IP, ARP and neighbour discovery only."),
    CONTROL_INVALID(
            "RFC 826, RFC 4861 7.1, RFC 6980",
            "An ARP or neighbour discovery message is malformed, forged or in fragments."),

    LEFT_TO_HOST(
            "X10, packet-life: transparent ports",
            "The frame is for the interface itself: it is the host's, whose kernel has its own copy."),
    NON_UNICAST_REFUSED(
            "X11, packet-life: transparent ports",
            "The port's nonUnicast setting does not let in frames of this kind."),
    FRAGMENT_OVERLAP(
            "RFC 1858 4, RFC 5722, packet-life: fragments",
            "A fragment covers the beginning of its datagram again, or contradicts what the first fragment said."),
    FRAGMENT_TABLE_FULL(
            "X6, packet-life: fragments",
            "Too many datagrams in fragments that were never whole came by one router, pair or node; or this one had to give way to others, and may not begin anew."),
    FRAGMENT_ORPHAN(
            "X6, packet-life: fragments",
            "The first fragment of the datagram did not come within a second, or too many fragments wait for theirs."),
    ZONES_FULL(
            "V29, packet-life: flow key",
            "More than 57,344 combinations of VLANs are in use; the packet's has no number."),
    RULE_DROP("V4", "A rule says drop."),
    FLOW_PROGRAMMED("V12", "An instruction for this flow says drop; see sluice flow list."),
    TABLE_FULL("V2, F9", "The connection table is full and the flow needs a service that fails closed."),
    SERVICE_DOWN("X7", "A service node of the path is dead and the failure action is closed."),
    NODE_CAP_EXCEEDED("X12", "The service node is sent as many packets per second as its cap allows already."),
    NO_PATH(
            "V18",
            "The chain has no path for new flows: a service has no instance on this node, or those it has are drained."),
    PATH_CHANGING(
            "F7, packet-life: changing paths",
            "The flow gets a path with the same nodes in another order, and waits for a second until no packet is inside them on the old one; or two rules send it along two chains through one node of another host, and a packet"
                    + " of the other chain may be inside."),

    SERVICE_TAG_UNKNOWN("C4, C8", "A frame from a service port carries a tag that no policy is bound to."),
    SERVICE_CONTROL("X11", "A service node sent something else than unicast IP."),
    SERVICE_WRONG_SIDE(
            "V10, packet-life: return", "A service node sent the packet back on the side where it had received it."),
    PROBE_UNEXPECTED(
            "packet-life: return, probes",
            "What looks like a probe came from a service port and is forged, late, or came out at the wrong side."),
    COPY_NODE_SENT("packet-life: copy", "A node that only gets copies sent a packet."),
    RETURN_NO_FLOW("C8", "A packet from a service node belongs to no flow that was sent to it."),
    RETURN_AMBIGUOUS(
            "C8",
            "A packet from a service node fits flows of several routers or paths, and its tag does not tell them apart."),

    OVERLAY_PEER_UNKNOWN(
            "S1, packet-life: from another switch",
            "A tunnel packet comes from an address that is no peer's and no service node's."),
    OVERLAY_PORT_REFUSED(
            "S1, packet-life: from another switch",
            "A tunnel packet, or BFD of another switch, came in by a port to which no route of the underlay router to a peer or node leads."),
    OVERLAY_FRAGMENTED("RFC 8926 4.4.1", "A tunnel packet is a fragment; tunnels here are never fragmented."),
    OVERLAY_CHECKSUM("RFC 768, RFC 6935", "The outer UDP checksum of a tunnel packet is wrong."),
    OVERLAY_HEADER_INVALID("RFC 8926 3.4, 3.5", "The header of a tunnel, or an option in it, is malformed."),
    OVERLAY_OPTION_CRITICAL("RFC 8926 3.5", "A Geneve option that nobody here understands is marked as critical."),
    OVERLAY_PAYLOAD_UNKNOWN(
            "V8, packet-life: from another switch",
            "A tunnel packet carries something else than unicast IP on a service path."),
    BFD_REFUSED(
            "S1, RFC 5880 6.8.6, RFC 5881 5",
            "A BFD packet from the address of another switch is malformed, forged, or of no session; sluice status counts why."),
    STATES_REFUSED(
            "S1, packet-life: from another switch",
            "A message about service instances is not from the switch that has them, or older than what it said last."),
    OVERLAY_CONGESTION(
            "RFC 6040 4.2", "The underlay marked congestion on a packet whose sender does not understand the mark."),
    OVERLAY_PATH_UNKNOWN("V8", "The path of a flow is not one that other switches know by this time."),
    SEGMENT_UNKNOWN(
            "C1, packet-life: from another switch",
            "A tunnel packet carries a frame of a virtual network that no logical switch of this node has."),
    SEGMENT_PEER_UNKNOWN(
            "C1, packet-life: segments",
            "A frame of a segment comes from a switch that has no port of it and served it for nobody who has."),
    SEGMENT_LOOP(
            "C1, packet-life: segments",
            "A frame from another node has the source MAC address of a port here that is in use: a loop or a forgery."),
    SEGMENT_NOBODY("C1, packet-life: segments", "Nobody is left in the segment whom the frame could be for."),
    SEGMENT_RESERVED(
            "IEEE 802.1Q 8.6.3",
            "The frame is for the next bridge only (01:80:c2:00:00:00 to 0f), which a logical switch is not."),
    OVERLAY_UNREACHABLE("V8", "The underlay has no route to the switch that has the next node."),
    OVERLAY_FLOW_UNKNOWN(
            "C7, packet-life: from another switch", "A packet came back for a flow that nobody here knows."),
    NSH_INVALID("RFC 8300 2.2, 2.5", "The network service header is malformed, or longer than 184 bytes."),
    NSH_TTL_EXPIRED(
            "RFC 8300 2.2", "The time to live of the network service header ended: the path loops, or is too long."),
    NSH_PATH_UNKNOWN("RFC 8300 5.1, S1", "No service path of this virtual network has this identifier."),
    NSH_INDEX_INVALID("RFC 8300 2.3", "The service index is that of no service of the path that this switch has."),
    NSH_CONTEXT_MISSING(
            "V8",
            "The network service header does not say who classified the packet, names a stranger, or lacks the context that its node was sent."),
    NODE_TRANSPORT_WRONG(
            "C5, packet-life: from an aware node",
            "A service node sent a packet by another transport than that of its service."),
    NODE_MAC_UNKNOWN(
            "S1, packet-life: from an aware node",
            "A frame with a network service header comes from another MAC address than that of the service node at the port."),
    OVERLAY_HOP_FORGED(
            "S1, packet-life: from another switch",
            "A packet of a path comes from a switch that neither classified it nor has a node of the path before its index."),
    NODE_HOP_FORGED(
            "C11, packet-life: from an aware node",
            "A service node sent a packet as from a hop of a path that it is not."),
    NODE_FLOW_FORGED(
            "C11, packet-life: from an aware node",
            "A service node sent a packet of a flow, tenant or switch that was not sent to it."),
    NODE_COOKIE_UNKNOWN(
            "X5, packet-life: from a gateway appliance",
            "An appliance sent a packet without flow cookie and attachment id, or with those of no flow that passes it."),
    FLOW_PROGRAM_REFUSED(
            "V12, packet-life: what nodes say",
            "Somebody said what is to become of a flow who does not serve it, or what can't be followed."),
    TOO_BIG_REFUSED(
            "X6, packet-life: too large elsewhere",
            "Another switch sent a packet back as too large that it has no business with, or that is not."),
    PLANE_FLOWS_FULL("C7", "More flows of other switches pass nodes here than there is room to remember."),

    TTL_EXPIRED("RFC 1812 5.3.1, RFC 8200 3", "The TTL or hop limit would become 0."),
    NO_ROUTE("RFC 1812 5.2.4", "The router has no route to the destination."),
    BLACKHOLE("RFC 1812 5.2.4", "The route to the destination is a blackhole."),
    LOCAL_UNSUPPORTED(
            "packet-life: routing", "The packet is addressed to the router itself and nothing here answers it."),
    EGRESS_DOWN("packet-life: routing", "Every next hop of the route lies behind a port that is down."),
    LINK_LOOP("V15", "The packet crossed too many links between routers."),
    MTU_EXCEEDED(
            "X6, RFC 1191, RFC 8201",
            "The packet is larger than the MTU of the port it should leave by; its sender is told."),
    NEIGHBOR_UNRESOLVED("RFC 826, RFC 4861 7.2", "The next hop does not answer ARP or neighbour solicitations."),
    NEIGHBOR_QUEUE_FULL("RFC 4861 7.2.2", "Too many packets wait for the next hop's MAC address."),
    PORT_ABSENT("packet-life: leave", "The port it should leave by has no device: the interface is not there."),
    NO_FRAME("packet-life: frames", "No frame was free for a tag, a copy or an answer.");

    private static final DropReason[] VALUES = values();

    /** Number of reasons. */
    public static final int COUNT = VALUES.length;

    private final String specification;
    private final String sentence;

    DropReason(String specification, String sentence) {
        this.specification = specification;
        this.sentence = sentence;
    }

    /** The section of an RFC, a requirement row, or a chapter of docs/reference/packet-life.md. */
    public String specification() {
        return specification;
    }

    /** What happened, in one sentence. */
    public String sentence() {
        return sentence;
    }

    /** Place of the reason in arrays of counters, 0..{@link #COUNT} - 1. Not stable between versions: never store it. */
    @SuppressWarnings("EnumOrdinal") // counters are arrays by reason and live no longer than the process
    public int index() {
        return ordinal();
    }

    /** The reason with this {@link #index}. */
    public static DropReason of(int index) {
        return VALUES[index];
    }
}
