package dev.sluice.wire;

import java.lang.foreign.MemorySegment;

/**
 * Options of a Geneve header (RFC 8926 3.5), in any number and order.
 *
 * <pre>
 *  0                   1                   2                   3
 *  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * |          Option Class         |C|    Type     |R|R|R| Length  |
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * ~                  Variable-Length Option Data                  ~
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * </pre>
 *
 * <p>{@code geneve} is where the Geneve header begins, which has passed {@link Geneve#check}; {@code option} is where an option
 * begins, from the beginning of the segment. Run {@link #check} before anything else: what walks the list relies on it. A kind is
 * class and type in one int, {@code class << 8 | type}; its bit 7 makes it critical. Called from the hot path: no allocation.
 */
public final class GeneveOptions {
    /** Length of an option without data. */
    public static final int BYTES = 4;

    /** Most bytes of data of one option: 31 words. */
    public static final int DATA_BYTES_MAX = 124;

    /** Bit of a kind, and of a type, that makes the option critical. */
    public static final int CRITICAL = 0x80;

    /** Option class of Sluice, of the range for experiments (RFC 8926 7.2): docs/reference/overlay-formats.md. */
    public static final int SLUICE_CLASS = 0xff53;

    /** Kind of the serviced mark: 4 bytes, the number of the router that has had the packet serviced; then perhaps 4 more, the node at which its sender is. */
    public static final int SERVICED = SLUICE_CLASS << 8 | 0x01;

    /** Kind of the serviced mark of a switch that also has the packets of the other direction serviced; data as of {@link #SERVICED}. */
    public static final int SERVICED_BOTH_WAYS = SLUICE_CLASS << 8 | 0x02;

    private static final int TYPE_OFFSET = 2;
    private static final int LENGTH_OFFSET = 3;

    private GeneveOptions() {}

    /**
     * Walks all options: each must end inside the list, the last one at its end (RFC 8926 3.5).
     *
     * @return how many options there are: 0..63, or {@link Malformed#GENEVE_OPTION_LENGTH}
     */
    public static int check(MemorySegment f, long geneve) {
        long end = end(f, geneve);
        int count = 0;
        for (long at = geneve + Geneve.BYTES; at < end; at = next(f, at)) {
            // Lists and options are whole words, so that four bytes are there.
            if (next(f, at) > end) {
                return Malformed.GENEVE_OPTION_LENGTH;
            }
            count++;
        }
        return count;
    }

    /** Where the list of options ends. */
    public static long end(MemorySegment f, long geneve) {
        return geneve + Geneve.BYTES + Geneve.optionBytes(f, geneve);
    }

    /** Where the first option begins; {@link #end} if there is none. */
    public static long first(long geneve) {
        return geneve + Geneve.BYTES;
    }

    /** Where the option behind this one begins. */
    public static long next(MemorySegment f, long option) {
        return option + BYTES + dataBytes(f, option);
    }

    /** Class and type. */
    public static int kind(MemorySegment f, long option) {
        return f.get(Layouts.BE32, option) >>> 8;
    }

    /** Who defines the types. */
    public static int optionClass(MemorySegment f, long option) {
        return Layouts.u16(f, option);
    }

    /** Type, 0..255, its bit {@link #CRITICAL} included. */
    public static int type(MemorySegment f, long option) {
        return Layouts.u8(f, option + TYPE_OFFSET);
    }

    /** Whether an endpoint that does not know this option has to drop the packet. */
    public static boolean isCritical(MemorySegment f, long option) {
        return (type(f, option) & CRITICAL) != 0;
    }

    /** Length of the data in bytes: a multiple of 4 in 0..124. The three bits before are ignored. */
    public static int dataBytes(MemorySegment f, long option) {
        return (Layouts.u8(f, option + LENGTH_OFFSET) & 0x1f) << 2;
    }

    /** Where the data begin. */
    public static long data(long option) {
        return option + BYTES;
    }

    /** Where the first option of a kind begins, or -1. */
    public static long find(MemorySegment f, long geneve, int kind) {
        long end = end(f, geneve);
        for (long at = first(geneve); at < end; at = next(f, at)) {
            if (kind(f, at) == kind) {
                return at;
            }
        }
        return -1;
    }

    /**
     * Whether the packet may be accepted by an endpoint that knows some kinds: {@link Malformed#GENEVE_OPTION_CRITICAL} if there is
     * a critical option of another kind, else 0. The options decide, not bit C of the header: a sender that forgets it gains nothing.
     *
     * @param knownKinds kinds of critical options that are understood
     */
    public static int checkCritical(MemorySegment f, long geneve, int[] knownKinds) {
        long end = end(f, geneve);
        for (long at = first(geneve); at < end; at = next(f, at)) {
            if (isCritical(f, at) && !contains(knownKinds, kind(f, at))) {
                return Malformed.GENEVE_OPTION_CRITICAL;
            }
        }
        return 0;
    }

    private static boolean contains(int[] kinds, int kind) {
        for (int known : kinds) {
            if (known == kind) {
                return true;
            }
        }
        return false;
    }

    /**
     * Writes class, type and length of an option.
     *
     * @param dataBytes a multiple of 4 in 0..124
     * @return where its data begin
     */
    public static long write(MemorySegment f, long option, int kind, int dataBytes) {
        f.set(Layouts.BE32, option, kind << 8 | dataBytes >>> 2);
        return option + BYTES;
    }
}
