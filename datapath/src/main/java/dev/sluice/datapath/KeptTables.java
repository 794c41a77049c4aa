package dev.sluice.datapath;

import java.lang.foreign.MemorySegment;

/**
 * The memory of what a data path remembers of flows, for a data path whose flows are to be known to the next process (ADR 23). Whoever makes it decides where it lies; what is written there stands there at
 * once, so that a process may end at any moment. One writer: the worker.
 *
 * @param connections of a {@link ConnectionTable}
 * @param macPairs of the Ethernet addresses of packets that nodes rewrite
 * @param zones of the key spaces of tagged packets
 * @param connectionsMax connections that there is room for
 */
public record KeptTables(MemorySegment connections, MemorySegment macPairs, MemorySegment zones, int connectionsMax) {
    private static final int LINE_BYTES = 64;

    /** Memory for so many connections, in bytes. */
    public static long bytesFor(int connectionsMax) {
        return tableBytes(connectionsMax) + EthernetMemory.KEPT_BYTES + Zones.KEPT_BYTES;
    }

    private static long tableBytes(int connectionsMax) {
        return (ConnectionTable.bytesFor(connectionsMax) + LINE_BYTES - 1) / LINE_BYTES * LINE_BYTES;
    }

    /** Over memory of {@link #bytesFor}, zeroed or with what was left there; aligned to 64 bytes. */
    public static KeptTables over(MemorySegment memory, int connectionsMax) {
        long table = tableBytes(connectionsMax);
        return new KeptTables(
                memory.asSlice(0, ConnectionTable.bytesFor(connectionsMax)),
                memory.asSlice(table, EthernetMemory.KEPT_BYTES),
                memory.asSlice(table + EthernetMemory.KEPT_BYTES, Zones.KEPT_BYTES),
                connectionsMax);
    }
}
