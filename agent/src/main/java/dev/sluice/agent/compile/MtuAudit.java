package dev.sluice.agent.compile;

import dev.sluice.datapath.rules.PortSides;
import dev.sluice.datapath.rules.Rule;
import dev.sluice.datapath.snapshot.Attachment;
import dev.sluice.datapath.snapshot.Path;
import dev.sluice.datapath.snapshot.PortEntry;
import dev.sluice.datapath.snapshot.Snapshot;
import dev.sluice.datapath.snapshot.Target;
import dev.sluice.wire.EtherTypes;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.BiConsumer;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Whether the interfaces towards service nodes take the largest packets of the ports whose traffic the nodes may get, with the tags or the service header that are put in front of them (X6).
 * Stateless. Interfaces into the underlay: {@link PlaneMtu}.
 *
 * <p>A path with a smaller MTU still works: senders are told by ICMP. But many filter that, and what does not listen loses its large packets.
 */
public final class MtuAudit {
    private static final int TAG_BYTES = 4;

    private MtuAudit() {}

    /**
     * An interface that is too small.
     *
     * @param instance the service instance behind it
     * @param interfaceName Linux interface of this host
     * @param mtuFound its MTU in bytes
     * @param mtuNeeded the MTU that takes the largest packets with the tags of the node
     * @param port the port with those packets
     * @param portMtu MTU of that port
     * @param hasServiceHeader whether what the node gets is a service header on Ethernet, else frames with its tags
     */
    public record Finding(
            String instance,
            String interfaceName,
            int mtuFound,
            int mtuNeeded,
            String port,
            int portMtu,
            boolean hasServiceHeader) {
        /** What is wrong and what to do, for people. */
        public String sentence() {
            return "interface " + interfaceName + " has MTU " + mtuFound + " and needs " + mtuNeeded + ": port " + port
                    + " has packets of " + portMtu + " bytes" + behind() + "; run: ip link set dev " + interfaceName
                    + " mtu " + mtuNeeded + " (and the same at the other end, in the node)";
        }

        private String behind() {
            if (hasServiceHeader) {
                return " and the service header puts " + (mtuNeeded - portMtu) + " bytes in front of them";
            }
            int tags = (mtuNeeded - portMtu) / TAG_BYTES;
            return tags == 0 ? "" : tags == 1 ? " and 1 tag that counts" : " and " + tags + " tags that count";
        }
    }

    /** Interfaces that are too small, each once, with the largest need; interfaces and ports whose MTU is not known are left out. */
    public static List<Finding> check(CompiledNode node) {
        Map<Integer, String> instances = new LinkedHashMap<>();
        node.attachments()
                .forEach(draft -> instances.put(draft.id(), draft.content().instanceName()));
        Map<Integer, String> interfaces = new LinkedHashMap<>();
        node.bindings().forEach(binding -> interfaces.put(binding.index(), binding.interfaceName()));
        Snapshot snapshot = node.snapshot();
        Map<String, Finding> worst = new LinkedHashMap<>();
        forEachNeed(snapshot, (need, largest) -> {
            String instance =
                    instances.getOrDefault(need.node().id(), need.node().name());
            String name = interfaces.getOrDefault(need.port(), "");
            Finding found = check(snapshot.port(need.port()), need, largest, instance, name);
            if (found != null) {
                worst.merge(instance + " " + name, found, MtuAudit::larger);
            }
        });
        return List.copyOf(worst.values());
    }

    /**
     * What a node needs at one of its interfaces.
     *
     * @param moreBytes than the packets have
     */
    private record Need(Attachment node, int port, int moreBytes) {}

    private static void forEachNeed(Snapshot snapshot, BiConsumer<Need, PortEntry> look) {
        largestByTarget(snapshot)
                .forEach((target, largest) ->
                        needs(snapshot, snapshot.target(target), false).forEach(need -> look.accept(need, largest)));
        if (!snapshot.segments().all().isEmpty()) {
            largestOfSegments(snapshot)
                    .forEach((target, largest) ->
                            needs(snapshot, snapshot.target(target), true).forEach(need -> look.accept(need, largest)));
        }
    }

    private static Set<Need> needs(Snapshot snapshot, Target target, boolean ofSegment) {
        Set<Need> needs = new LinkedHashSet<>();
        for (Path path : target.paths()) {
            for (Path.Hop hop : path.hops()) {
                Attachment node = hop.attachment();
                TunnelRoom room = node.tunnel() == null ? null : TunnelRoom.toNode(snapshot, path, node, ofSegment);
                if (room != null && room.tunnel().isOnPort()) {
                    needs.add(new Need(node, room.tunnel().port(), room.bytes()));
                } else if (node.hasPorts()) {
                    needs.add(new Need(node, node.in().port(), countedTags(node.in()) * TAG_BYTES));
                    needs.add(new Need(node, node.out().port(), countedTags(node.out()) * TAG_BYTES));
                }
            }
        }
        return needs;
    }

    /** By target: the port with the largest MTU among those where a rule that names the target applies. */
    static Map<Integer, PortEntry> largestByTarget(Snapshot snapshot) {
        return largestByTarget(snapshot, _ -> true);
    }

    /** The same among the ports of segments. */
    static Map<Integer, PortEntry> largestOfSegments(Snapshot snapshot) {
        return largestByTarget(snapshot, port -> snapshot.segments().has(port.router()));
    }

    private static Map<Integer, PortEntry> largestByTarget(Snapshot snapshot, Predicate<PortEntry> which) {
        Map<Integer, Set<PortSides>> places = new TreeMap<>();
        for (Rule rule : snapshot.rules()) {
            if (rule.action() == Rule.Action.SERVICE) {
                places.computeIfAbsent(rule.targetId(), _ -> new HashSet<>()).add(rule.appliedTo());
            }
        }
        Map<Integer, PortEntry> largest = new TreeMap<>();
        places.forEach((target, sides) -> {
            for (int i = 0; i < snapshot.portCount(); i++) {
                int port = i;
                if (which.test(snapshot.port(i))
                        && sides.stream().anyMatch(at -> at.contains(port, 0) || at.contains(port, 1))) {
                    largest.merge(target, snapshot.port(i), (a, b) -> b.mtuBytes() > a.mtuBytes() ? b : a);
                }
            }
        });
        return largest;
    }

    private static Finding larger(Finding one, Finding other) {
        return other.mtuNeeded > one.mtuNeeded ? other : one;
    }

    private static @Nullable Finding check(
            PortEntry port, Need need, PortEntry largest, String instance, String interfaceName) {
        int needed = largest.mtuBytes() + need.moreBytes();
        boolean known = port.mtuBytes() > 0 && largest.mtuBytes() > 0 && !interfaceName.isEmpty();
        return known && port.mtuBytes() < needed
                ? new Finding(
                        instance,
                        interfaceName,
                        port.mtuBytes(),
                        needed,
                        largest.name(),
                        largest.mtuBytes(),
                        need.node().tunnel() != null)
                : null;
    }

    /** Tags of a side that count against the MTU: all but an outermost 802.1Q tag (packet-life.md, leave). */
    private static int countedTags(Attachment.Side side) {
        int outermost = side.outerTag() != 0 ? side.outerTag() : side.innerTag();
        int tags = (side.outerTag() != 0 ? 1 : 0) + (side.innerTag() != 0 ? 1 : 0);
        return outermost >>> 16 == EtherTypes.VLAN ? tags - 1 : tags;
    }

    /** Instances that new flows can reach. */
    static List<String> instancesInUse(CompiledNode node) {
        Map<Integer, String> instances = new LinkedHashMap<>();
        node.attachments()
                .forEach(draft -> instances.put(draft.id(), draft.content().instanceName()));
        return node.paths().stream()
                .filter(path -> !path.retired())
                .flatMap(path -> path.content().hops().stream())
                .map(hop -> instances.getOrDefault(hop.attachment(), ""))
                .distinct()
                .toList();
    }
}
