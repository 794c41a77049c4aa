package dev.sluice.datapath;

import static dev.sluice.datapath.ConnectionTableRecord.getByte;
import static dev.sluice.datapath.ConnectionTableRecord.getInt;
import static dev.sluice.datapath.ConnectionTableRecord.getLong;
import static dev.sluice.datapath.ConnectionTableRecord.getShort;
import static dev.sluice.datapath.ConnectionTableRecord.putByte;
import static dev.sluice.datapath.ConnectionTableRecord.putInt;
import static dev.sluice.datapath.ConnectionTableRecord.putLong;
import static dev.sluice.datapath.ConnectionTableRecord.putShort;

import dev.sluice.datapath.rules.PacketFields;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/**
 * The fields of the connections of a {@link ConnectionTable}, by slot. One writer: that of the table. No allocation.
 *
 * <p>A slot is what find and insert answered and has not been removed since; of a free slot the values mean nothing. {@code direction} is 0
 * for the forward and 1 for the reverse record.
 */
abstract sealed class ConnectionTableFields permits ConnectionTable {
    final MemorySegment records;
    final MemorySegment side;

    /** Told of each connection whose path changes; superseded records, and those of translated flows beside the original, do not count. */
    final PathFlows pathFlows = new PathFlows();

    final ConnectionTableAges ages;

    /** Told of each connection that comes and goes; null: nobody asks. */
    private @Nullable ZoneUse zoneUse;

    ConnectionTableFields(MemorySegment records, MemorySegment side) {
        this.records = records;
        this.side = side;
        this.ages = new ConnectionTableAges(records);
    }

    /** Told of what journeys depend on that a fast path repeats; null: there is none. */
    private @Nullable OffloadMirror mirror;

    final void mirrorIn(@Nullable OffloadMirror fastPath) {
        mirror = fastPath;
    }

    /** Records of the flow of a connection were made, are about to go, or lead elsewhere. */
    final void flowChanged(int slot) {
        if (mirror != null) {
            mirror.flowChanged(slot);
        }
    }

    /** Counts what a fast path repeated until now, so that the times of a connection are right. */
    final void refresh(int slot) {
        if (mirror != null) {
            mirror.refresh(slot);
        }
    }

    /** Whether a connection has expired, packets that a fast path repeated included. */
    final boolean isOver(int slot, int nowMs) {
        if (mirror != null && ages.isExpired(slot, nowMs)) {
            mirror.refresh(slot);
        }
        return ages.isExpired(slot, nowMs);
    }

    /** Counts frames that a fast path repeated. */
    final void countRepeated(int slot, int direction, long frames, long moreBytes, int seenMs) {
        long at = at(slot);
        long lastSeenAt = at + ConnectionTableRecord.LAST_SEEN + direction * 4L;
        if (seenMs - getInt(records, lastSeenAt) > 0) {
            putInt(records, lastSeenAt, seenMs);
        }
        long packetsAt = at + ConnectionTableRecord.PACKETS + direction * 8L;
        putLong(records, packetsAt, getLong(records, packetsAt) + frames);
        long bytesAt = at + ConnectionTableRecord.BYTE_COUNT + direction * 8L;
        putLong(records, bytesAt, getLong(records, bytesAt) + moreBytes);
    }

    /** Takes back what a made-up packet was counted as, and when. */
    final void uncount(int slot, int direction, long bytes, int seenMs) {
        long at = at(slot);
        long packetsAt = at + ConnectionTableRecord.PACKETS + direction * 8L;
        putLong(records, packetsAt, getLong(records, packetsAt) - 1);
        long bytesAt = at + ConnectionTableRecord.BYTE_COUNT + direction * 8L;
        putLong(records, bytesAt, getLong(records, bytesAt) - bytes);
        putInt(records, at + ConnectionTableRecord.LAST_SEEN + direction * 4L, seenMs);
    }

    /** Counts connections by router there from now on; for an empty table. */
    final void countIn(ZoneUse use) {
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
        return getLong(records, at(slot) + ConnectionTableRecord.SOURCE_HI);
    }

    /** Lower 64 bits of the source address, forward orientation. */
    public final long sourceLo(int slot) {
        return getLong(records, at(slot) + ConnectionTableRecord.SOURCE_LO);
    }

    /** Upper 64 bits of the destination address, forward orientation. */
    public final long destinationHi(int slot) {
        return getLong(records, at(slot) + ConnectionTableRecord.DESTINATION_HI);
    }

    /** Lower 64 bits of the destination address, forward orientation. */
    public final long destinationLo(int slot) {
        return getLong(records, at(slot) + ConnectionTableRecord.DESTINATION_LO);
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
        return getInt(records, at(slot) + ConnectionTableRecord.TARGET);
    }

    public final void setTargetId(int slot, int value) {
        putInt(records, at(slot) + ConnectionTableRecord.TARGET, value);
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
        return getShort(records, at(slot) + ConnectionTableRecord.EGRESS + direction * 2L);
    }

    public final void setEgressPort(int slot, int direction, int value) {
        if (mirror != null && value != egressPort(slot, direction)) {
            mirror.recordChanged(slot);
        }
        putShort(records, at(slot) + ConnectionTableRecord.EGRESS + direction * 2L, value);
    }

    /** Hops of the chain that are left out in a direction: bit {@code i} stands for hop {@code i}. */
    public final int skipMask(int slot, int direction) {
        return getByte(records, at(slot) + ConnectionTableRecord.SKIP_MASK + direction);
    }

    public final void setSkipMask(int slot, int direction, int value) {
        if (mirror != null && value != skipMask(slot, direction)) {
            mirror.recordChanged(slot);
        }
        putByte(records, at(slot) + ConnectionTableRecord.SKIP_MASK + direction, value);
    }

    /** Index of the interned MAC pair of a direction, 0 if there is none. */
    public final int l2(int slot, int direction) {
        return getInt(records, at(slot) + ConnectionTableRecord.L2 + direction * 4L);
    }

    public final void setL2(int slot, int direction, int value) {
        if (mirror != null && value != l2(slot, direction)) {
            mirror.recordChanged(slot);
        }
        putInt(records, at(slot) + ConnectionTableRecord.L2 + direction * 4L, value);
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

    final boolean isCountedOnPath(int slot) {
        return (flags(slot) & (ConnectionTable.SUPERSEDED | ConnectionTable.TRANSLATED)) == 0;
    }

    /** One of the constants of {@link TcpState}. */
    public final int tcpState(int slot) {
        return getByte(records, at(slot) + ConnectionTableRecord.TCP_STATE);
    }

    /** Packets counted in a direction. */
    public final long packets(int slot, int direction) {
        return getLong(records, at(slot) + ConnectionTableRecord.PACKETS + direction * 8L);
    }

    /** Bytes counted in a direction. */
    public final long bytes(int slot, int direction) {
        return getLong(records, at(slot) + ConnectionTableRecord.BYTE_COUNT + direction * 8L);
    }

    /** When a direction was last counted, else when the connection was made; unsigned ms of table time, see {@link ConnectionTable#tableMs}. */
    public final int lastSeenMs(int slot, int direction) {
        return getInt(records, at(slot) + ConnectionTableRecord.LAST_SEEN + direction * 4L);
    }

    /** The next older connection of the same key, expired or not, or -1. */
    final int older(int slot) {
        return getInt(records, at(slot) + ConnectionTableRecord.NEXT) - 1;
    }

    /** Takes over all of another table's connection but its key, its place in chains and the number of the slot's uses. */
    final void copyFields(ConnectionTableFields from, int fromSlot, int slot) {
        copyBytes(from, fromSlot, slot, ConnectionTableRecord.FLAGS, ConnectionTableRecord.NEXT);
        copyBytes(from, fromSlot, slot, ConnectionTableRecord.PACKETS, ConnectionTableRecord.SEQUENCE);
        copyBytes(from, fromSlot, slot, ConnectionTableRecord.L2, ConnectionTableRecord.BYTES);
    }

    private void copyBytes(ConnectionTableFields from, int fromSlot, int toSlot, int offset, int end) {
        MemorySegment.copy(from.records, at(fromSlot) + offset, records, at(toSlot) + offset, end - offset);
    }

    /** Links two connections, of one flow before and behind a translating node, after ending the links they had. */
    public final void link(int slot, int other) {
        unlink(slot);
        unlink(other);
        putInt(side, ConnectionTableRecord.sideAt(slot) + ConnectionTableRecord.SIDE_LINK, other + 1);
        putInt(side, ConnectionTableRecord.sideAt(other) + ConnectionTableRecord.SIDE_LINK, slot + 1);
    }

    /** Ends a link from both sides, if there is one. */
    public final void unlink(int slot) {
        int other = linked(slot);
        if (other >= 0) {
            putInt(side, ConnectionTableRecord.sideAt(slot) + ConnectionTableRecord.SIDE_LINK, 0);
            putInt(side, ConnectionTableRecord.sideAt(other) + ConnectionTableRecord.SIDE_LINK, 0);
        }
    }

    /** The connection linked with this one, or -1; never a removed one. */
    public final int linked(int slot) {
        return getInt(side, ConnectionTableRecord.sideAt(slot) + ConnectionTableRecord.SIDE_LINK) - 1;
    }

    /** Whether a packet that matches a connection belongs to its reverse record. With identical endpoints it is forward. */
    public final boolean isReverse(int slot, PacketFields key) {
        return sourceLo(slot) != key.sourceLo || sourcePort(slot) != key.sourcePort || sourceHi(slot) != key.sourceHi;
    }

    /** Whether a newer connection has taken the place of this one. */
    public final boolean isSuperseded(int slot) {
        return (flags(slot) & ConnectionTable.SUPERSEDED) != 0;
    }

    /** Whether a connection may be evicted when the table is full. */
    public final boolean isHalfOpen(int slot) {
        return getByte(records, at(slot) + ConnectionTableRecord.OWN_BITS) != 0;
    }

    /** Whether a connection has been idle for longer than its timeout. */
    public final boolean isExpired(int slot, long nowNs) {
        return ages.isExpired(slot, ConnectionTableAges.tableMs(nowNs));
    }

    /** Milliseconds since a connection was last seen in any direction. */
    public final int idleMs(int slot, long nowNs) {
        return ages.idleMs(slot, ConnectionTableAges.tableMs(nowNs));
    }

    /** Idle time after which a connection expires as it is now, in milliseconds. */
    public final int timeoutMs(int slot) {
        return ages.timeoutMs(slot);
    }

    /** A name for a connection that {@link ConnectionTable#resolve} refuses once the slot has been freed (modulo 65,536 reuses of the slot). */
    public final long reference(int slot) {
        return (long) getShort(records, at(slot) + ConnectionTableRecord.SEQUENCE) << 32 | slot;
    }

    final int kind(int slot) {
        return getByte(records, at(slot) + ConnectionTableRecord.KIND);
    }

    final void setKind(int slot, int kind) {
        putByte(records, at(slot) + ConnectionTableRecord.KIND, kind);
    }
}
