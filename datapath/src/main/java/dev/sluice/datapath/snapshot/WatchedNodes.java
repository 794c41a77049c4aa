package dev.sluice.datapath.snapshot;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Finds {@link WatchedNode}s by the place where a packet came in and its addresses. Immutable; shared by threads. */
public final class WatchedNodes {
    public static final WatchedNodes NONE = new WatchedNodes(List.of());

    /** Element 0 is the underlay, element i + 1 the port i; null where nobody is watched. */
    private final @Nullable AddressTable<WatchedNode[]>[] places;

    @SuppressWarnings({"unchecked", "rawtypes"}) // an array of a generic type
    private WatchedNodes(List<WatchedNode> all) {
        Map<Integer, List<WatchedNode>> byPlace = new HashMap<>();
        int last = -1;
        for (WatchedNode node : all) {
            byPlace.computeIfAbsent(node.port() + 1, _ -> new ArrayList<>()).add(node);
            last = Math.max(last, node.port() + 1);
        }
        places = new AddressTable[last + 1];
        byPlace.forEach((place, nodes) -> places[place] = byAddress(nodes));
    }

    private static AddressTable<WatchedNode[]> byAddress(List<WatchedNode> nodes) {
        List<WatchedNode[]> groups = new ArrayList<>();
        nodes.stream()
                .map(WatchedNode::address)
                .distinct()
                .forEach(address -> groups.add(nodes.stream()
                        .filter(node -> node.address().equals(address))
                        .toArray(WatchedNode[]::new)));
        return AddressTable.of(groups, group -> group[0].address());
    }

    static WatchedNodes of(List<WatchedNode> all) {
        return all.isEmpty() ? NONE : new WatchedNodes(all);
    }

    /** Whether anybody is watched there: at a port, or in the underlay. */
    public boolean any(int port) {
        return port + 1 < places.length && places[port + 1] != null;
    }

    /** Those with an address, null if nobody has it. */
    public WatchedNode @Nullable [] at(int port, long hi, long lo) {
        AddressTable<WatchedNode[]> table = port + 1 < places.length ? places[port + 1] : null;
        return table == null ? null : table.at(hi, lo);
    }
}
