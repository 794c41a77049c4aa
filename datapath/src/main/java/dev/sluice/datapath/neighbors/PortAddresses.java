package dev.sluice.datapath.neighbors;

import dev.sluice.datapath.snapshot.PortAddress;
import dev.sluice.wire.IpAddress;
import dev.sluice.wire.IpPrefix;
import java.util.List;

/**
 * The addresses a router has on one port. Immutable; shared by threads. A handful of addresses, searched one after the other.
 */
public final class PortAddresses {
    /** fe80::, upper 64 bits. */
    static final long LINK_LOCAL = 0xfe80_0000_0000_0000L;

    private final long mac;
    private final long[] hi;
    private final long[] lo;
    private final int[] mappedBits;

    /**
     * Addresses of a port.
     *
     * @param mac own MAC address, 48 bits
     * @param own own IP addresses; the first of those on a link is the source of solicitations there
     */
    public PortAddresses(long mac, List<PortAddress> own) {
        this.mac = mac;
        int count = own.size();
        hi = new long[count];
        lo = new long[count];
        mappedBits = new int[count];
        for (int i = 0; i < count; i++) {
            IpAddress address = own.get(i).address();
            hi[i] = address.hi();
            lo[i] = address.lo();
            mappedBits[i] = own.get(i).bits() + (address.isIpv4() ? 96 : 0);
        }
    }

    /** The link-local address that IPv6 makes of a MAC address (RFC 4291 appendix A, modified EUI-64), with its /64. */
    public static PortAddress linkLocal(long mac) {
        return new PortAddress(new IpAddress(LINK_LOCAL, interfaceId(mac)), 64);
    }

    /** Lower 64 bits of that address. */
    static long interfaceId(long mac) {
        long upper = (mac >>> 24 & 0xff_ffffL) ^ 0x02_0000L;
        return upper << 40 | 0xff_fe00_0000L | (mac & 0xff_ffffL);
    }

    /** Own MAC address, 48 bits. */
    public long mac() {
        return mac;
    }

    /** Number of own addresses. */
    public int count() {
        return hi.length;
    }

    /** Upper 64 bits of an own address. */
    public long hi(int index) {
        return hi[index];
    }

    /** Lower 64 bits of an own address. */
    public long lo(int index) {
        return lo[index];
    }

    /** Whether the address is one of the own ones. */
    public boolean owns(long addressHi, long addressLo) {
        for (int i = 0; i < hi.length; i++) {
            if (lo[i] == addressLo && hi[i] == addressHi) {
                return true;
            }
        }
        return false;
    }

    /** Whether the address is on the link: in the block of an own address of its family, or an IPv6 link-local one. */
    public boolean onLink(long addressHi, long addressLo) {
        return isLinkLocal(addressHi) || sharingBlock(addressHi, addressLo) >= 0;
    }

    /**
     * The own address from which to ask for a neighbour: one in the same block, else the first of its family.
     *
     * @return an index, -1 if there is no address of that family
     */
    public int sourceFor(long addressHi, long addressLo) {
        int best = sharingBlock(addressHi, addressLo);
        boolean ipv4 = isIpv4(addressHi, addressLo);
        for (int i = 0; i < hi.length && best < 0; i++) {
            if (isIpv4(hi[i], lo[i]) == ipv4) {
                best = i;
            }
        }
        return best;
    }

    private int sharingBlock(long addressHi, long addressLo) {
        boolean ipv4 = isIpv4(addressHi, addressLo);
        for (int i = 0; i < hi.length; i++) {
            if (isIpv4(hi[i], lo[i]) == ipv4
                    && ((addressHi ^ hi[i]) & IpPrefix.maskHi(mappedBits[i])) == 0
                    && ((addressLo ^ lo[i]) & IpPrefix.maskLo(mappedBits[i])) == 0) {
                return i;
            }
        }
        return -1;
    }

    private static boolean isLinkLocal(long addressHi) {
        return addressHi >>> 54 == LINK_LOCAL >>> 54;
    }

    private static boolean isIpv4(long addressHi, long addressLo) {
        return addressHi == 0 && addressLo >>> 32 == IpAddress.IPV4_MAPPED >>> 32;
    }
}
