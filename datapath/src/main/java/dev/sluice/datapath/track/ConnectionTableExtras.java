package dev.sluice.datapath.track;

import static dev.sluice.datapath.track.ConnectionTableRecord.getInt;
import static dev.sluice.datapath.track.ConnectionTableRecord.putInt;

import java.lang.foreign.MemorySegment;
import java.util.List;

/**
 * Memory for what only some connections of a table have: entries of two sizes, by number. One writer: that of the table.
 *
 * <p>An entry is taken when a connection first needs it and given back with the connection; entries given back are taken first. So there is as much memory as the most connections needed that had it at the
 * same time, and it has room for all connections to have both kinds. It grows by pieces of 256 KiB, once in thousands of entries; nothing else allocates.
 *
 * <p>A number counts steps of 8 bytes over all pieces. No entry lies in two pieces.
 */
public final class ConnectionTableExtras {
    /** Addresses that are not both IPv4. */
    static final int ADDRESSES_BYTES = 32;

    static final int SOURCE_HI = 0;
    static final int SOURCE_LO = 8;
    static final int DESTINATION_HI = 16;
    static final int DESTINATION_LO = 24;

    /** What {@link ConnectionTableRare} keeps. */
    static final int RARE_BYTES = 40;

    private static final int STEP_BYTES = 8;
    private static final int SIZES = RARE_BYTES / STEP_BYTES + 1;
    private static final int PIECE_BYTES_MIN = 1 << 10;
    private static final int PIECE_BYTES_MAX = 1 << 18;

    private final MemoryPieces source;
    private final int pieceBytes;
    private final int shift;
    private final int mask;
    private final MemorySegment[] pieces;
    private int pieceCount;

    /** Where the next entry that was never used lies in the last piece, in bytes. */
    private int used;

    /** First entry that was given back, by size in steps; number + 1, 0 none. */
    private final int[] free = new int[SIZES];

    ConnectionTableExtras(MemoryPieces source, int connectionsMax) {
        this.source = source;
        this.pieceBytes = pieceBytes(connectionsMax);
        this.shift = Integer.numberOfTrailingZeros(pieceBytes / STEP_BYTES);
        this.mask = (1 << shift) - 1;
        long most = (long) connectionsMax * (ADDRESSES_BYTES + RARE_BYTES);
        this.pieces = new MemorySegment[(int) (most / (pieceBytes - RARE_BYTES)) + 1];
        this.used = pieceBytes;
    }

    /** Size of the pieces of a table with room for so many connections. */
    public static int pieceBytes(int connectionsMax) {
        long all = (long) connectionsMax * (ADDRESSES_BYTES + RARE_BYTES);
        return Math.clamp(Long.highestOneBit(all), PIECE_BYTES_MIN, PIECE_BYTES_MAX);
    }

    /** Finds what is in pieces that are there; for reading what another process left. */
    void recall() {
        List<MemorySegment> left = source.pieces();
        pieceCount = Math.min(left.size(), pieces.length);
        for (int i = 0; i < pieceCount; i++) {
            pieces[i] = left.get(i);
        }
    }

    /** Memory that the entries take, in bytes. */
    long bytes() {
        return (long) pieceCount * pieceBytes;
    }

    /** Whether an entry of a size may be there under a number. */
    boolean mayBe(int number, int bytes) {
        return number >= 0 && number >>> shift < pieceCount && at(number) + bytes <= pieceBytes;
    }

    /** The piece an entry lies in. */
    MemorySegment piece(int number) {
        return pieces[number >>> shift];
    }

    /** Where in its piece an entry begins. */
    long at(int number) {
        return (long) (number & mask) * STEP_BYTES;
    }

    /** An entry of {@link #ADDRESSES_BYTES} or {@link #RARE_BYTES}; what is in it means nothing. */
    int take(int bytes) {
        int given = free[bytes / STEP_BYTES] - 1;
        if (given < 0) {
            return takeNew(bytes);
        }
        free[bytes / STEP_BYTES] = getInt(piece(given), at(given));
        return given;
    }

    /** Takes back an entry of that size. */
    void give(int number, int bytes) {
        putInt(piece(number), at(number), free[bytes / STEP_BYTES]);
        free[bytes / STEP_BYTES] = number + 1;
    }

    private int takeNew(int bytes) {
        if (used + bytes > pieceBytes) {
            pieces[pieceCount++] = source.add(pieceBytes);
            used = 0;
        }
        int number = ((pieceCount - 1) << shift) | (used / STEP_BYTES);
        used += bytes;
        return number;
    }
}
