package dev.sluice.wire;

import java.lang.foreign.MemorySegment;

/** Goes through a frame as the data path does, check before access at every layer, and calls every reading accessor on the way. */
final class Dissection {
    /** Sum of everything that was read, by which two dissections are compared. */
    private long read;

    private Dissection() {}

    /** The number of bytes of headers that were understood, or a negative code of {@link Malformed}. */
    static int of(MemorySegment f, int bytes) {
        return new Dissection().frame(f, bytes);
    }

    /** The sum of every field that was read. */
    static long digest(MemorySegment f, int bytes) {
        Dissection dissection = new Dissection();
        dissection.frame(f, bytes);
        return dissection.read;
    }

    private int frame(MemorySegment f, int bytes) {
        int at = Ethernet.check(bytes);
        if (at < 0) {
            return at;
        }
        read += Ethernet.destination(f, 0) + Ethernet.source(f, 0) + (Ethernet.isGroup(f, 0) ? 1 : 0);
        int type = Ethernet.etherType(f, 0);
        while (VlanTag.isTagType(type)) {
            int tag = VlanTag.check(bytes - at + 2);
            if (tag < 0) {
                return tag;
            }
            read += VlanTag.vid(f, at - 2) + VlanTag.pcp(f, at - 2);
            type = VlanTag.innerEtherType(f, at - 2);
            at += tag;
        }
        int rest = switch (type) {
            case EtherTypes.ARP -> arp(f, at, bytes - at);
            case EtherTypes.IPV4 -> ipv4(f, at, bytes - at);
            case EtherTypes.IPV6 -> ipv6(f, at, bytes - at);
            default -> 0;
        };
        return rest < 0 ? rest : at + rest;
    }

    private int arp(MemorySegment f, long at, int bytes) {
        int length = Arp.check(f, at, bytes);
        if (length > 0) {
            read += Arp.operation(f, at) + Arp.senderMac(f, at) + Arp.senderIp(f, at) + Arp.targetMac(f, at);
            read += Arp.targetIp(f, at);
        }
        return length;
    }

    private int ipv4(MemorySegment f, long at, int bytes) {
        int header = Ipv4.check(f, at, bytes);
        if (header < 0) {
            return header;
        }
        read += Ipv4.identification(f, at) + Ipv4.ttl(f, at) + Ipv4.source(f, at) + Ipv4.destination(f, at);
        read += Ipv4.checksumOk(f, at) ? 1 : 0;
        if (!Ipv4.optionsWellFormed(f, at)) {
            return Malformed.IPV4_OPTIONS;
        }
        if (Ipv4.isLaterFragment(f, at)) {
            return header;
        }
        int payload = Ipv4.totalLength(f, at) - header;
        boolean whole = !Ipv4.isFragment(f, at);
        int upper = upper(f, at, at + header, payload, Ipv4.protocol(f, at), whole, false);
        return upper < 0 ? upper : header + upper;
    }

    private int ipv6(MemorySegment f, long at, int bytes) {
        long walked = Ipv6Extensions.walk(f, at, bytes);
        if (Malformed.is(walked)) {
            return (int) walked;
        }
        read += Ipv6.sourceHi(f, at) + Ipv6.destinationLo(f, at) + Ipv6.flowLabel(f, at) + Ipv6.trafficClass(f, at);
        int offset = Ipv6Extensions.offset(walked);
        if (Ipv6Extensions.isFragment(walked)) {
            read += Ipv6Extensions.fragmentIdentification(f, at, walked) + Ipv6Extensions.fragmentOffset(walked);
        }
        if (Ipv6Extensions.isLaterFragment(walked)) {
            return offset;
        }
        int payload = Ipv6.BYTES + Ipv6.payloadLength(f, at) - offset;
        boolean whole = !Ipv6Extensions.moreFragments(walked);
        int upper = upper(f, at, at + offset, payload, Ipv6Extensions.protocol(walked), whole, true);
        return upper < 0 ? upper : offset + upper;
    }

    private int upper(MemorySegment f, long ip, long at, int bytes, int protocol, boolean whole, boolean six) {
        return switch (protocol) {
            case IpProtocols.TCP -> tcp(f, ip, at, bytes, six);
            case IpProtocols.UDP -> udp(f, ip, at, bytes, whole, six);
            case IpProtocols.SCTP -> sctp(f, at, bytes);
            case IpProtocols.ICMP -> icmp(f, at, bytes);
            case IpProtocols.GRE -> gre(f, at, bytes);
            case IpProtocols.ICMPV6 -> six ? icmpv6(f, ip, at, bytes) : 0;
            default -> 0;
        };
    }

    private int tcp(MemorySegment f, long ip, long at, int bytes, boolean six) {
        int header = Tcp.check(f, at, bytes);
        if (header > 0) {
            read += Tcp.sourcePort(f, at) + Tcp.sequence(f, at) + Tcp.flags(f, at) + Tcp.urgentPointer(f, at);
            read += verified(f, ip, at, bytes, IpProtocols.TCP, six);
        }
        return header;
    }

    private int udp(MemorySegment f, long ip, long at, int bytes, boolean whole, boolean six) {
        int header = whole ? Udp.check(f, at, bytes) : Udp.checkHeader(bytes);
        if (header > 0) {
            read += Udp.sourcePort(f, at) + Udp.destinationPort(f, at) + Udp.checksum(f, at);
            read += verified(f, ip, at, whole ? Udp.length(f, at) : bytes, IpProtocols.UDP, six);
        }
        return header;
    }

    private int sctp(MemorySegment f, long at, int bytes) {
        int header = Sctp.check(bytes);
        if (header > 0) {
            read += Sctp.sourcePort(f, at) + Sctp.verificationTag(f, at) + Sctp.checksum(f, at);
        }
        return header;
    }

    private int icmp(MemorySegment f, long at, int bytes) {
        int header = Icmp.check(bytes);
        if (header > 0) {
            read += Icmp.type(f, at) + Icmp.identifier(f, at) + (Icmp.checksumOk(f, at, bytes) ? 1 : 0);
        }
        return header;
    }

    private int gre(MemorySegment f, long at, int bytes) {
        int header = Gre.check(f, at, bytes);
        if (header > 0) {
            read += Gre.key(f, at) + Gre.sequence(f, at) + Gre.checksum(f, at);
            read += Gre.checksumOk(f, at, bytes) ? 1 : 0;
        }
        return header;
    }

    private int icmpv6(MemorySegment f, long ip, long at, int bytes) {
        int header = Icmpv6.check(bytes);
        if (header < 0 || !NeighborDiscovery.isType(Icmpv6.type(f, at))) {
            return header;
        }
        int options = NeighborDiscovery.check(f, at, bytes, Ipv6.hopLimit(f, ip));
        if (options > 8) {
            read += Icmpv6.checksumOk(f, ip, at, bytes) ? 1 : 0;
            read += NeighborDiscovery.macOption(f, at, bytes, NeighborDiscovery.OPTION_SOURCE_MAC);
            read += options > 16 ? NeighborDiscovery.targetLo(f, at) : 0;
            read += options > 24 ? NeighborDiscovery.redirectedLo(f, at) : 0;
        }
        return options;
    }

    private static long verified(MemorySegment f, long ip, long at, int bytes, int protocol, boolean six) {
        long pseudo = six ? Checksum.pseudoIpv6(f, ip, protocol, bytes) : Checksum.pseudoIpv4(f, ip, protocol, bytes);
        return Checksum.verify(f, pseudo, at, bytes) ? 1 : 0;
    }
}
