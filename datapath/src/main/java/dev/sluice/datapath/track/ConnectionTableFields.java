package dev.sluice.datapath.track;

import static dev.sluice.datapath.track.ConnectionTableRecord.getByte;
import static dev.sluice.datapath.track.ConnectionTableRecord.getInt;
import static dev.sluice.datapath.track.ConnectionTableRecord.getLong;
import static dev.sluice.datapath.track.ConnectionTableRecord.getShort;
import static dev.sluice.datapath.track.ConnectionTableRecord.putByte;
import static dev.sluice.datapath.track.ConnectionTableRecord.putInt;

import dev.sluice.datapath.packet.FlowHash;
import dev.sluice.datapath.rules.PacketFields;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/**
 * The fields of the connections of a {@link ConnectionTable}, by slot. One writer: that of the table. No allocation but that of {@link ConnectionTableExtras}.
 *
 * <p>A slot is what find and insert answered and has not been removed since; of a free slot the values mean nothing. {@code direction} is 0
 * for the forward and 1 for the reverse record.
 */
public abstract sealed class ConnectionTableFields permits ConnectionTable {
    public final MemorySegment records;
    final MemorySegment side;

    /** Told of each connection whose path changes; superseded records, and those of translated flows beside the original, do not count. */
    public final PathFlows pathFlows = new PathFlows();

    final ConnectionTableAges ages;
    final ConnectionTableExtras extras;
    final ConnectionTableAddresses addresses;
    final ConnectionTableRare rare;

    /** Told of each connection that comes and goes; null: nobody asks. */
    private @Nullable ZoneUse zoneUse;

    ConnectionTableFields(MemorySegment records, MemorySegment side, ConnectionTableExtras extras) {
        this.records = records;
        this.side = side;
        this.ages = new ConnectionTableAges(records);
        this.extras = extras;
        this.addresses = new ConnectionTableAddresses(records, extras);
        this.rare = new ConnectionTableRare(records, side, extras);
    }

    /** Told of what journeys depend on that a fast path repeats; null: there is none. */
    private @Nullable FlowWatcher mirror;

    public final void mirrorIn(@Nullable FlowWatcher fastPath) {
        mirror = fastPath;
    }

    /** Records of the flow of a connection were made, are about to go, or lead elsewhere. */
    public final void flowChanged(int slot) {
        if (mirror != null) {
            mirror.flowChanged(slot);
        }
    }

    /** Counts what a fast path repeated until now, so that the times of a connection are right. */
    public final void refresh(int slot) {
        if (mirror != null) {
            mirror.refresh(slot);
        }
    }

    /** Whether a connection has expired, packets that a fast path repeated included. */
    public final boolean isOver(int slot, int nowMs) {
        if (mirror != null && ages.isExpired(slot, nowMs)) {
            mirror.refresh(slot);
        }
        return ages.isExpired(slot, nowMs);
    }

    /** Counts frames that a fast path repeated. */
    public final void countRepeated(int slot, int direction, long frames, long moreBytes, int seenMs) {
        seen(slot, direction, seenMs);
        rare.add(slot, direction, frames, moreBytes);
    }

    /** A packet of a direction came that is not counted. */
    public final void seen(int slot, int direction, int seenMs) {
        long lastSeenAt = at(slot) + ConnectionTableRecord.LAST_SEEN + direction * 4L;
        if (seenMs - getInt(records, lastSeenAt) > 0) {
            putInt(records, lastSeenAt, seenMs);
        }
    }

    /** Takes back what a made-up packet was counted as, and when. */
    public final void uncount(int slot, int direction, long bytes, int seenMs) {
        rare.add(slot, direction, -1, -bytes);
        putInt(records, at(slot) + ConnectionTableRecord.LAST_SEEN + direction * 4L, seenMs);
    }

    /** Counts connections by router there from now on; for an empty table. */
    public final void countIn(ZoneUse use) {
        zoneUse = use;
    }

    final void entered(int router) {
        if (zoneUse != null) {
            zoneUse.enter(router);
        }
    }

    final void left(int router) {
        if (zoneUse != null) {
            zoneUse.leave(router);
        }
    }

    static long at(int slot) {
        return ConnectionTableRecord.at(slot);
    }

    /** Upper 64 bits of the source address, forward orientation. */
    public final long sourceHi(int slot) {
        return addresses.sourceHi(slot);
    }

    /** Lower 64 bits of the source address, forward orientation. */
    public final long sourceLo(int slot) {
        return addresses.sourceLo(slot);
    }

    /** Upper 64 bits of the destination address, forward orientation. */
    public final long destinationHi(int slot) {
        return addresses.destinationHi(slot);
    }

    /** Lower 64 bits of the destination address, forward orientation. */
    public final long destinationLo(int slot) {
        return addresses.destinationLo(slot);
    }

    /** Source port, forward orientation, 0..65535. */
    public final int sourcePort(int slot) {
        return (int) identity(slot) & 0xffff;
    }

    /** Destination port, forward orientation, 0..65535. */
    public final int destinationPort(int slot) {
        return (int) identity(slot) >>> 16;
    }

    /** IP protocol, 0..255. */
    public final int protocol(int slot) {
        return (int) (identity(slot) >>> 32) & 0xff;
    }

    /** Feature tag, 0..255: which stateful feature made the connection. */
    public final int tag(int slot) {
        return (int) (identity(slot) >>> 40) & 0xff;
    }

    /** Router (VRF), 0..65535. */
    public final int router(int slot) {
        return (int) (identity(slot) >>> 48);
    }

    /** Puts the key of a connection, forward orientation, into the fields of a packet; all others stay. */
    public final void readKey(int slot, PacketFields key) {
        long identity = identity(slot);
        key.sourceHi = sourceHi(slot);
        key.sourceLo = sourceLo(slot);
        key.destinationHi = destinationHi(slot);
        key.destinationLo = destinationLo(slot);
        key.sourcePort = (int) identity & 0xffff;
        key.destinationPort = (int) identity >>> 16;
        key.protocol = (int) (identity >>> 32) & 0xff;
    }

    /** {@link FlowHash#of} of the key of a connection: what both directions and all key spaces share. */
    public final long flowHash(int slot) {
        long identity = identity(slot);
        return FlowHash.of(
                sourceHi(slot),
                sourceLo(slot),
                (int) identity & 0xffff,
                destinationHi(slot),
                destinationLo(slot),
                (int) identity >>> 16,
                (int) (identity >>> 32) & 0xff);
    }

    final long identity(int slot) {
        return getLong(records, at(slot) + ConnectionTableRecord.IDENTITY);
    }

    /** The rule that was hit by the first packet. */
    public final int ruleId(int slot) {
        return getInt(records, at(slot) + ConnectionTableRecord.RULE);
    }

    public final void setRuleId(int slot, int value) {
        putInt(records, at(slot) + ConnectionTableRecord.RULE, value);
    }

    /** The target that was chosen. */
    public final int targetId(int slot) {
        return getInt(side, ConnectionTableRecord.sideAt(slot) + ConnectionTableRecord.SIDE_TARGET);
    }

    public final void setTargetId(int slot, int value) {
        putInt(side, ConnectionTableRecord.sideAt(slot) + ConnectionTableRecord.SIDE_TARGET, value);
    }

    /** The path that was chosen. */
    public final int pathId(int slot) {
        return getInt(records, at(slot) + ConnectionTableRecord.PATH);
    }

    /** Sets the path; hops of another one than before are not left out any more. */
    public final void setPathId(int slot, int value) {
        if (value != pathId(slot)) {
            flowChanged(slot);
            setSkipMask(slot, 0, 0);
            setSkipMask(slot, 1, 0);
        }
        if (isCountedOnPath(slot)) {
            pathFlows.leave(pathId(slot));
            pathFlows.enter(value);
        }
        putInt(records, at(slot) + ConnectionTableRecord.PATH, value);
    }

    /** Configuration generation at which the decision was last found valid. */
    public final int configGeneration(int slot) {
        return getInt(records, at(slot) + ConnectionTableRecord.CONFIG_GENERATION);
    }

    public final void setConfigGeneration(int slot, int value) {
        putInt(records, at(slot) + ConnectionTableRecord.CONFIG_GENERATION, value);
    }

    /** Flow programming generation at which the decision was last found valid (seed 002, FIG. 13). */
    public final int flowProgramGeneration(int slot) {
        return getInt(records, at(slot) + ConnectionTableRecord.FLOW_PROGRAM_GENERATION);
    }

    public final void setFlowProgramGeneration(int slot, int value) {
        putInt(records, at(slot) + ConnectionTableRecord.FLOW_PROGRAM_GENERATION, value);
    }

    /** Failure generation (BFD_gen, SN_gen) at which the decision was last found valid. */
    public final int failureGeneration(int slot) {
        return getInt(records, at(slot) + ConnectionTableRecord.FAILURE_GENERATION);
    }

    public final void setFailureGeneration(int slot, int value) {
        putInt(records, at(slot) + ConnectionTableRecord.FAILURE_GENERATION, value);
    }

    /** Index of the port that packets of a direction leave by, 0..65535. */
    public final int egressPort(int slot, int direction) {
        return (ownBits(slot) & ConnectionTableRecord.RARE) == 0
                ? getShort(records, at(slot) + ConnectionTableRecord.EGRESS + direction * 2L)
                : rare.egressPort(slot, direction);
    }

    public final void setEgressPort(int slot, int direction, int value) {
        if (mirror != null && value != egressPort(slot, direction)) {
            mirror.recordChanged(slot);
        }
        rare.putEgressPort(slot, direction, value);
    }

    /** Hops of the chain that are left out in a direction: bit {@code i} stands for hop {@code i}. */
    public final int skipMask(int slot, int direction) {
        return (ownBits(slot) & ConnectionTableRecord.RARE) == 0 ? 0 : rare.skipMask(slot, direction);
    }

    /** The same for packets of a path: none if the connection has another one by now, whose hops have other places. */
    public final int skipMask(int slot, int direction, int pathId) {
        return pathId == pathId(slot) ? skipMask(slot, direction) : 0;
    }

    public final void setSkipMask(int slot, int direction, int value) {
        if (mirror != null && value != skipMask(slot, direction)) {
            mirror.recordChanged(slot);
        }
        rare.putSkipMask(slot, direction, value);
    }

    /** Index of the interned MAC pair of a direction, 0 if there is none. */
    public final int l2(int slot, int direction) {
        return (ownBits(slot) & ConnectionTableRecord.RARE) == 0 ? 0 : rare.l2(slot, direction);
    }

    public final void setL2(int slot, int direction, int value) {
        if (mirror != null && value != l2(slot, direction)) {
            mirror.recordChanged(slot);
        }
        rare.putL2(slot, direction, value);
    }

    /** {@link ConnectionTable#ONE_DIRECTION}, {@link ConnectionTable#TRANSLATED} and the caller's own bits. */
    public final int flags(int slot) {
        return getByte(records, at(slot) + ConnectionTableRecord.FLAGS);
    }

    public final void setFlags(int slot, int value) {
        if (mirror != null && value != flags(slot)) {
            mirror.flowChanged(slot);
        }
        boolean before = isCountedOnPath(slot);
        putByte(records, at(slot) + ConnectionTableRecord.FLAGS, value);
        boolean after = isCountedOnPath(slot);
        if (before && !after) {
            pathFlows.leave(pathId(slot));
        } else if (after && !before) {
            pathFlows.enter(pathId(slot));
        }
    }

    public final boolean isCountedOnPath(int slot) {
        return (flags(slot) & (ConnectionTable.SUPERSEDED | ConnectionTable.TRANSLATED)) == 0;
    }

    /** One of the constants of {@link TcpState}. */
    public final int tcpState(int slot) {
        return getByte(records, at(slot) + ConnectionTableRecord.TCP_STATE);
    }

    /** Packets counted in a direction. */
    public final long packets(int slot, int direction) {
        return rare.packets(slot, direction);
    }

    /** Whether at least so many packets were counted in a direction, fewer than 2^16; reads the record alone where that is enough. */
    public final boolean hasCounted(int slot, int direction, int packets) {
        return rare.lowPackets(slot, direction) >= packets || rare.packets(slot, direction) >= packets;
    }

    /** Bytes counted in a direction. */
    public final long bytes(int slot, int direction) {
        return rare.bytes(slot, direction);
    }

    /** When a direction was last counted, else when the connection was made; unsigned ms of table time, see {@link ConnectionTable#tableMs}. */
    public final int lastSeenMs(int slot, int direction) {
        return getInt(records, at(slot) + ConnectionTableRecord.LAST_SEEN + direction * 4L);
    }

    /** The next older connection of the same key, expired or not, or -1. */
    public final int older(int slot) {
        return ConnectionTableKeys.older(records, side, slot);
    }

    /** Takes over all of another table's connection but its key, its link, its place in chains and lists and the number of the slot's uses; it must be on no list. */
    final void copyFields(ConnectionTableFields from, int fromSlot, int slot) {
        copyBytes(from, fromSlot, slot, ConnectionTableRecord.FLAGS, ConnectionTableRecord.OWN_BITS);
        copyBytes(from, fromSlot, slot, ConnectionTableRecord.LAST_SEEN, ConnectionTableRecord.EGRESS);
        setTargetId(slot, from.targetId(fromSlot));
        for (int direction = 0; direction < 2; direction++) {
            rare.putEgressPort(slot, direction, from.egressPort(fromSlot, direction));
            rare.putL2(slot, direction, from.l2(fromSlot, direction));
            rare.putSkipMask(slot, direction, from.skipMask(fromSlot, direction));
            rare.put(slot, direction, from.packets(fromSlot, direction), from.bytes(fromSlot, direction));
        }
    }

    /** Gives back what a connection that goes has among the extras. */
    final void releaseExtras(int slot) {
        addresses.release(slot);
        rare.release(slot);
        putByte(records, at(slot) + ConnectionTableRecord.OWN_BITS, 0);
    }

    /** Whether all that a record names outside of itself can be there; for one that another process left. */
    public final boolean isWhole(int slot) {
        return addresses.isSound(slot) && rare.isSound(slot);
    }

    private void copyBytes(ConnectionTableFields from, int fromSlot, int toSlot, int offset, int end) {
        MemorySegment.copy(from.records, at(fromSlot) + offset, records, at(toSlot) + offset, end - offset);
    }

    /** Links two connections, of one flow before and behind a translating node, after ending the links they had. */
    public final void link(int slot, int other) {
        unlink(slot);
        unlink(other);
        rare.putLink(slot, other + 1);
        rare.putLink(other, slot + 1);
    }

    /** Ends a link from both sides, if there is one. */
    public final void unlink(int slot) {
        int other = linked(slot);
        if (other >= 0) {
            rare.putLink(slot, 0);
            rare.putLink(other, 0);
        }
    }

    /** The connection linked with this one, or -1; never a removed one. */
    public final int linked(int slot) {
        return (ownBits(slot) & ConnectionTableRecord.RARE) == 0 ? -1 : rare.link(slot) - 1;
    }

    /** Whether a packet that matches a connection belongs to its reverse record. With identical endpoints it is forward. */
    public final boolean isReverse(int slot, PacketFields key) {
        return sourcePort(slot) != key.sourcePort
                || ((ownBits(slot) & ConnectionTableRecord.WIDE) == 0
                        ? ConnectionTableAddresses.isOtherNarrowSource(records, slot, key)
                        : addresses.isOtherWideSource(slot, key));
    }

    /** Whether a newer connection has taken the place of this one. */
    public final boolean isSuperseded(int slot) {
        return (flags(slot) & ConnectionTable.SUPERSEDED) != 0;
    }

    /** Whether a connection may be evicted when the table is full. */
    public final boolean isHalfOpen(int slot) {
        return (ownBits(slot) & ConnectionTableRecord.LIST_MASK) != 0;
    }

    /** Whether a connection has been idle for longer than its timeout. */
    public final boolean isExpired(int slot, long nowNs) {
        return ages.isExpired(slot, ConnectionTableAges.tableMs(nowNs));
    }

    /** Milliseconds since a connection was last seen in any direction. */
    public final int idleMs(int slot, long nowNs) {
        return ages.idleMs(slot, ConnectionTableAges.tableMs(nowNs));
    }

    /** Milliseconds since a packet of this direction was seen; many if none was. */
    public final int idleMs(int slot, int direction, long nowNs) {
        return ages.idleMs(slot, direction, ConnectionTableAges.tableMs(nowNs));
    }

    /** Idle time after which a connection expires as it is now, in milliseconds. */
    public final int timeoutMs(int slot) {
        return ages.timeoutMs(slot);
    }

    /** A name for a connection that {@link ConnectionTable#resolve} refuses once the slot has been freed (modulo 65,536 reuses of the slot). */
    public final long reference(int slot) {
        return (long) getShort(records, at(slot) + ConnectionTableRecord.SEQUENCE) << 32 | slot;
    }

    final int ownBits(int slot) {
        return getByte(records, at(slot) + ConnectionTableRecord.OWN_BITS);
    }

    /** On which list of those that may be evicted: 0 for none. */
    final void setListBits(int slot, int list) {
        int others = ownBits(slot) & ~ConnectionTableRecord.LIST_MASK;
        putByte(records, at(slot) + ConnectionTableRecord.OWN_BITS, others | list);
    }

    public final int kind(int slot) {
        return getByte(records, at(slot) + ConnectionTableRecord.KIND);
    }

    final void setKind(int slot, int kind) {
        putByte(records, at(slot) + ConnectionTableRecord.KIND, kind);
    }
}
