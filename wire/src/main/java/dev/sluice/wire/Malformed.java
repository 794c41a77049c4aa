package dev.sluice.wire;

/**
 * Why a header can't be used: negative values, so that one int carries either a length or a reason.
 *
 * <p>One table holds name, source and sentence of every reason; drop counters and the reference of reasons are made from it.
 * Reading it allocates nothing.
 */
public final class Malformed {
    /** The frame ends inside the Ethernet header. */
    public static final int ETHERNET_TRUNCATED = -1;

    /** The frame ends inside a VLAN tag. */
    public static final int VLAN_TRUNCATED = -2;

    /** The frame ends inside the ARP packet. */
    public static final int ARP_TRUNCATED = -3;

    /** The ARP packet is not about IPv4 over Ethernet. */
    public static final int ARP_FORMAT = -4;

    /** The frame ends inside the IPv4 header. */
    public static final int IPV4_TRUNCATED = -5;

    /** The version of an IPv4 header is not 4. */
    public static final int IPV4_VERSION = -6;

    /** The header length is below five words. */
    public static final int IPV4_HEADER_LENGTH = -7;

    /** The total length is below the header length. */
    public static final int IPV4_TOTAL_LENGTH_SHORT = -8;

    /** The total length exceeds the bytes that are there. */
    public static final int IPV4_TOTAL_LENGTH_LONG = -9;

    /** The header checksum is wrong. */
    public static final int IPV4_CHECKSUM = -10;

    /** An option has a length that does not fit. */
    public static final int IPV4_OPTIONS = -11;

    /** A fragment that can't be part of any packet. */
    public static final int IPV4_FRAGMENT = -12;

    /** The frame ends inside the IPv6 header. */
    public static final int IPV6_TRUNCATED = -13;

    /** The version of an IPv6 header is not 6. */
    public static final int IPV6_VERSION = -14;

    /** The payload length exceeds the bytes that are there. */
    public static final int IPV6_PAYLOAD_LENGTH = -15;

    /** A jumbogram, which is not supported. */
    public static final int IPV6_JUMBOGRAM = -16;

    /** The packet ends inside an extension header. */
    public static final int IPV6_EXTENSION_TRUNCATED = -17;

    /** More extension headers than are walked. */
    public static final int IPV6_EXTENSION_COUNT = -18;

    /** An extension header where it must not be. */
    public static final int IPV6_EXTENSION_ORDER = -19;

    /** A fragment that can't be part of any packet. */
    public static final int IPV6_FRAGMENT = -20;

    /** The packet ends inside the ICMP header. */
    public static final int ICMP_TRUNCATED = -21;

    /** The packet ends inside the ICMPv6 header. */
    public static final int ICMPV6_TRUNCATED = -22;

    /** The packet ends inside the neighbour discovery message. */
    public static final int ND_TRUNCATED = -23;

    /** A neighbour discovery option with length 0 or one that does not fit. */
    public static final int ND_OPTION_LENGTH = -24;

    /** Neighbour discovery that was forwarded by a router. */
    public static final int ND_HOP_LIMIT = -25;

    /** Neighbour discovery with a wrong code or type. */
    public static final int ND_CODE = -26;

    /** A target that is a multicast address. */
    public static final int ND_TARGET = -27;

    /** The packet ends inside the TCP header. */
    public static final int TCP_TRUNCATED = -28;

    /** The data offset is below five words. */
    public static final int TCP_HEADER_LENGTH = -29;

    /** The packet ends inside the UDP header. */
    public static final int UDP_TRUNCATED = -30;

    /** The UDP length is below 8 or exceeds the packet. */
    public static final int UDP_LENGTH = -31;

    /** The packet ends inside the SCTP common header. */
    public static final int SCTP_TRUNCATED = -32;

    /** The packet ends inside the GRE header. */
    public static final int GRE_TRUNCATED = -33;

    /** The GRE version is not 0. */
    public static final int GRE_VERSION = -34;

    /** A reserved GRE flag is set that must make a receiver drop. */
    public static final int GRE_RESERVED = -35;

    /** A checksum to be completed lies outside the frame. */
    public static final int CHECKSUM_RANGE = -36;

    /** The packet ends inside the Geneve header or its options. */
    public static final int GENEVE_TRUNCATED = -37;

    /** The Geneve version is not 0. */
    public static final int GENEVE_VERSION = -38;

    /** A Geneve option reaches beyond the options. */
    public static final int GENEVE_OPTION_LENGTH = -39;

    /** A critical Geneve option that is not known. */
    public static final int GENEVE_OPTION_CRITICAL = -40;

    /** The packet ends inside the VXLAN or VXLAN-GPE header. */
    public static final int VXLAN_TRUNCATED = -41;

    /** The VXLAN header says that its VNI is not valid. */
    public static final int VXLAN_NO_VNI = -42;

    /** The VXLAN-GPE version is not 0. */
    public static final int VXLAN_GPE_VERSION = -43;

    /** The packet ends inside the network service header. */
    public static final int NSH_TRUNCATED = -44;

    /** The version of the network service header is not 0. */
    public static final int NSH_VERSION = -45;

    /** The length of the network service header does not fit its metadata type. */
    public static final int NSH_LENGTH = -46;

    /** Metadata of a type that is not supported. */
    public static final int NSH_MD_TYPE = -47;

    /** A context header reaches beyond the network service header. */
    public static final int NSH_CONTEXT_LENGTH = -48;

    /** The service index is 0. */
    public static final int NSH_INDEX = -49;

    /** An option of a gateway load balancer that has not its length. */
    public static final int GWLB_OPTION_LENGTH = -50;

    /** The UDP checksum of a tunnel is wrong. */
    public static final int UDP_CHECKSUM = -51;

    /** No UDP checksum over IPv6, where that was not agreed. */
    public static final int UDP_CHECKSUM_ZERO = -52;

    /** Congestion was experienced by a packet whose sender does not understand that. */
    public static final int ECN_CONGESTION = -53;

    /** The packet is too long with outer headers. */
    public static final int OVERLAY_LENGTH = -54;

    private static final String[][] TABLE = {
        {"ethernet-truncated", "IEEE 802.3 3.1.1", "the frame ends inside the Ethernet header of 14 bytes"},
        {"vlan-truncated", "IEEE 802.1Q 9.3", "the frame ends inside a VLAN tag or right after it, without a type"},
        {"arp-truncated", "RFC 826", "the frame ends inside the ARP packet of 28 bytes"},
        {"arp-format", "RFC 826", "the ARP packet does not map IPv4 (0x0800, 4 bytes) to Ethernet (1, 6 bytes)"},
        {"ipv4-truncated", "RFC 791 3.1", "the frame ends inside the IPv4 header"},
        {"ipv4-version", "RFC 791 3.1", "the version field of an IPv4 header is not 4"},
        {"ipv4-header-length", "RFC 791 3.1", "the header length (IHL) is below 5 words"},
        {"ipv4-total-length-short", "RFC 791 3.1", "the total length is below the header length"},
        {"ipv4-total-length-long", "RFC 791 3.1", "the total length exceeds the bytes in the frame"},
        {"ipv4-checksum", "RFC 1812 5.2.2", "the header checksum is wrong"},
        {"ipv4-options", "RFC 791 3.1", "an option has a length below 2 or reaches beyond the header"},
        {
            "ipv4-fragment",
            "RFC 791 3.2",
            "the fragment ends beyond byte 65535, is empty, or is not the last and no multiple of 8 bytes"
        },
        {"ipv6-truncated", "RFC 8200 3", "the frame ends inside the IPv6 header of 40 bytes"},
        {"ipv6-version", "RFC 8200 3", "the version field of an IPv6 header is not 6"},
        {"ipv6-payload-length", "RFC 8200 3", "the payload length exceeds the bytes in the frame"},
        {
            "ipv6-jumbogram",
            "RFC 2675 2",
            "the payload length is 0 and hop-by-hop options follow; jumbograms are not supported"
        },
        {"ipv6-extension-truncated", "RFC 8200 4", "the packet ends inside an extension header"},
        {"ipv6-extension-count", "RFC 8504 5.3", "the packet has more than 8 extension headers"},
        {
            "ipv6-extension-order",
            "RFC 8200 4.1",
            "hop-by-hop options not right after the IPv6 header, or a second fragment header"
        },
        {
            "ipv6-fragment",
            "RFC 8200 4.5",
            "the fragment ends beyond byte 65535, is empty, or is not the last and no multiple of 8 bytes"
        },
        {"icmp-truncated", "RFC 792", "the packet ends inside the ICMP header of 8 bytes"},
        {"icmpv6-truncated", "RFC 4443 2.1", "the packet ends inside the ICMPv6 header of 8 bytes"},
        {"nd-truncated", "RFC 4861 4", "the packet ends inside the neighbour discovery message"},
        {"nd-option-length", "RFC 4861 4.6", "a neighbour discovery option has length 0 or reaches beyond the message"},
        {
            "nd-hop-limit",
            "RFC 4861 6.1, 7.1, 8.1",
            "the hop limit of a neighbour discovery message is not 255, so a router has forwarded it"
        },
        {
            "nd-code",
            "RFC 4861 6.1, 7.1, 8.1",
            "the code is not 0 or the type is not one of neighbour discovery (133..137)"
        },
        {"nd-target", "RFC 4861 7.1", "the target of a neighbour solicitation or advertisement is a multicast address"},
        {"tcp-truncated", "RFC 9293 3.1", "the packet ends inside the TCP header"},
        {"tcp-header-length", "RFC 9293 3.1", "the data offset is below 5 words"},
        {"udp-truncated", "RFC 768", "the packet ends inside the UDP header of 8 bytes"},
        {"udp-length", "RFC 768", "the UDP length is below 8 or exceeds the packet"},
        {"sctp-truncated", "RFC 9260 3.1", "the packet ends inside the SCTP common header of 12 bytes"},
        {"gre-truncated", "RFC 2784 2.1", "the packet ends inside the GRE header"},
        {"gre-version", "RFC 2784 2.3.1", "the GRE version is not 0"},
        {
            "gre-reserved",
            "RFC 2784 2.3",
            "one of the reserved bits 1, 4 and 5 of the GRE header is set (key and sequence bits are allowed by RFC 2890)"
        },
        {"checksum-range", "VIRTIO 1.2 5.1.6.2", "a checksum that is to be completed starts or lies outside the frame"},
        {"geneve-truncated", "RFC 8926 3.4", "the packet ends inside the Geneve header or its options"},
        {"geneve-version", "RFC 8926 3.4", "the Geneve version is not 0"},
        {"geneve-option-length", "RFC 8926 3.5", "a Geneve option reaches beyond the length of all options"},
        {"geneve-option-critical", "RFC 8926 3.5", "a critical Geneve option is of a class and type that are not known"
        },
        {"vxlan-truncated", "RFC 7348 5", "the packet ends inside the VXLAN or VXLAN-GPE header of 8 bytes"},
        {"vxlan-no-vni", "RFC 7348 5", "flag I of the VXLAN or VXLAN-GPE header is not set, so there is no VNI"},
        {"vxlan-gpe-version", "draft-ietf-nvo3-vxlan-gpe 3", "the VXLAN-GPE version is not 0"},
        {"nsh-truncated", "RFC 8300 2.2", "the packet ends inside the network service header"},
        {"nsh-version", "RFC 8300 2.2", "the version of the network service header is not 0"},
        {
            "nsh-length",
            "RFC 8300 2.4, 2.5",
            "the length of the network service header is not 6 words (metadata type 1) or below 2 words (type 2)"
        },
        {"nsh-md-type", "RFC 8300 2.2", "the metadata type of the network service header is neither 1 nor 2"},
        {"nsh-context-length", "RFC 8300 2.5.1", "a context header reaches beyond the network service header"},
        {"nsh-index", "RFC 8300 2.3", "the service index is 0 although a service is still to be counted"},
        {
            "gwlb-option-length",
            "AWS GWLB Geneve options",
            "an option of class 0x0108 has not the length of its type (8, 8 and 4 bytes)"
        },
        {"udp-checksum", "RFC 8926 3.3", "the UDP checksum of the outer header is there and wrong"},
        {
            "udp-checksum-zero",
            "RFC 6935 5",
            "the outer header is IPv6 and has no UDP checksum, which was not agreed with the sender"
        },
        {
            "ecn-congestion",
            "RFC 6040 4.2",
            "the outer header says that congestion was experienced and the inner one that its sender does not understand ECN"
        },
        {"overlay-length", "RFC 791 3.1, RFC 8200 3", "the packet with its outer headers is longer than 65535 bytes"},
    };

    /** How many reasons there are; they are -1 down to -COUNT. */
    public static final int COUNT = TABLE.length;

    private Malformed() {}

    /** Whether a result is a reason and not a length or walk result. */
    public static boolean is(long result) {
        return result < 0;
    }

    /** Short name for counters and commands, for example {@code ipv4-version}. */
    public static String name(int reason) {
        return TABLE[row(reason)][0];
    }

    /** Where the rule is written that the frame breaks. */
    public static String source(int reason) {
        return TABLE[row(reason)][1];
    }

    /** What is wrong, as a sentence without capital and full stop. */
    public static String sentence(int reason) {
        return TABLE[row(reason)][2];
    }

    private static int row(int reason) {
        if (reason >= 0 || reason < -COUNT) {
            throw new IllegalArgumentException("malformed reason " + reason + " is outside -" + COUNT + "..-1");
        }
        return -1 - reason;
    }
}
