package dev.sluice.datapath.mirror;

import dev.sluice.datapath.offload.OffloadAction;
import dev.sluice.datapath.offload.OffloadDevice;
import dev.sluice.datapath.offload.OffloadKey;
import dev.sluice.datapath.packet.FlowHash;
import dev.sluice.datapath.track.ConnectionTable;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * Journeys that a device has from the process before, until they are confirmed: an entry each in {@link MirrorEntries}, without records that it passed. One user: the worker, through its {@link OffloadMirror}.
 *
 * <p>Nothing of what they say is believed. Each one that a walk meets waits here for a packet that the data path makes up and sends on its way ({@link Rehearsal}); what the data path would do is what the
 * device repeats from then on. One that it would not repeat is taken back.
 */
public final class MirrorAdoption {
    /** Most journeys that wait: as many as a tick reads. */
    static final int WAITING_MAX = 64;

    /** A flow without service is decided anew by the first made-up packet and repeated after the second; neighbours answer meanwhile. */
    private static final int ATTEMPTS_MAX = 4;

    private final MirrorEntries entries;
    private final OffloadDevice device;
    private final byte[] attempts;
    private final MemorySegment keys = Arena.ofAuto().allocate((long) WAITING_MAX * OffloadKey.BYTES, 8);
    private final MemorySegment actions = Arena.ofAuto().allocate((long) WAITING_MAX * OffloadAction.BYTES, 8);
    private final MemorySegment key = Arena.ofAuto().allocate(OffloadKey.BYTES, 8);
    private int waiting;
    private int left;

    MirrorAdoption(MirrorEntries entries, OffloadDevice device) {
        this.entries = entries;
        this.device = device;
        attempts = new byte[entries.capacity() + 1];
        while (device.read(this::load, Integer.MAX_VALUE) != OffloadDevice.WALK_ENDED) {
            // One walk over all.
        }
        left = entries.size();
    }

    public static long hashOf(MemorySegment keys, long base) {
        return FlowHash.of(
                OffloadKey.sourceHi(keys, base),
                OffloadKey.sourceLo(keys, base),
                OffloadKey.sourcePort(keys, base),
                OffloadKey.destinationHi(keys, base),
                OffloadKey.destinationLo(keys, base),
                OffloadKey.destinationPort(keys, base),
                OffloadKey.protocol(keys, base));
    }

    /** When a device says that a connection was last used, if that can be; else now: one that is here was not idle for longer than it may be, and not used in the future. */
    static int possibleMs(ConnectionTable table, int slot, int saidMs, int nowMs) {
        int idleMs = nowMs - saidMs;
        return idleMs < 0 || idleMs > table.timeoutMs(slot) ? nowMs : saidMs;
    }

    private void load(MemorySegment from, long keyBase, MemorySegment said, long actionBase) {
        MemorySegment.copy(from, keyBase, key, 0, OffloadKey.BYTES);
        long hash = hashOf(key, 0);
        if (entries.find(hash, key) != MirrorEntries.NONE) {
            return;
        }
        // Headers of tunnels stand under the numbers of entries, which are others now: those flows are recorded anew.
        boolean plain = OffloadKey.kind(key, 0) == OffloadKey.PLAIN
                && OffloadAction.path(said, actionBase) >= 0
                && (OffloadAction.flags(said, actionBase) & (OffloadAction.PUSH | OffloadAction.POP)) == 0;
        int entry = plain && !entries.hasMany(hash)
                ? entries.take(hash, key, OffloadAction.lastSeenMs(said, actionBase))
                : MirrorEntries.NONE;
        if (entry == MirrorEntries.NONE) {
            device.remove(key);
            return;
        }
        entries.countFrom(entry, said, actionBase);
        entries.config[entry] = OffloadAction.configGeneration(said, actionBase);
        entries.path[entry] = OffloadAction.path(said, actionBase);
        entries.pathGeneration[entry] = OffloadAction.pathGeneration(said, actionBase);
        entries.egress[entry] = OffloadAction.egress(said, actionBase) & OffloadKey.INGRESS_MAX;
        entries.egressGeneration[entry] = OffloadAction.egressGeneration(said, actionBase);
        entries.returned[entry] = 0;
        entries.sent[entry] = 0;
        entries.neighborPort[entry] = -1;
    }

    /** The entry of a key that is not confirmed yet, else {@link MirrorEntries#NONE}. */
    int find(MemorySegment from, long base) {
        MemorySegment.copy(from, base, key, 0, OffloadKey.BYTES);
        int entry = entries.find(hashOf(key, 0), key);
        return entry != MirrorEntries.NONE && entries.touches[entry] == 0 ? entry : MirrorEntries.NONE;
    }

    /** Lets a journey wait for its packet; false if it had its chances. */
    boolean await(int entry, MemorySegment from, long keyBase, MemorySegment said, long actionBase) {
        if (waiting == WAITING_MAX) {
            return true;
        }
        if (attempts[entry] == ATTEMPTS_MAX) {
            return false;
        }
        attempts[entry]++;
        MemorySegment.copy(from, keyBase, keys, (long) waiting * OffloadKey.BYTES, OffloadKey.BYTES);
        MemorySegment.copy(said, actionBase, actions, (long) waiting * OffloadAction.BYTES, OffloadAction.BYTES);
        waiting++;
        return true;
    }

    /** Journeys that wait. */
    int waiting() {
        return waiting;
    }

    void clear() {
        waiting = 0;
    }

    MemorySegment keys() {
        return keys;
    }

    MemorySegment actions() {
        return actions;
    }

    /** One is confirmed or gone; whether it was the last. */
    boolean settle() {
        return --left <= 0;
    }

    /** Journeys that are not confirmed yet. */
    int left() {
        return left;
    }
}
