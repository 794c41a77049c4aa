package dev.sluice.agent.worker;

import dev.sluice.datapath.track.MemoryPieces;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileChannel.MapMode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A file that is mapped into memory, a fixed part first and pieces behind it as they are asked for. One user: the worker, but for making and closing it.
 *
 * <p>Each part is written before it is mapped: a page that is missing when it is first written to would end the process. Where the file cannot grow, because its file system is full, what follows lies in
 * memory of this process: flows go on, but those that need it are unknown to the next process.
 */
final class KeptPieces implements MemoryPieces, AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(KeptPieces.class);
    private static final int WRITE_BYTES = 1 << 18;
    private static final int ALIGNMENT = 64;

    private final Path file;
    private final FileChannel channel;
    private final long fixedBytes;
    private final Arena arena;
    private final ByteBuffer zeros = ByteBuffer.allocateDirect(WRITE_BYTES);
    private final List<MemorySegment> pieces = new ArrayList<>();
    private long end;
    private boolean cannotGrow;

    /** A file that is not there yet. */
    KeptPieces(Path file, long fixedBytes, Arena arena) throws IOException {
        this.file = file;
        this.fixedBytes = fixedBytes;
        this.arena = arena;
        Files.deleteIfExists(file);
        channel = FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE);
    }

    /** The pieces of a file that another process left; a last one that is not complete is none. */
    static MemoryPieces left(MemorySegment file, long fixedBytes, int pieceBytes) {
        List<MemorySegment> left = new ArrayList<>();
        for (long at = fixedBytes; at + pieceBytes <= file.byteSize(); at += pieceBytes) {
            left.add(file.asSlice(at, pieceBytes));
        }
        return new MemoryPieces() {
            @Override
            public MemorySegment add(int bytes) {
                throw new IllegalStateException("what a process has left is only read");
            }

            @Override
            public List<MemorySegment> pieces() {
                return left;
            }
        };
    }

    /** The part that is there from the start; to be called once, first. The file is closed if it cannot be mapped. */
    MemorySegment mapFixed() throws IOException {
        boolean mapped = false;
        try {
            MemorySegment fixed = grow(fixedBytes);
            mapped = true;
            return fixed;
        } finally {
            if (!mapped) {
                close();
            }
        }
    }

    private MemorySegment grow(long bytes) throws IOException {
        long start = end;
        for (long at = start; at < start + bytes; at += WRITE_BYTES) {
            zeros.clear().limit((int) Math.min(WRITE_BYTES, start + bytes - at));
            while (zeros.hasRemaining()) {
                channel.write(zeros, at + zeros.position());
            }
        }
        MemorySegment mapped = channel.map(MapMode.READ_WRITE, start, bytes, arena);
        end = start + bytes;
        return mapped;
    }

    @Override
    public MemorySegment add(int bytes) {
        MemorySegment piece = addKept(bytes);
        pieces.add(piece);
        return piece;
    }

    private MemorySegment addKept(int bytes) {
        if (!cannotGrow) {
            try {
                return grow(bytes);
            } catch (IOException e) {
                // Those behind it would be taken for it.
                cannotGrow = true;
                LOG.warn("{} cannot grow, so some flows will not outlive this process: {}", file, e.toString());
            }
        }
        return arena.allocate(bytes, ALIGNMENT);
    }

    @Override
    public List<MemorySegment> pieces() {
        return List.copyOf(pieces);
    }

    @Override
    public void close() {
        try {
            channel.close();
        } catch (IOException e) {
            LOG.debug("the file is closed with the process: {}", e.getMessage());
        }
    }
}
