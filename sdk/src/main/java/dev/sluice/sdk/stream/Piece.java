package dev.sluice.sdk.stream;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * A part of a stream that was seen without a gap. Of its bytes remain the state of the search behind them, and the first ones, which may be the end of a signature that
 * begins in the gap before. Belongs to one {@link StreamSearch}.
 *
 * <p>The state is that of a search which began with the piece. If the piece has at least as many bytes as the longest signature less one, what was before makes no
 * difference to it, so that nothing else need be kept.
 */
final class Piece {
    /** Sequence number of its first byte. */
    int start;

    /** Sequence number behind its last byte. */
    int end;

    private final Signatures signatures;
    private final byte[] head;
    private int headBytes;
    private int state = Signatures.START;

    /** Without a head: for the part of a stream before which there is no gap. */
    static Piece withoutGapBefore(Signatures signatures) {
        return new Piece(signatures, 0);
    }

    static Piece behindGap(Signatures signatures) {
        return new Piece(signatures, signatures.longestBytes() - 1);
    }

    private Piece(Signatures signatures, int headBytesMax) {
        this.signatures = signatures;
        head = new byte[headBytesMax];
    }

    void startAt(int sequence) {
        start = sequence;
        end = sequence;
        headBytes = 0;
        state = Signatures.START;
    }

    /** Takes what was behind a gap that nobody waits for any more. */
    void take(Piece other) {
        start = other.start;
        end = other.end;
        state = other.state;
    }

    /** Takes bytes that follow; whether they complete a signature: {@code ~number}, else 0. */
    int append(MemorySegment f, long offset, int bytes) {
        int keep = Math.min(bytes, head.length - headBytes);
        MemorySegment.copy(f, ValueLayout.JAVA_BYTE, offset, head, headBytes, keep);
        headBytes += keep;
        state = signatures.search(state, f, offset, bytes);
        end += bytes;
        return Math.min(state, 0);
    }

    /** Takes a piece that begins inside this one or right behind it; what {@link #append} gives. */
    int absorb(Piece following) {
        int overlap = end - following.start;
        if (following.end - end <= 0) {
            return 0;
        }
        boolean whole = following.end - following.start == following.headBytes;
        if (overlap < following.headBytes) {
            int keep = Math.min(following.headBytes - overlap, head.length - headBytes);
            System.arraycopy(following.head, overlap, head, headBytes, keep);
            headBytes += keep;
            int behindHead = signatures.search(state, following.head, overlap, following.headBytes);
            state = behindHead < 0 || whole ? behindHead : following.state;
        } else {
            // What crosses the place was looked at when that piece was seen as one.
            state = following.state;
        }
        end = following.end;
        return Math.min(state, 0);
    }

    /** Whether its last bytes are the beginning of no signature. */
    boolean isSettled() {
        return state == Signatures.START;
    }
}
