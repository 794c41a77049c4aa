package dev.sluice.sdk.stream;

import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;

/**
 * Searches one direction of a TCP connection, segment by segment as they come. One thread.
 *
 * <p>Each byte is looked at when it comes, also one that came before: a segment that is sent again with other contents is searched by itself. A segment that comes too
 * early may go on to the receiver: the one that completes a signature is always one that has not gone yet. Bounded: at most {@code gapsMax} pieces are kept that have a
 * gap before them, each with less than one signature of bytes.
 */
public final class StreamSearch {
    /** Result: nothing was found. */
    public static final int CLEAN = 0;

    /** Result: there are too many gaps to remember this segment; it must not go on, and will be sent again. */
    public static final int TOO_MANY_GAPS = 1;

    /** So far behind the end of what was seen a segment counts as sent again; everything else is ahead. No window is larger than 1 GiB. */
    private static final int BEHIND_BYTES_MAX = 1 << 30;

    /** With so many bytes behind a gap nobody waits for what is missing: twice what the largest buffers of receivers hold would be less. */
    private static final int AHEAD_BYTES_MAX = 1 << 29;

    private final Signatures signatures;
    private final int gapsMax;
    private final int aheadBytesMax;
    private final Piece stream;
    private final List<Piece> early = new ArrayList<>(0);
    private boolean started;
    private long searchedBytes;

    /** A direction of which nothing has been seen. */
    public StreamSearch(Signatures signatures, int gapsMax) {
        this(signatures, gapsMax, AHEAD_BYTES_MAX);
    }

    StreamSearch(Signatures signatures, int gapsMax, int aheadBytesMax) {
        this.signatures = signatures;
        this.gapsMax = gapsMax;
        this.aheadBytesMax = aheadBytesMax;
        stream = Piece.withoutGapBefore(signatures);
    }

    /** Says which is the sequence number of the first byte, if nothing has been seen yet. */
    public void startIfNew(int sequence) {
        if (!started) {
            stream.startAt(sequence);
            started = true;
        }
    }

    /**
     * Looks at the data of a segment. A connection whose beginning was not seen begins with its first segment.
     *
     * @param sequence sequence number of the first byte of data (RFC 9293 3.4)
     * @return {@link #CLEAN}, {@link #TOO_MANY_GAPS}, or {@code ~number} of a signature that is complete with it
     */
    public int segment(int sequence, MemorySegment f, long offset, int bytes) {
        startIfNew(sequence);
        if (bytes == 0) {
            return CLEAN;
        }
        int ahead = sequence - stream.end;
        if (ahead == 0) {
            searchedBytes += bytes;
            return joined(stream.append(f, offset, bytes));
        }
        int alone = signatures.search(Signatures.START, f, offset, bytes);
        if (alone < 0) {
            return alone;
        }
        if (ahead > 0 || ahead < -BEHIND_BYTES_MAX) {
            return early(sequence, f, offset, bytes);
        }
        int seen = -ahead;
        if (seen >= bytes) {
            return CLEAN;
        }
        searchedBytes += bytes - seen;
        return joined(stream.append(f, offset + seen, bytes - seen));
    }

    /** After the stream has grown: takes the pieces that it has reached. */
    private int joined(int found) {
        int result = found;
        while (result == CLEAN && !early.isEmpty() && isReached(early.getFirst().start)) {
            Piece next = early.removeFirst();
            searchedBytes += Math.max(0, next.end - stream.end);
            result = stream.absorb(next);
        }
        return result;
    }

    private boolean isReached(int sequence) {
        int ahead = sequence - stream.end;
        return ahead <= 0 && ahead >= -BEHIND_BYTES_MAX;
    }

    private int early(int sequence, MemorySegment f, long offset, int bytes) {
        int at = 0;
        while (at < early.size() && distance(sequence) > endDistance(early.get(at))) {
            at++;
        }
        Piece piece;
        int result;
        if (at < early.size() && distance(sequence) >= distance(early.get(at).start)) {
            piece = early.get(at);
            int seen = piece.end - sequence;
            result = seen >= bytes ? CLEAN : piece.append(f, offset + seen, bytes - seen);
        } else {
            if (early.size() >= gapsMax) {
                return TOO_MANY_GAPS;
            }
            piece = Piece.behindGap(signatures);
            piece.startAt(sequence);
            result = piece.append(f, offset, bytes);
            early.add(at, piece);
        }
        while (result == CLEAN && at + 1 < early.size() && distance(early.get(at + 1).start) <= endDistance(piece)) {
            result = piece.absorb(early.remove(at + 1));
        }
        if (result == CLEAN && piece.end - piece.start > aheadBytesMax) {
            // Nobody has waited for what is missing: another connection with the same ports, or packets that went
            // another way.
            early.subList(0, at + 1).clear();
            stream.take(piece);
        }
        return result;
    }

    /** How far ahead of the stream's end. Not signed: half of all numbers would be behind. */
    private long distance(int sequence) {
        return (sequence - stream.end) & 0xffff_ffffL;
    }

    private long endDistance(Piece piece) {
        return distance(piece.start) + (piece.end - piece.start);
    }

    /** Whether a segment with this sequence number continues what was seen. */
    public boolean continues(int sequence) {
        return started && sequence == stream.end;
    }

    /** How many bytes were seen in order. */
    public long searchedBytes() {
        return searchedBytes;
    }

    /** Whether nothing is missing, and the last bytes are the beginning of no signature: whoever stops looking here misses nothing that has begun. */
    public boolean isSettled() {
        return early.isEmpty() && (!started || stream.isSettled());
    }
}
