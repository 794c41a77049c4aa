package dev.sluice.liveness;

import dev.sluice.wire.Checksum;
import dev.sluice.wire.EtherTypes;
import dev.sluice.wire.Ethernet;
import dev.sluice.wire.IpAddress;
import dev.sluice.wire.Ipv4;
import dev.sluice.wire.Ipv6;
import dev.sluice.wire.Layouts;
import dev.sluice.wire.VlanTag;
import java.lang.foreign.MemorySegment;

/**
 * The headers in front of what this process sends to a node: Ethernet, up to two tags, IPv4 or IPv6. DSCP is CS6, so that a busy node drops such packets last (RFC 4594 3.2).
 * Immutable but for what it writes into the caller's memory; allocates nothing.
 *
 * @param outerTag TPID and VLAN id of the outer or only tag, 0 for none
 * @param innerTag the same for the inner tag
 * @param source of the same family as the destination
 * @param destination a host
 * @param ttl TTL or hop limit
 */
public record IpFrame(int outerTag, int innerTag, IpAddress source, IpAddress destination, int ttl) {
    /** DSCP CS6, network control. */
    static final int TOS = 0xc0;

    /** Largest of all headers in bytes. */
    public static final int HEADER_BYTES_MAX = Ethernet.BYTES + 2 * VlanTag.BYTES + Ipv6.BYTES;

    /** Whether it is IPv4. */
    public boolean isIpv4() {
        return source.isIpv4();
    }

    /** Bytes in front of the transport header. */
    public int headerBytes() {
        return ethernetBytes(outerTag, innerTag) + (isIpv4() ? Ipv4.BYTES : Ipv6.BYTES);
    }

    /** Writes all but the MAC addresses around a transport header with its payload, which lie behind {@link #headerBytes}. */
    public void write(MemorySegment f, long start, int protocol, int transportBytes, int identification) {
        writeEthernet(f, start, outerTag, innerTag, isIpv4() ? EtherTypes.IPV4 : EtherTypes.IPV6);
        long ip = start + ethernetBytes(outerTag, innerTag);
        if (isIpv4()) {
            Ipv4.setVersionAndHeaderBytes(f, ip, Ipv4.BYTES);
            Ipv4.setTos(f, ip, TOS);
            Ipv4.setTotalLength(f, ip, Ipv4.BYTES + transportBytes);
            Ipv4.setIdentification(f, ip, identification);
            Ipv4.setFragment(f, ip, 0, 0);
            Ipv4.setTtl(f, ip, ttl);
            Ipv4.setProtocol(f, ip, protocol);
            Ipv4.setSource(f, ip, source.ipv4Bits());
            Ipv4.setDestination(f, ip, destination.ipv4Bits());
            Ipv4.updateChecksum(f, ip);
        } else {
            Ipv6.setVersionClassLabel(f, ip, TOS, 0);
            Ipv6.setPayloadLength(f, ip, transportBytes);
            Ipv6.setNextHeader(f, ip, protocol);
            Ipv6.setHopLimit(f, ip, ttl);
            Ipv6.setSource(f, ip, source.hi(), source.lo());
            Ipv6.setDestination(f, ip, destination.hi(), destination.lo());
        }
    }

    /** Checksum of a transport header with its payload, for the place where it belongs. */
    public int checksum(MemorySegment f, long transport, int protocol, int transportBytes, int checksumOffset) {
        long pseudo = isIpv4()
                ? Checksum.pseudoIpv4(source.ipv4Bits(), destination.ipv4Bits(), protocol, transportBytes)
                : Checksum.pseudoIpv6(
                        source.hi(), source.lo(), destination.hi(), destination.lo(), protocol, transportBytes);
        return Checksum.layer4(f, pseudo, transport, transportBytes, checksumOffset);
    }

    /** Bytes of an Ethernet header with such tags, 0 for none. */
    static int ethernetBytes(int outerTag, int innerTag) {
        return Ethernet.BYTES + (outerTag == 0 ? 0 : VlanTag.BYTES) + (innerTag == 0 ? 0 : VlanTag.BYTES);
    }

    /** Writes such a header but for the MAC addresses. */
    static void writeEthernet(MemorySegment f, long start, int outerTag, int innerTag, int etherType) {
        long type = tag(f, tag(f, start + Ethernet.TYPE_OFFSET, outerTag), innerTag);
        Layouts.putU16(f, type, etherType);
    }

    private static long tag(MemorySegment f, long at, int tag) {
        if (tag == 0) {
            return at;
        }
        Layouts.putU32(f, at, tag & 0xffff_ffffL);
        return at + VlanTag.BYTES;
    }
}
