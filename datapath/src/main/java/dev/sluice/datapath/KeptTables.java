package dev.sluice.datapath;

import dev.sluice.datapath.track.ConnectionTable;
import dev.sluice.datapath.track.ConnectionTableExtras;
import dev.sluice.datapath.track.EthernetMemory;
import dev.sluice.datapath.track.MemoryPieces;
import dev.sluice.datapath.track.Zones;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * The memory of what a data path remembers of flows, for a data path whose flows are to be known to the next process (ADR 23). Whoever makes it decides where it lies; what is written there stands there at
 * once, so that a process may end at any moment. One writer: the worker.
 *
 * @param connections of a {@link ConnectionTable}
 * @param macPairs of the Ethernet addresses of packets that nodes rewrite
 * @param zones of the key spaces of tagged packets
 * @param pieces of what only some connections have, as they come to have it
 * @param connectionsMax connections that there is room for
 */
public record KeptTables(
        MemorySegment connections,
        MemorySegment macPairs,
        MemorySegment zones,
        MemoryPieces pieces,
        int connectionsMax) {
    private static final int LINE_BYTES = 64;

    /** Memory for so many connections, in bytes, without the pieces. */
    public static long bytesFor(int connectionsMax) {
        return tableBytes(connectionsMax) + EthernetMemory.KEPT_BYTES + Zones.KEPT_BYTES;
    }

    /** Size of each of the pieces, in bytes. */
    public static int pieceBytes(int connectionsMax) {
        return ConnectionTableExtras.pieceBytes(connectionsMax);
    }

    private static long tableBytes(int connectionsMax) {
        return (ConnectionTable.bytesFor(connectionsMax) + LINE_BYTES - 1) / LINE_BYTES * LINE_BYTES;
    }

    /** Over memory of {@link #bytesFor}, zeroed or with what was left there; aligned to 64 bytes. Pieces are made as needed and last as long as these tables are in use. */
    public static KeptTables over(MemorySegment memory, int connectionsMax) {
        return over(memory, MemoryPieces.in(Arena.ofAuto()), connectionsMax);
    }

    /** The same with pieces, of {@link #pieceBytes} each, that are made and kept elsewhere. */
    public static KeptTables over(MemorySegment memory, MemoryPieces pieces, int connectionsMax) {
        long table = tableBytes(connectionsMax);
        return new KeptTables(
                memory.asSlice(0, ConnectionTable.bytesFor(connectionsMax)),
                memory.asSlice(table, EthernetMemory.KEPT_BYTES),
                memory.asSlice(table + EthernetMemory.KEPT_BYTES, Zones.KEPT_BYTES),
                pieces,
                connectionsMax);
    }
}
