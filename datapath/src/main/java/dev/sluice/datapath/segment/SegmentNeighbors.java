package dev.sluice.datapath.segment;

import static dev.sluice.wire.NeighborDiscovery.ADVERTISEMENT;
import static dev.sluice.wire.NeighborDiscovery.FLAG_OVERRIDE;
import static dev.sluice.wire.NeighborDiscovery.FLAG_ROUTER;
import static dev.sluice.wire.NeighborDiscovery.FLAG_SOLICITED;
import static dev.sluice.wire.NeighborDiscovery.SOLICITATION;

import dev.sluice.datapath.packet.Batch;
import dev.sluice.datapath.packet.DatapathCounters;
import dev.sluice.datapath.packet.DropReason;
import dev.sluice.datapath.packet.Parser;
import dev.sluice.datapath.snapshot.Segment;
import dev.sluice.datapath.stage.Cursor;
import dev.sluice.datapath.stage.Frames;
import dev.sluice.datapath.stage.Step;
import dev.sluice.wire.Arp;
import dev.sluice.wire.Ethernet;
import dev.sluice.wire.Icmpv6;
import dev.sluice.wire.IpAddress;
import dev.sluice.wire.IpProtocols;
import dev.sluice.wire.Ipv6;
import dev.sluice.wire.MacAddress;
import dev.sluice.wire.NeighborDiscovery;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/**
 * Listens to ARP and neighbour discovery in segments and answers what it has heard the answer of, so that questions need not go to all nodes (C1; RFC 826, RFC 4861;
 * packet-life.md, segments). One user: the worker.
 *
 * <p>Answered are questions to all, about an address whose owner was heard of and whose MAC address is known at the moment. Questions to one, of who checks
 * whether a neighbour is still there, go to that one; probes for duplicates and announcements go to all. No call allocates.
 */
final class SegmentNeighbors {
    /** Instead of a {@link Step}: the frame goes on to whom it is for. */
    static final int GOES_ON = -1;

    /** With a MAC address: its owner said of itself whether it is a router, as an answer has to. */
    private static final long ADVERTISED = 1L << 48;

    private static final long ROUTER = 1L << 49;
    private static final long MAC = (1L << 48) - 1;
    private static final int NONE = -1;

    /** Bytes of an advertisement with the target's MAC, IPv6 header included. */
    private static final int ADVERTISEMENT_BYTES = Ipv6.BYTES + NeighborDiscovery.NEIGHBOR_BYTES + 8;

    private final Frames frames;
    private final SegmentGates gates;
    private final DatapathCounters counters;

    /** MAC addresses of IP addresses; there from the first segment on. */
    private @Nullable MacTable bindings;

    SegmentNeighbors(Frames frames, SegmentGates gates, DatapathCounters counters) {
        this.frames = frames;
        this.gates = gates;
        this.counters = counters;
    }

    void use(MacTable table) {
        bindings = table;
    }

    void lookInto(SegmentNeighbors other) {
        bindings = other.bindings;
    }

    void sweep(int places, long nowNs) {
        MacTable known = bindings;
        if (known != null) {
            known.sweep(places, nowNs);
        }
    }

    /**
     * Hears a frame that is not unicast IP.
     *
     * @param macs where MAC addresses are
     * @param foretells whether nothing may be learned
     * @return a {@link Step}, or {@link #GOES_ON}
     */
    int hear(Cursor c, Segment segment, @Nullable MacTable macs, boolean foretells) {
        MacTable known = bindings;
        if (known == null || macs == null || c.fields.outerVlan > 0) {
            // Tenants' own VLANs may have the same addresses.
            return GOES_ON;
        }
        if ((c.parsed() & Parser.ARP) != 0) {
            return arp(c, segment, known, macs, foretells);
        }
        return (c.parsed() & Parser.NEIGHBOR_DISCOVERY) != 0 ? discovery(c, segment, known, macs, foretells) : GOES_ON;
    }

    private int arp(Cursor c, Segment segment, MacTable known, MacTable macs, boolean foretells) {
        MemorySegment f = c.memory;
        long arp = c.networkHeader();
        if (Arp.check(f, arp, c.lengthBytes() - c.batch.l3[c.slot]) < 0) {
            return frames.drop(c, DropReason.CONTROL_INVALID);
        }
        long senderMac = Arp.senderMac(f, arp);
        int senderIp = Arp.senderIp(f, arp);
        int targetIp = Arp.targetIp(f, arp);
        int gate = Arp.operation(f, arp) == Arp.REQUEST ? gates.ofAddress(segment, 0, mapped(targetIp)) : NONE;
        if (gate != NONE && gate != c.port) {
            return frames.send(c.batch, c.slot, gate);
        }
        if (senderIp == 0) {
            return GOES_ON;
        }
        if (!foretells && senderMac == Ethernet.source(f, c.start())) {
            known.learn(segment.router(), 0, mapped(senderIp), senderMac | ADVERTISED, c.nowNs);
        }
        if (Arp.operation(f, arp) != Arp.REQUEST || c.fromPeer || targetIp == senderIp || !isToMany(c)) {
            return GOES_ON;
        }
        long answer = answer(segment, known, macs, 0, mapped(targetIp), senderMac, c.nowNs);
        if (answer < 0) {
            return GOES_ON;
        }
        Ethernet.setAddresses(f, c.start(), senderMac, answer & MAC);
        Arp.write(f, arp, Arp.REPLY, answer & MAC, targetIp, senderMac, senderIp);
        return answered(c);
    }

    private int answered(Cursor c) {
        c.batch.offload[c.slot] = 0;
        c.batch.gsoType[c.slot] = Batch.GSO_NONE;
        counters.segmentAnswered++;
        return frames.send(c.batch, c.slot, c.port);
    }

    /** What is known of the owner of an address, below 0 if that is not enough to answer for it. */
    private static long answer(
            Segment segment, MacTable known, MacTable macs, long hi, long lo, long askerMac, long nowNs) {
        long binding = known.find(segment.router(), hi, lo, nowNs);
        boolean enough = binding >= 0
                && (binding & ADVERTISED) != 0
                && (binding & MAC) != askerMac
                && macs.find(segment.router(), 0, binding & MAC, nowNs) >= 0;
        return enough ? binding : MacTable.UNKNOWN;
    }

    private int discovery(Cursor c, Segment segment, MacTable known, MacTable macs, boolean foretells) {
        MemorySegment f = c.memory;
        long ip = c.networkHeader();
        long icmp = ip + Ipv6.BYTES;
        if (Ipv6.nextHeader(f, ip) != IpProtocols.ICMPV6) {
            return GOES_ON;
        }
        int type = Icmpv6.type(f, icmp);
        int icmpBytes = Ipv6.payloadLength(f, ip);
        if (type != SOLICITATION && type != ADVERTISEMENT) {
            return GOES_ON;
        }
        boolean sound = NeighborDiscovery.check(f, icmp, icmpBytes, Ipv6.hopLimit(f, ip)) >= 0
                && ((c.batch.offload[c.slot] & Batch.CHECKSUM_PARTIAL) != 0
                        || Icmpv6.checksumOk(f, ip, icmp, icmpBytes));
        if (!sound) {
            return frames.drop(c, DropReason.CONTROL_INVALID);
        }
        if (type == ADVERTISEMENT) {
            if (!foretells) {
                learnAdvertised(c, segment, known, icmp, icmpBytes);
            }
            return GOES_ON;
        }
        int gate = gates.ofAddress(segment, NeighborDiscovery.targetHi(f, icmp), NeighborDiscovery.targetLo(f, icmp));
        if (gate != NONE && gate != c.port) {
            return frames.send(c.batch, c.slot, gate);
        }
        return solicitation(c, segment, known, macs, foretells);
    }

    private static void learnAdvertised(Cursor c, Segment segment, MacTable known, long icmp, int icmpBytes) {
        MemorySegment f = c.memory;
        long mac = NeighborDiscovery.macOption(f, icmp, icmpBytes, NeighborDiscovery.OPTION_TARGET_MAC);
        if (mac == Ethernet.source(f, c.start())) {
            long router = (NeighborDiscovery.flags(f, icmp) & FLAG_ROUTER) != 0 ? ROUTER : 0;
            long hi = NeighborDiscovery.targetHi(f, icmp);
            long lo = NeighborDiscovery.targetLo(f, icmp);
            known.learn(segment.router(), hi, lo, mac | ADVERTISED | router, c.nowNs);
        }
    }

    private int solicitation(Cursor c, Segment segment, MacTable known, MacTable macs, boolean foretells) {
        MemorySegment f = c.memory;
        long ip = c.networkHeader();
        long icmp = ip + Ipv6.BYTES;
        long mac = NeighborDiscovery.macOption(f, icmp, Ipv6.payloadLength(f, ip), NeighborDiscovery.OPTION_SOURCE_MAC);
        long sourceHi = Ipv6.sourceHi(f, ip);
        long sourceLo = Ipv6.sourceLo(f, ip);
        if (mac != Ethernet.source(f, c.start()) || (sourceHi | sourceLo) == 0) {
            return GOES_ON;
        }
        long before = known.find(segment.router(), sourceHi, sourceLo, c.nowNs);
        if (!foretells) {
            // Whether the sender is a router is not said here: what was said before stands, if it is still the same
            // one.
            long keeps = before >= 0 && (before & MAC) == mac ? before : mac;
            known.learn(segment.router(), sourceHi, sourceLo, keeps, c.nowNs);
        }
        if (c.fromPeer || !isToMany(c)) {
            return GOES_ON;
        }
        long targetHi = NeighborDiscovery.targetHi(f, icmp);
        long targetLo = NeighborDiscovery.targetLo(f, icmp);
        long answer = answer(segment, known, macs, targetHi, targetLo, mac, c.nowNs);
        if (answer < 0 || frames.pool().roomBytes(c.start()) < c.batch.l3[c.slot] + ADVERTISEMENT_BYTES) {
            return GOES_ON;
        }
        int flags = FLAG_SOLICITED | FLAG_OVERRIDE | ((answer & ROUTER) != 0 ? FLAG_ROUTER : 0);
        Ethernet.setAddresses(f, c.start(), mac, answer & MAC);
        int bytes = NeighborDiscovery.writeAdvertisement(
                f, ip, targetHi, targetLo, sourceHi, sourceLo, targetHi, targetLo, flags, answer & MAC);
        c.batch.length[c.slot] = c.batch.l3[c.slot] + bytes;
        return answered(c);
    }

    private static boolean isToMany(Cursor c) {
        return (Ethernet.destination(c.memory, c.start()) & MacAddress.GROUP_BIT) != 0;
    }

    private static long mapped(int ip) {
        return IpAddress.IPV4_MAPPED | (ip & 0xffff_ffffL);
    }
}
