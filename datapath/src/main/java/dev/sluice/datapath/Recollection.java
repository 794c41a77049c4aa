package dev.sluice.datapath;

import dev.sluice.datapath.mirror.MirrorAdoption;
import dev.sluice.datapath.offload.OffloadAction;
import dev.sluice.datapath.offload.OffloadDevice;
import dev.sluice.datapath.packet.FlowHash;
import dev.sluice.datapath.rules.PacketFields;
import dev.sluice.datapath.track.ConnectionTable;
import dev.sluice.datapath.track.ConnectionTableRecord;
import dev.sluice.datapath.track.EthernetMemory;
import dev.sluice.datapath.track.Zones;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Takes over the connections that a process before has left (ADR 23). One user: the worker, before its first packet.
 *
 * <p>That process may have ended in the middle of a write, and somebody may have written there who should not: each record is looked at for itself and copied into the new table, or left behind. Numbers in it (rules,
 * paths, ports, targets) mean what they meant, because they name content; whether that is still there each record finds out at its next packet, as after any change. Instructions and attributes are not
 * taken over: whoever told them tells them again.
 */
final class Recollection {
    /** Slots are used in turn: behind so many that never were, none was. */
    private static final int NEVER_USED_MAX = 64;

    private static final int CHAIN_MAX = 2 * ConnectionTable.RECORDS_PER_KEY_MAX;

    private final ConnectionTable old;
    private final ConnectionTable table;
    private final Zones zones;
    private final int programGeneration;
    private final int portCount;
    private final PacketFields key = new PacketFields();
    private int end;

    /** By old slot: new slot + 1. */
    private int[] copies = new int[0];

    // When a device last repeated packets of a flow, by hash; 0 is free.
    private long[] flows = new long[0];
    private int[] seenMs = new int[0];
    private int flowCount;

    /** A device goes on while it is read. */
    private static final int READING_MS_MAX = 10_000;

    private final int nowMs;

    /** @param nowMs table time: a device that says that it repeated something later than that is not believed */
    Recollection(
            KeptTables before, ConnectionTable table, Zones zones, int programGeneration, int portCount, int nowMs) {
        this.old = ConnectionTable.left(before.connections(), before.pieces(), before.connectionsMax());
        this.table = table;
        this.zones = zones;
        this.programGeneration = programGeneration;
        this.portCount = portCount;
        this.nowMs = nowMs;
    }

    /** Copies what is sound; how many connections. */
    int run(@Nullable OffloadDevice device) {
        end = usedSlots();
        copies = new int[end];
        if (device != null && device.holdsOlder()) {
            readDevice(device);
        }
        int depthMax = 0;
        for (int slot = 0; slot < end; slot++) {
            depthMax = isSound(slot) ? Math.max(depthMax, depth(slot)) : depthMax;
        }
        int count = 0;
        // Those of one key from the oldest to the newest.
        for (int depth = 0; depth <= depthMax; depth++) {
            for (int slot = 0; slot < end; slot++) {
                if (isSound(slot) && depth(slot) == depth && copy(slot)) {
                    count++;
                }
            }
        }
        for (int slot = 0; slot < end; slot++) {
            int other = copies[slot] == 0 ? -1 : old.linked(slot);
            if (other > slot && other < end && copies[other] != 0 && old.linked(other) == slot) {
                table.link(copies[slot] - 1, copies[other] - 1);
            }
        }
        return count;
    }

    private int usedSlots() {
        int used = 0;
        for (int slot = 0; slot < old.capacity() && slot - used < NEVER_USED_MAX; slot++) {
            if (old.kind(slot) != ConnectionTableRecord.KIND_FREE || old.reference(slot) >>> 32 != 0) {
                used = slot + 1;
            }
        }
        return used;
    }

    /** Whether a record is complete and one of those that are taken over: those of flows that other switches classified are not. */
    private boolean isSound(int slot) {
        int kind = old.kind(slot);
        int router = old.router(slot);
        return kind > ConnectionTableRecord.KIND_FREE
                && kind < ConnectionTableRecord.KINDS
                && old.isWhole(slot)
                && old.tag(slot) == ConnectionTable.SERVICE
                && old.ruleId(slot) != 0
                && (router < Zones.SERVED || (router >= Zones.ROUTERS_MAX && zones.isGiven(router)))
                && namesWhatThereIs(slot, 0)
                && namesWhatThereIs(slot, 1);
    }

    /** Whether a chosen port and a pair of MAC addresses are ones that there may be: packets find them by number without another look. */
    private boolean namesWhatThereIs(int slot, int direction) {
        return old.egressPort(slot, direction) <= portCount && EthernetMemory.mayBe(old.l2(slot, direction));
    }

    /** How many older records of the same key there are. */
    private int depth(int slot) {
        int depth = 0;
        for (int at = olderOf(slot); at >= 0 && depth < CHAIN_MAX; at = olderOf(at)) {
            depth++;
        }
        return depth;
    }

    private int olderOf(int slot) {
        int older = old.older(slot);
        return older >= 0 && older < end && older != slot && isSound(older) ? older : -1;
    }

    private boolean copy(int slot) {
        old.readKey(slot, key);
        key.hash = FlowHash.of(key);
        int made = table.copy(old, slot, FlowHash.withRouter(key.hash, old.router(slot)), key);
        if (made < 0) {
            return false;
        }
        if (table.isCountedOnPath(made)) {
            table.pathFlows.adopt(table.pathId(made));
        }
        copies[slot] = made + 1;
        // Instructions are not taken over, so nobody says any more what is left out.
        table.setSkipMask(made, 0, 0);
        table.setSkipMask(made, 1, 0);
        table.setFlowProgramGeneration(made, programGeneration);
        table.setFailureGeneration(made, 0);
        int at = flowCount == 0 ? -1 : find(key.hash);
        if (at >= 0 && flows[at] == key.hash) {
            table.countRepeated(made, 0, 0, 0, seenMs[at]);
            table.countRepeated(made, 1, 0, 0, seenMs[at]);
        }
        return true;
    }

    // What a device has repeated meanwhile keeps connections alive.

    private void readDevice(OffloadDevice device) {
        flows = new long[Integer.highestOneBit(Math.max(8, device.capacity())) << 2];
        seenMs = new int[flows.length];
        while (device.read(this::onJourney, Integer.MAX_VALUE) != OffloadDevice.WALK_ENDED) {
            // One walk over all.
        }
    }

    private void onJourney(MemorySegment keys, long keyBase, MemorySegment actions, long actionBase) {
        if (flowCount > flows.length / 2) {
            return;
        }
        int seen = OffloadAction.lastSeenMs(actions, actionBase);
        if (seen - nowMs > READING_MS_MAX) {
            return;
        }
        long hash = MirrorAdoption.hashOf(keys, keyBase);
        int at = find(hash);
        if (flows[at] != hash) {
            flows[at] = hash;
            seenMs[at] = seen;
            flowCount++;
        } else if (seen - seenMs[at] > 0) {
            seenMs[at] = seen;
        }
    }

    private int find(long hash) {
        int at = (int) hash & flows.length - 1;
        while (flows[at] != 0 && flows[at] != hash) {
            at = at + 1 & flows.length - 1;
        }
        return at;
    }

    /** For people. */
    @Override
    public String toString() {
        return "of " + end + " slots "
                + Arrays.stream(copies).filter(i -> i != 0).count();
    }
}
