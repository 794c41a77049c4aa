package dev.sluice.wire;

/** Numbers of the Ethernet type field (IEEE Registration Authority; RFC 9542 appendix B). */
public final class EtherTypes {
    /** IPv4 (RFC 894). */
    public static final int IPV4 = 0x0800;

    /** Address resolution (RFC 826). */
    public static final int ARP = 0x0806;

    /** Customer VLAN tag (IEEE 802.1Q). */
    public static final int VLAN = 0x8100;

    /** Ethernet bridged inside a tunnel (RFC 1701, used by NVGRE and Geneve). */
    public static final int TEB = 0x6558;

    /** IPv6 (RFC 2464). */
    public static final int IPV6 = 0x86DD;

    /** MAC control, PAUSE (IEEE 802.3). */
    public static final int MAC_CONTROL = 0x8808;

    /** MPLS unicast (RFC 3032). */
    public static final int MPLS = 0x8847;

    /** Port access entity (IEEE 802.1X). */
    public static final int EAPOL = 0x888E;

    /** Service VLAN tag (IEEE 802.1ad). */
    public static final int QINQ = 0x88A8;

    /** Link layer discovery (IEEE 802.1AB). */
    public static final int LLDP = 0x88CC;

    /** Network service header (RFC 8300). */
    public static final int NSH = 0x894F;

    /** Outer tag number that older equipment uses instead of {@link #QINQ}. */
    public static final int QINQ_OLD = 0x9100;

    /** Smallest value that is a type; below 1501 the field is a length of an IEEE 802.3 frame. */
    public static final int SMALLEST = 0x0600;

    private EtherTypes() {}
}
