package dev.sluice.datapath.rules;

import dev.sluice.wire.IpPrefix;
import java.util.BitSet;
import org.jspecify.annotations.Nullable;

/**
 * One conjunction of conditions; a wildcard is the widest range, or null. Ranges include both ends.
 *
 * <p>Fragments have the ports of their datagram (packet-life.md, fragments). A prefix matches its own family only.
 *
 * @param addresses IP version and addresses
 * @param transport protocol and ports
 * @param frame the Ethernet header
 * @param vlans the VLAN tags
 * @param dscp the DSCP
 * @param share a share of all flows
 * @param context contextual attributes
 */
public record Match(
        Addresses addresses, Transport transport, Frame frame, Vlans vlans, Dscp dscp, Share share, Context context) {
    /** Matches every frame. */
    public static final Match ANY =
            new Match(Addresses.ANY, Transport.ANY, Frame.ANY, Vlans.ANY, Dscp.ANY, Share.ANY, Context.ANY);

    /** Whether the packet meets every condition; the plain definition that faster structures must agree with. */
    public boolean matches(PacketFields p) {
        return addresses.matches(p)
                && transport.matches(p)
                && frame.matches(p)
                && vlans.matches(p)
                && dscp.matches(p)
                && share.matches(p)
                && context.matches(p);
    }

    /** Whether there are conditions beyond addresses, protocol and ports. */
    boolean isRare() {
        return !equals(new Match(addresses, transport, Frame.ANY, Vlans.ANY, Dscp.ANY, Share.ANY, Context.ANY));
    }

    /** This match with another family. */
    public Match withFamily(int family) {
        return with(new Addresses(family, addresses.source, addresses.destination));
    }

    /** This match with other prefixes; null is any. */
    public Match withPrefixes(@Nullable IpPrefix source, @Nullable IpPrefix destination) {
        return with(new Addresses(addresses.family, source, destination));
    }

    private Match with(Addresses other) {
        return new Match(other, transport, frame, vlans, dscp, share, context);
    }

    /** This match with another range of IP protocols. */
    public Match withProtocol(int low, int high) {
        Transport t = transport;
        return with(new Transport(
                low, high, t.sourcePortLow, t.sourcePortHigh, t.destinationPortLow, t.destinationPortHigh));
    }

    /** This match with other port ranges. */
    public Match withPorts(int sourceLow, int sourceHigh, int destinationLow, int destinationHigh) {
        return with(new Transport(
                transport.protocolLow, transport.protocolHigh, sourceLow, sourceHigh, destinationLow, destinationHigh));
    }

    private Match with(Transport other) {
        return new Match(addresses, other, frame, vlans, dscp, share, context);
    }

    /** This match with conditions on the Ethernet header; -1 is any. */
    public Match withEthernet(int etherType, long sourceMac, long destinationMac) {
        Frame other = new Frame(etherType, sourceMac, destinationMac);
        return new Match(addresses, transport, other, vlans, dscp, share, context);
    }

    /** This match with ranges of VLAN ids. */
    public Match withVlans(int outerLow, int outerHigh, int innerLow, int innerHigh) {
        Vlans other = new Vlans(outerLow, outerHigh, innerLow, innerHigh);
        return new Match(addresses, transport, frame, other, dscp, share, context);
    }

    /** This match with a range of DSCP values. */
    public Match withDscp(int low, int high) {
        return new Match(addresses, transport, frame, vlans, new Dscp(low, high), share, context);
    }

    /** This match with a condition on the flow hash. */
    public Match withHash(int buckets, BitSet set) {
        return new Match(addresses, transport, frame, vlans, dscp, new Share(buckets, set), context);
    }

    /** This match with conditions on contextual attributes: numbers of values, one of which has to fit; empty is any or none. */
    public Match withContext(IntSet applications, IntSet groups, IntSet users) {
        Context other = new Context(applications, groups, users);
        return new Match(addresses, transport, frame, vlans, dscp, share, other);
    }

    private static boolean inRange(int value, int low, int high) {
        return value >= low && value <= high;
    }

    /**
     * Conditions on addresses.
     *
     * @param family 4, 6, or 0 for any frame, IP or not
     * @param source prefix of the source, null for any
     * @param destination prefix of the destination, null for any
     */
    public record Addresses(
            int family, @Nullable IpPrefix source, @Nullable IpPrefix destination) {
        /** Any frame. */
        public static final Addresses ANY = new Addresses(0, null, null);

        boolean matches(PacketFields p) {
            return (family == 0 || family == p.family)
                    && matches(source, p.family, p.sourceHi, p.sourceLo)
                    && matches(destination, p.family, p.destinationHi, p.destinationLo);
        }

        private static boolean matches(@Nullable IpPrefix prefix, int family, long hi, long lo) {
            if (prefix == null) {
                return true;
            }
            int mapped = prefix.mappedBits();
            return family == (prefix.address().isIpv4() ? 4 : 6)
                    && (hi & IpPrefix.maskHi(mapped)) == prefix.address().hi()
                    && (lo & IpPrefix.maskLo(mapped)) == prefix.address().lo();
        }
    }

    /**
     * Conditions on protocol and ports.
     *
     * @param protocolLow lowest IP protocol
     * @param protocolHigh highest IP protocol
     * @param sourcePortLow lowest source port
     * @param sourcePortHigh highest source port
     * @param destinationPortLow lowest destination port
     * @param destinationPortHigh highest destination port
     */
    public record Transport(
            int protocolLow,
            int protocolHigh,
            int sourcePortLow,
            int sourcePortHigh,
            int destinationPortLow,
            int destinationPortHigh) {
        /** Any protocol and ports. */
        public static final Transport ANY = new Transport(0, 255, 0, 65535, 0, 65535);

        boolean matches(PacketFields p) {
            return inRange(p.protocol, protocolLow, protocolHigh)
                    && inRange(p.sourcePort, sourcePortLow, sourcePortHigh)
                    && inRange(p.destinationPort, destinationPortLow, destinationPortHigh);
        }
    }

    /**
     * Conditions on the Ethernet header; -1 for any.
     *
     * @param etherType the EtherType behind all tags
     * @param sourceMac the source MAC
     * @param destinationMac the destination MAC
     */
    public record Frame(int etherType, long sourceMac, long destinationMac) {
        /** Any frame. */
        public static final Frame ANY = new Frame(-1, -1, -1);

        boolean matches(PacketFields p) {
            return (etherType < 0 || etherType == p.etherType)
                    && (sourceMac < 0 || sourceMac == p.sourceMac)
                    && (destinationMac < 0 || destinationMac == p.destinationMac);
        }
    }

    /**
     * Conditions on VLAN tags.
     *
     * @param outerLow lowest VLAN id of the outer tag; -1 lets untagged frames match
     * @param outerHigh highest VLAN id of the outer tag
     * @param innerLow lowest VLAN id of the inner tag; -1 lets frames without one match
     * @param innerHigh highest VLAN id of the inner tag
     */
    public record Vlans(int outerLow, int outerHigh, int innerLow, int innerHigh) {
        /** Any tags or none. */
        public static final Vlans ANY = new Vlans(-1, 4095, -1, 4095);

        boolean matches(PacketFields p) {
            return inRange(p.outerVlan, outerLow, outerHigh) && inRange(p.innerVlan, innerLow, innerHigh);
        }
    }

    /** A range of DSCP values, 0..63. */
    public record Dscp(int low, int high) {
        /** Any value. */
        public static final Dscp ANY = new Dscp(0, 63);

        boolean matches(PacketFields p) {
            return inRange(p.dscp, low, high);
        }
    }

    /**
     * A share of all flows.
     *
     * @param buckets number of buckets the flow hash is divided into, 0 for no condition; bucket = (hash >>> 32, as unsigned 32 bits) mod buckets
     * @param set the buckets that match, as a bit set of {@code buckets} bits; empty if there is no condition; not to be changed
     */
    public record Share(int buckets, BitSet set) {
        /** All flows. */
        public static final Share ANY = new Share(0, new BitSet());

        /** Copies the set. */
        public Share {
            set = (BitSet) set.clone();
        }

        boolean matches(PacketFields p) {
            return buckets == 0 || set.get((int) ((p.hash >>> 32) % buckets));
        }
    }

    /**
     * Conditions on contextual attributes: numbers of values as in {@link AttributeIds}, one of which has to fit; empty for any or none.
     *
     * @param applications what the application may be
     * @param groups what the group may be
     * @param users what the user may be
     */
    public record Context(IntSet applications, IntSet groups, IntSet users) {
        /** Any attributes or none. */
        public static final Context ANY = new Context(IntSet.EMPTY, IntSet.EMPTY, IntSet.EMPTY);

        boolean matches(PacketFields p) {
            return (applications.isEmpty() || applications.contains(AttributeIds.application(p.attributes)))
                    && (groups.isEmpty() || groups.contains(AttributeIds.group(p.attributes)))
                    && (users.isEmpty() || users.contains(AttributeIds.user(p.attributes)));
        }
    }
}
