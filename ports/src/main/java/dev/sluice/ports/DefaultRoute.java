package dev.sluice.ports;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * A route of the kernel to everywhere, of one interface: one with several nexthops is several of these. All tables count, so those of rules (ip-rule(8)) and of VRFs too. Immutable.
 *
 * @param interfaceName by which it goes
 * @param ipv6 of which family it is
 * @param table number of its table; {@value #MAIN} is main
 */
public record DefaultRoute(String interfaceName, boolean ipv6, int table) {
    /** The table that is looked into when no rule says otherwise. */
    public static final int MAIN = 254;

    private static final String OBJECT = "routes of the kernel";

    // linux/rtnetlink.h: rtmsg is family, dst_len, src_len, tos, table, protocol, scope, type (each 1), flags(4).
    private static final int RTM_NEWROUTE = 24;
    private static final int RTM_GETROUTE = 26;
    private static final int ROUTE_BYTES = 12;
    private static final int DESTINATION_BITS = 1;
    private static final int TABLE = 4;
    private static final int TYPE = 7;
    private static final int FLAGS = 8;
    private static final int RTN_UNICAST = 1;
    private static final int RTM_F_CLONED = 0x200;
    private static final int RTA_OIF = 4;
    private static final int RTA_MULTIPATH = 9;
    private static final int RTA_TABLE = 15;
    private static final int RTA_NH_ID = 30;
    private static final int NEXTHOP_BYTES = 8;

    // linux/nexthop.h: nhmsg is family, scope, protocol, reserved (each 1), flags(4).
    private static final int RTM_NEWNEXTHOP = 104;
    private static final int RTM_GETNEXTHOP = 106;
    private static final int NEXTHOP_MESSAGE_BYTES = 8;
    private static final int NHA_ID = 1;
    private static final int NHA_GROUP = 2;
    private static final int NHA_OIF = 5;
    private static final int GROUP_ENTRY_BYTES = 8;

    /** A route as the kernel tells it: interfaces by number, nexthop objects by theirs. */
    private record Told(boolean ipv6, int table, Set<Integer> interfaces, Set<Integer> nexthops) {}

    /** A nexthop object: an interface, or others. */
    private record Nexthop(Set<Integer> interfaces, Set<Integer> others) {}

    /**
     * All of the network namespace of the calling thread.
     *
     * @throws PortException if the kernel does not list them
     */
    public static List<DefaultRoute> all() throws PortException {
        List<Told> told = new ArrayList<>();
        for (int family : new int[] {KernelConstants.AF_INET, KernelConstants.AF_INET6}) {
            NetlinkDump.list(
                    OBJECT,
                    RTM_GETROUTE,
                    RTM_NEWROUTE,
                    family,
                    ROUTE_BYTES,
                    (messages, body, end) -> read(messages, body, end, family == KernelConstants.AF_INET6, told));
        }
        Map<Integer, Nexthop> nexthops =
                told.stream().allMatch(route -> route.nexthops().isEmpty()) ? Map.of() : nexthops();
        Map<Integer, String> names = new HashMap<>();
        try (LinkMonitor links = LinkMonitor.open()) {
            links.links().forEach(link -> names.put(link.index(), link.name()));
        }
        Set<DefaultRoute> all = new LinkedHashSet<>();
        for (Told route : told) {
            Set<Integer> interfaces = new LinkedHashSet<>(route.interfaces());
            for (Integer id : route.nexthops()) {
                Nexthop nexthop = nexthops.getOrDefault(id, new Nexthop(Set.of(), Set.of()));
                interfaces.addAll(nexthop.interfaces());
                // The kernel does not let groups be in groups.
                nexthop.others()
                        .forEach(other -> interfaces.addAll(
                                nexthops.getOrDefault(other, nexthop).interfaces()));
            }
            for (Integer index : interfaces) {
                String name = names.get(index);
                if (name != null) {
                    all.add(new DefaultRoute(name, route.ipv6(), route.table()));
                }
            }
        }
        return List.copyOf(all);
    }

    private static void read(MemorySegment messages, long body, long end, boolean ipv6, List<Told> told) {
        if (body + ROUTE_BYTES > end
                || messages.get(ValueLayout.JAVA_BYTE, body + DESTINATION_BITS) != 0
                || messages.get(ValueLayout.JAVA_BYTE, body + TYPE) != RTN_UNICAST
                || (messages.get(ValueLayout.JAVA_INT_UNALIGNED, body + FLAGS) & RTM_F_CLONED) != 0) {
            return;
        }
        int[] table = {messages.get(ValueLayout.JAVA_BYTE, body + TABLE) & 0xff};
        Set<Integer> interfaces = new LinkedHashSet<>();
        Set<Integer> nexthops = new LinkedHashSet<>();
        NetlinkDump.attributes(messages, body + ROUTE_BYTES, end, (kind, value, valueEnd) -> {
            switch (kind) {
                case RTA_OIF -> interfaces.add(number(messages, value, valueEnd));
                case RTA_TABLE -> table[0] = number(messages, value, valueEnd);
                case RTA_NH_ID -> nexthops.add(number(messages, value, valueEnd));
                case RTA_MULTIPATH -> multipath(messages, value, valueEnd, interfaces);
                default -> {}
            }
        });
        told.add(new Told(ipv6, table[0], interfaces, nexthops));
    }

    /** rtnexthop: length(2) flags(1) hops(1) interface(4), attributes. */
    private static void multipath(MemorySegment messages, long from, long end, Set<Integer> interfaces) {
        for (long at = from; at + NEXTHOP_BYTES <= end; ) {
            int bytes = messages.get(ValueLayout.JAVA_SHORT_UNALIGNED, at) & 0xffff;
            if (bytes < NEXTHOP_BYTES) {
                return;
            }
            interfaces.add(messages.get(ValueLayout.JAVA_INT_UNALIGNED, at + 4));
            at += (bytes + 3) & ~3;
        }
    }

    private static Map<Integer, Nexthop> nexthops() throws PortException {
        Map<Integer, Nexthop> all = new HashMap<>();
        NetlinkDump.list(
                "nexthops of the kernel",
                RTM_GETNEXTHOP,
                RTM_NEWNEXTHOP,
                0,
                NEXTHOP_MESSAGE_BYTES,
                (messages, body, end) -> {
                    int[] id = new int[1];
                    Set<Integer> interfaces = new LinkedHashSet<>();
                    Set<Integer> others = new LinkedHashSet<>();
                    NetlinkDump.attributes(messages, body + NEXTHOP_MESSAGE_BYTES, end, (kind, value, valueEnd) -> {
                        switch (kind) {
                            case NHA_ID -> id[0] = number(messages, value, valueEnd);
                            case NHA_OIF -> interfaces.add(number(messages, value, valueEnd));
                            case NHA_GROUP -> {
                                for (long at = value; at + GROUP_ENTRY_BYTES <= valueEnd; at += GROUP_ENTRY_BYTES) {
                                    others.add(messages.get(ValueLayout.JAVA_INT_UNALIGNED, at));
                                }
                            }
                            default -> {}
                        }
                    });
                    all.put(id[0], new Nexthop(interfaces, others));
                });
        return all;
    }

    private static int number(MemorySegment messages, long at, long end) {
        return at + Integer.BYTES > end ? 0 : messages.get(ValueLayout.JAVA_INT_UNALIGNED, at);
    }
}
