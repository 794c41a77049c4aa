package dev.sluice.datapath.neighbors;

import dev.sluice.datapath.packet.Batch;
import dev.sluice.datapath.packet.FramePool;
import dev.sluice.wire.Arp;
import dev.sluice.wire.EtherTypes;
import dev.sluice.wire.Ethernet;
import dev.sluice.wire.IpAddress;
import dev.sluice.wire.Layouts;
import dev.sluice.wire.MacAddress;
import dev.sluice.wire.NeighborDiscovery;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/**
 * The neighbours of all ports of one worker: MAC addresses by ARP (RFC 826) and neighbour discovery (RFC 4861). One writer: the worker.
 *
 * <p>Life of an entry: INCOMPLETE (asked up to 3 times, 1 s apart) becomes REACHABLE when answered or FAILED when not; FAILED is forgotten after
 * 20 s. REACHABLE lasts 30 s; then an entry that was used is asked again at its MAC (PROBE), one that was not used becomes STALE. STALE keeps its MAC
 * and is asked again at its next use; unused for 10 minutes it is forgotten. An entry learned from what the neighbour said by itself is STALE: believed,
 * and checked at first use. When the table is full, the oldest entry without MAC gives way, then the oldest that is not permanent.
 *
 * <p>All memory is taken at construction; no call allocates. {@link #resolve} of a known neighbour is one probe of a hash table. The loop calls {@link
 * #due}, {@link #takeResolved} and {@link #takeFailed} once per turn.
 */
public final class Neighbors {
    /** {@link #resolve}: not known yet; hold the frame, a solicitation is due. Also the MAC of an entry without one. */
    public static final long UNKNOWN = -1;

    /** {@link #resolve}: nobody answered lately; drop the frame (NEIGHBOR_UNRESOLVED). */
    public static final long UNREACHABLE = -2;

    /** {@link #hold}: the frame is held and no other gave way. */
    public static final long HELD = -1;

    /** {@link #hold}: the frame is not held and stays the caller's, to drop: no entry waits for it, or no room in all. */
    public static final long REFUSED = -2;

    /** Usual bound of the table. */
    public static final int ENTRIES_MAX = 65_536;

    /** Most frames held in all, and the usual bound. */
    public static final int HELD_MAX = Batch.CAPACITY;

    /** Most frames held for one neighbour. */
    public static final int HELD_PER_NEIGHBOR_MAX = 4;

    /** RetransTimer, RFC 4861 10. */
    public static final long RETRY_NS = 1_000_000_000L;

    /** MAX_MULTICAST_SOLICIT and MAX_UNICAST_SOLICIT, RFC 4861 10. */
    public static final int TRIES_MAX = 3;

    /** ReachableTime, RFC 4861 10. */
    public static final long REACHABLE_NS = 30_000_000_000L;

    /** How long a neighbour that did not answer is not asked again. */
    public static final long FAILED_NS = 20_000_000_000L;

    /** How long an unused entry is kept. */
    public static final long STALE_NS = 600_000_000_000L;

    /** States as {@link #state} gives them; ABSENT has no entry. */
    public static final byte ABSENT = 0;

    public static final byte INCOMPLETE = 1;
    public static final byte REACHABLE = 2;
    public static final byte STALE = 3;
    public static final byte PROBE = 4;
    public static final byte FAILED = 5;
    public static final byte PERMANENT = 6;

    /** Shortest Ethernet frame without FCS; an ARP packet is padded to it. */
    private static final int FRAME_BYTES_MIN = 60;

    private final FramePool pool;
    private final NeighborsTable table;
    private final NeighborsHeld held;
    private long evicted;

    /** Told when a MAC address that a fast path sends to is another one; null: there is none. */
    private @Nullable NeighborWatcher watcher;

    /**
     * An empty table.
     *
     * @param pool where solicitations are built and held frames lie
     * @param entriesMax most entries, 1..2^24
     * @param heldMax most frames held in all, 1..256
     */
    public Neighbors(FramePool pool, int entriesMax, int heldMax) {
        if (entriesMax < 1 || entriesMax > 1 << 24) {
            throw new IllegalArgumentException("neighbour table of " + entriesMax + " entries is outside 1..16777216");
        }
        if (heldMax < 1 || heldMax > HELD_MAX) {
            throw new IllegalArgumentException("neighbour table holds " + heldMax + " frames, outside 1.." + HELD_MAX);
        }
        this.pool = pool;
        table = new NeighborsTable(entriesMax);
        held = new NeighborsHeld(table, heldMax);
    }

    /** Knows what the other one knows, and has as many frames waiting. */
    public void lookInto(Neighbors other) {
        table.lookInto(other.table);
        held.waitElsewhere(other.held, other.table);
    }

    /**
     * The MAC of a neighbour. If it is not known, makes sure that it will be asked for.
     *
     * @return 48 bits, or {@link #UNKNOWN}, or {@link #UNREACHABLE}
     */
    public long resolve(int port, long hi, long lo, long nowNs) {
        int entry = table.find(port, hi, lo);
        if (entry == 0) {
            return ask(port, hi, lo, nowNs);
        }
        table.used[entry] = true;
        byte state = table.state[entry];
        if (state == STALE) {
            startProbe(entry, nowNs);
        }
        return state == FAILED ? UNREACHABLE : table.mac[entry];
    }

    /** Tells somebody else, or nobody, what becomes of neighbours that are watched. */
    public void tell(@Nullable NeighborWatcher fastPath) {
        watcher = fastPath;
    }

    /** A fast path sends to this neighbour: it is to hear when its MAC address changes. */
    public void watch(int port, long hi, long lo) {
        int entry = table.find(port, hi, lo);
        if (entry != 0) {
            table.watched[entry] = true;
        }
    }

    /** A fast path has sent to this neighbour: as if it had been resolved for a packet. */
    public void use(int port, long hi, long lo, long nowNs) {
        if (table.find(port, hi, lo) != 0) {
            resolve(port, hi, lo, nowNs);
        }
    }

    /** What a fast path has to know of an entry whose MAC address is about to change or go. */
    private void tell(int entry) {
        if (table.watched[entry] && watcher != null) {
            table.watched[entry] = false;
            watcher.portMoved(table.port[entry]);
        }
    }

    private long ask(int port, long hi, long lo, long nowNs) {
        int entry = add(port, hi, lo, INCOMPLETE, NeighborsTable.UNRESOLVED);
        if (entry == 0) {
            return UNREACHABLE;
        }
        table.used[entry] = true;
        table.setDeadline(entry, nowNs);
        return UNKNOWN;
    }

    /**
     * Holds a frame until its neighbour is known, after {@link #resolve} answered {@link #UNKNOWN}. The frame is complete but for the destination MAC; with
     * it are kept its offload metadata and the offset of its network header.
     *
     * @return {@link #HELD}; {@link #REFUSED}; or, from 0, the start of the oldest frame of this neighbour, which gave way: the caller frees and counts it
     */
    public long hold(int port, long hi, long lo, Batch batch, int slot) {
        int entry = table.find(port, hi, lo);
        if (entry == 0 || table.state[entry] != INCOMPLETE) {
            return REFUSED;
        }
        long dropped = table.heldCount[entry] >= HELD_PER_NEIGHBOR_MAX ? held.dropOldest(entry) : HELD;
        return held.add(entry, batch, slot) ? dropped : REFUSED;
    }

    /** Appends frames whose neighbour is known now, destination MAC written and port = egress port, until none is left or the batch is full; how many. */
    public int takeResolved(Batch out) {
        return held.takeResolved(out, pool);
    }

    /** Appends frames whose neighbour did not answer or was forgotten, for the caller to drop (NEIGHBOR_UNRESOLVED); how many. */
    public int takeFailed(Batch out) {
        return held.takeFailed(out);
    }

    /** Notes that the neighbour answered a question of ours: REACHABLE from now. Entries that do not exist are not made. */
    public void confirm(int port, long hi, long lo, long mac, long nowNs) {
        int entry = table.find(port, hi, lo);
        if (entry != 0 && table.state[entry] != PERMANENT && isUnicast(mac)) {
            setMac(entry, mac);
            table.used[entry] = false;
            become(entry, REACHABLE, nowNs + REACHABLE_NS);
        }
    }

    /** Notes what a neighbour that talks to us says of itself; makes an entry if there is none. Checked at first use. */
    public void learn(int port, long hi, long lo, long mac, long nowNs) {
        if (!isUnicast(mac)) {
            return;
        }
        if (table.find(port, hi, lo) == 0) {
            int entry = add(port, hi, lo, STALE, NeighborsTable.RESOLVED);
            if (entry != 0) {
                table.mac[entry] = mac;
                become(entry, STALE, nowNs + STALE_NS);
            }
        } else {
            announce(port, hi, lo, mac, nowNs);
        }
    }

    /** Notes what was announced unasked (gratuitous ARP, RFC 826; unsolicited advertisement). Entries that do not exist are not made. */
    public void announce(int port, long hi, long lo, long mac, long nowNs) {
        int entry = table.find(port, hi, lo);
        if (entry == 0 || table.state[entry] == PERMANENT || !isUnicast(mac) || table.mac[entry] == mac) {
            return;
        }
        setMac(entry, mac);
        become(entry, STALE, nowNs + STALE_NS);
    }

    /** Makes a known MAC subject to a check at its next use, after something doubtful was heard (RFC 4861 7.2.5, no override). */
    public void doubt(int port, long hi, long lo, long nowNs) {
        int entry = table.find(port, hi, lo);
        if (entry != 0 && table.state[entry] == REACHABLE) {
            become(entry, STALE, nowNs + STALE_NS);
        }
    }

    /** Sets a static entry, which never ages, is never asked for and is not changed by what is heard; false if the table is full of such. */
    public boolean permanent(int port, long hi, long lo, long mac) {
        int found = table.find(port, hi, lo);
        int entry = found != 0 ? found : add(port, hi, lo, PERMANENT, NeighborsTable.PERMANENT);
        if (entry == 0) {
            return false;
        }
        setMac(entry, mac);
        table.state[entry] = PERMANENT;
        table.clearDeadline(entry);
        table.renew(entry, NeighborsTable.PERMANENT);
        return true;
    }

    /** Removes an entry, permanent ones too; frames held for it are failed. */
    public void forget(int port, long hi, long lo) {
        int entry = table.find(port, hi, lo);
        if (entry != 0) {
            drop(entry);
        }
    }

    /** Removes all entries of a port but the permanent ones, after it went down or its addresses changed. Costs one pass over the table. */
    public void forgetPort(int port) {
        for (int entry = 1; entry <= table.entriesMax(); entry++) {
            if (table.isTaken(entry) && table.port[entry] == port && table.state[entry] != PERMANENT) {
                drop(entry);
            }
        }
    }

    /**
     * Does what is due: appends solicitations with port = egress port, fails neighbours that did not answer, forgets what is old. Stops when the batch is
     * full or the pool has no chunk; the rest comes with the next call.
     *
     * @param own addresses of each port by its index; {@code PortAddresses} without addresses, or a port beyond the array, cannot ask
     * @return frames appended
     */
    public int due(Batch out, long nowNs, PortAddresses[] own) {
        int appended = 0;
        for (int entry = table.firstDue();
                entry != 0 && table.deadlineNs[entry] - nowNs <= 0;
                entry = table.firstDue()) {
            byte state = table.state[entry];
            if (state == STALE || state == FAILED) {
                tell(entry);
                table.remove(entry);
            } else if (state == REACHABLE) {
                age(entry, nowNs);
            } else if (table.tries[entry] >= TRIES_MAX) {
                giveUp(entry, nowNs);
            } else if (!out.hasRoom()) {
                break;
            } else {
                long start = pool.takeSmall();
                if (start == FramePool.NONE) {
                    break;
                }
                appended += solicit(entry, start, out, own) ? 1 : 0;
                table.tries[entry]++;
                table.setDeadline(entry, nowNs + RETRY_NS);
            }
        }
        return appended;
    }

    private void age(int entry, long nowNs) {
        if (table.used[entry]) {
            startProbe(entry, nowNs);
        } else {
            become(entry, STALE, nowNs + STALE_NS);
        }
    }

    /** Nobody answered: a probe of one that is used starts over with the question to all, RFC 4861 7.3.3; else the frames fail. */
    private void giveUp(int entry, long nowNs) {
        tell(entry);
        table.mac[entry] = UNKNOWN;
        if (table.state[entry] == INCOMPLETE) {
            held.fail(entry);
            table.state[entry] = FAILED;
            table.setDeadline(entry, nowNs + FAILED_NS);
        } else if (table.used[entry]) {
            become(entry, INCOMPLETE, nowNs);
        } else {
            table.remove(entry);
        }
    }

    private void startProbe(int entry, long nowNs) {
        table.state[entry] = PROBE;
        table.tries[entry] = 0;
        table.used[entry] = false;
        table.setDeadline(entry, nowNs);
    }

    private void setMac(int entry, long mac) {
        if (table.mac[entry] != mac) {
            tell(entry);
        }
        table.mac[entry] = mac;
        held.resolve(entry);
    }

    private void become(int entry, byte state, long deadlineNs) {
        table.state[entry] = state;
        table.tries[entry] = 0;
        table.setDeadline(entry, deadlineNs);
        table.renew(entry, state == INCOMPLETE ? NeighborsTable.UNRESOLVED : NeighborsTable.RESOLVED);
    }

    /** Adds an entry, in place of an old one if need be; 0 if all are permanent. */
    private int add(int port, long hi, long lo, byte state, int ageClass) {
        if (table.isFull()) {
            int victim = table.oldest(NeighborsTable.UNRESOLVED);
            victim = victim != 0 ? victim : table.oldest(NeighborsTable.RESOLVED);
            if (victim == 0) {
                return 0;
            }
            drop(victim);
            evicted++;
        }
        return table.add(port, hi, lo, state, ageClass);
    }

    private void drop(int entry) {
        tell(entry);
        held.fail(entry);
        table.remove(entry);
    }

    /** Builds the question for an entry's MAC into a chunk: to all while it is unknown, else to the MAC (RFC 1122 2.3.2.1, RFC 4861 7.3.3). */
    private boolean solicit(int entry, long start, Batch out, PortAddresses[] own) {
        int port = table.port[entry];
        PortAddresses from = port >= 0 && port < own.length ? own[port] : null;
        if (from == null || from.count() == 0) {
            pool.give(start);
            return false;
        }
        boolean ipv4 = table.hi[entry] == 0 && table.lo[entry] >>> 32 == IpAddress.IPV4_MAPPED >>> 32;
        int bytes = ipv4 ? writeArpRequest(entry, start, from) : writeSolicitation(entry, start, from);
        int slot = out.append(start, bytes, port);
        out.l3[slot] = Ethernet.BYTES;
        return true;
    }

    /** Without an own IPv4 address the question is a probe, RFC 5227 2.1.1. */
    private int writeArpRequest(int entry, long start, PortAddresses from) {
        MemorySegment f = pool.memory();
        long mac = table.mac[entry];
        long lo = table.lo[entry];
        int source = from.sourceFor(0, lo);
        f.set(Layouts.BE64, start + 42, 0);
        f.set(Layouts.BE64, start + 50, 0);
        f.set(Layouts.BE16, start + 58, (short) 0);
        Ethernet.setAddresses(f, start, mac == UNKNOWN ? MacAddress.BROADCAST : mac, from.mac());
        Ethernet.setEtherType(f, start, EtherTypes.ARP);
        int ownIp = source < 0 ? 0 : (int) from.lo(source);
        Arp.write(f, start + Ethernet.BYTES, Arp.REQUEST, from.mac(), ownIp, 0, (int) lo);
        return FRAME_BYTES_MIN;
    }

    /** Without an own IPv6 address the question comes from the link-local one that the MAC gives. */
    private int writeSolicitation(int entry, long start, PortAddresses from) {
        MemorySegment f = pool.memory();
        long mac = table.mac[entry];
        long hi = table.hi[entry];
        long lo = table.lo[entry];
        int source = from.sourceFor(hi, lo);
        long ownHi = source < 0 ? PortAddresses.LINK_LOCAL : from.hi(source);
        long ownLo = source < 0 ? PortAddresses.interfaceId(from.mac()) : from.lo(source);
        boolean toAll = mac == UNKNOWN;
        long group = NeighborDiscovery.solicitedNodeLo(lo);
        Ethernet.setAddresses(f, start, toAll ? NeighborDiscovery.multicastMac(group) : mac, from.mac());
        Ethernet.setEtherType(f, start, EtherTypes.IPV6);
        return Ethernet.BYTES
                + NeighborDiscovery.writeSolicitation(
                        f,
                        start + Ethernet.BYTES,
                        ownHi,
                        ownLo,
                        toAll ? NeighborDiscovery.solicitedNodeHi() : hi,
                        toAll ? group : lo,
                        hi,
                        lo,
                        from.mac());
    }

    private static boolean isUnicast(long mac) {
        return mac > 0 && (mac & MacAddress.GROUP_BIT) == 0;
    }

    /** State of a neighbour, {@link #ABSENT} if there is no entry. */
    public byte state(int port, long hi, long lo) {
        int entry = table.find(port, hi, lo);
        return entry == 0 ? ABSENT : table.state[entry];
    }

    /** The MAC of a neighbour without asking for it or marking it used, {@link #UNKNOWN} if there is none. */
    public long peek(int port, long hi, long lo) {
        int entry = table.find(port, hi, lo);
        return entry == 0 ? UNKNOWN : table.mac[entry];
    }

    /** Entries now. */
    public int count() {
        return table.count();
    }

    /** Frames held now, those resolved or failed but not yet taken included. */
    public int heldCount() {
        return held.count();
    }

    /** Entries that gave way to new ones since the start. */
    public long evictedCount() {
        return evicted;
    }
}
