package dev.sluice.datapath.neighbors;

import static dev.sluice.wire.NeighborDiscovery.ADVERTISEMENT;
import static dev.sluice.wire.NeighborDiscovery.FLAG_OVERRIDE;
import static dev.sluice.wire.NeighborDiscovery.FLAG_ROUTER;
import static dev.sluice.wire.NeighborDiscovery.FLAG_SOLICITED;
import static dev.sluice.wire.NeighborDiscovery.NO_MAC;
import static dev.sluice.wire.NeighborDiscovery.SOLICITATION;

import dev.sluice.datapath.packet.Batch;
import dev.sluice.datapath.packet.FramePool;
import dev.sluice.wire.Arp;
import dev.sluice.wire.Ethernet;
import dev.sluice.wire.Icmpv6;
import dev.sluice.wire.IpAddress;
import dev.sluice.wire.IpProtocols;
import dev.sluice.wire.Ipv6;
import dev.sluice.wire.MacAddress;
import dev.sluice.wire.NeighborDiscovery;
import java.lang.foreign.MemorySegment;

/**
 * Answers who asks for a router's addresses and learns from what neighbours say: ARP (RFC 826, RFC 5227) and neighbour discovery (RFC 4861 7). One
 * writer: the worker that owns the {@link Neighbors}.
 *
 * <p>A question is turned into its answer in place. Nothing is believed of who claims an own address, of who is not on the link, or of frames meant for
 * another MAC, so a port in promiscuous mode does no harm. No call allocates or throws.
 */
public final class NeighborsResponder {
    /** The slot holds the answer now: send it out of the port it came in on. */
    public static final int ANSWERED = 0;

    /** Read and done with: free the frame. */
    public static final int CONSUMED = 1;

    /** Not about the router; what could be learned has been. The frame is as it was. */
    public static final int NOT_FOR_US = 2;

    /** Breaks the rules of its protocol: drop and count. Nothing was learned. */
    public static final int MALFORMED = 3;

    private static final long ALL_NODES_HI = 0xff02_0000_0000_0000L;
    private static final long ALL_NODES_LO = 1;

    /** Bytes of an advertisement with the target's MAC, IPv6 header included. */
    private static final int ADVERTISEMENT_BYTES = Ipv6.BYTES + NeighborDiscovery.NEIGHBOR_BYTES + 8;

    private final FramePool pool;
    private final Neighbors neighbors;
    private long conflicts;

    /** A responder that learns into the given table; frames lie in the pool. */
    public NeighborsResponder(FramePool pool, Neighbors neighbors) {
        this.pool = pool;
        this.neighbors = neighbors;
    }

    /** Claims of an own address by another MAC, seen and ignored since the start. */
    public long conflictCount() {
        return conflicts;
    }

    /**
     * Handles an ARP frame; {@code start}, {@code length}, {@code port} and {@code l3} of the slot are read, tags stay as they are.
     *
     * @return {@link #ANSWERED}, {@link #CONSUMED}, {@link #NOT_FOR_US} or {@link #MALFORMED}
     */
    public int answerArp(Batch batch, int slot, PortAddresses own, long nowNs) {
        MemorySegment f = pool.memory();
        long base = batch.start[slot];
        long arp = base + batch.l3[slot];
        if (batch.l3[slot] < Ethernet.BYTES || Arp.check(f, arp, batch.length[slot] - batch.l3[slot]) < 0) {
            return MALFORMED;
        }
        int operation = Arp.operation(f, arp);
        long senderMac = Arp.senderMac(f, arp);
        int senderIp = Arp.senderIp(f, arp);
        int targetIp = Arp.targetIp(f, arp);
        if ((operation != Arp.REQUEST && operation != Arp.REPLY) || !isUnicast(senderMac) || senderIp >>> 28 >= 0xe) {
            return MALFORMED;
        }
        if (senderMac == own.mac() || !isAddressedTo(f, base, own)) {
            return NOT_FOR_US;
        }
        if (own.owns(0, mapped(senderIp))) {
            conflicts++;
            return CONSUMED;
        }
        boolean toUs = own.owns(0, mapped(targetIp));
        return operation == Arp.REQUEST
                ? arpRequest(batch, slot, own, toUs, nowNs)
                : arpReply(batch.port[slot], own, f, arp, toUs, nowNs);
    }

    private int arpRequest(Batch batch, int slot, PortAddresses own, boolean toUs, long nowNs) {
        MemorySegment f = pool.memory();
        long base = batch.start[slot];
        long arp = base + batch.l3[slot];
        long senderMac = Arp.senderMac(f, arp);
        int senderIp = Arp.senderIp(f, arp);
        int targetIp = Arp.targetIp(f, arp);
        int port = batch.port[slot];
        if (!toUs) {
            if (senderIp != 0) {
                neighbors.announce(port, 0, mapped(senderIp), senderMac, nowNs);
            }
            return NOT_FOR_US;
        }
        if (senderIp != 0 && own.onLink(0, mapped(senderIp))) {
            neighbors.learn(port, 0, mapped(senderIp), senderMac, nowNs);
        }
        Ethernet.setAddresses(f, base, senderMac, own.mac());
        Arp.write(f, arp, Arp.REPLY, own.mac(), targetIp, senderMac, senderIp);
        clearOffloads(batch, slot);
        return ANSWERED;
    }

    /** Only an answer to us while we ask confirms; anything else is an announcement. */
    private int arpReply(int port, PortAddresses own, MemorySegment f, long arp, boolean toUs, long nowNs) {
        long senderMac = Arp.senderMac(f, arp);
        int senderIp = Arp.senderIp(f, arp);
        if (senderIp == 0) {
            return MALFORMED;
        }
        boolean answer = toUs && Arp.targetMac(f, arp) == own.mac();
        hear(port, 0, mapped(senderIp), senderMac, answer, nowNs);
        return answer ? CONSUMED : NOT_FOR_US;
    }

    /**
     * Handles an ICMPv6 neighbour solicitation or advertisement that follows the IPv6 header without extension headers; others are {@link #NOT_FOR_US}. {@code
     * start}, {@code length}, {@code port}, {@code l3} and {@code offload} of the slot are read; an answer may be longer than the question.
     *
     * @return {@link #ANSWERED}, {@link #CONSUMED}, {@link #NOT_FOR_US} or {@link #MALFORMED}
     */
    public int answerNd(Batch batch, int slot, PortAddresses own, long nowNs) {
        MemorySegment f = pool.memory();
        long base = batch.start[slot];
        long ip = base + batch.l3[slot];
        long icmp = ip + Ipv6.BYTES;
        if (batch.l3[slot] < Ethernet.BYTES || Ipv6.check(f, ip, batch.length[slot] - batch.l3[slot]) < 0) {
            return MALFORMED;
        }
        int icmpBytes = Ipv6.payloadLength(f, ip);
        if (Ipv6.nextHeader(f, ip) != IpProtocols.ICMPV6) {
            return NOT_FOR_US;
        }
        if (icmpBytes < Icmpv6.BYTES) {
            return MALFORMED;
        }
        int type = Icmpv6.type(f, icmp);
        if (type != SOLICITATION && type != ADVERTISEMENT) {
            return NOT_FOR_US;
        }
        int optionType =
                type == SOLICITATION ? NeighborDiscovery.OPTION_SOURCE_MAC : NeighborDiscovery.OPTION_TARGET_MAC;
        if (NeighborDiscovery.check(f, icmp, icmpBytes, Ipv6.hopLimit(f, ip)) < 0
                || !checksumHolds(batch, slot, ip, icmpBytes)) {
            return MALFORMED;
        }
        long mac = NeighborDiscovery.macOption(f, icmp, icmpBytes, optionType);
        if (mac != NO_MAC && !isUnicast(mac)) {
            return MALFORMED;
        }
        if (Ethernet.source(f, base) == own.mac() || !isAddressedTo(f, base, own)) {
            return NOT_FOR_US;
        }
        return type == SOLICITATION
                ? solicitation(batch, slot, own, mac, nowNs)
                : advertisement(batch, slot, own, mac, nowNs);
    }

    /** RFC 4861 7.1.1, 7.2.3 and 7.2.4. */
    private int solicitation(Batch batch, int slot, PortAddresses own, long mac, long nowNs) {
        MemorySegment f = pool.memory();
        long ip = batch.start[slot] + batch.l3[slot];
        long sourceHi = Ipv6.sourceHi(f, ip);
        long sourceLo = Ipv6.sourceLo(f, ip);
        long targetHi = NeighborDiscovery.targetHi(f, ip + Ipv6.BYTES);
        long targetLo = NeighborDiscovery.targetLo(f, ip + Ipv6.BYTES);
        boolean probe = sourceHi == 0 && sourceLo == 0;
        boolean toGroup = Ipv6.destinationHi(f, ip) == NeighborDiscovery.solicitedNodeHi()
                && Ipv6.destinationLo(f, ip) == NeighborDiscovery.solicitedNodeLo(targetLo);
        if ((probe && (!toGroup || mac != NO_MAC)) || sourceHi >>> 56 == 0xff) {
            return MALFORMED;
        }
        if (own.owns(sourceHi, sourceLo)) {
            conflicts++;
            return CONSUMED;
        }
        int port = batch.port[slot];
        boolean known = mac != NO_MAC && own.onLink(sourceHi, sourceLo);
        if (!own.owns(targetHi, targetLo)) {
            if (known) {
                neighbors.announce(port, sourceHi, sourceLo, mac, nowNs);
            }
            return NOT_FOR_US;
        }
        if (pool.roomBytes(batch.start[slot]) < batch.l3[slot] + ADVERTISEMENT_BYTES) {
            return CONSUMED;
        }
        if (known) {
            neighbors.learn(port, sourceHi, sourceLo, mac, nowNs);
        }
        advertise(batch, slot, own, probe, mac);
        return ANSWERED;
    }

    /** Turns a solicitation into the advertisement that answers it (RFC 4861 7.2.4): a probe for duplicates is answered to all nodes. */
    private void advertise(Batch batch, int slot, PortAddresses own, boolean probe, long askerMac) {
        MemorySegment f = pool.memory();
        long base = batch.start[slot];
        long ip = base + batch.l3[slot];
        long icmp = ip + Ipv6.BYTES;
        long toHi = probe ? ALL_NODES_HI : Ipv6.sourceHi(f, ip);
        long toLo = probe ? ALL_NODES_LO : Ipv6.sourceLo(f, ip);
        long answerMac = askerMac != NO_MAC ? askerMac : Ethernet.source(f, base);
        Ethernet.setAddresses(f, base, probe ? NeighborDiscovery.multicastMac(ALL_NODES_LO) : answerMac, own.mac());
        long targetHi = NeighborDiscovery.targetHi(f, icmp);
        long targetLo = NeighborDiscovery.targetLo(f, icmp);
        int flags = FLAG_ROUTER | FLAG_OVERRIDE | (probe ? 0 : FLAG_SOLICITED);
        int bytes = NeighborDiscovery.writeAdvertisement(
                f, ip, targetHi, targetLo, toHi, toLo, targetHi, targetLo, flags, own.mac());
        batch.length[slot] = batch.l3[slot] + bytes;
        clearOffloads(batch, slot);
    }

    /** RFC 4861 7.1.2 and 7.2.5. */
    private int advertisement(Batch batch, int slot, PortAddresses own, long mac, long nowNs) {
        MemorySegment f = pool.memory();
        long ip = batch.start[slot] + batch.l3[slot];
        int flags = NeighborDiscovery.flags(f, ip + Ipv6.BYTES);
        long targetHi = NeighborDiscovery.targetHi(f, ip + Ipv6.BYTES);
        long targetLo = NeighborDiscovery.targetLo(f, ip + Ipv6.BYTES);
        boolean solicited = (flags & FLAG_SOLICITED) != 0;
        boolean toGroup = Ipv6.destinationHi(f, ip) >>> 56 == 0xff;
        if (solicited && toGroup) {
            return MALFORMED;
        }
        if (own.owns(targetHi, targetLo)) {
            conflicts++;
            return CONSUMED;
        }
        boolean toUs = own.owns(Ipv6.destinationHi(f, ip), Ipv6.destinationLo(f, ip));
        int port = batch.port[slot];
        long known = neighbors.peek(port, targetHi, targetLo);
        long said = mac != NO_MAC ? mac : known;
        boolean override = (flags & FLAG_OVERRIDE) != 0 || known == Neighbors.UNKNOWN;
        if (said != Neighbors.UNKNOWN && (said == known || override)) {
            hear(port, targetHi, targetLo, said, solicited && toUs, nowNs);
        } else if (said != known) {
            neighbors.doubt(port, targetHi, targetLo, nowNs);
        }
        return toUs || toGroup ? CONSUMED : NOT_FOR_US;
    }

    private void hear(int port, long hi, long lo, long mac, boolean answer, long nowNs) {
        byte state = neighbors.state(port, hi, lo);
        if (answer && (state == Neighbors.INCOMPLETE || state == Neighbors.PROBE)) {
            neighbors.confirm(port, hi, lo, mac, nowNs);
        } else {
            neighbors.announce(port, hi, lo, mac, nowNs);
        }
    }

    /** A checksum that the sender's stack on this host left to be completed can't be wrong on the way. */
    private boolean checksumHolds(Batch batch, int slot, long ip, int icmpBytes) {
        return (batch.offload[slot] & Batch.CHECKSUM_PARTIAL) != 0
                || Icmpv6.checksumOk(pool.memory(), ip, ip + Ipv6.BYTES, icmpBytes);
    }

    private static boolean isAddressedTo(MemorySegment f, long base, PortAddresses own) {
        long to = Ethernet.destination(f, base);
        return to == own.mac() || (to & MacAddress.GROUP_BIT) != 0;
    }

    private static boolean isUnicast(long mac) {
        return mac != 0 && (mac & MacAddress.GROUP_BIT) == 0;
    }

    private static long mapped(int ip) {
        return IpAddress.IPV4_MAPPED | (ip & 0xffff_ffffL);
    }

    private static void clearOffloads(Batch batch, int slot) {
        batch.offload[slot] = 0;
        batch.gsoType[slot] = Batch.GSO_NONE;
    }
}
