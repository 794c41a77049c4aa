package dev.sluice.datapath.mirror;

import dev.sluice.datapath.offload.OffloadAction;
import dev.sluice.datapath.offload.OffloadDevice;
import dev.sluice.datapath.offload.OffloadReader;
import dev.sluice.datapath.track.ConnectionTable;
import java.util.ArrayList;
import java.util.List;
import java.util.function.IntPredicate;

/** Whether a device and the data path agree about journeys; for tests and for whoever looks for a defect. One user: the worker, between two batches. */
final class MirrorComparison {
    private final OffloadDevice device;
    private final ConnectionTable table;
    private final MirrorEntries entries;
    private final IntPredicate isCurrent;
    private final List<String> found = new ArrayList<>();

    /** {@code isCurrent}: whether an entry can be repeated. */
    MirrorComparison(OffloadDevice device, ConnectionTable table, MirrorEntries entries, IntPredicate isCurrent) {
        this.device = device;
        this.table = table;
        this.entries = entries;
        this.isCurrent = isCurrent;
    }

    /** What does not agree, in words; reads all records, and no walk may be under way. */
    List<String> differences() {
        boolean[] seen = new boolean[entries.capacity() + 1];
        OffloadReader compare = (keys, keyBase, actions, actionBase) -> {
            int entry = entries.named(OffloadAction.cookie(actions, actionBase));
            if (entry == MirrorEntries.NONE || !entries.hasKey(entry, keys, keyBase)) {
                found.add("the device repeats a journey that nobody here knows");
                return;
            }
            seen[entry] = true;
            if (OffloadAction.configGeneration(actions, actionBase) != entries.config[entry]
                    || OffloadAction.path(actions, actionBase) != entries.path[entry]
                    || OffloadAction.pathGeneration(actions, actionBase) != entries.pathGeneration[entry]
                    || OffloadAction.egress(actions, actionBase) != entries.egress[entry]
                    || OffloadAction.egressGeneration(actions, actionBase) != entries.egressGeneration[entry]) {
                found.add("entry " + entry + " was recorded under another state than the device has for it");
            }
            checkRecords(entry);
        };
        int read = 0;
        while (read != OffloadDevice.WALK_ENDED) {
            read = device.read(compare, Integer.MAX_VALUE);
        }
        for (int entry = 1; entry < seen.length; entry++) {
            if (!seen[entry] && entries.touches[entry] != 0) {
                found.add("entry " + entry + " is not in the device");
            }
        }
        return found;
    }

    /** A journey that can be repeated has records that decide as they did. */
    private void checkRecords(int entry) {
        if (!isCurrent.test(entry)) {
            return;
        }
        for (int i = 0; i < entries.touches[entry]; i++) {
            int at = entry * MirrorEntries.TOUCHES_MAX + i;
            int slot = entries.touchSlot[at];
            if (!table.isUsed(slot) || entries.ofHash(entry, table.flowHash(slot)) != entry) {
                found.add("entry " + entry + " passes record " + slot + ", which is gone");
            } else if ((table.flags(slot) & ConnectionTable.SUPERSEDED) != 0) {
                found.add("entry " + entry + " passes record " + slot + ", which is superseded");
            } else if (table.pathId(slot) != 0 && table.pathId(slot) != entries.path[entry]) {
                found.add("entry " + entry + " is on path " + entries.path[entry] + ", record " + slot + " on "
                        + table.pathId(slot));
            }
        }
    }
}
