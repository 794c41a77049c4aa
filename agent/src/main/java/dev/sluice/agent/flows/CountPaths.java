package dev.sluice.agent.flows;

import dev.sluice.datapath.Datapath;
import dev.sluice.datapath.track.ConnectionTable;
import dev.sluice.datapath.track.KeySpaces;
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

        /** Those of the flows that were classified here; the others are served for other nodes. */
        public long ownFlows;

        /** Packets of these, forward and reverse. */
        public final long[] ownPackets = new long[2];

        /** Bytes of these, forward and reverse. */
        public final long[] ownBytes = new long[2];
    }

    @Override
    void count(Datapath datapath, ConnectionTable table, int slot, Map<Integer, Sum> counts) {
        Sum sum = counts.computeIfAbsent(table.pathId(slot), _ -> new Sum());
        boolean own = KeySpaces.servedBy(datapath.routerOf(table.router(slot))) == KeySpaces.NO_INSTANCE;
        sum.flows++;
        sum.ownFlows += own ? 1 : 0;
        for (int direction = 0; direction < 2; direction++) {
            sum.packets[direction] += table.packets(slot, direction);
            sum.bytes[direction] += table.bytes(slot, direction);
            if (own) {
                sum.ownPackets[direction] += table.packets(slot, direction);
                sum.ownBytes[direction] += table.bytes(slot, direction);
            }
        }
    }
}
