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
        int flows = open("flows");
        int headers = -1;
        int before;
        try {
            headers = open("headers");
            before = Math.max(bpf.maxEntries(flows), bpf.maxEntries(headers));
            copy(flows, headers);
        } finally {
            bpf.closeDescriptor(flows);
            if (headers >= 0) {
                bpf.closeDescriptor(headers);
            }
        }
        for (String map : Program.SIZED_MAPS) {
            pins.replaceMap(bpf, map, program.map(map));
        }
        return "room for " + bpf.maxEntries(program.map("flows")) + " journeys, it was for " + before + ": " + taken
                + " go on" + (left == 0 ? "" : ", " + left + " found no room, and their flows are decided anew");
    }

    private int open(String map) throws PortException {
        int old = pins.openMap(bpf, map);
        if (old < 0) {
            throw Program.trouble("opening the map " + map + " of the process before", old);
        }
        return old;
    }

    private void copy(int flows, int headers) throws PortException {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment keys = arena.allocate((long) BATCH * OffloadKey.BYTES, 8);
            MemorySegment actions = arena.allocate((long) BATCH * OffloadAction.BYTES, 8);
            MemorySegment number = arena.allocate(8, 8);
            MemorySegment around = arena.allocate(OffloadHeaders.BYTES, 8);
            MemorySegment position = arena.allocate(8, 8);
            MemorySegment count = arena.allocate(8, 8);
            boolean first = true;
            int answer = 0;
            while (answer == 0) {
                count.set(ValueLayout.JAVA_INT, 0, BATCH);
                answer = bpf.mapLookupBatch(
                        flows, first ? MemorySegment.NULL : position, position, keys, actions, count);
                if (answer < 0 && answer != -ENOENT) {
                    throw Program.trouble("reading the journeys of the process before", answer);
                }
                first = false;
                for (int i = 0; i < count.get(ValueLayout.JAVA_INT, 0); i++) {
                    MemorySegment action = actions.asSlice((long) i * OffloadAction.BYTES, OffloadAction.BYTES);
                    boolean fits = put("flows", keys.asSlice((long) i * OffloadKey.BYTES, OffloadKey.BYTES), action);
                    taken += fits ? 1 : 0;
                    left += fits ? 0 : 1;
                    number.set(ValueLayout.JAVA_INT, 0, OffloadAction.encapsulation(action, 0));
                    // Headers without a journey would take the room of others for ever: nobody takes them out.
                    if (fits && isOfTunnel(action) && bpf.mapLookup(headers, number, around) == 0) {
                        put("headers", number, around);
                    }
                }
            }
        }
    }

    private static boolean isOfTunnel(MemorySegment action) {
        return (OffloadAction.flags(action, 0) & (OffloadAction.PUSH | OffloadAction.POP)) != 0;
    }

    /** Into the new map; whether it has room for it. */
    private boolean put(String map, MemorySegment key, MemorySegment value) throws PortException {
        int answer = bpf.mapUpdate(program.map(map), key, value);
        if (answer < 0 && answer != -E2BIG && answer != -ENOSPC) {
            throw Program.trouble("taking over a journey of the process before", answer);
        }
        return answer == 0;
    }
}
