package dev.sluice.agent.flows;

import dev.sluice.datapath.Datapath;
import dev.sluice.datapath.snapshot.Path;
import dev.sluice.datapath.track.ConnectionTable;
import java.util.Map;

/** How many flows each service instance has. */
public final class CountFlows extends FlowCount<Long> {
    @Override
    void count(Datapath datapath, ConnectionTable table, int slot, Map<Integer, Long> counts) {
        Path path = datapath.snapshot().path(table.pathId(slot));
        if (path != null) {
            path.hops().forEach(hop -> counts.merge(hop.attachment().instance(), 1L, Long::sum));
        }
    }
}
