package dev.sluice.datapath;

import dev.sluice.wire.IpPrefix;
import org.jspecify.annotations.Nullable;

/**
 * One conjunction of conditions; a wildcard is the widest range, or null. Ranges include both ends.
 *
 * <p>Fragments have the ports of their datagram (packet-life.md, fragments). A prefix matches its own family only.
 *
 * @param family 4, 6, or 0 for any frame, IP or not
 * @param source prefix of the source, null for any
 * @param destination prefix of the destination, null for any
 * @param protocolLow lowest IP protocol
 * @param protocolHigh highest IP protocol
 * @param sourcePortLow lowest source port
 * @param sourcePortHigh highest source port
 * @param destinationPortLow lowest destination port
 * @param destinationPortHigh highest destination port
 * @param etherType the EtherType, -1 for any
 * @param sourceMac the source MAC, -1 for any
 * @param destinationMac the destination MAC, -1 for any
 * @param outerVlanLow lowest VLAN id of the outer tag; -1 lets untagged frames match
 * @param outerVlanHigh highest VLAN id of the outer tag
 * @param innerVlanLow lowest VLAN id of the inner tag; -1 lets frames without one match
 * @param innerVlanHigh highest VLAN id of the inner tag
 * @param dscpLow lowest DSCP
 * @param dscpHigh highest DSCP
 * @param hashBuckets number of buckets the flow hash is divided into, 0 for no condition; bucket = (hash >>> 32, as unsigned 32 bits) mod hashBuckets
 * @param hashBucketSet the buckets that match, as a bit set of {@code hashBuckets} bits; empty if there is no condition
 */
public record Match(
        int family,
        @Nullable IpPrefix source,
        @Nullable IpPrefix destination,
        int protocolLow,
        int protocolHigh,
        int sourcePortLow,
        int sourcePortHigh,
        int destinationPortLow,
        int destinationPortHigh,
        int etherType,
        long sourceMac,
        long destinationMac,
        int outerVlanLow,
        int outerVlanHigh,
        int innerVlanLow,
        int innerVlanHigh,
        int dscpLow,
        int dscpHigh,
        int hashBuckets,
        java.util.BitSet hashBucketSet) {
    /** Matches every frame. */
    public static final Match ANY = new Match(
            0,
            null,
            null,
            0,
            255,
            0,
            65535,
            0,
            65535,
            -1,
            -1,
            -1,
            -1,
            4095,
            -1,
            4095,
            0,
            63,
            0,
            new java.util.BitSet());

    /** This match with another family. */
    public Match withFamily(int newFamily) {
        return new Match(
                newFamily,
                source,
                destination,
                protocolLow,
                protocolHigh,
                sourcePortLow,
                sourcePortHigh,
                destinationPortLow,
                destinationPortHigh,
                etherType,
                sourceMac,
                destinationMac,
                outerVlanLow,
                outerVlanHigh,
                innerVlanLow,
                innerVlanHigh,
                dscpLow,
                dscpHigh,
                hashBuckets,
                hashBucketSet);
    }

    /** This match with other prefixes; null is any. */
    public Match withPrefixes(@Nullable IpPrefix newSource, @Nullable IpPrefix newDestination) {
        return new Match(
                family,
                newSource,
                newDestination,
                protocolLow,
                protocolHigh,
                sourcePortLow,
                sourcePortHigh,
                destinationPortLow,
                destinationPortHigh,
                etherType,
                sourceMac,
                destinationMac,
                outerVlanLow,
                outerVlanHigh,
                innerVlanLow,
                innerVlanHigh,
                dscpLow,
                dscpHigh,
                hashBuckets,
                hashBucketSet);
    }

    /** This match with another range of IP protocols. */
    public Match withProtocol(int low, int high) {
        return new Match(
                family,
                source,
                destination,
                low,
                high,
                sourcePortLow,
                sourcePortHigh,
                destinationPortLow,
                destinationPortHigh,
                etherType,
                sourceMac,
                destinationMac,
                outerVlanLow,
                outerVlanHigh,
                innerVlanLow,
                innerVlanHigh,
                dscpLow,
                dscpHigh,
                hashBuckets,
                hashBucketSet);
    }

    /** This match with other port ranges. */
    public Match withPorts(int sourceLow, int sourceHigh, int destinationLow, int destinationHigh) {
        return new Match(
                family,
                source,
                destination,
                protocolLow,
                protocolHigh,
                sourceLow,
                sourceHigh,
                destinationLow,
                destinationHigh,
                etherType,
                sourceMac,
                destinationMac,
                outerVlanLow,
                outerVlanHigh,
                innerVlanLow,
                innerVlanHigh,
                dscpLow,
                dscpHigh,
                hashBuckets,
                hashBucketSet);
    }

    /** This match with conditions on the Ethernet header; -1 is any. */
    public Match withEthernet(int newEtherType, long newSourceMac, long newDestinationMac) {
        return new Match(
                family,
                source,
                destination,
                protocolLow,
                protocolHigh,
                sourcePortLow,
                sourcePortHigh,
                destinationPortLow,
                destinationPortHigh,
                newEtherType,
                newSourceMac,
                newDestinationMac,
                outerVlanLow,
                outerVlanHigh,
                innerVlanLow,
                innerVlanHigh,
                dscpLow,
                dscpHigh,
                hashBuckets,
                hashBucketSet);
    }

    /** This match with ranges of VLAN ids. */
    public Match withVlans(int outerLow, int outerHigh, int innerLow, int innerHigh) {
        return new Match(
                family,
                source,
                destination,
                protocolLow,
                protocolHigh,
                sourcePortLow,
                sourcePortHigh,
                destinationPortLow,
                destinationPortHigh,
                etherType,
                sourceMac,
                destinationMac,
                outerLow,
                outerHigh,
                innerLow,
                innerHigh,
                dscpLow,
                dscpHigh,
                hashBuckets,
                hashBucketSet);
    }

    /** This match with a range of DSCP values. */
    public Match withDscp(int low, int high) {
        return new Match(
                family,
                source,
                destination,
                protocolLow,
                protocolHigh,
                sourcePortLow,
                sourcePortHigh,
                destinationPortLow,
                destinationPortHigh,
                etherType,
                sourceMac,
                destinationMac,
                outerVlanLow,
                outerVlanHigh,
                innerVlanLow,
                innerVlanHigh,
                low,
                high,
                hashBuckets,
                hashBucketSet);
    }

    /** This match with a condition on the flow hash. */
    public Match withHash(int buckets, java.util.BitSet set) {
        return new Match(
                family,
                source,
                destination,
                protocolLow,
                protocolHigh,
                sourcePortLow,
                sourcePortHigh,
                destinationPortLow,
                destinationPortHigh,
                etherType,
                sourceMac,
                destinationMac,
                outerVlanLow,
                outerVlanHigh,
                innerVlanLow,
                innerVlanHigh,
                dscpLow,
                dscpHigh,
                buckets,
                set);
    }

    /** Whether the packet meets every condition; the plain definition that faster structures must agree with. */
    public boolean matches(PacketFields p) {
        return (family == 0 || family == p.family)
                && matchesPrefix(source, p.family, p.sourceHi, p.sourceLo)
                && matchesPrefix(destination, p.family, p.destinationHi, p.destinationLo)
                && inRange(p.protocol, protocolLow, protocolHigh)
                && inRange(p.sourcePort, sourcePortLow, sourcePortHigh)
                && inRange(p.destinationPort, destinationPortLow, destinationPortHigh)
                && (etherType < 0 || etherType == p.etherType)
                && (sourceMac < 0 || sourceMac == p.sourceMac)
                && (destinationMac < 0 || destinationMac == p.destinationMac)
                && inRange(p.outerVlan, outerVlanLow, outerVlanHigh)
                && inRange(p.innerVlan, innerVlanLow, innerVlanHigh)
                && inRange(p.dscp, dscpLow, dscpHigh)
                && (hashBuckets == 0 || hashBucketSet.get((int) ((p.hash >>> 32) % hashBuckets)));
    }

    private static boolean inRange(int value, int low, int high) {
        return value >= low && value <= high;
    }

    private static boolean matchesPrefix(@Nullable IpPrefix prefix, int family, long hi, long lo) {
        if (prefix == null) {
            return true;
        }
        int mapped = prefix.mappedBits();
        return family == (prefix.address().isIpv4() ? 4 : 6)
                && (hi & IpPrefix.maskHi(mapped)) == prefix.address().hi()
                && (lo & IpPrefix.maskLo(mapped)) == prefix.address().lo();
    }
}
