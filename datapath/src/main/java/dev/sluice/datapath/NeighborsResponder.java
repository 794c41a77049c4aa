package dev.sluice.datapath;

import static dev.sluice.datapath.NeighborsFrames.ADVERTISEMENT;
import static dev.sluice.datapath.NeighborsFrames.ALL_NODES_HI;
import static dev.sluice.datapath.NeighborsFrames.ALL_NODES_LO;
import static dev.sluice.datapath.NeighborsFrames.ETHERNET_BYTES;
import static dev.sluice.datapath.NeighborsFrames.ICMPV6;
import static dev.sluice.datapath.NeighborsFrames.IPV6_BYTES;
import static dev.sluice.datapath.NeighborsFrames.ND_BYTES;
import static dev.sluice.datapath.NeighborsFrames.OPTION_BYTES;
import static dev.sluice.datapath.NeighborsFrames.OPTION_SOURCE_MAC;
import static dev.sluice.datapath.NeighborsFrames.OPTION_TARGET_MAC;
import static dev.sluice.datapath.NeighborsFrames.SOLICITATION;

import dev.sluice.wire.IpAddress;
import dev.sluice.wire.MacAddress;
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

    private static final long FLAG_SOLICITED = 0x4000_0000L;
    private static final long FLAG_OVERRIDE = 0x2000_0000L;
    private static final long FLAG_ROUTER = 0x8000_0000L;
    private static final long NO_MAC = -1;
    private static final long BROKEN = -2;

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
        if (batch.l3[slot] < ETHERNET_BYTES
                || batch.length[slot] - batch.l3[slot] < NeighborsFrames.ARP_BYTES
                || NeighborsFrames.get32(f, arp) != 0x0001_0800
                || NeighborsFrames.get16(f, arp + 4) != 0x0604) {
            return MALFORMED;
        }
        int operation = NeighborsFrames.get16(f, arp + 6);
        long senderMac = NeighborsFrames.getMac(f, arp + 8);
        int senderIp = NeighborsFrames.get32(f, arp + 14);
        int targetIp = NeighborsFrames.get32(f, arp + 24);
        if (operation < 1 || operation > 2 || !isUnicast(senderMac) || senderIp >>> 28 >= 0xe) {
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
        return operation == 1
                ? arpRequest(batch, slot, own, toUs, nowNs)
                : arpReply(batch.port[slot], own, f, arp, toUs, nowNs);
    }

    private int arpRequest(Batch batch, int slot, PortAddresses own, boolean toUs, long nowNs) {
        MemorySegment f = pool.memory();
        long base = batch.start[slot];
        long arp = base + batch.l3[slot];
        long senderMac = NeighborsFrames.getMac(f, arp + 8);
        int senderIp = NeighborsFrames.get32(f, arp + 14);
        int targetIp = NeighborsFrames.get32(f, arp + 24);
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
        NeighborsFrames.putMac(f, base, senderMac);
        NeighborsFrames.putMac(f, base + 6, own.mac());
        NeighborsFrames.putArpHead(f, arp, 2);
        NeighborsFrames.putMac(f, arp + 8, own.mac());
        NeighborsFrames.put32(f, arp + 14, targetIp);
        NeighborsFrames.putMac(f, arp + 18, senderMac);
        NeighborsFrames.put32(f, arp + 24, senderIp);
        clearOffloads(batch, slot);
        return ANSWERED;
    }

    /** Only an answer to us while we ask confirms; anything else is an announcement. */
    private int arpReply(int port, PortAddresses own, MemorySegment f, long arp, boolean toUs, long nowNs) {
        long senderMac = NeighborsFrames.getMac(f, arp + 8);
        int senderIp = NeighborsFrames.get32(f, arp + 14);
        if (senderIp == 0) {
            return MALFORMED;
        }
        boolean answer = toUs && NeighborsFrames.getMac(f, arp + 18) == own.mac();
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
        long icmp = ip + IPV6_BYTES;
        int available = batch.length[slot] - batch.l3[slot] - IPV6_BYTES;
        if (batch.l3[slot] < ETHERNET_BYTES || available < 4 || NeighborsFrames.get8(f, ip) >>> 4 != 6) {
            return MALFORMED;
        }
        int type = NeighborsFrames.get8(f, icmp);
        if (NeighborsFrames.get8(f, ip + 6) != ICMPV6 || (type != SOLICITATION && type != ADVERTISEMENT)) {
            return NOT_FOR_US;
        }
        int icmpBytes = NeighborsFrames.get16(f, ip + 4);
        if (icmpBytes < ND_BYTES
                || icmpBytes > available
                || NeighborsFrames.get8(f, ip + 7) != 255
                || NeighborsFrames.get8(f, icmp + 1) != 0
                || NeighborsFrames.get8(f, icmp + 8) == 0xff
                || !checksumHolds(batch, slot, ip, icmpBytes)) {
            return MALFORMED;
        }
        long mac = option(f, icmp, icmpBytes, type == SOLICITATION ? OPTION_SOURCE_MAC : OPTION_TARGET_MAC);
        if (mac == BROKEN) {
            return MALFORMED;
        }
        if (NeighborsFrames.getMac(f, base + 6) == own.mac() || !isAddressedTo(f, base, own)) {
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
        long sourceHi = NeighborsFrames.get64(f, ip + 8);
        long sourceLo = NeighborsFrames.get64(f, ip + 16);
        long targetHi = NeighborsFrames.get64(f, ip + IPV6_BYTES + 8);
        long targetLo = NeighborsFrames.get64(f, ip + IPV6_BYTES + 16);
        boolean probe = sourceHi == 0 && sourceLo == 0;
        boolean toGroup = NeighborsFrames.get64(f, ip + 24) == ALL_NODES_HI
                && NeighborsFrames.get64(f, ip + 32) >>> 24 == NeighborsFrames.SOLICITED_NODE_LO >>> 24;
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
        if (pool.roomBytes(batch.start[slot]) < batch.l3[slot] + IPV6_BYTES + ND_BYTES + OPTION_BYTES) {
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
        long icmp = ip + IPV6_BYTES;
        long toHi = probe ? ALL_NODES_HI : NeighborsFrames.get64(f, ip + 8);
        long toLo = probe ? ALL_NODES_LO : NeighborsFrames.get64(f, ip + 16);
        long toMac = probe ? 0x3333_0000_0001L : askerMac != NO_MAC ? askerMac : NeighborsFrames.getMac(f, base + 6);
        NeighborsFrames.putMac(f, base, toMac);
        NeighborsFrames.putMac(f, base + 6, own.mac());
        NeighborsFrames.put64(f, ip, 6L << 60 | (ND_BYTES + OPTION_BYTES) << 16 | ICMPV6 << 8 | 255);
        NeighborsFrames.put64(f, ip + 8, NeighborsFrames.get64(f, icmp + 8));
        NeighborsFrames.put64(f, ip + 16, NeighborsFrames.get64(f, icmp + 16));
        NeighborsFrames.put64(f, ip + 24, toHi);
        NeighborsFrames.put64(f, ip + 32, toLo);
        long flags = FLAG_ROUTER | FLAG_OVERRIDE | (probe ? 0 : FLAG_SOLICITED);
        NeighborsFrames.put64(f, icmp, (long) ADVERTISEMENT << 56 | flags);
        NeighborsFrames.putOption(f, icmp + ND_BYTES, OPTION_TARGET_MAC, own.mac());
        NeighborsFrames.putChecksum(f, ip, ND_BYTES + OPTION_BYTES);
        batch.length[slot] = batch.l3[slot] + IPV6_BYTES + ND_BYTES + OPTION_BYTES;
        clearOffloads(batch, slot);
    }

    /** RFC 4861 7.1.2 and 7.2.5. */
    private int advertisement(Batch batch, int slot, PortAddresses own, long mac, long nowNs) {
        MemorySegment f = pool.memory();
        long ip = batch.start[slot] + batch.l3[slot];
        long flags = NeighborsFrames.get32(f, ip + IPV6_BYTES + 4) & 0xffff_ffffL;
        long targetHi = NeighborsFrames.get64(f, ip + IPV6_BYTES + 8);
        long targetLo = NeighborsFrames.get64(f, ip + IPV6_BYTES + 16);
        boolean solicited = (flags & FLAG_SOLICITED) != 0;
        boolean toGroup = NeighborsFrames.get8(f, ip + 24) == 0xff;
        if (solicited && toGroup) {
            return MALFORMED;
        }
        if (own.owns(targetHi, targetLo)) {
            conflicts++;
            return CONSUMED;
        }
        boolean toUs = own.owns(NeighborsFrames.get64(f, ip + 24), NeighborsFrames.get64(f, ip + 32));
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

    /** The Ethernet address in the option of a type: {@link #NO_MAC} if there is none, {@link #BROKEN} if an option breaks RFC 4861 4.6. */
    private static long option(MemorySegment f, long icmp, int icmpBytes, int type) {
        long mac = NO_MAC;
        int at = ND_BYTES;
        while (at < icmpBytes) {
            int bytes = icmpBytes - at < 2 ? 0 : 8 * NeighborsFrames.get8(f, icmp + at + 1);
            if (bytes == 0 || bytes > icmpBytes - at) {
                return BROKEN;
            }
            if (NeighborsFrames.get8(f, icmp + at) == type && mac == NO_MAC) {
                mac = NeighborsFrames.getMac(f, icmp + at + 2);
                if (bytes != OPTION_BYTES || !isUnicast(mac)) {
                    return BROKEN;
                }
            }
            at += bytes;
        }
        return mac;
    }

    /** A checksum that the sender's stack on this host left to be completed can't be wrong on the way. */
    private boolean checksumHolds(Batch batch, int slot, long ip, int icmpBytes) {
        return (batch.offload[slot] & Batch.CHECKSUM_PARTIAL) != 0
                || NeighborsFrames.sum(pool.memory(), ip, icmpBytes) == 0xffff;
    }

    private static boolean isAddressedTo(MemorySegment f, long base, PortAddresses own) {
        long to = NeighborsFrames.getMac(f, base);
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
