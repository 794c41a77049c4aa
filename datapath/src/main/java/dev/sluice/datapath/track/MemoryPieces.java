package dev.sluice.datapath.track;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;

/** Memory that grows by pieces of one size, which stay where they are. One user: the worker that owns the table; whoever goes on with what was left there only reads. */
public interface MemoryPieces {
    /** Makes one more piece, zeroed and aligned to 64 bytes. */
    MemorySegment add(int bytes);

    /** The pieces that there are, in the order they were made. */
    List<MemorySegment> pieces();

    /** Pieces that live as long as an arena. */
    static MemoryPieces in(Arena arena) {
        return new MemoryPieces() {
            private final List<MemorySegment> pieces = new ArrayList<>();

            @Override
            public MemorySegment add(int bytes) {
                MemorySegment piece = arena.allocate(bytes, ConnectionTableIndex.BUCKET_BYTES);
                pieces.add(piece);
                return piece;
            }

            @Override
            public List<MemorySegment> pieces() {
                return List.copyOf(pieces);
            }
        };
    }
}
