package dev.sluice.datapath.neighbors;

import dev.sluice.datapath.packet.Batch;
import dev.sluice.datapath.packet.Parser;
import dev.sluice.datapath.stage.Cursor;
import dev.sluice.wire.Arp;
import dev.sluice.wire.Ethernet;
import dev.sluice.wire.Icmpv6;
import dev.sluice.wire.IpAddress;
import dev.sluice.wire.IpProtocols;
import dev.sluice.wire.Ipv6;
import dev.sluice.wire.NeighborDiscovery;
import java.lang.foreign.MemorySegment;

/**
 * Reads who answers a question for a MAC address: an ARP reply to the asker (RFC 826), or an advertisement that says it was solicited (RFC 4861 7.2.4). What is said unasked, to all or about the asker's own address, is
 * none. One user: the worker. Hot path: no allocation.
 */
public final class NeighborAnswer {
    private long fromHi;
    private long fromLo;
    private long toHi;
    private long toLo;

    /**
     * Reads the packet in hand, of ARP or neighbour discovery; the other methods are about the last one that was an answer.
     *
     * @param ownMac MAC address of the port, to which an answer is sent
     * @return whether it is one
     */
    public boolean read(Cursor c, long ownMac) {
        return Ethernet.destination(c.memory, c.start()) == ownMac
                && ((c.parsed() & Parser.ARP) != 0 ? readArp(c, ownMac) : readAdvertisement(c));
    }

    private boolean readArp(Cursor c, long ownMac) {
        MemorySegment f = c.memory;
        long arp = c.networkHeader();
        if (!Arp.isEthernetIpv4(f, arp, bytes(c))
                || Arp.operation(f, arp) != Arp.REPLY
                || Arp.targetMac(f, arp) != ownMac) {
            return false;
        }
        fromHi = 0;
        fromLo = mapped(Arp.senderIp(f, arp));
        toHi = 0;
        toLo = mapped(Arp.targetIp(f, arp));
        return true;
    }

    private boolean readAdvertisement(Cursor c) {
        MemorySegment f = c.memory;
        long ip = c.networkHeader();
        long icmp = ip + Ipv6.BYTES;
        if (Ipv6.check(f, ip, bytes(c)) < 0 || Ipv6.nextHeader(f, ip) != IpProtocols.ICMPV6) {
            return false;
        }
        int icmpBytes = Ipv6.payloadLength(f, ip);
        if (NeighborDiscovery.check(f, icmp, icmpBytes, Ipv6.hopLimit(f, ip)) < 0
                || Icmpv6.type(f, icmp) != NeighborDiscovery.ADVERTISEMENT
                || (NeighborDiscovery.flags(f, icmp) & NeighborDiscovery.FLAG_SOLICITED) == 0
                || !checksumHolds(c, ip, icmpBytes)) {
            return false;
        }
        fromHi = NeighborDiscovery.targetHi(f, icmp);
        fromLo = NeighborDiscovery.targetLo(f, icmp);
        toHi = Ipv6.destinationHi(f, ip);
        toLo = Ipv6.destinationLo(f, ip);
        return true;
    }

    private static boolean checksumHolds(Cursor c, long ip, int icmpBytes) {
        return (c.batch.offload[c.slot] & Batch.CHECKSUM_PARTIAL) != 0
                || Icmpv6.checksumOk(c.memory, ip, ip + Ipv6.BYTES, icmpBytes);
    }

    private static int bytes(Cursor c) {
        return c.lengthBytes() - c.batch.l3[c.slot];
    }

    private static long mapped(int ip) {
        return IpAddress.IPV4_MAPPED | (ip & 0xffff_ffffL);
    }

    /** Upper half of the address whose MAC address it says. */
    public long fromHi() {
        return fromHi;
    }

    /** Lower half of it. */
    public long fromLo() {
        return fromLo;
    }

    /** Whether it is sent to this address. */
    public boolean isTo(IpAddress own) {
        return own.hi() == toHi && own.lo() == toLo;
    }
}
