package dev.sluice.liveness;

import dev.sluice.wire.Layouts;
import java.lang.foreign.MemorySegment;

/**
 * SipHash-2-4, a keyed hash for short inputs (Aumasson and Bernstein, "SipHash: a fast short-input PRF", 2012). Immutable.
 *
 * <p>Called from the hot path: no allocation; 40 bytes cost about as much as a look-up in a table.
 */
public final class SipHash {
    private final long k0;
    private final long k1;

    /** A hash under the 128-bit key whose little-endian words are given. */
    public SipHash(long k0, long k1) {
        this.k0 = k0;
        this.k1 = k1;
    }

    /**
     * The hash of some bytes.
     *
     * @param bytes a multiple of 8, less than 256
     */
    public long of(MemorySegment f, long base, int bytes) {
        long v0 = k0 ^ 0x736f_6d65_7073_6575L;
        long v1 = k1 ^ 0x646f_7261_6e64_6f6dL;
        long v2 = k0 ^ 0x6c79_6765_6e65_7261L;
        long v3 = k1 ^ 0x7465_6462_7974_6573L;
        // Words, one with the length, and a finish of four rounds that mixes nothing in: two rounds each.
        int words = bytes / Long.BYTES;
        for (int i = 0; i < words + 3; i++) {
            long m = i < words
                    ? Long.reverseBytes(f.get(Layouts.BE64, base + (long) i * Long.BYTES))
                    : i == words ? (long) bytes << 56 : 0;
            if (i == words + 1) {
                v2 ^= 0xff;
            }
            v3 ^= m;
            for (int round = 0; round < 2; round++) {
                v0 += v1;
                v1 = Long.rotateLeft(v1, 13) ^ v0;
                v0 = Long.rotateLeft(v0, 32);
                v2 += v3;
                v3 = Long.rotateLeft(v3, 16) ^ v2;
                v0 += v3;
                v3 = Long.rotateLeft(v3, 21) ^ v0;
                v2 += v1;
                v1 = Long.rotateLeft(v1, 17) ^ v2;
                v2 = Long.rotateLeft(v2, 32);
            }
            v0 ^= m;
        }
        return v0 ^ v1 ^ v2 ^ v3;
    }
}
