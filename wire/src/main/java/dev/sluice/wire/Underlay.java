package dev.sluice.wire;

/**
 * Outer link and IP header of a tunnel, without what changes from packet to packet.
 *
 * @param nextHop MAC address of the next hop in the underlay
 * @param port MAC address of the interface by which packets leave
 * @param vlanTci priority and VLAN of a tag 0x8100, or -1 for none
 * @param from own address
 * @param to address of the other end, of the same IP version
 * @param ttl time to live or hop limit, 1..255
 * @param dscp 0..63, or {@link #INHERIT}
 * @param dontFragment the bit of IPv4; of no meaning for IPv6
 * @param checksum whether the outer UDP header has a checksum; without one over IPv6 the other end must have agreed (RFC 6935 5)
 */
public record Underlay(
        MacAddress nextHop,
        MacAddress port,
        int vlanTci,
        IpAddress from,
        IpAddress to,
        int ttl,
        int dscp,
        boolean dontFragment,
        boolean checksum) {
    /** No VLAN tag. */
    public static final int UNTAGGED = -1;

    /** The DSCP of what is inside is written outside (RFC 2983 4.1). */
    public static final int INHERIT = -1;

    /** Checks the ranges of all fields. */
    public Underlay {
        if (vlanTci != UNTAGGED) {
            Range.check("VLAN tag", vlanTci, 16, "IEEE 802.1Q 9.6");
        }
        if (dscp != INHERIT) {
            Range.check("DSCP", dscp, 6, "RFC 2474 3");
        }
        if (ttl < 1 || ttl > 255) {
            throw new IllegalArgumentException("TTL " + ttl + " is outside 1..255 (RFC 791 3.1)");
        }
        if (from.isIpv4() != to.isIpv4()) {
            throw new IllegalArgumentException("addresses " + from + " and " + to + " are not of one IP version");
        }
    }

    /** Length of link and IP header in bytes. */
    int headerBytes() {
        return linkBytes() + (from.isIpv4() ? Ipv4.BYTES : Ipv6.BYTES);
    }

    /** Length of the link header in bytes. */
    int linkBytes() {
        return Ethernet.BYTES + (vlanTci == UNTAGGED ? 0 : VlanTag.BYTES);
    }
}
