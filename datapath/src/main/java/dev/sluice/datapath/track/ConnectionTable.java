package dev.sluice.datapath.track;

import static dev.sluice.datapath.track.ConnectionTableRecord.HALF_OPEN;
import static dev.sluice.datapath.track.ConnectionTableRecord.MET_IN_THE_MIDDLE;
import static dev.sluice.datapath.track.ConnectionTableRecord.getShort;
import static dev.sluice.datapath.track.ConnectionTableRecord.putByte;
import static dev.sluice.datapath.track.ConnectionTableRecord.putInt;
import static dev.sluice.datapath.track.ConnectionTableRecord.putLong;
import static dev.sluice.datapath.track.ConnectionTableRecord.putShort;

import dev.sluice.datapath.rules.PacketFields;
import dev.sluice.datapath.snapshot.TrackerTimeouts;
import dev.sluice.datapath.track.ConnectionTableKeys.KeyHash;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/**
 * The connection tracker's memory: one writer, the worker that owns it; other threads must not even read.
 *
 * <p>A <b>connection</b> is a slot that holds a pair of records, forward (the direction of the packet that made it) and reverse, under one
 * key: addresses, ports, protocol, router (VRF) and feature tag. The router keeps tenants with identical addresses apart. The tag tells records
 * of this feature, {@link #SERVICE}, from those that other stateful features keep for the same flow in the same table (row V2; seed 002,
 * process 200, step 222): only records with the tag asked for are found. Several connections may have the same key, made by rules that are
 * applied on different interfaces; the caller takes the one whose rule counts where the packet is.
 *
 * <p>Cost: find reads one or two lines of the index and one of the record, which {@link #fetch} reads for a whole batch before; nothing
 * allocates but {@link ConnectionTableExtras}, in large pieces. Slots never move, so a slot is a stable name until it is removed; {@link #reference} also tells when it was.
 *
 * <p>Bounds: a search for room in the index looks at a fixed number of buckets, a key has at most {@link #RECORDS_PER_KEY_MAX} connections, and
 * where a key lies depends on a secret seed. Whoever crafts keys with equal flow hashes (16 of them fill their two buckets) gets
 * his own next keys of that hash refused, nothing else.
 *
 * <p>Table full: the oldest half-open connection goes (TCP that was never established, or any other flow counted in one direction only), those whose first packet was TCP with ACK and
 * without SYN and RST only if there is no other; established ones never; if there is none, insertion answers -1.
 *
 * <p>Time: the caller's {@code nowNs}, which must not run backwards; records keep it in ms modulo 2^32. An expired connection is never found:
 * a look-up that meets it removes it, and {@link #sweep} finds the rest.
 */
public final class ConnectionTable extends ConnectionTableFields implements AutoCloseable {
    /** Feature tag of service insertion. Other stateful features choose other values, 0..255. */
    public static final int SERVICE = 1;

    /** Feature tag of flows that were classified by another switch and pass a node here. */
    public static final int PLANE = 2;

    /** {@link #flags} bit: the rule applies to one direction only, so packets of the reverse one are not serviced by it. */
    public static final int ONE_DIRECTION = 1;

    /** {@link #flags} bit: a service node rewrites addresses; {@link #linked} is the same flow behind it. */
    public static final int TRANSLATED = 2;

    /** {@link #flags} bit: a newer record decides now; this one only tells where packets belong that are inside a node of its path. See {@link #supersede}. */
    public static final int SUPERSEDED = 4;

    /** {@link #flags} bits from this one up (8, 16, .. 128) mean what the caller wants. */
    public static final int FIRST_CALLER_FLAG = 8;

    /** Most connections with the same key. */
    public static final int RECORDS_PER_KEY_MAX = 32;

    /** Largest table: 2^27 connections. */
    public static final int CONNECTIONS_MAX = 1 << 27;

    /** Slots looked at for expired connections before an insertion into a full table is refused. */
    static final int FULL_SWEEP_SLOTS = 64;

    private final @Nullable Arena ownedArena;
    private final int connectionsMax;
    private final ConnectionTableKeys keys;
    private final ConnectionTableSlots slots;
    final ConnectionTableHalfOpen halfOpen;

    /** Half-open connections that are evicted last: no flood of SYNs, nor their answers, makes such. */
    final ConnectionTableHalfOpen metInTheMiddle;

    private int size;

    private int sweepAt;
    private long evictedHalfOpen;
    private long expired;
    private long refused;

    /** Where connections made before are found, while foretelling. */
    private @Nullable ConnectionTableSource source;

    /**
     * Builds an empty table in memory of the given arena, which the caller closes.
     *
     * @param connectionsMax 1..{@link #CONNECTIONS_MAX}
     * @param seed secret and random, so that nobody outside knows which keys share a bucket
     */
    public ConnectionTable(Arena arena, int connectionsMax, long seed, TrackerTimeouts timeouts) {
        this(
                arena.allocate(bytesFor(connectionsMax), 64),
                MemoryPieces.in(arena),
                null,
                connectionsMax,
                seed,
                timeouts,
                KeyHash.FLOW);
    }

    private ConnectionTable(
            MemorySegment memory,
            MemoryPieces pieces,
            @Nullable Arena ownedArena,
            int connectionsMax,
            long seed,
            TrackerTimeouts timeouts,
            KeyHash hash) {
        super(
                memory.asSlice(0, (long) connectionsMax * ConnectionTableRecord.BYTES),
                memory.asSlice(
                        ConnectionTableRecord.sideOffset(connectionsMax),
                        (long) connectionsMax * ConnectionTableRecord.SIDE_BYTES),
                new ConnectionTableExtras(pieces, connectionsMax));
        this.ownedArena = ownedArena;
        this.connectionsMax = connectionsMax;
        long indexOffset = records.byteSize();
        MemorySegment buckets =
                memory.asSlice(indexOffset, ConnectionTableRecord.sideOffset(connectionsMax) - indexOffset);
        this.keys = new ConnectionTableKeys(this, new ConnectionTableIndex(buckets), seed, hash);
        this.slots = new ConnectionTableSlots(side);
        this.halfOpen = new ConnectionTableHalfOpen(side);
        this.metInTheMiddle = new ConnectionTableHalfOpen(side);
        ages.setTimeouts(timeouts);
    }

    /** Builds an empty table with memory of its own, which {@link #close} gives back; parameters as in the constructor. */
    public static ConnectionTable open(int connectionsMax, long seed, TrackerTimeouts timeouts) {
        return open(connectionsMax, seed, timeouts, KeyHash.FLOW);
    }

    /** The same for callers whose keys have other hashes. */
    static ConnectionTable open(int connectionsMax, long seed, TrackerTimeouts timeouts, KeyHash hash) {
        long bytes = bytesFor(connectionsMax);
        Arena arena = Arena.ofShared();
        return new ConnectionTable(
                arena.allocate(bytes, 64), MemoryPieces.in(arena), arena, connectionsMax, seed, timeouts, hash);
    }

    /** Builds an empty table over zeroed memory of {@link #bytesFor} bytes and pieces to come; other parameters as in the constructor. */
    public static ConnectionTable over(
            MemorySegment zeroed, MemoryPieces pieces, int connectionsMax, long seed, TrackerTimeouts timeouts) {
        return new ConnectionTable(zeroed, pieces, null, connectionsMax, seed, timeouts, KeyHash.FLOW);
    }

    /** Memory that a table for the given number of IPv4 connections takes, in bytes; what others take comes as they do, see {@link #extraBytes}. */
    public static long bytesFor(int connectionsMax) {
        return ConnectionTableRecord.bytesFor(connectionsMax);
    }

    /** Memory taken so far beyond {@link #bytesFor}: 32 bytes for a connection with other addresses than IPv4, 40 for one with rare fields. */
    public long extraBytes() {
        return extras.bytes();
    }

    /** Gives back the memory if the table was made by {@link #open}; the table must not be used any more. */
    @Override
    public void close() {
        if (ownedArena != null) {
            ownedArena.close();
        }
    }

    /** Sets the idle timeouts, for the connections that are there too, from the next look-up or sweep on. */
    public void setTimeouts(TrackerTimeouts timeouts) {
        ages.setTimeouts(timeouts);
    }

    // Look-up.

    /**
     * Reads what {@link #find} will read for these hashes, at most {@value ConnectionTableKeys#FETCH_MAX}: all at once, so that a batch waits for memory once and not each packet alone. The value
     * means nothing; use it, so that no read is dropped.
     */
    public long fetch(long[] hashes, int count) {
        return keys.fetch(hashes, count);
    }

    /**
     * The newest connection whose key matches in either direction and that has not expired, or -1.
     *
     * @param hash symmetric flow hash, the same as at insertion (with the router mixed in, so that tenants do not share buckets)
     * @param key addresses, ports and protocol are read
     * @param router 0..65535
     * @param tag feature tag, 0..255
     */
    public int find(long hash, PacketFields key, int router, int tag, long nowNs) {
        if (source != null) {
            source.adopt(hash, key, router, tag);
        }
        int entry = keys.locate(keys.indexHash(hash), key, router, tag);
        return entry < 0 ? -1 : firstLive(keys.slot(entry), tableMs(nowNs));
    }

    /** As {@link #find} without place, but for a hash that was probably at the given place of the last {@link #fetch}: if so, the index need not be asked again. */
    public int find(int place, long hash, PacketFields key, int router, int tag, long nowNs) {
        int slot = source == null ? keys.fetched(place, hash, key, router, tag) : -1;
        return slot < 0 ? find(hash, key, router, tag, nowNs) : firstLive(slot, tableMs(nowNs));
    }

    /** Whether a connection that is there has this key, in either direction; parameters as in {@link #find}. */
    public boolean isOf(int slot, PacketFields key, int router, int tag) {
        return keys.isOf(slot, key, router, tag);
    }

    /** The next older connection with the same key as the given one that has not expired, or -1. */
    public int next(int slot, long nowNs) {
        return firstLive(keys.older(slot), tableMs(nowNs));
    }

    // Life of a connection.

    /**
     * Makes a connection, half-open, whose forward record is the direction of the key given; all other fields are 0. Does not count a packet.
     *
     * @return its slot, or -1 if the table is full and nothing may be evicted, or if the key or its hash have too many connections
     */
    public int insert(long hash, PacketFields key, int router, int tag, long nowNs) {
        ConnectionTableKeys.checkRange("router", router, 0xffff);
        ConnectionTableKeys.checkRange("feature tag", tag, 0xff);
        if (source != null) {
            source.adopt(hash, key, router, tag);
        }
        int indexHash = keys.indexHash(hash);
        int nowMs = tableMs(nowNs);
        int slot = hasRoomForKey(indexHash, key, router, tag, nowMs) ? takeSlot(nowMs) : -1;
        if (slot < 0) {
            refused++;
            return -1;
        }
        return place(slot, indexHash, key, router, tag, nowMs);
    }

    private int place(int slot, int indexHash, PacketFields key, int router, int tag, int nowMs) {
        int entry = keys.locate(indexHash, key, router, tag);
        int older = entry < 0 ? -1 : keys.slot(entry);
        if (entry >= 0) {
            keys.setSlot(entry, slot);
        } else if (!keys.add(indexHash, slot) && !(evictBesides(indexHash, nowMs) && keys.add(indexHash, slot))) {
            slots.give(slot);
            refused++;
            return -1;
        }
        fill(slot, key, router, tag, nowMs);
        keys.setOlder(slot, older);
        join(halfOpen, slot);
        size++;
        entered(router);
        flowChanged(slot);
        return slot;
    }

    /** Makes a connection the newest of those with its key, so that {@link #find} finds it first; parameters as at its insertion, except that the key may be turned round. */
    public void putFirst(long hash, PacketFields key, int router, int tag, int slot) {
        keys.putFirst(keys.indexHash(hash), key, router, tag, slot);
    }

    /** Counts a packet of a direction and keeps the connection alive. Both directions seen: what is not TCP is no longer half-open. */
    public void count(int slot, int direction, int bytes, long nowNs) {
        putInt(records, at(slot) + ConnectionTableRecord.LAST_SEEN + direction * 4L, tableMs(nowNs));
        rare.add(slot, direction, 1, bytes);
        if (isHalfOpen(slot) && hasCounted(slot, 1 - direction, 1)) {
            answered(slot);
        }
    }

    /** Moves the TCP state on by a packet with these flags; the state after it, see {@link TcpState#next}. */
    public int onTcp(int slot, int direction, int flags) {
        int state = tcpState(slot);
        int next = TcpState.next(state, direction, flags, (flags(slot) & ONE_DIRECTION) != 0);
        if (next != state) {
            putByte(records, at(slot) + ConnectionTableRecord.TCP_STATE, next);
            if (state == TcpState.NONE
                    && (flags & (TcpState.SYN | TcpState.ACK | TcpState.RST)) == TcpState.ACK
                    && isHalfOpen(slot)) {
                leaveHalfOpen(slot);
                join(metInTheMiddle, slot);
            }
            if (TcpState.isClosing(next)) {
                // One that was never established stays on the list of those that may be evicted.
                setKind(slot, ConnectionTableRecord.KIND_TCP_CLOSING);
                if (TcpState.isReset(next)) {
                    // Whoever repeats packets would not see that the connection goes on.
                    flowChanged(slot);
                }
            } else if (!TcpState.isHalfOpen(next)) {
                setKind(slot, ConnectionTableRecord.KIND_TCP_ESTABLISHED);
                leaveHalfOpen(slot);
            }
        }
        return next;
    }

    /**
     * Marks a connection as {@link #SUPERSEDED}: it stays for the packets that are under way on its path, gives way like a half-open one when there is no room, and
     * expires as a closing one does.
     */
    public void supersede(int slot) {
        setFlags(slot, flags(slot) | SUPERSEDED);
        setKind(slot, ConnectionTableRecord.KIND_TCP_CLOSING);
        if (!isHalfOpen(slot)) {
            join(halfOpen, slot);
        }
    }

    /** Removes a connection; its partner, if linked, stays without a link. Nothing happens if the slot is free. */
    public void remove(int slot) {
        if (kind(slot) == ConnectionTableRecord.KIND_FREE) {
            return;
        }
        flowChanged(slot);
        unlink(slot);
        leaveHalfOpen(slot);
        if (isCountedOnPath(slot)) {
            pathFlows.leave(pathId(slot));
        }
        keys.remove(slot);
        long sequenceAt = at(slot) + ConnectionTableRecord.SEQUENCE;
        putShort(records, sequenceAt, getShort(records, sequenceAt) + 1);
        setKind(slot, ConnectionTableRecord.KIND_FREE);
        releaseExtras(slot);
        slots.give(slot);
        size--;
        left(router(slot));
    }

    /**
     * Looks at the next slots in turn and removes what has expired.
     *
     * @param budgetSlots slots to look at; at most one round is made
     * @return connections removed
     */
    public int sweep(long nowNs, int budgetSlots) {
        return sweepMs(tableMs(nowNs), budgetSlots);
    }

    // References and listing.

    /** The slot of a reference, or -1 if that connection is gone. */
    public int resolve(long reference) {
        int slot = (int) reference;
        return isUsed(slot) && reference(slot) == reference ? slot : -1;
    }

    /** The first slot at or after the given one that holds a connection, expired or not, or -1: for listing, from 0. */
    public int nextUsed(int from) {
        for (int slot = Math.max(0, from); slot < slots.used(); slot++) {
            if (kind(slot) != ConnectionTableRecord.KIND_FREE) {
                return slot;
            }
        }
        return -1;
    }

    /** Whether a slot holds a connection. */
    public boolean isUsed(int slot) {
        return slot >= 0 && slot < slots.used() && kind(slot) != ConnectionTableRecord.KIND_FREE;
    }

    /** Connections in the table, expired ones that nobody has met yet included. */
    public int size() {
        return size;
    }

    /** Most connections the table holds. */
    public int capacity() {
        return connectionsMax;
    }

    /** Whether at most an eighth of the room is left, so that half-open connections may soon have to go. */
    public boolean isCrowded() {
        if (source != null) {
            return source.isCrowded();
        }
        return size >= connectionsMax - connectionsMax / 8;
    }

    /** Connections that may be evicted when the table is full. */
    public int halfOpenCount() {
        return halfOpen.count() + metInTheMiddle.count();
    }

    /** Half-open connections evicted since the table was made. */
    public long evictedHalfOpen() {
        return evictedHalfOpen;
    }

    /** Connections expired since the table was made. */
    public long expired() {
        return expired;
    }

    /** Insertions refused since the table was made. */
    public long refused() {
        return refused;
    }

    /** Table time of a moment: unsigned milliseconds modulo 2^32. */
    public static int tableMs(long nowNs) {
        return ConnectionTableAges.tableMs(nowNs);
    }

    /** The first connection of a chain that has not expired; those before it are removed. */
    private int firstLive(int from, int nowMs) {
        int slot = from;
        while (slot >= 0 && isOver(slot, nowMs)) {
            int older = keys.older(slot);
            expire(slot);
            slot = older;
        }
        return slot;
    }

    private boolean hasRoomForKey(int indexHash, PacketFields key, int router, int tag, int nowMs) {
        int entry = keys.locate(indexHash, key, router, tag);
        int live = 0;
        if (entry >= 0) {
            for (int slot = firstLive(keys.slot(entry), nowMs); slot >= 0; slot = firstLive(keys.older(slot), nowMs)) {
                live++;
            }
        }
        return live < RECORDS_PER_KEY_MAX;
    }

    private void fill(int slot, PacketFields key, int router, int tag, int nowMs) {
        long at = at(slot);
        int sequence = getShort(records, at + ConnectionTableRecord.SEQUENCE);
        for (int offset = ConnectionTableRecord.FLAGS; offset < ConnectionTableRecord.BYTES; offset += 8) {
            putLong(records, at + offset, 0);
        }
        putShort(records, at + ConnectionTableRecord.SEQUENCE, sequence);
        long sideAt = ConnectionTableRecord.sideAt(slot);
        putLong(side, sideAt, 0);
        putLong(side, sideAt + ConnectionTableRecord.SIDE_COUNTED, 0);
        addresses.put(slot, key);
        putLong(
                records,
                at + ConnectionTableRecord.IDENTITY,
                ConnectionTableRecord.identity(key.sourcePort, key.destinationPort, key.protocol, tag, router));
        putByte(records, at + ConnectionTableRecord.KIND, ConnectionTableRecord.firstKind(key.protocol));
        putInt(records, at + ConnectionTableRecord.LAST_SEEN, nowMs);
        putInt(records, at + ConnectionTableRecord.LAST_SEEN + 4, nowMs);
    }

    /** A slot that is free or made free, or -1. */
    private int takeSlot(int nowMs) {
        if (source != null && !source.makeRoom(nowMs)) {
            return -1;
        }
        if (size == connectionsMax) {
            int oldest = halfOpen.oldest() >= 0 ? halfOpen.oldest() : metInTheMiddle.oldest();
            if (oldest >= 0) {
                evict(oldest, nowMs);
            } else if (sweepMs(nowMs, FULL_SWEEP_SLOTS) == 0) {
                return -1;
            }
        }
        return slots.take();
    }

    // While foretelling.

    /** Copies connections from the other table as they are asked for, and has as much room as it. */
    public void lookInto(ConnectionTable other, FlowContext context) {
        source = new ConnectionTableSource(other, this, context);
        pathFlows.copy(other.pathFlows);
    }

    /** The copy of a connection of the table that is looked into; -1 if it is gone, as -1 is. */
    public int adopted(int sourceSlot) {
        return source == null || sourceSlot < 0 ? -1 : source.adopted(sourceSlot);
    }

    /** Copies a connection that is newer than those of its key that are here; its slot, -1 if there is no room. */
    public int copy(ConnectionTable from, int slot, long hash, PacketFields key) {
        if (size == connectionsMax) {
            return -1;
        }
        int at = place(slots.take(), keys.indexHash(hash), key, from.router(slot), from.tag(slot), 0);
        if (at < 0) {
            return -1;
        }
        leaveHalfOpen(at);
        copyFields(from, slot, at);
        int list = from.ownBits(slot) & ConnectionTableRecord.LIST_MASK;
        if (list == HALF_OPEN || list == MET_IN_THE_MIDDLE) {
            join(list == HALF_OPEN ? halfOpen : metInTheMiddle, at);
        }
        return at;
    }

    /** What another process left there, to be read slot by slot; nothing else of it may be used. */
    public static ConnectionTable left(MemorySegment memory, MemoryPieces pieces, int connectionsMax) {
        ConnectionTable table = over(memory, pieces, connectionsMax, 0, TrackerTimeouts.DEFAULT);
        table.slots.setUsed(connectionsMax);
        table.extras.recall();
        return table;
    }

    private void join(ConnectionTableHalfOpen list, int slot) {
        rare.clearSide(slot);
        setListBits(slot, list == halfOpen ? HALF_OPEN : MET_IN_THE_MIDDLE);
        list.join(slot);
    }

    /** Whether a connection is on one of the two lists of those that may be evicted. */
    boolean isOn(ConnectionTableHalfOpen list, int slot) {
        int bits = list == halfOpen ? HALF_OPEN : MET_IN_THE_MIDDLE;
        return (ownBits(slot) & ConnectionTableRecord.LIST_MASK) == bits;
    }

    /** The newest connection of a key, expired or not, or -1. */
    public int newest(long hash, PacketFields key, int router, int tag) {
        int entry = keys.locate(keys.indexHash(hash), key, router, tag);
        return entry < 0 ? -1 : keys.slot(entry);
    }

    /** The slot that a sweep looks at after the given one; -1 stands for the one looked at last. */
    int sweptAfter(int slot) {
        int at = slot < 0 ? sweepAt : slot;
        return at >= slots.used() - 1 ? 0 : at + 1;
    }

    /** Slots that were ever used. */
    int usedSlots() {
        return slots.used();
    }

    /** Makes room in the two buckets of a hash by removing the connection that was idle longest of those that may go; false if there is none. */
    private boolean evictBesides(int indexHash, int nowMs) {
        int chosen = -1;
        for (int i = 0; i < ConnectionTableKeys.PLACES; i++) {
            int slot = keys.slot(keys.place(indexHash, i));
            boolean alone = keys.older(slot) < 0;
            boolean mayGo = alone && (isOver(slot, nowMs) || isHalfOpen(slot));
            if (mayGo && (chosen < 0 || ages.idleMs(slot, nowMs) > ages.idleMs(chosen, nowMs))) {
                chosen = slot;
            }
        }
        if (chosen >= 0) {
            evict(chosen, nowMs);
        }
        return chosen >= 0;
    }

    /** Removes a half-open connection for want of room, here or for what belongs to others. */
    public void evict(int slot, int nowMs) {
        if (isOver(slot, nowMs)) {
            expire(slot);
        } else {
            remove(slot);
            evictedHalfOpen++;
        }
    }

    private void expire(int slot) {
        remove(slot);
        expired++;
    }

    private int sweepMs(int nowMs, int budgetSlots) {
        int before = size;
        for (int left = Math.min(budgetSlots, slots.used()); left > 0; left--) {
            sweepAt = sweepAt >= slots.used() - 1 ? 0 : sweepAt + 1;
            if (kind(sweepAt) == ConnectionTableRecord.KIND_FREE) {
                continue;
            }
            if (isOver(sweepAt, nowMs)) {
                expire(sweepAt);
            } else {
                ages.keepInRange(sweepAt, nowMs);
            }
        }
        return before - size;
    }

    private void answered(int slot) {
        int kind = kind(slot);
        if (kind == ConnectionTableRecord.KIND_UDP) {
            setKind(slot, ConnectionTableRecord.KIND_UDP_STREAM);
            leaveHalfOpen(slot);
        } else if (kind == ConnectionTableRecord.KIND_ICMP || kind == ConnectionTableRecord.KIND_OTHER) {
            leaveHalfOpen(slot);
        }
    }

    private void leaveHalfOpen(int slot) {
        int list = ownBits(slot) & ConnectionTableRecord.LIST_MASK;
        if (list != 0) {
            (list == HALF_OPEN ? halfOpen : metInTheMiddle).leave(slot);
            putLong(side, ConnectionTableRecord.sideAt(slot) + ConnectionTableRecord.SIDE_COUNTED, 0);
            setListBits(slot, 0);
        }
    }
}
