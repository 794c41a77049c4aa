package dev.sluice.agent.analysis;

import dev.sluice.datapath.rules.AttributeIds;
import dev.sluice.datapath.rules.IntSet;
import dev.sluice.datapath.rules.Match;
import dev.sluice.datapath.rules.PacketFields;
import dev.sluice.datapath.rules.Rule;
import dev.sluice.wire.EtherTypes;
import dev.sluice.wire.IpAddress;
import dev.sluice.wire.IpPrefix;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Every packet that can be classified, as boxes over the stretches between which the rules of a snapshot tell no difference. Immutable but for the boxes it
 * keeps; one user.
 *
 * <p>Only IP packets with legal addresses are classified (packet-life.md, parse and transparent ports); IP version and EtherType follow from the addresses.
 * Fragments have the ports of their datagram.
 */
final class Space {
    /** Components of the parts of {@link Match} that this class knows; a test compares, because a condition that is not known would make findings lie. */
    static final int CONDITIONS_KNOWN = 23;

    /** Most boxes that conditions on attributes may make of one rule; nothing is decided about rules with more. */
    private static final int ATTRIBUTE_BOXES_MAX = 4096;

    private static final int VLAN_MAX = 4095;
    private static final int PORT_MAX = 65_535;
    private static final List<Integer> WITH_PORTS = List.of(6, 17, 132);
    /** Addresses for examples (RFC 5737, RFC 3849), by dimension. */
    private static final List<List<IpAddress>> PREFERRED = List.of(
            List.of(IpAddress.ofIpv4(0xc000_0201), new IpAddress(0x2001_0db8_0000_0000L, 1)),
            List.of(IpAddress.ofIpv4(0xc633_6401), new IpAddress(0x2001_0db8_0000_0000L, 2)));

    private final Axis<IpAddress> addresses = new Axis<>();
    private final Axis<Integer> protocols = new Axis<>();
    private final Axis<Integer> ports = new Axis<>();
    private final Axis<Integer> vlans = new Axis<>();
    private final Axis<Integer> dscps = new Axis<>();
    private final Axis<Long> macs = new Axis<>();
    private final AttributeAxis applications = new AttributeAxis();
    private final AttributeAxis attributeGroups = new AttributeAxis();
    private final AttributeAxis users = new AttributeAxis();
    private final HashAxis hashes;
    private final Map<Integer, List<int[]>> boxes = new HashMap<>();

    /** The space of these rules. */
    Space(List<Rule> rules) {
        List<Match> matches =
                rules.stream().flatMap(rule -> rule.matches().stream()).toList();
        hashes = new HashAxis(matches);
        cutUniverse();
        matches.forEach(this::cut);
        addresses.freeze();
        protocols.freeze();
        ports.freeze();
        vlans.freeze();
        dscps.freeze();
        macs.freeze();
        applications.freeze();
        attributeGroups.freeze();
        users.freeze();
    }

    private void cutUniverse() {
        List.of(
                        "::",
                        "::1",
                        "::2",
                        "::ffff:0:0",
                        "0.0.0.1",
                        "127.0.0.0",
                        "128.0.0.0",
                        "224.0.0.0",
                        "::1:0:0:0",
                        "ff00::")
                .forEach(text -> addresses.cutAt(IpAddress.parse(text).orElseThrow()));
        PREFERRED.forEach(both -> both.forEach(addresses::cutAt));
        List.of(0, 6, 7, 17, 18, 132, 133).forEach(protocols::cutAt);
        List.of(0, 1, 80, 40_000).forEach(ports::cutAt);
        List.of(-1, 0, 1).forEach(vlans::cutAt);
        dscps.cutAt(0);
        List.of(0L, Macs.PREFERRED, Macs.GROUPS).forEach(macs::cutAt);
    }

    private void cut(Match match) {
        cut(match.addresses().source());
        cut(match.addresses().destination());
        cut(protocols, match.transport().protocolLow(), match.transport().protocolHigh(), 255);
        cut(ports, match.transport().sourcePortLow(), match.transport().sourcePortHigh(), PORT_MAX);
        cut(ports, match.transport().destinationPortLow(), match.transport().destinationPortHigh(), PORT_MAX);
        cut(vlans, match.vlans().outerLow(), match.vlans().outerHigh(), VLAN_MAX);
        cut(vlans, match.vlans().innerLow(), match.vlans().innerHigh(), VLAN_MAX);
        cut(dscps, match.dscp().low(), match.dscp().high(), 63);
        cutMac(match.frame().sourceMac());
        cutMac(match.frame().destinationMac());
        applications.name(match.context().applications());
        attributeGroups.name(match.context().groups());
        users.name(match.context().users());
    }

    private void cut(@Nullable IpPrefix prefix) {
        if (prefix != null) {
            addresses.cutAt(prefix.address());
            addresses.cutAt(after(prefix));
        }
    }

    private static void cut(Axis<Integer> axis, int low, int high, int max) {
        axis.cutAt(low);
        if (high < max) {
            axis.cutAt(high + 1);
        }
    }

    private void cutMac(long mac) {
        if (mac >= 0) {
            macs.cutAt(Macs.ordered(mac));
            macs.cutAt(Macs.ordered(mac) + 1);
        }
    }

    /** The first address behind a block, null behind the last. */
    private static @Nullable IpAddress after(IpPrefix prefix) {
        long hi = prefix.address().hi() | ~IpPrefix.maskHi(prefix.mappedBits());
        long lo = prefix.address().lo() | ~IpPrefix.maskLo(prefix.mappedBits());
        if (lo != -1) {
            return new IpAddress(hi, lo + 1);
        }
        return hi == -1 ? null : new IpAddress(hi + 1, 0);
    }

    /** Whether what the rule matches is known exactly. */
    boolean exact(Rule rule) {
        return (hashes.exact()
                        || rule.matches().stream()
                                .allMatch(match -> match.share().buckets() == 0))
                && rule.matches().stream().mapToLong(this::attributeBoxes).sum() <= ATTRIBUTE_BOXES_MAX;
    }

    /** How many boxes conditions on attributes make of one match, beyond the first. */
    private long attributeBoxes(Match match) {
        Match.Context context = match.context();
        return (long) applications.of(context.applications()).size()
                        * attributeGroups.of(context.groups()).size()
                        * users.of(context.users()).size()
                - 1;
    }

    // Boxes.

    /** What a rule matches; empty if no IP packet. */
    List<int[]> of(Rule rule) {
        return boxes.computeIfAbsent(rule.id(), _ -> {
            List<int[]> all = new ArrayList<>();
            rule.matches().forEach(match -> add(match, all));
            return List.copyOf(all);
        });
    }

    private void add(Match match, List<int[]> all) {
        int[] box = new int[2 * Box.DIMENSIONS];
        set(box, Box.SOURCE, addresses, match.addresses().source());
        set(box, Box.DESTINATION, addresses, match.addresses().destination());
        set(
                box,
                Box.PROTOCOL,
                protocols,
                match.transport().protocolLow(),
                match.transport().protocolHigh(),
                255);
        set(
                box,
                Box.SOURCE_PORT,
                ports,
                match.transport().sourcePortLow(),
                match.transport().sourcePortHigh(),
                PORT_MAX);
        set(
                box,
                Box.DESTINATION_PORT,
                ports,
                match.transport().destinationPortLow(),
                match.transport().destinationPortHigh(),
                PORT_MAX);
        set(box, Box.OUTER_VLAN, vlans, match.vlans().outerLow(), match.vlans().outerHigh(), VLAN_MAX);
        set(box, Box.INNER_VLAN, vlans, match.vlans().innerLow(), match.vlans().innerHigh(), VLAN_MAX);
        set(box, Box.DSCP, dscps, match.dscp().low(), match.dscp().high(), 63);
        setMac(box, Box.SOURCE_MAC, match.frame().sourceMac());
        setMac(box, Box.DESTINATION_MAC, match.frame().destinationMac());
        for (int[] given : withAttributes(box, match.context())) {
            for (int[] versions : versions(match)) {
                for (int[] stretch : hashes.of(match)) {
                    int[] whole = Box.with(given, Box.HASH, stretch[0], stretch[1]);
                    int low = Math.max(whole[2 * Box.SOURCE], versions[0]);
                    int high = Math.min(whole[2 * Box.SOURCE + 1], versions[1]);
                    if (low <= high) {
                        all.add(Box.with(whole, Box.SOURCE, low, high));
                    }
                }
            }
        }
    }

    /** A flow can have any application, group and user, or none: whether it does is nothing that its packets say. */
    private List<int[]> withAttributes(int[] box, Match.Context context) {
        List<int[]> all = List.of(box);
        all = narrowed(all, Box.APPLICATION, applications, context.applications());
        all = narrowed(all, Box.GROUP, attributeGroups, context.groups());
        return narrowed(all, Box.USER, users, context.users());
    }

    private static List<int[]> narrowed(List<int[]> boxes, int dimension, AttributeAxis axis, IntSet wanted) {
        List<int[]> all = new ArrayList<>();
        for (int[] box : boxes) {
            for (int[] stretch : axis.of(wanted)) {
                all.add(Box.with(box, dimension, stretch[0], stretch[1]));
            }
        }
        return all;
    }

    /** Stretches of source addresses that family, EtherType and prefixes leave: ::/0 does not hold the IPv4 addresses that lie in it. */
    private List<int[]> versions(Match match) {
        boolean v4 = match.addresses().family() != 6
                && (match.frame().etherType() < 0 || match.frame().etherType() == EtherTypes.IPV4)
                && !isOther(match.addresses().source(), true)
                && !isOther(match.addresses().destination(), true);
        boolean v6 = match.addresses().family() != 4
                && (match.frame().etherType() < 0 || match.frame().etherType() == EtherTypes.IPV6)
                && !isOther(match.addresses().source(), false)
                && !isOther(match.addresses().destination(), false);
        if (v4 && v6) {
            return List.of(stretch("::", null));
        }
        List<int[]> found = new ArrayList<>();
        if (v4) {
            found.add(stretch("::ffff:0:0", "::1:0:0:0"));
        }
        if (v6) {
            found.add(stretch("::1:0:0:0", null));
            found.add(stretch("::", "::ffff:0:0"));
        }
        return found;
    }

    private static boolean isOther(@Nullable IpPrefix prefix, boolean ipv4) {
        return prefix != null && prefix.address().isIpv4() != ipv4;
    }

    private int[] stretch(String first, @Nullable String end) {
        return new int[] {
            addresses.index(IpAddress.parse(first).orElseThrow()),
            addresses.before(end == null ? null : IpAddress.parse(end).orElseThrow())
        };
    }

    private static void set(int[] box, int dimension, Axis<IpAddress> axis, @Nullable IpPrefix prefix) {
        box[2 * dimension] = prefix == null ? 0 : axis.index(prefix.address());
        box[2 * dimension + 1] = axis.before(prefix == null ? null : after(prefix));
    }

    private static void set(int[] box, int dimension, Axis<Integer> axis, int low, int high, int max) {
        box[2 * dimension] = axis.index(low);
        box[2 * dimension + 1] = axis.before(high < max ? high + 1 : null);
    }

    private void setMac(int[] box, int dimension, long mac) {
        box[2 * dimension] = mac < 0 ? 0 : macs.index(Macs.ordered(mac));
        box[2 * dimension + 1] = mac < 0 ? macs.before(null) : box[2 * dimension];
    }

    // The universe.

    /** The packets that are classified; usual ones first, so that examples are. Those with tags come only if ports take them. */
    List<int[]> universe(boolean tagged) {
        List<int[]> all = new ArrayList<>();
        addFamily(
                all,
                List.of("128.0.0.0", "224.0.0.0", "0.0.0.1", "127.0.0.0"),
                List.of("::ffff:0:0", "::1:0:0:0"),
                tagged);
        addFamily(
                all,
                List.of("::1:0:0:0", "ff00::", "::2", "::ffff:0:0", "::", "::1"),
                List.of("::1:0:0:0", "", "::", "::ffff:0:0"),
                tagged);
        return all;
    }

    /** Sources and destinations are pairs of a first address and the one behind the last. */
    private void addFamily(List<int[]> all, List<String> sources, List<String> destinations, boolean tagged) {
        for (int s = 0; s < sources.size(); s += 2) {
            for (int d = 0; d < destinations.size(); d += 2) {
                int[] box = new int[2 * Box.DIMENSIONS];
                int[] source = stretch(sources.get(s), sources.get(s + 1));
                String end = destinations.get(d + 1);
                int[] destination = stretch(destinations.get(d), end.isEmpty() ? null : end);
                box = Box.with(box, Box.SOURCE, source[0], source[1]);
                box = Box.with(box, Box.DESTINATION, destination[0], destination[1]);
                box = Box.with(box, Box.DSCP, 0, dscps.before(null));
                box = Box.with(box, Box.SOURCE_MAC, 0, macs.before(Macs.GROUPS));
                box = Box.with(box, Box.DESTINATION_MAC, 0, macs.before(null));
                box = Box.with(box, Box.HASH, 0, hashes.last());
                box = Box.with(box, Box.APPLICATION, 0, applications.last());
                box = Box.with(box, Box.GROUP, 0, attributeGroups.last());
                box = Box.with(box, Box.USER, 0, users.last());
                addTags(all, box, tagged);
            }
        }
    }

    private void addTags(List<int[]> all, int[] box, boolean tagged) {
        int none = vlans.index(-1);
        int first = vlans.index(1);
        int last = vlans.before(null);
        int[] untagged = Box.with(Box.with(box, Box.OUTER_VLAN, none, none), Box.INNER_VLAN, none, none);
        addTransports(all, untagged);
        if (tagged) {
            int[] outer = Box.with(untagged, Box.OUTER_VLAN, first, last);
            addTransports(all, outer);
            addTransports(all, Box.with(outer, Box.INNER_VLAN, first, last));
        }
    }

    private void addTransports(List<int[]> all, int[] box) {
        int last = ports.before(null);
        for (int protocol : WITH_PORTS) {
            int index = protocols.index(protocol);
            int[] whole = Box.with(box, Box.PROTOCOL, index, protocols.before(protocol + 1));
            all.add(Box.with(Box.with(whole, Box.SOURCE_PORT, 0, last), Box.DESTINATION_PORT, 0, last));
        }
        int[] bounds = {0, 6, 7, 17, 18, 132, 133, 256};
        for (int i = 0; i < bounds.length; i += 2) {
            all.add(Box.with(
                    box,
                    Box.PROTOCOL,
                    protocols.index(bounds[i]),
                    protocols.before(bounds[i + 1] > 255 ? null : bounds[i + 1])));
        }
    }

    // Packets.

    /** A packet of a box, as usual a one as there is. */
    PacketFields packet(int[] box) {
        PacketFields p = new PacketFields();
        IpAddress source = address(box, Box.SOURCE);
        IpAddress destination = address(box, Box.DESTINATION);
        p.sourceHi = source.hi();
        p.sourceLo = source.lo();
        p.destinationHi = destination.hi();
        p.destinationLo = destination.lo();
        p.family = source.isIpv4() ? 4 : 6;
        p.etherType = source.isIpv4() ? EtherTypes.IPV4 : EtherTypes.IPV6;
        p.protocol = protocols.at(box[2 * Box.PROTOCOL]);
        p.sourcePort = port(box, Box.SOURCE_PORT, 40_000);
        p.destinationPort = port(box, Box.DESTINATION_PORT, 80);
        p.outerVlan = vlans.at(box[2 * Box.OUTER_VLAN]);
        p.innerVlan = vlans.at(box[2 * Box.INNER_VLAN]);
        p.dscp = dscps.at(box[2 * Box.DSCP]);
        p.sourceMac = mac(box, Box.SOURCE_MAC);
        p.destinationMac = mac(box, Box.DESTINATION_MAC);
        p.hash = hashes.hash(box[2 * Box.HASH]);
        p.attributes = AttributeIds.of(
                applications.number(box[2 * Box.APPLICATION]),
                attributeGroups.number(box[2 * Box.GROUP]),
                users.number(box[2 * Box.USER]));
        return p;
    }

    private IpAddress address(int[] box, int dimension) {
        for (IpAddress preferred : PREFERRED.get(dimension)) {
            if (holds(box, dimension, addresses.index(preferred))) {
                return preferred;
            }
        }
        int index = box[2 * dimension];
        IpAddress first = addresses.at(index);
        IpAddress second = new IpAddress(first.hi(), first.lo() + 1);
        boolean more = index == addresses.before(null) || second.compareTo(addresses.at(index + 1)) < 0;
        return more && (first.lo() & 1) == 0 ? second : first;
    }

    private int port(int[] box, int dimension, int preferred) {
        return ports.at(holds(box, dimension, ports.index(preferred)) ? ports.index(preferred) : box[2 * dimension]);
    }

    private long mac(int[] box, int dimension) {
        boolean usual = holds(box, dimension, macs.index(Macs.PREFERRED));
        return Macs.bits(usual ? Macs.PREFERRED : macs.at(box[2 * dimension]));
    }

    private static boolean holds(int[] box, int dimension, int index) {
        return box[2 * dimension] <= index && index <= box[2 * dimension + 1];
    }
}
