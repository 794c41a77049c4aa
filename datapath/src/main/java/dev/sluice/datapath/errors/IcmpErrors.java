package dev.sluice.datapath.errors;

import dev.sluice.datapath.packet.Batch;
import dev.sluice.datapath.packet.DatapathCounters;
import dev.sluice.datapath.packet.DropReason;
import dev.sluice.datapath.packet.Parser;
import dev.sluice.datapath.route.NextHop;
import dev.sluice.datapath.route.Routes;
import dev.sluice.datapath.rules.PacketFields;
import dev.sluice.datapath.snapshot.PortAddress;
import dev.sluice.datapath.snapshot.PortEntry;
import dev.sluice.datapath.snapshot.Snapshot;
import dev.sluice.datapath.stage.Cursor;
import dev.sluice.datapath.stage.Frames;
import dev.sluice.wire.Ethernet;
import dev.sluice.wire.Icmp;
import dev.sluice.wire.Icmpv6;
import dev.sluice.wire.IpAddress;
import dev.sluice.wire.IpProtocols;
import dev.sluice.wire.Ipv4;
import dev.sluice.wire.Ipv6;
import dev.sluice.wire.Ipv6Extensions;
import dev.sluice.wire.MacAddress;
import java.lang.foreign.MemorySegment;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Tells senders what became of their packets: ICMP and ICMPv6 errors (RFC 792, RFC 1812 4.3, RFC 4443; packet-life.md, errors; X6). One user: the
 * worker.
 *
 * <p>An error is built into a frame of its own and waits in a short list; {@code Datapath} sends the list when the packet in hand is done, so no stage is entered
 * while it runs. Errors are never about errors, so the list cannot feed itself. No call allocates.
 */
public final class IcmpErrors {
    /** {@link #egress} of an error that is routed, or finds its way in its segment. */
    public static final int ROUTED = -1;

    /** Largest IPv4 packet of an error, RFC 1812 4.3.2.3. */
    static final int IPV4_BYTES_MAX = 576;

    /** Largest IPv6 packet of an error, RFC 4443 2.4 c. */
    static final int IPV6_BYTES_MAX = 1280;

    /** Smallest MTU that an error names: every IPv4 link has it (RFC 791). */
    static final int MTU_MIN = 68;

    private static final int INTERNETWORK_CONTROL = 0xc0;
    private static final int TTL = 64;
    private static final int PORT_UNREACHABLE = 3;
    private static final int PORT_UNREACHABLE_V6 = 4;
    private static final int NONE = -1;

    private final Frames frames;
    private final Parser parser;
    private final DatapathCounters counters;

    /** Of "too big": whoever is not told loses all that is large, so nobody else's errors are in the way. Such an error is smaller than what it is about. */
    private final IcmpRate tooBigRate;

    /** Of all others. */
    private final IcmpRate rate;

    private final Batch waiting = new Batch();
    private final int[] routerOf = new int[Batch.CAPACITY];
    private final int[] egressOf = new int[Batch.CAPACITY];

    // Of errors that go back through the nodes that their packet was at.
    private final int[] hopOf = new int[Batch.CAPACITY];
    private final int[] recordOf = new int[Batch.CAPACITY];
    private final int[] directionOf = new int[Batch.CAPACITY];
    private int next;
    private Snapshot snapshot = Snapshot.empty();

    /** By router: the first own address of its ports. */
    private @Nullable IpAddress[] firstV4 = new IpAddress[0];

    private @Nullable IpAddress[] firstV6 = new IpAddress[0];

    /** @param seed secret and random, against crafted collisions */
    public IcmpErrors(Frames frames, Parser parser, DatapathCounters counters, long seed) {
        this.frames = frames;
        this.parser = parser;
        this.counters = counters;
        tooBigRate = new IcmpRate(10_000, 1000, 1000, 100, seed);
        rate = new IcmpRate(1000, 100, 100, 50, seed);
    }

    public void apply(Snapshot newSnapshot) {
        snapshot = newSnapshot;
        firstV4 = new IpAddress[newSnapshot.routerCount()];
        firstV6 = new IpAddress[newSnapshot.routerCount()];
        for (int i = newSnapshot.portCount() - 1; i >= 0; i--) {
            PortEntry port = newSnapshot.port(i);
            if (port.router() >= 0 && port.router() < firstV4.length) {
                IpAddress v4 = ownAddress(port, true);
                IpAddress v6 = ownAddress(port, false);
                firstV4[port.router()] = v4 == null ? firstV4[port.router()] : v4;
                firstV6[port.router()] = v6 == null ? firstV6[port.router()] : v6;
            }
        }
    }

    /** May send as many as the other one. */
    public void copyRate(IcmpErrors other) {
        tooBigRate.copy(other.tooBigRate);
        rate.copy(other.rate);
    }

    /** Whether another switch may be asked to tell the sender of the packet in hand that it is too large: the budget is that of telling it. */
    public boolean mayAsk(Cursor c) {
        boolean may = tooBigRate.allows(c.fields.sourceHi, c.fields.sourceLo, c.nowNs);
        counters.icmpErrorsSuppressed += may ? 0 : 1;
        return may;
    }

    // What stages say.

    /** Drops the packet in hand, which a router cannot forward, and tells its sender where the reason is one that senders are told. */
    public int drop(Cursor c, DropReason reason) {
        tell(c, reason, 0);
        return frames.drop(c, reason);
    }

    /** Tells the sender of a packet that a router cannot send on as it is too large; the caller drops it. */
    public void tooBig(Cursor c, int mtuBytes) {
        tell(c, DropReason.MTU_EXCEEDED, mtuBytes);
    }

    /** Tells the sender of a packet whose next hop on a router port did not answer; the caller drops it. */
    public void unanswered(Batch b, int slot, long nowNs) {
        PortEntry port = snapshot.port(b.port[slot]);
        if (port.role() == PortEntry.Role.ROUTER) {
            tell(b, slot, b.port[slot], port.router(), false, DropReason.NEIGHBOR_UNRESOLVED, 0, nowNs);
        }
    }

    /**
     * Tells the sender of a packet of a transparent pair that it is too large, out of the port the packet came in from. Sluice has no address there: the error comes
     * from the packet's destination, and the Ethernet header is the packet's turned round. The caller drops the packet.
     *
     * @param cameInBy the port to send it out of; {@link #ROUTED} in a segment, which knows where the sender is
     */
    public void tooBigAcross(Cursor c, int cameInBy, int mtuBytes) {
        Batch b = c.batch;
        long start = c.start();
        MemorySegment m = frames.memory();
        boolean toMany = (Ethernet.destination(m, start) & MacAddress.GROUP_BIT) != 0;
        if (toMany || !concerns(m, c.networkHeader(), c.lengthBytes() - b.l3[c.slot])) {
            return;
        }
        PacketFields f = c.fields;
        int slot = build(b, c.slot, DropReason.MTU_EXCEEDED, mtuBytes, f.destinationHi, f.destinationLo, c.nowNs);
        if (slot == NONE) {
            return;
        }
        Ethernet.setAddresses(m, waiting.start[slot], Ethernet.source(m, start), Ethernet.destination(m, start));
        finish(slot, TTL, c.router, cameInBy);
    }

    private void tell(Cursor c, DropReason reason, int mtuBytes) {
        boolean back = c.backFrom != Cursor.NOWHERE;
        int slot = tell(c.batch, c.slot, c.port, c.router, back, reason, mtuBytes, c.nowNs);
        if (slot != NONE && back) {
            hopOf[slot] = c.backFrom;
            recordOf[slot] = c.record;
            directionOf[slot] = c.direction;
        }
    }

    /** The slot of the error, {@link #NONE} if there is none. */
    private int tell(Batch b, int i, int port, int router, boolean back, DropReason reason, int mtuBytes, long nowNs) {
        MemorySegment m = frames.memory();
        long ip = b.start[i] + b.l3[i];
        int bytes = b.length[i] - b.l3[i];
        if (type(m, ip, bytes, reason) == NONE || !concerns(m, ip, bytes) || isOwn(m, ip, router)) {
            return NONE;
        }
        IpAddress source = ownAddress(port, router, back, Ipv4.version(m, ip) == 4);
        if (source == null) {
            counters.icmpErrorsSuppressed++;
            return NONE;
        }
        int slot = build(b, i, reason, mtuBytes, source.hi(), source.lo(), nowNs);
        if (slot == NONE) {
            return NONE;
        }
        Ethernet.setAddresses(m, waiting.start[slot], 0, 0);
        // One more than it leaves with: routing takes one.
        return finish(slot, TTL + 1, router, ROUTED) ? slot : NONE;
    }

    // What is told, and about what.

    /** Type and code of the error for a reason, {@code type << 8 | code}; {@link #NONE} where senders are not told. */
    private static int type(MemorySegment m, long ip, int bytes, DropReason reason) {
        boolean v4 = Ipv4.version(m, ip) == 4;
        return switch (reason) {
            case TTL_EXPIRED -> (v4 ? Icmp.TIME_EXCEEDED : Icmpv6.TIME_EXCEEDED) << 8;
            case NO_ROUTE, EGRESS_DOWN -> unreachable(v4, Icmp.CODE_NET_UNREACHABLE, Icmpv6.CODE_NO_ROUTE);
            case NEIGHBOR_UNRESOLVED -> unreachable(v4, Icmp.CODE_HOST_UNREACHABLE, Icmpv6.CODE_ADDRESS_UNREACHABLE);
            case LOCAL_UNSUPPORTED ->
                protocol(m, ip, bytes) == IpProtocols.UDP
                        ? unreachable(v4, PORT_UNREACHABLE, PORT_UNREACHABLE_V6)
                        : NONE;
            case MTU_EXCEEDED -> v4 ? unreachable(true, Icmp.CODE_FRAGMENTATION_NEEDED, 0) : Icmpv6.PACKET_TOO_BIG << 8;
            default -> NONE;
        };
    }

    private static int unreachable(boolean v4, int code, int codeV6) {
        return v4 ? Icmp.UNREACHABLE << 8 | code : Icmpv6.UNREACHABLE << 8 | codeV6;
    }

    /** Protocol of a packet that is known to be well-formed; of a fragment that is not the first {@link #NONE}. */
    private static int protocol(MemorySegment m, long ip, int bytes) {
        if (Ipv4.version(m, ip) == 4) {
            return Ipv4.isLaterFragment(m, ip) ? NONE : Ipv4.protocol(m, ip);
        }
        long walked = Ipv6Extensions.walk(m, ip, bytes);
        return walked < 0 || Ipv6Extensions.isLaterFragment(walked) ? NONE : Ipv6Extensions.protocol(walked);
    }

    /** Whether errors may be about a packet at all: RFC 1812 4.3.2.7, RFC 4443 2.4 e. */
    private static boolean concerns(MemorySegment m, long ip, int bytes) {
        int protocol = protocol(m, ip, bytes);
        if (protocol == NONE) {
            return false;
        }
        if (Ipv4.version(m, ip) == 4) {
            int to = Ipv4.destination(m, ip);
            int upper = Ipv4.headerBytes(m, ip);
            return Ipv4.source(m, ip) != 0
                    && to >>> 28 != 0xe
                    && to != -1
                    && !(protocol == IpProtocols.ICMP && upper < bytes && Icmp.isError(Icmp.type(m, ip + upper)));
        }
        int upper = Ipv6Extensions.offset(Ipv6Extensions.walk(m, ip, bytes));
        return (Ipv6.sourceHi(m, ip) != 0 || Ipv6.sourceLo(m, ip) != 0)
                && Ipv6.destinationHi(m, ip) >>> 56 != 0xff
                && !(protocol == IpProtocols.ICMPV6 && upper < bytes && Icmpv6.isError(Icmpv6.type(m, ip + upper)));
    }

    /** Whether the router itself sent the packet: it would only tell itself. */
    private boolean isOwn(MemorySegment m, long ip, int router) {
        boolean v4 = Ipv4.version(m, ip) == 4;
        long hi = v4 ? 0 : Ipv6.sourceHi(m, ip);
        long lo = v4 ? IpAddress.IPV4_MAPPED | (Ipv4.source(m, ip) & 0xffff_ffffL) : Ipv6.sourceLo(m, ip);
        Routes routes = snapshot.router(router).routes();
        int index = routes.lookup(hi, lo);
        return index != Routes.NO_ROUTE && routes.group(index).hops().getFirst().kind() == NextHop.Kind.LOCAL;
    }

    /**
     * Own address that an error comes from: of the port the packet came in by, else of the router's first port that has one; null if it has none of the family. Back through a node
     * it comes from where the node expects it, the port to the node.
     */
    private @Nullable IpAddress ownAddress(int port, int router, boolean back, boolean v4) {
        PortEntry by = snapshot.port(port);
        boolean expected = back && by.role() == PortEntry.Role.SERVICE;
        IpAddress own = expected || by.router() == router ? ownAddress(by, v4) : null;
        return own != null ? own : v4 ? firstV4[router] : firstV6[router];
    }

    private static @Nullable IpAddress ownAddress(PortEntry port, boolean v4) {
        List<PortAddress> own = port.addresses();
        for (int i = 0; i < own.size(); i++) {
            if (own.get(i).address().isIpv4() == v4) {
                return own.get(i).address();
            }
        }
        return null;
    }

    // The frame.

    /** Builds all but the Ethernet addresses, the TTL and the IPv4 header checksum; the slot, or {@link #NONE} if there is nothing to build it in or with. */
    private int build(Batch b, int i, DropReason reason, int mtuBytes, long sourceHi, long sourceLo, long nowNs) {
        MemorySegment m = frames.memory();
        long ip = b.start[i] + b.l3[i];
        int bytes = b.length[i] - b.l3[i];
        boolean v4 = Ipv4.version(m, ip) == 4;
        int headers = v4 ? Ipv4.BYTES + Icmp.BYTES : Ipv6.BYTES + Icmpv6.BYTES;
        int quoted = Math.min(bytes, (v4 ? IPV4_BYTES_MAX : IPV6_BYTES_MAX) - headers);
        boolean may = waiting.hasRoom() && allows(m, ip, reason, nowNs);
        long start = may ? frames.pool().take(b.l3[i] + headers + quoted) : NONE;
        if (start == NONE) {
            counters.icmpErrorsSuppressed++;
            return NONE;
        }
        // The tags of a transparent pair, and the EtherType behind them.
        MemorySegment.copy(m, b.start[i] + 12, m, start + 12, b.l3[i] - 12L);
        long own = start + b.l3[i];
        MemorySegment.copy(m, ip, m, own + headers, quoted);
        int typeAndCode = type(m, ip, bytes, reason);
        int mtu = reason == DropReason.MTU_EXCEEDED ? Math.max(mtuBytes, MTU_MIN) : 0;
        if (v4) {
            writeIpv4(m, own, headers + quoted, (int) sourceLo, Ipv4.source(m, ip));
            Icmp.write(m, own + Ipv4.BYTES, typeAndCode >>> 8, typeAndCode & 0xff, 0, Math.min(mtu, 0xffff));
            Icmp.updateChecksum(m, own + Ipv4.BYTES, Icmp.BYTES + quoted);
        } else {
            writeIpv6(m, own, Icmpv6.BYTES + quoted, sourceHi, sourceLo, ip);
            Icmpv6.write(m, own + Ipv6.BYTES, typeAndCode >>> 8, typeAndCode & 0xff, 0, 0);
            Icmpv6.setMtu(m, own + Ipv6.BYTES, mtu);
            Icmpv6.updateChecksum(m, own, own + Ipv6.BYTES, Icmpv6.BYTES + quoted);
        }
        int slot = waiting.append(start, b.l3[i] + headers + quoted, b.port[i]);
        waiting.l3[slot] = b.l3[i];
        return slot;
    }

    private boolean allows(MemorySegment m, long ip, DropReason reason, long nowNs) {
        IcmpRate its = reason == DropReason.MTU_EXCEEDED ? tooBigRate : rate;
        return Ipv4.version(m, ip) == 4
                ? its.allows(0, IpAddress.IPV4_MAPPED | (Ipv4.source(m, ip) & 0xffff_ffffL), nowNs)
                : its.allows(Ipv6.sourceHi(m, ip), Ipv6.sourceLo(m, ip), nowNs);
    }

    private static void writeIpv4(MemorySegment m, long own, int bytes, int source, int destination) {
        Ipv4.setVersionAndHeaderBytes(m, own, Ipv4.BYTES);
        Ipv4.setTos(m, own, INTERNETWORK_CONTROL);
        Ipv4.setTotalLength(m, own, bytes);
        // Never fragmented, so it needs no identification (RFC 6864).
        Ipv4.setIdentification(m, own, 0);
        Ipv4.setFragment(m, own, Ipv4.DONT_FRAGMENT, 0);
        Ipv4.setProtocol(m, own, IpProtocols.ICMP);
        Ipv4.setSource(m, own, source);
        Ipv4.setDestination(m, own, destination);
    }

    private static void writeIpv6(MemorySegment m, long own, int bytes, long sourceHi, long sourceLo, long about) {
        Ipv6.setVersionClassLabel(m, own, INTERNETWORK_CONTROL, 0);
        Ipv6.setPayloadLength(m, own, bytes);
        Ipv6.setNextHeader(m, own, IpProtocols.ICMPV6);
        Ipv6.setSource(m, own, sourceHi, sourceLo);
        Ipv6.setDestination(m, own, Ipv6.sourceHi(m, about), Ipv6.sourceLo(m, about));
    }

    /** Writes what is missing and reads the frame as the stages need it; false: what cannot be a packet (an impossible source, for one) is given up. */
    private boolean finish(int slot, int ttl, int router, int egress) {
        MemorySegment m = frames.memory();
        long start = waiting.start[slot];
        long ip = start + waiting.l3[slot];
        if (Ipv4.version(m, ip) == 4) {
            Ipv4.setTtl(m, ip, ttl);
            Ipv4.updateChecksum(m, ip);
        } else {
            Ipv6.setHopLimit(m, ip, ttl);
        }
        routerOf[slot] = router;
        egressOf[slot] = egress;
        hopOf[slot] = Cursor.NOWHERE;
        parser.parseOne(waiting, slot);
        if (waiting.parsed[slot] < 0) {
            frames.pool().give(start);
            waiting.count--;
            counters.icmpErrorsSuppressed++;
            return false;
        }
        counters.icmpErrors++;
        return true;
    }

    // What Datapath does with them.

    /** Errors that wait to be sent. */
    public Batch waiting() {
        return waiting;
    }

    /** Slot of the next error that waits, -1 if none does; each is given once. */
    public int take() {
        if (waiting.count == 0) {
            return NONE;
        }
        if (next < waiting.count) {
            return next++;
        }
        next = 0;
        waiting.count = 0;
        return NONE;
    }

    /** Router by whose routes an error is sent. */
    public int router(int slot) {
        return routerOf[slot];
    }

    /** Hop of the path of {@link #record} that an error goes back through the nodes from, {@link Cursor#NOWHERE} if its receiver is known without them. */
    public int backFrom(int slot) {
        return hopOf[slot];
    }

    /** Record of the packet that such an error is about. */
    public int record(int slot) {
        return recordOf[slot];
    }

    /** Direction of that packet, 0 forward, 1 reverse. */
    public int direction(int slot) {
        return directionOf[slot];
    }

    /** Port that an error leaves by, {@link #ROUTED} if its router decides. */
    public int egress(int slot) {
        return egressOf[slot];
    }
}
