package dev.sluice.fastpath;

import dev.sluice.datapath.offload.OffloadAction;
import dev.sluice.datapath.offload.OffloadDevice;
import dev.sluice.datapath.offload.OffloadHeaders;
import dev.sluice.datapath.offload.OffloadKey;
import dev.sluice.datapath.offload.OffloadReader;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * Journeys in the maps of the kernel's program. One user: the worker.
 *
 * <p>Each {@link #install} and {@link #remove} is one system call; generations are written to memory that the kernel reads, without any.
 */
public final class KernelOffload implements OffloadDevice {
    private static final int E2BIG = 7;
    private static final int EOPNOTSUPP = 95;
    private static final int ENOENT = 2;
    private static final int ENOSPC = 28;

    /** Records of one system call of a walk. */
    private static final int BATCH_MAX = 4096;

    private static final int TAG_OF_OLD_EQUIPMENT = 0x9100;

    private final Libbpf bpf;
    private final int flows;
    private final int headersOfTunnels;
    private final int capacity;
    private final KernelMaps maps;
    private final int[] numbers;
    private final MemorySegment keys;
    private final MemorySegment actions;
    private final MemorySegment position;
    private final MemorySegment count;
    private final MemorySegment number;
    private final MemorySegment gone;
    private final MemorySegment headersFound;
    private boolean walking;
    private boolean lastBatch;
    private boolean older;

    /**
     * A device over maps that are loaded.
     *
     * @param numbers number of the port by index of the snapshot, kept by the owner
     */
    KernelOffload(
            Libbpf bpf, int flows, int headersOfTunnels, int capacity, KernelMaps maps, int[] numbers, Arena arena) {
        this.bpf = bpf;
        this.flows = flows;
        this.headersOfTunnels = headersOfTunnels;
        this.capacity = capacity;
        this.maps = maps;
        this.numbers = numbers;
        this.keys = arena.allocate((long) BATCH_MAX * OffloadKey.BYTES, 8);
        this.actions = arena.allocate((long) BATCH_MAX * OffloadAction.BYTES, 8);
        this.position = arena.allocate(8, 8);
        this.count = arena.allocate(8, 8);
        this.number = arena.allocate(8, 8);
        this.gone = arena.allocate(OffloadAction.BYTES, 8);
        this.headersFound = arena.allocate(OffloadHeaders.BYTES, 8);
    }

    @Override
    public int install(MemorySegment key, MemorySegment action) {
        if (OffloadKey.kind(key, 0) != OffloadKey.PLAIN || isOfTunnel(action) || !isAble(key, action)) {
            return -EOPNOTSUPP;
        }
        OffloadAction.seal(action, 0, key, 0);
        return update(flows, key, action);
    }

    @Override
    public int install(MemorySegment key, MemorySegment action, MemorySegment headers) {
        boolean pops = (OffloadAction.flags(action, 0) & OffloadAction.POP) != 0;
        boolean pushes = (OffloadAction.flags(action, 0) & OffloadAction.PUSH) != 0;
        boolean comesPlain = OffloadKey.kind(key, 0) == OffloadKey.PLAIN;
        if (pops == comesPlain || (!pushes && !isAble(key, action)) || isOldPushed(key, pushes)) {
            return -EOPNOTSUPP;
        }
        number.set(ValueLayout.JAVA_INT, 0, OffloadAction.encapsulation(action, 0));
        int answer = update(headersOfTunnels, number, headers);
        if (answer == 0) {
            OffloadAction.seal(action, 0, key, 0);
            answer = update(flows, key, action);
            if (answer != 0) {
                bpf.mapDelete(headersOfTunnels, number);
            }
        }
        return answer;
    }

    private int update(int map, MemorySegment key, MemorySegment value) {
        int answer = bpf.mapUpdate(map, key, value);
        return answer == -ENOSPC ? -E2BIG : answer;
    }

    private static boolean isOfTunnel(MemorySegment action) {
        return (OffloadAction.flags(action, 0) & (OffloadAction.PUSH | OffloadAction.POP)) != 0;
    }

    /** The program can't take tags of old equipment off, which has to be done before anything is pushed. */
    private static boolean isOldPushed(MemorySegment key, boolean pushes) {
        return pushes && (isOld(OffloadKey.outerTag(key, 0)) || isOld(OffloadKey.innerTag(key, 0)));
    }

    /** Whether the program can do it with the tags: it does not change those of old equipment. */
    private static boolean isAble(MemorySegment key, MemorySegment action) {
        int outer = OffloadKey.outerTag(key, 0);
        int inner = OffloadKey.innerTag(key, 0);
        int newOuter = OffloadAction.newOuterTag(action, 0);
        int newInner = OffloadAction.newInnerTag(action, 0);
        if (OffloadKey.kind(key, 0) == OffloadKey.PLAIN && outer == newOuter && inner == newInner) {
            return true;
        }
        return !isOld(outer)
                && !isOld(inner)
                && !isOld(newOuter)
                && !isOld(newInner)
                && (newInner == 0 || newOuter != 0);
    }

    private static boolean isOld(int tag) {
        return tag >>> 16 == TAG_OF_OLD_EQUIPMENT;
    }

    @Override
    public int remove(MemorySegment key) {
        int answer = take(key, gone);
        // Headers that stay harm nobody: their cookie is that of no record any more.
        return answer == 0 || answer == -ENOENT ? answer : bpf.mapDelete(flows, key);
    }

    @Override
    public int take(MemorySegment key, MemorySegment last) {
        int answer = bpf.mapLookupAndDelete(flows, key, last);
        if (answer == 0 && isOfTunnel(last)) {
            forgetHeaders(last);
        }
        return answer;
    }

    /** Unless they are those of another record by now: one of the process before may have had the same number. */
    private void forgetHeaders(MemorySegment action) {
        number.set(ValueLayout.JAVA_INT, 0, OffloadAction.encapsulation(action, 0));
        boolean found = bpf.mapLookup(headersOfTunnels, number, headersFound) == 0;
        if (found && OffloadHeaders.cookie(headersFound, 0) == OffloadAction.cookie(action, 0)) {
            bpf.mapDelete(headersOfTunnels, number);
        }
    }

    @Override
    public int get(MemorySegment key, MemorySegment last) {
        return bpf.mapLookup(flows, key, last);
    }

    @Override
    public int capacity() {
        return capacity;
    }

    @Override
    public void setConfigGeneration(int generation) {
        maps.setConfigGeneration(generation);
    }

    @Override
    public void setPathGeneration(int path, int generation) {
        maps.setPathGeneration(path, generation);
    }

    @Override
    public int pathCapacity() {
        return KernelMaps.PATHS;
    }

    @Override
    public void setPortGeneration(int port, int generation) {
        maps.setPortGeneration(port, generation);
    }

    @Override
    public int read(OffloadReader reader, int max) {
        if (lastBatch) {
            walking = false;
            lastBatch = false;
            return WALK_ENDED;
        }
        int answer = readBatch(Math.clamp(max, 1, BATCH_MAX));
        if (answer == -ENOSPC) {
            // The kernel reads whole buckets of its table, and the next one has more than that.
            answer = readBatch(BATCH_MAX);
        }
        if (answer < 0 && answer != -ENOENT) {
            // Whatever it is, the walk begins anew, and finds everything again.
            walking = false;
            return WALK_ENDED;
        }
        int found = count.get(ValueLayout.JAVA_INT, 0);
        lastBatch = answer == -ENOENT;
        walking = true;
        if (lastBatch && found == 0) {
            walking = false;
            lastBatch = false;
            return WALK_ENDED;
        }
        for (int i = 0; i < found; i++) {
            reader.record(keys, (long) i * OffloadKey.BYTES, actions, (long) i * OffloadAction.BYTES);
        }
        return found;
    }

    private int readBatch(int records) {
        count.set(ValueLayout.JAVA_INT, 0, records);
        return bpf.mapLookupBatch(flows, walking ? position : MemorySegment.NULL, position, keys, actions, count);
    }

    /** The maps are those of a process before. */
    void continueOlder() {
        older = true;
    }

    @Override
    public boolean holdsOlder() {
        return older;
    }

    @Override
    public int configGeneration() {
        return maps.configGeneration();
    }

    @Override
    public int pathGeneration(int path) {
        return maps.pathGeneration(path);
    }

    @Override
    public int portGeneration(int port) {
        return maps.portGeneration(port);
    }

    @Override
    public int ingressOf(int portIndex) {
        return portIndex >= 0 && portIndex < numbers.length ? numbers[portIndex] : 0;
    }
}
