package dev.sluice.liveness.bfd;

import dev.sluice.wire.Bfd;
import dev.sluice.wire.IpAddress;

/**
 * Between whom a session runs.
 *
 * @param local our address
 * @param peer the other side's
 * @param interfaceIndex where its packets have to come in; 0 for anywhere
 * @param multihop whether routers may lie between (RFC 5883); otherwise the peer is on the link (RFC 5881)
 * @param ttlMin lowest TTL or hop limit of packets taken, 1..255; always 255 on a single hop
 */
public record BfdPath(IpAddress local, IpAddress peer, int interfaceIndex, boolean multihop, int ttlMin) {
    /** Both send with this, and it is what arrives if no router is between (RFC 5082). */
    public static final int TTL = 255;

    /** Checks that the addresses belong together. */
    public BfdPath {
        if (local.isIpv4() != peer.isIpv4()) {
            throw new IllegalArgumentException(
                    "local " + local + " and peer " + peer + " are of different families; use two of one family");
        }
        if (local.isMulticast() || peer.isMulticast() || isAny(local) || isAny(peer) || local.equals(peer)) {
            throw new IllegalArgumentException(
                    "local " + local + " and peer " + peer + " have to be two different addresses of hosts");
        }
        if (ttlMin < 1 || ttlMin > TTL || (!multihop && ttlMin != TTL)) {
            throw new IllegalArgumentException("ttlMin " + ttlMin + " is outside "
                    + (multihop ? "1..255" : "255..255, which a single hop demands (RFC 5881 5)"));
        }
        if (interfaceIndex < 0 || (interfaceIndex == 0 && isLinkLocal(peer))) {
            throw new IllegalArgumentException(
                    "interfaceIndex " + interfaceIndex + ": a link-local peer needs the number of its interface");
        }
    }

    private static boolean isAny(IpAddress address) {
        return address.equals(IpAddress.ANY_V4) || address.equals(IpAddress.ANY_V6);
    }

    /** Whether an address is in fe80::/10. */
    static boolean isLinkLocal(IpAddress address) {
        return address.hi() >>> 54 == 0xfe80 >>> 6;
    }

    /** A peer on the link; {@code interfaceIndex} 0 for any interface. */
    public static BfdPath singleHop(IpAddress local, IpAddress peer, int interfaceIndex) {
        return new BfdPath(local, peer, interfaceIndex, false, TTL);
    }

    /** A peer behind at most {@code 255 - ttlMin} routers. */
    public static BfdPath multihop(IpAddress local, IpAddress peer, int ttlMin) {
        return new BfdPath(local, peer, 0, true, ttlMin);
    }

    /** Whether packets of both would look alike: there can be one session for them. */
    boolean clashesWith(BfdPath other) {
        return multihop == other.multihop
                && interfaceIndex == other.interfaceIndex
                && local.equals(other.local)
                && peer.equals(other.peer);
    }

    /** UDP port that packets go to. */
    public int port() {
        return multihop ? Bfd.PORT_MULTIHOP : Bfd.PORT_SINGLE_HOP;
    }
}
