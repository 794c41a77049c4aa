package dev.sluice.agent.peers;

import dev.sluice.liveness.bfd.BfdPath;
import dev.sluice.wire.Checksum;
import dev.sluice.wire.EtherTypes;
import dev.sluice.wire.Ethernet;
import dev.sluice.wire.IpAddress;
import dev.sluice.wire.IpProtocols;
import dev.sluice.wire.Ipv4;
import dev.sluice.wire.Ipv6;
import dev.sluice.wire.Layouts;
import dev.sluice.wire.Udp;
import java.lang.foreign.MemorySegment;

/** The headers around a BFD packet between tunnel endpoints (RFC 5881 4, 5): IP with TTL 255 and CS6, UDP with its checksum; MAC addresses are left to others. Stateless; allocates nothing. */
final class PeerFrame {
    /** DSCP CS6, network control (RFC 4594 3.2). */
    private static final int TOS = 0xc0;

    /** Flags of IPv4. */
    private static final int DONT_FRAGMENT = 2;

    private PeerFrame() {}

    /** Bytes in front of the payload. */
    static int headerBytes(BfdPath path) {
        return Ethernet.BYTES + (path.local().isIpv4() ? Ipv4.BYTES : Ipv6.BYTES) + Udp.BYTES;
    }

    /** Writes all headers but the MAC addresses around a payload that is complete already. */
    static void write(MemorySegment f, long start, BfdPath path, int sourcePort, int payloadBytes) {
        boolean four = path.local().isIpv4();
        Layouts.putU16(f, start + Ethernet.TYPE_OFFSET, four ? EtherTypes.IPV4 : EtherTypes.IPV6);
        long ip = start + Ethernet.BYTES;
        int udpBytes = Udp.BYTES + payloadBytes;
        long udp = four ? ipv4(f, ip, path, udpBytes) : ipv6(f, ip, path, udpBytes);
        Udp.setSourcePort(f, udp, sourcePort);
        Udp.setDestinationPort(f, udp, path.port());
        Udp.setLength(f, udp, udpBytes);
        Udp.setChecksum(f, udp, 0);
        long pseudo = four
                ? Checksum.pseudoIpv4(f, ip, IpProtocols.UDP, udpBytes)
                : Checksum.pseudoIpv6(f, ip, IpProtocols.UDP, udpBytes);
        Udp.setChecksum(f, udp, Checksum.notZero(Checksum.layer4(f, pseudo, udp, udpBytes, Udp.CHECKSUM_OFFSET)));
    }

    private static long ipv4(MemorySegment f, long ip, BfdPath path, int udpBytes) {
        Ipv4.setVersionAndHeaderBytes(f, ip, Ipv4.BYTES);
        Ipv4.setTos(f, ip, TOS);
        Ipv4.setTotalLength(f, ip, Ipv4.BYTES + udpBytes);
        Ipv4.setIdentification(f, ip, 0);
        Ipv4.setFragment(f, ip, DONT_FRAGMENT, 0);
        Ipv4.setTtl(f, ip, BfdPath.TTL);
        Ipv4.setProtocol(f, ip, IpProtocols.UDP);
        Ipv4.setSource(f, ip, path.local().ipv4Bits());
        Ipv4.setDestination(f, ip, path.peer().ipv4Bits());
        Ipv4.updateChecksum(f, ip);
        return ip + Ipv4.BYTES;
    }

    private static long ipv6(MemorySegment f, long ip, BfdPath path, int udpBytes) {
        IpAddress local = path.local();
        IpAddress peer = path.peer();
        Ipv6.setVersionClassLabel(f, ip, TOS, 0);
        Ipv6.setPayloadLength(f, ip, udpBytes);
        Ipv6.setNextHeader(f, ip, IpProtocols.UDP);
        Ipv6.setHopLimit(f, ip, BfdPath.TTL);
        Ipv6.setSource(f, ip, local.hi(), local.lo());
        Ipv6.setDestination(f, ip, peer.hi(), peer.lo());
        return ip + Ipv6.BYTES;
    }
}
