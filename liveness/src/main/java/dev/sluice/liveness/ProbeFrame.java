package dev.sluice.liveness;

import dev.sluice.wire.Checksum;
import dev.sluice.wire.EtherTypes;
import dev.sluice.wire.Ethernet;
import dev.sluice.wire.Icmp;
import dev.sluice.wire.IpProtocols;
import dev.sluice.wire.Ipv4;
import dev.sluice.wire.Layouts;
import dev.sluice.wire.Probe;
import dev.sluice.wire.Udp;
import dev.sluice.wire.VlanTag;
import java.lang.foreign.MemorySegment;

/**
 * A whole probe frame, ready to be sent (docs/reference/probes.md): Ethernet, up to two tags, IPv4, UDP or ICMP echo, {@link Probe}. Immutable but for what it
 * writes into the caller's memory.
 *
 * @param innerTag TPID and VLAN id of the inner tag, 0 for none
 * @param outerTag the same for the outer or only tag
 * @param source IPv4 address
 * @param destination IPv4 address
 * @param port UDP port of both sides, or -1 for an ICMP echo request
 */
public record ProbeFrame(int outerTag, int innerTag, int source, int destination, int port) {
    /** Hop limit: a probe passes one node, but some firewalls frown at small ones. */
    static final int TTL = 64;

    /** DSCP CS6, network control, so that a busy node drops probes last (RFC 4594 3.2). */
    static final int TOS = 0xc0;

    /** Largest frame in bytes. */
    public static final int BYTES_MAX = Ethernet.BYTES + 2 * VlanTag.BYTES + Ipv4.BYTES + Udp.BYTES + Probe.BYTES;

    /** Length of the frame in bytes, without FCS. */
    public int bytes() {
        return tagBytes() + Ethernet.BYTES + Ipv4.BYTES + Udp.BYTES + Probe.BYTES;
    }

    private int tagBytes() {
        return (outerTag == 0 ? 0 : VlanTag.BYTES) + (innerTag == 0 ? 0 : VlanTag.BYTES);
    }

    /** Where the payload of {@link Probe} begins. */
    public int payloadOffset() {
        return bytes() - Probe.BYTES;
    }

    /** Writes all headers around a payload that is complete already, at {@link #payloadOffset}. */
    public void writeAround(MemorySegment f, long start, long destinationMac, long sourceMac, int identification) {
        Ethernet.setAddresses(f, start, destinationMac, sourceMac);
        long type = start + Ethernet.TYPE_OFFSET;
        type = tag(f, type, outerTag);
        type = tag(f, type, innerTag);
        Layouts.putU16(f, type, EtherTypes.IPV4);
        long ip = type + 2;
        int transportBytes = Udp.BYTES + Probe.BYTES;
        boolean echo = port < 0;
        Ipv4.setVersionAndHeaderBytes(f, ip, Ipv4.BYTES);
        Ipv4.setTos(f, ip, TOS);
        Ipv4.setTotalLength(f, ip, Ipv4.BYTES + transportBytes);
        Ipv4.setIdentification(f, ip, identification);
        Ipv4.setFragment(f, ip, 0, 0);
        Ipv4.setTtl(f, ip, TTL);
        Ipv4.setProtocol(f, ip, echo ? IpProtocols.ICMP : IpProtocols.UDP);
        Ipv4.setSource(f, ip, source);
        Ipv4.setDestination(f, ip, destination);
        Ipv4.updateChecksum(f, ip);
        long transport = ip + Ipv4.BYTES;
        if (echo) {
            Icmp.write(f, transport, Icmp.ECHO_REQUEST, 0, ECHO_IDENTIFIER, identification);
            Icmp.updateChecksum(f, transport, transportBytes);
            return;
        }
        Udp.setSourcePort(f, transport, port);
        Udp.setDestinationPort(f, transport, port);
        Udp.setLength(f, transport, transportBytes);
        Udp.setChecksum(f, transport, 0);
        long pseudo = Checksum.pseudoIpv4(source, destination, IpProtocols.UDP, transportBytes);
        int checksum = Checksum.layer4(f, pseudo, transport, transportBytes, Udp.CHECKSUM_OFFSET);
        Udp.setChecksum(f, transport, Checksum.notZero(checksum));
    }

    /** Identifier of echo requests: "SL". */
    static final int ECHO_IDENTIFIER = 0x534c;

    private static long tag(MemorySegment f, long at, int tag) {
        if (tag == 0) {
            return at;
        }
        Layouts.putU32(f, at, tag & 0xffff_ffffL);
        return at + VlanTag.BYTES;
    }
}
