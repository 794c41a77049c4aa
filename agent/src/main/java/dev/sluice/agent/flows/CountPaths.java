package dev.sluice.agent.flows;

import dev.sluice.datapath.Datapath;
import dev.sluice.datapath.track.ConnectionTable;
import java.util.Map;

/** How many flows each path has, and what they carried. */
public final class CountPaths extends FlowCount<CountPaths.Sum> {
    /** The flows of a path that are in the table. One writer: the worker, until the result is complete. */
    public static final class Sum {
        /** Flows. */
        public long flows;

        /** Packets, forward and reverse. */
        public final long[] packets = new long[2];

        /** Bytes, forward and reverse. */
        public final long[] bytes = new long[2];
    }

    @Override
    void count(Datapath datapath, ConnectionTable table, int slot, Map<Integer, Sum> counts) {
        Sum sum = counts.computeIfAbsent(table.pathId(slot), _ -> new Sum());
        sum.flows++;
        for (int direction = 0; direction < 2; direction++) {
            sum.packets[direction] += table.packets(slot, direction);
            sum.bytes[direction] += table.bytes(slot, direction);
        }
    }
}
