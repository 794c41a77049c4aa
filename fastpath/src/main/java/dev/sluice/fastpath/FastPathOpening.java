package dev.sluice.fastpath;

import dev.sluice.datapath.packet.FramePool;
import dev.sluice.ports.PortException;
import dev.sluice.ports.VethPair;
import java.util.ArrayDeque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Makes a {@link FastPath}, of what a process before has left where that can be gone on with; knows what has been made so far, in case the next step fails. One user: who opens it. */
final class FastPathOpening {
    private final Libbpf bpf;
    private final @Nullable Pins pins;
    private final ArrayDeque<Runnable> made = new ArrayDeque<>();
    private boolean older;
    private String notice = "";

    FastPathOpening(Libbpf bpf, @Nullable Pins pins) {
        this.bpf = bpf;
        this.pins = pins;
    }

    FastPath open(FramePool pool, int flowsMax) throws PortException {
        Program program = load(FastPath.entriesFor(flowsMax));
        made.push(program::close);
        KernelMaps maps = KernelMaps.share(bpf, program);
        made.push(maps::close);
        maps.setLayoutVersion(KernelMaps.LAYOUT_VERSION);
        VethPair device = PuntDevice.make();
        if (!older) {
            made.push(device::remove);
        }
        PuntDevice punt = new PuntDevice(bpf, program, pool, device);
        made.push(punt::close);
        Map<String, Integer> known = pins == null ? Map.of() : pins.numbers();
        FastPath path = new FastPath(bpf, pool, flowsMax, program, maps, punt, pins, known, older, notice);
        maps.setPuntInterface(device.index());
        return path;
    }

    private Program load(int entries) throws PortException {
        Pins own = pins;
        if (own == null) {
            return Program.load(bpf, entries, Map.of());
        }
        String trouble = own.examine(bpf);
        List<String> strange = own.removeStrange(bpf);
        older = own.isThere() && trouble.isEmpty();
        if (older) {
            try {
                Program program = own.maxEntries(bpf, "flows") == entries
                        ? Program.load(bpf, entries, own.maps())
                        : loadResized(own, entries);
                tell(own, strange);
                return program;
            } catch (PortException e) {
                trouble = "the maps in " + own.directory() + " are of another program (" + e.getMessage() + ")";
                older = false;
            }
        }
        if (!trouble.isEmpty()) {
            notice = trouble + "; they are made anew, and what they repeated is decided anew";
            // Programs that are attached go on with the maps that they have, until each port gets the new one.
            own.forgetMaps();
        }
        tell(own, strange);
        // Where a process before has left programs, these go on if this one gets no further: nobody else would repeat
        // anything.
        made.push(own.numbers().isEmpty() ? own::remove : own::forgetMaps);
        return Program.load(bpf, entries, own.maps());
    }

    private void tell(Pins own, List<String> strange) {
        if (!strange.isEmpty()) {
            notice += (notice.isEmpty() ? "" : "; ") + "what was in " + own.directory()
                    + " and is not this program's is removed: " + String.join(", ", strange);
        }
    }

    private Program loadResized(Pins own, int entries) throws PortException {
        Map<String, String> others = new LinkedHashMap<>(own.maps());
        others.keySet().removeAll(Program.SIZED_MAPS);
        Program program = Program.load(bpf, entries, others);
        boolean resized = false;
        try {
            notice = new Resizing(bpf, own, program).run();
            resized = true;
            return program;
        } finally {
            if (!resized) {
                program.close();
            }
        }
    }

    void undo() {
        made.forEach(Runnable::run);
    }
}
