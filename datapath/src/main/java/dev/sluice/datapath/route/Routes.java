package dev.sluice.datapath.route;

import dev.sluice.wire.IpAddress;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The compiled routes of one router (VRF), IPv4 and IPv6: longest prefix match. Immutable; read by all workers.
 *
 * <p>Nested prefixes are flattened into disjoint ranges, so a lookup is a search for the last range that begins at or before the address; see
 * {@link RouteRanges}. The two families never meet: 0.0.0.0/0 holds IPv4 addresses only, ::/0 IPv6 addresses only.
 */
public final class Routes {
    /** What {@link #lookup} answers when no route matches. */
    public static final int NO_ROUTE = -1;

    /** No routes at all. */
    public static final Routes EMPTY = of(List.of());

    private final RouteRanges ipv4;
    private final RouteRanges ipv6;
    private final NextHopGroup[] groups;

    private Routes(RouteRanges ipv4, RouteRanges ipv6, NextHopGroup[] groups) {
        this.ipv4 = ipv4;
        this.ipv6 = ipv6;
        this.groups = groups;
    }

    /** Compiles routes. Of two with the same prefix the earlier in the list counts, so callers list the preferred source of routes first. */
    public static Routes of(List<RouteEntry> entries) {
        Map<NextHopGroup, Integer> indices = new LinkedHashMap<>();
        List<RouteRanges.Block> blocks4 = new ArrayList<>();
        List<RouteRanges.Block> blocks6 = new ArrayList<>();
        for (RouteEntry entry : entries) {
            int group = indices.computeIfAbsent(entry.group(), _ -> indices.size());
            IpAddress address = entry.prefix().address();
            if (address.isIpv4()) {
                // An IPv4 address is the upper half of a key whose lower half stays 0.
                blocks4.add(new RouteRanges.Block(
                        address.ipv4Bits() & 0xffff_ffffL,
                        0,
                        32 + entry.prefix().bits(),
                        group));
            } else {
                blocks6.add(new RouteRanges.Block(
                        address.hi(), address.lo(), entry.prefix().bits(), group));
            }
        }
        return new Routes(
                RouteRanges.of(blocks4),
                RouteRanges.of(blocks6),
                indices.keySet().toArray(NextHopGroup[]::new));
    }

    /**
     * The group of the longest prefix that holds an address. Allocates nothing.
     *
     * @param hi upper 64 bits of the destination
     * @param lo lower 64 bits
     * @return index for {@link #group}, or {@link #NO_ROUTE}
     */
    public int lookup(long hi, long lo) {
        return hi == 0 && lo >>> 32 == IpAddress.IPV4_MAPPED >>> 32
                ? ipv4.find(lo & 0xffff_ffffL, 0)
                : ipv6.find(hi, lo);
    }

    /** The group of an index that {@link #lookup} answered. */
    public NextHopGroup group(int index) {
        return groups[index];
    }

    /** Number of different groups. */
    public int groupCount() {
        return groups.length;
    }

    /** Memory of the search tables in bytes, without the groups. */
    public long tableBytes() {
        return ipv4.tableBytes() + ipv6.tableBytes();
    }
}
