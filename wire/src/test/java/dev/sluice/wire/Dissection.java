package dev.sluice.wire;

import java.lang.foreign.MemorySegment;

/** Goes through a frame as the data path does, check before access at every layer, and calls every reading accessor on the way. */
final class Dissection {
    /** Critical Geneve options that count as known. */
    private static final int[] KNOWN_OPTIONS = {0x010280};

    private final ServiceMetadata metadata = new ServiceMetadata();

    /** DSCP and ECN of the tunnel that is being read, or -1. */
    private int outerTos = -1;

    /** Sum of everything that was read, by which two dissections are compared. */
    private long read;

    private Dissection() {}

    /** The number of bytes of headers that were understood, or a negative code of {@link Malformed}. */
    static int of(MemorySegment f, int bytes) {
        return new Dissection().frame(f, 0, bytes);
    }

    /** The sum of every field that was read. */
    static long digest(MemorySegment f, int bytes) {
        Dissection dissection = new Dissection();
        dissection.frame(f, 0, bytes);
        return dissection.read;
    }

    private int frame(MemorySegment f, long base, int bytes) {
        int at = Ethernet.check(bytes);
        if (at < 0) {
            return at;
        }
        read += Ethernet.destination(f, base) + Ethernet.source(f, base) + (Ethernet.isGroup(f, base) ? 1 : 0);
        int type = Ethernet.etherType(f, base);
        while (VlanTag.isTagType(type)) {
            int tag = VlanTag.check(bytes - at + 2);
            if (tag < 0) {
                return tag;
            }
            read += VlanTag.vid(f, base + at - 2) + VlanTag.pcp(f, base + at - 2);
            type = VlanTag.innerEtherType(f, base + at - 2);
            at += tag;
        }
        int rest = payload(f, type, base + at, bytes - at);
        return rest < 0 ? rest : at + rest;
    }

    private int payload(MemorySegment f, int etherType, long at, int bytes) {
        return switch (etherType) {
            case EtherTypes.ARP -> arp(f, at, bytes);
            case EtherTypes.IPV4 -> ipv4(f, at, bytes);
            case EtherTypes.IPV6 -> ipv6(f, at, bytes);
            case EtherTypes.NSH -> nsh(f, at, bytes);
            case EtherTypes.TEB -> frame(f, at, bytes);
            default -> 0;
        };
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
        if (outerTos >= 0 && Ecn.decapsulate(Ecn.of(Ipv4.tos(f, at)), Ecn.of(outerTos)) < 0) {
            return Malformed.ECN_CONGESTION;
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
            if (whole) {
                int tunnel = tunnel(f, ip, at, six);
                return tunnel < 0 ? tunnel : header + tunnel;
            }
        }
        return header;
    }

    private int tunnel(MemorySegment f, long ip, long udp, boolean six) {
        long at = udp + Udp.BYTES;
        int bytes = Udp.length(f, udp) - Udp.BYTES;
        int before = outerTos;
        outerTos = Ecn.tos(f, ip);
        int result = switch (Udp.destinationPort(f, udp)) {
            case Geneve.PORT -> geneve(f, at, bytes);
            case Vxlan.PORT -> behind(f, Vxlan.check(f, at, bytes), EtherTypes.TEB, at, bytes);
            case VxlanGpe.PORT -> gpe(f, at, bytes);
            default -> 0;
        };
        outerTos = before;
        if (result <= 0) {
            return result;
        }
        read += Geneve.vni(f, at) + Geneve.protocol(f, at);
        int checksum = six ? OuterUdp.checkIpv6(f, ip, udp, false) : OuterUdp.checkIpv4(f, ip, udp);
        return checksum < 0 ? checksum : result;
    }

    private int behind(MemorySegment f, int header, int etherType, long at, int bytes) {
        if (header < 0) {
            return header;
        }
        int rest = payload(f, etherType, at + header, bytes - header);
        return rest < 0 ? rest : header + rest;
    }

    private int geneve(MemorySegment f, long at, int bytes) {
        int header = Geneve.check(f, at, bytes);
        if (header < 0) {
            return header;
        }
        int options = GeneveOptions.check(f, at);
        if (options < 0) {
            return options;
        }
        int critical = GeneveOptions.checkCritical(f, at, KNOWN_OPTIONS);
        int gwlb = GwlbOptions.check(f, at);
        if (critical < 0 || gwlb < 0) {
            return critical < 0 ? critical : gwlb;
        }
        read += options + gwlb + GeneveHeader.read(f, at).hashCode() + (Geneve.saysCritical(f, at) ? 1 : 0);
        read += (gwlb & GwlbOptions.HAS_ENDPOINT) != 0 ? GwlbOptions.endpoint(f, at) : 0;
        read += (gwlb & GwlbOptions.HAS_ATTACHMENT) != 0 ? GwlbOptions.attachment(f, at) : 0;
        read += (gwlb & GwlbOptions.HAS_COOKIE) != 0 ? GwlbOptions.cookie(f, at) : 0;
        return behind(f, header, Geneve.protocol(f, at), at, bytes);
    }

    private int gpe(MemorySegment f, long at, int bytes) {
        int header = VxlanGpe.check(f, at, bytes);
        if (header < 0) {
            return header;
        }
        read += VxlanGpeHeader.read(f, at).hashCode() + (VxlanGpe.isReplicated(f, at) ? 1 : 0);
        return behind(f, header, VxlanGpe.etherTypeOf(VxlanGpe.nextProtocol(f, at)), at, bytes);
    }

    private int nsh(MemorySegment f, long at, int bytes) {
        int header = Nsh.check(f, at, bytes);
        if (header < 0) {
            return header;
        }
        if (Nsh.si(f, at) == 0) {
            return Malformed.NSH_INDEX;
        }
        int contexts = metadata.read(f, at);
        if (contexts < 0) {
            return contexts;
        }
        read += NshHeader.read(f, at).hashCode() + metadata.present() + metadata.unknown();
        read += metadata.has(ServiceMetadata.SLUICE) ? metadata.traceId() + metadata.chainTag() : 0;
        long context = at + Nsh.BYTES;
        if (Nsh.mdType(f, at) == Nsh.MD_FIXED && FixedContext.isUsable(f, context)) {
            read += FixedContext.flags(f, context) + FixedContext.tenant(f, context) + FixedContext.flow(f, context);
        }
        return behind(f, header, Nsh.etherTypeOf(Nsh.nextProtocol(f, at)), at, bytes);
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
