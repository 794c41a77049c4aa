package dev.sluice.wire;

/** Numbers of the IPv4 protocol and IPv6 next header fields (IANA "Protocol Numbers"). */
public final class IpProtocols {
    /** IPv6 hop-by-hop options (RFC 8200 4.3). */
    public static final int HOP_BY_HOP = 0;

    /** ICMP for IPv4 (RFC 792). */
    public static final int ICMP = 1;

    /** IGMP (RFC 9776). */
    public static final int IGMP = 2;

    /** IPv4 in IP (RFC 2003). */
    public static final int IPV4 = 4;

    /** TCP (RFC 9293). */
    public static final int TCP = 6;

    /** UDP (RFC 768). */
    public static final int UDP = 17;

    /** IPv6 in IP (RFC 2473). */
    public static final int IPV6 = 41;

    /** IPv6 routing header (RFC 8200 4.4). */
    public static final int ROUTING = 43;

    /** IPv6 fragment header (RFC 8200 4.5). */
    public static final int FRAGMENT = 44;

    /** GRE (RFC 2784). */
    public static final int GRE = 47;

    /** Encapsulating security payload (RFC 4303). */
    public static final int ESP = 50;

    /** Authentication header (RFC 4302). */
    public static final int AH = 51;

    /** ICMP for IPv6 (RFC 4443). */
    public static final int ICMPV6 = 58;

    /** IPv6: nothing follows (RFC 8200 4.7). */
    public static final int NO_NEXT_HEADER = 59;

    /** IPv6 destination options (RFC 8200 4.6). */
    public static final int DESTINATION_OPTIONS = 60;

    /** VRRP (RFC 9568). */
    public static final int VRRP = 112;

    /** SCTP (RFC 9260). */
    public static final int SCTP = 132;

    /** IPv6 mobility header (RFC 6275 6.1). */
    public static final int MOBILITY = 135;

    /** Host identity protocol (RFC 7401 5.1). */
    public static final int HIP = 139;

    /** Shim6 (RFC 5533 5.1). */
    public static final int SHIM6 = 140;

    private IpProtocols() {}

    /** Whether an IPv6 node walks over this header to find the upper layer (RFC 7045 4, without ESP, which hides what follows). */
    public static boolean isIpv6Extension(int nextHeader) {
        return switch (nextHeader) {
            case HOP_BY_HOP, ROUTING, FRAGMENT, AH, DESTINATION_OPTIONS, MOBILITY, HIP, SHIM6 -> true;
            default -> false;
        };
    }
}
