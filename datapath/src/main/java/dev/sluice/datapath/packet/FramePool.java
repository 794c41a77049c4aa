package dev.sluice.datapath.packet;

import java.lang.foreign.MemorySegment;

/**
 * All frames of one worker in one memory segment. One writer: the worker that owns it.
 *
 * <p>Two sizes: small chunks of 4 KiB from offset 0, which AF_XDP can use as its UMEM, and large chunks that hold a 64 KiB
 * super-frame (GSO) with headroom. A frame is named by the offset of its first byte of data; the chunk it lies in follows from that.
 * Taking and giving back cost a few instructions and never allocate.
 */
public final class FramePool {
    /** Bytes of a small chunk, headroom included. */
    public static final int SMALL_BYTES = 4096;

    /** Bytes of a large chunk, headroom included: 64 KiB, room for tags and encapsulation, rounded to pages. */
    public static final int LARGE_BYTES = 69632;

    /** Bytes left free in front of a received frame, for tags and encapsulation. */
    public static final int HEADROOM_BYTES = 256;

    /** What {@link #takeSmall} and {@link #takeLarge} answer when no chunk is free. */
    public static final long NONE = -1;

    private final MemorySegment memory;
    private final long largeBase;
    private final int[] freeSmall;
    private final int[] freeLarge;
    private int freeSmallCount;
    private int freeLargeCount;

    /**
     * Builds a pool over zeroed memory of {@link #bytesFor} bytes, page-aligned where AF_XDP is used.
     *
     * @param memory at least {@code bytesFor(smallCount, largeCount)} bytes
     * @param smallCount number of 4 KiB chunks
     * @param largeCount number of 68 KiB chunks
     */
    public FramePool(MemorySegment memory, int smallCount, int largeCount) {
        if (memory.byteSize() < bytesFor(smallCount, largeCount)) {
            throw new IllegalArgumentException("frame pool of " + smallCount + " small and " + largeCount
                    + " large chunks needs " + bytesFor(smallCount, largeCount) + " bytes, got " + memory.byteSize());
        }
        this.memory = memory;
        this.largeBase = (long) smallCount * SMALL_BYTES;
        this.freeSmall = new int[smallCount];
        this.freeLarge = new int[largeCount];
        for (int i = 0; i < smallCount; i++) {
            freeSmall[i] = smallCount - 1 - i;
        }
        for (int i = 0; i < largeCount; i++) {
            freeLarge[i] = largeCount - 1 - i;
        }
        freeSmallCount = smallCount;
        freeLargeCount = largeCount;
    }

    /** Memory needed for the given numbers of chunks, in bytes. */
    public static long bytesFor(int smallCount, int largeCount) {
        return (long) smallCount * SMALL_BYTES + (long) largeCount * LARGE_BYTES;
    }

    /** The segment that frame offsets refer to. */
    public MemorySegment memory() {
        return memory;
    }

    /** Bytes of the small-chunk region, which begins at offset 0. */
    public long smallRegionBytes() {
        return largeBase;
    }

    /** Takes a small chunk; the offset of its data start, after the headroom, or {@link #NONE}. */
    public long takeSmall() {
        if (freeSmallCount == 0) {
            return NONE;
        }
        return (long) freeSmall[--freeSmallCount] * SMALL_BYTES + HEADROOM_BYTES;
    }

    /** Takes a large chunk; the offset of its data start, after the headroom, or {@link #NONE}. */
    public long takeLarge() {
        if (freeLargeCount == 0) {
            return NONE;
        }
        return largeBase + (long) freeLarge[--freeLargeCount] * LARGE_BYTES + HEADROOM_BYTES;
    }

    /** Takes a chunk whose data area holds the given number of bytes, or {@link #NONE}. */
    public long take(int dataBytes) {
        return dataBytes <= SMALL_BYTES - HEADROOM_BYTES
                ? takeSmall()
                : dataBytes <= LARGE_BYTES - HEADROOM_BYTES ? takeLarge() : NONE;
    }

    /** Gives back the chunk that holds the given offset. */
    public void give(long start) {
        if (start < largeBase) {
            freeSmall[freeSmallCount++] = (int) (start / SMALL_BYTES);
        } else {
            freeLarge[freeLargeCount++] = (int) ((start - largeBase) / LARGE_BYTES);
        }
    }

    /** Whether two offsets lie in the same chunk. */
    public boolean isSameChunk(long one, long other) {
        return one - headroomBytes(one) == other - headroomBytes(other);
    }

    /** Whether the chunk that holds the given offset is in nobody's hands. Walks the free chunks: for repairs, not for the hot path. */
    public boolean isFree(long start) {
        boolean small = start < largeBase;
        int chunk = (int) (small ? start / SMALL_BYTES : (start - largeBase) / LARGE_BYTES);
        int[] free = small ? freeSmall : freeLarge;
        for (int i = 0; i < (small ? freeSmallCount : freeLargeCount); i++) {
            if (free[i] == chunk) {
                return true;
            }
        }
        return false;
    }

    /** Whether the offset lies in a small chunk. */
    public boolean isSmall(long start) {
        return start < largeBase;
    }

    /** Bytes between the given offset and the end of its chunk. */
    public int roomBytes(long start) {
        return start < largeBase
                ? SMALL_BYTES - (int) (start % SMALL_BYTES)
                : LARGE_BYTES - (int) ((start - largeBase) % LARGE_BYTES);
    }

    /** Bytes between the beginning of its chunk and the given offset. */
    public int headroomBytes(long start) {
        return start < largeBase ? (int) (start % SMALL_BYTES) : (int) ((start - largeBase) % LARGE_BYTES);
    }

    /** Small chunks that are free now. */
    public int freeSmallCount() {
        return freeSmallCount;
    }

    /** Large chunks that are free now. */
    public int freeLargeCount() {
        return freeLargeCount;
    }
}
