package dev.sluice.fastpath;

import dev.sluice.datapath.offload.OffloadAction;
import dev.sluice.datapath.offload.OffloadHeaders;
import dev.sluice.datapath.offload.OffloadKey;
import dev.sluice.ports.PortException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * The journeys that a process before left in maps of another size, taken over into those of this one. One user: who opens the fast path, before anything is attached.
 *
 * <p>The program of the process before goes on with its maps until each port gets the new one, so no packet meets an empty table. What it repeats in that moment is not counted.
 */
final class Resizing {
    private static final int BATCH = 4096;
    private static final int ENOENT = 2;
    private static final int ENOSPC = 28;
    private static final int E2BIG = 7;

    private final Libbpf bpf;
    private final Pins pins;
    private final Program program;
    private int taken;
    private int left;

    Resizing(Libbpf bpf, Pins pins, Program program) {
        this.bpf = bpf;
        this.pins = pins;
        this.program = program;
    }

    /** Copies what fits, and puts the new maps in the place of the old ones; what became of it, in words. */
    String run() throws PortException {
        int before = 0;
        for (String map : Program.SIZED_MAPS) {
            int old = pins.openMap(bpf, map);
            if (old < 0) {
                throw Program.trouble("opening the map " + map + " of the process before", old);
            }
            try {
                before = Math.max(before, bpf.maxEntries(old));
                boolean flows = map.equals("flows");
                copy(
                        old,
                        program.map(map),
                        flows ? OffloadKey.BYTES : Integer.BYTES,
                        flows ? OffloadAction.BYTES : OffloadHeaders.BYTES,
                        flows);
            } finally {
                bpf.closeDescriptor(old);
            }
        }
        for (String map : Program.SIZED_MAPS) {
            pins.replaceMap(bpf, map, program.map(map));
        }
        return "room for " + bpf.maxEntries(program.map("flows")) + " journeys, it was for " + before + ": " + taken
                + " go on" + (left == 0 ? "" : ", " + left + " found no room, and their flows are decided anew");
    }

    private void copy(int from, int to, int keyBytes, int valueBytes, boolean counted) throws PortException {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment keys = arena.allocate((long) BATCH * keyBytes, 8);
            MemorySegment values = arena.allocate((long) BATCH * valueBytes, 8);
            MemorySegment position = arena.allocate(8, 8);
            MemorySegment count = arena.allocate(8, 8);
            boolean first = true;
            int answer = 0;
            while (answer == 0) {
                count.set(ValueLayout.JAVA_INT, 0, BATCH);
                answer = bpf.mapLookupBatch(from, first ? MemorySegment.NULL : position, position, keys, values, count);
                if (answer < 0 && answer != -ENOENT) {
                    throw Program.trouble("reading the journeys of the process before", answer);
                }
                first = false;
                for (int i = 0; i < count.get(ValueLayout.JAVA_INT, 0); i++) {
                    put(
                            to,
                            keys.asSlice((long) i * keyBytes, keyBytes),
                            values.asSlice((long) i * valueBytes, valueBytes),
                            counted);
                }
            }
        }
    }

    private void put(int to, MemorySegment key, MemorySegment value, boolean counted) throws PortException {
        int answer = bpf.mapUpdate(to, key, value);
        if (answer < 0 && answer != -E2BIG && answer != -ENOSPC) {
            throw Program.trouble("taking over a journey of the process before", answer);
        }
        taken += counted && answer == 0 ? 1 : 0;
        left += counted && answer != 0 ? 1 : 0;
    }
}
