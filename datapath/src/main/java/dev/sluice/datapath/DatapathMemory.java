package dev.sluice.datapath;

import dev.sluice.datapath.neighbors.Neighbors;
import dev.sluice.datapath.offload.OffloadDevice;
import dev.sluice.datapath.packet.FramePool;
import dev.sluice.datapath.snapshot.TrackerTimeouts;
import dev.sluice.datapath.track.ConnectionTable;
import dev.sluice.datapath.track.EthernetMemory;
import dev.sluice.datapath.track.FlowContext;
import dev.sluice.datapath.track.MacPairs;
import dev.sluice.datapath.track.ZoneUse;
import dev.sluice.datapath.track.Zones;
import org.jspecify.annotations.Nullable;

/**
 * What a {@link Datapath} remembers from packet to packet, as far as it is made outside of it. One user: the worker.
 *
 * @param zoneUse null while foretelling
 */
public record DatapathMemory(
        ConnectionTable table,
        Neighbors neighbors,
        EthernetMemory ethernetMemory,
        Zones zones,
        @Nullable ZoneUse zoneUse,
        FlowContext context,
        RuleHits hits) {
    /** Empty, with room for so many connections. */
    static DatapathMemory of(FramePool pool, int connectionsMax, long seed) {
        return of(pool, ConnectionTable.open(connectionsMax, seed, TrackerTimeouts.DEFAULT));
    }

    /** Empty, in memory that the next process can find; what was there is gone. */
    static DatapathMemory in(KeptTables kept, FramePool pool, long seed) {
        DatapathMemory memory = of(
                pool,
                ConnectionTable.over(
                        kept.connections(), kept.pieces(), kept.connectionsMax(), seed, TrackerTimeouts.DEFAULT));
        memory.zones.keepIn(kept.zones());
        memory.ethernetMemory.keepIn(kept.macPairs());
        return memory;
    }

    private static DatapathMemory of(FramePool pool, ConnectionTable table) {
        return new DatapathMemory(
                table,
                new Neighbors(pool, Neighbors.ENTRIES_MAX, Neighbors.HELD_MAX),
                new EthernetMemory(pool.memory(), MacPairs.PAIRS_MAX),
                new Zones(),
                new ZoneUse(),
                new FlowContext(),
                new RuleHits(true));
    }

    /** Gives back numbers of key spaces that nobody uses. */
    void reclaim() {
        if (zoneUse != null) {
            zones.reclaim(zoneUse);
        }
    }

    /** Takes over what another process left, with a configuration of so many ports; how many connections. */
    int recollect(KeptTables before, @Nullable OffloadDevice device, int programGeneration, int portCount, long nowNs) {
        zones.recall(before.zones());
        ethernetMemory.recall(before.macPairs());
        return new Recollection(before, table, zones, programGeneration, portCount, ConnectionTable.tableMs(nowNs))
                .run(device);
    }
}
