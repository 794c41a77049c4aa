package dev.sluice.wire;

import java.lang.foreign.MemorySegment;

/**
 * Metadata of the context header {@link NshContext#SLUICE}: what RFC 9263 has no type for (docs/reference/overlay-formats.md).
 *
 * <pre>
 *  0                   1                   2                   3
 *  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * |  Version = 1  |R|T|A|B|C|L|Fl |   Skip mask   |   Reserved  |M|
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * |                           Chain tag                           |
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * |    Action     |                  Path (SPI)                   |
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * |                       Trace id (64 bits)                      |
 * |                                                               |
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * </pre>
 *
 * <p>{@code value} is where the metadata begin, {@link NshContext#value}. Called from the hot path: no allocation. The caller has
 * asked {@link #isUsable}.
 */
public final class SluiceContext {
    /** Length in bytes; a later version may append. */
    public static final int BYTES = 20;

    /** The version that this program writes and reads. */
    public static final int VERSION = 1;

    /** Flag R: the packet goes the reverse way of its flow. */
    public static final int REVERSE = 0x80;

    /** Flag T: hops report what they do with this packet, under the trace id. */
    public static final int TRACED = 0x40;

    /** Flag A: the action holds for all packets that follow, not for the next one only. */
    public static final int ALL = 0x20;

    /** Flag B: the action holds for both directions of the flow. */
    public static final int BOTH = 0x10;

    /** Flag C: the packet is a copy for one service; nothing is expected back. */
    public static final int COPY = 0x08;

    /** Flag L: the frame's own Ethernet header is to be left as it is by services that bridge. */
    public static final int LAYER_2 = 0x04;

    /** Field Fl: what the rule says of dead services. 0: nothing, the chain decides. */
    public static final int FAILURE_MASK = 0x03;

    /** Value of Fl: packets are dropped. */
    public static final int FAILURE_CLOSED = 0x01;

    /** Value of Fl: packets go on to the next service. */
    public static final int FAILURE_OPEN = 0x02;

    /** Action: none. */
    public static final int NONE = 0;

    /** Action: drop the flow. */
    public static final int DROP = 1;

    /** Action: the flow need not visit the node that says so any more. */
    public static final int ACCEPT = 2;

    /** Action: drop this one message, which was between node and proxy. */
    public static final int DROP_MESSAGE = 3;

    /** Action: the flow goes on along the path named. */
    public static final int NEW_PATH = 4;

    /** Between switches: the packet comes back because it does not fit; in the place of the path stands the largest IP packet that would. */
    public static final int TOO_BIG = 5;

    /** Between switches: the packet is of no flow that the sender knows, and comes back by the tag of its node; in the place of the path stands the side: 0 in, 1 out. */
    public static final int BY_TAG = 6;

    /** Action: what the node said of the flow holds no more. */
    public static final int TAKE_BACK = 7;

    private static final int FLAGS_OFFSET = 1;
    private static final int SKIP_OFFSET = 2;
    private static final int MORE_OFFSET = 3;
    private static final int LEFT_OTHERS = 0x01;
    private static final int CHAIN_OFFSET = 4;
    private static final int PROGRAM_OFFSET = 8;
    private static final int TRACE_OFFSET = 12;

    private SluiceContext() {}

    /** Whether these metadata are of a version and length that this program reads; others are carried on as they are. */
    public static boolean isUsable(MemorySegment f, long value, int valueBytes) {
        return valueBytes >= BYTES && Layouts.u8(f, value) == VERSION;
    }

    /** All flags. */
    public static int flags(MemorySegment f, long value) {
        return Layouts.u8(f, value + FLAGS_OFFSET);
    }

    /** Whether the packet goes the reverse way. */
    public static boolean isReverse(MemorySegment f, long value) {
        return (flags(f, value) & REVERSE) != 0;
    }

    /** Whether hops report this packet. */
    public static boolean isTraced(MemorySegment f, long value) {
        return (flags(f, value) & TRACED) != 0;
    }

    /** Services that this packet passes by: bit {@code i} stands for service {@code i} in forward order. */
    public static int skipMask(MemorySegment f, long value) {
        return Layouts.u8(f, value + SKIP_OFFSET);
    }

    /** Flag M: the flow has left other paths for this one, and no other rule has it at the same time. */
    public static boolean hasLeftOthers(MemorySegment f, long value) {
        return (Layouts.u8(f, value + MORE_OFFSET) & LEFT_OTHERS) != 0;
    }

    /** Number of the chain. */
    public static int chainTag(MemorySegment f, long value) {
        return f.get(Layouts.BE32, value + CHAIN_OFFSET);
    }

    /** Flow-programming tag: action and path in one word. */
    public static int programTag(MemorySegment f, long value) {
        return f.get(Layouts.BE32, value + PROGRAM_OFFSET);
    }

    /** The action: {@link #NONE} to {@link #TAKE_BACK}; others mean nothing. */
    public static int action(MemorySegment f, long value) {
        return programTag(f, value) >>> 24;
    }

    /** Path of {@link #NEW_PATH}: 24 bits. */
    public static int programPath(MemorySegment f, long value) {
        return programTag(f, value) & 0xff_ffff;
    }

    /** Trace id; of no meaning unless {@link #isTraced}. */
    public static long traceId(MemorySegment f, long value) {
        return f.get(Layouts.BE64, value + TRACE_OFFSET);
    }

    /** Writes the flags. */
    public static void setFlags(MemorySegment f, long value, int flags) {
        Layouts.putU8(f, value + FLAGS_OFFSET, flags);
    }

    /** Writes which services the packet passes by. */
    public static void setSkipMask(MemorySegment f, long value, int mask) {
        Layouts.putU8(f, value + SKIP_OFFSET, mask);
    }

    /** Writes flag M, see {@link #hasLeftOthers}. */
    public static void setLeftOthers(MemorySegment f, long value) {
        Layouts.putU8(f, value + MORE_OFFSET, Layouts.u8(f, value + MORE_OFFSET) | LEFT_OTHERS);
    }

    /** Writes the flow-programming tag. */
    public static void setProgram(MemorySegment f, long value, int action, int path) {
        f.set(Layouts.BE32, value + PROGRAM_OFFSET, action << 24 | (path & 0xff_ffff));
    }

    /** Writes the trace id. */
    public static void setTraceId(MemorySegment f, long value, long traceId) {
        f.set(Layouts.BE64, value + TRACE_OFFSET, traceId);
    }

    /** Writes everything; returns its length in bytes. */
    public static int write(MemorySegment f, long value, int flags, int chainTag, int programTag, long traceId) {
        f.set(Layouts.BE32, value, VERSION << 24 | (flags & 0xff) << 16);
        f.set(Layouts.BE32, value + CHAIN_OFFSET, chainTag);
        f.set(Layouts.BE32, value + PROGRAM_OFFSET, programTag);
        setTraceId(f, value, traceId);
        return BYTES;
    }
}
